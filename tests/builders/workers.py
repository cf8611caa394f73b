"""Specifications of workers for tests: one that obeys, and where its modules lie."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from geoverify.isolation.wire import Limits, WorkerSpec

TESTS = Path(__file__).resolve().parents[1]
LIMITS = Limits(memory_bytes=1 << 30, task_time_s=30.0, written_file_bytes=1 << 20, open_files=64)


def obedient(greeting: bytes = b"hello", readable: tuple[Path, ...] | list[Path] = (), **limits: float) -> WorkerSpec:
    """The worker of `obedient_worker`, for which PYTHONPATH must hold `TESTS`."""
    return WorkerSpec(
        module="builders.obedient_worker",
        greeting=greeting,
        limits=msgspec.structs.replace(LIMITS, **limits),
        readable=(os.fsencode(TESTS), *(os.fsencode(path) for path in readable)),
    )
