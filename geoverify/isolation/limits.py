"""Limits that the operating system keeps for a child: address space, CPU time, size of written files, open files."""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Iterator
from contextlib import suppress

from geoverify.isolation.wire import Limits, Wall, WallState

# Imports, registers and track logs come before the first task, on a machine that may be busy.
START_LIMIT_S = 120.0


def apply_limits(limits: Limits) -> tuple[Wall, ...]:
    """Set every limit that the system has, and tell which; those that it has not are told as off."""
    try:
        import resource
    except ImportError:
        names = ("memory limit", "CPU limit", "file size limit", "open files limit")
        return tuple(Wall(name=name, state=WallState.OFF, detail=f"{sys.platform} has no such limit") for name in names)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    memory = f"{limits.memory_bytes >> 20} MiB of address space"
    written = f"{limits.written_file_bytes >> 20} MiB a file"
    walls = [
        # macOS has the constant and does not keep the limit.
        _limit("memory limit", "RLIMIT_AS" if sys.platform == "linux" else "", limits.memory_bytes, memory),
        _limit("file size limit", "RLIMIT_FSIZE", limits.written_file_bytes, written),
        _limit("open files limit", "RLIMIT_NOFILE", limits.open_files, f"{limits.open_files} descriptors"),
    ]
    renew_cpu_limit(START_LIMIT_S)
    walls.append(Wall(name="CPU limit", state=WallState.ACTIVE, detail=f"{limits.task_time_s:g} s of CPU time a file"))
    return tuple(walls)


def renew_cpu_limit(seconds: float) -> None:
    """Allow this process so much more CPU time from now on; the system ends it with SIGXCPU beyond that."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        soft = math.ceil(time.process_time() + seconds)
        resource.setrlimit(resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def die_with_parent(parent: int) -> Iterator[Wall]:
    """Have Linux end this process when its supervisor is gone, so that a stuck child does not outlive a killed batch."""
    if sys.platform != "linux":
        return
    import ctypes
    import signal

    set_death_signal = 1  # PR_SET_PDEATHSIG of <linux/prctl.h>
    ctypes.CDLL(None).prctl(set_death_signal, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        # It was gone before the call.
        os._exit(1)
    yield Wall(name="ends with its supervisor", state=WallState.ACTIVE, detail="the kernel ends a worker that is left alone")


def _limit(name: str, constant: str, amount: int, detail: str) -> Wall:
    import resource

    kind = getattr(resource, constant, None) if constant else None
    if kind is None:
        return Wall(name=name, state=WallState.OFF, detail=f"{sys.platform} keeps no such limit")
    try:
        _, hard = resource.getrlimit(kind)
        allowed = amount if hard == resource.RLIM_INFINITY else min(amount, hard)
        resource.setrlimit(kind, (allowed, allowed))
    except (ValueError, OSError) as error:
        return Wall(name=name, state=WallState.OFF, detail=f"the system refuses it ({error})")
    return Wall(name=name, state=WallState.ACTIVE, detail=detail)
