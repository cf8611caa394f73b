"""Brings a case up to date: which files have to be read, which only weighed anew, and which are done already."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from geoverify.basis import describe_basis, describe_reading, digest_file, digest_texts
from geoverify.batch import Engine, make_task
from geoverify.case.pictures import find_missing
from geoverify.case.store import Case, FileRow, Need, Result, key_of
from geoverify.errors import GeoverifyError, MediaError, UsageError
from geoverify.media import FileStamp, name_media, open_regular
from geoverify.model import Digest
from geoverify.remote.catalogue import Catalogue
from geoverify.results import Report
from geoverify.settings import Settings
from geoverify.sidecars import describe_surroundings
from geoverify.text import escape_controls
from geoverify.vision.pictures import write_picture
from geoverify.worker import Done, Job, Task

DIGEST_THREADS = 2
# Digests of so many files are under way ahead of the one that is looked at.
DIGESTS_AHEAD = 32
# Results are kept when there are so many or the first has waited so long, whichever comes first.
KEEP_COUNT, KEEP_INTERVAL_S = 64, 1.0
# What a worker says of a file that it did not survive.
GIVEN_UP = frozenset({"decoder-crashed", "memory-limit", "time-limit", "worker-lost"})
# What is said of a file that could not be had this time.
UNREACHED = frozenset({"cannot-fetch", "not-on-worker"})


class Step(StrEnum):
    """What a file of a run needed."""

    READ = "read"
    READ_AROUND = "read beside the bytes"
    WEIGHED = "weighed anew"
    KEPT = "kept"


class Finished(NamedTuple):
    """What a file of a run needed, and the verdict that its report has now."""

    step: Step
    verdict: str


class _Looked(NamedTuple):
    """A file at the first look at it; a file comes once in a run, so that what the case knew of it stays so."""

    path: Path
    stamp: FileStamp | None
    known: FileRow | None
    digests: Future[dict[str, str] | None] | None


class Plan(Struct, frozen=True, kw_only=True):
    """How a run treats files: whether an unchanged stamp is enough, further digests for the custody log, and the pictures."""

    trusts_stamps: bool = False
    extra_digests: tuple[str, ...] = ()
    pictures: Path | None = None
    """Where evidence pictures are kept."""


def update_case(
    case: Case, files: Sequence[Path], job: Job, engine: Engine, plan: Plan, catalogue: Catalogue | None = None
) -> Iterator[Finished]:
    """Yield, for each file, what it needed and its verdict, once its report is in the case.

    Files that stay as they were cost only their digest; those of the `catalogue`, which lie elsewhere, not even that.

    Copies are read once: a file that may be a copy of one that is being read waits for it.
    """
    clerk = _Clerk(case, job, plan, catalogue or Catalogue())
    waiting = list(files)
    while waiting:
        later: list[Path] = []
        tasks = clerk.choose(waiting, later)
        yield from clerk.carry_out(tasks, files, engine)
        waiting = later


class _Clerk:
    """Looks at each file, decides what it needs, and has the case keep what comes out."""

    def __init__(self, case: Case, job: Job, plan: Plan, catalogue: Catalogue) -> None:
        self._case, self._job, self._plan, self._catalogue = case, job, plan, catalogue
        self._basis = describe_basis(job)
        self._reading = describe_reading(job)
        # What failed under some limits is worth another try under others.
        self._limited = f"{self._reading}, {job.settings.file_time_limit_s:g} s, {job.settings.worker_memory_bytes} bytes"
        by_hand = (digest_file(Path(path)) for path in (*job.sidecars, *job.tracks))
        self._by_hand = digest_texts([f"{job.clock_offset_s}", *by_hand])
        self._needs: dict[Path, tuple[Need, Step, dict[str, str]]] = {}
        self._kept: deque[Finished] = deque()
        self._stamps: dict[Path, FileStamp] = {}
        # Of bytes that were given out in an earlier pass: what is still not known of them then is not waited for again.
        self._tried: set[str] = set()
        self._pictured = case.list_pictures()
        self._unpictured = find_missing(self._pictured, plan.pictures)

    def choose(self, files: Iterable[Path], later: list[Path]) -> Iterator[tuple[Path, Task]]:
        """Yield the tasks of the files that need one; those that may be copies of a file under way are put off."""
        sizes: set[int] = set()
        digests: set[str] = set()
        for path, stamp, known, looked in self._look(files):
            if stamp is None:
                # What cannot be looked at is a row that says so.
                yield path, make_task(path)
                continue
            digest = None if looked is None else looked.result()
            if looked is None and known is not None and known.stamp == stamp:
                digest = {"sha256": known.digest.hex} if known.digest else None
            elif looked is None and stamp.size_bytes in sizes and path not in self._catalogue:
                later.append(path)
                continue
            if digest is not None and digest["sha256"] in digests:
                later.append(path)
                continue
            task = self._decide(path, stamp, digest, known)
            if task is None:
                continue
            if self._needs[path][1] is Step.READ:
                # Only bytes that are being read are waited for: a copy of what is known does not hold up other copies.
                sizes.add(stamp.size_bytes)
                if digest is not None and digest["sha256"] not in self._tried:
                    digests.add(digest["sha256"])
            yield path, task
        self._tried |= digests

    def _look(self, files: Iterable[Path]) -> Iterator[_Looked]:
        """Yield each file with its stamp, what is known of it and, where it is needed to know the bytes, its digests."""
        ahead: deque[_Looked] = deque()
        algorithms = ("sha256", *self._plan.extra_digests)
        with ThreadPoolExecutor(DIGEST_THREADS, thread_name_prefix="digest") as threads:
            try:
                for path in files:
                    stamp = self._catalogue.stamp_of(path) if path in self._catalogue else _stamp_of(path)
                    known = self._case.find_file(path)
                    wanted = stamp is not None and self._needs_digest(path, stamp, known)
                    future = threads.submit(_digest_media, path, self._job.settings, algorithms) if wanted else None
                    ahead.append(_Looked(path, stamp, known, future))
                    if len(ahead) > DIGESTS_AHEAD:
                        yield ahead.popleft()
                yield from ahead
            finally:
                threads.shutdown(cancel_futures=True)

    def _needs_digest(self, path: Path, stamp: FileStamp, known: FileRow | None) -> bool:
        if path in self._catalogue:
            return False  # it would have to be fetched twice
        if self._plan.extra_digests:
            return True
        if known is None:
            return self._case.has_size(stamp.size_bytes)
        return not (known.stamp == stamp and (self._plan.trusts_stamps or known.digest is None))

    def _decide(self, path: Path, stamp: FileStamp, digests: dict[str, str] | None, known: FileRow | None) -> Task | None:
        """The task of a file, or `None` where its report stands."""
        digest = Digest(algorithm="sha256", hex=digests["sha256"]) if digests else None
        by_hand = [Path(item) for item in self._job.sidecars]
        is_remote = path in self._catalogue
        beside = self._catalogue.describe_surroundings(path) if is_remote else describe_surroundings(path, by_hand)
        need = Need(
            path=path,
            stamp=stamp,
            digest=digest,
            reading=self._reading,
            surroundings=f"{stamp.modified_ns} {self._by_hand} {beside}",
            basis=self._basis,
        )
        task, step = make_task(path), Step.READ
        is_same = known is not None and known.digest == digest and known.reading in (self._reading, self._limited)
        if digest is not None and digest.hex in self._unpictured:
            # Only who sees the footage can draw its pictures again; copies that come later need not.
            self._unpictured.discard(digest.hex)
        elif known is not None and is_same and known.surroundings == need.surroundings and (digest or known.stamp == stamp):
            need = msgspec.structs.replace(need, reading=known.reading)
            if known.stamp != stamp:
                self._stamps[path] = stamp
            if known.basis == need.basis:
                self._kept.append(Finished(Step.KEPT, known.verdict))
                return None
            reading = self._case.find_reading(path)
            if reading is not None:
                task, step = msgspec.structs.replace(task, reading=reading), Step.WEIGHED
        elif digest is not None:
            for reading_key in (self._reading, self._limited):
                content = self._case.find_content(digest, reading_key)
                if content is not None:
                    known_bytes = {"stamp": stamp, "digest": digest, "content": content}
                    task = msgspec.structs.replace(task, known=msgspec.Raw(msgspec.json.encode(known_bytes)))
                    need, step = msgspec.structs.replace(need, reading=reading_key), Step.READ_AROUND
                    break
        self._needs[path] = (need, step, digests or {})
        return task

    def carry_out(self, tasks: Iterator[tuple[Path, Task]], files: Sequence[Path], engine: Engine) -> Iterator[Finished]:
        """Have the workers do the tasks and the case keep what comes out; no worker is started where there is no task."""
        results: list[Result] = []
        steps: list[Finished] = []
        since = 0.0
        first = next(tasks, None)
        if first is not None:
            try:
                with closing(engine.answer(chain((first,), tasks), files, self._job)) as answers:
                    for answer in answers:
                        if answer is not None:
                            self._write_pictures(answer[1])
                            result, step = self._describe(*answer)
                            since = since if results else time.monotonic()
                            results.append(result)
                            steps.append(Finished(step, result.verdict))
                        elif not results:
                            self._case.renew()
                            continue
                        if answer is None or len(results) >= KEEP_COUNT or time.monotonic() - since > KEEP_INTERVAL_S:
                            self._case.keep(results, self._stamps)
                            yield from (*self._take_kept(), *steps)
                            results, steps, self._stamps = [], [], {}
            except (KeyboardInterrupt, GeoverifyError):
                # What came back before it is not lost.
                self._case.keep(results, self._stamps)
                raise
        if results or self._stamps:
            self._case.keep(results, self._stamps)
            self._stamps = {}
        yield from (*self._take_kept(), *steps)

    def _write_pictures(self, done: Done) -> None:
        """Pictures are in their place before the report that names them."""
        folder = self._plan.pictures
        if folder is None:
            return
        try:
            for data in done.pictures.values():
                write_picture(folder, data)
        except OSError as error:
            cure = "make room or choose another folder with --pictures, then run it again"
            raise UsageError(f"{escape_controls(str(folder))}: cannot be written ({error.strerror}); {cure}") from error

    def _take_kept(self) -> list[Finished]:
        taken, self._kept = list(self._kept), deque()
        return taken

    def _describe(self, path: Path, done: Done) -> tuple[Result, Step]:
        media = done.media
        if path in self._needs:
            need, step, digests = self._needs.pop(path)
        else:
            need, step, digests = self._need_of_unseen(path), Step.READ, {}
        if need.digest != media.digest:
            # It was new, or was changed after it was looked at; the stamp is then from before, and the next run looks again.
            need, digests = msgspec.structs.replace(need, digest=media.digest), {}
        pictures = None
        if step is Step.READ and media.digest is not None and (done.pictures or media.digest.hex in self._pictured):
            pictures = tuple(done.pictures)
        is_given_up = _is_given_up(done)
        # What could not be had has no reading: the next run tries again.
        is_unreached = not UNREACHED.isdisjoint(done.problem_codes)
        reading = "" if is_unreached else self._limited if is_given_up else self._reading
        need = msgspec.structs.replace(need, reading=reading)
        acquisition: dict[str, Any] = {
            "path": media.path,
            "path_hex": key_of(path).hex(),
            "size_bytes": media.size_bytes,
            "digests": {**digests, **({"sha256": media.digest.hex} if media.digest else {})},
            "modified_at": dt.datetime.fromtimestamp(need.stamp.modified_ns // 10**9, dt.UTC).isoformat(),
            "source_url": done.source_url,
        }
        return make_result(need, done, acquisition, pictures), step

    def _need_of_unseen(self, path: Path) -> Need:
        nothing = FileStamp(0, 0, 0, 0, 0)
        return Need(path=path, stamp=nothing, digest=None, reading=self._reading, surroundings="", basis=self._basis)


def make_result(need: Need, done: Done, acquisition: Mapping[str, Any], pictures: tuple[str, ...] | None = None) -> Result:
    """What a worker found out, as the case keeps it."""
    return Result(
        need=need,
        media=msgspec.json.encode(done.media),
        content=bytes(done.content),
        around=bytes(done.around),
        sidecars=bytes(done.sidecars),
        report=bytes(done.report),
        verdict=done.verdict,
        problem_codes=done.problem_codes,
        facts=done.facts,
        is_quarantined=_is_given_up(done),
        acquisition=acquisition,
        pictures=pictures,
    )


def _is_given_up(done: Done) -> bool:
    return not GIVEN_UP.isdisjoint(done.problem_codes)


def read_reports(case: Case, files: Iterable[Path]) -> Iterator[Report]:
    """Yield the report of each file that has one, in the order of the files, under the path by which it is called now."""
    for path in files:
        report = case.read_report(path)
        if report is not None:
            media = name_media(report.media, path)
            yield report if media == report.media else msgspec.structs.replace(report, media=media)


def _stamp_of(path: Path) -> FileStamp | None:
    try:
        return FileStamp.of(os.lstat(path))
    except (OSError, ValueError):
        return None


def _digest_media(path: Path, settings: Settings, algorithms: Sequence[str]) -> dict[str, str] | None:
    """The digests of a file that can be opened as footage, `None` for any other."""
    try:
        with open_regular(path, settings.max_file_bytes) as (fd, status), os.fdopen(os.dup(fd), "rb", buffering=0) as file:
            states = [hashlib.new(name.replace("-", "_")) for name in algorithms]
            buffer = bytearray(max(1, min(status.st_size, 1 << 18)))
            view = memoryview(buffer)
            while count := file.readinto(buffer):
                for state in states:
                    state.update(view[:count])
    except (MediaError, OSError):
        return None
    return {name: state.hexdigest() for name, state in zip(algorithms, states, strict=True)}
