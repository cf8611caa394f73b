"""A cluster made up of functions for tests of what the client does, and a real one of processes on the loopback."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from geoverify.cluster.orders import Order, Reply
from geoverify.cluster.worker import carry_out

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class ScriptedCluster:
    """Carries out orders in this process; `behave` may answer in its place, or say how an order fails."""

    folder: Path
    places: int = 2
    behave: Callable[[int, Order], bytes | BaseException | None] = lambda number, order: None
    orders: list[Order] = field(default_factory=list)
    avoided: list[frozenset[str]] = field(default_factory=list)
    shipped: int = 0
    reconnected: int = 0

    def submit(self, order: bytes, avoiding: frozenset[str]) -> Future[bytes]:
        decoded = msgspec.json.decode(order, type=Order)
        self.orders.append(decoded)
        self.avoided.append(avoiding)
        future: Future[bytes] = Future()
        said = self.behave(len(self.orders), decoded)
        if isinstance(said, OSError):
            raise said
        if isinstance(said, BaseException):
            future.set_exception(said)
        else:
            future.set_result(carry_out(order, self.folder, "tcp://one") if said is None else said)
        return future

    def count_places(self) -> int:
        return self.places

    def adopt(self, parcel) -> None:
        pass

    def ship(self, parcel, sources) -> None:
        from geoverify.cluster.parcels import Shelf

        self.shipped += 1
        for file in parcel.files:
            Shelf(self.folder).receive(parcel, file.place, 0, sources[file.place].read_bytes())

    def reconnect(self) -> None:
        self.reconnected += 1


def reply(**said: object) -> bytes:
    """An encoded reply."""
    return msgspec.msgpack.encode(Reply(worker="tcp://one", **said))


def free_port() -> int:
    """A port of the loopback that nobody listens to."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class DaskProcesses:
    """A scheduler and workers as processes of their own, bound to the loopback, with their HTTP servers off."""

    def __init__(self, folder: Path, preload: Path | None = None, keys: Sequence[str] = (), protocol: str = "tcp") -> None:
        self.folder, self.port, self.keys = folder, free_port(), list(keys)
        self.address = f"{protocol}://127.0.0.1:{self.port}"
        self._preload = [] if preload is None else ["--preload", str(preload)]
        self.scheduler: subprocess.Popen[bytes] | None = None
        self.workers: list[subprocess.Popen[bytes]] = []

    def start(self, worker_count: int) -> None:
        protocol = self.address.partition(":")[0]
        options = ["--protocol", protocol, "--host", "127.0.0.1", "--port", str(self.port)]
        self.scheduler = self._run("dask_scheduler", *options)
        self.workers = []
        for _ in range(worker_count):
            self.add_worker()

    def add_worker(self) -> None:
        options = ["--nworkers", "1", "--nthreads", "1", "--no-nanny", "--host", "127.0.0.1"]
        options += ["--local-directory", str(self.folder), *self._preload]
        self.workers.append(self._run("dask_worker", self.address, *options))

    def _run(self, module: str, *options: str) -> subprocess.Popen[bytes]:
        quiet = ["--no-dashboard", "--preload", "geoverify.cluster.no_http"]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}
        with (self.folder / f"{module}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.{module}", *options, *quiet, *self.keys],
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
            )

    def wait(self, worker_count: int, seconds: float = 60.0) -> None:
        """Wait until so many workers have registered, as the scheduler's log tells."""
        end_s = time.monotonic() + seconds
        log = self.folder / "dask_scheduler.log"
        while log.read_text().count("Register worker") < worker_count:
            assert time.monotonic() < end_s, log.read_text()
            time.sleep(0.05)

    def stop(self) -> None:
        for process in (*self.workers, *([self.scheduler] if self.scheduler else [])):
            kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a process as a lost host does: without a word."""
    process.send_signal(signal.SIGKILL)
    process.wait()


@contextmanager
def dask_cluster(folder: Path, worker_count: int, **options: object) -> Iterator[DaskProcesses]:
    """A running cluster."""
    folder.mkdir()
    cluster = DaskProcesses(folder, **options)  # type: ignore[arg-type]
    cluster.start(worker_count)
    try:
        cluster.wait(worker_count)
        yield cluster
    finally:
        cluster.stop()


def listening_addresses(pid: int) -> list[str]:
    """The TCP addresses on which a process listens, by proc_pid_net(5)."""
    inodes = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        target = str(entry.readlink())
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    found = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            columns = line.split()
            if columns[3] == "0A" and columns[9] in inodes:
                found.append(columns[1].partition(":")[0])
    return found
