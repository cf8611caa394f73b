"""Statements from a table: a number, a place and a time each, and the files that were handed in with it; nothing of who spoke."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from msgspec import Struct

from geoverify.claims.places import Atlas, Place
from geoverify.claims.rows import Row, fold_column, read_table
from geoverify.claims.spans import Span
from geoverify.claims.stating import COLUMNS as CLAIM_COLUMNS
from geoverify.claims.stating import make_place, make_span
from geoverify.errors import MalformedError, UsageError
from geoverify.statements.privacy import refuse_personal

# What a column may be called; the first name is the one that is told. The places and times are those of claims.
COLUMNS = {
    "id": ("id", "statement", "statement_id", "number", "no"),
    **{key: names for key, names in CLAIM_COLUMNS.items() if key != "file"},
    "files": ("files", "file", "file_name", "filename", "footage"),
}
_TIMES = ("at", "start", "end")


class Statement(Struct, frozen=True, kw_only=True):
    """One statement: its number, where and when it says that something was, and the files that were handed in with it."""

    id: str
    place: Place | None
    span: Span | None
    files: tuple[str, ...] = ()


def read_statements(path: Path, atlas: Atlas) -> tuple[list[Statement], list[str]]:
    """The statements of a table, and its columns that are not read.

    Raises `UsageError` for whatever could tell who spoke, before anything else is looked at, and for a table without an id.
    """
    table = read_table(path)
    names = {alias: key for key, aliases in COLUMNS.items() for alias in aliases}
    keys = {fold_column(column): names.get(fold_column(column)) for column in table.columns}
    known = [name for name, key in keys.items() if key is not None]
    identifier = next((name for name, key in keys.items() if key == "id"), "")
    refuse_personal(table, known, [name for name, key in keys.items() if key in _TIMES], identifier)
    if not identifier:
        raise UsageError(f"{table.shown}: no column id; columns are {', '.join(aliases[0] for aliases in COLUMNS.values())}")
    statements = [_read_row(row, f"{table.shown}, line {row.line}", keys, atlas) for row in table.rows]
    seen: set[str] = set()
    for row, statement in zip(table.rows, statements, strict=True):
        if statement.id in seen:
            raise UsageError(f"{table.shown}, line {row.line}: an id that was used before; give each statement its own")
        seen.add(statement.id)
    return statements, [column for column in table.columns if keys[fold_column(column)] is None]


def _read_row(row: Row, where: str, keys: dict[str, str | None], atlas: Atlas) -> Statement:
    texts = {key: cell for name, cell in row.cells.items() if (key := keys.get(name)) is not None}
    get = texts.get
    try:
        if "id" not in texts:
            raise MalformedError("no id")
        place = make_place(get("site"), get("place"), get("lat"), get("lon"), atlas)
        span = make_span(get("at"), get("start"), get("end"), atlas.zone_of(place) if place else None, dt.timedelta())
    except MalformedError as error:
        raise UsageError(f"{where}: {error}") from error
    if place is None and span is None:
        raise UsageError(f"{where}: neither a site or place nor a time; there is nothing to compare")
    files = tuple(name.strip() for name in get("files", "").split(";") if name.strip())
    return Statement(id=texts["id"], place=place, span=span, files=files)
