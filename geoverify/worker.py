"""The child process that decodes untrusted bytes: one task a line on stdin, one report a line on stdout."""

from __future__ import annotations

import datetime as dt
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from geoverify.errors import UsageError
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
    """Any further line: one file, its path as the hexadecimal of its bytes, since paths need not be text."""

    path_hex: str


class Ready(msgspec.Struct, frozen=True, kw_only=True, tag="ready"):
    """The answer to a job: the register is loaded."""


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag="refused"):
    """The answer to a job whose register or track log cannot be used."""

    message: str


class Done(msgspec.Struct, frozen=True, kw_only=True, tag="done"):
    """The answer to a task."""

    report: Report


Answer = Ready | Refused | Done


def main() -> None:
    """Serve one job until stdin closes."""
    answers = _claim_stdout()
    lines = sys.stdin.buffer
    job = msgspec.json.decode(lines.readline(), type=Job)
    _limit_resources(job.settings)
    # Imported after the limits are set, so that they hold for every decoder.
    from geoverify.verify import verify_file

    try:
        kit = prepare_kit(job)
    except UsageError as error:
        _answer(answers, Refused(message=str(error)))
        return
    _answer(answers, Ready())
    for line in lines:
        task = msgspec.json.decode(line, type=Task)
        path = Path(os.fsdecode(bytes.fromhex(task.path_hex)))
        _answer(answers, Done(report=verify_file(path, kit, job.examined_at)))


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


def _claim_stdout() -> BinaryIO:
    """Keep the real stdout for answers and send whatever libraries print there to nowhere."""
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    return answers


def _limit_resources(settings: Settings) -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limits
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (settings.worker_memory_bytes, settings.worker_memory_bytes))


def _answer(answers: BinaryIO, answer: Answer) -> None:
    answers.write(msgspec.json.encode(answer) + b"\n")


if __name__ == "__main__":
    main()
