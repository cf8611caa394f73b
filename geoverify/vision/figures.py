"""Three figures of each sampled frame of a picture or video: how sharp, how bright and how warm in colour it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from geoverify.errors import MalformedError
from geoverify.model import Absent, Finding, Keyframe, MediaFile, MediaKind, Observation, Problem, Provenance, Reason, Who
from geoverify.opencv import load_cv2
from geoverify.vision.film import Film
from geoverify.vision.keyframes import HEIF_TYPES, Luma, NoPicturesError, Picture, decode_bytes, read_encoded, reduce_picture

NAME = "keyframes"
# The longer side to which a frame is reduced before it is measured: sharpness depends on it and is comparable only at one size.
WORKING_SIDE_PX = 480
# A picture decoded at no less than twice that differs by under 15 % in sharpness from one decoded whole (measured).
DECODED_SIDE_PX = 2 * WORKING_SIDE_PX
# Colour is measured on a small picture, of pixels between these levels; fewer than this share of them tell nothing.
WARMTH_SIDE_PX, DARK_LEVEL, BLOWN_LEVEL, MIN_COLOURED_SHARE = 160, 16, 250, 0.05


@dataclass(frozen=True, slots=True)
class Frame:
    """One upright frame as luma, shape (height, width), its longer side at least `DECODED_SIDE_PX` where the original's is."""

    time_s: float
    luma: Luma
    warmth: float | None = None


def sample_keyframes(film: Film, count: int) -> Iterator[Finding]:
    """Yield the figures of up to `count` key frames spread over a video, or of a picture as the one frame at second 0.

    What cannot be decoded is an `Absent` where no decoder exists and a `Problem` where the bytes are damaged or too large.
    """
    media = film.media
    if not film.is_decodable:
        detail = f"OpenCV has no decoder for {media.media_type}; convert a copy to JPEG to have its picture looked at"
        yield Absent(what="keyframe", reason=Reason.UNSUPPORTED, detail=detail, reader=NAME)
        return
    frames = 0
    try:
        for frame in read_frames(film, count):
            frames += 1
            yield _observe(media, frame)
    except NoPicturesError as error:
        yield Absent(what="keyframe", reason=Reason.NOT_PRESENT, detail=str(error), reader=NAME)
        return
    except (MalformedError, MemoryError, load_cv2().error) as error:
        message = str(error) if isinstance(error, MalformedError) else f"OpenCV gives up on it ({type(error).__name__})"
        yield Problem(code="cannot-decode", message=message, where="vision.keyframes")
        return
    if frames == 0:
        message = f"OpenCV decodes no picture of it ({media.media_type}); open it in a viewer, or ask for the original"
        yield Problem(code="cannot-decode", message=message, where="vision.keyframes")


def read_frames(film: Film, count: int) -> Iterator[Frame]:
    """Decode up to `count` key frames of a video in the order of time, or a picture; raises `MalformedError` over a budget."""
    if film.media.kind is MediaKind.IMAGE:
        yield from _decode_picture(film)
        return
    cv2 = load_cv2()
    for time_s, picture in film.key_pictures(count):
        yield Frame(time_s, np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8), measure_warmth(picture))


def measure_frame(luma: Luma) -> tuple[float, float]:
    """Return sharpness and brightness: variance of the Laplacian (Pech-Pacheco et al. 2000) and mean luma, at working size."""
    cv2 = load_cv2()
    small = reduce_picture(luma, WORKING_SIDE_PX)
    return float(cv2.Laplacian(small, cv2.CV_64F).var()), float(small.mean())


def measure_warmth(picture: Picture) -> float | None:
    """Return log2 of red over blue of the median pixel that is neither dark nor blown out; `None` where hardly any is."""
    small = reduce_picture(picture, WARMTH_SIDE_PX).reshape(-1, 3)
    pixels = small[(small.min(axis=1) > DARK_LEVEL) & (small.max(axis=1) < BLOWN_LEVEL)].astype(np.float64)
    if len(pixels) < MIN_COLOURED_SHARE * len(small):
        return None
    return float(np.median(np.log2(pixels[:, 2] / pixels[:, 0])))


def _observe(media: MediaFile, frame: Frame) -> Finding:
    sharpness, brightness = measure_frame(frame.luma)
    height, width = frame.luma.shape
    raw = f"{media.media_type} decoded to {width}×{height}, measured at {min(max(width, height), WORKING_SIDE_PX)} px"
    return Observation(
        value=Keyframe(time_s=frame.time_s, sharpness=sharpness, brightness=brightness, warmth=frame.warmth),
        # Every editor and platform on the way may have encoded the pixels anew.
        provenance=Provenance(reader=NAME, field=f"frame at {frame.time_s:.3f} s", raw=raw, who=Who.EDITOR),
    )


def _decode_picture(film: Film) -> Iterator[Frame]:
    cv2 = load_cv2()
    if film.media.media_type in HEIF_TYPES:
        # It has no reduced sizes to decode and is decoded but once.
        if film.still is not None:
            yield Frame(0.0, np.asarray(cv2.cvtColor(film.still, cv2.COLOR_BGR2GRAY), np.uint8), measure_warmth(film.still))
        return
    data = read_encoded(film.source)
    luma, warmth = None, None
    if film.media.media_type == "image/jpeg":
        # Reduced sizes cost a fraction of the full one. An eighth comes first, for it tells the size and the colour as well.
        eighth = decode_bytes(data, cv2.IMREAD_REDUCED_COLOR_8)
        warmth = None if eighth is None else measure_warmth(eighth)
        luma = None if eighth is None else np.asarray(cv2.cvtColor(eighth, cv2.COLOR_BGR2GRAY), np.uint8)
        side_px = 0 if luma is None else 8 * max(luma.shape)
        if side_px < 8 * DECODED_SIDE_PX:
            flags = ((4, cv2.IMREAD_REDUCED_GRAYSCALE_4), (2, cv2.IMREAD_REDUCED_GRAYSCALE_2))
            flag = next((flag for scale, flag in flags if side_px >= scale * DECODED_SIDE_PX), cv2.IMREAD_GRAYSCALE)
            luma = decode_bytes(data, flag)
    else:
        luma = decode_bytes(data, cv2.IMREAD_GRAYSCALE)
    if luma is not None:
        yield Frame(0.0, luma, warmth)
