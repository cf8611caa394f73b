"""The tables of a case, their versions, and the way from an older version to the newest."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from geoverify.case.facts import fill_facts
from geoverify.case.writers import is_alive
from geoverify.errors import UsageError
from geoverify.text import escape_controls

# "gvcs" as SQLite's application id, so that another program's database is told from a case.
APPLICATION_ID = 0x67766373
# The log alone says what was done; nothing may change it afterwards, not even this program.
_APPEND_ONLY = """
CREATE TRIGGER custody_keeps_{verb} BEFORE {verb} ON custody
BEGIN SELECT RAISE(ABORT, 'the custody log is append-only'); END;
"""
MIGRATIONS = (
    """
    CREATE TABLE content (
        digest TEXT NOT NULL, reading TEXT NOT NULL, findings BLOB NOT NULL, is_quarantined INTEGER NOT NULL,
        PRIMARY KEY (digest, reading)
    ) WITHOUT ROWID;
    CREATE TABLE file (
        path BLOB PRIMARY KEY, stamp TEXT, size_bytes INTEGER, digest TEXT, reading TEXT, surroundings TEXT, basis TEXT,
        media BLOB, around BLOB, sidecars BLOB, report BLOB, verdict TEXT, problems TEXT
    ) WITHOUT ROWID;
    CREATE TABLE custody (
        number INTEGER PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL, digest TEXT NOT NULL
    );
    CREATE TABLE writer (process TEXT NOT NULL, expires_at REAL NOT NULL);
    """
    + _APPEND_ONLY.format(verb="UPDATE")
    + _APPEND_ONLY.format(verb="DELETE"),
    # Copies are found by their size first, then by their digest.
    """
    CREATE INDEX file_by_size ON file (size_bytes);
    CREATE INDEX file_by_digest ON file (digest);
    """,
    # What a case is counted by: drawn from the reports, whose own pages are ten times as many. Filled from those that are there.
    """
    CREATE TABLE fact (
        path BLOB PRIMARY KEY, digest TEXT, verdict TEXT NOT NULL, site_codes TEXT NOT NULL, editions TEXT NOT NULL,
        is_footage INTEGER NOT NULL,
        filmed_from INTEGER, filmed_to INTEGER, filmed_day TEXT, filmed_clock TEXT, filmed_zone TEXT, filmed_shown TEXT,
        is_disputed INTEGER NOT NULL, posted_from INTEGER, posted_to INTEGER, posted_day TEXT, posted_shown TEXT,
        source TEXT, post TEXT, lat_deg REAL, lon_deg REAL, error_radius_m REAL
    ) WITHOUT ROWID;
    CREATE INDEX custody_decided ON custody (number) WHERE kind = 'decided';
    """,
    # What pseudonyms in shared copies are made with; it never leaves the case, not even in a bundle.
    """
    CREATE TABLE secret (value BLOB NOT NULL);
    """,
    # What is wide lies apart, packed and in the order in which it came: a search for a file does not walk over reports, and new
    # rows are written behind the others, not among them.
    """
    CREATE TABLE sample (likeness TEXT PRIMARY KEY, name BLOB NOT NULL, text BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE document (path BLOB NOT NULL UNIQUE, media BLOB, around BLOB, sidecars BLOB, report BLOB);
    INSERT INTO document (path, media, around, sidecars, report) SELECT path, media, around, sidecars, report FROM file;
    CREATE TABLE narrow_file (
        path BLOB PRIMARY KEY, stamp TEXT, size_bytes INTEGER, digest TEXT, reading TEXT, surroundings TEXT, basis TEXT,
        verdict TEXT, problems TEXT, is_reported INTEGER NOT NULL
    ) WITHOUT ROWID;
    INSERT INTO narrow_file
        SELECT path, stamp, size_bytes, digest, reading, surroundings, basis, verdict, problems, report IS NOT NULL FROM file;
    DROP TABLE file;
    ALTER TABLE narrow_file RENAME TO file;
    CREATE INDEX file_by_size ON file (size_bytes);
    CREATE INDEX file_by_digest ON file (digest);
    CREATE TABLE findings_of (
        digest TEXT NOT NULL, reading TEXT NOT NULL, findings BLOB NOT NULL, is_quarantined INTEGER NOT NULL
    );
    INSERT INTO findings_of SELECT digest, reading, findings, is_quarantined FROM content;
    DROP TABLE content;
    ALTER TABLE findings_of RENAME TO content;
    CREATE INDEX content_by_digest ON content (digest);
    """,
)
# The version from which on a case has the table of facts; an older one gets them from its reports.
_FIRST_WITH_FACTS = 3
BUSY_TIMEOUT_MS = 10_000
# Digests come in no order, so that each new file touches a page of its own of their indexes: those of some hundred thousand files
# stay in memory, and are written together.
_CACHE_KIB, _CHECKPOINT_PAGES = 64 << 10, 8192


def connect(path: Path, *, is_lasting: bool = True) -> sqlite3.Connection:
    """Open or create the database of a case and bring its tables to the newest version.

    What is committed has reached the disk, unless the case is not to last. Raises `UsageError` for a file that is no case, is a
    newer version's or is damaged.
    """
    shown = escape_controls(str(path))
    _create_private(path)
    connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_TIMEOUT_MS / 1000)
    try:
        _check_header(connection, shown)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {'FULL' if is_lasting else 'OFF'}")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        _migrate(connection, shown)
    except (sqlite3.DatabaseError, UsageError) as error:
        connection.close()
        if isinstance(error, UsageError):
            raise
        raise describe(shown, error) from error
    return connection


def connect_readonly(path: Path, *, takes_older: bool = False) -> sqlite3.Connection:
    """Open an existing case to look at it, also while another process writes; raises `UsageError` as `connect` does."""
    shown = escape_controls(str(path))
    if not path.is_file():
        raise UsageError(f"{shown}: no such case; give the file that was named with match --case")
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
    try:
        _check_header(connection, shown)
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        if application != APPLICATION_ID:
            raise UsageError(f"{shown}: no geoverify case; give the file that was named with match --case")
        if not takes_older and not is_current(connection):
            raise UsageError(f"{shown}: a case of another version; run match --case on it with this version first")
    except (sqlite3.DatabaseError, UnicodeDecodeError, UsageError) as error:
        connection.close()
        if isinstance(error, UsageError):
            raise
        # What the library says of a damaged case can itself be damaged.
        raise describe(shown, error if isinstance(error, sqlite3.Error) else sqlite3.DatabaseError("not text")) from error
    return connection


def is_current(connection: sqlite3.Connection) -> bool:
    """Whether the tables of a case are those of this version."""
    return _version(connection) == len(MIGRATIONS)


def copy_updated(connection: sqlite3.Connection, path: Path) -> sqlite3.Connection:
    """Copy a case of an older version, whoever writes to it meanwhile, and open the copy with its tables brought up to date.

    What only looks must leave the case as it is: it may be an exhibit, or be needed by the older version once more.
    """
    _create_private(path)
    with closing(sqlite3.connect(path)) as copy:
        connection.backup(copy)
        # Nobody writes to the copy.
        copy.execute("DELETE FROM writer")
        copy.commit()
    updated = connect(path, is_lasting=False)
    updated.execute("PRAGMA query_only = ON")
    return updated


def describe_damage(shown: str, what: str, reason: str) -> str:
    """Say which part of a case cannot be read, and what to do."""
    cure = "look with `geoverify custody verify`; take a whole copy of the case, or have it read again (`geoverify case retry`)"
    return f"{shown}: what it holds of {what} is damaged ({reason}); {cure}"


def describe(shown: str, error: sqlite3.Error) -> UsageError:
    """Say what is wrong with the database of a case, and what to do."""
    if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
        return UsageError(f"{shown}: another process is writing to this case; wait for it, or look with `geoverify case status`")
    if isinstance(error, sqlite3.OperationalError) and "full" in str(error):
        return UsageError(f"{shown}: the disk is full; make room, then run the same command again: what was counted is kept")
    if isinstance(error, sqlite3.OperationalError):
        return UsageError(f"{shown}: cannot be written or read ({error}); check the disk and the permissions, then run it again")
    return UsageError(f"{shown}: is no case or is damaged ({error}); keep it, and run `geoverify custody verify` on a copy")


def _create_private(path: Path) -> None:
    """What a case holds is sensitive: only its owner may read a new one."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        shown = escape_controls(str(path))
        raise UsageError(f"{shown}: cannot be written as a case ({error.strerror}); choose another place") from error


def _check_header(connection: sqlite3.Connection, shown: str) -> None:
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if tables and application != APPLICATION_ID:
        raise UsageError(f"{shown}: a database, but not a geoverify case; name another file")
    if _version(connection) > len(MIGRATIONS):
        raise UsageError(f"{shown}: a case of a newer version of geoverify; update geoverify to use it")


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def _migrate(connection: sqlite3.Connection, shown: str) -> None:
    if _version(connection) == len(MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    # Another process may have done it meanwhile.
    done = _version(connection)
    try:
        if done:
            _refuse_while_written(connection, shown)
        for script in MIGRATIONS[done:]:
            for statement in _split(script):
                connection.execute(statement)
        if done < _FIRST_WITH_FACTS:
            fill_facts(connection)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    except sqlite3.Error as error:
        connection.execute("ROLLBACK")
        raise describe(shown, error) from error
    except UsageError:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _refuse_while_written(connection: sqlite3.Connection, shown: str) -> None:
    """A run of an older version would find its tables gone."""
    for process, expires_at in connection.execute("SELECT * FROM writer"):
        if is_alive(process, expires_at):
            number = escape_controls(process.split("/")[1])
            raise UsageError(f"{shown}: a case of an older version, which process {number} is writing to; wait for it")


def _split(script: str) -> list[str]:
    """The statements of a script; `executescript` would end the transaction."""
    statements, part = [], ""
    for line in script.splitlines(keepends=True):
        part += line
        if sqlite3.complete_statement(part):
            statements.append(part)
            part = ""
    return statements
