"""Sampled frames of a picture or video, and three figures of each: how sharp, how bright and how warm in colour it is."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from geoverify.containers.samples import MOVIE_TYPES
from geoverify.errors import MalformedError
from geoverify.media import MAX_READ_BYTES, ByteSource
from geoverify.model import (
    Absent,
    Finding,
    Keyframe,
    MediaFile,
    MediaKind,
    Observation,
    Problem,
    Provenance,
    Reason,
    Who,
)
from geoverify.opencv import descriptor_path, limit_growth, load_cv2, open_capture, path_of_bytes, silence_stderr
from geoverify.vision.key_clip import KeyClip, cut_key_clip

NAME = "keyframes"
# The longer side to which a frame is reduced before it is measured: sharpness depends on it and is comparable only at one size.
WORKING_SIDE_PX = 480
# A picture decoded at no less than twice that differs by under 15 % in sharpness from one decoded whole (measured).
DECODED_SIDE_PX = 2 * WORKING_SIDE_PX
# Colour is measured on a small picture, of pixels between these levels; fewer than this share of them tell nothing.
WARMTH_SIDE_PX, DARK_LEVEL, BLOWN_LEVEL, MIN_COLOURED_SHARE = 160, 16, 250, 0.05
# JPEGs of 200 million pixels decode within this, WebP of 28 million, AVIF of 16; a PNG's chunk may ask for four gigabytes.
MAX_PICTURE_BYTES = 200 << 20
# An 8K frame has 33 million pixels; the bytes of one in colour stay under 256 MiB here.
MAX_FRAME_PIXELS = 1 << 26
# Frames that are stepped over at most in containers whose tables are not read here; then the rest is sought.
MAX_STEPS = 120
# Pictures that OpenCV's wheels have no decoder for; a raw file's metadata is read all the same.
UNDECODED_TYPES = frozenset(
    {
        *("image/heic", "image/heic-sequence", "image/heif", "image/heif-sequence", "image/jxl", "image/x-canon-cr3"),
        *("image/x-panasonic-rw2", "image/x-olympus-orf", "image/x-fuji-raf"),
    }
)
Luma = NDArray[np.uint8]
# Blue, green, red: shape (height, width, 3).
Picture = NDArray[np.uint8]


class NoPicturesError(MalformedError):
    """The file has no stream of pictures that opens, which the reader of streams reports."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One upright frame as luma, shape (height, width), its longer side at least `DECODED_SIDE_PX` where the original's is."""

    time_s: float
    luma: Luma
    warmth: float | None = None


def sample_keyframes(media: MediaFile, source: ByteSource, count: int) -> Iterator[Finding]:
    """Yield the figures of up to `count` key frames spread over a video, or of a picture as the one frame at second 0.

    What cannot be decoded is an `Absent` where no decoder exists and a `Problem` where the bytes are damaged or too large.
    """
    if media.media_type in UNDECODED_TYPES:
        detail = f"OpenCV has no decoder for {media.media_type}; convert a copy to JPEG to have its picture looked at"
        yield Absent(what="keyframe", reason=Reason.UNSUPPORTED, detail=detail, reader=NAME)
        return
    frames = 0
    try:
        for frame in read_frames(media, source, count):
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


def read_frames(media: MediaFile, source: ByteSource, count: int) -> Iterator[Frame]:
    """Decode up to `count` key frames of a video in the order of time, or a picture; raises `MalformedError` over a budget."""
    if media.kind is MediaKind.IMAGE:
        yield from _decode_picture(media, source)
        return
    cv2 = load_cv2()
    for time_s, picture in read_pictures(media, source, count):
        yield Frame(time_s, np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8), measure_warmth(picture))


def read_pictures(media: MediaFile, source: ByteSource, count: int, *, largest: bool = False) -> Iterator[tuple[float, Picture]]:
    """Decode up to `count` key frames of a video in the order of time, each with its second; raises as `read_frames`.

    `largest` prefers the frames of the most bytes, where the container tells them (see `cut_key_clip`).
    """
    clip = _cut_clip(source, count, largest=largest) if media.media_type in MOVIE_TYPES else None
    if clip is not None:
        _check_size(clip.width_px, clip.height_px)
        yield from _decode_clip(clip)
        return
    yield from _decode_file(descriptor_path(source.fileno(), media.path), count)


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


def reduce_picture(picture: Picture | Luma, side_px: int) -> NDArray[np.uint8]:
    """The picture with its longer side at most `side_px`, averaged; itself where it is no larger."""
    cv2 = load_cv2()
    height, width = picture.shape[:2]
    scale = side_px / max(height, width)
    if scale >= 1.0:
        return picture
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def read_encoded(source: ByteSource) -> NDArray[np.uint8]:
    """All bytes of a picture's file; raises `MalformedError` where they are more than are decoded."""
    if source.size_bytes > MAX_READ_BYTES:
        raise MalformedError(f"a picture of {source.size_bytes} bytes is not decoded; reduce a copy to have it looked at")
    return np.frombuffer(source.read(0, source.size_bytes), np.uint8)


def _decode_picture(media: MediaFile, source: ByteSource) -> Iterator[Frame]:
    cv2 = load_cv2()
    data = read_encoded(source)
    luma, warmth = None, None
    if media.media_type == "image/jpeg":
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


def decode_bytes(data: NDArray[np.uint8], flag: int) -> NDArray[np.uint8] | None:
    """OpenCV's picture from bytes, turned upright by its EXIF; it refuses sizes over `MAX_IMAGE_PIXELS` by the header."""
    cv2 = load_cv2()
    try:
        with silence_stderr(), limit_growth(MAX_PICTURE_BYTES):
            return cast("NDArray[np.uint8] | None", cv2.imdecode(data, flag))
    except cv2.error:
        return None


def _cut_clip(source: ByteSource, count: int, *, largest: bool) -> KeyClip | None:
    try:
        return cut_key_clip(source, count, largest=largest)
    except MalformedError:
        # FFmpeg repairs more than the tables' own reader does.
        return None


def _decode_clip(clip: KeyClip) -> Iterator[tuple[float, Picture]]:
    with path_of_bytes(clip.data) as path, open_capture(path) as capture:
        check_capture(capture)
        for _ in clip.time_s:
            if not capture.grab():
                return
            place = round(tell_time_s(capture))
            if 0 <= place < len(clip.time_s):
                yield from _retrieve(capture, clip.time_s[place])


def _decode_file(path: str, count: int) -> Iterator[tuple[float, Picture]]:
    """Step over key frames and take the first in each of `count` equal parts; seek the parts that stepping does not reach."""
    cv2 = load_cv2()
    with open_capture(path, key_frames_only=True) as capture:
        check_capture(capture)
        fps, frames = capture.get(cv2.CAP_PROP_FPS), capture.get(cv2.CAP_PROP_FRAME_COUNT)
        duration_s = frames / fps if fps > 0 and frames > 0 else 0.0
        parts = [duration_s * part / count for part in range(count)] if math.isfinite(duration_s) and duration_s else [0.0]
        for _ in range(MAX_STEPS):
            if not capture.grab():
                return
            time_s = tell_time_s(capture)
            if time_s >= parts[0]:
                yield from _retrieve(capture, time_s)
                parts = [start_s for start_s in parts if start_s > time_s]
            if not parts:
                return
    with open_capture(path) as capture:
        for start_s in parts:
            capture.set(cv2.CAP_PROP_POS_MSEC, start_s * 1000.0)
            if capture.grab():
                yield from _retrieve(capture, tell_time_s(capture))


def tell_time_s(capture: Any) -> float:
    """The second of the frame that a capture has grabbed, 0 where it does not say."""
    milliseconds = float(capture.get(load_cv2().CAP_PROP_POS_MSEC))
    return max(0.0, milliseconds / 1000.0) if math.isfinite(milliseconds) else 0.0


def _retrieve(capture: Any, time_s: float) -> Iterator[tuple[float, Picture]]:
    ok, frame = capture.retrieve()
    if ok:
        yield time_s, frame


def check_capture(capture: Any) -> None:
    """Raise `NoPicturesError` where nothing opened, `MalformedError` for frames over the limit."""
    cv2 = load_cv2()
    if not capture.isOpened():
        raise NoPicturesError("no stream of pictures opens")
    _check_size(capture.get(cv2.CAP_PROP_FRAME_WIDTH), capture.get(cv2.CAP_PROP_FRAME_HEIGHT))


def _check_size(width_px: float, height_px: float) -> None:
    if width_px * height_px > MAX_FRAME_PIXELS:
        raise MalformedError(f"frames of {width_px:.0f}×{height_px:.0f} pixels are over the limit of {MAX_FRAME_PIXELS} pixels")
