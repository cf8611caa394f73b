"""Previews of files given by their paths, from guarded workers."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from geoverify.batch import limits_of
from geoverify.isolation.asking import Workers, open_workers
from geoverify.previews.worker import PreviewAnswer, PreviewRequest, refuse
from geoverify.settings import Settings

WORKER_MODULE = "geoverify.previews.worker"


class PreviewMaker:
    """A few guarded workers that decode footage for people to look at."""

    def __init__(self, workers: Workers[PreviewAnswer]) -> None:
        self._workers = workers

    def make(self, path: Path, *, count: int, side_px: int) -> PreviewAnswer:
        """The pictures of one file, at most `count` of them with a longer side of at most `side_px`."""
        return self._workers.ask(PreviewRequest(path_hex=os.fsencode(path).hex(), count=count, side_px=side_px))


@contextmanager
def open_preview_maker(folders: Sequence[Path], settings: Settings, jobs: int = 1) -> Iterator[PreviewMaker]:
    """Start workers that may read some folders and nothing else."""
    limits = limits_of(settings)
    with open_workers(WORKER_MODULE, folders, limits, jobs, answer=PreviewAnswer, refuse=refuse) as workers:
        yield PreviewMaker(workers)
