"""Runs over a case: what they keep, what they do again, and what survives a kill, a full disk and a second process."""

import csv
import datetime as dt
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from builders.cases import fill, photo, start

from geoverify import casework
from geoverify.case.store import open_case
from geoverify.model import Problem
from geoverify.register.load import resolve_register
from geoverify.settings import Settings
from geoverify.verify import reading_of_unopened
from geoverify.worker import Job, prepare_kit, weigh


@pytest.fixture
def case(tmp_path):
    return tmp_path / "my.gvcase"


def rows_of(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def match(run, folder, case, *more):
    return run("match", folder, "--sites", "demo", "--case", case, "--csv", case.with_suffix(".csv"), *more)


def test_a_second_run_keeps_every_report(run, tmp_path, case):
    fill(tmp_path / "footage", 5)
    code, out, err = match(run, tmp_path / "footage", case)
    assert (code, "5 read" in err) == (0, True)
    before = rows_of(case.with_suffix(".csv"))
    code, again, err = match(run, tmp_path / "footage", case)
    assert (code, "in the case: 5 kept" in err) == (0, True)
    assert again == out
    assert rows_of(case.with_suffix(".csv")) == before
    assert len(before) == 5


def test_no_worker_is_started_where_nothing_is_to_be_done(run, tmp_path, case, monkeypatch):
    fill(tmp_path / "footage", 3)
    match(run, tmp_path / "footage", case)
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("a worker was started"))
    assert match(run, tmp_path / "footage", case)[0] == 0


def test_a_renamed_and_a_copied_file_are_not_read_twice(run, tmp_path, case):
    paths = fill(tmp_path / "footage", 3)
    match(run, tmp_path / "footage", case)
    paths[0].rename(paths[0].with_name("renamed.jpg"))
    shutil.copy(paths[1], paths[1].with_name("copy.jpg"))
    _, _, err = match(run, tmp_path / "footage", case)
    assert "in the case: 2 kept, 2 read beside the bytes" in err
    rows = {row["file"].rpartition("/")[2]: row for row in rows_of(case.with_suffix(".csv"))}
    assert sorted(rows) == ["IMG_00001.jpg", "IMG_00002.jpg", "copy.jpg", "renamed.jpg"]
    assert {row["verdict"] for row in rows.values()} == {"consistent"}


def test_so_many_copies_are_digested_so_many_times_and_not_their_square(run, tmp_path, case, monkeypatch):
    digested = []
    digest = casework._digest_media
    monkeypatch.setattr(casework, "_digest_media", lambda path, *rest: digested.append(path) or digest(path, *rest))
    (first,) = fill(tmp_path / "footage", 1)
    for number in range(20):
        shutil.copy(first, first.with_name(f"copy {number:02d}.jpg"))
    _, _, err = match(run, tmp_path / "footage", case)
    assert "in the case: 1 read, 20 read beside the bytes" in err
    assert len(digested) == 20
    assert len(rows_of(case.with_suffix(".csv"))) == 21


def test_copies_whose_bytes_cannot_be_had_are_tried_once_more_each_and_no_more(tmp_path, case):
    (first,) = fill(tmp_path / "footage", 1)
    files = [first, *(Path(shutil.copy(first, first.with_name(f"copy {number}.jpg"))) for number in range(6))]
    problem = Problem(code="not-on-worker", message="nobody sees it", where="cluster")
    passes = []

    class Nobody:
        def answer(self, tasks, paths, job):
            passes.append([])
            for path, _ in tasks:
                passes[-1].append(path)
                yield path, weigh(reading_of_unopened(path, problem), kit, job.examined_at)

    job = Job(registers=[str(resolve_register("demo"))], settings=Settings(), examined_at=dt.datetime(2026, 1, 17, tzinfo=dt.UTC))
    kit = prepare_kit(job)
    with open_case(case) as opened:
        steps = list(casework.update_case(opened, files, job, Nobody(), casework.Plan()))
    assert (len(steps), len(passes)) == (7, 3)
    assert sorted(path for given in passes for path in given) == sorted(files)


def test_copies_in_a_first_run_are_read_once_and_keep_their_own_names(run, tmp_path, case):
    folder = tmp_path / "footage"
    folder.mkdir()
    for name in ("IMG-20251010-WA0004.jpg", "other.jpg", "third.jpg"):
        (folder / name).write_bytes(photo(0))
    report = tmp_path / "r.json"
    _, _, err = match(run, folder, case, "--json", report)
    assert "in the case: 1 read, 2 read beside the bytes" in err
    listed = json.loads(report.read_bytes())["reports"]
    texts = [
        [item["provenance"]["raw"] for item in one["observations"] if item["provenance"]["reader"] == "filename"]
        for one in listed
    ]
    assert [any("WA0004" in raw for raw in raws) for raws in texts] == [True, False, False]


def test_a_changed_file_is_read_again(run, tmp_path, case):
    paths = fill(tmp_path / "footage", 2)
    match(run, tmp_path / "footage", case)
    paths[0].write_bytes(photo(99))
    assert "in the case: 1 kept, 1 read" in match(run, tmp_path / "footage", case)[2]


def test_trusted_times_spare_the_digest_and_miss_what_hides_behind_them(run, tmp_path, case):
    paths = fill(tmp_path / "footage", 2)
    match(run, tmp_path / "footage", case)
    paths[1].write_bytes(photo(7))
    assert "in the case: 1 kept, 1 read" in match(run, tmp_path / "footage", case, "--trust-mtime")[2]
    assert "in the case: 2 kept" in match(run, tmp_path / "footage", case, "--trust-mtime")[2]


def test_a_new_sidecar_is_read_without_the_media(run, tmp_path, case):
    paths = fill(tmp_path / "footage", 2)
    match(run, tmp_path / "footage", case)
    paths[0].with_name(f"{paths[0].name}.json").write_text(
        json.dumps({"title": paths[0].name, "photoTakenTime": {"timestamp": "1"}})
    )
    err = match(run, tmp_path / "footage", case)[2]
    assert "1 kept" in err and "1 read beside the bytes" in err


def test_another_register_weighs_anew_without_the_media(run, tmp_path, case):
    paths = fill(tmp_path / "footage", 2)
    # Without references beside it: what pictures are compared with is read from them.
    shutil.copy(resolve_register("demo"), tmp_path / "alone.geojson")
    run("match", tmp_path / "footage", "--sites", tmp_path / "alone.geojson", "--case", case)
    for path in paths:
        os.utime(path, ns=(0, path.stat().st_mtime_ns))
    report = tmp_path / "r.json"
    code, _, err = run("match", tmp_path / "footage", "--sites", "cambodia-2025", "--case", case, "--json", report)
    assert (code, "in the case: 2 weighed anew" in err) == (0, True)
    fresh = tmp_path / "fresh.json"
    run("match", tmp_path / "footage", "--sites", "cambodia-2025", "--json", fresh)
    old, new = (json.loads(path.read_bytes())["reports"] for path in (report, fresh))
    for one, other in zip(old, new, strict=True):
        assert one | {"created_at": ""} == other | {"created_at": ""}


def test_what_left_the_folder_stays_in_the_case(run, tmp_path, case):
    fill(tmp_path / "footage", 3)
    match(run, tmp_path / "footage", case)
    shutil.rmtree(tmp_path / "footage")
    assert "3 files: 3 consistent" in run("case", "status", case)[1]


def test_the_case_may_lie_in_the_folder(run, tmp_path):
    fill(tmp_path / "footage", 2)
    case = tmp_path / "footage" / "my.gvcase"
    for told in ("2 read", "2 kept"):
        code, _, err = run("match", tmp_path / "footage", "--sites", "demo", "--case", case)
        assert (code, told in err) == (0, True)


def test_killed_at_any_moment_it_goes_on_and_every_file_has_one_row(run, tmp_path, case):
    count = 60
    fill(tmp_path / "footage", count)
    rng = random.Random(20260117)
    for _ in range(6):
        process = start("match", tmp_path / "footage", "--sites", "demo", "--case", case, "--jobs", "2")
        time.sleep(rng.uniform(0.1, 1.6))
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    code, out, err = match(run, tmp_path / "footage", case)
    assert code == 0, (out, err)
    rows = rows_of(case.with_suffix(".csv"))
    assert (code, len(rows), len({row["file"] for row in rows})) == (0, count, count)
    code, out, err = run("custody", "verify", case)
    assert code == 0, (out, err)


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_run_keeps_what_is_done_and_says_how_to_go_on(tmp_path, case, sent, code):
    count = 3000
    fill(tmp_path / "footage", count)
    process = start("match", tmp_path / "footage", "--sites", "demo", "--case", case, "--jobs", "1")
    while not case.exists() or not sqlite_count(case):
        assert process.poll() is None
        time.sleep(0.05)
    # As a terminal and systemd do: to the program and its workers alike, of which none may be told as a crash or stay behind.
    os.killpg(process.pid, sent)
    _, err = process.communicate(timeout=60)
    assert process.returncode == code
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
    assert problems_in(case) == {""}
    assert b"run the same command again" in err
    assert 0 < sqlite_count(case) < count


def problems_in(case):
    with sqlite3.connect(f"file:{case}?mode=ro", uri=True) as connection:
        return {problems for (problems,) in connection.execute("SELECT problems FROM file")}


def sqlite_count(case):
    try:
        connection = sqlite3.connect(f"file:{case}?mode=ro", uri=True)
        try:
            return connection.execute("SELECT count(*) FROM file").fetchone()[0]
        finally:
            connection.close()
    except sqlite3.Error:
        return 0


def test_a_second_writer_is_refused_and_readers_work_meanwhile(run, tmp_path, case):
    from geoverify.case.store import open_case

    fill(tmp_path / "footage", 2)
    match(run, tmp_path / "footage", case)
    with open_case(case):
        code, _, err = match(run, tmp_path / "footage", case)
        assert (code, "is writing to this case" in err) == (2, True)
        code, out, _ = run("case", "status", case)
        assert (code, "2 files" in out) == (0, True)
    assert match(run, tmp_path / "footage", case)[0] == 0


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="mounting a small disk needs root on Linux")
def test_a_full_disk_is_told_and_nothing_counted_is_lost(run, tmp_path):
    fill(tmp_path / "footage", 400)
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk], check=False, capture_output=True).returncode:
        pytest.skip("no small disk can be mounted here")
    try:
        case = disk / "my.gvcase"
        code, _, err = run("match", tmp_path / "footage", "--sites", "demo", "--case", case, "--jobs", "2")
        assert (code, "the disk is full; make room" in err) == (2, True)
        kept = sqlite_count(case)
        assert 0 < kept < 400
        subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
        code, _, err = run("match", tmp_path / "footage", "--sites", "demo", "--case", case)
        assert (code, f"{kept} kept" in err) == (0, True)
        assert sqlite_count(case) == 400
    finally:
        subprocess.run(["umount", "-l", disk], check=False)
    assert Path(tmp_path / "footage").is_dir()


def test_a_file_that_was_given_up_is_not_tried_again_until_asked(run, tmp_path, case):
    folder = tmp_path / "footage"
    fill(folder, 2)
    match(run, folder, case)
    connection = sqlite3.connect(case)
    connection.execute("UPDATE file SET problems = 'decoder-crashed' WHERE CAST(path AS TEXT) LIKE '%00001.jpg'")
    connection.commit()
    connection.close()
    assert "2 kept" in match(run, folder, case)[2]
    assert run("case", "retry", case)[1].startswith("1 file will be read again")
    assert "1 kept, 1 read" in match(run, folder, case)[2]


def test_a_foreign_database_and_a_newer_case_are_refused(run, tmp_path, case):
    fill(tmp_path / "footage", 1)
    other = tmp_path / "other.db"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE mine (a)")
    connection.close()
    code, _, err = match(run, tmp_path / "footage", other)
    assert (code, "not a geoverify case" in err) == (2, True)
    match(run, tmp_path / "footage", case)
    connection = sqlite3.connect(case)
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    code, _, err = match(run, tmp_path / "footage", case)
    assert (code, "newer version" in err) == (2, True)
