"""The child's side: walls up first, then the greeting, then one answer line for each task line until stdin closes."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import BinaryIO

import msgspec

from geoverify.errors import UsageError
from geoverify.isolation.landlock import NAME as FILE_WALL
from geoverify.isolation.landlock import restrict_files
from geoverify.isolation.limits import apply_limits, die_with_parent, renew_cpu_limit
from geoverify.isolation.seccomp import forbid_calls
from geoverify.isolation.wire import Confinement, Started, Wall, WallState

Handler = Callable[[bytes], bytes]
# Any status that neither Python nor a shell gives.
EXIT_OUT_OF_MEMORY = 77


def serve(prepare: Callable[[bytes], Handler]) -> None:
    """Serve one greeting and its tasks; returns when stdin closes.

    `prepare` turns the greeting into what answers a task, both without line ends, and raises `UsageError` to refuse it. It
    imports what decodes, for only then do the walls stand before any library of theirs is loaded.
    """
    parent = os.getppid()
    # A terminal's Ctrl-C and its closing go to the whole group, and a system's SIGTERM to all that it started; the supervisor
    # decides what becomes of its children: one that dies before it does would be told as a crash.
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    answers = _claim_stdout()
    lines = sys.stdin.buffer
    confinement = msgspec.json.decode(lines.readline(), type=Confinement)
    walls = raise_walls(confinement, parent)
    try:
        handle = prepare(lines.readline().rstrip(b"\n"))
    except UsageError as error:
        _send(answers, msgspec.json.encode(Started(walls=walls, refused=str(error))))
        return
    _send(answers, msgspec.json.encode(Started(walls=walls)))
    for line in lines:
        renew_cpu_limit(confinement.limits.task_time_s)
        try:
            answer = handle(line.rstrip(b"\n"))
        except MemoryError:
            os._exit(EXIT_OUT_OF_MEMORY)
        _send(answers, answer)


def raise_walls(confinement: Confinement, parent: int) -> tuple[Wall, ...]:
    """Restrict this process for ever as far as the system can, and tell how far that is."""
    walls = [*apply_limits(confinement.limits), *die_with_parent(parent)]
    if confinement.is_online:
        # It opens connections and writes what comes; no decoder of footage runs in it.
        return tuple(walls)
    if confinement.guard_files:
        walls.append(restrict_files(confinement.readable))
    else:
        detail = "the worker does not start behind it: its libraries lie where the wall does not expect them"
        walls.append(Wall(name=FILE_WALL, state=WallState.OFF, detail=detail))
    walls.append(forbid_calls())
    return tuple(walls)


def _claim_stdout() -> BinaryIO:
    """Keep the real stdout for answers and send whatever libraries print there to nowhere."""
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    return answers


def _send(answers: BinaryIO, line: bytes) -> None:
    rest = memoryview(line + b"\n")
    # A raw stream may take less than it is given.
    while rest:
        rest = rest[answers.write(rest) :]
