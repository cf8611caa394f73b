"""`match` over URLs: what is elsewhere is matched as if it were here, and nothing of the way stays behind."""

import hashlib
import json
import os
import shutil
import signal
import tempfile
import time
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest
from builders.cases import fill, photo, start
from builders.stores import SECRET, build_zip, s3_store

from geoverify import batch, cli
from geoverify.register.load import resolve_register
from geoverify.remote.stage import PREFIX

pytest.importorskip("s3fs", reason="needs the extra geoverify[remote]")
TAKEOUT = {"title": "IMG_00000.jpg", "photoTakenTime": {"timestamp": "1700000000"}}


@pytest.fixture(autouse=True)
def _own_temporary_folder(tmp_path, monkeypatch):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setattr(tempfile, "tempdir", None)


@pytest.fixture
def run(run, tmp_path):
    def call(*args):
        said = run(*args, "--jobs", "1")
        assert list((tmp_path / "temporary").glob(f"{PREFIX}*")) == []
        return said

    return call


@pytest.fixture
def register(tmp_path):
    return shutil.copy(resolve_register("demo"), tmp_path / "alone.geojson")


def reports_of(path):
    return json.loads(path.read_bytes())["reports"]


def values_of(report):
    """What a report says, without what depends on where the file lies: its path, and the time of the file system."""
    kept = [item for item in report["observations"] if item["provenance"]["reader"] != "filesystem"]
    said = [(item["value"], item["provenance"]) for item in kept]
    return report["media"]["digest"], report["verdict"], report["scores"], report["sidecars"], said


@pytest.fixture
def export(tmp_path):
    """An export with a file and its sidecar, a listing above its media, and a file that is no footage."""
    folder = tmp_path / "export"
    fill(folder, 2)
    (folder / "IMG_00000.jpg.json").write_text(json.dumps(TAKEOUT))
    (folder / "photos").mkdir()
    (folder / "photos" / "photo_1.jpg").write_bytes(photo(7))
    message = {"id": 1, "type": "message", "date": "2024-01-01T00:00:00", "photo": "photos/photo_1.jpg", "text": "hello"}
    (folder / "result.json").write_text(json.dumps({"name": "chat", "id": 1, "messages": [message]}))
    return folder


def files_of(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_an_archive_is_matched_as_its_folder_is(run, tmp_path, export, register):
    archive = build_zip(tmp_path / "export.zip", files_of(export))
    here, there = tmp_path / "here.json", tmp_path / "there.json"
    assert run("match", export, "--sites", register, "--json", here)[0] == 0
    assert run("match", f"zip://{archive}", "--sites", register, "--json", there)[0] == 0
    plain = {Path(report["media"]["path"]).name: report for report in reports_of(here)}
    packed = {Path(report["media"]["path"]).name: report for report in reports_of(there)}
    assert list(packed) == [Path(name).name for name in files_of(export)]
    for name, report in packed.items():
        assert values_of(report) == values_of(plain[name])
        assert report["media"]["path"].startswith(f"zip://{archive}/")
    assert [use["reader"] for use in packed["IMG_00000.jpg"]["sidecars"]] == ["takeout"]
    assert [(use["reader"], use["path"]) for use in packed["photo_1.jpg"]["sidecars"]] == [("telegram", "../result.json")]
    assert PREFIX not in there.read_text()


def test_answers_about_files_elsewhere_count_for_the_bound_of_what_waits(run, tmp_path, export, register, monkeypatch):
    waiting = []
    count = batch._Desk._count

    def watched(desk, size_bytes):
        count(desk, size_bytes)
        waiting.append(desk._waiting_bytes)

    monkeypatch.setattr(batch._Desk, "_count", watched)
    archive = build_zip(tmp_path / "export.zip", files_of(export))
    assert run("match", f"zip://{archive}", export, "--sites", register)[0] == 0
    assert (min(waiting), waiting[-1]) == (0, 0)


def test_an_archive_that_is_made_to_harm_costs_rows_and_nothing_else(run, tmp_path, register):
    members = {"../../evil.jpg": photo(1), "a/good.jpg": photo(2), "bomb.jpg": bytes(80 << 20), "n" * 300 + ".jpg": photo(3)}
    archive = build_zip(tmp_path / "bad.zip", members)
    there = tmp_path / "there.json"
    code, _, _ = run("match", f"zip://{archive}", "--sites", register, "--json", there)
    assert code == 0
    codes = {report["media"]["path"].rpartition("/")[2]: report["problems"] for report in reports_of(there)}
    assert len(codes) == 4
    assert codes["good.jpg"] == codes["evil.jpg"] == codes["n" * 300 + ".jpg"] == []
    assert [problem["code"] for problem in codes["bomb.jpg"]] == ["cannot-fetch"]
    assert "a bomb" in codes["bomb.jpg"][0]["message"]
    assert not list(tmp_path.rglob("evil.jpg"))
    archive.write_bytes(archive.read_bytes()[:-30])
    code, _, err = run("match", f"zip://{archive}", "--sites", register)
    assert (code, "bad.zip: cannot be listed" in err) == (2, True)


def test_an_archive_is_never_written_over(run, tmp_path, register):
    archive = build_zip(tmp_path / "a 1.zip", {"a/b.jpg": photo(1)})
    before, case = archive.read_bytes(), tmp_path / "my.gvcase"
    code, _, err = run("match", f"zip://{archive}", "--sites", register, "--case", case, "-o", archive, "--format", "csv")
    assert (code, "holds inputs of this run" in err, archive.read_bytes() == before) == (2, True, True)
    assert run("match", f"zip://{archive}", "--sites", register, "--case", case)[0] == 0
    with pytest.raises(SystemExit) as ended:
        cli.run(["export", str(case), "-o", str(archive), "--format", "csv"])
    assert (ended.value.code, archive.read_bytes() == before) == (2, True)


def test_a_name_that_no_disk_takes_is_a_row_and_one_that_comes_twice_stops_the_run(run, tmp_path, register):
    there = tmp_path / "there.json"
    archive = build_zip(tmp_path / "deep.zip", {"/".join(["n" * 100] * 60) + "/a.jpg": photo(1), "b.jpg": photo(2)})
    assert run("match", f"zip://{archive}", "--sites", register, "--json", there)[0] == 0
    codes = {
        report["media"]["path"].rpartition("/")[2]: [item["code"] for item in report["problems"]] for report in reports_of(there)
    }
    assert codes == {"a.jpg": ["cannot-fetch"], "b.jpg": []}
    with zipfile.ZipFile(archive, "a") as more, pytest.warns(UserWarning, match="Duplicate name"):
        more.writestr("b.jpg", photo(3))
    code, _, err = run("match", f"zip://{archive}", "--sites", register)
    assert (code, "b.jpg: is in the archive more than once" in err) == (2, True)


def test_an_archive_without_members_is_an_empty_folder(run, tmp_path, register):
    archive = build_zip(tmp_path / "empty.zip", {})
    code, _, err = run("match", f"zip://{archive}", "--sites", register)
    assert (code, "not in the archive" in err) == (3, False)


def test_names_that_are_nearly_the_same_are_rows_of_their_own_with_their_own_bytes(run, tmp_path, register):
    names = ("a.jpg", "/a.jpg", "//a.jpg", "./a.jpg", "d/a.jpg", "d//a.jpg", "%2F/a.jpg", "A.jpg")
    archive = build_zip(tmp_path / "near.zip", {name: photo(number) for number, name in enumerate(names)})
    there = tmp_path / "there.json"
    assert run("match", f"zip://{archive}", "--sites", register, "--json", there)[0] == 0
    found = {report["media"]["path"].partition("near.zip/")[2]: report["media"]["digest"]["hex"] for report in reports_of(there)}
    shown = ("a.jpg", "%2F/a.jpg", "%2F/%2F/a.jpg", "%2E/a.jpg", "d/a.jpg", "d/%2F/a.jpg", "%252F/a.jpg", "A.jpg")
    assert found == {name: hashlib.sha256(photo(number)).hexdigest() for number, name in enumerate(shown)}


@pytest.mark.parametrize(
    "words",
    [
        ("custody", "verify", "sftp://ann:hunter2@host/my.gvcase"),
        ("show", "s3://ann:hunter2@host/my.gvcase", "a.jpg"),
        ("case", "decide", "s3://ann:hunter2@host/my.gvcase", "a.jpg"),
        ("rematch", "my.gvcase", "--json=s3://ann:hunter2@host/b.json?sig=hunter2"),
        ("match", "a.jpg", "--sidecar", "s3://ann:hunter2@host/t.csv"),
        ("match", __file__, "--engine", "dask", "--scheduler", "tcp://ann:hunter2@127.0.0.1:1"),
    ],
)
def test_a_url_where_none_is_taken_is_refused_without_its_password(run, words):
    code, out, err = run(*words)
    assert (code, out, "hunter2" in err) == (2, "", False)
    assert "may lie elsewhere" in err or "knows no users" in err


def test_a_url_of_a_file_of_this_machine_is_that_file(run, tmp_path, register):
    paths = fill(tmp_path / "a b", 1)
    there = tmp_path / "there.json"
    code, _, _ = run("match", f"file://{tmp_path}/a%20b", "--sites", register, "--json", there)
    assert code == 0
    assert [report["media"]["path"] for report in reports_of(there)] == [str(paths[0])]


@pytest.mark.parametrize(
    ("url", "code", "words"),
    [
        ("http://example.org/a.jpg", 2, "no scheme that is read here; there are s3, gs, sftp, file, zip"),
        ("file://elsewhere/a.jpg", 2, "names another machine"),
        ("zip:///nowhere.txt", 2, "names no .zip file"),
        ("zip://::zip://::a.zip", 2, "an archive in an archive"),
        ("sftp://ann:hunter2@host/a.jpg", 4, "pip install paramiko"),
        ("gs://bucket/a.jpg", 4, "geoverify[remote-gs]"),
    ],
)
def test_a_url_that_cannot_be_read_is_refused_in_words_without_its_password(run, monkeypatch, url, code, words):
    # Where somebody has installed them, they would reach for the network.
    monkeypatch.setattr(
        "geoverify.remote.addresses.find_spec", lambda name: None if name in ("gcsfs", "paramiko") else find_spec(name)
    )
    found, out, err = run("match", url)
    assert (found, out) == (code, "")
    assert words in err and "hunter2" not in err


def test_a_store_is_matched_without_a_trace_of_its_keys_and_a_second_run_fetches_nothing(run, tmp_path, export, monkeypatch):
    with s3_store(tmp_path) as store:
        for name, value in store.environment.items():
            monkeypatch.setenv(name, value)
        store.put("footage")
        for name, data in files_of(export).items():
            store.put(f"footage/case 1/{name}", data)
        store.put("footage/case 1/odd?#name.jpg", photo(9))
        store.put("footage/case 1/empty.jpg")
        store.put("footage/case 1/folder/")
        store.put("footage/demo.geojson", resolve_register("demo").read_bytes())
        case, there = tmp_path / "my.gvcase", tmp_path / "there.json"
        call = ["match", "s3://footage/case 1", "--sites", "s3://footage/demo.geojson", "--case", case, "--json", there]
        code, out, err = run(*call)
        assert (code, "in the case: 7 read" in err) == (0, True), err
        assert out.startswith("in s3://footage/case 1\n")
        by_name = {report["media"]["path"].removeprefix("s3://footage/case 1/"): report for report in reports_of(there)}
        assert list(by_name) == [
            *("IMG_00000.jpg", "IMG_00000.jpg.json", "IMG_00001.jpg", "empty.jpg", "odd%3F%23name.jpg", "photos/photo_1.jpg"),
            "result.json",
        ]
        assert {report["registers"][0]["path"] for report in by_name.values()} == {"s3://footage/demo.geojson"}
        assert by_name["odd%3F%23name.jpg"]["verdict"]["kind"] == "consistent"
        assert [use["reader"] for use in by_name["photos/photo_1.jpg"]["sidecars"]] == ["telegram"]
        assert by_name["empty.jpg"]["problems"][0]["message"].startswith("s3://footage/case 1/empty.jpg: ")
        for kept in (case, there):
            assert SECRET.encode() not in kept.read_bytes() and PREFIX.encode() not in kept.read_bytes()
        monkeypatch.setattr("geoverify.remote.stage.Stage.hold", lambda *_: pytest.fail("a file was fetched again"))
        assert "in the case: 7 kept" in run(*call)[2]


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_killed_run_leaves_a_copy_that_the_next_one_deletes_and_a_stopped_one_leaves_none(run, tmp_path, register, sent):
    # So large a member takes long enough to be copied.
    archive = build_zip(tmp_path / "large.zip", {"large.jpg": photo(1) + os.urandom(1 << 20) * 60})
    folder = tmp_path / "temporary"
    process = start("match", f"zip://{archive}", "--sites", register)
    end_s = time.monotonic() + 60
    while not list(folder.rglob("large.jpg")):
        assert process.poll() is None and time.monotonic() < end_s, process.communicate()
        time.sleep(0.005)
    os.killpg(process.pid, sent)
    process.communicate(timeout=60)
    if sent != signal.SIGKILL:
        assert process.returncode == (130 if sent == signal.SIGINT else 143)
        assert list(folder.iterdir()) == []
        return
    assert list(folder.glob(f"{PREFIX}*"))
    small = build_zip(tmp_path / "small.zip", {"a.jpg": photo(1)})
    # `run` asserts that nothing is left.
    assert run("match", f"zip://{small}", "--sites", register)[0] == 0


def test_the_log_of_a_case_holds_the_command_without_its_passwords(run, tmp_path, register, monkeypatch):
    paths = fill(tmp_path / "footage", 1)
    case = tmp_path / "my.gvcase"
    monkeypatch.setattr("sys.argv", ["geoverify", "match", "sftp://ann:hunter2@host/x?sig=abcdef", "--case", str(case)])
    assert run("match", paths[0], "--sites", register, "--case", case)[0] == 0
    assert b"sftp://host/x" in case.read_bytes()
    assert b"hunter2" not in case.read_bytes() and b"abcdef" not in case.read_bytes()


def test_a_missing_library_is_named_with_its_extra(run, monkeypatch):
    monkeypatch.setattr("geoverify.remote.addresses.find_spec", lambda _: None)
    code, _, err = run("match", "s3://bucket/a.jpg")
    assert (code, "pip install 'geoverify[remote]'" in err) == (4, True)


@pytest.mark.parametrize(
    ("options", "word"), [(["-o", "x.kmz", "--thumbnails"], "--thumbnails"), (["--digest", "blake2b"], "--digest")]
)
def test_what_would_fetch_each_file_again_is_refused(run, tmp_path, monkeypatch, options, word):
    monkeypatch.chdir(tmp_path)
    archive = build_zip(tmp_path / "a.zip", {"a.jpg": photo(1)})
    code, _, err = run("match", f"zip://{archive}", *options)
    assert (code, f"{word} is for files of this machine" in err) == (2, True)
