"""The supervisor's side of fetching: children that list and copy, asked piece by piece, so that nothing stands still for long."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import SimpleQueue
from typing import Self

import msgspec

from geoverify.errors import MediaError, MissingToolError, UsageError
from geoverify.isolation.pool import WorkerPool
from geoverify.isolation.process import PoolStoppedError
from geoverify.isolation.wire import Limits, Lost, WorkerSpec
from geoverify.remote.addresses import Address
from geoverify.remote.catalogue import Catalogue, RemotePart
from geoverify.remote.fetcher import Call, Copied, Failed, Listed, Said
from geoverify.settings import Settings
from geoverify.sidecars import limit_of
from geoverify.text import escape_controls
from geoverify.urls import hide_secrets

FETCHER_MODULE = "geoverify.remote.fetcher"
# A store answers with a thousand names at a time, an archive is read in one go.
LISTING_TIME_S = 900.0
# assumed; what sends less in the mean than this is not waited for: a file of a gigabyte may take four hours.
LEAST_BYTES_A_SECOND = 64 << 10
# Sockets of a store's library, beside the files themselves.
OPEN_FILES = 256
TRIES = 2


class Fetcher:
    """Some children that copy files from elsewhere, each for one caller at a time."""

    def __init__(self, settings: Settings, size: int) -> None:
        self._time_limit_s = settings.file_time_limit_s
        # A lost child has lost the file that it was copying: the copy is begun anew, not the piece.
        limits = Limits(
            memory_bytes=settings.worker_memory_bytes,
            task_time_s=settings.file_time_limit_s,
            written_file_bytes=max(settings.max_file_bytes, limit_of(lists_many=True)) + 1,
            open_files=OPEN_FILES,
            tries=1,
        )
        spec = WorkerSpec(module=FETCHER_MODULE, greeting=b"{}", limits=limits, is_online=True)
        self._pools = [WorkerPool(spec, 1) for _ in range(size)]
        self._idle: SimpleQueue[WorkerPool] = SimpleQueue()
        for pool in self._pools:
            self._idle.put(pool)

    def copy(self, part: RemotePart, target: Path) -> str:
        """Copy a file to a path and return the SHA-256 of what came; raises `MediaError` for one that does not come whole."""
        for _ in range(TRIES - 1):
            with suppress(MediaError):
                return self._copy(part, target)
        return self._copy(part, target)

    def _copy(self, part: RemotePart, target: Path) -> str:
        with self._borrow() as pool:
            started_s = time.monotonic()
            call = Call(verb="begin", url=part.url, path=part.path, target=str(target), max_bytes=part.size_bytes)
            while True:
                said = _ask(pool, call)
                if said.failed is not None:
                    raise MediaError("cannot-fetch", said.failed.message)
                assert said.copied is not None
                if said.copied.digest:
                    return _check(said.copied, part)
                passed_s = time.monotonic() - started_s
                if passed_s > self._time_limit_s + said.copied.size_bytes / LEAST_BYTES_A_SECOND:
                    raise MediaError("cannot-fetch", f"only {said.copied.size_bytes} bytes came in {passed_s:.0f} s")
                call = Call(verb="more")

    @contextmanager
    def _borrow(self) -> Iterator[WorkerPool]:
        pool = self._idle.get()
        try:
            yield pool
        finally:
            self._idle.put(pool)

    def stop(self) -> None:
        """End the children, whatever they copy."""
        for pool in self._pools:
            pool.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


@contextmanager
def open_lister(settings: Settings) -> Iterator[Lister]:
    """A child that lists what lies elsewhere."""
    limits = Limits(
        memory_bytes=settings.worker_memory_bytes,
        task_time_s=LISTING_TIME_S,
        written_file_bytes=1,
        open_files=OPEN_FILES,
        tries=1,
    )
    with WorkerPool(WorkerSpec(module=FETCHER_MODULE, greeting=b"{}", limits=limits, is_online=True), 1) as pool:
        yield Lister(pool)


class Lister:
    """Lists what lies at URLs."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool

    def list_all(self, addresses: Iterable[Address]) -> Catalogue:
        """The files there; raises `UsageError` where some cannot be listed and `MissingToolError` where a library lacks."""
        catalogue = Catalogue()
        for address in addresses:
            catalogue.add(address, _list(self._pool, address))
        return catalogue


def _list(pool: WorkerPool, address: Address) -> Listed:
    shown = escape_controls(hide_secrets(address.url))
    try:
        said = _ask(pool, Call(verb="list", url=address.url))
    except MediaError as error:
        said = Said(failed=Failed(message=str(error)))
    if said.failed is not None:
        if said.failed.is_missing_tool:
            raise MissingToolError(f"{shown}: {escape_controls(said.failed.message)}; install what it names")
        cure = "check the spelling, the credentials and the connection"
        raise UsageError(f"{shown}: cannot be listed ({escape_controls(said.failed.message)}); {cure}")
    assert said.listed is not None
    return said.listed


def _ask(pool: WorkerPool, call: Call) -> Said:
    try:
        outcome = pool.submit(msgspec.json.encode(call)).result()
    except PoolStoppedError as error:
        raise MediaError("cannot-fetch", "the run was stopped") from error
    if isinstance(outcome, Lost):
        raise MediaError("cannot-fetch", f"fetching it failed: {outcome.detail}")
    return msgspec.json.decode(outcome, type=Said)


def _check(copied: Copied, part: RemotePart) -> str:
    if copied.size_bytes != part.size_bytes:
        raise MediaError("cannot-fetch", f"{copied.size_bytes} bytes came of {part.size_bytes} that were listed")
    return copied.digest
