"""What a case is looked at with: its registers, and which of its files are copies of one footage."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

import typer

from geoverify.text import escape_controls

if TYPE_CHECKING:
    from geoverify.case.store import Case
    from geoverify.register.lookup import Editions

# Comparing the pictures of more files than this takes longer than anybody waits for a count.
MAX_COMPARED = 20_000


class Copies(StrEnum):
    """What makes two files one footage: their bytes alone, or what their pictures show too."""

    EXACT = "exact"
    ALIKE = "alike"


def find_case_registers(case: Case, sites: Sequence[str] | None) -> Editions:
    """The registers that a case was matched against; those that are not there are told on stderr.

    Raises `UsageError` for one given with `--sites` that is none of them.
    """
    from geoverify.case.store import list_registers
    from geoverify.register.lookup import find_editions

    editions = find_editions(list_registers(case), sites or [])
    for info in editions.missing:
        title = escape_controls(f"{info.title}, edition {info.edition}")
        typer.echo(f"{title}: this register is not where it was; give it with --sites", err=True)
    return editions


def find_copies(case: Case, wanted: Copies | None) -> list[tuple[str, ...]] | None:
    """Groups of digests that are one footage; `None` where bytes alone count: asked for, or in a case of too many files."""
    from geoverify.case.facts import count_files

    if wanted is Copies.EXACT or (wanted is None and count_files(case.connection) > MAX_COMPARED):
        return None
    # What compares pictures takes a second to load.
    from geoverify.doubles.groups import find_groups

    return [tuple(dict.fromkeys(member.digest for member in group.members)) for group in find_groups(case)]
