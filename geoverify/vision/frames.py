"""The few frames of a video that are worth matching: spread over it, one a shot at least, sharp, and no two alike."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from geoverify.media import ByteSource
from geoverify.model import MediaFile, MediaKind
from geoverify.opencv import descriptor_path, load_cv2, open_capture
from geoverify.vision.figures import measure_frame
from geoverify.vision.film import MAX_SIDE_PX, Film
from geoverify.vision.keyframes import NoPicturesError, Picture, check_capture, reduce_picture, tell_time_s

# So many frames are decoded for each that is kept. Of their neighbours they are those of the most bytes already.
CANDIDATES_EACH = 1.15
# A video with fewer key frames than one in so many seconds, or than so many in all, has others decoded too.
MAX_KEY_GAP_S, MIN_KEY_FRAMES = 6.0, 3
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


def sample_frames(film: Film, count: int) -> list[SampledFrame]:
    """Return at most `count` frames of a video in the order of time, or a picture as the one frame at second 0.

    Empty where no decoder knows the format or the file has no pictures. Raises `MalformedError` for what is too large, and
    OpenCV's own error or `MemoryError` for what breaks its decoder.
    """
    if not film.is_decodable:
        return []
    if film.media.kind is MediaKind.IMAGE:
        return [] if film.still is None else [measure(0.0, film.still)]
    return [candidate.frame for candidate in _choose(_read_candidates(film, candidates_for(count)), count)]


def candidates_for(count: int) -> int:
    """How many frames are decoded to choose `count` from."""
    return math.ceil(CANDIDATES_EACH * count)


def measure(time_s: float, picture: Picture) -> SampledFrame:
    """A frame reduced to `MAX_SIDE_PX`, with the figures of `measure_frame`."""
    cv2 = load_cv2()
    small = reduce_picture(picture, MAX_SIDE_PX)
    sharpness, brightness = measure_frame(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY))
    return SampledFrame(time_s, small, sharpness, brightness)


def frame_at(media: MediaFile, source: ByteSource, time_s: float) -> SampledFrame | None:
    """The frame that a video shows at a second, or a picture at any; `None` where there is none."""
    if media.kind is MediaKind.IMAGE:
        return next(iter(sample_frames(Film(media, source), 1)), None)
    cv2 = load_cv2()
    with open_capture(descriptor_path(source.fileno(), media.path)) as capture:
        check_capture(capture)
        capture.set(cv2.CAP_PROP_POS_MSEC, time_s * 1000.0)
        ok, picture = capture.read()
        return measure(tell_time_s(capture), picture) if ok else None


def _describe(time_s: float, picture: Picture) -> _Candidate:
    cv2 = load_cv2()
    frame = measure(time_s, picture)
    # Every fourth pixel is enough for a thumbnail and costs a sixteenth.
    sparse = np.ascontiguousarray(frame.bgr[::4, ::4])
    small = cv2.resize(sparse, THUMBNAIL_PX, interpolation=cv2.INTER_AREA)
    colours = cv2.calcHist([sparse], [0, 1, 2], None, [COLOUR_BINS] * 3, [0, 256] * 3)
    return _Candidate(frame, small.astype(np.float32), colours)


def _read_candidates(film: Film, count: int) -> list[_Candidate]:
    try:
        keys = [_describe(time_s, picture) for time_s, picture in film.key_pictures(count, largest=True)]
        wanted = min(count, max(MIN_KEY_FRAMES, int(film.duration_s / MAX_KEY_GAP_S)))
        if len(keys) >= wanted:
            return keys
        stepped = [_describe(time_s, picture) for time_s, picture in film.step(count)]
    except NoPicturesError:
        return []
    if len(stepped) == count:
        return stepped
    # A long video is not stepped through to its end: the rest of it shows its key frames.
    reached_s = stepped[-1].frame.time_s if stepped else -1.0
    return [*stepped, *(key for key in keys if key.frame.time_s > reached_s)]


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
