"""Where `match` has its files read: in worker processes of this machine, or on a Dask cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geoverify.errors import UsageError
from geoverify.text import escape_controls

if TYPE_CHECKING:
    from geoverify.batch import Engine
    from geoverify.cluster.dask_cluster import Keys
    from geoverify.remote.catalogue import Catalogue


class EngineKind(StrEnum):
    """What does the work."""

    LOCAL = "local"
    DASK = "dask"


EngineOption = Annotated[
    EngineKind, typer.Option("--engine", help="Have this machine do the work, or a Dask cluster (needs geoverify[dask]).")
]
SchedulerOption = Annotated[
    str | None,
    typer.Option("--scheduler", metavar="ADDRESS", help="With --engine dask: its scheduler, like tls://10.0.0.5:8786."),
]
TlsCaOption = Annotated[
    Path | None, typer.Option("--tls-ca", metavar="FILE", help="With tls://: the certificate of the cluster's authority, PEM.")
]
TlsCertOption = Annotated[
    Path | None, typer.Option("--tls-cert", metavar="FILE", help="With tls://: the certificate of this client, PEM.")
]
TlsKeyOption = Annotated[Path | None, typer.Option("--tls-key", metavar="FILE", help="With tls://: the key of that, PEM.")]
_IN_CLEAR = (
    "tcp:// is not encrypted: others in that network can read what is sent and run programs on the cluster; use tls:// with keys"
)


def check_engine(kind: EngineKind, scheduler: str | None, keys: tuple[Path | None, Path | None, Path | None]) -> str | None:
    """The scheduler's address where a cluster does the work; raises `UsageError` for options that do not go together."""
    if kind is EngineKind.LOCAL:
        if scheduler is not None or any(keys):
            raise UsageError("--scheduler and --tls-… are about clusters; give --engine dask with them")
        return None
    if scheduler is None:
        raise UsageError("--engine dask needs the address of a scheduler; give --scheduler tcp://HOST:PORT")
    if any(keys) and not all(keys):
        raise UsageError("--tls-ca, --tls-cert and --tls-key go together; give all three, or none and a Dask configuration")
    for path in keys:
        if path is not None and not path.is_file():
            raise UsageError(f"{escape_controls(str(path))}: no such file; check the name of the key or certificate")
    return scheduler


@contextmanager
def open_engine(
    scheduler: str | None, keys: tuple[Path | None, Path | None, Path | None], jobs: int, catalogue: Catalogue
) -> Iterator[Engine]:
    """What answers the tasks of a run; a cluster is connected to as long as the context lasts, and is left running."""
    from geoverify.batch import LocalEngine

    if scheduler is None:
        yield LocalEngine(jobs, catalogue)
        return
    from geoverify.cluster.dask_cluster import DaskCluster, check_address, is_in_clear
    from geoverify.cluster.dispatch import ClusterEngine

    check_address(scheduler, _read_keys(keys))
    if is_in_clear(scheduler):
        typer.echo(_IN_CLEAR, err=True)
    with DaskCluster(scheduler, _read_keys(keys)) as cluster:
        yield ClusterEngine(cluster, catalogue)


def _read_keys(keys: tuple[Path | None, Path | None, Path | None]) -> Keys | None:
    from geoverify.cluster.dask_cluster import Keys

    ca, cert, key = keys
    return None if ca is None else Keys(ca=str(ca), cert=str(cert), key=str(key))
