"""One frame against the index: retrieval, distinctiveness against other sites, geometry, and the figures of each match."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoverify.vision.features import DESCRIPTOR_SCALE, Features, Floats, mirror_features
from geoverify.vision.geometry import MAX_MATCHES, Alignment, Points, align
from geoverify.vision.index import ReferenceFeatures, ReferenceIndex
from geoverify.vision.retrieval import Shortlisted, shortlist

# References that are verified for one frame, and of one site at most, so that a frame is always compared with other sites too.
SHORTLIST, PER_SITE = 16, 6
# A match counts where its descriptor is nearer than this share of the distance to the nearest one of any other site.
MAX_RATIO = 0.95
# Where fewer references of other sites than this are at hand, the reference's own second nearest (Lowe 2004) stands in.
MIN_OTHERS = 4
# The second nearest is sought outside this many pixels: SIFT finds several features in one corner.
APART_PX = 12.0
# Each picture is divided into so many cells, of which a match covers a share.
GRID = 4
Longs = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReferenceMatch:
    """How a frame fits one reference.

    `places` are distinct points that follow one map, `strength` the sum over them of how much nearer they are than other
    sites' features, `tried` the distinctive matches of which they are some, `frame_cells` and `reference_cells` of 16 that
    they cover. `points` are pairs of pixels in the frame and in the reference, (n, 4), at the sizes that features were taken at.
    """

    reference: int
    mirrored: bool
    places: int
    tried: int
    strength: float
    frame_cells: int
    reference_cells: int
    points: Floats
    transform: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class _Nearest:
    """For each feature of the frame its nearest in one reference, and how far that is; `closeness` (n, m) grows with nearness."""

    candidate: Shortlisted
    features: ReferenceFeatures
    place: Longs
    distance: Floats
    closeness: Floats


def match_frame(index: ReferenceIndex, frame: Features) -> list[ReferenceMatch]:
    """Return the references that fit a frame in geometry at all, the best first; most lists hold chance matches alone."""
    if not len(frame) or not index.references:
        return []
    mirror = mirror_features(frame)
    candidates = shortlist(index, frame, mirror, SHORTLIST, PER_SITE)
    ways = {False: frame, True: mirror}
    extended = {way: _extend(features) for way, features in ways.items()}
    nearest = [_find_nearest(index, extended[item.mirrored], item) for item in candidates]
    sites = index.site_numbers[[item.reference for item in candidates]]
    found = []
    for place, item in enumerate(nearest):
        others = [other for other, site in zip(nearest, sites, strict=True) if site != sites[place]]
        way = item.candidate.mirrored
        match = _verify(index, ways[way], extended[way], item, others)
        if match is not None:
            found.append(match)
    found.sort(key=lambda match: (-match.strength, match.reference, match.mirrored))
    return found


def _extend(features: Features) -> Floats:
    return np.column_stack((features.descriptors, np.ones(len(features)))).astype(np.float32)


def _find_nearest(index: ReferenceIndex, frame: Floats, candidate: Shortlisted) -> _Nearest:
    """`frame` is (n, 129): descriptors and a 1, so that one product gives half of what a squared distance depends on."""
    features = index.read_features(candidate.reference)
    halves = np.einsum("md,md->m", features.descriptors, features.descriptors) / np.float32(-2.0)
    # Whole numbers and halves below 2²³ are exact in float32, in whatever order they are added.
    closeness = frame @ np.vstack((features.descriptors.T, halves))
    place = closeness.argmax(axis=1)
    distance = _measure(frame, closeness[np.arange(len(frame)), place])
    return _Nearest(candidate, features, place.astype(np.int64), distance, closeness)


def _measure(frame: Floats, closeness: Floats) -> Floats:
    squares = np.einsum("nd,nd->n", frame[:, :-1], frame[:, :-1])
    return np.asarray(np.sqrt(np.maximum(squares - 2.0 * closeness, 0.0)) / DESCRIPTOR_SCALE, np.float32)


def _second_nearest(frame: Floats, item: _Nearest) -> Floats:
    """The distance to the nearest feature that lies elsewhere in the reference than the nearest of all."""
    count = min(6, item.closeness.shape[1])
    few = np.argpartition(-item.closeness, count - 1, axis=1)[:, :count]
    xy_px = item.features.xy_px
    apart_px = np.hypot(*(xy_px[few] - xy_px[item.place][:, None, :]).transpose(2, 0, 1))
    values = np.where(apart_px > APART_PX, np.take_along_axis(item.closeness, few, 1), -np.inf)
    return _measure(frame, np.asarray(values.max(axis=1), np.float32))


def _verify(
    index: ReferenceIndex, frame: Features, extended: Floats, item: _Nearest, others: Sequence[_Nearest]
) -> ReferenceMatch | None:
    background = np.full(len(frame), np.inf, np.float32)
    for other in others:
        # The same feature, seen the other way round where one of the two is mirrored.
        background = np.minimum(background, other.distance)
    if len({other.candidate.reference for other in others}) < MIN_OTHERS:
        background = np.minimum(background, _second_nearest(extended, item))
    ratio = np.asarray(item.distance / np.maximum(background, np.float32(1e-6)), np.float32)
    rows = np.flatnonzero(ratio < MAX_RATIO)
    # The choice must be mutual: no other feature of the frame is nearer to that one of the reference.
    rows = rows[item.closeness[:, item.place[rows]].argmax(axis=0) == rows] if len(rows) else rows
    rows = np.sort(rows[np.argsort(ratio[rows], kind="stable")[:MAX_MATCHES]])
    at, seen = item.place[rows], item.features
    here = Points.of(frame.xy_px[rows], frame.size_px[rows], frame.angle_deg[rows])
    there = Points.of(seen.xy_px[at], seen.size_px[at], seen.angle_deg[at])
    alignment = align(here, there, 1.0 - 0.7 * ratio[rows].astype(np.float64))
    if alignment is None:
        return None
    return _describe(index, frame, item.candidate, alignment, here, there, ratio[rows])


def _describe(
    index: ReferenceIndex,
    frame: Features,
    candidate: Shortlisted,
    alignment: Alignment,
    here: Points,
    there: Points,
    ratio: Floats,
) -> ReferenceMatch:
    inside = alignment.inliers
    reference = index.references[candidate.reference]
    size_px = np.array([reference.width_px, reference.height_px], np.float64)
    frame_px = frame.frame_px.astype(np.float64)
    points = np.column_stack((here.xy_px[inside], there.xy_px[inside])).astype(np.float32)
    transform = alignment.transform
    if candidate.mirrored:
        # Back into the frame as it is.
        points[:, 0] = frame.frame_px[0] - 1.0 - points[:, 0]
        transform = transform @ np.array([[-1.0, 0.0, frame_px[0] - 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    return ReferenceMatch(
        reference=candidate.reference,
        mirrored=candidate.mirrored,
        places=alignment.places,
        tried=len(ratio),
        strength=round(float(np.sum(1.0 - ratio[inside], dtype=np.float64)), 4),
        frame_cells=_count_cells(points[:, :2], frame_px),
        reference_cells=_count_cells(points[:, 2:], size_px),
        points=points,
        transform=transform,
    )


def _count_cells(xy_px: Floats, size_px: NDArray[np.float64]) -> int:
    cells = np.clip((xy_px * GRID / size_px).astype(np.int64), 0, GRID - 1)
    return len(np.unique(cells, axis=0))
