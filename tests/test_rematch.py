"""A case weighed anew on another edition of the register."""

import json
import shutil

import pytest
from builders.cases import INSIDE, fill
from builders.register import register, site, square, write_register
from typer.testing import CliRunner

from geoverify.case.store import look_at_case
from geoverify.cli import app


def run(*args):
    return CliRunner().invoke(app, [str(arg) for arg in args])


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A case of three photos inside one site; the photos are gone."""
    folder = tmp_path_factory.mktemp("rematch")
    old = write_register(folder / "old.geojson", register(site("A1", square(*INSIDE)), edition="1"))
    fill(folder / "footage", 3)
    done = run("match", folder / "footage", "--sites", old, "--case", folder / "c.gvcase", "--jobs", "1")
    assert done.exit_code == 0 and "3 consistent" in done.stdout
    shutil.rmtree(folder / "footage")
    return folder


@pytest.fixture
def case(made, tmp_path):
    return shutil.copy(made / "c.gvcase", tmp_path / "c.gvcase")


def edition(folder, *sites):
    return write_register(folder / "new.geojson", register(*sites, edition="2"))


def verdicts(case):
    with look_at_case(case) as opened:
        return [row[0] for row in opened.connection.execute("SELECT verdict FROM file")]


def test_the_same_edition_changes_nothing(made, case):
    assert (
        "0 of 3 verdicts change; nothing in the case was changed" in run("rematch", case, "--sites", made / "old.geojson").stdout
    )


def test_codes_that_two_registers_share_are_told(made, case, tmp_path):
    other = write_register(tmp_path / "other.geojson", register(site("A1", square(*INSIDE)), title="Another"))
    done = run("rematch", case, "--sites", made / "old.geojson", "--sites", other)
    assert done.exit_code == 0
    assert "A1 of 'Another', edition 1, left out: a register named before it lists the same places" in done.stderr


def test_a_site_that_moved_changes_verdicts_and_the_reason_says_so(case, tmp_path):
    moved = edition(tmp_path, site("A1", square(INSIDE[0], INSIDE[1] + 0.01)))
    before = case.read_bytes()
    out = tmp_path / "changes.json"
    result = run("rematch", case, "--sites", moved, "--json", out)
    assert result.exit_code == 0, result.output
    assert "3 of 3 verdicts change" in result.stdout
    assert "the footprint of A1 was 0 m from the footage and is" in result.stdout
    changes = json.loads(out.read_text("utf-8"))["rematch"]["changes"]
    assert [(change["old_verdict"], change["new_verdict"]) for change in changes] == [("consistent", "inconsistent")] * 3
    assert case.read_bytes() == before
    assert verdicts(case) == ["consistent"] * 3


def test_a_new_code_and_a_vanished_site_are_told_apart(case, tmp_path):
    recoded = edition(tmp_path, site("A9", square(*INSIDE), former_codes=["A1"]))
    result = run("rematch", case, "--sites", recoded)
    assert "consistent with A1 → consistent with A9" in result.stdout
    assert "A1 is now listed as A9" in result.stdout
    gone = edition(tmp_path, site("Z1", square(12.0, 105.0)))
    assert "A1 is not listed any more" in run("rematch", case, "--sites", gone).stdout


def test_applying_keeps_the_reports_and_the_custody_log_says_so(case, tmp_path):
    moved = edition(tmp_path, site("A1", square(INSIDE[0], INSIDE[1] + 0.01)))
    assert "the new reports are in the case" in run("rematch", case, "--sites", moved, "--apply").stdout
    assert verdicts(case) == ["inconsistent"] * 3
    with look_at_case(case) as opened:
        rows = opened.connection.execute("SELECT kind, body FROM custody ORDER BY number DESC LIMIT 3").fetchall()
    assert [kind for kind, _ in rows] == ["finished", "stored", "run"]
    assert json.loads(rows[0][1])["changed_verdicts"] == 3
    assert list(json.loads(rows[2][1])["registers"]) == ["new.geojson"]
    assert "0 of 3 verdicts change" in run("rematch", case, "--sites", moved).stdout
    checked = run("custody", "verify", case)
    assert "not what was stored" not in checked.stdout and "custody log:" not in checked.stdout


def test_a_case_that_is_not_there_is_not_made(tmp_path, made):
    result = run("rematch", tmp_path / "none.gvcase", "--sites", made / "old.geojson", "--apply")
    assert result.exit_code != 0 and "no such case" in str(result.exception)
    assert not (tmp_path / "none.gvcase").exists()
