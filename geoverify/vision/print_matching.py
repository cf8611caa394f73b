"""Whether two frames are of one recording: their points lie alike to the pixel, all over what both show.

A copy of a frame is scaled, stretched a little, cropped or mirrored, but never seen from elsewhere. Another picture of the same
place has another perspective: some of its points follow such a map by chance or over one wall, but never all over the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoverify.model import FramePrint
from geoverify.vision.prints import SCALE_STEP, Points, mirror_points, unpack_points

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
# Of 128 bits, those of one point seen twice differ in so many at most; unrelated ones differ in 64 ± 12.
MAX_BITS = 34
# Matches that hypotheses are drawn from, two at a time, and how far apart those must lie in both directions.
MAX_SEEDS, MIN_SPAN_PX = 48, 24.0
# How much a copy may be stretched one way, and scaled.
MAX_STRETCH, MAX_SCALE = 1.35, 3.0
# How far a point may lie from where the map has it, in pixels of its own level.
MAX_ERROR_PX = 1.6
# Parts of the overlap, either way, that are asked for agreement.
PARTS = 5
MIN_INLIERS = 6
# Points that must be there of either frame.
MIN_POINTS = 12
# How much of the smaller frame the other shows where they are copies: bars and captions hide some.
WHOLE_SHARE = 0.9
# From these ratings on two frames are of one recording. The highest of other stills was 0.45, of other frames 0.57, both from
# one survey from the air (benchmarks/doubles.py, the half that is tuned on).
MIN_STILL_RATING, MIN_FILM_RATING = 0.5, 0.6


@dataclass(frozen=True, slots=True, eq=False)
class ReadyPrint:
    """A print with its points unpacked, as it is and mirrored."""

    frame: FramePrint
    plain: Points
    mirrored: Points

    @classmethod
    def of(cls, frame: FramePrint) -> ReadyPrint:
        """Unpack a print once for many comparisons."""
        plain = unpack_points(frame)
        return cls(frame, plain, mirror_points(plain, frame.width_px))


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameMatch:
    """How the points of two frames agree under a map from the first into the second.

    `inliers` of the `within` points of the sparser frame that both could show agree, in `parts` (a share) of the parts of the
    overlap that have points. `here_share` and `there_share` are how much of each frame's area both show.
    """

    mirrored: bool
    inliers: int
    within: int
    parts: float
    error_px: float
    here_share: float
    there_share: float
    scale: tuple[float, float]
    shift_px: tuple[float, float]

    @property
    def share(self) -> float:
        """The share of points that agree."""
        return self.inliers / max(1, self.within)

    def rate(self, *, still: bool) -> float:
        """From 0 to 1, how surely the frames are of one recording: the share of the parts of what both show that agree.

        Of two stills of one recording one shows nothing beside what the other shows; where each does, as neighbours in a survey
        from the air do, that counts against it. Frames of two films may be of different moments.
        """
        whole = max(self.here_share, self.there_share)
        return self.parts * min(1.0, whole / WHOLE_SHARE) ** 3 if still else self.parts


def match_frames(here: ReadyPrint, there: ReadyPrint, *, mirrored: bool) -> FrameMatch | None:
    """The best map of the first frame, mirrored or not, into the second; `None` where hardly any points follow one."""
    points = here.mirrored if mirrored else here.plain
    if min(len(points), len(there.plain)) < MIN_POINTS:
        return None
    left, right, bits = _pair(points, there.plain)
    if len(left) < MIN_INLIERS:
        return None
    one, two = points.xy_px[left], there.plain.xy_px[right]
    tolerance_px = MAX_ERROR_PX * SCALE_STEP ** np.maximum(
        points.level[left].astype(np.float64), there.plain.level[right].astype(np.float64)
    )
    seeds = np.argsort(bits, kind="stable")[:MAX_SEEDS]
    found = _vote(one, two, tolerance_px, seeds)
    if found is None:
        return None
    scale, shift, inside = found
    for _ in range(3):
        if inside.sum() < MIN_INLIERS:
            return None
        scale, shift = _fit(one[inside], two[inside])
        inside = _follow(one, two, tolerance_px, scale, shift)
    if inside.sum() < MIN_INLIERS or not _is_plausible(scale):
        return None
    return _describe(here, there, points, one[inside], two[inside], scale, shift, mirrored=mirrored)


def _pair(here: Points, there: Points) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.int64]]:
    """Points that are each other's nearest, and in how many bits they differ."""
    differing = np.bitwise_count(here.bits[:, None, :] ^ there.bits[None, :, :]).sum(axis=2, dtype=np.int64)
    nearest = differing.argmin(axis=1)
    rows = np.arange(len(here))
    mutual = differing.argmin(axis=0)[nearest] == rows
    kept = rows[mutual & (differing[rows, nearest] <= MAX_BITS)]
    return kept, nearest[kept], differing[kept, nearest[kept]]


def _vote(one: Floats, two: Floats, tolerance_px: Floats, seeds: NDArray[np.intp]) -> tuple[Floats, Floats, Bools] | None:
    """The scale and shift, each way on its own, that the most matches follow, of those that two matches make."""
    first, second = np.triu_indices(len(seeds), k=1)
    first, second = seeds[first], seeds[second]
    span, image = one[second] - one[first], two[second] - two[first]
    wide = (np.abs(span) >= MIN_SPAN_PX).all(axis=1)
    first, span, image = first[wide], span[wide], image[wide]
    scales = image / span
    stretch = scales[:, 0] / np.where(scales[:, 1] == 0.0, np.inf, scales[:, 1])
    fits = (scales > 1.0 / MAX_SCALE).all(axis=1) & (scales < MAX_SCALE).all(axis=1)
    fits &= (stretch < MAX_STRETCH) & (stretch > 1.0 / MAX_STRETCH)
    if not fits.any():
        return None
    scales, first = scales[fits], first[fits]
    shifts = two[first] - scales * one[first]
    moved = scales[:, None, :] * one[None] + shifts[:, None, :]
    inside: Bools = np.asarray(np.max(np.abs(moved - two[None]), axis=2) <= 2.0 * tolerance_px[None, :])
    best = int(inside.sum(axis=1).argmax())
    return scales[best], shifts[best], inside[best]


def _fit(one: Floats, two: Floats) -> tuple[Floats, Floats]:
    """Least squares of scale and shift, each way on its own."""
    middle, image = one.mean(axis=0), two.mean(axis=0)
    spread = ((one - middle) ** 2).sum(axis=0)
    scale = ((one - middle) * (two - image)).sum(axis=0) / np.maximum(spread, 1e-9)
    return scale, image - scale * middle


def _follow(one: Floats, two: Floats, tolerance_px: Floats, scale: Floats, shift: Floats) -> Bools:
    return np.asarray(np.hypot(*(scale * one + shift - two).T) <= tolerance_px)


def _is_plausible(scale: Floats) -> bool:
    stretch = float(scale[0] / scale[1]) if scale[1] > 0 else 0.0
    return bool((scale > 1.0 / MAX_SCALE).all() and (scale < MAX_SCALE).all() and 1.0 / MAX_STRETCH < stretch < MAX_STRETCH)


def _describe(
    here: ReadyPrint,
    there: ReadyPrint,
    points: Points,
    one: Floats,
    two: Floats,
    scale: Floats,
    shift: Floats,
    *,
    mirrored: bool,
) -> FrameMatch:
    sizes = [np.array([item.frame.width_px, item.frame.height_px], np.float64) for item in (here, there)]
    # What both frames show, in the second one's pixels.
    low = np.maximum(np.minimum(shift, shift + scale * sizes[0]), 0.0)
    high = np.minimum(np.maximum(shift, shift + scale * sizes[0]), sizes[1])
    room = np.maximum(high - low, 1e-9)
    overlap = float(np.prod(room))
    moved = scale * points.xy_px + shift
    shown = [((at >= low) & (at <= high)).all(axis=1) for at in (moved, there.plain.xy_px)]

    def parts_of(xy_px: Floats) -> set[tuple[int, int]]:
        cells = np.clip(((xy_px - low) / room * PARTS).astype(np.intp), 0, PARTS - 1)
        return {(int(across), int(down)) for across, down in cells}

    asked = parts_of(moved[shown[0]]) & parts_of(there.plain.xy_px[shown[1]])
    agreeing = parts_of(two) & asked
    return FrameMatch(
        mirrored=mirrored,
        inliers=len(one),
        within=min(int(shown[0].sum()), int(shown[1].sum())),
        parts=len(agreeing) / max(1, len(asked)),
        error_px=float(np.median(np.hypot(*(scale * one + shift - two).T))),
        here_share=overlap / float(np.prod(sizes[0] * scale)),
        there_share=overlap / float(np.prod(sizes[1])),
        scale=(float(scale[0]), float(scale[1])),
        shift_px=(float(shift[0]), float(shift[1])),
    )


def compare_frames(here: ReadyPrint, there: ReadyPrint, *, mirrored: bool, still: bool) -> FrameMatch | None:
    """The match of two frames where it is that of copies of one recording, `None` otherwise; `still` unless both are of films."""
    match = match_frames(here, there, mirrored=mirrored)
    if match is None or match.rate(still=still) < (MIN_STILL_RATING if still else MIN_FILM_RATING):
        return None
    return match
