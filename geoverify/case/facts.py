"""The facts that a case is counted by, a narrow row a file beside the wide one that holds its report."""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
from collections.abc import Iterator
from itertools import starmap
from pathlib import Path

import msgspec
from msgspec import Struct

from geoverify.case.packing import Packer
from geoverify.facts import Dated, Facts, facts_of
from geoverify.results import Report

_COLUMNS = (
    *("path", "digest", "verdict", "site_codes", "editions", "is_footage", "post"),
    *("filmed_from", "filmed_to", "filmed_day", "filmed_clock", "filmed_zone", "filmed_shown", "is_disputed"),
    *("posted_from", "posted_to", "posted_day", "posted_shown", "source", "lat_deg", "lon_deg", "error_radius_m"),
)
_INSERT = f"INSERT OR REPLACE INTO fact ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM fact"  # noqa: S608
_SELECT_GIST = f"SELECT {', '.join(_COLUMNS[:7])} FROM fact"  # noqa: S608
_FAR_S = 1 << 40
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class FactGist(Struct, frozen=True, gc=False):
    """What a file is counted by where nobody asks for times or sources: a third of its facts, and of the time to read them.

    Site codes stand one a line, and so do the editions that list them, title and edition parted by a tab.
    """

    path: bytes
    digest: str | None
    verdict: str
    site_codes: str
    editions: str
    is_footage: int
    post: str | None

    @property
    def file(self) -> Path:
        """The path of the file."""
        return Path(os.fsdecode(self.path))


class FactRow(FactGist, frozen=True, gc=False):
    """One file's facts as a case keeps them; times are seconds since 1970 in UTC, days ISO 8601."""

    filmed_from: int | None
    filmed_to: int | None
    filmed_day: str | None
    filmed_clock: str | None
    filmed_zone: str | None
    filmed_shown: str | None
    is_disputed: int
    posted_from: int | None
    posted_to: int | None
    posted_day: str | None
    posted_shown: str | None
    source: str | None
    lat_deg: float | None
    lon_deg: float | None
    error_radius_m: float | None


def detailed(row: FactGist) -> FactRow:
    """A row that was read with all of its facts."""
    assert isinstance(row, FactRow), "read with read_gists, which leaves times and sources out"
    return row


def keep_facts(connection: sqlite3.Connection, key: bytes, digest: str | None, facts: Facts) -> None:
    """Store the facts of one file inside the transaction that is open."""
    connection.execute(_INSERT, _encode(key, digest, facts))


def drop_facts(connection: sqlite3.Connection, key: bytes, digest: str | None) -> None:
    """Forget the facts of a file and of its copies, whose reports are gone."""
    connection.execute("DELETE FROM fact WHERE path = ? OR digest = ?", (key, digest))


def fill_facts(connection: sqlite3.Connection) -> None:
    """Draw the facts from every report that a case of an older version holds; a report that cannot be read has none."""
    unpack = Packer(connection).unpack
    query = "SELECT path, digest, report FROM file JOIN document USING (path) WHERE report IS NOT NULL"
    for key, digest, report in connection.execute(query):
        facts = _draw(unpack(report))
        if facts is not None:
            keep_facts(connection, key, digest, facts)


def make_row(key: bytes, digest: str | None, facts: Facts) -> FactRow:
    """The row of one file that is in no case."""
    return FactRow(*_encode(key, digest, facts))  # type: ignore[arg-type]


def read_facts(
    connection: sqlite3.Connection, start: dt.datetime | None = None, end: dt.datetime | None = None
) -> Iterator[FactRow]:
    """Yield the facts of every file that has a report, in the order of the paths.

    Files whose time of filming, or else of posting, lies outside `start` to `end` for certain are left out: they cost little.
    """
    query = (
        f"{_SELECT} WHERE NOT is_footage OR coalesce(filmed_from, posted_from) IS NULL OR "
        "(coalesce(filmed_to, posted_to) >= ? AND coalesce(filmed_from, posted_from) <= ?)"
    )
    bounds = (-_FAR_S if start is None else _to_seconds(start), _FAR_S if end is None else _to_seconds(end))
    for row in connection.execute(_SELECT) if start is None and end is None else connection.execute(query, bounds):
        yield FactRow(*row)


def read_gists(connection: sqlite3.Connection) -> Iterator[FactGist]:
    """Yield the gist of every file that has a report, in the order of the paths."""
    return starmap(FactGist, connection.execute(_SELECT_GIST))


def count_facts(connection: sqlite3.Connection) -> int:
    """How many files have a report."""
    (count,) = connection.execute("SELECT count(*) FROM fact").fetchone()
    return int(count)


def count_files(connection: sqlite3.Connection) -> int:
    """How many files a case knows, also those whose report is gone."""
    (count,) = connection.execute("SELECT count(*) FROM file INDEXED BY file_by_size").fetchone()
    return int(count)


def is_drawn_from(connection: sqlite3.Connection, key: bytes, digest: str | None, report: bytes) -> bool:
    """Whether the facts of a file are those of its report."""
    kept = connection.execute(f"{_SELECT} WHERE path = ?", (key,)).fetchone()
    facts = _draw(report)
    return bool(kept == (None if facts is None else _encode(key, digest, facts)))


def _draw(report: bytes) -> Facts | None:
    """The facts of a report; `None` for one of another version that cannot be read."""
    try:
        return facts_of(msgspec.json.decode(report, type=Report))
    except (msgspec.MsgspecError, KeyError):
        return None


def _encode(key: bytes, digest: str | None, facts: Facts) -> tuple[object, ...]:
    filmed, posted = facts.filmed, facts.posted
    return (
        *(key, digest, facts.verdict.value, "\n".join(facts.site_codes)),
        *("\n".join(f"{item.title}\t{item.edition}" for item in facts.editions), int(facts.is_footage)),
        facts.post,
        *_encode_span(filmed),
        *((filmed.clock.value, filmed.zone.value, filmed.shown) if filmed else (None, None, None)),
        int(facts.is_disputed),
        *_encode_span(posted),
        posted.shown if posted else None,
        *(facts.source, facts.lat_deg, facts.lon_deg, facts.error_radius_m),
    )


def _encode_span(dated: Dated | None) -> tuple[int | None, int | None, str | None]:
    if dated is None:
        return None, None, None
    day = dated.local_day.isoformat() if dated.local_day else None
    return _to_seconds(dated.earliest_utc), _to_seconds(dated.latest_utc), day


def _to_seconds(moment: dt.datetime) -> int:
    return (moment - _EPOCH) // dt.timedelta(seconds=1)
