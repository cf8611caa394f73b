"""Guarded workers that are asked about one file at a time and answer with a value, or with why there is none."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

from geoverify.isolation.pool import WorkerPool
from geoverify.isolation.wire import Limits, Lost, Outcome, WorkerSpec

T = TypeVar("T")


class Workers(Generic[T]):
    """Workers of one module; what goes wrong with a file is an answer about that file."""

    def __init__(self, pool: WorkerPool, answer: Any, refuse: Callable[[str], T]) -> None:
        """`answer` is the type of answers, `refuse` makes one that says in words why there is nothing else."""
        self._pool, self._answer, self._refuse = pool, answer, refuse

    def ask(self, request: Struct) -> T:
        """The answer to one request."""
        return self._open(self._pool.submit(msgspec.json.encode(request)).result())

    def ask_all(self, requests: Iterable[Struct]) -> Iterator[T]:
        """The answers to some requests, in their order."""
        return map(self._open, self._pool.map(map(msgspec.json.encode, requests)))

    def _open(self, outcome: Outcome) -> T:
        if isinstance(outcome, Lost):
            return self._refuse(f"its decoder was stopped ({outcome.detail}); treat it as hostile or damaged")
        try:
            answer: T = msgspec.json.decode(outcome, type=self._answer)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return self._refuse("the worker's answer cannot be read; treat the file as hostile")
        return answer


@contextmanager
def open_workers(
    module: str, folders: Sequence[Path], limits: Limits, jobs: int, *, answer: Any, refuse: Callable[[str], T]
) -> Iterator[Workers[T]]:
    """Start workers of a module that may read some folders and nothing else; see `Workers`."""
    readable = tuple(sorted({os.fsencode(folder.resolve()) for folder in folders}))
    with WorkerPool(WorkerSpec(module=module, greeting=b"{}", limits=limits, readable=readable), jobs) as pool:
        yield Workers(pool, answer, refuse)
