"""Whether a case and its media are still what they were: the chain of the log, what it says was stored, and the files."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from geoverify.case.custody import Kind, find_breaks
from geoverify.case.facts import is_drawn_from
from geoverify.case.packing import Packer
from geoverify.case.store import Case, digest_parts
from geoverify.errors import MediaError
from geoverify.media import open_regular
from geoverify.text import escape_controls
from geoverify.urls import is_remote, show_remote

_SIZE_BYTES = 1 << 18


def find_changes(case: Case, media_folder: Path | None = None) -> Iterator[str]:
    """Yield one line for each thing that is missing, changed or broken; nothing where all is as it was.

    Media are looked for where they were acquired, or by their names under `media_folder`.
    """
    connection = case.connection
    try:
        for (message,) in connection.execute("PRAGMA integrity_check"):
            if message != "ok":
                yield f"database: {message}"
        yield from find_breaks(connection)
        yield from _find_changed_parts(connection)
        yield from _find_changed_media(connection, media_folder)
        yield from _find_changed_pictures(connection)
    except sqlite3.DatabaseError as error:
        yield f"database: cannot be read on ({error})"
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        yield f"custody log: an entry cannot be read ({type(error).__name__})"


def latest_acquisitions(connection: sqlite3.Connection) -> dict[str, dict[str, object]]:
    """The last acquisition of each path, by the hexadecimal of the path's bytes."""
    rows = connection.execute("SELECT body FROM custody WHERE kind = ? ORDER BY number", (Kind.ACQUIRED.value,))
    bodies = (json.loads(body) for (body,) in rows)
    return {body["path_hex"]: body for body in bodies}


def list_digests(case: Case) -> Iterator[str]:
    """Yield a line for the head of the log, which covers all of it, and one for each file, as `sha256sum` writes them."""
    head = case.connection.execute("SELECT number, at, digest FROM custody ORDER BY number DESC LIMIT 1").fetchone()
    if head is not None:
        yield f"{head[2]}  custody log, entry {head[0]} of {head[1]}"
    for path_hex, body in sorted(latest_acquisitions(case.connection).items()):
        digests = body["digests"]
        assert isinstance(digests, dict)
        yield f"{digests['sha256']}  {escape_controls(os.fsdecode(bytes.fromhex(path_hex)))}"


def _find_changed_parts(connection: sqlite3.Connection) -> Iterator[str]:
    files: dict[str, list[str]] = {}
    contents: dict[tuple[str, str], str] = {}
    # Older entries do not say how the bytes were read.
    unnamed: dict[str, set[str]] = defaultdict(set)
    for (body,) in connection.execute("SELECT body FROM custody WHERE kind = ? ORDER BY number", (Kind.STORED.value,)):
        stored = json.loads(body)
        files |= stored["files"]
        for digest, parts in stored.get("contents", {}).items():
            unnamed[digest].add(parts)
        for reading, found in stored.get("readings", {}).items():
            contents |= {(digest, reading): parts for digest, parts in found.items()}
    unpack = Packer(connection).unpack
    query = "SELECT path, digest, media, around, sidecars, report FROM file LEFT JOIN document USING (path)"
    for path, digest, *packed in connection.execute(query):
        shown = escape_controls(os.fsdecode(path))
        expected = files.pop(path.hex(), None)
        if expected is None:
            yield f"{shown}: the case holds a report that the log does not know"
            continue
        try:
            media, around, sidecars = map(unpack, packed[:3])
            report = None if packed[3] is None else unpack(packed[3])
        except (sqlite3.DatabaseError, AttributeError):
            yield f"{shown}: what the case holds of it is not what was stored"
            continue
        if digest_parts(media, around, sidecars) != expected[0] or (report is not None and digest_parts(report) != expected[1]):
            yield f"{shown}: what the case holds of it is not what was stored"
        elif report is not None and not is_drawn_from(connection, path, digest, report):
            yield f"{shown}: what it is counted by is not what its report says"
    for path in files:
        yield f"{escape_controls(os.fsdecode(bytes.fromhex(path)))}: its report is missing from the case"
    for digest, reading, findings in connection.execute("SELECT digest, reading, findings FROM content"):
        known = {contents[digest, reading]} if (digest, reading) in contents else unnamed[digest]
        try:
            is_stored = digest_parts(unpack(findings)) in known
        except sqlite3.DatabaseError:
            is_stored = False
        if not is_stored:
            yield f"sha256 {escape_controls(str(digest))}: what was read of these bytes is not what was stored"


def _find_changed_media(connection: sqlite3.Connection, folder: Path | None) -> Iterator[str]:
    for path_hex, body in latest_acquisitions(connection).items():
        path = Path(os.fsdecode(bytes.fromhex(path_hex)))
        where = path if folder is None else next((found for found in _places(path, folder) if os.path.lexists(found)), None)
        shown = escape_controls(show_remote(path) if is_remote(path) else os.fspath(path))
        if is_remote(path) and folder is None:
            yield f"{shown}: lies elsewhere and was not looked at; fetch it, and name the folder of the copy with --media"
            continue
        if where is None or not os.path.lexists(where):
            yield f"{shown}: missing{'' if folder is None else f' under {escape_controls(str(folder))}'}"
            continue
        digests = body["digests"]
        assert isinstance(digests, dict)
        try:
            with open_regular(where) as (fd, _), os.fdopen(os.dup(fd), "rb", buffering=0) as file:
                states = {name: hashlib.new(name.replace("-", "_")) for name in digests}
                while chunk := file.read(_SIZE_BYTES):
                    for state in states.values():
                        state.update(chunk)
        except (MediaError, OSError) as error:
            yield f"{shown}: cannot be read ({error})"
            continue
        wrong = [name for name, state in states.items() if state.hexdigest() != digests[name]]
        if wrong:
            yield f"{shown}: changed since it was acquired ({', '.join(wrong)} differs)"


def _find_changed_pictures(connection: sqlite3.Connection) -> Iterator[str]:
    """Evidence pictures are named by their digests; they lie where the run said that wrote them."""
    folder = Path()
    where: dict[str, tuple[Path, list[str]]] = {}
    query = "SELECT kind, body FROM custody WHERE kind IN (?, ?) ORDER BY number"
    for kind, body in connection.execute(query, (Kind.RUN.value, Kind.STORED.value)):
        entry = json.loads(body)
        if kind == Kind.RUN.value and "pictures_hex" in entry:
            folder = Path(os.fsdecode(bytes.fromhex(entry["pictures_hex"])))
        where |= {digest: (folder, names) for digest, names in entry.get("pictures", {}).items()}
    for path in dict.fromkeys(place / name for place, names in where.values() for name in names):
        shown = escape_controls(os.fspath(path))
        try:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            yield f"{shown}: the evidence picture is missing; match on the same case draws it again"
            continue
        if digest != path.stem:
            yield f"{shown}: the evidence picture was changed; delete it, and match on the same case draws it again"


def _places(path: Path, folder: Path) -> Iterator[Path]:
    """Where a file may lie under another folder: with as much of its old path as fits, the longest first."""
    for start in range(1, len(path.parts)):
        yield folder.joinpath(*path.parts[start:])
