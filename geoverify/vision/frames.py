"""The few frames of a video that are worth matching: spread over it, one a shot at least, sharp, and no two alike."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoverify.media import ByteSource
from geoverify.model import MediaFile, MediaKind
from geoverify.opencv import descriptor_path, load_cv2, open_capture
from geoverify.vision.keyframes import (
    UNDECODED_TYPES,
    NoPicturesError,
    Picture,
    check_capture,
    decode_bytes,
    measure_frame,
    read_encoded,
    read_pictures,
    reduce_picture,
    tell_time_s,
)

# The longer side to which a frame is reduced; features are taken at 1,024 px, masks at 800.
MAX_SIDE_PX = 1440
# So many frames are decoded for each that is kept. Of their neighbours they are those of the most bytes already.
CANDIDATES_EACH = 1.15
# A video with fewer key frames than one in so many seconds, or than so many in all, has others decoded too.
MAX_KEY_GAP_S, MIN_KEY_FRAMES = 6.0, 3
# Frames that are decoded for that at most: a minute at 30 frames a second.
MAX_GRABBED = 1800
# The thumbnail that frames are compared by, and the mean difference in steps of colour under which two are alike.
THUMBNAIL_PX, ALIKE_STEPS = (32, 24), 4.0
# Two shots differ in their colours, wherever those stand: bins a channel, and the Hellinger distance from which on it is a cut.
COLOUR_BINS, CUT_DISTANCE = 6, 0.5
# A frame this dark or flat shows nothing that could be matched.
MIN_BRIGHTNESS, MIN_SHARPNESS = 6.0, 2.0


@dataclass(frozen=True, slots=True, eq=False)
class SampledFrame:
    """One upright frame (BGR, its longer side at most `MAX_SIDE_PX`) with its second, sharpness and brightness."""

    time_s: float
    bgr: Picture
    sharpness: float
    brightness: float


@dataclass(frozen=True, slots=True, eq=False)
class _Candidate:
    frame: SampledFrame
    thumbnail: NDArray[np.float32]
    colours: NDArray[np.float32]


def sample_frames(media: MediaFile, source: ByteSource, count: int) -> list[SampledFrame]:
    """Return at most `count` frames of a video in the order of time, or a picture as the one frame at second 0.

    Empty where no decoder knows the format or the file has no pictures. Raises `MalformedError` for what is too large, and
    OpenCV's own error or `MemoryError` for what breaks its decoder.
    """
    if media.media_type in UNDECODED_TYPES:
        return []
    if media.kind is MediaKind.IMAGE:
        return [measure(0.0, picture) for picture in _decode_picture(media, source)]
    found = _read_candidates(media, source, math.ceil(CANDIDATES_EACH * count))
    candidates = [_describe(time_s, picture) for time_s, picture in found]
    return [candidate.frame for candidate in _choose(candidates, count)]


def measure(time_s: float, picture: Picture) -> SampledFrame:
    """A frame reduced to `MAX_SIDE_PX`, with the figures of `measure_frame`."""
    cv2 = load_cv2()
    small = reduce_picture(picture, MAX_SIDE_PX)
    sharpness, brightness = measure_frame(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY))
    return SampledFrame(time_s, small, sharpness, brightness)


def frame_at(media: MediaFile, source: ByteSource, time_s: float) -> SampledFrame | None:
    """The frame that a video shows at a second, or a picture at any; `None` where there is none."""
    if media.kind is MediaKind.IMAGE:
        return next(iter(sample_frames(media, source, 1)), None)
    cv2 = load_cv2()
    with open_capture(descriptor_path(source.fileno(), media.path)) as capture:
        check_capture(capture)
        capture.set(cv2.CAP_PROP_POS_MSEC, time_s * 1000.0)
        ok, picture = capture.read()
        return measure(tell_time_s(capture), picture) if ok else None


def _decode_picture(media: MediaFile, source: ByteSource) -> Iterator[Picture]:
    cv2 = load_cv2()
    data = read_encoded(source)
    picture = None
    if media.media_type == "image/jpeg":
        # An eighth costs little and tells the size: a large picture is then decoded at a half or a quarter.
        eighth = decode_bytes(data, cv2.IMREAD_REDUCED_COLOR_8)
        side_px = 0 if eighth is None else 8 * max(eighth.shape)
        flags = ((4, cv2.IMREAD_REDUCED_COLOR_4), (2, cv2.IMREAD_REDUCED_COLOR_2))
        flag = next((flag for scale, flag in flags if side_px >= scale * MAX_SIDE_PX), cv2.IMREAD_COLOR)
        picture = decode_bytes(data, flag)
    else:
        picture = decode_bytes(data, cv2.IMREAD_COLOR)
    if picture is not None:
        yield picture


def _describe(time_s: float, picture: Picture) -> _Candidate:
    cv2 = load_cv2()
    frame = measure(time_s, picture)
    # Every fourth pixel is enough for a thumbnail and costs a sixteenth.
    sparse = np.ascontiguousarray(frame.bgr[::4, ::4])
    small = cv2.resize(sparse, THUMBNAIL_PX, interpolation=cv2.INTER_AREA)
    colours = cv2.calcHist([sparse], [0, 1, 2], None, [COLOUR_BINS] * 3, [0, 256] * 3)
    return _Candidate(frame, small.astype(np.float32), colours)


def _read_candidates(media: MediaFile, source: ByteSource, count: int) -> Iterator[tuple[float, Picture]]:
    try:
        keys = list(read_pictures(media, source, count, largest=True))
        with open_capture(descriptor_path(source.fileno(), media.path)) as capture:
            check_capture(capture)
            duration_s = _tell_duration_s(capture)
            wanted = min(count, max(MIN_KEY_FRAMES, int(duration_s / MAX_KEY_GAP_S)))
            yield from keys if len(keys) >= wanted else _step_through(capture, duration_s, count, len(keys))
    except NoPicturesError:
        return


def _step_through(capture: Any, duration_s: float, count: int, keys: int) -> Iterator[tuple[float, Picture]]:
    """Frames at equal distances; sought where the next key frame is nearer to the goal than the last frame, else stepped to."""
    cv2 = load_cv2()
    gap_s = duration_s / max(1, keys)
    goals = [duration_s * part / count for part in range(count)] if duration_s else [0.0]
    left, now_s = MAX_GRABBED, 0.0
    for goal_s in goals:
        if goal_s - now_s > gap_s:
            capture.set(cv2.CAP_PROP_POS_MSEC, goal_s * 1000.0)
        while left > 0:
            left -= 1
            if not capture.grab():
                return
            now_s = tell_time_s(capture)
            if now_s >= goal_s:
                ok, picture = capture.retrieve()
                if ok:
                    yield now_s, picture
                break


def _choose(candidates: Sequence[_Candidate], count: int) -> list[_Candidate]:
    """The sharpest of each shot, then of each part of the time, then any, without those that are like one that was chosen."""
    shown = [candidate for candidate in candidates if not _is_blank(candidate)] or list(candidates[:1])
    if not shown:
        return []
    shots: list[list[_Candidate]] = [[shown[0]]]
    for before, after in pairwise(shown):
        if _is_cut(before, after):
            shots.append([])
        shots[-1].append(after)
    last_s = shown[-1].frame.time_s
    first_s = shown[0].frame.time_s
    parts: dict[int, list[_Candidate]] = {}
    for candidate in shown:
        share = (candidate.frame.time_s - first_s) / (last_s - first_s) if last_s > first_s else 0.0
        parts.setdefault(min(count - 1, int(share * count)), []).append(candidate)
    by_sharpness = sorted(shown, key=lambda candidate: -candidate.frame.sharpness)
    groups = [*(shots if len(shots) <= count else ()), *parts.values(), *([candidate] for candidate in by_sharpness)]
    chosen: list[_Candidate] = []
    for group in groups:
        best = max(group, key=lambda candidate: candidate.frame.sharpness)
        if len(chosen) < count and best not in chosen and all(_difference(best, other) >= ALIKE_STEPS for other in chosen):
            chosen.append(best)
    return sorted(chosen, key=lambda candidate: candidate.frame.time_s)


def _is_blank(candidate: _Candidate) -> bool:
    return candidate.frame.brightness < MIN_BRIGHTNESS or candidate.frame.sharpness < MIN_SHARPNESS


def _is_cut(before: _Candidate, after: _Candidate) -> bool:
    cv2 = load_cv2()
    return bool(cv2.compareHist(before.colours, after.colours, cv2.HISTCMP_HELLINGER) > CUT_DISTANCE)


def _difference(one: _Candidate, other: _Candidate) -> float:
    if one.thumbnail.shape != other.thumbnail.shape:
        return float("inf")
    return float(np.abs(one.thumbnail - other.thumbnail).mean())


def _tell_duration_s(capture: Any) -> float:
    cv2 = load_cv2()
    fps, frames = capture.get(cv2.CAP_PROP_FPS), capture.get(cv2.CAP_PROP_FRAME_COUNT)
    duration_s = frames / fps if fps > 0 and frames > 0 else 0.0
    return float(duration_s) if np.isfinite(duration_s) else 0.0
