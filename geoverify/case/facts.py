"""The facts that a case is counted by, a narrow row a file beside the wide one that holds its report."""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import overload

import msgspec
from msgspec import Struct

from geoverify.case.packing import Packer
from geoverify.facts import Dated, Facts, facts_of
from geoverify.results import Report

_COLUMNS = (
    *("path", "verdict", "site_codes", "editions", "is_footage", "post", "digest"),
    *("filmed_from", "filmed_to", "filmed_day", "filmed_clock", "filmed_zone", "filmed_shown", "is_disputed"),
    *("posted_from", "posted_to", "posted_day", "posted_shown", "source", "lat_deg", "lon_deg", "error_radius_m"),
)
_INSERT = f"INSERT OR REPLACE INTO fact ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM fact"  # noqa: S608
_FAR_S = 1 << 40
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class FactGist(Struct, frozen=True, gc=False):
    """What a file is counted by where nobody asks for times or sources.

    Site codes stand one a line, and so do the editions that list them, title and edition parted by a tab.
    """

    path: bytes
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

    digest: str | None
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

    @property
    def subject(self) -> str:
        """What decisions about the file are about: its bytes, or its path where there are none."""
        return self.digest or self.path.hex()


Told = tuple[str, str, str, int]


class GistTable(Sequence[FactGist]):
    """The gists of many files in columns: of a million files only those that are shown ever become objects of their own.

    `kinds` are numbers in `told`, the different sets of verdict, site codes, editions and `is_footage`: a case has few of them.
    """

    def __init__(self) -> None:
        self.paths: list[bytes] = []
        self.posts: list[str | None] = []
        self.kinds: list[int] = []
        self.told: list[Told] = []

    def __len__(self) -> int:
        return len(self.paths)

    @overload
    def __getitem__(self, at: int) -> FactGist: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[FactGist]: ...
    def __getitem__(self, at: int | slice) -> FactGist | Sequence[FactGist]:
        if isinstance(at, slice):
            return [self[number] for number in range(len(self))[at]]
        return FactGist(self.paths[at], *self.told[self.kinds[at]], self.posts[at])

    def find(self, path: bytes) -> int | None:
        """The number of a file; the paths must be in order."""
        at = bisect_left(self.paths, path)
        return at if at < len(self.paths) and self.paths[at] == path else None


def tabulate(rows: Iterable[FactGist]) -> GistTable:
    """Put rows into columns, in the order in which they come."""
    table, numbers = GistTable(), dict[Told, int]()
    for row in rows:
        table.paths.append(row.path)
        table.posts.append(row.post)
        told = row.verdict, row.site_codes, row.editions, row.is_footage
        table.kinds.append(numbers.setdefault(told, len(numbers)))
    table.told = list(numbers)
    return table


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


def read_gists(connection: sqlite3.Connection) -> tuple[GistTable, GistTable]:
    """The gists of every file that has a report, footage and what is none apart, in the order of the paths."""
    footage, rest, numbers = GistTable(), GistTable(), dict[Told, int]()
    add_path, add_post, add_kind = footage.paths.append, footage.posts.append, footage.kinds.append
    query = "SELECT path, post, verdict, site_codes, editions, is_footage FROM fact ORDER BY path"
    for path, post, verdict, site_codes, editions, is_footage in connection.execute(query):
        kind = numbers.setdefault((verdict, site_codes, editions, is_footage), len(numbers))
        if is_footage:
            add_path(path)
            add_post(post)
            add_kind(kind)
        else:
            rest.paths.append(path)
            rest.posts.append(post)
            rest.kinds.append(kind)
    footage.told = rest.told = list(numbers)
    return footage, rest


def read_copies(connection: sqlite3.Connection) -> Iterator[tuple[str, bytes]]:
    """Yield digest and path of every file whose digest another one has, by digest; of the others nothing is read but an index."""
    shared = "SELECT digest FROM file INDEXED BY file_by_digest WHERE digest IS NOT NULL GROUP BY digest HAVING count(*) > 1"
    yield from connection.execute(f"SELECT digest, path FROM file WHERE digest IN ({shared}) ORDER BY digest, path")  # noqa: S608


def find_paths(connection: sqlite3.Connection, subject: str) -> list[bytes]:
    """The paths of the files that decisions about a subject are about (see `FactRow.subject`)."""
    paths = [path for (path,) in connection.execute("SELECT path FROM file WHERE digest = ?", (subject,))]
    query = "SELECT path FROM file WHERE path = ? AND digest IS NULL"
    return paths or [path for (path,) in connection.execute(query, (bytes.fromhex(subject),))]


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
        *(key, facts.verdict.value, "\n".join(facts.site_codes)),
        *("\n".join(f"{item.title}\t{item.edition}" for item in facts.editions), int(facts.is_footage)),
        *(facts.post, digest),
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
