import datetime as dt
import os
import time
from pathlib import Path

import msgspec
import pytest
from builders.scenes import SETTINGS

from geoverify import batch
from geoverify.batch import discover_files, verify_batch
from geoverify.errors import MissingToolError, UsageError
from geoverify.register.load import resolve_register
from geoverify.worker import Job

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
JPEG = b"\xff\xd8\xff\xd9"
# Loaded by every worker at its start: files with these names stand for what kills or stalls a decoder.
SABOTAGE = """
import os, time
import geoverify.verify as verify
real = verify.verify_file
def sabotaged(path, kit, examined_at):
    name = os.fsencode(path.name)
    if b"crash" in name:
        os.abort()
    if b"hang" in name:
        time.sleep(600)
    if b"eats" in name:
        bytearray(1 << 40)
    return real(path, kit, examined_at)
verify.verify_file = sabotaged
"""


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


def test_a_file_that_kills_stalls_or_starves_its_worker_is_a_row_and_its_neighbours_are_unharmed(tmp_path, monkeypatch):
    saboteur = tmp_path / "python"
    saboteur.mkdir()
    (saboteur / "sitecustomize.py").write_text(SABOTAGE)
    monkeypatch.setenv("PYTHONPATH", str(saboteur))
    media = tmp_path / "media"
    media.mkdir()
    names = [*(f"{number:02d}.jpg" for number in range(12)), "03-crash.jpg", "05-hang.jpg", "07-eats.jpg"]
    for name in names:
        (media / name).write_bytes(JPEG)
    settings = msgspec.structs.replace(SETTINGS, file_time_limit_s=3.0)
    started = time.monotonic()
    reports = run(discover_files([media]), settings=settings)
    assert time.monotonic() - started < 60
    assert [Path(report.media.path).name for report in reports] == sorted(names)
    codes = {Path(report.media.path).name: {problem.code for problem in report.problems} for report in reports}
    assert "decoder-crashed" in codes.pop("03-crash.jpg")
    assert "time-limit" in codes.pop("05-hang.jpg")
    assert "decoder-crashed" in codes.pop("07-eats.jpg")
    assert not any({"decoder-crashed", "time-limit"} & found for found in codes.values())
    assert all(report.media.digest is not None for report in reports)


def test_a_worker_that_died_while_it_waited_costs_no_more_than_a_row(tmp_path):
    (tmp_path / "a.jpg").write_bytes(JPEG)
    worker = batch._Worker(job())
    try:
        worker.verify(tmp_path / "a.jpg")
        worker._process.kill()
        worker._process.wait()
        assert [problem.code for problem in worker.verify(tmp_path / "a.jpg").problems] == ["decoder-crashed"]
        assert "decoder-crashed" not in {problem.code for problem in worker.verify(tmp_path / "a.jpg").problems}
    finally:
        worker.stop()


def test_a_worker_that_begins_after_its_pool_was_closed_is_ended(tmp_path):
    worker = batch._Worker(job())
    worker.stop()
    with pytest.raises(MissingToolError):
        worker.verify(tmp_path / "a.jpg")
    assert worker._process is None


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
