"""Many files: discover them, have each decoded by a guarded worker, and give back one report for each, in order."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import cache, cached_property
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec
from msgspec import Raw

from geoverify.errors import MediaError, UsageError
from geoverify.isolation.pool import WorkerPool
from geoverify.isolation.wire import Cause, Limits, Lost, Outcome, WorkerSpec
from geoverify.media import display_path, name_media
from geoverify.model import Problem
from geoverify.remote.catalogue import Catalogue
from geoverify.remote.stage import Stage, open_stage
from geoverify.results import Report
from geoverify.settings import Settings
from geoverify.text import escape_controls
from geoverify.verify import Kit, reading_of_unopened
from geoverify.vision.pictures import are_pictures
from geoverify.worker import Done, Job, Task, is_read, prepare_kit, weigh

WORKER_MODULE = "geoverify.worker"
Answered = TypeVar("Answered", Outcome, Done)
# Reports come in order: behind a file that takes its time this many wait, and no more, nor more bytes of them. A report has some
# tens of kilobytes, its evidence pictures have up to megabytes.
QUEUE_PER_WORKER, MAX_WAITING_BYTES = 256, 256 << 20
_CODES = {
    Cause.CRASHED: "decoder-crashed",
    Cause.OUT_OF_MEMORY: "memory-limit",
    Cause.CPU_TIME: "time-limit",
    Cause.STALLED: "time-limit",
}


_OTHER_BYTES = Lost(cause=Cause.CRASHED, detail="the worker's answer is no report of this file", tries=1)


def discover_files(paths: Sequence[Path]) -> list[Path]:
    """Return every file under the given paths once, in a stable order; links and special files are listed, never followed.

    Raises `UsageError` for a path that does not exist.
    """
    found: dict[tuple[Path, str], Path] = {}
    resolve = cache(Path.resolve)
    for path in paths:
        if not os.path.lexists(path):
            raise UsageError(f"{escape_controls(str(path))}: no such file or folder; check the spelling")
        for file in _walk(path) if path.is_dir() else [path]:
            found.setdefault((resolve(file.parent), file.name), file)
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


def verify_batch(paths: Sequence[Path], job: Job, jobs: int, catalogue: Catalogue | None = None) -> Iterator[Report]:
    """Yield one report for each path, in the order of the paths; a file that kills or stalls its worker is a row too.

    Files from elsewhere are those of the `catalogue`.
    """
    tasks = ((path, make_task(path)) for path in paths)
    for _, done in LocalEngine(jobs, catalogue).answer(tasks, paths, job):
        yield msgspec.json.decode(done.report, type=Report)


class Engine(Protocol):
    """Where the tasks of a run are carried out."""

    def answer(self, tasks: Iterable[tuple[Path, Task]], paths: Sequence[Path], job: Job) -> Generator[tuple[Path, Done] | None]:
        """Yield each task's path with what became of it, in any order; `paths` are all files of the run.

        `None` says that nothing more has come so far, so that what has is better kept before it is waited for the rest.
        """


class LocalEngine:
    """The worker processes of this machine; files from elsewhere are fetched as they are needed."""

    def __init__(self, jobs: int, catalogue: Catalogue | None = None) -> None:
        self._jobs, self._catalogue = jobs, catalogue

    def answer(self, tasks: Iterable[tuple[Path, Task]], paths: Sequence[Path], job: Job) -> Generator[tuple[Path, Done]]:
        """Yield each task's path with what became of it, in the order of the tasks."""
        files = self._catalogue or Catalogue()
        with open_stage(files, job.settings, fetchers=self._jobs) as stage:
            yield from answer_tasks(tasks, paths, job, self._jobs, stage)


def answer_tasks(
    tasks: Iterable[tuple[Path, Task]], paths: Sequence[Path], job: Job, jobs: int, stage: Stage | None = None
) -> Iterator[tuple[Path, Done]]:
    """Yield each task's path with what became of it, in their order; `paths` are all files that the workers may see.

    Files from elsewhere are those of the `stage`.
    """
    waiting: deque[tuple[Path, Future[Outcome] | Future[Done]]] = deque()
    spec = describe_worker([path for path in paths if stage is None or path not in stage], job)
    if stage is not None:
        spec = msgspec.structs.replace(spec, readable=(*spec.readable, os.fsencode(stage.folder)))
    with ExitStack() as stack:
        pool = stack.enter_context(WorkerPool(spec, max(1, min(jobs, len(paths)))))
        desk = _Desk(job, pool)
        # As many files are on the stage as there are children to read them.
        threads = stack.enter_context(_hire_hands(stage, pool, jobs)) if stage is not None else None
        for path, task in tasks:
            if stage is not None and threads is not None and path in stage and not is_read(task):
                waiting.append((path, desk.watch(threads.submit(desk.answer_staged, stage, path, task))))
            else:
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


@contextmanager
def _hire_hands(stage: Stage, pool: WorkerPool, count: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that fetch files and hand them to the children; after an error they are let go at once."""
    with ThreadPoolExecutor(count, thread_name_prefix="stage") as threads:
        try:
            yield threads
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            stage.stop()
            pool.stop()
            raise


def _size_of(future: Future[Outcome] | Future[Done]) -> int:
    if future.cancelled() or future.exception() is not None:
        return 0
    outcome = future.result()
    if isinstance(outcome, Done):
        return len(bytes(outcome.report)) + sum(map(len, outcome.pictures.values()))
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
        return self.watch(self._pool.submit(msgspec.json.encode(task)))

    def watch(self, future: Future[Answered]) -> Future[Answered]:
        """Count the bytes of an answer from when it comes until it is opened."""
        future.add_done_callback(lambda done: self._count(_size_of(done)))
        return future

    def _count(self, size_bytes: int) -> None:
        with self._lock:
            self._waiting_bytes += size_bytes

    def open(self, path: Path, future: Future[Outcome] | Future[Done]) -> tuple[Path, Done]:
        outcome = future.result()
        self._count(-_size_of(future))
        if isinstance(outcome, Done):
            return path, outcome
        answer = self._answer_in_any_case(path, self._open_answer(path, outcome))
        return path, answer if isinstance(answer, Done) else self._weigh_unopened(path, answer)

    def answer_staged(self, stage: Stage, path: Path, task: Task) -> Done:
        """Fetch a file from elsewhere, have it read while it is here, and name it as it is named there."""
        try:
            with stage.hold(path) as held:
                staged = msgspec.structs.replace(task, path_hex=os.fsencode(held.path).hex())
                outcome = self._pool.submit(msgspec.json.encode(staged)).result()
                answer = self._answer_in_any_case(held.path, self._open_answer(held.path, outcome))
                if isinstance(answer, Done) and held.digest and answer.media.digest is not None:
                    answer = answer if answer.media.digest.hex == held.digest else self._describe(_OTHER_BYTES)
        except MediaError as error:
            answer = Problem(code=error.code, message=str(error), where="remote")
        if not isinstance(answer, Done):
            return self._weigh_unopened(path, answer)
        parts = {name: Raw(stage.restore(bytes(getattr(answer, name)))) for name in ("content", "around", "sidecars", "report")}
        return msgspec.structs.replace(answer, media=name_media(answer.media, path), **parts)

    def _answer_in_any_case(self, path: Path, answer: Done | Problem) -> Done | Problem:
        if isinstance(answer, Done):
            return answer
        # A worker, not this process, finds out which bytes the row is about: even reading them may stand still.
        again = self._open_answer(path, self._pool.submit(msgspec.json.encode(make_task(path, answer))).result())
        return again if isinstance(again, Done) else answer

    def _weigh_unopened(self, path: Path, problem: Problem) -> Done:
        return weigh(reading_of_unopened(path, problem), self._kit, self._job.examined_at)

    def _open_answer(self, path: Path, outcome: Outcome) -> Done | Problem:
        if isinstance(outcome, Lost):
            return self._describe(outcome)
        try:
            done = msgspec.json.decode(outcome, type=Done)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            done = None
        named = None if done is None else (done.media.path, done.media.path_bytes_hex)
        if done is None or named != display_path(path) or not are_pictures(done.pictures):
            return self._describe(_OTHER_BYTES)
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
