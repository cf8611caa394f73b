"""Packed parts: they come back as they were, against whatever sample, and what is damaged is said to be."""

import sqlite3

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
