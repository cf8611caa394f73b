"""The facts beside the reports of a case: kept with them, gone with them, and drawn again for cases of older versions."""

import shutil
import sqlite3
from pathlib import Path

import pytest
from builders.cases import age, fill

from geoverify import cli
from geoverify.case.checking import find_changes
from geoverify.case.facts import count_facts, count_files, detailed, read_facts, read_gists
from geoverify.case.store import forget, list_files, look_at_case, open_case


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    fill(folder / "footage", 3)
    (folder / "footage" / "notes.txt").write_text("no footage")
    with pytest.raises(SystemExit) as ended:
        cli.run(["match", str(folder / "footage"), "--sites", "demo", "--case", str(folder / "my.gvcase")])
    assert not ended.value.code
    return folder / "my.gvcase"


@pytest.fixture
def case(made, tmp_path):
    return Path(shutil.copy(made, tmp_path / "my.gvcase"))


def facts_of(path):
    with look_at_case(path) as case:
        return list(read_facts(case.connection))


def test_every_file_that_has_a_report_has_its_facts(case):
    rows = facts_of(case)
    assert [row.file.name for row in rows] == ["IMG_00000.jpg", "IMG_00001.jpg", "IMG_00002.jpg", "notes.txt"]
    assert [row.is_footage for row in rows] == [1, 1, 1, 0]
    assert {(row.verdict, row.site_codes) for row in rows[:3]} == {("consistent", "DM01")}
    with look_at_case(case) as opened:
        assert list(find_changes(opened)) == []


def test_a_case_of_an_older_version_gets_them_from_its_reports(case):
    before = facts_of(case)
    age(case)
    with open_case(case):
        pass
    assert facts_of(case) == before


def test_a_case_of_an_older_version_keeps_every_report_and_reading(case):
    def all_of(opened):
        paths = [path for path, *_ in list_files(opened)]
        return [(path, opened.read_encoded(path), opened.find_reading(path), opened.find_file(path)) for path in paths]

    with look_at_case(case) as opened:
        before = all_of(opened)
    age(case)
    with open_case(case) as opened:
        assert all_of(opened) == before and len(before) == 4
        assert list(find_changes(opened)) == []


@pytest.mark.parametrize(
    "words",
    [
        ("summary",),
        ("show", "{file}"),
        ("case", "status"),
        ("case", "files"),
        ("custody", "verify"),
        ("doubles",),
    ],
)
def test_a_case_of_an_older_version_is_looked_at_and_left_as_it_is(run, case, words):
    age(case)
    before, file = case.read_bytes(), facts_of(case)[0].file
    command, rest = (words[:2], words[2:]) if words[0] in ("case", "custody") else (words[:1], words[1:])
    code, out, err = run(*command, case, *(word.format(file=file) for word in rest))
    assert (code, err) == (0, "") and out
    assert case.read_bytes() == before


def test_facts_that_were_changed_are_found(case):
    connection = sqlite3.connect(case)
    connection.execute("UPDATE fact SET site_codes = 'DM02' WHERE path = ?", (facts_of(case)[1].path,))
    connection.commit()
    connection.close()
    with look_at_case(case) as opened:
        (change,) = find_changes(opened)
    assert "IMG_00001.jpg" in change and "counted by" in change


def test_facts_go_with_the_report(case):
    with open_case(case) as opened:
        forget(opened, [facts_of(case)[0].file])
        assert (count_facts(opened.connection), count_files(opened.connection)) == (3, 4)


def test_gists_are_the_first_of_the_facts(case):
    with look_at_case(case) as opened:
        rows, tables = list(read_facts(opened.connection)), read_gists(opened.connection)
    gists = sorted((gist for table in tables for gist in table), key=lambda gist: gist.path)
    names = gists[0].__struct_fields__
    assert [[getattr(row, name) for name in names] for row in rows] == [[getattr(gist, name) for name in names] for gist in gists]
    assert [gist.is_footage for table in tables for gist in table] == [1] * len(tables[0]) + [0] * len(tables[1])
    with pytest.raises(AssertionError):
        detailed(gists[0])
