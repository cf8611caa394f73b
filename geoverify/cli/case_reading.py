"""What a case is looked at with: its register, and which of its files are copies of one footage."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geoverify.case.store import Case
    from geoverify.places import Register

# Comparing the pictures of more files than this takes longer than anybody waits for a count.
MAX_COMPARED = 20_000


class Copies(StrEnum):
    """What makes two files one footage: their bytes alone, or what their pictures show too."""

    EXACT = "exact"
    ALIKE = "alike"


def load_case_register(case: Case, sites: Sequence[str] | None) -> Register | None:
    """Load what `--sites` names, else the case's own registers; `None` where those are not where they were."""
    from geoverify.register.load import load_registers, resolve_register
    from geoverify.tally.summary import find_registers

    paths = [resolve_register(name) for name in sites] if sites else find_registers(case)
    return load_registers(paths) if paths else None


def find_copies(case: Case, wanted: Copies | None) -> list[tuple[str, ...]] | None:
    """Groups of digests that are one footage; `None` where bytes alone count: asked for, or in a case of too many files."""
    from geoverify.case.facts import count_files
    from geoverify.doubles.groups import find_groups

    if wanted is Copies.EXACT or (wanted is None and count_files(case.connection) > MAX_COMPARED):
        return None
    return [tuple(dict.fromkeys(member.digest for member in group.members)) for group in find_groups(case)]
