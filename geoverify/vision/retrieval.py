"""Which references a frame may show: votes of its features over the whole index, at a cost that hardly grows with it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoverify.vision.codebook import HALF_WORDS, load_codebook
from geoverify.vision.features import Features
from geoverify.vision.index import ReferenceIndex

# Words of each half that are combined, and cells of those that are looked into at most, the nearest first.
NEAR_WORDS = 8
MAX_CELLS = 32
# Postings looked at for one feature: with a larger index fewer cells are looked into, so that time stays the same.
MAX_POSTINGS = 1500
# Features that vote, the strongest ones: the rest seldom recurs and costs as much.
VOTING_FEATURES = 1200
# Bits that a signature may differ in; of 64, unrelated ones differ in 32 ± 4.
MAX_BITS = 24
# A vote weighs by how much nearer it is than the neighbour of this rank, so that what is common everywhere weighs nothing.
BACKGROUND_RANK = 16
Longs = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Shortlisted:
    """A reference worth verifying, by its place in the index; `mirrored`: against the frame's mirror image."""

    reference: int
    mirrored: bool
    vote: float


def shortlist(index: ReferenceIndex, frame: Features, mirror: Features, count: int, per_site: int) -> list[Shortlisted]:
    """Return up to `count` references by their votes, at most `per_site` of one site and one way round."""
    votes = np.stack([_vote(index, frame), _vote(index, mirror)])
    order = np.argsort(-votes, axis=None, kind="stable")
    found: list[Shortlisted] = []
    taken: dict[tuple[int, bool], int] = {}
    for place in order[: 50 * count]:
        way, reference = divmod(int(place), len(index.references))
        if votes[way, reference] <= 0.0 or len(found) == count:
            break
        key = (int(index.site_numbers[reference]), bool(way))
        taken[key] = taken.get(key, 0) + 1
        if taken[key] <= per_site:
            found.append(Shortlisted(reference, bool(way), float(votes[way, reference])))
    return found


def _vote(index: ReferenceIndex, features: Features) -> NDArray[np.float64]:
    """The votes for each reference, shape (references,)."""
    if not len(features):
        return np.zeros(len(index.references))
    features = features.pick(np.arange(min(len(features), VOTING_FEATURES)))
    rows, cells = _choose_cells(index, features)
    signatures = load_codebook().sign(features.descriptors, rows, cells)
    starts, sizes = index.offsets[cells], index.offsets[cells + 1] - index.offsets[cells]
    places = np.repeat(starts - (np.cumsum(sizes) - sizes), sizes) + np.arange(sizes.sum())
    found = index.postings[places]
    bits = np.bitwise_count(found["signature"] ^ np.repeat(signatures, sizes))
    near = np.flatnonzero(bits <= MAX_BITS)
    references = found["reference"][near].astype(np.int64)
    return _weigh(np.repeat(rows, sizes)[near], references, bits[near].astype(np.int64), index)


def _choose_cells(index: ReferenceIndex, features: Features) -> tuple[Longs, Longs]:
    """Pairs of a feature and a cell to look into, the features in order."""
    first, second = load_codebook().measure_halves(features.descriptors)
    near_first = np.argsort(first, axis=1, kind="stable")[:, :NEAR_WORDS]
    near_second = np.argsort(second, axis=1, kind="stable")[:, :NEAR_WORDS]
    distances = np.take_along_axis(first, near_first, 1)[:, :, None] + np.take_along_axis(second, near_second, 1)[:, None, :]
    cells = (near_first[:, :, None] * HALF_WORDS + near_second[:, None, :]).reshape(len(features), -1)
    order = np.argsort(distances.reshape(len(features), -1), axis=1, kind="stable")[:, :MAX_CELLS]
    cells = np.take_along_axis(cells, order, 1)
    sizes = index.offsets[cells + 1] - index.offsets[cells]
    # A cell that alone is over the budget holds what is everywhere, and tells nothing.
    within = (np.cumsum(sizes, axis=1) <= MAX_POSTINGS) & (sizes > 0)
    rows, columns = np.nonzero(within)
    return rows.astype(np.int64), cells[rows, columns].astype(np.int64)


def _weigh(feature: Longs, reference: Longs, bits: Longs, index: ReferenceIndex) -> NDArray[np.float64]:
    """Sum the votes of (feature, reference, bits): each feature speaks once for a reference, by its nearest posting."""
    votes = np.zeros(len(index.references))
    if not feature.size:
        return votes
    order = np.lexsort((bits, reference, feature))
    feature, reference, bits = feature[order], reference[order], bits[order]
    is_first = np.concatenate(([True], (feature[1:] != feature[:-1]) | (reference[1:] != reference[:-1])))
    feature, reference, bits = feature[is_first], reference[is_first], bits[is_first]
    order = np.lexsort((bits, feature))
    ranked, starts = bits[order], np.flatnonzero(np.concatenate(([True], np.diff(feature) > 0)))
    counts = np.diff(np.concatenate((starts, [len(feature)])))
    at = np.minimum(starts + BACKGROUND_RANK - 1, len(ranked) - 1)
    background = np.where(counts >= BACKGROUND_RANK, ranked[at], MAX_BITS + 2)
    weights = np.maximum(0, np.repeat(background, counts) - bits).astype(np.float64) ** 2
    np.add.at(votes, reference, weights)
    # Pictures with many features would win by their number alone.
    return votes / np.sqrt(np.maximum(index.feature_counts, 1))
