"""Runs of the program on a real Dask cluster: processes of this machine, on the loopback alone, with TLS."""

import csv
import datetime as dt
import ipaddress
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from builders.cases import photo, start
from builders.clusters import DaskProcesses, dask_cluster, kill, listening_addresses

from geoverify.register.load import resolve_register

pytest.importorskip("distributed", reason="needs the extra geoverify[dask]")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes and sockets as Linux shows them")
TESTS = Path(__file__).resolve().parents[1]
POISON = TESTS / "builders" / "poisoned_cluster.py"
COUNT = 12


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """A certificate that is its own authority, and its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    folder = tmp_path_factory.mktemp("keys")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "geoverify test")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - dt.timedelta(days=1), now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(key.private_bytes(*form))
    return folder / "cert.pem", folder / "key.pem"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory, keys):
    cert, key = map(str, keys)
    options = ["--tls-ca-file", cert, "--tls-cert", cert, "--tls-key", key]
    folder = tmp_path_factory.mktemp("cluster") / "dask"
    with dask_cluster(folder, 2, preload=POISON, keys=options, protocol="tls") as running:
        yield running


@pytest.fixture
def footage(tmp_path):
    """Photos of different sizes, so that none waits for another as its possible copy."""
    folder = tmp_path / "footage"
    folder.mkdir()
    (tmp_path / "alone.geojson").write_bytes(resolve_register("demo").read_bytes())
    for number in range(COUNT):
        (folder / f"{number:02d}-fine.jpg").write_bytes(photo(number) + bytes(number))
    return folder


def options_of(cluster: DaskProcesses, keys, folder: Path) -> list[str | Path]:
    cert, key = keys
    tls = ["--tls-ca", cert, "--tls-cert", cert, "--tls-key", key]
    case = ["--case", folder.parent / "my.gvcase", "--csv", folder.parent / "rows.csv", "--time-limit", "3"]
    return [
        *("match", folder, "--sites", folder.parent / "alone.geojson", *case),
        *("--engine", "dask", "--scheduler", cluster.address, *tls),
    ]


def check_rows(folder: Path) -> None:
    """Every file has one row, poison alone has its problem, and nothing was stored twice."""
    with (folder.parent / "rows.csv").open(newline="", encoding="utf-8") as file:
        rows = {Path(row["file"]).name: row for row in csv.DictReader(file)}
    assert list(rows) == sorted(path.name for path in folder.iterdir())
    for name, row in rows.items():
        expected = "time-limit" if "hang" in name else "decoder-crashed" if "crash" in name else ""
        assert row["problems"].partition(":")[0] == expected, (name, row["problems"])
        assert row["verdict"] == ("consistent" if "fine" in name else "inconclusive")
    with sqlite3.connect(folder.parent / "my.gvcase") as connection:
        bodies = connection.execute("SELECT body FROM custody WHERE kind = 'acquired'").fetchall()
        assert connection.execute("SELECT count(*) FROM file").fetchone() == (len(rows),)
    assert len({json.loads(body)["path"] for (body,) in bodies}) == len(bodies)


def count_files(case: Path) -> int:
    if not case.exists():
        return 0
    try:
        with sqlite3.connect(f"file:{case}?mode=ro", uri=True) as connection:
            return int(connection.execute("SELECT count(*) FROM file").fetchone()[0])
    except sqlite3.Error:
        return 0


def wait_for_files(case: Path, least: int, process: subprocess.Popen[bytes]) -> int:
    end_s = time.monotonic() + 120
    while (count := count_files(case)) < least:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end_s
        time.sleep(0.05)
    return count


def test_scheduler_and_workers_listen_on_the_loopback_alone_and_serve_no_http(cluster):
    for process in (cluster.scheduler, *cluster.workers):
        # 127.0.0.1 as the kernel writes it; the one socket is that of Dask's own protocol.
        assert listening_addresses(process.pid) == ["0100007F"]


def test_a_client_a_worker_and_the_scheduler_are_lost_and_no_file_is(cluster, keys, footage):
    case = footage.parent / "my.gvcase"
    # What hangs comes last, so that there is still something to lose.
    for number, poison in ((4, "crash"), (10, "hang")):
        (footage / f"{number:02d}-fine.jpg").rename(footage / f"{number:02d}-{poison}.jpg")
    process = start(*options_of(cluster, keys, footage))
    wait_for_files(case, 1, process)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    kept = count_files(case)
    assert 0 < kept < COUNT
    process = start(*options_of(cluster, keys, footage))
    wait_for_files(case, kept + 1, process)
    kill(cluster.workers.pop(0))
    cluster.stop()
    assert count_files(case) < COUNT
    assert process.poll() is None
    (cluster.folder / "dask_scheduler.log").unlink()
    cluster.start(2)
    out, err = process.communicate(timeout=200)
    assert process.returncode == 0, err
    # What Dask itself has to say of all that is no news to the user.
    assert b"Traceback" not in err and b"distributed" not in err
    assert b"%d files" % COUNT in out
    assert f"in the case: {kept} kept, {COUNT - kept} read".encode() in err
    check_rows(footage)
    # Registers say what is looked for: neither those workers that are there nor those that died keep one.
    assert not list(cluster.folder.rglob("alone.geojson"))
