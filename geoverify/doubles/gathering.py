"""From links between pairs to groups: strong ones join; a chain of weak ones or a film cut from many does not join everything."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from geoverify.doubles.decisions import Decisions, pair_of
from geoverify.doubles.linking import Likeness, Link

# A link is strong from this score on, where one recording shows so much of the other. Links between different footage scored
# 0.57 at most (benchmarks/doubles.py, either half).
MIN_STRONG_SCORE, MIN_STRONG_SHARE = 0.7, 0.75
# By a weaker link two groups become one where at least this share of the pairs between them is linked.
MIN_LINKED_SHARE = 0.5


class Gathered(Struct, frozen=True, kw_only=True):
    """Groups of two or more digests or of one that has copies, and the links inside them and those between them."""

    groups: tuple[tuple[str, ...], ...]
    links: tuple[Link, ...]
    left_over: tuple[Link, ...]


def gather(digests: Sequence[str], links: Sequence[Link], decisions: Decisions) -> Gathered:
    """Group digests: what analysts joined first, then the strongest links; what they parted stays apart.

    The order of the arguments changes nothing. A strong link joins whatever the others of a group are like: each further copy
    could be too small, too cropped or too dark to be linked with all of them. By a weaker one two groups are joined where at
    least half of the pairs between them are linked, more than half where it says that one holds only a part of the other.
    """
    known = set(digests)
    told = [_tell(pair, decision.by) for pair, decision in decisions.items() if decision.is_same and known.issuperset(pair)]
    parted = {pair for pair, decision in decisions.items() if not decision.is_same}
    settled = parted.union(pair_of(link.one, link.other) for link in told)
    found = [link for link in links if pair_of(link.one, link.other) not in settled]
    ordered = sorted(
        [*told, *found],
        key=lambda link: (not _is_told(link), not _is_strong(link), link.is_part, -link.score, link.one, link.other),
    )
    linked = {pair_of(link.one, link.other) for link in ordered}
    group_of = {digest: digest for digest in digests}
    groups = {digest: [digest] for digest in digests}
    for link in ordered:
        here, there = sorted((group_of[link.one], group_of[link.other]))
        if here == there:
            continue
        pairs = {pair_of(one, other) for one in groups[here] for other in groups[there]}
        if pairs & parted or not (_is_told(link) or _is_strong(link) or _agree(link, len(pairs & linked) / len(pairs))):
            continue
        groups[here] += groups.pop(there)
        group_of.update(dict.fromkeys(groups[here], here))
    inside = tuple(link for link in ordered if group_of[link.one] == group_of[link.other])
    outside = tuple(link for link in ordered if group_of[link.one] != group_of[link.other])
    return Gathered(groups=tuple(tuple(sorted(groups[digest])) for digest in sorted(groups)), links=inside, left_over=outside)


def _is_told(link: Link) -> bool:
    return link.likeness is Likeness.TOLD


def _is_strong(link: Link) -> bool:
    shown = max(link.one_share, link.other_share)
    return not link.is_part and link.score >= MIN_STRONG_SCORE and shown >= MIN_STRONG_SHARE


def _agree(link: Link, linked_share: float) -> bool:
    """Whether so many of the pairs between two groups are linked that a weak link joins them."""
    return linked_share > MIN_LINKED_SHARE if link.is_part else linked_share >= MIN_LINKED_SHARE


def _tell(pair: tuple[str, str], by: str) -> Link:
    return Link(
        one=pair[0],
        other=pair[1],
        likeness=Likeness.TOLD,
        score=1.0,
        is_part=False,
        why=f"{by} says that it is the same recording",
    )
