"""What the columns of a table mean, and the texts of a row by their meaning; two columns of one meaning are never one of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from geoverify.claims.rows import Row, Table, fold_column
from geoverify.errors import UsageError
from geoverify.text import escape_controls

# These two may stand side by side: a day, and the time of day.
_DAY_AND_TIME = {"date", "time"}
_DAY = re.compile(r"\d{4}-\d{1,2}-\d{1,2}", re.ASCII)
_TIME_OF_DAY = re.compile(r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?\s*(?:Z|[+-]\d{2}:?\d{2})?", re.ASCII | re.IGNORECASE)


def name_columns(table: Table, columns: Mapping[str, Sequence[str]]) -> dict[str, str | None]:
    """The meaning of each column by its folded name, `None` for one without; `columns` has the names that a meaning goes by."""
    names = {alias: key for key, aliases in columns.items() for alias in aliases}
    return {name: names.get(name) for name in map(fold_column, table.columns)}


def refuse_doubled(table: Table, keys: Mapping[str, str | None]) -> None:
    """Raise `UsageError` for two columns that mean the same, but for a date and a time."""
    first: dict[str, str] = {}
    for column in table.columns:
        name = fold_column(column)
        key = keys[name]
        if key is None:
            continue
        other = first.setdefault(key, name)
        if other != name and {other, name} != _DAY_AND_TIME:
            shown = f"{escape_controls(other)} and {escape_controls(name)}"
            raise UsageError(f"{table.shown}: the columns {shown} mean the same; keep one of them")


def read_texts(row: Row, where: str, keys: Mapping[str, str | None]) -> dict[str, str]:
    """The texts of a row by their meaning, a date and a time as one; raises `UsageError` where they are not that."""
    texts = {key: cell for name, cell in row.cells.items() if (key := keys.get(name)) is not None}
    if row.cells.keys() >= _DAY_AND_TIME and keys["date"] == keys["time"] == "at":
        day, time = row.cells["date"], row.cells["time"]
        if not _DAY.fullmatch(day) or not _TIME_OF_DAY.fullmatch(time):
            told = (
                "the columns date and time are no day, as 2026-01-17, and time of day, as 09:00+07:00; write both in one column"
            )
            raise UsageError(f"{where}: {told}")
        texts["at"] = f"{day} {time}"
    return texts
