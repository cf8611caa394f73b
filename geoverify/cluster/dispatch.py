"""The client's side: orders of some fifty tasks go out, answers come in as they are done, and what is lost goes out again.

The case, not the cluster, knows what is done. Whatever dies, a task that has no answer is given out again, a bounded number of
times; a late answer to a task that was given out again is not listened to.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Protocol

import msgspec

from geoverify.cluster.orders import Answer, Errand, LostConnection, Order, Parcel, Reply, describe_program
from geoverify.cluster.parcels import digest_beside, pack_parcel
from geoverify.errors import MissingToolError, UsageError
from geoverify.media import name_media
from geoverify.model import Problem
from geoverify.remote.catalogue import Catalogue
from geoverify.text import escape_controls
from geoverify.verify import Kit, reading_of_unopened
from geoverify.worker import Done, Job, Task, is_read, prepare_kit, weigh

# Starting a guarded child costs half a second or more, and what a worker loses has to be done again.
ORDER_SIZE = 50
# Each thread of a worker has one order under way and one that waits for it.
ORDERS_PER_PLACE = 2
# How often a file is given out that its worker does not see, or does not survive; an order that fails is given out in parts.
TRIES = 4
PARTS = 8
LOSSES = 8
# What is waited between tries to reach a scheduler that has gone: five minutes in all. An answer starts the count anew.
WAITS_S = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 60.0, 60.0, 60.0)
# A folder of the network shows a new file a little later on another machine.
SETTLE_S = 2.0
# A cluster that starts its workers when they are needed takes minutes.
NO_WORKER_S = 900.0
LOOK_INTERVAL_S = 1.0


class Cluster(Protocol):
    """What is asked of a cluster; its futures are those of `concurrent.futures`."""

    def submit(self, order: bytes, avoiding: frozenset[str]) -> Future[bytes]:
        """Have a worker carry out an order, if possible none of those named."""

    def count_places(self) -> int:
        """How many orders can be under way at a time: the threads of all workers."""

    def adopt(self, parcel: Parcel) -> None:
        """Have workers delete a parcel once the run is over, whoever shipped it."""

    def ship(self, parcel: Parcel, sources: dict[str, Path]) -> None:
        """Bring a parcel to every worker that lacks any of it."""

    def reconnect(self) -> None:
        """Reach the scheduler anew; raises `OSError` where it does not answer."""


class _Item(msgspec.Struct, frozen=True, kw_only=True):
    """A task that waits for its answer, and what happened to it so far."""

    path: Path
    errand: Errand
    tries: int = 0
    losses: int = 0
    ships: int = 0
    avoiding: frozenset[str] = frozenset()
    ready_at_s: float = 0.0


class _WorkerFailedError(Exception):
    """A worker lives and says why it could not carry out an order."""


class ClusterEngine:
    """Answers tasks on a cluster, in the order in which they are done."""

    def __init__(self, cluster: Cluster, catalogue: Catalogue | None = None) -> None:
        self._cluster, self._catalogue = cluster, catalogue or Catalogue()

    def answer(self, tasks: Iterable[tuple[Path, Task]], paths: Sequence[Path], job: Job) -> Generator[tuple[Path, Done] | None]:
        """Yield each task's path with what became of it, as it is done, `None` before a wait; `paths` are all files of the run.

        Raises `UsageError` where a worker refuses, `MissingToolError` where the scheduler or all workers stay away.
        """
        yield from _Run(self._cluster, self._catalogue, job, len(paths)).answer(tasks)


class _Run:
    """The state of one pass over a run's tasks."""

    def __init__(self, cluster: Cluster, catalogue: Catalogue, job: Job, file_count: int) -> None:
        self._cluster, self._catalogue, self._file_count = cluster, catalogue, file_count
        self._job = msgspec.structs.replace(job, sidecars=[str(Path(path).absolute()) for path in job.sidecars])
        self._parcel, self._sources = pack_parcel(self._job)
        cluster.adopt(self._parcel)
        self._beside = digest_beside(self._job)
        self._under_way: dict[Future[bytes], tuple[list[_Item], float]] = {}
        self._again: list[list[_Item]] = []
        # Workers that saw none of the files of their last order, or failed: they answer at once, and would draw all orders to
        # themselves.
        self._unfit: frozenset[str] = frozenset()
        self._is_lost = False
        self._waits = iter(WAITS_S)
        self._shipped_at_s = 0.0
        self._seen_worker_at_s = time.monotonic()

    def answer(self, tasks: Iterable[tuple[Path, Task]]) -> Iterator[tuple[Path, Done] | None]:
        items = (self._make_item(path, task) for path, task in tasks)
        is_dry = False
        try:
            while True:
                while not is_dry and self._has_room():
                    chunk = list(islice(items, self._order_size()))
                    is_dry = not chunk
                    if chunk:
                        self._give_out(chunk)
                self._give_out_again()
                if is_dry and not self._under_way and not self._again:
                    return
                if not any(future.done() for future in self._under_way):
                    yield None
                yield from self._collect()
        finally:
            for future in self._under_way:
                future.cancel()

    # --- giving out -------------------------------------------------------------------------------------------------------

    def _make_item(self, path: Path, task: Task) -> _Item:
        remote = None if is_read(task) else self._catalogue.get(path)
        if path not in self._catalogue:
            # Workers were started in other folders.
            task = msgspec.structs.replace(task, path_hex=os.fsencode(path.absolute()).hex())
        return _Item(path=path, errand=Errand(task=task, size_bytes=_size_of(path), remote=remote))

    def _has_room(self) -> bool:
        return len(self._under_way) + len(self._again) < ORDERS_PER_PLACE * max(1, self._cluster.count_places())

    def _order_size(self) -> int:
        # A short run is shared among all workers, too.
        share = self._file_count // (ORDERS_PER_PLACE * max(1, self._cluster.count_places()))
        return max(1, min(ORDER_SIZE, share))

    def _give_out(self, items: list[_Item]) -> None:
        order = Order(
            card=describe_program(),
            parcel=self._parcel,
            job=self._job,
            beside=self._beside,
            errands=tuple(item.errand for item in items),
        )
        avoiding = self._unfit.union(*(item.avoiding for item in items))
        try:
            self._under_way[self._cluster.submit(msgspec.json.encode(order), avoiding)] = items, time.monotonic()
        except OSError:
            self._again.append(items)
            self._reach_again()

    def _give_out_again(self) -> None:
        now_s = time.monotonic()
        ready = [items for items in self._again if max(item.ready_at_s for item in items) <= now_s]
        self._again = [items for items in self._again if items not in ready]
        for items in ready:
            self._give_out(items)

    # --- what comes back --------------------------------------------------------------------------------------------------

    def _collect(self) -> Iterator[tuple[Path, Done]]:
        if not self._under_way:
            time.sleep(LOOK_INTERVAL_S / 4)
            return
        done, _ = wait(self._under_way, timeout=LOOK_INTERVAL_S, return_when=FIRST_COMPLETED)
        if not done:
            self._check_workers()
        for future in done:
            items, given_out_at_s = self._under_way.pop(future)
            error = CancelledError() if future.cancelled() else future.exception()
            if error is None:
                yield from self._open(items, given_out_at_s, future.result())
            elif isinstance(error, CancelledError | LostConnection):
                self._is_lost = True
                yield from self._lose(items)
            else:
                yield from self._blame(items, error)
        if self._is_lost:
            # Not before all that is done has been looked at: then nothing is under way any more.
            self._is_lost = False
            self._reach_again()

    def _lose(self, items: list[_Item]) -> Iterator[tuple[Path, Done]]:
        """The connection went, which is no file's fault, unless it goes whenever this one is under way."""
        items = [msgspec.structs.replace(item, losses=item.losses + 1) for item in items]
        if max(item.losses for item in items) <= LOSSES:
            self._again.append(items)
        else:
            yield from self._blame(items, ConnectionError("the connection to the scheduler was lost each time"))

    def _open(self, items: list[_Item], given_out_at_s: float, encoded: bytes) -> Iterator[tuple[Path, Done]]:
        reply = msgspec.msgpack.decode(encoded, type=Reply)
        if reply.refusal:
            cure = "give every worker, the scheduler and this machine the same environment, then run it again"
            raise UsageError(f"the worker {reply.worker} refuses the work: {escape_controls(reply.refusal)}; {cure}")
        self._seen_worker_at_s = time.monotonic()
        if reply.lacks_parcel:
            # Orders that were given out before the last parcel was shipped tell nothing new.
            if given_out_at_s > self._shipped_at_s and not self._is_lost:
                self._ship(reply.worker, items)
            count = 0 if self._is_lost else 1
            self._again.append([msgspec.structs.replace(item, ships=item.ships + count) for item in items])
            return
        if reply.failed:
            self._unfit |= {reply.worker}
            items = [msgspec.structs.replace(item, avoiding=item.avoiding | {reply.worker}) for item in items]
            yield from self._blame(items, _WorkerFailedError(f"{reply.worker}: {reply.failed}"))
            return
        self._waits = iter(WAITS_S)
        unseen = []
        for item, answer in zip(items, reply.answers, strict=True):
            if answer.done is None:
                unseen.append((item, answer))
            else:
                done = msgspec.json.decode(answer.done, type=Done)
                yield item.path, msgspec.structs.replace(done, media=name_media(done.media, item.path))
        self._unfit = self._unfit | {reply.worker} if len(unseen) == len(items) else self._unfit - {reply.worker}
        yield from self._look_elsewhere(reply.worker, unseen)

    def _look_elsewhere(self, worker: str, unseen: list[tuple[_Item, Answer]]) -> Iterator[tuple[Path, Done]]:
        again = []
        for item, answer in unseen:
            if item.tries + 1 < TRIES:
                later_s = time.monotonic() + SETTLE_S * item.tries
                again.append(
                    msgspec.structs.replace(item, tries=item.tries + 1, avoiding=item.avoiding | {worker}, ready_at_s=later_s)
                )
                continue
            message = (
                f"workers of the cluster do not see this file ({answer.unseen} on {worker}, after {TRIES} tries); give them the "
                "folder at the same path, or name the file by a URL that they can reach, then run it again"
            )
            yield item.path, self._weigh_unread(item.path, Problem(code="not-on-worker", message=message, where="cluster"))
        if again:
            self._again.append(again)

    def _blame(self, items: list[_Item], error: BaseException) -> Iterator[tuple[Path, Done]]:
        """One of the items may have cost a worker its life, or all are innocent: they go out again in parts, at last alone."""
        if isinstance(error, ImportError) or "deserialization" in str(error):
            cure = "install the same geoverify on every worker and on the scheduler, then run it again"
            raise UsageError(f"the cluster cannot load geoverify ({escape_controls(str(error))}); {cure}") from error
        if len(items) > 1:
            size = max(1, len(items) // PARTS)
            self._again += [items[start : start + size] for start in range(0, len(items), size)]
            return
        (item,) = items
        if item.tries + 1 < TRIES:
            self._again.append([msgspec.structs.replace(item, tries=item.tries + 1)])
            return
        what = str(error) if isinstance(error, _WorkerFailedError) else f"{type(error).__name__}: {error}".splitlines()[0]
        message = (
            f"the cluster lost its workers with this file, or they failed ({escape_controls(what)}), {TRIES} times over; match "
            "it on one machine without --engine, or treat it as hostile"
        )
        yield item.path, self._weigh_unread(item.path, Problem(code="worker-lost", message=message, where="cluster"))

    def _weigh_unread(self, path: Path, problem: Problem) -> Done:
        return weigh(reading_of_unopened(path, problem), self._kit, self._job.examined_at)

    @cached_property
    def _kit(self) -> Kit:
        return prepare_kit(self._job)

    # --- what dies --------------------------------------------------------------------------------------------------------

    def _ship(self, worker: str, items: list[_Item]) -> None:
        if max(item.ships for item in items) >= TRIES:
            raise UsageError(f"the worker {worker} keeps nothing of what it is sent; look at the room in its local directory")
        try:
            self._cluster.ship(self._parcel, self._sources)
            self._shipped_at_s = time.monotonic()
        except OSError:
            self._is_lost = True

    def _reach_again(self) -> None:
        """Reach the scheduler anew, with longer and longer waits; what was under way goes out again."""
        self._again += [items for items, _ in self._under_way.values()]
        self._under_way = {}
        while True:
            wait_s = next(self._waits, None)
            if wait_s is None:
                raise MissingToolError(
                    f"the scheduler of the cluster does not answer, after {sum(WAITS_S):.0f} s; what is done is in the case: "
                    "start the cluster and run the same command again"
                )
            time.sleep(wait_s)
            try:
                self._cluster.reconnect()
            except OSError:
                continue
            return

    def _check_workers(self) -> None:
        if self._cluster.count_places() > 0:
            self._seen_worker_at_s = time.monotonic()
        elif time.monotonic() - self._seen_worker_at_s > NO_WORKER_S:
            raise MissingToolError(
                f"the cluster has had no worker for {NO_WORKER_S:.0f} s; start some and run the same command again"
            )


def _size_of(path: Path) -> int | None:
    try:
        status = os.lstat(path)
    except (OSError, ValueError):
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None
