"""Statements from a table: a number, a place and a time each, and the files that were handed in with it; nothing of who spoke."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec
from msgspec import Struct

from geoverify.claims.columns import name_columns, read_texts, refuse_doubled
from geoverify.claims.places import Atlas, Place
from geoverify.claims.rows import Row, fold_column, read_table
from geoverify.claims.spans import Span
from geoverify.claims.stating import COLUMNS as CLAIM_COLUMNS
from geoverify.claims.stating import make_place, make_span
from geoverify.errors import MalformedError, UsageError
from geoverify.statements.privacy import refuse_personal, warn_of_names

# What a column may be called; the first name is the one that is told. The places and times are those of claims.
COLUMNS = {
    "id": ("id", "statement", "statement_id", "number", "no"),
    **{key: names for key, names in CLAIM_COLUMNS.items() if key != "file"},
    "files": ("files", "file", "file_name", "filename", "footage"),
}


class Statement(Struct, frozen=True, kw_only=True):
    """One statement: its number, where and when it says that something was, and the files that were handed in with it."""

    id: str
    place: Place | None
    span: Span | None
    files: tuple[str, ...] = ()


def read_statements(path: Path, atlas: Atlas) -> tuple[list[Statement], list[str]]:
    """The statements of a table, and what to tell of it: columns that are not read, identifiers that may be names.

    Raises `UsageError` for whatever could tell who spoke, before anything else is looked at, and for a table without an id.
    """
    table = read_table(path)
    for row in table.rows:
        if row.problem is not None:
            raise UsageError(f"{table.shown}, line {row.line}: {row.problem}")
    keys = name_columns(table, COLUMNS)
    identifier = next((name for name, key in keys.items() if key == "id"), "")
    refuse_personal(table, keys, identifier)
    refuse_doubled(table, keys)
    if not identifier:
        raise UsageError(f"{table.shown}: no column id; columns are {', '.join(aliases[0] for aliases in COLUMNS.values())}")
    statements = [_read_row(row, f"{table.shown}, line {row.line}", keys, atlas) for row in table.rows]
    seen: set[str] = set()
    for row, statement in zip(table.rows, statements, strict=True):
        if statement.id in seen:
            raise UsageError(f"{table.shown}, line {row.line}: an id that was used before; give each statement its own")
        seen.add(statement.id)
    unread = [column for column in table.columns if keys[fold_column(column)] is None]
    told = [f"{table.shown}: not read: columns {', '.join(unread)}"] if unread else []
    warning = warn_of_names(table, identifier)
    return statements, [*told, *([warning] if warning else [])]


def _read_row(row: Row, where: str, keys: dict[str, str | None], atlas: Atlas) -> Statement:
    texts = read_texts(row, where, keys)
    get = texts.get
    if "id" not in texts:
        raise UsageError(f"{where}: no id")
    # What stands in a cell that cannot be read may be anything, and anybody's name: no message repeats it.
    try:
        place = make_place(get("site"), get("place"), get("lat"), get("lon"), atlas)
    except MalformedError:
        told = "no site has this code, the coordinates are none, or the place is given in two ways"
        raise UsageError(f"{where}: {told}; `geoverify sites list` shows the codes") from None
    try:
        span = make_span(get("at"), get("start"), get("end"), atlas.zone_of(place) if place else None, dt.timedelta())
    except MalformedError:
        told = "the time cannot be read, is given in two ways or ends before it begins"
        raise UsageError(f"{where}: {told}; write it as 2026-01-17 09:00+07:00, or a day as 2026-01-17") from None
    if place is None and span is None:
        raise UsageError(f"{where}: neither a site or place nor a time; there is nothing to compare")
    files = tuple(name.strip() for name in get("files", "").split(";") if name.strip())
    return Statement(id=texts["id"], place=None if place is None else _call(place, row), span=span, files=files)


def _call(place: Place, row: Row) -> Place:
    """A place by what the register calls it or by its coordinates: the statement's own words can name a person."""
    text = f"unknown place in line {row.line}"
    if place.position is not None:
        text = f"{place.position.lat_deg:.6g}, {place.position.lon_deg:.7g}"
    elif place.site_codes:
        text = " / ".join(place.site_codes)
    return msgspec.structs.replace(place, text=text)
