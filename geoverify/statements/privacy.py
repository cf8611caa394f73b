"""Refuses what could tell who spoke: columns named for people and their data, and cells that look like it.

A refusal says where and why, and never repeats the cell.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from geoverify.claims.rows import Table, fold_column
from geoverify.errors import UsageError
from geoverify.statements.personal_cells import find_personal, find_personal_in_files
from geoverify.statements.personal_columns import find_personal_column
from geoverify.text import escape_controls

_ADVICE = "remove it, keep who spoke in a file of its own, and give the statement a number"
_HARMLESS_WORDS = frozenset({"id", "int", "interview", "no", "nr", "ref", "report", "st", "statement", "stmt", "testimony"})
_SHOWN_LINES = 8
# Cells that are read as times and nothing else.
_TIMES = frozenset(("at", "start", "end"))
_IDENTIFIER = re.compile(r"[\w.\-/#]{1,40}")


def refuse_personal(table: Table, keys: Mapping[str, str | None], identifier: str) -> None:
    """Raise `UsageError` for the first column or cell that could tell who spoke.

    `keys` is what the columns mean by their folded names: those that are read are no names of people, and times and files are
    judged by their own form. `identifier` is the column of the statements' own numbers, whose cells must be numbers and no words.
    """
    for column in table.columns:
        what = None if keys[fold_column(column)] is not None else find_personal_column(column)
        if what is not None:
            raise UsageError(f"{table.shown}: the column {escape_controls(column)} looks like {what}: {_ADVICE}")
    for row in table.rows:
        for name, cell in row.cells.items():
            key = keys.get(name)
            what = None if key in _TIMES else find_personal_in_files(cell) if key == "files" else find_personal(cell)
            if what is None and name == identifier and not _is_number(cell):
                what = "a name, since it has a space, no digit or more than one word"
            if what is not None:
                where = f"{table.shown}, line {row.line}, column {escape_controls(name)}"
                raise UsageError(f"{where}: looks like {what}: {_ADVICE}")


def warn_of_names(table: Table, identifier: str) -> str | None:
    """What to say of identifiers that hold a word, which may be somebody's name; `None` where none does."""
    lines = [str(row.line) for row in table.rows if len(_find_words(row.cells.get(identifier, ""))) == 1]
    if not lines:
        return None
    more = f" and {len(lines) - _SHOWN_LINES} more" if len(lines) > _SHOWN_LINES else ""
    shown = ", ".join(lines[:_SHOWN_LINES])
    return f"{table.shown}, line {shown}{more}: the id has a word in it; if that is somebody's name, give the statement a number"


def _is_number(cell: str) -> bool:
    return bool(_IDENTIFIER.fullmatch(cell)) and any(char.isdigit() for char in cell) and len(_find_words(cell)) <= 1


def _find_words(cell: str) -> list[str]:
    """Runs of letters that are no code: with small letters, or of a script that has none, and of no word for a statement."""
    runs = re.findall(r"[^\W\d_]{2,}", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", cell))
    return [run for run in runs if not run.isupper() and run.casefold() not in _HARMLESS_WORDS]
