"""Claims as people write them down: the columns of a table or the options of a call, made into places and times."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from geoverify.claims.columns import name_columns, read_texts, refuse_doubled
from geoverify.claims.judgements import Claim
from geoverify.claims.places import Atlas, Place, parse_pair
from geoverify.claims.rows import Row, fold_column, read_table
from geoverify.claims.spans import Span, bound, find_zone, parse_stated
from geoverify.errors import MalformedError, UsageError

# What a column may be called; the first name is the one that is told.
COLUMNS = {
    "file": ("file", "path", "filename", "file_name", "media"),
    "site": ("site", "site_code", "code"),
    "place": ("place", "place_name", "site_name", "location", "where"),
    "lat": ("lat", "latitude", "lat_deg"),
    "lon": ("lon", "lng", "longitude", "lon_deg"),
    "at": ("at", "time", "date", "when"),
    "start": ("from", "start"),
    "end": ("to", "end"),
}
# How far a time given to the minute may be off: who says nine o'clock was not looking at a clock.
DEFAULT_WITHIN = dt.timedelta(minutes=30)


class StatedClaim(Struct, frozen=True, kw_only=True):
    """The texts of one claim; `where` says on which line or in which option they stand, `problem` what is wrong with the line."""

    where: str
    file: str
    site: str | None = None
    place: str | None = None
    lat: str | None = None
    lon: str | None = None
    at: str | None = None
    start: str | None = None
    end: str | None = None
    problem: str | None = None


def read_claims(path: Path) -> tuple[list[StatedClaim], list[str]]:
    """The claims of a table, and its columns that are not read; raises `UsageError` for a table without files or claims."""
    table = read_table(path)
    known = name_columns(table, COLUMNS)
    refuse_doubled(table, known)
    if "file" not in known.values():
        raise UsageError(f"{table.shown}: no column file; columns are {', '.join(aliases[0] for aliases in COLUMNS.values())}")
    claims = [_read_row(row, table.shown, known) for row in table.rows]
    return claims, [column for column in table.columns if known[fold_column(column)] is None]


def _read_row(row: Row, shown: str, known: dict[str, str | None]) -> StatedClaim:
    where = f"{shown}, line {row.line}"
    if row.problem is not None:
        return StatedClaim(where=where, file="", problem=row.problem)
    texts = read_texts(row, where, known)
    if "file" not in texts:
        return StatedClaim(where=where, file="", problem="names no file")
    return StatedClaim(where=where, **texts)


def make_claim(stated: StatedClaim, atlas: Atlas, within: dt.timedelta) -> Claim:
    """Look up the place and read the time; raises `UsageError` for what is neither, twice, or missing altogether."""
    try:
        place = make_place(stated.site, stated.place, stated.lat, stated.lon, atlas)
        span = make_span(stated.at, stated.start, stated.end, atlas.zone_of(place) if place else None, within)
    except MalformedError as error:
        raise UsageError(f"{stated.where}: {error}") from error
    if place is None and span is None:
        raise UsageError(f"{stated.where}: claims nothing; give a site or a place, a time (at, or from and to), or both")
    return Claim(file=stated.file, place=place, span=span)


def make_place(site: str | None, place: str | None, lat: str | None, lon: str | None, atlas: Atlas) -> Place | None:
    """One place from a code, a name or a pair of coordinates; raises `MalformedError` where there are two of them."""
    given = list(_find_places(site, place, lat, lon, atlas))
    if len(given) > 1:
        raise MalformedError("a place in two ways; give one of site, place, and lat with lon")
    return given[0] if given else None


def _find_places(site: str | None, place: str | None, lat: str | None, lon: str | None, atlas: Atlas) -> Iterator[Place]:
    if site is not None:
        yield atlas.find_code(site)
    if place is not None:
        yield atlas.find_place(place)
    if lat is not None or lon is not None:
        yield atlas.find_position(parse_pair(lat or "", lon or ""), f"{lat}, {lon}")


def make_span(at: str | None, start: str | None, end: str | None, zone: str | None, within: dt.timedelta) -> Span | None:
    """One span from a moment, or from a start and an end; raises `MalformedError` where there are both, or none is a time."""
    if at is not None and (start is not None or end is not None):
        raise MalformedError("a time in two ways; give at, or from and to")
    first = parse_stated(at or start or "") if at or start else None
    last = parse_stated(at or end or "") if at or end else None
    if first is None and last is None:
        return None
    return bound(first, last, find_zone(zone), within if at is not None else dt.timedelta())
