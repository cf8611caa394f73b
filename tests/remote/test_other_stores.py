"""`gs://` and `sftp://` against real servers on the loopback, where somebody has installed what that needs."""

import json
import os
from pathlib import Path

import pytest
from builders.cases import photo
from builders.other_stores import PASSWORD, gs_store, sftp_server

from geoverify.register.load import resolve_register

pytest.importorskip("fsspec", reason="needs the extra geoverify[remote]")
SIDECAR = b'{"title": "a.jpg", "photoTakenTime": {"timestamp": "1700000000"}}'
FILES = {
    "case/a.jpg": photo(1),
    "case/a.jpg.json": SIDECAR,
    "case/b c.jpg": photo(2),
    "case/deep/d.jpg": photo(3) + bytes(3 << 20),
}


def check(run, tmp_path, base):
    case, there = tmp_path / "my.gvcase", tmp_path / "there.json"
    call = ("match", f"{base}/case", "--sites", f"{base}/sites.geojson", "--case", case, "--json", there, "--jobs", "1")
    code, _, err = run(*call)
    assert code == 0, err
    found = {report["media"]["path"].rpartition("/case/")[2]: report for report in json.loads(there.read_bytes())["reports"]}
    verdicts = {
        name: (report["verdict"]["kind"], [use["reader"] for use in report["sidecars"]]) for name, report in found.items()
    }
    assert verdicts == {
        "a.jpg": ("consistent", ["takeout"]),
        "a.jpg.json": ("inconclusive", []),
        "b c.jpg": ("consistent", []),
        "deep/d.jpg": ("consistent", []),
    }
    assert "in the case: 4 kept" in run(*call)[2]
    assert PASSWORD.encode() not in case.read_bytes() + there.read_bytes()


def test_a_google_store_is_matched(run, tmp_path, monkeypatch):
    pytest.importorskip("gcsfs", reason="needs the extra geoverify[remote-gs]")
    pytest.importorskip("gcp_storage_emulator", reason="needs gcp-storage-emulator")
    with gs_store(FILES | {"sites.geojson": resolve_register("demo").read_bytes()}) as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        check(run, tmp_path, "gs://footage")


def test_a_server_with_ssh_is_matched_and_its_links_are_not_followed(run, tmp_path):
    pytest.importorskip("paramiko", reason="needs paramiko")
    for name, data in (FILES | {"sites.geojson": resolve_register("demo").read_bytes()}).items():
        (tmp_path / "served" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "served" / name).write_bytes(data)
    with sftp_server(tmp_path / "served") as url:
        check(run, tmp_path, url)
        (tmp_path / "served" / "link.jpg").symlink_to(Path(os.devnull))
        there = tmp_path / "link.json"
        run("match", f"{url}/link.jpg", "--sites", "demo", "--json", there, "--jobs", "1")
        (report,) = json.loads(there.read_bytes())["reports"]
        assert [problem["code"] for problem in report["problems"]] == ["link"]
        code, _, err = run("match", f"{url.replace(PASSWORD, 'wrong')}/case", "--jobs", "1")
        assert (code, "Authentication failed" in err, "wrong" in err) == (2, True, False)
