"""Previews of files given by their paths, from guarded workers."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from geoverify.batch import limits_of
from geoverify.isolation.pool import WorkerPool
from geoverify.isolation.wire import Lost, WorkerSpec
from geoverify.previews.worker import NoPreview, PreviewAnswer, PreviewRequest
from geoverify.settings import Settings

WORKER_MODULE = "geoverify.previews.worker"


class PreviewMaker:
    """A few guarded workers that decode footage for people to look at."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool

    def make(self, path: Path, *, count: int, side_px: int) -> PreviewAnswer:
        """The pictures of one file, at most `count` of them with a longer side of at most `side_px`."""
        request = PreviewRequest(path_hex=os.fsencode(path).hex(), count=count, side_px=side_px)
        outcome = self._pool.submit(msgspec.json.encode(request)).result()
        if isinstance(outcome, Lost):
            return NoPreview(message=f"its decoder was stopped ({outcome.detail}); treat it as hostile or damaged")
        try:
            answer: PreviewAnswer = msgspec.json.decode(outcome, type=PreviewAnswer)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return NoPreview(message="the worker's answer cannot be read; treat the file as hostile")
        return answer


@contextmanager
def open_preview_maker(folders: Sequence[Path], settings: Settings, jobs: int = 1) -> Iterator[PreviewMaker]:
    """Start workers that may read some folders and nothing else."""
    readable = tuple(sorted({os.fsencode(folder.resolve()) for folder in folders}))
    with WorkerPool(
        WorkerSpec(module=WORKER_MODULE, greeting=b"{}", limits=limits_of(settings), readable=readable), jobs
    ) as pool:
        yield PreviewMaker(pool)
