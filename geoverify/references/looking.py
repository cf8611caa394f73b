"""What guarded workers see in photographs, given by their paths."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from geoverify.batch import limits_of
from geoverify.isolation.asking import Workers, open_workers
from geoverify.references.worker import Answer, Look, Request, refuse
from geoverify.settings import Settings
from geoverify.vision.features import Features

WORKER_MODULE = "geoverify.references.worker"


class Looker:
    """A few guarded workers that look at photographs, one or many at a time."""

    def __init__(self, workers: Workers[Answer]) -> None:
        self._workers = workers

    def look(self, path: Path, at_s: float | None = None, *, frame: bool = False, features: bool = False) -> Answer:
        """What is in one photo, with the frame or the features that are asked for."""
        return self._workers.ask(Request(path_hex=os.fsencode(path).hex(), at_s=at_s, wants_frame=frame, wants_features=features))

    def look_all(self, paths: Sequence[Path]) -> Iterator[Answer]:
        """What is in each of some photos, in their order."""
        return self._workers.ask_all(Request(path_hex=os.fsencode(path).hex(), wants_features=True) for path in paths)


@contextmanager
def open_looker(folders: Sequence[Path], settings: Settings, jobs: int = 1) -> Iterator[Looker]:
    """Start workers that may read some folders and nothing else."""
    with open_workers(WORKER_MODULE, folders, limits_of(settings), jobs, answer=Answer, refuse=refuse) as workers:
        yield Looker(workers)


def unpack_features(look: Look) -> Features:
    """The features that came with a look."""
    arrays = {
        name: np.frombuffer(packed.data, np.dtype(packed.kind)).reshape(packed.shape) for name, packed in look.features.items()
    }
    return Features(**arrays)
