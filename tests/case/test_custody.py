"""The custody log: appended only, chained, and any change of it, of what is stored or of the footage is found."""

import json
import os
import random
import shutil
import sqlite3
import time
from contextlib import closing

import pytest
from builders.cases import INSIDE, fill, keep_reports
from builders.register import register, site, square, write_register

from geoverify import cli
from geoverify.case.checking import find_changes
from geoverify.case.custody import Kind, append, read_entries
from geoverify.case.schema import MIGRATIONS, connect
from geoverify.case.store import digest_parts, look_at_case, open_case
from geoverify.case.writers import name_process
from geoverify.errors import UsageError

FLIPS = 400


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A run over four photos, as it was left: the folder, and a copy of it."""
    folder = tmp_path_factory.mktemp("custody")
    fill(folder / "work" / "footage", 4)
    match = ["match", folder / "work" / "footage", "--sites", "demo", "--case", folder / "work" / "my.gvcase"]
    with pytest.raises(SystemExit) as ended:
        cli.run([*map(str, match), "--digest", "sha3-512", "--digest", "blake2b"])
    assert not ended.value.code
    shutil.copytree(folder / "work", folder / "kept")
    return folder


@pytest.fixture
def case(made):
    """The case, and its footage beside it, as the run left them."""
    shutil.rmtree(made / "work")
    shutil.copytree(made / "kept", made / "work")
    return made / "work" / "my.gvcase"


def test_a_run_is_in_the_log_from_start_to_end(case):
    with look_at_case(case) as opened:
        entries = list(read_entries(opened.connection))
    kinds = [entry.kind for entry in entries]
    # A slow machine stores what it has in between, too.
    assert [kind for kind in kinds[:-2] if kind != "stored"] == ["run", *["acquired"] * 4]
    assert kinds[-2:] == ["stored", "finished"]
    run, first = entries[0].body, entries[1].body
    assert run["registers"].keys() == {"demo.geojson"} and run["libraries"].keys() >= {"opencv-python"}
    assert run["settings_sha256"] and run["geoverify"] and run["command"] is not None
    assert (
        first["path"].endswith("IMG_00000.jpg")
        and first["size_bytes"] == (case.parent / "footage" / "IMG_00000.jpg").stat().st_size
    )
    assert {name: len(digest) for name, digest in first["digests"].items()} == {"sha256": 64, "sha3-512": 128, "blake2b": 128}
    assert entries[-1].body["reports"] == 4


def test_nothing_in_the_log_can_be_changed_or_deleted(case):
    connection = sqlite3.connect(case)
    for statement in ("UPDATE custody SET body = '{}'", "DELETE FROM custody"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(statement)
    connection.close()


def test_entries_that_were_changed_behind_the_programs_back_are_found(case):
    connection = sqlite3.connect(case)
    connection.execute("DROP TRIGGER custody_keeps_UPDATE")
    connection.execute("UPDATE custody SET at = '2020' || substr(at, 5) WHERE number = 3")
    connection.commit()
    connection.close()
    with look_at_case(case) as opened:
        assert "entry 3 is not what was written" in next(find_changes(opened))


def test_missing_entries_are_found(case):
    connection = sqlite3.connect(case)
    connection.execute("DROP TRIGGER custody_keeps_DELETE")
    connection.execute("DELETE FROM custody WHERE number IN (2, 3)")
    connection.commit()
    connection.close()
    with look_at_case(case) as opened:
        assert "entries 2 to 3 are missing" in next(find_changes(opened))


def test_bytes_that_were_read_in_two_ways_are_what_they_were_and_their_readings_are_not_to_be_swapped(case):
    path = case.parent / "footage" / "IMG_00000.jpg"
    with look_at_case(case) as opened:
        report = opened.read_report(path)
    keep_reports(case, {path: report}, {"six frames": b'{"problems":[]}', "one frame": b"{}"})
    with look_at_case(case) as opened:
        assert list(find_changes(opened)) == []
    with closing(sqlite3.connect(case)) as connection, connection:
        found = dict(connection.execute("SELECT reading, findings FROM content").fetchall())
        for reading, other in (("six frames", "one frame"), ("one frame", "six frames")):
            connection.execute("UPDATE content SET findings = ? WHERE reading = ?", (found[other], reading))
    with look_at_case(case) as opened:
        assert [line.partition(": ")[2] for line in find_changes(opened)] == [
            "what was read of these bytes is not what was stored"
        ] * 2


def test_older_entries_that_do_not_say_how_bytes_were_read_still_hold(case):
    with open_case(case) as opened:
        (digest,) = opened.connection.execute("SELECT digest FROM content LIMIT 1").fetchone()
        opened.connection.execute("INSERT INTO content VALUES (?, 'as once', '{}', 0)", (digest,))
        assert len(list(find_changes(opened))) == 1
        append(opened.connection, Kind.STORED, {"files": {}, "contents": {digest: digest_parts(b"{}")}})
        assert list(find_changes(opened)) == []


def contents_of(path):
    """Everything that a case says, or `None` where it cannot be read."""
    try:
        with look_at_case(path) as opened:
            return [
                opened.connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()
                for table in ("custody", "content", "file")
            ]
    except (sqlite3.DatabaseError, UnicodeDecodeError, UsageError):
        return None


def test_a_flipped_byte_anywhere_in_the_file_is_found_or_changes_nothing(case, tmp_path):
    data = case.read_bytes()
    rng = random.Random(20260117)
    before = contents_of(case)
    changed = tmp_path / "changed.gvcase"
    missed = []
    for place in rng.sample(range(len(data)), FLIPS):
        changed.write_bytes(data[:place] + bytes([data[place] ^ (1 << rng.randrange(8))]) + data[place + 1 :])
        try:
            with look_at_case(changed) as opened:
                found = list(find_changes(opened))
        except UsageError as error:
            found = [str(error)]
        if not found and contents_of(changed) != before:
            missed.append(place)
    # Columns that speed up the next run (stamps, keys, verdicts in the list) are not evidence and not in the log.
    assert [place for place in missed if not only_working_columns(changed, data, place, before, rng)] == []


def only_working_columns(path, data, place, before, rng):
    for bit in range(8):
        path.write_bytes(data[:place] + bytes([data[place] ^ (1 << bit)]) + data[place + 1 :])
        now = contents_of(path)
        if now is None or now[0] != before[0] or now[1] != before[1]:
            continue
        evidence = [[(row[0], *row[7:11]) for row in rows[2]] for rows in (before, now)]
        if evidence[0] != evidence[1]:
            return False
    return True


def test_a_flipped_byte_in_the_footage_is_found(case, run):
    path = case.parent / "footage" / "IMG_00002.jpg"
    data = bytearray(path.read_bytes())
    for place in random.Random(1).sample(range(len(data)), 20):
        flipped = bytearray(data)
        flipped[place] ^= 1
        path.write_bytes(flipped)
        code, out, _ = run("custody", "verify", case)
        assert (code, out.count("IMG_00002.jpg: changed since it was acquired (blake2b, sha256, sha3-512 differs)")) == (1, 1)
    path.write_bytes(data)
    assert run("custody", "verify", case)[0] == 0


def test_footage_that_moved_is_found_and_what_is_missing_is_told(case, tmp_path, run):
    moved = tmp_path / "elsewhere" / "footage"
    moved.parent.mkdir()
    (case.parent / "footage").rename(moved)
    code, out, _ = run("custody", "verify", case)
    assert (code, out.count("missing")) == (1, 4)
    assert run("custody", "verify", case, "--media", moved.parent)[0] == 0
    (moved / "IMG_00001.jpg").unlink()
    code, out, _ = run("custody", "verify", case, "--media", moved.parent)
    assert (code, out.splitlines()) == (1, [f"{case.parent / 'footage' / 'IMG_00001.jpg'}: missing under {moved.parent}"])


def test_the_list_for_a_time_stamp_covers_the_log_and_every_file(case, tmp_path, run):
    target = tmp_path / "digests.txt"
    assert run("custody", "verify", case, "--timestamp-file", target)[0] == 0
    lines = target.read_text().splitlines()
    with look_at_case(case) as opened:
        *_, last = read_entries(opened.connection)
    assert lines[0].startswith(last.digest)
    assert len(lines) == 5
    assert run("custody", "verify", case, "--timestamp-file", target)[0] == 2


def test_a_judgement_is_an_entry_of_its_own(case, tmp_path, run):
    file = case.parent / "footage" / "IMG_00000.jpg"
    assert run("case", "decide", case, file, "--judgement", "gate compared", "--by", "RK", "--site", "DM01")[0] == 0
    with look_at_case(case) as opened:
        *_, last = read_entries(opened.connection)
    assert (last.kind, last.body["judgement"], last.body["by"], last.body["site"]) == ("decided", "gate compared", "RK", "DM01")
    assert run("custody", "verify", case)[0] == 0
    assert run("case", "decide", case, tmp_path / "no.jpg", "--judgement", "x", "--by", "RK")[0] == 2


def test_a_bundle_opens_elsewhere_and_a_changed_one_is_refused(case, tmp_path, run):
    bundle = tmp_path / "bundle"
    assert run("case", "export-bundle", case, "-o", bundle, "--sites", "demo", "--with-media")[0] == 0
    assert len((bundle / "data" / "reports.jsonl").read_text().splitlines()) == 4
    assert len(list((bundle / "data" / "media").iterdir())) == 5
    opened = tmp_path / "opened.gvcase"
    assert run("case", "import", bundle, "-o", opened)[0] == 0
    assert run("custody", "verify", opened)[0] == 0
    assert "4 files: 4 consistent" in run("case", "status", opened)[1]
    assert run("case", "import", bundle, "-o", opened)[0] == 2
    victim = bundle / "data" / "reports.jsonl"
    victim.write_bytes(victim.read_bytes().replace(b"consistent", b"consisTent", 1))
    code, _, err = run("case", "import", bundle, "-o", tmp_path / "more.gvcase")
    assert (code, "is no whole bundle" in err) == (2, True)
    assert not (tmp_path / "more.gvcase").exists()


def test_vacuum_loses_nothing(case, run):
    before = contents_of(case)
    assert run("case", "vacuum", case)[0] == 0
    assert contents_of(case) == before


def test_only_match_makes_cases(run, tmp_path):
    for command in (("case", "status"), ("case", "vacuum"), ("case", "retry"), ("custody", "verify")):
        code, _, err = run(*command, tmp_path / "no.gvcase")
        assert (code, "no such case" in err) == (2, True)
    assert list(tmp_path.iterdir()) == []


def test_an_older_case_is_brought_to_the_newest_version(tmp_path):
    path = tmp_path / "old.gvcase"
    old = sqlite3.connect(path)
    old.executescript(MIGRATIONS[0])
    old.execute("PRAGMA application_id = 0x67766373")
    old.execute("PRAGMA user_version = 1")
    append(old, Kind.OPENED, {"kept": True})
    old.commit()
    old.close()
    before = path.read_bytes()
    with look_at_case(path) as case:
        assert [entry.body for entry in read_entries(case.connection)] == [{"kept": True}]
    assert path.read_bytes() == before
    with pytest.raises(UsageError, match="another version"), look_at_case(path, takes_older=False):
        pass
    with closing(sqlite3.connect(path)) as writing:
        writing.execute("INSERT INTO writer VALUES (?, ?)", (name_process(os.getpid()), time.time() + 60))
        writing.commit()
        with pytest.raises(UsageError, match="is writing to"), open_case(path):
            pass
        assert writing.execute("PRAGMA user_version").fetchone() == (1,)
        writing.execute("DELETE FROM writer")
        writing.commit()
    with open_case(path) as case:
        assert case.connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
        assert [entry.body for entry in read_entries(case.connection)] == [{"kept": True}]


def test_a_damaged_tail_of_the_log_file_costs_at_most_what_was_not_counted(case, tmp_path):
    """The write-ahead log is cut, zeroed or flipped at its end, as a crash of the machine leaves it."""
    source = connect(case)
    source.execute("PRAGMA wal_autocheckpoint = 0")
    for number in range(50):
        source.execute("BEGIN IMMEDIATE")
        append(source, Kind.DECIDED, {"number": number})
        source.execute("COMMIT")
    rng = random.Random(5)
    wal = case.with_name(f"{case.name}-wal").read_bytes()
    for number in range(50):
        copy = tmp_path / f"copy{number}.gvcase"
        shutil.copy(case, copy)
        tail = rng.randrange(1, len(wal) // 4)
        damage = (wal[:-tail], wal[:-tail] + bytes(tail), wal[:-tail] + bytes(byte ^ 255 for byte in wal[-tail:]))[number % 3]
        copy.with_name(f"{copy.name}-wal").write_bytes(damage)
        with open_case(copy) as opened:
            assert opened.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert not [line for line in find_changes(opened) if "custody log" in line]
            kept = [entry.body["number"] for entry in read_entries(opened.connection) if entry.kind == "decided"]
            assert kept == list(range(len(kept)))
    source.close()


def test_of_a_copy_to_pass_on_the_verdict_is_made_again_and_what_it_is_is_told(tmp_path, run):
    fill(tmp_path / "footage", 2)
    sites = write_register(tmp_path / "r.geojson", register(site("A1", square(*INSIDE))))
    reports = tmp_path / "r.json"
    run("match", tmp_path / "footage", "--sites", sites, "--json", reports, "--share")
    listed = json.loads(reports.read_bytes())
    listed["reports"][1]["verdict"] |= {"kind": "inconclusive", "site_codes": []}
    reports.write_text(json.dumps(listed))
    code, out, err = run("verify-report", reports, "--media", tmp_path / "footage", "--sites", sites)
    assert (code, out.count(": the verdict is the same"), out.count(": another verdict")) == (1, 1, 1), out
    assert "inconclusive in the copy, consistent A1 now" in out
    assert "copies to pass on" in err and "show CASE FILE --json and --salt" in err
    (tmp_path / "footage" / "IMG_00000.jpg").unlink()
    (tmp_path / "footage" / "IMG_00001.jpg").unlink()
    assert run("verify-report", reports, "--media", tmp_path / "footage", "--sites", sites)[0] == 3


def test_a_report_is_made_again_and_differences_are_explained(case, tmp_path, run):
    reports = tmp_path / "r.json"
    run("match", case.parent / "footage", "--sites", "demo", "--json", reports)
    code, out, _ = run("verify-report", reports, "--media", case.parent / "footage")
    assert (code, out.count(": the same")) == (0, 4)
    code, out, _ = run("verify-report", reports, "--media", case.parent / "footage", "--sites", "cambodia-2025")
    assert (code, out.count("because: another register or edition")) == (1, 4)
    victim = case.parent / "footage" / "IMG_00000.jpg"
    victim.write_bytes((case.parent / "footage" / "IMG_00001.jpg").read_bytes())
    (case.parent / "footage" / "IMG_00003.jpg").unlink()
    code, out, _ = run("verify-report", reports, "--media", case.parent / "footage")
    assert (code, out.count(": the same"), out.count(": missing")) == (1, 2, 1)
    assert "because: the file has other bytes" in out
    listed = json.loads(reports.read_bytes())
    listed["reports"][1]["versions"]["geoverify"] = "0.0.1"
    listed["reports"][1]["verdict"]["kind"] = "inconclusive"
    reports.write_text(json.dumps(listed))
    assert "because: other versions (geoverify 0.0.1 →" in run("verify-report", reports, "--media", case.parent / "footage")[1]
