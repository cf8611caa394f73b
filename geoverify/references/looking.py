"""What guarded workers see in photographs, given by their paths."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
import numpy as np

from geoverify.batch import limits_of
from geoverify.isolation.pool import WorkerPool
from geoverify.isolation.wire import Lost, WorkerSpec
from geoverify.references.worker import Answer, Look, Request, Unusable
from geoverify.settings import Settings
from geoverify.vision.features import Features

WORKER_MODULE = "geoverify.references.worker"


class Looker:
    """A few guarded workers that look at photographs, one or many at a time."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool

    def look(self, path: Path, at_s: float | None = None, *, frame: bool = False, features: bool = False) -> Answer:
        """What is in one photo, with the frame or the features that are asked for."""
        return _open(self._pool.submit(_encode(path, at_s, frame=frame, features=features)).result())

    def look_all(self, paths: Sequence[Path]) -> Iterator[Answer]:
        """What is in each of some photos, in their order."""
        return (_open(outcome) for outcome in self._pool.map(_encode(path, None, features=True) for path in paths))


@contextmanager
def open_looker(folders: Sequence[Path], settings: Settings, jobs: int = 1) -> Iterator[Looker]:
    """Start workers that may read some folders and nothing else."""
    readable = sorted({os.fsencode(folder.resolve()) for folder in folders})
    spec = WorkerSpec(module=WORKER_MODULE, greeting=b"{}", limits=limits_of(settings), readable=tuple(readable))
    with WorkerPool(spec, jobs) as pool:
        yield Looker(pool)


def unpack_features(look: Look) -> Features:
    """The features that came with a look."""
    arrays = {
        name: np.frombuffer(packed.data, np.dtype(packed.kind)).reshape(packed.shape) for name, packed in look.features.items()
    }
    return Features(**arrays)


def _encode(path: Path, at_s: float | None, *, frame: bool = False, features: bool = False) -> bytes:
    request = Request(path_hex=os.fsencode(path).hex(), at_s=at_s, wants_frame=frame, wants_features=features)
    return msgspec.json.encode(request)


def _open(outcome: bytes | Lost) -> Answer:
    if isinstance(outcome, Lost):
        return Unusable(message=f"its decoder was stopped ({outcome.detail}); treat it as hostile or damaged")
    try:
        answer: Answer = msgspec.json.decode(outcome, type=Answer)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Unusable(message="the worker's answer cannot be read; treat the photo as hostile")
    return answer
