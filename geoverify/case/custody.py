"""The custody log: what came in, was run, concluded, decided and handed on, each entry's digest covering the one before."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct

FIRST = "0" * 64
_ALL = "SELECT number, at, kind, body, digest FROM custody ORDER BY number"


class Kind(StrEnum):
    """What an entry tells."""

    OPENED = "opened"
    RUN = "run"
    ACQUIRED = "acquired"
    STORED = "stored"
    FINISHED = "finished"
    DECIDED = "decided"
    PAIRED = "paired"
    RETRIED = "retried"
    EXPORTED = "exported"
    IMPORTED = "imported"
    DRAFTED = "drafted"


class Entry(Struct, frozen=True, kw_only=True):
    """One entry of the log."""

    number: int
    at: str
    kind: str
    body: dict[str, Any]
    digest: str


def append(connection: sqlite3.Connection, kind: Kind, body: Mapping[str, object]) -> None:
    """Add an entry inside the transaction that is open, so that the log and what it tells of are kept together or not at all."""
    row = connection.execute("SELECT number, digest FROM custody ORDER BY number DESC LIMIT 1").fetchone()
    number, previous = (row[0] + 1, row[1]) if row else (1, FIRST)
    at = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
    text = json.dumps(body, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    digest = chain(previous, number, at, kind.value, text)
    connection.execute("INSERT INTO custody VALUES (?, ?, ?, ?, ?)", (number, at, kind.value, text, digest))


def chain(previous: str, number: int, at: str, kind: str, body: str) -> str:
    """SHA-256 over the digest of the entry before and this entry's parts, each behind its length."""
    parts = (previous, str(number), at, kind, body)
    return hashlib.sha256("".join(f"{len(part)}:{part}" for part in parts).encode("utf-8", "surrogatepass")).hexdigest()


def read_entries(connection: sqlite3.Connection) -> Iterator[Entry]:
    """Yield the log from its first entry to its last."""
    for number, at, kind, body, digest in connection.execute(_ALL):
        yield Entry(number=number, at=at, kind=kind, body=json.loads(body), digest=digest)


def find_breaks(connection: sqlite3.Connection) -> Iterator[str]:
    """Yield, for each entry that is missing or is not what was written, one line that says so."""
    previous, expected = FIRST, 1
    for number, at, kind, body, digest in connection.execute(_ALL):
        if number != expected:
            yield f"custody log: entries {expected} to {number - 1} are missing"
        if not all(isinstance(part, str) for part in (at, kind, body, digest)) or digest != chain(
            previous, number, at, kind, body
        ):
            yield f"custody log: entry {number} is not what was written, or an entry before it was changed"
        previous, expected = str(digest), number + 1
