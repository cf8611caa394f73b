"""The child process that decodes untrusted bytes: one task a line on stdin, one report a line on stdout."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from geoverify.isolation.child import Handler, serve
from geoverify.model import Problem
from geoverify.results import Report
from geoverify.settings import Settings

if TYPE_CHECKING:
    from geoverify.verify import Kit


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """The first line: what all tasks are matched with."""

    registers: list[str]
    settings: Settings
    examined_at: dt.datetime
    sidecars: list[str] = []
    tracks: list[str] = []
    clock_offset_s: float | None = None


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """Any further line: one file, its path as the hexadecimal of its bytes, since paths need not be text.

    With a `failure` the file is not read again: only its bytes are digested for the report that says so.
    """

    path_hex: str
    failure: Problem | None = None


class Done(msgspec.Struct, frozen=True, kw_only=True, tag="done"):
    """The answer to a task."""

    report: Report


def main() -> None:
    """Serve one job until stdin closes."""
    serve(_prepare)


def _prepare(greeting: bytes) -> Handler:
    job = msgspec.json.decode(greeting, type=Job)
    # Imported here, behind the walls.
    from geoverify.verify import report_unread, verify_file

    kit = prepare_kit(job)

    def handle(line: bytes) -> bytes:
        task = msgspec.json.decode(line, type=Task)
        path = Path(os.fsdecode(bytes.fromhex(task.path_hex)))
        if task.failure is None:
            report = verify_file(path, kit, job.examined_at)
        else:
            report = report_unread(path, task.failure, kit, job.examined_at)
        return msgspec.json.encode(Done(report=report))

    return handle


def prepare_kit(job: Job) -> Kit:
    """Load what a job names; raises `UsageError` for a register or track log that cannot be used."""
    from geoverify.register.load import load_registers
    from geoverify.tracklogs import load_track_log
    from geoverify.tracklogs.geotag import Geotagger
    from geoverify.verify import make_kit

    register = load_registers([Path(path) for path in job.registers])
    logs = [load_track_log(Path(path)) for path in job.tracks]
    geotaggers = [Geotagger(log, job.settings, job.clock_offset_s) for log in logs]
    return make_kit(register, job.settings, [Path(path) for path in job.sidecars], geotaggers)


if __name__ == "__main__":
    main()
