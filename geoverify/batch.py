"""Many files: discover them, have each decoded by a guarded worker, and give back one report for each, in order."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from functools import cached_property
from pathlib import Path

import msgspec

from geoverify.errors import UsageError
from geoverify.isolation.pool import WorkerPool
from geoverify.isolation.wire import Cause, Limits, Lost, Outcome, WorkerSpec
from geoverify.media import display_path
from geoverify.model import Problem
from geoverify.results import Report
from geoverify.settings import Settings
from geoverify.text import escape_controls
from geoverify.verify import Kit, reading_of_unopened
from geoverify.vision.pictures import are_pictures
from geoverify.worker import Done, Job, Task, prepare_kit, weigh

WORKER_MODULE = "geoverify.worker"
# Reports come in order: behind a file that takes its time this many wait, and no more, nor more bytes of them. A report has some
# tens of kilobytes, its evidence pictures have up to megabytes.
QUEUE_PER_WORKER, MAX_WAITING_BYTES = 256, 256 << 20
_CODES = {
    Cause.CRASHED: "decoder-crashed",
    Cause.OUT_OF_MEMORY: "memory-limit",
    Cause.CPU_TIME: "time-limit",
    Cause.STALLED: "time-limit",
}


def discover_files(paths: Sequence[Path]) -> list[Path]:
    """Return every file under the given paths once, in a stable order; links and special files are listed, never followed.

    Raises `UsageError` for a path that does not exist.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        if not os.path.lexists(path):
            raise UsageError(f"{escape_controls(str(path))}: no such file or folder; check the spelling")
        for file in _walk(path) if path.is_dir() else [path]:
            found.setdefault(file.parent.resolve() / file.name, file)
    return list(found.values())


def _walk(folder: Path) -> Iterator[Path]:
    closed: list[Path] = []
    for parent, folders, files in os.walk(folder, onerror=lambda error: closed.append(Path(error.filename))):
        folders.sort()
        links = [name for name in folders if Path(parent, name).is_symlink()]
        for name in sorted([*files, *links]):
            yield Path(parent, name)
    # A folder that may not be listed is a row of its own, since nobody knows how many files it hides.
    yield from closed


def verify_batch(paths: Sequence[Path], job: Job, jobs: int) -> Iterator[Report]:
    """Yield one report for each path, in the order of the paths; a file that kills or stalls its worker is a row too."""
    tasks = ((path, make_task(path)) for path in paths)
    for _, done in answer_tasks(tasks, paths, job, jobs):
        yield msgspec.json.decode(done.report, type=Report)


def answer_tasks(tasks: Iterable[tuple[Path, Task]], paths: Sequence[Path], job: Job, jobs: int) -> Iterator[tuple[Path, Done]]:
    """Yield each task's path with what became of it, in their order; `paths` are all files that the workers may see."""
    waiting: deque[tuple[Path, Future[Outcome]]] = deque()
    with WorkerPool(describe_worker(paths, job), max(1, min(jobs, len(paths)))) as pool:
        desk = _Desk(job, pool)
        for path, task in tasks:
            waiting.append((path, desk.give_out(task)))
            while waiting and (len(waiting) >= QUEUE_PER_WORKER * jobs or desk.is_full or waiting[0][1].done()):
                yield desk.open(*waiting.popleft())
        while waiting:
            yield desk.open(*waiting.popleft())


def make_task(path: Path, failure: Problem | None = None) -> Task:
    """The task of reading one file anew, or of saying how it failed."""
    return Task(path_hex=os.fsencode(path).hex(), failure=failure)


def describe_worker(paths: Sequence[Path], job: Job) -> WorkerSpec:
    """What a worker is started with: the job, its limits, and what it may read of the files' folders and beside them."""
    # Beside an index lie its photographs, which evidence pictures show.
    given = [*map(Path, (*job.registers, *job.sidecars, *job.tracks)), *(Path(path).parent for path in job.references)]
    given += [Path(job.model.path)] if job.model is not None else []
    readable = {*_list_folders(paths), *(path.resolve() for path in given)}
    return WorkerSpec(
        module=WORKER_MODULE,
        greeting=msgspec.json.encode(job),
        limits=limits_of(job.settings),
        readable=tuple(sorted(os.fsencode(path) for path in readable)),
    )


def limits_of(settings: Settings) -> Limits:
    """The limits of a worker."""
    return Limits(
        memory_bytes=settings.worker_memory_bytes,
        task_time_s=settings.file_time_limit_s,
        written_file_bytes=settings.worker_written_bytes,
        open_files=settings.worker_open_files,
        tries=settings.file_tries,
    )


def _list_folders(paths: Sequence[Path]) -> Iterator[Path]:
    """The folders of the files, without those inside another of them, and the listings above them."""
    from geoverify.sidecars import list_listings

    named = {path.parent for path in paths}
    resolved = {folder: folder.resolve() for folder in named}
    folders = {*resolved.values()}
    tops = {folder for folder in folders if folders.isdisjoint(folder.parents)}
    yield from tops
    for folder in named:
        if resolved[folder] in tops:
            # Readers look above the folder as it was named.
            yield from (listing.parent.resolve() / listing.name for listing in list_listings(folder))


def _size_of(future: Future[Outcome]) -> int:
    if future.cancelled() or future.exception() is not None:
        return 0
    outcome = future.result()
    return 0 if isinstance(outcome, Lost) else len(outcome)


class _Desk:
    """Turns what became of a task into an answer."""

    def __init__(self, job: Job, pool: WorkerPool) -> None:
        self._job = job
        self._pool = pool
        self._lock = threading.Lock()
        self._waiting_bytes = 0

    @property
    def is_full(self) -> bool:
        return self._waiting_bytes > MAX_WAITING_BYTES

    def give_out(self, task: Task) -> Future[Outcome]:
        future = self._pool.submit(msgspec.json.encode(task))
        future.add_done_callback(lambda done: self._count(_size_of(done)))
        return future

    def _count(self, size_bytes: int) -> None:
        with self._lock:
            self._waiting_bytes += size_bytes

    def open(self, path: Path, future: Future[Outcome]) -> tuple[Path, Done]:
        answer = self._open_answer(path, future.result())
        self._count(-_size_of(future))
        if isinstance(answer, Done):
            return path, answer
        # A worker, not this process, finds out which bytes the row is about: even reading them may stand still.
        again = self._open_answer(path, self._pool.submit(msgspec.json.encode(make_task(path, answer))).result())
        if isinstance(again, Done):
            return path, again
        return path, weigh(reading_of_unopened(path, answer), self._kit, self._job.examined_at)

    def _open_answer(self, path: Path, outcome: Outcome) -> Done | Problem:
        if isinstance(outcome, Lost):
            return self._describe(outcome)
        try:
            done = msgspec.json.decode(outcome, type=Done)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            done = None
        named = None if done is None else (done.media.path, done.media.path_bytes_hex)
        if done is None or named != display_path(path) or not are_pictures(done.pictures):
            return self._describe(Lost(cause=Cause.CRASHED, detail="the worker's answer is no report of this file", tries=1))
        return done

    def _describe(self, lost: Lost) -> Problem:
        settings = self._job.settings
        tried = f"{lost.detail}; tried {lost.tries}×" if lost.tries > 1 else lost.detail
        if lost.cause is Cause.OUT_OF_MEMORY:
            message = f"reading takes over {settings.worker_memory_bytes >> 20} MiB of memory ({tried}); look at the file by hand"
        elif lost.cause is Cause.CRASHED:
            message = (
                f"the file makes a decoder crash ({tried}); treat it as hostile or damaged, and do not open it on this machine"
            )
        else:
            what = f"reading took longer than {settings.file_time_limit_s:g} s and was stopped ({tried})"
            message = f"{what}; look at it by hand, or match it with a larger --time-limit"
        return Problem(code=_CODES[lost.cause], message=message, where="batch")

    @cached_property
    def _kit(self) -> Kit:
        return prepare_kit(self._job)
