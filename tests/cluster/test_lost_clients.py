"""What a client that was killed leaves behind, and how one that waits long for its cluster stays the writer of its case."""

import datetime as dt
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import Future

import pytest
from builders.cases import fill
from builders.clusters import ScriptedCluster
from builders.scenes import SETTINGS

from geoverify.case import store
from geoverify.case.store import open_case
from geoverify.casework import Plan, update_case
from geoverify.cluster import dispatch
from geoverify.cluster.dispatch import ClusterEngine
from geoverify.errors import MissingToolError
from geoverify.register.load import resolve_register
from geoverify.worker import Job

OPEN = """
import sys
from geoverify.case.store import open_case
with open_case(None):
    print(flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """Where temporary folders are made, here and in processes that are started."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


@pytest.mark.skipif(sys.platform == "win32", reason="needs the locks of POSIX")
def test_the_case_of_a_killed_run_is_deleted_by_the_next_one_and_that_of_a_running_one_is_not(temporary):
    with subprocess.Popen([sys.executable, "-c", OPEN], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        (held,) = temporary.iterdir()
        assert held.stat().st_mode & 0o077 == 0
        with open_case(None):
            assert (held / "run.gvcase").is_file()
            assert len(list(temporary.iterdir())) == 2
        assert list(temporary.iterdir()) == [held]
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert (held / "run.gvcase").is_file()
    with open_case(None):
        assert not held.exists()
    assert list(temporary.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs symbolic links")
def test_what_a_link_of_that_name_points_to_is_not_deleted(temporary, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "precious").touch()
    (temporary / f"{store.RUN_PREFIX}x").symlink_to(tmp_path / "mine")
    with open_case(None):
        pass
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["precious"]


def test_a_writer_that_waits_for_its_first_answer_stays_the_writer(tmp_path, monkeypatch):
    register = tmp_path / "alone.geojson"
    shutil.copy(resolve_register("demo"), register)
    job = Job(registers=[str(register)], settings=SETTINGS, examined_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    cluster = ScriptedCluster(tmp_path / "worker", places=0)
    monkeypatch.setattr(cluster, "submit", lambda *_: Future())
    monkeypatch.setattr(dispatch, "NO_WORKER_S", 0.0)
    monkeypatch.setattr(dispatch, "LOOK_INTERVAL_S", 0.01)
    with open_case(tmp_path / "my.gvcase") as case:
        # The lease was taken long ago, as both of its clocks tell.
        case.connection.execute("UPDATE writer SET expires_at = 1")
        case._renewed_at_s -= store.WRITER_LEASE_S / 2
        monkeypatch.setattr(case, "keep", lambda *_: None)
        with pytest.raises(MissingToolError, match="has had no worker"):
            list(update_case(case, fill(tmp_path / "footage", 1), job, ClusterEngine(cluster), Plan()))
        (expires_at,) = case.connection.execute("SELECT expires_at FROM writer").fetchone()
        assert expires_at > time.time() + store.WRITER_LEASE_S / 2
        written = case.connection.total_changes
        case.renew()
        assert case.connection.total_changes == written
