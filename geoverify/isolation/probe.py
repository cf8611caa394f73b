"""A child that tries what the walls forbid and tells what came of it: a wall counts as active only where it held."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from geoverify.isolation import landlock, seccomp
from geoverify.isolation.child import Handler, serve
from geoverify.isolation.pool import WorkerPool
from geoverify.isolation.wire import Limits, Lost, Wall, WallState, WorkerSpec

# What is asked for to see whether memory is limited, as a share of the limit.
_TOO_MUCH = 2
_LIMITS = Limits(memory_bytes=1 << 30, task_time_s=20.0, written_file_bytes=1 << 20, open_files=64, tries=1)
_INTERNET, _STREAM = 2, 1


class Trial(Struct, frozen=True, kw_only=True):
    """A forbidden thing, the wall that forbids it, and whether it was refused; `detail` says how."""

    wall: str
    tried: str
    refused: bool
    detail: str


def examine_walls(folder: Path) -> tuple[Wall, ...]:
    """Start a child behind its walls, have it try them, and tell which hold; `folder` is one that it may read and not write."""
    spec = WorkerSpec(module=__name__, greeting=os.fsencode(folder).hex().encode(), limits=_LIMITS, readable=(os.fsencode(folder),))
    with WorkerPool(spec, 1) as pool:
        outcome = pool.submit(b"try").result()
        walls = pool.walls()
    if isinstance(outcome, Lost):
        return tuple(_fail(wall, f"the trial ended early ({outcome.detail})") for wall in walls)
    trials = msgspec.json.decode(outcome, type=list[Trial])
    return tuple(_compare(wall, [trial for trial in trials if trial.wall == wall.name]) for wall in walls)


def main() -> None:
    """Serve trials until stdin closes."""
    serve(_prepare)


def _prepare(greeting: bytes) -> Handler:
    folder = Path(os.fsdecode(bytes.fromhex(greeting.decode())))
    return lambda _: msgspec.json.encode(list(_try_all(folder)))


def _try_all(folder: Path) -> Iterator[Trial]:
    if sys.platform == "linux":
        yield _try("memory limit", "twice the memory", lambda: bytearray(_TOO_MUCH * _LIMITS.memory_bytes))
    yield _try("open files limit", "too many descriptors", _open_many)
    yield _try(landlock.NAME, "reading outside", lambda: Path("/etc/hostname" if os.path.exists("/etc/hostname") else "/etc/passwd").read_bytes())
    yield _try(landlock.NAME, "writing a file", lambda: (folder / "geoverify-wall").write_bytes(b""))
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        yield _try(seccomp.NAME, "opening a socket", lambda: _call(libc.socket, _INTERNET, _STREAM, 0))
        yield _try(seccomp.NAME, "running a program", lambda: _call(libc.execv, b"/nowhere", None), unless=errno.ENOENT)
        yield _try(seccomp.NAME, "starting a process", _fork)
        yield _try(seccomp.NAME, "sending a signal", lambda: os.kill(os.getppid(), 0))
        _start_thread()


def _try(wall: str, tried: str, act: Callable[[], object], unless: int | None = None) -> Trial:
    """Try something; an error counts as refusal, but for the one that is to be expected without a wall."""
    try:
        act()
    except MemoryError:
        return Trial(wall=wall, tried=tried, refused=True, detail="no memory")
    except OSError as error:
        return Trial(wall=wall, tried=tried, refused=error.errno != unless, detail=os.strerror(error.errno or 0))
    return Trial(wall=wall, tried=tried, refused=False, detail="it was allowed")


def _open_many() -> None:
    kept = []
    try:
        for _ in range(_LIMITS.open_files + 1):
            kept.append(os.open(os.devnull, os.O_RDONLY))
    finally:
        for fd in kept:
            os.close(fd)


def _call(function: Callable[..., int], *args: object) -> None:
    if function(*args) < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _start_thread() -> None:
    # Decoders need threads: a wall that forbids them breaks the trial.
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()


def _compare(wall: Wall, trials: list[Trial]) -> Wall:
    passed = [f"{trial.tried}: {trial.detail}" for trial in trials if not trial.refused]
    return _fail(wall, f"does not hold ({'; '.join(passed)})") if passed and wall.state is WallState.ACTIVE else wall


def _fail(wall: Wall, detail: str) -> Wall:
    return Wall(name=wall.name, state=WallState.OFF, detail=detail)


if __name__ == "__main__":
    main()
