"""Pairs of frames that may be copies, among very many: those that share pieces of a hash, or several points' keys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoverify.model import FramePrint
from geoverify.vision.perceptual import HASH_BYTES
from geoverify.vision.prints import Points

Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]

# Hashes that differ in more bits are no candidates; those of unrelated pictures differ in 128 ± 8.
MAX_HASH_BITS = 60
# One film has been posted a thousand times; a piece of a hash that more frames share than this is no sign of a copy.
MAX_HASHES = 2000
# Descriptions of points are asked for in pieces of 32 bits; what so many points share is in every picture.
MAX_SHARED = 40
# So many points must share a piece; copies share ten and more, one in twenty pairs of other pictures shares as many by chance.
MIN_VOTES = 5
# Points that are looked up, those kept first: a few of every part of the frame.
VOTING_POINTS = 96


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Pairs of frames by their places in the list, `one` < `other`; `mirrored` where one is like the other's mirror image."""

    one: Ints
    other: Ints
    mirrored: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.one)


def find_candidates(
    frames: Sequence[FramePrint], points: Sequence[tuple[Points, Points]], group: Ints, own: NDArray[np.bool_]
) -> Candidates:
    """Pairs of frames of different `group` (a number for each frame), at least one of which is `own`.

    `points` are those of each frame as it is and mirrored.
    """
    count = len(frames)
    found = [*_share_hashes(frames), *_share_points(points)]
    codes = np.concatenate(found) if found else np.zeros(0, np.int64)
    # A code names two sides; side n + count is frame n mirrored.
    one, other = np.divmod(codes, 2 * count)
    mirrored = (one >= count) != (other >= count)
    one, other = one % count, other % count
    kept = (group[one] != group[other]) & (own[one] | own[other])
    low, high = np.minimum(one, other)[kept], np.maximum(one, other)[kept]
    unique = np.unique((low * count + high) * 2 + mirrored[kept])
    pairs, ways = np.divmod(unique, 2)
    one, other = np.divmod(pairs, count)
    return Candidates(one, other, ways.astype(bool))


def _share_hashes(frames: Sequence[FramePrint]) -> Iterator[Ints]:
    """Codes of pairs whose hashes are near: copies in few bits share at least one of sixteen pieces."""
    count = len(frames)
    rows = [
        (place + way * count, text)
        for place, item in enumerate(frames)
        for way, text in enumerate((item.pdq, item.mirror_pdq))
        if text
    ]
    if not rows:
        return
    sides = np.array([side for side, _ in rows], np.int64)
    hashes = np.frombuffer(bytes.fromhex("".join(text for _, text in rows)), np.uint8).reshape(-1, HASH_BYTES)
    words, pieces = hashes.view(np.uint64), hashes.view(np.uint16)
    for piece in range(pieces.shape[1]):
        for left, right in _join(pieces[:, piece].astype(np.uint64), sides, count, MAX_HASHES):
            bits = np.bitwise_count(words[left] ^ words[right]).sum(axis=1)
            near = bits <= MAX_HASH_BITS
            yield sides[left[near]] * (2 * count) + sides[right[near]]


def _share_points(points: Sequence[tuple[Points, Points]]) -> Iterator[Ints]:
    """Codes of pairs that share pieces of the descriptions of at least `MIN_VOTES` points."""
    count = len(points)
    parts = [(place + way * count, both[way].bits[:VOTING_POINTS]) for place, both in enumerate(points) for way in (0, 1)]
    if not parts:
        return
    sides = np.repeat([side for side, _ in parts], [len(bits) for _, bits in parts]).astype(np.int64)
    pieces = np.ascontiguousarray(np.concatenate([bits for _, bits in parts])).view(np.uint32)
    votes = []
    for piece in range(pieces.shape[1]):
        for left, right in _join(pieces[:, piece].astype(np.uint64), sides, count, MAX_SHARED):
            votes.append(sides[left] * (2 * count) + sides[right])
    if votes:
        codes, counts = np.unique(np.concatenate(votes), return_counts=True)
        yield codes[counts >= MIN_VOTES]


def _join(keys: Keys, sides: Ints, count: int, limit: int) -> Iterator[tuple[Ints, Ints]]:
    """Rows of equal keys, two and two, where not more than `limit` share one; never two sides that are both mirrored."""
    order = np.argsort(keys, kind="stable")
    ranked = keys[order]
    starts = np.flatnonzero(np.concatenate(([True], ranked[1:] != ranked[:-1])))
    sizes = np.diff(np.concatenate((starts, [len(ranked)])))
    order = order[np.repeat(sizes <= limit, sizes)]
    ranked = keys[order]
    # The places whose key is also that of the place so many steps on: ever fewer, since equal keys stand in a row.
    same = np.arange(len(ranked))
    for step in range(1, limit):
        same = same[same + step < len(ranked)]
        same = same[ranked[same] == ranked[same + step]]
        if not len(same):
            return
        left, right = order[same], order[same + step]
        # Sorted stably, the plain sides of equal keys come before the mirrored ones.
        kept = (sides[left] < count) | (sides[right] < count)
        yield left[kept], right[kept]
