"""Folders of small footage, and runs of the program over them in processes of their own."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec

from builders.jpeg import build_jpeg, insert_exif_jpeg
from builders.tiff import build_exif, gps_tags
from geoverify.case.packing import Packer
from geoverify.case.store import Need, open_case
from geoverify.casework import make_result
from geoverify.facts import facts_of
from geoverify.media import FileStamp
from geoverify.results import Report
from geoverify.worker import Done

ROOT = Path(__file__).resolve().parents[2]
INSIDE = (9.6, 101.9)


def photo(number: int) -> bytes:
    """A JPEG with a position and bytes of its own."""
    data = insert_exif_jpeg(build_jpeg(), build_exif(gps=gps_tags(INSIDE[0] + number * 1e-6, INSIDE[1], error_m=5.0)))
    return data + number.to_bytes(4)


def fill(folder: Path, count: int) -> list[Path]:
    """So many photos in a new folder."""
    folder.mkdir(parents=True)
    paths = [folder / f"IMG_{number:05d}.jpg" for number in range(count)]
    for number, path in enumerate(paths):
        path.write_bytes(photo(number))
    return paths


def keep_reports(
    case_file: Path, reports: Mapping[Path, Report], readings: Mapping[str, bytes] = MappingProxyType({"": b"{}"})
) -> None:
    """A case that holds these reports, each under its path, as if runs had made them that read the bytes in these ways."""
    nothing = msgspec.Raw(b"{}")
    with open_case(case_file) as case:
        for path, report in reports.items():
            need = Need(
                path=path, stamp=FileStamp(0, 0, 0, 0, 0), digest=report.media.digest, reading="", surroundings="", basis="built"
            )
            done = Done(
                media=report.media,
                content=nothing,
                around=nothing,
                sidecars=msgspec.Raw(b"[]"),
                report=msgspec.Raw(msgspec.json.encode(report)),
                verdict=report.verdict.kind.value,
                problem_codes=(),
                facts=facts_of(report),
            )
            replace = msgspec.structs.replace
            case.keep(
                [
                    make_result(replace(need, reading=reading), replace(done, content=msgspec.Raw(content)), {})
                    for reading, content in readings.items()
                ],
                {},
            )


def command(*args: str | Path) -> list[str]:
    """The program with arguments, as a command of the shell."""
    return [sys.executable, "-m", "geoverify", *map(os.fspath, args)]


def start(*args: str | Path) -> subprocess.Popen[bytes]:
    """Start the program in a process group of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    return subprocess.Popen(command(*args), stdout=pipe, stderr=pipe, env=environment, start_new_session=True)


def age(path: Path) -> None:
    """Make a case into one of the second version: wide rows, nothing packed, no facts."""
    connection = sqlite3.connect(path)
    unpack = Packer(connection).unpack
    connection.create_function("unpacked", 1, lambda part: None if part is None else unpack(part))
    files = connection.execute(
        "SELECT path, stamp, size_bytes, digest, reading, surroundings, basis, unpacked(media), unpacked(around), "
        "unpacked(sidecars), unpacked(report), verdict, problems FROM file JOIN document USING (path)"
    ).fetchall()
    contents = connection.execute("SELECT digest, reading, unpacked(findings), is_quarantined FROM content").fetchall()
    for table in ("file", "document", "content", "sample", "fact", "secret"):
        connection.execute(f"DROP TABLE {table}")
    connection.execute("DROP INDEX custody_decided")
    connection.execute(
        "CREATE TABLE content (digest TEXT NOT NULL, reading TEXT NOT NULL, findings BLOB NOT NULL, "
        "is_quarantined INTEGER NOT NULL, PRIMARY KEY (digest, reading)) WITHOUT ROWID"
    )
    connection.execute(
        "CREATE TABLE file (path BLOB PRIMARY KEY, stamp TEXT, size_bytes INTEGER, digest TEXT, reading TEXT, surroundings TEXT, "
        "basis TEXT, media BLOB, around BLOB, sidecars BLOB, report BLOB, verdict TEXT, problems TEXT) WITHOUT ROWID"
    )
    connection.execute("CREATE INDEX file_by_size ON file (size_bytes)")
    connection.execute("CREATE INDEX file_by_digest ON file (digest)")
    connection.executemany(f"INSERT INTO file VALUES ({', '.join('?' * 13)})", files)
    connection.executemany("INSERT INTO content VALUES (?, ?, ?, ?)", contents)
    connection.execute("PRAGMA user_version = 2")
    connection.commit()
    connection.close()
