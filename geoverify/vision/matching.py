"""One frame against the index: retrieval, distinctiveness against other sites, geometry, and the figures of each match."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoverify.vision.features import DESCRIPTOR_SCALE, Features, Floats
from geoverify.vision.geometry import MAX_MATCHES, Alignment, Points, align
from geoverify.vision.index import ReferenceFeatures, ReferenceIndex
from geoverify.vision.repetition import MAX_FITS, find_patterned
from geoverify.vision.retrieval import TURNED_WAYS, UPRIGHT_WAYS, Shortlisted, Way, shortlist

# References that are verified for one frame, and of one site at most, so that a frame is always compared with other sites too.
SHORTLIST, PER_SITE = 16, 6
# Where no match is stronger than this, which chance does not come near, the frame is turned too, and so many more are verified.
SURE_STRENGTH, TURNED_SHORTLIST = 12.0, 8
# A match counts where its descriptor is nearer than this share of the distance to the nearest one of any other site.
MAX_RATIO = 0.95
# Where fewer references of other sites than this are at hand, the reference's own second nearest (Lowe 2004) stands in.
MIN_OTHERS = 4
# The second nearest is sought outside this many pixels: SIFT finds several features in one corner.
APART_PX = 12.0
# A feature that fits elsewhere in the reference within this ratio is of a pattern that repeats: windows, fences, bricks.
REPEAT_RATIO = 0.8
# The same for a pattern, which shows itself by many features that are moved alike.
PATTERN_RATIO = 0.65
# Each picture is divided into so many cells, of which a match covers a share.
GRID = 4
Longs = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReferenceMatch:
    """How a frame fits one reference.

    `places` are distinct points that follow one map, `strength` the sum over them of how much nearer they are than other
    sites' features, each shared by all places of the reference where it fits as well, `tried` the distinctive matches of which
    they are some, `frame_cells` and `reference_cells` of 16 that they cover. `points` are pairs of pixels in the frame and in
    the reference, (n, 4), at the sizes that features were taken at.
    """

    reference: int
    mirrored: bool
    is_turned: bool
    places: int
    tried: int
    strength: float
    frame_cells: int
    reference_cells: int
    points: Floats
    transform: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class _Nearest:
    """For each feature of the frame its nearest in one reference, how far that is, and whether that one has no nearer in
    the frame; `closeness` (n, m) grows with nearness."""

    candidate: Shortlisted
    features: ReferenceFeatures
    place: Longs
    distance: Floats
    is_mutual: NDArray[np.bool_]
    closeness: Floats


def match_frame(index: ReferenceIndex, frame: Features, *, looks_turned: bool = True) -> list[ReferenceMatch]:
    """Return the references that fit a frame in geometry at all, the best first; most lists hold chance matches alone.

    A frame that is turned by an eighth or more is found only where it `looks_turned`, too, which takes twice as long.
    """
    if not len(frame) or not index.references:
        return []
    found = _match_ways(index, frame, UPRIGHT_WAYS, SHORTLIST)
    if looks_turned and max((match.strength for match in found), default=0.0) < SURE_STRENGTH:
        found += _match_ways(index, frame, TURNED_WAYS, TURNED_SHORTLIST)
    found.sort(key=lambda match: (-match.strength, match.reference, match.mirrored))
    return found


def _match_ways(index: ReferenceIndex, frame: Features, to_look: Sequence[Way], count: int) -> list[ReferenceMatch]:
    candidates = shortlist(index, frame, to_look, count, PER_SITE)
    ways = {way: way.see(frame) for way in {item.way for item in candidates}}
    extended = {way: _extend(features) for way, features in ways.items()}
    nearest: list[_Nearest] = []
    found: list[ReferenceMatch] = []
    # The second half of the list only where the first holds nothing that is sure.
    for end in (count // 2, count):
        nearest += [_find_nearest(index, extended[item.way], item) for item in candidates[len(nearest) : end]]
        sites = [index.site_numbers[item.candidate.reference] for item in nearest]
        found = []
        for item, site in zip(nearest, sites, strict=True):
            others = [other for other, its_site in zip(nearest, sites, strict=True) if its_site != site]
            way = item.candidate.way
            match = _verify(index, frame, ways[way], extended[way], item, others)
            if match is not None:
                found.append(match)
        if max((match.strength for match in found), default=0.0) >= SURE_STRENGTH:
            break
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
    nearest = closeness[np.arange(len(frame)), place]
    is_mutual = nearest == closeness.max(axis=0)[place]
    return _Nearest(candidate, features, place.astype(np.int64), _measure(frame, nearest), is_mutual, closeness)


def _measure(frame: Floats, closeness: Floats) -> Floats:
    squares = np.einsum("nd,nd->n", frame[:, :-1], frame[:, :-1])
    return np.asarray(np.sqrt(np.maximum(squares - 2.0 * closeness, 0.0)) / DESCRIPTOR_SCALE, np.float32)


def _second_nearest(frame: Floats, item: _Nearest, rows: Longs) -> Floats:
    """For some features the distance to the nearest one that lies elsewhere in the reference than the nearest of all."""
    closeness = item.closeness[rows]
    count = min(6, closeness.shape[1])
    few = np.argpartition(-closeness, count - 1, axis=1)[:, :count]
    xy_px = item.features.xy_px
    apart_px = np.hypot(*(xy_px[few] - xy_px[item.place[rows]][:, None, :]).transpose(2, 0, 1))
    values = np.where(apart_px > APART_PX, np.take_along_axis(closeness, few, 1), -np.inf)
    return _measure(frame[rows], np.asarray(values.max(axis=1), np.float32))


def _verify(
    index: ReferenceIndex, frame: Features, seen: Features, extended: Floats, item: _Nearest, others: Sequence[_Nearest]
) -> ReferenceMatch | None:
    background = np.full(len(seen), np.inf, np.float32)
    for other in others:
        # The same feature, seen the other way round where one of the two is mirrored.
        background = np.minimum(background, other.distance)
    # The choice must be mutual: no other feature of the frame is nearer to that one of the reference.
    rows = np.flatnonzero(item.is_mutual & (item.distance < MAX_RATIO * background))
    if len(rows) and len({other.candidate.reference for other in others}) < MIN_OTHERS:
        background[rows] = np.minimum(background[rows], _second_nearest(extended, item, rows))
    ratio = np.asarray(item.distance / np.maximum(background, np.float32(1e-6)), np.float32)
    rows = rows[ratio[rows] < MAX_RATIO]
    rows = np.sort(rows[np.argsort(ratio[rows], kind="stable")[:MAX_MATCHES]])
    at, kept = item.place[rows], item.features
    here = Points.of(seen.xy_px[rows], seen.size_px[rows], seen.angle_deg[rows])
    there = Points.of(kept.xy_px[at], kept.size_px[at], kept.angle_deg[at])
    alignment = align(here, there, 1.0 - 0.7 * ratio[rows].astype(np.float64))
    if alignment is None:
        return None
    weights = (1.0 - ratio[rows]) / _count_fits(extended, item, rows)
    inside = np.flatnonzero(alignment.inliers)
    weights[inside[_find_patterned(extended, item, rows[inside])]] = 0.0
    return _describe(index, frame, item.candidate, alignment, here, there, weights)


def _find_patterned(frame: Floats, item: _Nearest, rows: Longs) -> NDArray[np.bool_]:
    """Which features of the frame are of a pattern that repeats itself in the reference."""
    closeness = item.closeness[rows]
    count = min(MAX_FITS, closeness.shape[1])
    places = np.argpartition(-closeness, count - 1, axis=1)[:, :count]
    moves_px = item.features.xy_px[places] - item.features.xy_px[item.place[rows]][:, None, :]
    is_fit = np.take_along_axis(closeness, places, 1) >= _least_closeness(frame, item, rows, PATTERN_RATIO)
    point, at = np.nonzero(is_fit & (np.hypot(moves_px[..., 0], moves_px[..., 1]) > APART_PX))
    return find_patterned(point, moves_px[point, at], len(rows))


def _count_fits(frame: Floats, item: _Nearest, rows: Longs) -> Floats:
    """At how many places of the reference some features of the frame fit about as well as at the nearest."""
    features, places = np.nonzero(item.closeness[rows] >= _least_closeness(frame, item, rows, REPEAT_RATIO))
    xy_px = item.features.xy_px
    apart_px = np.hypot(*(xy_px[places] - xy_px[item.place[rows][features]]).T)
    return 1.0 + np.bincount(features[apart_px > APART_PX], minlength=len(rows)).astype(np.float32)


def _least_closeness(frame: Floats, item: _Nearest, rows: Longs, ratio: float) -> Floats:
    """How close a place must be, (n, 1), for features of a frame to fit there too, at most as far as the nearest over `ratio`."""
    squares = np.einsum("nd,nd->n", frame[rows, :-1], frame[rows, :-1])
    reach = item.distance[rows] * np.float32(DESCRIPTOR_SCALE / ratio)
    return np.asarray((squares - reach**2) / np.float32(2.0), np.float32)[:, None]


def _describe(
    index: ReferenceIndex,
    frame: Features,
    candidate: Shortlisted,
    alignment: Alignment,
    here: Points,
    there: Points,
    weights: Floats,
) -> ReferenceMatch:
    inside = alignment.inliers
    reference = index.references[candidate.reference]
    size_px = np.array([reference.width_px, reference.height_px], np.float64)
    # Back into the frame as it is; the map keeps lengths, so the reverse of its turn is its transpose.
    seen_as = candidate.way.map_places(frame.frame_px)
    frame_px = (here.xy_px[inside] - seen_as[:2, 2]) @ seen_as[:2, :2]
    points = np.column_stack((frame_px, there.xy_px[inside])).astype(np.float32)
    return ReferenceMatch(
        reference=candidate.reference,
        mirrored=candidate.way.mirrored,
        is_turned=candidate.way.eighths > 0,
        places=alignment.places,
        tried=len(weights),
        strength=round(float(np.sum(weights[inside], dtype=np.float64)), 4),
        frame_cells=_count_cells(points[:, :2], frame.frame_px.astype(np.float64)),
        reference_cells=_count_cells(points[:, 2:], size_px),
        points=points,
        transform=alignment.transform @ seen_as,
    )


def _count_cells(xy_px: Floats, size_px: NDArray[np.float64]) -> int:
    cells = np.clip((xy_px * GRID / size_px).astype(np.int64), 0, GRID - 1)
    return len(np.unique(cells, axis=0))
