"""Many files: discover them, decode each in a guarded worker process, and give back one report for each, in order."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue

import msgspec

from geoverify.errors import MissingToolError, UsageError
from geoverify.model import Problem
from geoverify.results import Report
from geoverify.text import escape_controls
from geoverify.worker import Answer, Done, Job, Refused, Task, prepare_kit

# A loaded machine may start a worker slowly: imports alone can take seconds.
START_LIMIT_S = 120.0


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
    pool = _WorkerPool(job, max(1, min(jobs, len(paths))))
    waiting: deque[Future[Report]] = deque()
    try:
        for path in paths:
            waiting.append(pool.submit(path))
            # A short queue keeps memory flat however many files there are.
            if len(waiting) >= 4 * jobs:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.close()


class _WorkerPool:
    """A few guarded workers, each driven by one thread."""

    def __init__(self, job: Job, size: int) -> None:
        self._workers: list[_Worker] = [_Worker(job) for _ in range(size)]
        self._idle: SimpleQueue[_Worker] = SimpleQueue()
        for worker in self._workers:
            self._idle.put(worker)
        self._threads = ThreadPoolExecutor(size)

    def submit(self, path: Path) -> Future[Report]:
        return self._threads.submit(self._verify, path)

    def _verify(self, path: Path) -> Report:
        worker = self._idle.get()
        try:
            return worker.verify(path)
        finally:
            self._idle.put(worker)

    def close(self) -> None:
        # Killing first makes threads that wait for an answer return at once.
        for worker in self._workers:
            worker.stop()
        self._threads.shutdown(cancel_futures=True)


class _Worker:
    """One child process that is started when needed and again after it died."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False

    def verify(self, path: Path) -> Report:
        limit_s = self._job.settings.file_time_limit_s
        process = self._process or self._start()
        answer = self._ask(process, Task(path_hex=os.fsencode(path).hex()), limit_s)
        if isinstance(answer, Done):
            return answer.report
        return self._report_failure(path, timed_out=answer == "timeout")

    def stop(self) -> None:
        self._stopped = True
        if self._process is not None:
            _kill(self._process)

    def _start(self) -> subprocess.Popen[bytes]:
        root = Path(__file__).resolve().parent.parent
        # -P keeps the current folder, which may hold downloads, off the module path.
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "geoverify.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(root), *_inherited_python_path()])},
        )
        self._process = process
        if self._stopped:
            # The pool was closed while this process began, and looks after none that comes later.
            _kill(process)
        answer = self._ask(process, self._job, START_LIMIT_S)
        if isinstance(answer, Refused):
            raise UsageError(answer.message)
        if isinstance(answer, str):
            raise MissingToolError("the worker process does not start; run `geoverify doctor` to see what is missing")
        return process

    def _ask(self, process: subprocess.Popen[bytes], message: Job | Task, limit_s: float) -> Answer | str:
        """Return the answer, or "timeout" or "crash" once the process is gone."""
        assert process.stdin is not None and process.stdout is not None
        expired = threading.Event()

        def expire() -> None:
            expired.set()
            _kill(process)

        timer = threading.Timer(limit_s, expire)
        timer.daemon = True
        timer.start()
        try:
            process.stdin.write(msgspec.json.encode(message) + b"\n")
            process.stdin.flush()
            line = process.stdout.readline()
            if line.endswith(b"\n"):
                answer: Answer = msgspec.json.decode(line, type=Answer)
                return answer
        except (OSError, ValueError):
            pass  # a broken pipe or a cut answer: the process died, which is told below
        finally:
            timer.cancel()
        _kill(process)
        self._process = None
        return "timeout" if expired.is_set() else "crash"

    def _report_failure(self, path: Path, *, timed_out: bool) -> Report:
        from geoverify.verify import report_unread

        settings = self._job.settings
        if timed_out:
            code = "time-limit"
            message = f"reading took longer than {settings.file_time_limit_s:.0f} s and was stopped; look at the file by hand"
        else:
            code = "decoder-crashed"
            message = "the file makes a decoder crash; treat it as hostile or damaged, and do not open it on this machine"
        problem = Problem(code=code, message=message, where="batch")
        return report_unread(path, problem, prepare_kit(self._job), self._job.examined_at)


def _inherited_python_path() -> list[str]:
    return [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]


def _kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            # What was not yet sent cannot be sent any more.
            with suppress(OSError):
                pipe.close()
