"""A few guarded children behind the shape of `concurrent.futures.Executor`: tasks in, futures of outcomes out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from queue import SimpleQueue
from types import TracebackType
from typing import Self

from geoverify.isolation.process import Death, GuardedProcess, PoolStoppedError
from geoverify.isolation.wire import Cause, Lost, Outcome, Wall, WorkerSpec

LOOK_INTERVAL_S = 0.25


def run_tasks(spec: WorkerSpec, tasks: Sequence[bytes]) -> list[Outcome]:
    """Answer some tasks in one guarded child of this machine.

    Arguments and result are plain data, so that `Executor.submit(run_tasks, spec, tasks)` runs it anywhere: on threads, in
    processes, or on a cluster. Starting the child costs about half a second, so that some fifty tasks at a time are worth it.
    """
    with WorkerPool(spec, 1) as pool:
        return list(pool.map(tasks))


class WorkerPool:
    """Children that take turns at tasks; what one task does to its child is that task's outcome and nobody else's."""

    def __init__(self, spec: WorkerSpec, size: int) -> None:
        self._spec = spec
        self._processes = [GuardedProcess(spec) for _ in range(size)]
        self._idle: SimpleQueue[GuardedProcess] = SimpleQueue()
        for process in self._processes:
            self._idle.put(process)
        self._gate = _Gate()
        self._closed = threading.Event()
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="worker")
        interval_s = min(LOOK_INTERVAL_S, spec.limits.task_time_s / 10)
        self._watchman = threading.Thread(target=self._watch, args=(interval_s,), name="watchman", daemon=True)
        self._watchman.start()

    def submit(self, task: bytes) -> Future[Outcome]:
        """Give a task, one line without its end, to the next idle child.

        The future raises `UsageError` where children refuse the greeting, and `MissingToolError` where none starts.
        """
        return self._threads.submit(self._run, task)

    def map(self, tasks: Iterable[bytes]) -> Iterator[Outcome]:
        """Yield the outcomes in the order of the tasks; all are given out at once, as `Executor.map` does."""
        futures = [self.submit(task) for task in tasks]
        return (future.result() for future in futures)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more tasks, drop those that wait if `cancel_futures`, and end the children once the rest are done."""
        self._threads.shutdown(wait=wait, cancel_futures=cancel_futures)
        if wait:
            self.stop()
        else:
            threading.Thread(target=self._end_later, name="closer").start()

    def stop(self) -> None:
        """End the children now, whatever they do; futures that are not done raise `PoolStoppedError` or are cancelled."""
        self._closed.set()
        self._gate.close()
        # Killing first makes threads that wait for an answer return at once.
        for process in self._processes:
            process.stop()
        self._threads.shutdown(cancel_futures=True)
        self._watchman.join()
        for process in self._processes:
            process.clear_away()

    def walls(self) -> tuple[Wall, ...]:
        """The protections of the children that were started; empty before the first task."""
        return next((process.walls for process in self._processes if process.walls), ())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is None:
            self.shutdown()
        else:
            self.stop()

    def _run(self, task: bytes) -> Outcome:
        death: Death | None = None
        tries = self._spec.limits.tries
        for number in range(1, tries + 1):
            # By the clock the neighbours share the blame: the second time a task has the machine to itself.
            with self._gate.alone() if death is not None and death.cause is Cause.STALLED else self._gate.together():
                process = self._idle.get()
                try:
                    answer = process.ask(task)
                finally:
                    self._idle.put(process)
            if isinstance(answer, bytes):
                return answer
            death = answer
            if death.cause is Cause.CPU_TIME:
                # Neighbours change nothing about that.
                return Lost(cause=death.cause, detail=death.detail, tries=number)
        assert death is not None
        return Lost(cause=death.cause, detail=death.detail, tries=tries)

    def _watch(self, interval_s: float) -> None:
        while not self._closed.wait(interval_s):
            for process in self._processes:
                process.check_time()

    def _end_later(self) -> None:
        self._threads.shutdown()
        self.stop()


class _Gate:
    """Lets tasks run together, or one alone."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._running = 0
        self._lone_waiting = 0
        self._is_closed = False

    @contextmanager
    def together(self) -> Iterator[None]:
        with self._changed:
            # Who waits to be alone goes first, or a busy batch would never let him.
            self._wait_until(lambda: not self._lone_waiting)
            self._running += 1
        try:
            yield
        finally:
            self._leave()

    @contextmanager
    def alone(self) -> Iterator[None]:
        with self._changed:
            self._lone_waiting += 1
            try:
                self._wait_until(lambda: not self._running)
                self._running += 1
            except PoolStoppedError:
                self._lone_waiting -= 1
                raise
        try:
            yield
        finally:
            with self._changed:
                self._lone_waiting -= 1
            self._leave()

    def close(self) -> None:
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def _leave(self) -> None:
        with self._changed:
            self._running -= 1
            self._changed.notify_all()

    def _wait_until(self, holds: Callable[[], bool]) -> None:
        self._changed.wait_for(lambda: self._is_closed or holds())
        if self._is_closed:
            raise PoolStoppedError
