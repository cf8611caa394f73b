"""Remarks of a check as lines, as JSON and as an exit code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import typer

from geoverify.errors import UsageError
from geoverify.text import escape_controls

if TYPE_CHECKING:
    from geoverify.register.remarks import Remark

# More of one kind hide the others; --all shows them.
SHOWN_OF_A_KIND = 20


def format_remarks(remarks: Sequence[Remark], show_all: bool) -> Iterator[str]:
    """Yield two lines for each remark, of a kind at most `SHOWN_OF_A_KIND` unless all are wanted; escaped."""
    shown: Counter[str] = Counter()
    for remark in remarks:
        shown[remark.code] += 1
        if show_all or shown[remark.code] <= SHOWN_OF_A_KIND:
            yield escape_controls(f"{remark.level.value:<8} {remark.record}: {remark.message} [{remark.code}]")
            yield escape_controls(f"{'':<8} → {remark.fix}")
    for code, count in shown.items():
        if not show_all and count > SHOWN_OF_A_KIND:
            yield f"{'':<8} … and {count - SHOWN_OF_A_KIND} more of {code}; --all shows them"


def describe_remarks(remarks: Sequence[Remark]) -> dict[str, Any]:
    """The members of a JSON answer."""
    import msgspec

    counts = Counter(remark.level.value for remark in remarks)
    levels = {f"{level}_count": counts[level] for level in ("error", "warning", "info")}
    return {**levels, "remarks": msgspec.to_builtins(list(remarks))}


def count_levels(remarks: Sequence[Remark]) -> str:
    """How many remarks there are of each level, in words."""
    counts = Counter(remark.level.value for remark in remarks)
    errors = "1 error" if counts["error"] == 1 else f"{counts['error']} errors"
    warnings = "1 warning" if counts["warning"] == 1 else f"{counts['warning']} warnings"
    return f"{errors}, {warnings}, {counts['info']} for information"


def exit_on_errors(remarks: Sequence[Remark]) -> None:
    """End the program with the code for wrong input where a remark is an error."""
    if any(remark.level.value == "error" for remark in remarks):
        raise typer.Exit(UsageError.exit_code)
