"""Which of Dask's errors mean that the connection went."""

import logging

import pytest

from geoverify.cluster.dask_cluster import DaskCluster
from geoverify.cluster.orders import LostConnection

pytest.importorskip("distributed", reason="needs the extra geoverify[dask]")


def test_a_closed_comm_is_a_lost_connection_and_a_full_disk_is_not(monkeypatch):
    import distributed
    from distributed.comm.core import CommClosedError

    monkeypatch.setattr(distributed, "Client", lambda *_, **__: None)
    DaskCluster("tcp://127.0.0.1:1")
    assert isinstance(CommClosedError("gone"), LostConnection)
    assert not isinstance(OSError(28, "full"), LostConnection)


@pytest.mark.parametrize("name", ["distributed.client", "tornado.application"])
def test_dask_logs_nothing_once_a_cluster_is_used(monkeypatch, name):
    import distributed

    # As its own configuration leaves it when it is loaded.
    logger = logging.getLogger(name)
    monkeypatch.setattr(logger, "level", logging.WARNING)
    monkeypatch.setattr(distributed, "Client", lambda *_, **__: None)
    DaskCluster("tcp://127.0.0.1:1")
    assert not logger.isEnabledFor(logging.ERROR)
