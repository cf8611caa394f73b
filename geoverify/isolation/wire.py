"""What supervisor and child tell each other besides tasks and answers, and what a pool of children is made of."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Limits(Struct, frozen=True, kw_only=True):
    """What one child may use; a limit on memory is one on address space, which exists on Linux only."""

    memory_bytes: int
    """Address space of the child."""
    task_time_s: float
    """CPU time of one task; also the wall-clock time after which a task that stands still is stopped."""
    written_file_bytes: int
    """The largest file that the child may write, where it may write at all."""
    open_files: int
    """Descriptors that the child may have open."""
    tries: int = 2
    """How often a task is given to a child before it is given up."""


class Confinement(Struct, frozen=True, kw_only=True):
    """The first line to a child: its limits, and the files and folders that it may read: full paths without links in them."""

    limits: Limits
    readable: tuple[bytes, ...]
    guard_files: bool = True
    is_online: bool = False


class WallState(StrEnum):
    """Whether a protection holds in a child."""

    ACTIVE = "active"
    OFF = "off"


class Wall(Struct, frozen=True, kw_only=True):
    """One protection of a child; `detail` says what it allows, or why it is off."""

    name: str
    state: WallState
    detail: str


class Started(Struct, frozen=True, kw_only=True):
    """The first line from a child: its walls, and why it refuses the greeting where it does."""

    walls: tuple[Wall, ...]
    refused: str | None = None


class WorkerSpec(Struct, frozen=True, kw_only=True):
    """All that a child is started with; plain data, so that another machine can start the same one."""

    module: str
    """Run by `python -m`; its `main` calls `child.serve`."""
    greeting: bytes
    """One line without its end, handed to the child before any task."""
    limits: Limits
    readable: tuple[bytes, ...] = ()
    is_online: bool = False
    """Whether the child fetches files from elsewhere: then it has the limits, and no walls."""


class Cause(StrEnum):
    """Why a task has no answer."""

    CRASHED = "crashed"
    OUT_OF_MEMORY = "out of memory"
    CPU_TIME = "too much CPU time"
    STALLED = "stands still"


class Lost(Struct, frozen=True, kw_only=True):
    """A task that was given up: its neighbours are unharmed."""

    cause: Cause
    detail: str
    tries: int


Outcome = bytes | Lost
