"""Which references a frame may show: votes of its features over the whole index, at a cost that hardly grows with it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoverify.vision.codebook import CELLS, HALF_WORDS, load_codebook
from geoverify.vision.features import SLANT, Features, mirror_features, slant_features, turn_features
from geoverify.vision.index import ReferenceIndex

# Words of each half that are combined, and cells of those that are looked into at most, the nearest first.
NEAR_WORDS = 8
MAX_CELLS = 32
# Postings looked at for one feature: with a larger index fewer cells are looked into, so that time stays the same.
MAX_POSTINGS = 1500
# Features that vote, the strongest ones: the rest seldom recurs and costs as much.
VOTING_FEATURES = 1200
# The same where the frame is turned by an eighth or more, which is rare.
TURNED_VOTING_FEATURES = 400
# Bits that a signature may differ in; of 64, unrelated ones differ in 32 ± 4.
MAX_BITS = 24
# A vote weighs by how much nearer it is than the neighbour of this rank, so that what is common everywhere weighs nothing.
BACKGROUND_RANK = 16
# Above any number of bits, so that a number of bits and what it belongs to are sorted as one number.
_BIT_STEPS = 128
Longs = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Way:
    """How a frame is looked at: as it is or in a mirror, and then turned clockwise by eighths of a turn."""

    mirrored: bool
    eighths: int

    def see(self, frame: Features) -> Features:
        """The frame's features this way; only those that are described slanted, too, where it is turned."""
        if self.eighths:
            frame = frame.pick(np.flatnonzero(frame.slanted.any(axis=1)))
        seen = slant_features(frame) if self.eighths % 2 else frame
        return turn_features(mirror_features(seen) if self.mirrored else seen, self.quarters)

    @property
    def quarters(self) -> int:
        """Quarter turns that are left once the frame is slanted or not, and mirrored or not: a mirror turns the slant round."""
        return (self.eighths + self.mirrored) // 2 % 4

    def map_places(self, frame_px: NDArray[np.int32]) -> NDArray[np.float64]:
        """The map (3, 3) of places in a frame of this size to those in the picture that it is seen as; it keeps lengths."""
        wide, high = (float(side) for side in frame_px)
        found = np.eye(3)
        if self.eighths % 2:
            found = np.array([[SLANT, -SLANT, (high - 1.0) * SLANT], [SLANT, SLANT, 0.0], [0.0, 0.0, 1.0]])
            wide = high = float(math.ceil((wide + high) * SLANT))
        if self.mirrored:
            found = np.array([[-1.0, 0.0, wide - 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]) @ found
        for _ in range(self.quarters):
            found = np.array([[0.0, -1.0, high - 1.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]) @ found
            wide, high = high, wide
        return found


UPRIGHT_WAYS = tuple(Way(mirrored, 0) for mirrored in (False, True))
TURNED_WAYS = tuple(Way(mirrored, eighths) for eighths in range(1, 8) for mirrored in (False, True))


@dataclass(frozen=True, slots=True)
class Shortlisted:
    """A reference worth verifying, by its place in the index, and the way that the frame is seen there."""

    reference: int
    way: Way
    vote: float


def shortlist(index: ReferenceIndex, frame: Features, ways: Sequence[Way], count: int, per_site: int) -> list[Shortlisted]:
    """Return up to `count` references by their votes, at most `per_site` of one site and one way to look."""
    votes = np.stack([_vote(index, _pick_voters(frame, way)) for way in ways])
    order = np.argsort(-votes, axis=None, kind="stable")
    found: list[Shortlisted] = []
    taken: dict[tuple[int, Way], int] = {}
    for place in order[: 50 * count]:
        row, reference = divmod(int(place), len(index.references))
        if votes[row, reference] <= 0.0 or len(found) == count:
            break
        key = (int(index.site_numbers[reference]), ways[row])
        taken[key] = taken.get(key, 0) + 1
        if taken[key] <= per_site:
            found.append(Shortlisted(reference, ways[row], float(votes[row, reference])))
    return found


def _pick_voters(frame: Features, way: Way) -> Features:
    count = TURNED_VOTING_FEATURES if way.eighths else VOTING_FEATURES
    return way.see(frame.pick(np.arange(min(len(frame), count))))


def _vote(index: ReferenceIndex, features: Features) -> NDArray[np.float64]:
    """The votes for each reference, shape (references,)."""
    if not len(features):
        return np.zeros(len(index.references))
    rows, cells = _choose_cells(index, features)
    signatures = load_codebook().sign(features.descriptors, rows, cells)
    starts, sizes = index.offsets[cells], index.offsets[cells + 1] - index.offsets[cells]
    places = np.repeat(starts - (np.cumsum(sizes) - sizes), sizes) + np.arange(sizes.sum())
    bits = np.bitwise_count(index.postings["signature"][places] ^ np.repeat(signatures, sizes))
    near = np.flatnonzero(bits <= MAX_BITS)
    references = index.postings["reference"][places[near]].astype(np.int64)
    votes = _weigh(np.repeat(rows, sizes)[near], references, bits[near].astype(np.int64), index)
    # What chance adds up to grows with the root of the number of voters.
    return np.asarray(votes / math.sqrt(len(features)))


def _choose_cells(index: ReferenceIndex, features: Features) -> tuple[Longs, Longs]:
    """Pairs of a feature and a cell to look into, the features in order."""
    first, second = load_codebook().measure_halves(features.descriptors)
    near_first, near_second = _find_nearest(first), _find_nearest(second)
    distances = np.take_along_axis(first, near_first, 1)[:, :, None] + np.take_along_axis(second, near_second, 1)[:, None, :]
    cells = near_first[:, :, None] * HALF_WORDS + near_second[:, None, :]
    # Distances are whole numbers: with the cell's number below each, one sort of plain numbers ranks them, ties by their cells.
    ranked = np.sort((distances.astype(np.int64) * CELLS + cells).reshape(len(features), -1), axis=1)
    cells = ranked[:, :MAX_CELLS] % CELLS
    sizes = index.offsets[cells + 1] - index.offsets[cells]
    # A cell that alone is over the budget holds what is everywhere, and tells nothing.
    within = (np.cumsum(sizes, axis=1) <= MAX_POSTINGS) & (sizes > 0)
    rows, columns = np.nonzero(within)
    return rows.astype(np.int64), cells[rows, columns].astype(np.int64)


def _find_nearest(distances: NDArray[np.float32]) -> Longs:
    """The `NEAR_WORDS` nearest words of each row, in the order of their numbers."""
    return np.sort(np.argpartition(distances, NEAR_WORDS - 1, axis=1)[:, :NEAR_WORDS], axis=1).astype(np.int64)


def _weigh(feature: Longs, reference: Longs, bits: Longs, index: ReferenceIndex) -> NDArray[np.float64]:
    """Sum the votes of (feature, reference, bits): each feature speaks once for a reference, by its nearest posting."""
    count = len(index.references)
    if not feature.size:
        return np.zeros(count)
    pairs = np.sort((feature * count + reference) * _BIT_STEPS + bits)
    pair, bits = np.divmod(pairs, _BIT_STEPS)
    is_first = np.concatenate(([True], pair[1:] != pair[:-1]))
    (feature, reference), bits = np.divmod(pair[is_first], count), bits[is_first]
    ranked = np.sort(feature * _BIT_STEPS + bits) % _BIT_STEPS
    starts = np.flatnonzero(np.concatenate(([True], np.diff(feature) > 0)))
    counts = np.diff(np.concatenate((starts, [len(feature)])))
    at = np.minimum(starts + BACKGROUND_RANK - 1, len(ranked) - 1)
    background = np.where(counts >= BACKGROUND_RANK, ranked[at], MAX_BITS + 2)
    weights = np.maximum(0, np.repeat(background, counts) - bits) ** 2
    votes = np.bincount(reference, weights, count)
    # Pictures with many features would win by their number alone.
    return votes / np.sqrt(np.maximum(index.feature_counts, 1))
