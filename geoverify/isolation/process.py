"""One child as its supervisor sees it: started when needed, asked one line at a time, watched, and ended when it misbehaves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from geoverify.errors import MissingToolError, UsageError
from geoverify.isolation.child import EXIT_OUT_OF_MEMORY
from geoverify.isolation.limits import START_LIMIT_S
from geoverify.isolation.wire import Cause, Confinement, Limits, Started, Wall, WorkerSpec

# A report with the longest track and every problem stays under a tenth of this.
MAX_ANSWER_BYTES = 256 << 20
# On a busy machine a task may take so many times its limit by the clock, as long as it goes on computing.
PATIENCE = 4.0
# assumed; a task that got this share of a processor since the last look at it was computing, not standing still.
BUSY_SHARE = 0.02
# What a child needs from closing its output to its end, at most.
ENDING_S = 2.0
# The system counts whole seconds of CPU time; what it should have ended by then is ended from here.
CPU_GRACE_S = 2.0


class PoolStoppedError(Exception):
    """The pool was closed while the task was with a child."""


@dataclass(frozen=True, slots=True)
class Death:
    """Why a child gave no answer."""

    cause: Cause
    detail: str


class Watch:
    """The time that one task takes, by the clock and by the processor."""

    def __init__(self, limits: Limits, now_s: float, cpu_s: float | None) -> None:
        self._limit_s = limits.task_time_s
        self._started_s = self._looked_s = now_s
        self._cpu_at_start_s = self._cpu_at_look_s = cpu_s

    def judge(self, now_s: float, cpu_s: float | None) -> Death | None:
        """Tell whether the task has had its time; `cpu_s` is that of the child, `None` where the system does not tell.

        A task that stands still is over after the limit. One that computes is not, until its CPU time is used up or `PATIENCE`
        times the limit has passed: by the clock alone a busy machine would make honest files fail.
        """
        passed_s = now_s - self._started_s
        if cpu_s is not None and self._cpu_at_start_s is not None:
            used_s = cpu_s - self._cpu_at_start_s
            if used_s > self._limit_s + CPU_GRACE_S:
                return Death(Cause.CPU_TIME, f"more than {self._limit_s:g} s of CPU time")
        if now_s - self._looked_s <= self._limit_s:
            return None
        share = None
        if cpu_s is not None and self._cpu_at_look_s is not None:
            share = (cpu_s - self._cpu_at_look_s) / (now_s - self._looked_s)
        if share is None or share < BUSY_SHARE or passed_s > PATIENCE * self._limit_s:
            told = "" if share is None else f", {100 * share:.0f} % of a processor"
            return Death(Cause.STALLED, f"no answer after {passed_s:.0f} s{told}")
        self._looked_s, self._cpu_at_look_s = now_s, cpu_s
        return None


class GuardedProcess:
    """One place for a child; a new one is started in it whenever the last one died."""

    def __init__(self, spec: WorkerSpec) -> None:
        self._spec = spec
        self._process: subprocess.Popen[bytes] | None = None
        self._watch: Watch | None = None
        self._verdict: Death | None = None
        self._stopped = False
        self.walls: tuple[Wall, ...] = ()

    def ask(self, task: bytes) -> bytes | Death:
        """Return the answer to a task, or why there is none; then the next task gets a new child.

        Raises `UsageError` where the child refuses the greeting, `MissingToolError` where it does not start, `PoolStoppedError`
        after `stop`.
        """
        process = self._process or self._start()
        answer = self._exchange(process, task, self._spec.limits)
        if isinstance(answer, Death):
            self._process = None
            if self._stopped:
                raise PoolStoppedError
        return answer

    def check_time(self) -> None:
        """Called every now and then from another thread: ends the child where its task has had its time."""
        watch, process = self._watch, self._process
        if watch is None or process is None:
            return
        verdict = watch.judge(time.monotonic(), cpu_time_s(process.pid))
        if verdict is not None and watch is self._watch:
            self._verdict = verdict
            process.kill()

    def stop(self) -> None:
        """End the child now and for good; a thread that waits for its answer returns at once."""
        self._stopped = True
        if self._process is not None:
            self._process.kill()

    def clear_away(self) -> None:
        """Wait for a child that was ended; no thread may be asking it any more."""
        if self._process is not None:
            _bury(self._process)
            self._process = None

    def _start(self) -> subprocess.Popen[bytes]:
        # Twice behind the file wall: one bad moment of the machine must not be a reason to do without it.
        for guards_files in (True, True, False):
            started = self._greet(guard_files=guards_files)
            if self._stopped:
                self._process = None
                raise PoolStoppedError
            if isinstance(started, Started):
                self.walls = started.walls
                if started.refused is not None:
                    self.clear_away()
                    raise UsageError(started.refused)
                assert self._process is not None
                return self._process
        self._process = None
        raise MissingToolError("the worker process does not start; run `geoverify doctor` to see what is missing")

    def _launch(self) -> subprocess.Popen[bytes]:
        root = Path(__file__).resolve().parents[2]
        inherited = [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
        try:
            return subprocess.Popen(  # noqa: S603
                # -P keeps the current folder, which may hold downloads, off the module path.
                [sys.executable, "-P", "-m", self._spec.module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                # The processes share the work; threads of each would only reserve memory.
                env={"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
                | os.environ
                | {"PYTHONPATH": os.pathsep.join([str(root), *inherited])},
            )
        except OSError as error:
            # The machine has run out of processes, files or memory; that is no reason to do without a wall either.
            raise MissingToolError(
                f"the system starts no worker process ({error.strerror}); end other programs or give fewer --jobs, and try again"
            ) from error

    def _greet(self, *, guard_files: bool) -> Started | None:
        process = self._process = self._launch()
        if self._stopped:
            # The pool was closed while this process began, and looks after none that comes later.
            process.kill()
        limits = self._spec.limits
        confinement = Confinement(limits=limits, readable=self._spec.readable, guard_files=guard_files)
        if self._spec.is_online:
            confinement = msgspec.structs.replace(confinement, guard_files=False, is_online=True)
        first = msgspec.json.encode(confinement) + b"\n" + self._spec.greeting
        answer = self._exchange(process, first, msgspec.structs.replace(limits, task_time_s=START_LIMIT_S))
        if isinstance(answer, bytes):
            with suppress(msgspec.MsgspecError):
                return msgspec.json.decode(answer, type=Started)
        return None

    def _exchange(self, process: subprocess.Popen[bytes], line: bytes, limits: Limits) -> bytes | Death:
        assert process.stdin is not None and process.stdout is not None
        self._verdict = None
        self._watch = Watch(limits, time.monotonic(), cpu_time_s(process.pid))
        with suppress(OSError, ValueError):  # a broken pipe: the child died, which is told below
            process.stdin.write(line + b"\n")
            process.stdin.flush()
            answer = process.stdout.readline(MAX_ANSWER_BYTES)
            if answer.endswith(b"\n"):
                self._watch = None
                return answer[:-1]
            if len(answer) < MAX_ANSWER_BYTES:
                # It is ending by itself: how it ends is told only if it may.
                with suppress(subprocess.TimeoutExpired):
                    process.wait(ENDING_S)
        self._watch = None
        status = _bury(process)
        return self._verdict or _explain(status)


def cpu_time_s(pid: int) -> float | None:
    """User and system time of a process so far, in seconds; `None` where the system does not tell (proc_pid_stat(5))."""
    try:
        # The name, in brackets, may hold anything.
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return None


def _bury(process: subprocess.Popen[bytes]) -> int:
    process.kill()
    status = process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            # What was not yet sent cannot be sent any more.
            with suppress(OSError):
                pipe.close()
    return status


def _explain(status: int) -> Death:
    if status == EXIT_OUT_OF_MEMORY:
        return Death(Cause.OUT_OF_MEMORY, "more memory than a worker may have")
    if status >= 0:
        return Death(Cause.CRASHED, f"the worker ended with status {status}")
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    if name == "SIGXCPU":
        return Death(Cause.CPU_TIME, "its CPU time is used up")
    return Death(Cause.CRASHED, f"{name} ended the worker")
