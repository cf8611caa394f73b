import datetime as dt
import json
import os
import socket
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

import msgspec
import pytest
from builders.scenes import SETTINGS

from geoverify import batch
from geoverify.batch import discover_files, verify_batch
from geoverify.errors import UsageError
from geoverify.isolation import landlock
from geoverify.isolation.pool import run_tasks
from geoverify.register.load import resolve_register
from geoverify.verify import verify_file
from geoverify.worker import Done, Job, Task, prepare_kit

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
JPEG = b"\xff\xd8\xff\xd9"
TESTS = Path(__file__).resolve().parent
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits this")


def job(register=None, settings=SETTINGS):
    return Job(registers=[str(register or resolve_register("demo"))], settings=settings, examined_at=NOW)


def run(files, jobs=2, settings=SETTINGS):
    return list(verify_batch(files, job(settings=settings), jobs))


def test_every_kind_of_entry_is_listed_once_in_a_stable_order(tmp_path):
    (tmp_path / "b").mkdir()
    for name in ("a.jpg", "b/c.jpg", ".hidden"):
        (tmp_path / name).write_bytes(JPEG)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "dangling").symlink_to("nowhere")
    files = discover_files([tmp_path, tmp_path / "a.jpg", tmp_path / "b" / ".." / "a.jpg"])
    names = [str(path.relative_to(tmp_path)) for path in files]
    assert names == [".hidden", "a.jpg", "dangling", "loop", "pipe", "b/c.jpg"]


def test_a_link_that_leads_nowhere_is_a_row(tmp_path):
    for name, target in (("dangling", "nowhere"), ("loop", "loop")):
        (tmp_path / name).symlink_to(target)
        files = discover_files([tmp_path / name])
        assert files == [tmp_path / name]
        (report,) = run(files)
        assert [problem.code for problem in report.problems] == ["link"]


def test_a_folder_that_cannot_be_listed_is_a_row(tmp_path, monkeypatch):
    (tmp_path / "closed").mkdir()
    (tmp_path / "a.jpg").write_bytes(JPEG)
    real = os.scandir

    def refuse(path):
        if os.fspath(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert [path.name for path in discover_files([tmp_path])] == ["a.jpg", "closed"]


def test_a_missing_path_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        discover_files([tmp_path / "nowhere"])


def test_one_report_a_file_in_order_whatever_the_file_is(tmp_path):
    names = ["a.jpg", "b.txt", "empty", "z\n\x1b[31m.jpg", os.fsdecode(b"\xff\xfe.jpg"), "x" * 251 + ".jpg"]
    for name in names:
        (tmp_path / name).write_bytes(b"" if name == "empty" else b"hello" if name == "b.txt" else JPEG)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link.jpg").symlink_to("a.jpg")
    files = discover_files([tmp_path])
    reports = run(files)
    assert len(reports) == len(files) == 8
    by_name = {Path(report.media.path).name: report for report in reports}
    codes = {name: [problem.code for problem in report.problems] for name, report in by_name.items()}
    assert codes["b.txt"] == ["not-footage"]
    assert codes["empty"] == ["empty-file"]
    assert codes["pipe"] == ["not-a-file"]
    assert codes["link.jpg"] == ["link"]
    assert "\\xff\\xfe.jpg" in by_name
    assert by_name["\\xff\\xfe.jpg"].media.path_bytes_hex == os.fsencode(files[-1]).hex()


@pytest.fixture
def poisoned(monkeypatch):
    """Workers that crash, hang or eat memory at files whose names say so."""
    monkeypatch.setenv("PYTHONPATH", str(TESTS))
    monkeypatch.setattr(batch, "WORKER_MODULE", "builders.poisoned_worker")


def codes_of(reports):
    return {Path(report.media.path).name: [problem.code for problem in report.problems] for report in reports}


@on_linux
def test_a_file_that_kills_stalls_or_starves_its_worker_is_a_row_and_its_neighbours_are_unharmed(tmp_path, poisoned):
    poison = {
        "03-crash.jpg": "decoder-crashed",
        "05-hang.jpg": "time-limit",
        "06-spin.jpg": "time-limit",
        "07-eats.jpg": "memory-limit",
    }
    names = [*(f"{number:02d}.jpg" for number in range(40)), *poison]
    for name in names:
        (tmp_path / name).write_bytes(JPEG)
    settings = msgspec.structs.replace(SETTINGS, file_time_limit_s=2.0, worker_memory_bytes=1 << 30)
    started = time.monotonic()
    reports = run(discover_files([tmp_path]), settings=settings)
    assert time.monotonic() - started < 60
    assert [Path(report.media.path).name for report in reports] == sorted(names)
    codes = codes_of(reports)
    for name, code in poison.items():
        assert codes.pop(name)[0] == code
    assert not any({*poison.values()} & {*found} for found in codes.values())
    assert all(report.media.digest is not None for report in reports)
    crash = next(report for report in reports if "crash" in report.media.path)
    assert "SIGSEGV" in crash.problems[0].message
    assert "tried 2×" in crash.problems[0].message


def test_neighbours_of_poison_have_the_reports_that_they_have_without_it(tmp_path, poisoned):
    files = []
    for name in ("a.jpg", "b-crash.jpg", "c.jpg"):
        files.append(tmp_path / name)
        files[-1].write_bytes(JPEG)
    among = run(files, jobs=1)
    alone = run([files[0], files[2]], jobs=1)
    assert [among[0], among[2]] == alone


@on_linux
def test_a_file_that_even_resists_being_digested_is_a_row(tmp_path, poisoned, monkeypatch):
    (tmp_path / "crash.jpg").write_bytes(JPEG)
    monkeypatch.setenv("POISON_DIGESTS", "1")
    (report,) = run([tmp_path / "crash.jpg"])
    assert [problem.code for problem in report.problems][:1] == ["decoder-crashed"]
    assert report.media.digest is None


@pytest.mark.parametrize("lie", ["not json", "another file", "two lines"])
def test_a_worker_that_answers_nonsense_has_lost_its_file(tmp_path, poisoned, monkeypatch, lie):
    monkeypatch.setenv("POISON_ANSWERS", lie)
    for name in ("a.jpg", "b-lies.jpg", "c.jpg"):
        (tmp_path / name).write_bytes(JPEG)
    reports = run(discover_files([tmp_path]), jobs=1)
    assert [Path(report.media.path).name for report in reports] == ["a.jpg", "b-lies.jpg", "c.jpg"]
    codes = codes_of(reports)
    assert "decoder-crashed" not in codes["a.jpg"]
    if lie != "two lines":
        assert codes["b-lies.jpg"][0] == "decoder-crashed"


def test_a_file_over_the_limit_is_a_row_and_is_not_read(tmp_path):
    with (tmp_path / "monster.mp4").open("wb") as file:
        file.write(JPEG)
        # Sparse: a terabyte that takes no room.
        file.truncate(1 << 40)
    (tmp_path / "a.jpg").write_bytes(JPEG)
    started = time.monotonic()
    reports = run(discover_files([tmp_path]))
    assert time.monotonic() - started < 30
    assert codes_of(reports)["monster.mp4"] == ["too-large"]
    assert "--max-size" in reports[1].problems[0].message


def test_links_loops_and_special_files_are_rows_with_a_reason(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.jpg").write_bytes(JPEG)
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "file.jpg").symlink_to(outside / "secret.jpg")
    (inside / "folder").symlink_to(outside)
    (inside / "loop").symlink_to(inside)
    (inside / "self.jpg").symlink_to("self.jpg")
    os.mkfifo(inside / "pipe.mp4")
    with closing(socket.socket(socket.AF_UNIX)) as listening:
        listening.bind(str(inside / "socket.mov"))
        files = discover_files([inside])
        reports = run([*files, Path("/dev/zero"), Path("/dev/tty")])
    codes = codes_of(reports)
    assert [codes[name] for name in ("file.jpg", "folder", "loop", "self.jpg")] == [["link"]] * 4
    assert codes["pipe.mp4"] == ["not-a-file"]
    assert {*codes["socket.mov"], *codes["zero"], *codes["tty"]} <= {"cannot-open", "not-a-file"}
    assert all(report.problems[0].message for report in reports)
    assert len(reports) == 8


@on_linux
def test_a_folder_that_becomes_a_link_leads_nowhere(tmp_path, poisoned):
    # Between the listing of a folder and the reading of its files an attacker may put a link in its place.
    for name in ("inside", "outside"):
        (tmp_path / name / "sub").mkdir(parents=True)
        (tmp_path / name / "sub" / "a.jpg").write_bytes(JPEG)
    files = discover_files([tmp_path / "inside"])
    spec = batch.describe_worker(files, job())
    (tmp_path / "inside" / "sub").rename(tmp_path / "inside" / "was")
    (tmp_path / "inside" / "sub").symlink_to(tmp_path / "outside" / "sub")
    if landlock.supported_abi() < 1:
        pytest.skip("this kernel has no Landlock")
    spec = msgspec.structs.replace(spec, readable=(*spec.readable, os.fsencode(tmp_path / "inside")))
    (answer,) = run_tasks(spec, [msgspec.json.encode(Task(path_hex=os.fsencode(files[0]).hex()))])
    assert msgspec.json.decode(answer, type=Done).problem_codes == ("cannot-open",)


def test_a_listing_above_the_media_is_read_behind_the_wall(tmp_path):
    # An export's listing lies above its media; a worker may read that one file there, and nothing beside it.
    media = tmp_path / "export" / "photos" / "photo_1.jpg"
    media.parent.mkdir(parents=True)
    media.write_bytes(JPEG)
    (tmp_path / "export" / "result.json").write_text("{}")
    readable = batch.describe_worker([media], job()).readable
    assert os.fsencode(media.parent) in readable
    assert os.fsencode(tmp_path / "export" / "result.json") in readable
    assert os.fsencode(tmp_path / "export") not in readable


def test_a_listing_is_read_for_media_in_a_folder_that_a_link_leads_to(tmp_path):
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "photo_1.jpg").write_bytes(JPEG)
    export = tmp_path / "export"
    export.mkdir()
    (export / "photos").symlink_to(tmp_path / "store")
    message = {"id": 1, "type": "message", "date": "2024-01-01T00:00:00", "photo": "photos/photo_1.jpg", "text": "hello"}
    (export / "result.json").write_text(json.dumps({"name": "chat", "id": 1, "messages": [message]}))
    (report,) = run(discover_files([export / "photos"]))
    assert [use.reader for use in report.sidecars] == ["telegram"]


def test_folders_inside_one_another_are_allowed_once(tmp_path):
    for folder in ("a", "a/b", "a/b/c", "d"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.jpg").write_bytes(JPEG)
    readable = batch.describe_worker(discover_files([tmp_path]), job()).readable
    assert [path for path in readable if path.startswith(os.fsencode(tmp_path))] == [
        os.fsencode(tmp_path / name) for name in ("a", "d")
    ]


def test_the_walls_hide_nothing_that_honest_footage_and_its_sidecars_say(request):
    folders = [TESTS.parent / "samples" / "media"]
    with suppress(pytest.skip.Exception):
        folders.append(request.getfixturevalue("shared") / "corpora" / "metadata")
    files = discover_files(folders)
    kit = prepare_kit(job())
    assert run(files) == [verify_file(path, kit, NOW) for path in files]


def test_a_register_that_cannot_be_read_stops_the_batch_with_its_message(tmp_path):
    (tmp_path / "a.jpg").write_bytes(JPEG)
    bad = tmp_path / "bad.geojson"
    bad.write_text("{}")
    with pytest.raises(UsageError, match=r"bad\.geojson"):
        list(verify_batch([tmp_path / "a.jpg"], job(bad), 1))


def test_modules_in_the_folder_of_downloads_are_not_imported(tmp_path, monkeypatch):
    (tmp_path / "msgspec.py").write_text("raise SystemExit('imported from the download folder')")
    (tmp_path / "a.jpg").write_bytes(JPEG)
    monkeypatch.chdir(tmp_path)
    assert len(run([tmp_path / "a.jpg"])) == 1


def test_same_input_same_report(tmp_path):
    (tmp_path / "a.jpg").write_bytes(JPEG)
    assert run([tmp_path / "a.jpg"]) == run([tmp_path / "a.jpg"])
