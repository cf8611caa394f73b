"""A case: what is known of each file, kept so that a killed run loses nothing that it counted."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Raw, Struct

from geoverify.case.custody import Kind, append
from geoverify.case.facts import drop_facts, keep_facts
from geoverify.case.packing import Packer
from geoverify.case.parts import Parts, pack_parts
from geoverify.case.schema import connect, connect_readonly, copy_updated, describe, describe_damage, is_current
from geoverify.case.writers import is_alive, name_process
from geoverify.errors import DamagedError, UsageError
from geoverify.facts import Facts
from geoverify.media import FileStamp, display_path
from geoverify.model import Digest, MediaFile
from geoverify.places import RegisterInfo
from geoverify.results import Report
from geoverify.temporary import hold_folder
from geoverify.text import escape_controls
from geoverify.urls import is_remote, show_remote

# A writer on another machine that has committed nothing for so long is taken to be gone.
WRITER_LEASE_S = 900.0
# A case that is to last as long as its run lies in a folder of this name, beside a file that is locked meanwhile.
RUN_PREFIX = "geoverify-run-"
SECRET_BYTES = 32


class Need(Struct, frozen=True, kw_only=True):
    """What a reading and a report of one file rest on; where all of it is as it was, nothing has to be done.

    `reading` stands for the settings that reading depends on, `surroundings` for the file's own name and times, the files
    beside it and the analyst's logs, `basis` for the registers, the settings and the versions of what weighs.
    """

    path: Path
    stamp: FileStamp
    digest: Digest | None
    reading: str
    surroundings: str
    basis: str


class FileRow(Struct, frozen=True, kw_only=True):
    """What the case holds of one path."""

    stamp: FileStamp | None
    digest: Digest | None
    reading: str
    surroundings: str
    basis: str
    verdict: str


class Result(Struct, frozen=True, kw_only=True):
    """What a run found out of one file, as it is stored; parts that stay as they were are `None`."""

    need: Need
    media: bytes
    content: bytes
    around: bytes
    sidecars: bytes
    report: bytes
    verdict: str
    problem_codes: tuple[str, ...]
    facts: Facts
    is_quarantined: bool
    acquisition: Mapping[str, Any]
    pictures: tuple[str, ...] | None = None
    """Names of the evidence pictures of the bytes, `None` where they are as they were."""


class Case:
    """An open case; only one process writes to it, and others can read meanwhile."""

    def __init__(self, connection: sqlite3.Connection, shown: str) -> None:
        self.connection = connection
        self._shown = shown
        self._packer = Packer(connection)
        self._renewed_at_s = time.monotonic()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is kept together or not at all; raises `UsageError` that says what to do where it cannot be."""
        try:
            self.connection.execute("BEGIN IMMEDIATE")
            yield
            self.connection.execute("COMMIT")
        except sqlite3.Error as error:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise describe(self._shown, error) from error
        except BaseException:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise

    def log(self, kind: Kind, body: Mapping[str, object]) -> None:
        """Add one entry to the custody log."""
        with self.transaction():
            append(self.connection, kind, body)

    def find_file(self, path: Path) -> FileRow | None:
        """What the case holds of a path that has a report."""
        query = "SELECT stamp, digest, reading, surroundings, basis, verdict FROM file WHERE path = ? AND is_reported"
        row = self.connection.execute(query, (key_of(path),)).fetchone()
        if row is None:
            return None
        stamp, digest, reading, surroundings, basis, verdict = row
        return FileRow(
            stamp=msgspec.json.decode(stamp, type=FileStamp | None),
            digest=Digest(algorithm="sha256", hex=digest) if digest else None,
            reading=reading,
            surroundings=surroundings,
            basis=basis,
            verdict=verdict,
        )

    def has_size(self, size_bytes: int) -> bool:
        """Whether any file of this size is known: only then can a new one be a copy."""
        return bool(self.connection.execute("SELECT 1 FROM file WHERE size_bytes = ? LIMIT 1", (size_bytes,)).fetchone())

    def find_content(self, digest: Digest, reading: str) -> Raw | None:
        """What was read of some bytes, whatever file they were in."""
        query = "SELECT findings FROM content WHERE digest = ? AND reading = ?"
        row = self.connection.execute(query, (digest.hex, reading)).fetchone()
        return Raw(self.unpack(row[0], f"the bytes with SHA-256 {digest.hex}")) if row else None

    def find_reading(self, path: Path) -> Raw | None:
        """The whole reading of a file, encoded as `verify.Reading`."""
        row = self.connection.execute(
            "SELECT media, coalesce(findings, '{}'), around, sidecars FROM file JOIN document USING (path) LEFT JOIN content "
            "ON content.digest = file.digest AND content.reading = file.reading WHERE path = ?",
            (key_of(path),),
        ).fetchone()
        if row is None:
            return None
        media, content, around, sidecars = (self.unpack(part, display_path(path)[0]) for part in row)
        text, path_hex = display_path(path)
        called = msgspec.structs.replace(msgspec.json.decode(media, type=MediaFile), path=text, path_bytes_hex=path_hex)
        media = msgspec.json.encode(called)
        return Raw(b'{"media":%b,"content":%b,"around":%b,"sidecars":%b}' % (media, content, around, sidecars))

    def keep(self, results: Sequence[Result], stamps: Mapping[Path, FileStamp]) -> None:
        """Store what was found out, and new stamps of files with the same bytes; when this returns it is on the disk."""
        with self.transaction():
            for path, stamp in stamps.items():
                query = "UPDATE file SET stamp = ? WHERE path = ?"
                self.connection.execute(query, (msgspec.json.encode(stamp).decode(), key_of(path)))
            for result, parts in zip(results, pack_parts(self._packer, results), strict=True):
                self._keep(result, parts)
            if results:
                files = {
                    result.need.path: [digest_parts(result.media, result.around, result.sidecars), digest_parts(result.report)]
                    for result in results
                }
                # The same bytes can be read in several ways, also within one run: copies, of which a worker did not survive one.
                readings: dict[str, dict[str, str]] = {}
                for result in results:
                    if result.need.digest:
                        readings.setdefault(result.need.reading, {})[result.need.digest.hex] = digest_parts(result.content)
                stored: dict[str, object] = {"files": {key_of(path).hex(): parts for path, parts in files.items()}}
                stored["readings"] = readings
                drawn = {
                    item.need.digest.hex: item.pictures for item in results if item.need.digest and item.pictures is not None
                }
                if drawn:
                    stored["pictures"] = drawn
                append(self.connection, Kind.STORED, stored)
            self._renew()

    def renew(self) -> None:
        """Stay the writer although there is nothing to keep; may be called often, and seldom writes."""
        if time.monotonic() - self._renewed_at_s > WRITER_LEASE_S / 4:
            with self.transaction():
                self._renew()

    def _renew(self) -> None:
        self.connection.execute("UPDATE writer SET expires_at = ?", (time.time() + WRITER_LEASE_S,))
        self._renewed_at_s = time.monotonic()

    def _keep(self, result: Result, parts: Parts) -> None:
        need = result.need
        digest = need.digest.hex if need.digest else None
        known = self.connection.execute("SELECT digest FROM file WHERE path = ?", (key_of(need.path),)).fetchone()
        if digest is not None:
            self.connection.execute("DELETE FROM content WHERE digest = ? AND reading = ?", (digest, need.reading))
            self.connection.execute(
                "INSERT INTO content VALUES (?, ?, ?, ?)", (digest, need.reading, parts.content, result.is_quarantined)
            )
            if known is None or known[0] != digest:
                append(self.connection, Kind.ACQUIRED, result.acquisition)
        self.connection.execute(
            "INSERT OR REPLACE INTO file VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1)",
            (
                *(key_of(need.path), msgspec.json.encode(need.stamp).decode(), need.stamp.size_bytes, digest, need.reading),
                *(need.surroundings, need.basis, result.verdict, " ".join(result.problem_codes)),
            ),
        )
        self.connection.execute(
            "INSERT OR REPLACE INTO document (path, media, around, sidecars, report) VALUES (?, ?, ?, ?, ?)",
            (key_of(need.path), parts.media, parts.around, parts.sidecars, parts.report),
        )
        keep_facts(self.connection, key_of(need.path), digest, result.facts)

    def read_encoded(self, path: Path) -> bytes | None:
        """The report of a file as it was encoded."""
        row = self.connection.execute("SELECT report FROM document WHERE path = ?", (key_of(path),)).fetchone()
        return self.unpack(row[0], display_path(path)[0]) if row and row[0] is not None else None

    def read_report(self, path: Path) -> Report | None:
        """The report of a file, with the path as it is called now; raises `DamagedError` for one that cannot be read."""
        encoded = self.read_encoded(path)
        try:
            return None if encoded is None else msgspec.json.decode(encoded, type=Report)
        except msgspec.MsgspecError as error:
            raise DamagedError(describe_damage(self._shown, display_path(path)[0], str(error))) from error

    def unpack(self, stored: bytes | str, what: str) -> bytes:
        """A stored part of `what` as it was; raises `DamagedError` for one that cannot be unpacked."""
        try:
            return self._packer.unpack(stored)
        except sqlite3.DatabaseError as error:
            raise DamagedError(describe_damage(self._shown, what, str(error))) from error

    def share_secret(self) -> bytes:
        """The secret that pseudonyms in shared copies are made with; made when it is first asked for."""
        with self.transaction():
            secret = self.find_secret()
            if secret is None:
                secret = secrets.token_bytes(SECRET_BYTES)
                self.connection.execute("INSERT INTO secret VALUES (?)", (secret,))
        return secret

    def find_secret(self) -> bytes | None:
        """The secret of earlier shared copies, where any was made."""
        row = self.connection.execute("SELECT value FROM secret").fetchone()
        return bytes(row[0]) if row else None

    def list_pictures(self) -> dict[str, tuple[str, ...]]:
        """The names of the evidence pictures of footage, by its digest; the custody log says which there are."""
        pictures: dict[str, tuple[str, ...]] = {}
        query = "SELECT body FROM custody WHERE kind = ? AND instr(body, ?) ORDER BY number"
        for (body,) in self.connection.execute(query, (Kind.STORED.value, '"pictures":{')):
            pictures |= {digest: tuple(names) for digest, names in json.loads(body)["pictures"].items()}
        return {digest: names for digest, names in pictures.items() if names}

    def vacuum(self) -> None:
        """Give unused room back to the disk."""
        try:
            self.connection.execute("VACUUM")
        except sqlite3.Error as error:
            raise describe(self._shown, error) from error

    def claim(self) -> None:
        """Become the one process that writes; raises `UsageError` where another one does."""
        with self.transaction():
            row = self.connection.execute("SELECT process, expires_at FROM writer").fetchone()
            if row is not None and is_alive(row[0], row[1]):
                raise UsageError(
                    f"{self._shown}: process {escape_controls(row[0].split('/')[1])} is writing to this case; wait for it, "
                    "stop it, or look at what is there with `geoverify case status`"
                )
            self.connection.execute("DELETE FROM writer")
            self.connection.execute("INSERT INTO writer VALUES (?, ?)", (name_process(os.getpid()), time.time() + WRITER_LEASE_S))

    def release(self) -> None:
        """Let others write, and put everything into the one file, as far as the disk lets it: a dead writer is known as such."""
        with suppress(sqlite3.Error, UsageError):
            with self.transaction():
                self.connection.execute("DELETE FROM writer")
            self.connection.execute("PRAGMA wal_checkpoint(PASSIVE)")


@contextmanager
def open_case(path: Path | None) -> Iterator[Case]:
    """Open a case for writing, or one that is gone afterwards where no path is given."""
    if path is None:
        with hold_folder(RUN_PREFIX) as folder, open_case_file(folder / "run.gvcase", is_lasting=False) as case:
            yield case
        return
    with open_case_file(path, is_lasting=True) as case:
        yield case


@contextmanager
def open_case_file(path: Path, *, is_lasting: bool) -> Iterator[Case]:
    """Open or create one case file and be its only writer meanwhile."""
    shown = escape_controls(str(path))
    case = Case(connect(path, is_lasting=is_lasting), shown)
    try:
        case.claim()
        try:
            yield case
        except sqlite3.Error as error:
            raise describe(shown, error) from error
        finally:
            case.release()
    finally:
        case.connection.close()


@contextmanager
def look_at_case(path: Path, *, takes_older: bool = True) -> Iterator[Case]:
    """Open an existing case without changing it, also while another process writes.

    One of an older version is copied and the copy brought up to date, unless `takes_older` is false: then it raises `UsageError`.
    """
    shown = escape_controls(str(path))
    with ExitStack() as stack:
        connection = stack.enter_context(closing(connect_readonly(path, takes_older=takes_older)))
        try:
            if not is_current(connection):
                folder = stack.enter_context(hold_folder(RUN_PREFIX))
                connection = stack.enter_context(closing(copy_updated(connection, folder / "older.gvcase")))
            yield Case(connection, shown)
        except sqlite3.Error as error:
            raise describe(shown, error) from error


def update_case(path: Path) -> None:
    """Bring a case of an older version up to date; raises `UsageError` while a process of that version writes to it."""
    with closing(connect_readonly(path, takes_older=True)) as connection:
        is_older = not is_current(connection)
    if is_older:
        with open_case(path):
            pass


def key_of(path: Path) -> bytes:
    """The bytes by which a path is known in a case, whatever folder the program was called from; of a URL, the URL."""
    if is_remote(path):
        return show_remote(path).encode("utf-8", "surrogateescape")
    return os.fsencode(os.path.abspath(path))  # noqa: PTH100 - links are not followed


def list_files(case: Case) -> Iterator[tuple[Path, str | None, str, str]]:
    """Yield path, digest, verdict and problem codes of every file in a case, in the order of the paths."""
    for path, digest, verdict, problems in case.connection.execute(
        "SELECT path, digest, verdict, problems FROM file ORDER BY path"
    ):
        yield Path(os.fsdecode(path)), digest, verdict or "", problems or ""


def list_known_paths(path: Path) -> Iterator[Path]:
    """Yield every file that a case knows, also one of an older version, which has still to be brought up to date."""
    with closing(connect_readonly(path, takes_older=True)) as connection:
        has_files = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'file'").fetchone()
        for (key,) in connection.execute("SELECT path FROM file") if has_files else ():
            yield Path(os.fsdecode(key))


class _Registers(Struct):
    registers: tuple[RegisterInfo, ...]


def list_registers(case: Case) -> list[RegisterInfo]:
    """Every edition of a register that any report of a case names; none where it has no report that can be read."""
    found: dict[str, RegisterInfo] = {}
    # The basis of a report covers its registers: one stands for all that were weighed alike.
    for (path,) in case.connection.execute("SELECT min(path) FROM file WHERE is_reported GROUP BY basis").fetchall():
        with suppress(DamagedError, msgspec.MsgspecError):
            encoded = case.read_encoded(Path(os.fsdecode(path)))
            if encoded is not None:
                found |= {info.digest.hex: info for info in msgspec.json.decode(encoded, type=_Registers).registers}
    return list(found.values())


def forget(case: Case, paths: Iterable[Path]) -> int:
    """Have files that were given up read again by the next run; returns how many there are."""
    count = 0
    with case.transaction():
        for path in paths:
            row = case.connection.execute("SELECT digest FROM file WHERE path = ?", (key_of(path),)).fetchone()
            if row is not None:
                case.connection.execute("DELETE FROM content WHERE digest = ?", (row[0],))
                case.connection.execute(
                    "UPDATE document SET report = NULL WHERE path IN (SELECT path FROM file WHERE path = ? OR digest = ?)",
                    (key_of(path), row[0]),
                )
                case.connection.execute("UPDATE file SET is_reported = 0 WHERE path = ? OR digest = ?", (key_of(path), row[0]))
                drop_facts(case.connection, key_of(path), row[0])
                append(case.connection, Kind.RETRIED, {"path_hex": key_of(path).hex(), "sha256": row[0]})
                count += 1
    return count


def digest_parts(*parts: bytes) -> str:
    """SHA-256 of some stored parts in a row, each behind its length, as the custody log keeps it."""
    return hashlib.sha256(b"".join(b"%d:%b" % (len(part), part) for part in parts)).hexdigest()
