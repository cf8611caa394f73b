"""Which files are one footage, and which footage is one witness: copies and the files of one post count once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from geoverify.case.facts import GistTable
from geoverify.results import VerdictKind

# What a witness is counted as: the first of these that any of its files has. A doubt comes before what it casts doubt on.
ORDER = (
    VerdictKind.CONTRADICTORY,
    VerdictKind.CONSISTENT,
    VerdictKind.AMBIGUOUS,
    VerdictKind.INCONSISTENT,
    VerdictKind.INCONCLUSIVE,
)
# Verdicts that say where a file was filmed: at one site, or at none that is listed.
PLACED = frozenset((VerdictKind.CONSISTENT.value, VerdictKind.INCONSISTENT.value))
_RANK = {kind.value: rank for rank, kind in enumerate(ORDER)}


def group_copies(digests: Sequence[str | None], doubles: Iterable[Sequence[str]] = ()) -> list[int]:
    """Return, for each file, the number of the first file that is the same footage.

    These are files of one digest, and files whose digests are `doubles` of each other.
    """
    alias = {digest: group[0] for group in doubles for digest in group}
    first: dict[str, int] = {}
    return [first.setdefault(alias.get(digest, digest), at) if digest else at for at, digest in enumerate(digests)]


def group_known_copies(count: int, groups: Iterable[Sequence[int]]) -> list[int]:
    """The same for so many files, where the numbers of the files of one footage are known."""
    footage = list(range(count))
    for group in groups:
        for at in group:
            footage[at] = min(group)
    return footage


def group_witnesses(posts: Sequence[str | None], footage: Sequence[int]) -> list[int]:
    """Return, for each file, the number of the first file of the same witness: of the same footage or the same post."""
    first: dict[str, int] = {}
    earlier = [at if post is None else first.setdefault(post, at) for at, post in enumerate(posts)]
    hanging = [at for at, group in enumerate(footage) if group != at]
    # Without copies the first file of a post is the first of the witness.
    if not hanging:
        return earlier
    witness = earlier

    def find(at: int) -> int:
        while witness[at] != at:
            witness[at] = witness[witness[at]]
            at = witness[at]
        return at

    for at in hanging:
        one, other = find(footage[at]), find(at)
        witness[max(one, other)] = min(one, other)
    # A file hangs on an earlier one, which by then hangs on the first of all.
    for at, before in enumerate(witness):
        witness[at] = witness[before]
    return witness


def find_conflicts(table: GistTable, footage: Sequence[int]) -> frozenset[int]:
    """The footage, by the numbers of the first files, whose copies name different places and so contradict each other."""
    copies = [at for at, group in enumerate(footage) if group != at]
    places: dict[int, str] = {}
    found = set()
    for at in sorted({*copies, *(footage[at] for at in copies)}):
        verdict, site_codes, *_ = table.told[table.kinds[at]]
        if verdict in PLACED and places.setdefault(footage[at], site_codes) != site_codes:
            found.add(footage[at])
    return frozenset(found)


def judge_witnesses(table: GistTable, conflicts: Iterable[int], witness: Sequence[int]) -> dict[int, VerdictKind]:
    """What each witness is counted as; `conflicts` is the footage that contradicts itself."""
    # By the number of the first file; those that are no first file keep the rank of none.
    lowest = len(ORDER)
    ranks = [lowest] * len(table)
    rank_of = [_RANK[verdict] for verdict, *_ in table.told]
    for root, kind in zip(witness, table.kinds, strict=True):
        rank = rank_of[kind]
        if rank < ranks[root]:
            ranks[root] = rank
    for at in conflicts:
        ranks[witness[at]] = 0
    return {root: ORDER[rank] for root, rank in enumerate(ranks) if rank < lowest}
