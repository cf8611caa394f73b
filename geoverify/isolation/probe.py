"""A child that tries what the walls forbid and tells what came of it: a wall counts as active only where it held."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from msgspec import Struct

from geoverify.isolation import landlock, seccomp
from geoverify.isolation.child import Handler, serve
from geoverify.isolation.pool import WorkerPool
from geoverify.isolation.wire import Limits, Lost, Wall, WallState, WorkerSpec

_INTERNET, _STREAM = 2, 1


class _Greeting(Struct, frozen=True):
    """The folder to try in, as hexadecimal of its bytes, and the limits to try."""

    folder_hex: str
    limits: Limits


class Trial(Struct, frozen=True, kw_only=True):
    """A forbidden thing, the wall that forbids it, and whether it was refused; `detail` says how."""

    wall: str
    tried: str
    refused: bool
    detail: str


def examine_walls(limits: Limits) -> tuple[Wall, ...]:
    """Start a child behind its walls, have it try them, and tell which hold."""
    with TemporaryDirectory(prefix="geoverify-") as name:
        inside, outside = Path(name, "inside"), Path(name, "outside")
        inside.mkdir()
        outside.write_bytes(b"secret")
        greeting = msgspec.json.encode(_Greeting(os.fsencode(name).hex(), limits))
        spec = WorkerSpec(module=__name__, greeting=greeting, limits=limits, readable=(os.fsencode(inside),))
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
    wanted = msgspec.json.decode(greeting, type=_Greeting)
    folder = Path(os.fsdecode(bytes.fromhex(wanted.folder_hex)))
    return lambda _: msgspec.json.encode(list(try_walls(folder, wanted.limits)))


def try_walls(folder: Path, limits: Limits) -> Iterator[Trial]:
    """Try in this process what each wall forbids, in a folder with a readable `inside` and a forbidden file `outside`."""
    if sys.platform == "linux":
        yield _try("memory limit", "taking twice the memory", lambda: bytearray(2 * limits.memory_bytes))
    yield _try("open files limit", "opening too many files", lambda: _open_many(limits.open_files))
    yield _try(landlock.NAME, "reading outside", (folder / "outside").read_bytes)
    yield _try(landlock.NAME, "writing a file", lambda: (folder / "inside" / "new").write_bytes(b""))
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


def _open_many(allowed: int) -> None:
    kept: list[int] = []
    try:
        kept.extend(os.open(os.devnull, os.O_RDONLY) for _ in range(allowed + 1))
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
