"""The child process that decodes untrusted bytes: one task a line on stdin, one report a line on stdout."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from geoverify.facts import Facts, facts_of
from geoverify.isolation.child import Handler, serve
from geoverify.model import MediaFile, Post, Problem
from geoverify.settings import Settings

if TYPE_CHECKING:
    from geoverify.verify import Kit, Reading
    from geoverify.vision.gallery import Gallery
    from geoverify.vision.second_look import SecondLook

T = TypeVar("T")
NOTHING = msgspec.Raw(b"null")


class ModelUse(msgspec.Struct, frozen=True, kw_only=True):
    """A network that the user supplied: which one (`aliked` or `disk`), its ONNX file, and the SHA-256 of that."""

    kind: str
    path: str
    digest: str


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """The first line: what all tasks are matched with."""

    registers: list[str]
    settings: Settings
    examined_at: dt.datetime
    sidecars: list[str] = []
    tracks: list[str] = []
    # The indexes of reference photographs, each with the SHA-256 of its file.
    references: dict[str, str] = {}
    wants_pictures: bool = False
    model: ModelUse | None = None
    clock_offset_s: float | None = None
    reads_words: bool = False
    # Registers that are read from a copy: where that lies, and what reports call it.
    called: dict[str, str] = {}


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """Any further line: one file, its path as the hexadecimal of its bytes, since paths need not be text.

    With a `failure` the file is not read again: only its bytes are digested for the report that says so. What is `known` of the
    bytes is not read again, and with a whole `reading` the file is not even opened, but weighed anew.
    """

    path_hex: str
    failure: Problem | None = None
    known: msgspec.Raw = NOTHING
    reading: msgspec.Raw = NOTHING


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a task; the reading and the report stay as they were encoded, for whoever only stores them."""

    media: MediaFile
    content: msgspec.Raw
    around: msgspec.Raw
    sidecars: msgspec.Raw
    report: msgspec.Raw
    verdict: str
    problem_codes: tuple[str, ...]
    facts: Facts
    source_url: str | None = None
    pictures: dict[str, bytes] = {}


def is_read(task: Task) -> bool:
    """Whether a task brings a whole reading, so that its file is not opened."""
    return bytes(task.reading) != bytes(NOTHING)


def main() -> None:
    """Serve one job until stdin closes."""
    serve(_prepare)


def _prepare(greeting: bytes) -> Handler:
    job = msgspec.json.decode(greeting, type=Job)
    # Imported here, behind the walls.
    from geoverify import verify

    kit = prepare_kit(job)

    def handle(line: bytes) -> bytes:
        task = msgspec.json.decode(line, type=Task)
        path = Path(os.fsdecode(bytes.fromhex(task.path_hex)))
        reading = _decode_optional(task.reading, verify.Reading)
        if reading is None:
            reading = verify.read_file(path, kit, _decode_optional(task.known, verify.Known), task.failure)
        done = weigh(reading, kit, job.examined_at)
        return msgspec.json.encode(msgspec.structs.replace(done, pictures=reading.pictures) if job.wants_pictures else done)

    return handle


def _decode_optional(encoded: msgspec.Raw, kind: type[T]) -> T | None:
    return msgspec.json.decode(encoded, type=kind | None)


def weigh(reading: Reading, kit: Kit, examined_at: dt.datetime) -> Done:
    """Match what was read to the register and encode both."""
    from geoverify.verify import verify_reading

    report = verify_reading(reading, kit, examined_at)
    posts = (item.value for item in report.observations if isinstance(item.value, Post))
    return Done(
        media=reading.media,
        content=msgspec.Raw(msgspec.json.encode(reading.content)),
        around=msgspec.Raw(msgspec.json.encode(reading.around)),
        sidecars=msgspec.Raw(msgspec.json.encode(reading.sidecars)),
        report=msgspec.Raw(msgspec.json.encode(report)),
        verdict=report.verdict.kind.value,
        problem_codes=tuple(problem.code for problem in report.problems),
        facts=facts_of(report),
        source_url=next((post.url for post in posts if post.url), None),
    )


def prepare_kit(job: Job) -> Kit:
    """Load what a job names; raises `UsageError` for a register or track log that cannot be used."""
    from geoverify.register.load import load_registers
    from geoverify.tracklogs import load_track_log
    from geoverify.tracklogs.geotag import Geotagger
    from geoverify.verify import make_kit
    from geoverify.vision.ocr import load_recogniser

    register = load_registers([Path(path) for path in job.registers], job.called)
    logs = [load_track_log(Path(path)) for path in job.tracks]
    geotaggers = [Geotagger(log, job.settings, job.clock_offset_s) for log in logs]
    galleries = [_open_gallery(Path(path), digest) for path, digest in job.references.items()]
    recogniser = load_recogniser() if job.reads_words else None
    sidecars = [Path(path) for path in job.sidecars]
    return make_kit(register, job.settings, sidecars, geotaggers, galleries, _load_model(job), recogniser)


def _load_model(job: Job) -> SecondLook | None:
    from geoverify.errors import UsageError
    from geoverify.vision.learned import LearnedKind, load_detector
    from geoverify.vision.second_look import SecondLook

    if job.model is None:
        return None
    detector = load_detector(LearnedKind(job.model.kind), Path(job.model.path))
    if detector.digest.hex != job.model.digest:
        raise UsageError(f"{job.model.path}: changed since the run began; run it again once it is whole")
    return SecondLook(detector, job.settings)


def _open_gallery(index: Path, digest: str) -> Gallery:
    from geoverify.register.references import PHOTOS_NAME, read_records
    from geoverify.vision.gallery import Gallery
    from geoverify.vision.index import open_index

    records = read_records(index.parent)
    located = (record for record in records if record.lat_deg is not None)
    return Gallery(
        index=open_index(index),
        digest=digest,
        photos=index.parent / PHOTOS_NAME,
        headings_deg={record.digest: record.heading_deg for record in located if record.heading_deg is not None},
        footage={record.digest: record.derived_from.digest for record in records if record.derived_from is not None},
    )


if __name__ == "__main__":
    main()
