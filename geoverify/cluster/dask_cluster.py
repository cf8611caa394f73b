"""Dask as the cluster, in the only module that knows it; Dask finds what runs on workers there by the names that it has here."""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from geoverify.cluster.orders import LostConnection, Parcel
from geoverify.cluster.parcels import Shelf
from geoverify.cluster.worker import carry_out
from geoverify.errors import MissingToolError, UsageError
from geoverify.text import escape_controls
from geoverify.urls import hide_secrets

INSTALL = "pip install 'geoverify[dask]'"
# As Dask's own: a scheduler that is itself only starting, or on a busy machine, takes its time.
CONNECT_S = 30.0
# What a connection may take to close.
CLOSE_S = 10.0
# How long the list of workers is taken to hold.
WORKERS_S = 2.0
# A parcel goes through the scheduler in pieces that it has room for.
PIECE_BYTES = 8 << 20


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """Files in PEM form by which the client and the cluster trust each other."""

    ca: str
    cert: str
    key: str


def run_order(order: bytes) -> bytes:
    """On a worker: carry out an order."""
    from distributed import get_worker

    worker = get_worker()
    return carry_out(order, Path(worker.local_directory), worker.address)


def list_missing(parcel: bytes, dask_worker: Any) -> list[str]:
    """On a worker: what of a parcel it lacks."""
    return Shelf(Path(dask_worker.local_directory)).list_missing(msgspec.json.decode(parcel, type=Parcel))


def receive_piece(parcel: bytes, place: str, offset: int, piece: bytes, dask_worker: Any) -> None:
    """On a worker: keep a piece of a parcel's file."""
    Shelf(Path(dask_worker.local_directory)).receive(msgspec.json.decode(parcel, type=Parcel), place, offset, piece)


def drop_parcel(digest: str, dask_worker: Any) -> None:
    """On a worker: delete a parcel."""
    Shelf(Path(dask_worker.local_directory)).drop(digest)


class DaskCluster:
    """A connection to a Dask scheduler that listens already; the client itself listens to nothing."""

    def __init__(self, address: str, keys: Keys | None = None) -> None:
        """Raises `MissingToolError` where Dask is not installed or the scheduler does not answer."""
        if find_spec("distributed") is None:
            raise MissingToolError(f"--engine dask needs Dask; {INSTALL}")
        _quieten()
        self._address, self._keys = address, keys
        self._client: Any = None
        self._places: dict[str, int] = {}
        self._looked_at_s = 0.0
        self._adopted: set[str] = set()
        try:
            if keys is None:
                _check_configuration(address)
            self.reconnect()
        except OSError as error:
            raise MissingToolError(
                f"{escape_controls(address)}: no scheduler answers ({escape_controls(str(error))}); check the address, the keys "
                "and that it runs"
            ) from error

    def reconnect(self) -> None:
        """Reach the scheduler anew; raises `OSError` where it does not answer."""
        import distributed
        from distributed.comm.core import CommClosedError

        LostConnection.register(CommClosedError)
        self._let_go()
        security: Any = None
        if self._keys is not None:
            make_security: Any = distributed.Security
            security = make_security(
                tls_ca_file=self._keys.ca,
                tls_client_cert=self._keys.cert,
                tls_client_key=self._keys.key,
                require_encryption=True,
            )
        with warnings.catch_warnings():
            # Versions are compared by each worker, which refuses what does not fit.
            warnings.simplefilter("ignore")
            connect: Any = distributed.Client
            self._client = connect(self._address, timeout=CONNECT_S, security=security, set_as_default=False, name="geoverify")
        self._looked_at_s = 0.0

    def submit(self, order: bytes, avoiding: frozenset[str]) -> Future[bytes]:
        """Have a worker carry out an order, if possible none of those named; raises `OSError` without a connection."""
        self._look()
        options: dict[str, Any] = {"pure": False, "retries": 0}
        others = [worker for worker in self._places if worker not in avoiding]
        if avoiding and others:
            # Should all of them leave, the rest may do it all the same.
            options |= {"workers": others, "allow_other_workers": True}
        with _connection_errors():
            future: Future[bytes] = self._client.get_executor(**options).submit(run_order, order)
        return future

    def count_places(self) -> int:
        """How many orders can be under way at a time: the threads of all workers."""
        with suppress(OSError):
            self._look()
        return sum(self._places.values())

    def adopt(self, parcel: Parcel) -> None:
        """Have workers delete a parcel once the connection is closed, whoever shipped it: a killed client may have."""
        self._adopted.add(parcel.digest)

    def ship(self, parcel: Parcel, sources: dict[str, Path]) -> None:
        """Bring a parcel to every worker that lacks any of it: each piece goes to the scheduler once."""
        encoded = msgspec.json.encode(parcel)
        with _connection_errors():
            missing: dict[str, list[str]] = self._client.run(list_missing, encoded, on_error="ignore")
            for file in parcel.files:
                lacking = [worker for worker, places in missing.items() if file.place in places]
                if lacking:
                    self._send(encoded, file.place, sources[file.place], lacking)

    def _send(self, parcel: bytes, place: str, source: Path, workers: list[str]) -> None:
        offset = 0
        with source.open("rb") as file:
            while (piece := file.read(PIECE_BYTES)) or not offset:
                self._client.run(receive_piece, parcel, place, offset, piece, workers=workers, on_error="ignore")
                offset += len(piece)
                if not piece:
                    return

    def close(self) -> None:
        """Delete what workers keep of this run and let the scheduler go; it and its workers stay."""
        with suppress(Exception):
            for digest in self._adopted:
                self._client.run(drop_parcel, digest, on_error="ignore")
        self._let_go()

    def _let_go(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(Exception):
                client.close(timeout=CLOSE_S)

    def _look(self) -> None:
        if time.monotonic() - self._looked_at_s > WORKERS_S:
            with _connection_errors():
                self._places = self._client.nthreads()
            self._looked_at_s = time.monotonic()

    def __enter__(self) -> DaskCluster:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _quieten() -> None:
    """Have Dask log nothing: what goes wrong is told once, by the one who knows what it means for the run."""
    # Loading it gives some of its loggers levels of their own; Tornado tells of Dask's callbacks when a signal ends a wait.
    import distributed  # noqa: F401

    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] == "distributed" or name == "tornado.application":
            logging.getLogger(name).setLevel(logging.CRITICAL)


@contextmanager
def _connection_errors() -> Iterator[None]:
    """Turns what Dask's client raises without a connection into `OSError`."""
    try:
        yield
    except (RuntimeError, TimeoutError) as error:
        raise OSError(f"no connection to the scheduler ({error})") from error


def check_address(address: str, keys: Keys | None) -> None:
    """Refuse an address that does not go with the keys; raises `UsageError`."""
    shown = escape_controls(hide_secrets(address))
    try:
        parts = urlsplit(address)
        # Dask would take a missing port, a path or a scheme in capitals for something else, or wait for ever.
        is_whole = parts.port is not None and parts.port > 0 and address == f"{parts.scheme}://{parts.netloc}"
    except ValueError as error:
        raise UsageError(f"--scheduler {shown}: not an address ({error}); give one like tcp://10.0.0.5:8786") from error
    if "@" in parts.netloc:
        raise UsageError(f"--scheduler {shown}: Dask knows no users and passwords; give keys with --tls-cert and --tls-key")
    if parts.scheme not in ("tcp", "tls") or not parts.hostname or not is_whole:
        raise UsageError(f"--scheduler {shown}: not an address; give one like tcp://10.0.0.5:8786, or tls:// with keys")
    if keys is not None and parts.scheme != "tls":
        raise UsageError(f"--scheduler {shown}: keys are for tls:// addresses; write tls://{parts.netloc}")


def _check_configuration(address: str) -> None:
    """Refuse an encrypted address for which neither the options nor a Dask configuration name keys; raises `UsageError`."""
    import distributed

    make_security: Any = distributed.Security
    if urlsplit(address).scheme == "tls" and make_security().get_connection_args("client").get("ssl_context") is None:
        raise UsageError(
            f"--scheduler {escape_controls(address)}: needs keys; give --tls-ca, --tls-cert and --tls-key, or a Dask "
            "configuration that names them"
        )


def is_in_clear(address: str) -> bool:
    """Whether what is said to a scheduler can be read, and spoken, by others in the network."""
    host = urlsplit(address).hostname or ""
    return urlsplit(address).scheme == "tcp" and host not in ("localhost", "::1") and not host.startswith("127.")
