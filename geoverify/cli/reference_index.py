"""Whether a register's index is of the references that it has now; what is not built is not compared with footage."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from geoverify.text import escape_controls

if TYPE_CHECKING:
    from geoverify.register.references import Reference


def find_lag(register: Path, references: tuple[Reference, ...]) -> str:
    """How the index lags behind a register's references; empty where it does not."""
    from geoverify.references.building import holds_exactly
    from geoverify.register.references import find_references

    index = find_references(register)
    if index is None:
        return "no index is built yet"
    return "" if holds_exactly(index, references) else "the index is not of these references"


def warn_of_lag(registers: Iterable[Path]) -> None:
    """Say on stderr which registers' references footage is not compared with, or not with all of them."""
    from geoverify.register.references import load_references

    for register in registers:
        references = load_references(register)
        lag = find_lag(register, references) if references else ""
        if lag:
            shown = escape_controls(str(register))
            typer.echo(f"{shown}: {lag}, so pictures are not compared with all of them; geoverify refs build", err=True)
