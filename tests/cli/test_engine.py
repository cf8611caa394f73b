"""Options that choose what does the work; what the work then is, tests/cluster looks at."""

import pytest
from typer.testing import CliRunner

from geoverify.cli import app, engine
from geoverify.cluster import dask_cluster
from geoverify.errors import GeoverifyError, MissingToolError


def call(tmp_path, *options):
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff\xd9")
    done = CliRunner().invoke(app, ["match", str(tmp_path / "a.jpg"), *options])
    error = done.exception
    return (error.exit_code, str(error)) if isinstance(error, GeoverifyError) else (done.exit_code, done.output)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--engine", "dask"], "needs the address of a scheduler"),
        (["--scheduler", "tcp://127.0.0.1:8786"], "give --engine dask with them"),
        (["--engine", "dask", "--scheduler", "tls://127.0.0.1:1", "--tls-ca", "x.pem"], "go together"),
        (["--engine", "dask", "--scheduler", "127.0.0.1"], "not an address"),
        (["--engine", "dask", "--scheduler", "http://127.0.0.1:8786"], "not an address"),
        *(
            (["--engine", "dask", "--scheduler", address], "not an address")
            for address in (
                "tcp://h",
                "tcp://h:x",
                "tcp://h:0",
                "tcp://h:99999",
                "tcp://[::1",
                "TCP://h:1",
                "tcp://h:1/a",
                "tcp://h:1?a",
            )
        ),
        (
            ["--engine", "dask", "--scheduler", "tls://h:1", *(f"--tls-{name}=x.pem" for name in ("ca", "cert", "key"))],
            "no such file",
        ),
    ],
)
def test_options_that_do_not_go_together_are_refused(tmp_path, monkeypatch, options, words):
    monkeypatch.chdir(tmp_path)
    code, message = call(tmp_path, *options)
    assert (code, words in message) == (2, True), message


def test_keys_are_for_encrypted_addresses(tmp_path):
    (tmp_path / "x.pem").write_text("")
    keys = [f"--tls-{name}={tmp_path / 'x.pem'}" for name in ("ca", "cert", "key")]
    code, message = call(tmp_path, "--engine", "dask", "--scheduler", "tcp://127.0.0.1:1", *keys)
    assert (code, "write tls://127.0.0.1:1" in message) == (2, True), message


def test_a_missing_library_is_named_with_its_extra(tmp_path, monkeypatch):
    monkeypatch.setattr(dask_cluster, "find_spec", lambda _: None)
    code, message = call(tmp_path, "--engine", "dask", "--scheduler", "tcp://127.0.0.1:1")
    assert (code, "pip install 'geoverify[dask]'" in message) == (4, True), message


def test_a_scheduler_that_does_not_answer_is_told_in_one_line(tmp_path, monkeypatch):
    pytest.importorskip("distributed", reason="needs the extra geoverify[dask]")
    monkeypatch.setattr(dask_cluster, "CONNECT_S", 0.5)
    with pytest.raises(MissingToolError, match="no scheduler answers"):
        dask_cluster.DaskCluster("tcp://127.0.0.1:1")


def test_an_encrypted_address_without_keys_is_refused_in_words(tmp_path, monkeypatch):
    pytest.importorskip("distributed", reason="needs the extra geoverify[dask]")
    import dask

    monkeypatch.setattr(dask_cluster, "CONNECT_S", 0.5)
    code, message = call(tmp_path, "--engine", "dask", "--scheduler", "tls://127.0.0.1:1")
    assert (code, "give --tls-ca, --tls-cert and --tls-key" in message) == (2, True), message
    # Keys that a configuration names are tried.
    key = str(tmp_path / "none.pem")
    with dask.config.set({"distributed.comm.tls.ca-file": key, "distributed.comm.tls.client.cert": key}):
        code, message = call(tmp_path, "--engine", "dask", "--scheduler", "tls://127.0.0.1:1")
    assert (code, "check the address, the keys" in message) == (4, True), message


@pytest.mark.parametrize(
    ("address", "is_told"),
    [
        ("tcp://10.0.0.5:8786", True),
        ("tcp://127.0.0.1:8786", False),
        ("tcp://localhost:1", False),
        ("tls://10.0.0.5:8786", False),
    ],
)
def test_a_connection_in_the_clear_is_told(address, is_told):
    assert dask_cluster.is_in_clear(address) is is_told


def test_without_a_scheduler_this_machine_does_the_work():
    with engine.open_engine(None, (None, None, None), 2, {}) as local:
        assert type(local).__name__ == "LocalEngine"
