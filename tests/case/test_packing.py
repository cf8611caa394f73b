"""Packed parts: they come back as they were, against whatever sample, and what is damaged is said to be."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from builders.cases import fill
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geoverify import cli
from geoverify.case import packing
from geoverify.case.checking import find_changes
from geoverify.case.packing import SAMPLE_BYTES, SMALLEST_PACKED, Packer
from geoverify.case.store import look_at_case, open_case

PART = b'{"verdict":"consistent","settings":{' + b",".join(b'"number_%d":%d' % (n, n * n) for n in range(60)) + b"}}"


@pytest.fixture
def connection(tmp_path):
    with open_case(tmp_path / "my.gvcase") as case:
        yield case.connection


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(st.binary(max_size=400) | st.just(PART), max_size=6))
def test_parts_come_back_as_they_were(connection, parts):
    # No JSON begins with the mark of a packed part.
    parts = [b"{" + part for part in parts]
    packed = Packer(connection).pack(parts, "any")
    assert list(map(Packer(connection).unpack, packed)) == parts


def test_parts_that_are_alike_take_little_room(connection):
    packer = Packer(connection)
    parts = [PART.replace(b"3481", b"%d" % number) for number in range(20)]
    packed = packer.pack(parts, "report x")
    assert max(map(len, packed)) < 60 < SMALLEST_PACKED
    assert [packer.unpack(part) for part in packed] == parts


def test_a_sample_is_made_once_for_a_kind_and_is_no_longer_than_deflate_can_look_back(connection):
    packer = Packer(connection)
    packer.pack([PART * 200, PART], "one")
    packer.pack([PART], "one")
    packer.pack([PART], "other")
    samples = connection.execute("SELECT likeness, length(text) FROM sample ORDER BY likeness").fetchall()
    assert samples == [("one", SAMPLE_BYTES), ("other", len(PART))]


def test_a_sample_that_was_rolled_back_is_made_again(connection):
    packer = Packer(connection)
    connection.execute("BEGIN")
    packer.pack([PART], "report x")
    connection.execute("ROLLBACK")
    other = PART.replace(b"consistent", b"ambiguous")
    (packed,) = packer.pack([other], "report x")
    assert Packer(connection).unpack(packed) == other


def test_what_an_older_version_stored_stays_readable(connection):
    assert Packer(connection).unpack("{}") == b"{}"
    assert Packer(connection).unpack(PART) == PART


@pytest.mark.parametrize("harm", ["cut", "changed", "no sample", "number", "other sample"])
def test_damage_is_said(connection, harm):
    (packed,) = Packer(connection).pack([PART], "report x")
    if harm == "no sample":
        connection.execute("DELETE FROM sample")
    if harm == "other sample":
        connection.execute("UPDATE sample SET text = ?", (PART[::-1],))
    harmed = {"cut": packed[:-6], "changed": packed[:20] + b"\xff" + packed[21:], "number": 7}.get(harm, packed)
    with pytest.raises(sqlite3.DatabaseError):
        Packer(connection).unpack(harmed)


def test_a_part_that_would_fill_the_memory_is_refused(connection, monkeypatch):
    (packed,) = Packer(connection).pack([b"{" + b" " * 100_000], "report x")
    monkeypatch.setattr(packing, "MAX_PART_BYTES", 10_000)
    with pytest.raises(sqlite3.DatabaseError, match="too large"):
        Packer(connection).unpack(packed)


def test_a_changed_packed_report_is_found(tmp_path):
    fill(tmp_path / "footage", 1)
    kept_case = tmp_path / "my.gvcase"
    with pytest.raises(SystemExit):
        cli.run(["match", str(tmp_path / "footage"), "--sites", "demo", "--case", str(kept_case), "--jobs", "1"])
    connection = sqlite3.connect(kept_case)
    (report,) = connection.execute("SELECT report FROM document").fetchone()
    connection.execute("UPDATE document SET report = ?", (report[:-5] + b"\0\0\0\0\0",))
    connection.commit()
    connection.close()
    with look_at_case(kept_case) as opened:
        (change,) = find_changes(opened)
    assert "is not what was stored" in change


DAMAGES = {
    "sample": "UPDATE sample SET text = zeroblob(length(text)) WHERE name = (SELECT substr(report, 2, 8) FROM document LIMIT 1)",
    "missing": "DELETE FROM sample",
    "report": "UPDATE document SET report = substr(report, 1, 40) WHERE CAST(path AS TEXT) LIKE '%IMG_00001.jpg'",
    "type": "UPDATE document SET report = 7 WHERE CAST(path AS TEXT) LIKE '%IMG_00001.jpg'",
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    fill(folder / "footage", 3)
    with pytest.raises(SystemExit) as ended:
        cli.run(["match", str(folder / "footage"), "--sites", "demo", "--case", str(folder / "my.gvcase"), "--jobs", "1"])
    assert not ended.value.code
    return folder


@pytest.fixture
def damaged(request, whole, tmp_path):
    """A case of three photographs, one of whose reports, or what they are packed against, is damaged."""
    case = Path(shutil.copy(whole / "my.gvcase", tmp_path / "my.gvcase"))
    with closing(sqlite3.connect(case)) as connection:
        connection.execute(DAMAGES[request.param])
        connection.commit()
    return case


@pytest.mark.parametrize(("damaged", "rest"), [("report", 2), ("type", 2), ("sample", 0), ("missing", 0)], indirect=["damaged"])
def test_an_export_says_what_is_damaged_and_has_the_others(run, whole, damaged, tmp_path, rest):
    code, _, err = run("export", damaged, "-o", tmp_path / "rows.csv")
    assert code == 2
    if rest:
        assert len((tmp_path / "rows.csv").read_text().splitlines()) == rest + 1
        told = "1 report is damaged: in no output, which hold the other 2"
    else:
        told = "3 reports are damaged: nothing was written"
    assert err.startswith(f"geoverify: {told}; {damaged}: what it holds of {whole}")
    assert "custody verify" in err and "case retry" in err


@pytest.mark.parametrize("damaged", ["sample", "report"], indirect=True)
def test_a_summary_counts_although_a_report_is_damaged(run, damaged):
    code, out, err = run("summary", damaged)
    assert code == 2 and "independent piece" in out and "by their bytes alone" in out
    assert err.startswith("geoverify: counted, but pictures were not compared, since ") and "is damaged (" in err


@pytest.mark.parametrize("damaged", ["sample", "report"], indirect=True)
@pytest.mark.parametrize("words", [("show", "{file}"), ("report", "-o", "{out}"), ("doubles",), ("rematch", "--sites", "demo")])
def test_no_damage_is_a_bug_of_the_program(run, whole, damaged, tmp_path, words):
    more = [word.format(file=whole / "footage" / "IMG_00001.jpg", out=tmp_path / "report.html") for word in words[1:]]
    code, _, err = run(words[0], damaged, *more)
    assert (code, "damaged" in err) == (2, True), err


@pytest.mark.parametrize("damaged", ["sample"], indirect=True)
def test_what_is_damaged_can_be_read_again(run, whole, damaged, tmp_path):
    footage = whole / "footage"
    assert run("case", "retry", damaged, *sorted(footage.iterdir()))[0] == 0
    assert run("match", footage, "--sites", "demo", "--case", damaged, "--jobs", "1")[0] == 0
    assert run("export", damaged, "-o", tmp_path / "rows.csv")[0] == 0
    assert run("custody", "verify", damaged)[0] == 0
