"""A case as a BagIt folder (RFC 8493) that opens elsewhere: the store, its reports and log as JSON, registers, media copies."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from geoverify import __version__
from geoverify.case.checking import latest_acquisitions
from geoverify.case.custody import Kind, append, read_entries
from geoverify.case.packing import Packer
from geoverify.case.schema import connect
from geoverify.case.store import Case
from geoverify.errors import UsageError
from geoverify.media import open_regular
from geoverify.text import escape_controls, escape_json

STORE_NAME = "case.gvcase"
REPORTS_NAME, LOG_NAME = "reports.jsonl", "custody.jsonl"


def export_bundle(case: Case, folder: Path, registers: Sequence[Path], *, with_media: bool) -> list[str]:
    """Write a case into a new folder and return a line for each medium that could not be copied.

    Raises `UsageError` where the folder is there already or cannot be written.
    """
    import bagit

    shown = escape_controls(str(folder))
    try:
        folder.mkdir(mode=0o700)
        _copy_store(case.connection, folder / STORE_NAME)
        _write_reports(case.connection, folder / REPORTS_NAME)
        _write_log(case.connection, folder / LOG_NAME)
        (folder / "registers").mkdir()
        for register in registers:
            shutil.copyfile(register, folder / "registers" / register.name)
        left_out = list(_copy_media(case.connection, folder / "media")) if with_media else []
        bagit.make_bag(str(folder), {"Bag-Software-Agent": f"geoverify {__version__}"}, checksums=["sha256", "sha512"])
    except FileExistsError as error:
        raise UsageError(f"{shown}: is there already; name a folder that is not") from error
    except (OSError, bagit.BagError) as error:
        raise UsageError(f"{shown}: the bundle cannot be written ({error}); make room or choose another place") from error
    return left_out


def import_bundle(folder: Path, target: Path) -> None:
    """Check a bundle and make its case into a file of its own; raises `UsageError` for a bundle that is not whole."""
    import bagit

    shown = escape_controls(str(folder))
    try:
        bag = bagit.Bag(str(folder))
        # Manifests are hostile too: a path out of the folder is refused by the library.
        bag.validate()
    except (bagit.BagError, OSError, ValueError) as error:
        raise UsageError(f"{shown}: is no whole bundle ({escape_controls(str(error))}); ask for it again") from error
    store = folder / "data" / STORE_NAME
    try:
        with open_regular(store) as (fd, _), target.open("xb") as out, os.fdopen(os.dup(fd), "rb") as file:
            target.chmod(0o600)
            shutil.copyfileobj(file, out)
    except FileExistsError as error:
        raise UsageError(f"{escape_controls(str(target))}: is there already; name a file that is not") from error
    connection = connect(target)
    try:
        connection.execute("BEGIN IMMEDIATE")
        append(connection, Kind.IMPORTED, {"bundle": folder.name, "geoverify": __version__})
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


def _copy_store(connection: sqlite3.Connection, target: Path) -> None:
    copy = sqlite3.connect(target)
    try:
        connection.backup(copy)
        # Overwritten, not only unlinked: whoever had the secret could undo the pseudonyms of shared copies.
        copy.execute("PRAGMA secure_delete = ON")
        copy.execute("DELETE FROM secret")
        copy.execute("DELETE FROM writer")
        copy.commit()
        copy.execute("PRAGMA journal_mode = DELETE")
    finally:
        copy.close()


def _write_reports(connection: sqlite3.Connection, target: Path) -> None:
    with target.open("wb") as out:
        unpack = Packer(connection).unpack
        for (report,) in connection.execute("SELECT report FROM document WHERE report IS NOT NULL ORDER BY path"):
            out.write(escape_json(unpack(report)) + b"\n")


def _write_log(connection: sqlite3.Connection, target: Path) -> None:
    with target.open("wb") as out:
        for entry in read_entries(connection):
            out.write(escape_json(msgspec.json.encode(entry)) + b"\n")


def _copy_media(connection: sqlite3.Connection, folder: Path) -> Iterator[str]:
    """Copy each file once, by its digest; names of files need not be names elsewhere."""
    folder.mkdir()
    names: dict[str, list[str]] = {}
    for path_hex, body in latest_acquisitions(connection).items():
        path = Path(os.fsdecode(bytes.fromhex(path_hex)))
        digests = body["digests"]
        assert isinstance(digests, dict)
        digest = str(digests["sha256"])
        names.setdefault(digest, []).append(escape_controls(os.fspath(path)))
        target = folder / digest
        if target.exists():
            continue
        try:
            with open_regular(path) as (fd, _), os.fdopen(os.dup(fd), "rb") as file, target.open("xb") as out:
                shutil.copyfileobj(file, out)
        except Exception as error:
            target.unlink(missing_ok=True)
            yield f"{escape_controls(os.fspath(path))}: not copied ({error})"
    (folder / "names.json").write_text(json.dumps(names, indent=1, sort_keys=True))
