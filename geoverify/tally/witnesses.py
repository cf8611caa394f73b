"""Which files are one footage, and which footage is one witness: copies and the files of one post count once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from geoverify.case.facts import FactGist
from geoverify.results import VerdictKind

# What a witness is counted as: the first of these that any of its files has. A doubt comes before what it casts doubt on.
ORDER = (
    VerdictKind.CONTRADICTORY,
    VerdictKind.CONSISTENT,
    VerdictKind.AMBIGUOUS,
    VerdictKind.INCONSISTENT,
    VerdictKind.INCONCLUSIVE,
)
_RANK = {kind.value: rank for rank, kind in enumerate(ORDER)}


def group_copies(rows: Sequence[FactGist], doubles: Iterable[Sequence[str]] = ()) -> list[int]:
    """Return, for each file, the number of the first file that is the same footage.

    These are files of one digest, and files whose digests are `doubles` of each other.
    """
    alias = {digest: group[0] for group in doubles for digest in group}
    first: dict[str, int] = {}
    if alias:
        return [first.setdefault(alias.get(row.digest, row.digest), at) if row.digest else at for at, row in enumerate(rows)]
    return [first.setdefault(row.digest, at) if row.digest else at for at, row in enumerate(rows)]


def group_witnesses(rows: Sequence[FactGist], footage: Sequence[int]) -> list[int]:
    """Return, for each file, the number of the first file of the same witness: of the same footage or the same post."""
    witness = list(footage)

    def find(at: int) -> int:
        while witness[at] != at:
            witness[at] = witness[witness[at]]
            at = witness[at]
        return at

    first: dict[str, int] = {}
    for at, row in enumerate(rows):
        if row.post is None:
            continue
        earlier = first.setdefault(row.post, at)
        if earlier != at:
            one, other = find(earlier), find(at)
            witness[max(one, other)] = min(one, other)
    # A file hangs on an earlier one, which by then hangs on the first of all.
    for at, earlier in enumerate(witness):
        witness[at] = witness[earlier]
    return witness


def judge_witnesses(rows: Sequence[FactGist], footage: Sequence[int], witness: Sequence[int]) -> dict[int, VerdictKind]:
    """What each witness is counted as; copies of one footage that name different places contradict each other."""
    # By the number of the first file; those that are no first file keep the rank of none.
    lowest = len(ORDER)
    ranks = [lowest] * len(rows)
    places: dict[int, str] = {}
    for at, row in enumerate(rows):
        rank = _RANK[row.verdict]
        root = witness[at]
        if rank < ranks[root]:
            ranks[root] = rank
        if row.verdict in _PLACED:
            group = footage[at]
            if places.setdefault(group, row.site_codes) != row.site_codes:
                ranks[root] = 0
    return {root: ORDER[rank] for root, rank in enumerate(ranks) if rank < lowest}


_PLACED = frozenset((VerdictKind.CONSISTENT.value, VerdictKind.INCONSISTENT.value))
