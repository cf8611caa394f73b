"""The facts beside the reports of a case: kept with them, gone with them, and drawn again for cases of older versions."""

import shutil
import sqlite3
from pathlib import Path

import pytest
from builders.cases import fill

from geoverify import cli
from geoverify.case.checking import find_changes
from geoverify.case.facts import count_facts, count_files, read_facts
from geoverify.case.store import forget, look_at_case, open_case


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
    connection = sqlite3.connect(case)
    connection.execute("DROP TABLE fact")
    connection.execute("DROP INDEX custody_decided")
    connection.execute("DROP TABLE secret")
    connection.execute("PRAGMA user_version = 2")
    connection.commit()
    connection.close()
    with open_case(case):
        pass
    assert facts_of(case) == before


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
