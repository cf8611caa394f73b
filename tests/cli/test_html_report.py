"""`geoverify report`: a case in, a page out, and what it refuses."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from builders.cases import fill
from typer.testing import CliRunner, Result

from geoverify.case.custody import find_breaks, read_entries
from geoverify.case.store import look_at_case
from geoverify.cli import app
from geoverify.errors import UsageError


def run(*args: str | Path) -> Result:
    return CliRunner().invoke(app, [*map(os.fspath, args)], prog_name="geoverify")


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("case")
    fill(folder / "footage", 2)
    path = folder / "my.gvcase"
    done = run("match", folder / "footage", "--sites", "demo", "--case", path, "--jobs", "1")
    assert done.exit_code == 0, done.output
    return path


def test_a_page_of_a_case_has_pictures_outlines_and_the_log(case: Path, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    done = run("report", case, "-o", page)
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith(f"{page}: 2 files, ")
    text = page.read_text("utf-8")
    assert text.count("<article ") == 2
    assert text.count('src="data:image/jpeg;base64,') == 2
    assert '"code":"DM01"' in text
    assert "of the log)" in text
    assert not list(tmp_path.glob("*.part"))
    if os.name != "nt":
        assert page.stat().st_mode & 0o077 == 0


def test_the_export_is_in_the_custody_log(case: Path, tmp_path: Path) -> None:
    assert run("report", case, "-o", tmp_path / "page.html", "--no-pictures", "--lang", "fr").exit_code == 0
    with look_at_case(case) as opened:
        last = list(read_entries(opened.connection))[-1]
        assert list(find_breaks(opened.connection)) == []
    assert (last.kind, last.body["report"], last.body["language"]) == ("exported", "page.html", "fr")


def test_a_folder_gets_a_page_a_file(case: Path, tmp_path: Path) -> None:
    assert run("report", case, "-o", tmp_path / "out", "--no-pictures").exit_code == 0
    assert len(list((tmp_path / "out").rglob("*.html"))) == 3
    again = run("report", case, "-o", tmp_path / "out", "--no-pictures")
    assert isinstance(again.exception, UsageError) and "is there already" in str(again.exception)


def test_an_older_page_is_replaced_only_where_that_is_wanted(case: Path, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text("older")
    refused = run("report", case, "-o", page)
    assert "give --overwrite" in str(refused.exception)
    assert page.read_text() == "older"
    assert run("report", case, "-o", page, "--overwrite", "--no-pictures").exit_code == 0
    assert page.read_text("utf-8").startswith("<!doctype html>")


def test_neither_the_case_nor_footage_is_written_to(case: Path) -> None:
    link = case.with_name("link.html")
    link.symlink_to(case)
    before = case.read_bytes()
    assert "would be lost" in str(run("report", case, "-o", link, "--overwrite").exception)
    assert case.read_bytes() == before


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--lang", "xx"), "no words in this language"),
        (("--tiles", "http://example.org/{z}"), "give an https address"),
        (("--tiles", "https://example.org;script-src *//{z}"), "an address cannot hold ' '"),
        (("--tiles", "https://example.org;script-src//{z}/{x}/{y}"), "give an https address"),
        (("--tiles", 'https://example.org/{z}/{x}/{y}.png?a="onload'), "an address cannot hold '\"'"),
        (("--tiles", "https://[example/{z}/{x}/{y}"), "no address"),
        (("--tiles", "https://example.org/{z}"), "give an https address"),
        (("--sites", "nowhere.geojson"), "no such register"),
    ],
)
def test_what_cannot_be_done_is_said(options: tuple[str, str], words: str, case: Path, tmp_path: Path) -> None:
    done = run("report", case, "-o", tmp_path / "x.html", "--no-pictures", *options)
    assert words in str(done.exception)
    assert list(tmp_path.iterdir()) == []


def test_tiles_come_with_a_warning(case: Path, tmp_path: Path) -> None:
    done = run("report", case, "-o", tmp_path / "x.html", "--no-pictures", "--tiles", "https://tiles.example.org/{z}/{x}/{y}.png")
    assert done.exit_code == 0
    assert "tiles.example.org will see which places" in done.stderr


def test_a_page_to_pass_on_has_no_name_no_picture_and_no_position(case: Path, tmp_path: Path) -> None:
    page = tmp_path / "partner.html"
    done = run("report", case, "-o", page, "--share")
    assert done.exit_code == 0, done.output
    text = page.read_text("utf-8")
    assert text.count("<article ") == 2 and "DM01" in text
    secrets = ("IMG_0000", "footage/", "my.gvcase", str(case.parent), "data:image/jpeg", "9.600001")
    assert [word for word in secrets if word in text] == []
    if os.name != "nt":
        umask = os.umask(0)
        os.umask(umask)
        assert page.stat().st_mode & 0o777 == 0o666 & ~umask
    with look_at_case(case) as opened:
        assert list(read_entries(opened.connection))[-1].body["shared"] is True
    assert "leave it out with --share" in str(run("report", case, "-o", tmp_path / "x.html", "--share", "--pictures").exception)


def test_a_case_that_is_none_is_named(tmp_path: Path) -> None:
    assert "no such case" in str(run("report", tmp_path / "none.gvcase", "-o", tmp_path / "x.html").exception)
