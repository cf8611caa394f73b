"""What analysts decided of pairs of files: the same recording or not; kept in the custody log, where the latest entry holds."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from geoverify.case.custody import Kind, read_entries
from geoverify.case.store import Case


class Decision(Struct, frozen=True, kw_only=True):
    """Whether two recordings are the same, who says so and when (by the clock of the machine that kept the log)."""

    is_same: bool
    by: str
    at: str


# By both digests, the smaller one first.
Decisions = Mapping[tuple[str, str], Decision]


def pair_of(one: str, other: str) -> tuple[str, str]:
    """Two digests as a key, in whatever order they are given."""
    return (one, other) if one <= other else (other, one)


def decide_pair(case: Case, one: str, other: str, *, is_same: bool, by: str) -> None:
    """Append a decision to the custody log of a case."""
    case.log(Kind.PAIRED, {"sha256": list(pair_of(one, other)), "same": is_same, "by": by})


def read_decisions(case: Case) -> Decisions:
    """The decision that holds for each pair that any was made of."""
    decisions: dict[tuple[str, str], Decision] = {}
    for entry in read_entries(case.connection):
        if entry.kind == Kind.PAIRED.value:
            one, other = entry.body["sha256"]
            decisions[pair_of(one, other)] = Decision(is_same=entry.body["same"], by=entry.body["by"], at=entry.at)
    return decisions
