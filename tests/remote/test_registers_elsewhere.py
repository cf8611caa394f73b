"""Registers named by URLs: every command that reads one takes it so, and says the same as of the file."""

import json
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer
from builders.cases import fill
from builders.stores import SECRET, build_zip, s3_store

from geoverify.cli import addresses, app
from geoverify.cli.completion import complete_case_file
from geoverify.register.load import resolve_register
from geoverify.remote.stage import PREFIX
from geoverify.review.desk import Desk
from geoverify.review.queue import name_key

pytest.importorskip("s3fs", reason="needs the extra geoverify[remote]")
SITE = "DM01"


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield tmp_path / "temporary"
    assert list((tmp_path / "temporary").glob(f"{PREFIX}*")) == []


@pytest.fixture
def register(tmp_path):
    content = json.loads(resolve_register("demo").read_bytes()) | {"edition": "of this test"}
    path = tmp_path / "mine.geojson"
    path.write_text(json.dumps(content))
    return path


@pytest.fixture
def packed(tmp_path, register):
    archive = build_zip(tmp_path / "registers.zip", {"sites/mine.geojson": register.read_bytes()})
    return f"zip://sites/mine.geojson::{archive}", f"zip://{archive}/sites/mine.geojson"


@pytest.fixture
def case(run, tmp_path, register):
    fill(tmp_path / "footage", 2)
    file = tmp_path / "my.gvcase"
    reports = ("--json", tmp_path / "reports.json")
    assert run("match", tmp_path / "footage", "--sites", register, "--case", file, *reports, "--jobs", "1")[0] == 0
    return file


def commands_of(command, path=()):
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands_of(inner, (*path, name))
    if not hasattr(command, "commands"):
        yield " ".join(path), command


COMMANDS = dict(commands_of(typer.main.get_command(app)))
WITH_SITES = {name for name, command in COMMANDS.items() if any("--sites" in param.opts for param in command.params)}


@pytest.mark.parametrize("name", sorted(WITH_SITES))
def test_each_sites_option_fetches_or_belongs_to_a_command_that_refuses(name):
    (param,) = [param for param in COMMANDS[name].params if "--sites" in param.opts]
    assert (param.callback is None) == (name in addresses._CHANGERS)
    assert "URL" in (param.help or "") or name in addresses._CHANGERS


def test_what_reads_a_register_alone_says_the_same_of_a_member_of_an_archive(run, register, packed):
    given, shown = packed
    for words in (
        ("sites", "list", "--json", "--sites"),
        ("sites", "check"),
        ("sites", "diff", "demo", "--json", "-"),
        ("sun", SITE, "--at", "2026-01-17 09:00+07:00", "--sites"),
        ("refs", "list", "--sites"),
    ):
        here, there = run(*words, register), run(*words, given)
        assert here[0] in (0, 2)
        assert there == tuple(part.replace(str(register), shown) if isinstance(part, str) else part for part in here)


def test_what_looks_at_a_case_finds_its_register_in_an_archive(run, tmp_path, register, case, packed):
    given, shown = packed
    # Where it lay it is not found any more.
    register.unlink()
    footage = sorted((tmp_path / "footage").iterdir())
    table = tmp_path / "statements.csv"
    table.write_text(f"id,site,at\nS1,{SITE},2025-01-01\n")
    assert "give it with --sites" in run("export", case, "-o", tmp_path / "a.geojson")[2]
    for words in (
        ("export", case, "-o", tmp_path / "b.geojson"),
        ("summary", case),
        ("statements", case, "--statements", table),
        ("report", case, "-o", tmp_path / "page.html"),
        ("claim", footage[0], "--site", SITE, "--case", case),
        ("verify-report", tmp_path / "reports.json", "--media", tmp_path / "footage"),
        ("case", "export-bundle", case, "-o", tmp_path / "bundle"),
        ("rematch", case, "--apply"),
    ):
        code, out, err = run(*words, "--sites", given)
        assert (code, "was not found" in err, "is not where" in err, PREFIX in out + err) == (0, False, False, False), (
            words,
            err,
        )
    assert "mine.geojson" in {path.name for path in (tmp_path / "bundle").rglob("*.geojson")}
    for path in (tmp_path / "b.geojson", tmp_path / "page.html", case):
        assert PREFIX.encode() not in path.read_bytes()
    # The case was weighed anew, on the register under its URL.
    assert run("export", case, "-o", tmp_path / "c.json")[0] == 0
    reports = json.loads((tmp_path / "c.json").read_bytes())["reports"]
    assert {info["path"] for report in reports for info in report["registers"]} == {shown}


def test_registers_and_footage_of_a_store_leave_no_trace_of_its_keys(run, tmp_path, register, case, monkeypatch):
    with s3_store(tmp_path) as store:
        for name, value in store.environment.items():
            monkeypatch.setenv(name, value)
        store.put("footage")
        store.put("footage/mine.geojson", register.read_bytes())
        (photo, *_) = sorted((tmp_path / "footage").iterdir())
        store.put("footage/a/1.jpg", photo.read_bytes())
        found = json.loads(run("sites", "list", "--json", "--sites", "s3://footage/mine.geojson")[1])
        assert [info["path"] for info in found["registers"]] == ["s3://footage/mine.geojson"]
        assert run("rematch", case, "--apply", "--sites", "s3://footage/mine.geojson")[0] == 0
        claims = tmp_path / "claims.json"
        words = ("claim", "s3://footage/a/1.jpg", "--site", SITE, "--sites", "s3://footage/mine.geojson", "--json", claims)
        assert run(*words)[0] == 0
        (made,) = json.loads(claims.read_bytes())["claims"]
        assert (made["claim"]["file"], made.get("problem")) == ("s3://footage/a/1.jpg", None)
        for kept in (case, claims):
            assert SECRET.encode() not in kept.read_bytes() and PREFIX.encode() not in kept.read_bytes()


def test_a_register_that_cannot_be_used_is_told_by_its_url(run, tmp_path):
    archive = build_zip(tmp_path / "registers.zip", {"broken.geojson": b'{"type": "FeatureCollection", "features": [7]}'})
    code, _, err = run("sites", "list", "--sites", f"zip://broken.geojson::{archive}")
    assert (code, PREFIX in err, f"zip://{archive}/broken.geojson" in err) == (2, False, True)
    code, _, err = run("sites", "list", "--sites", f"zip://gone.geojson::{archive}")
    assert (code, "gone.geojson: not in the archive" in err) == (2, True)


def test_one_file_of_an_archive_is_inspected_and_a_folder_is_not(run, tmp_path):
    (photo, *_) = fill(tmp_path / "footage", 1)
    archive = build_zip(tmp_path / "footage.zip", {"a/1.jpg": photo.read_bytes(), "a/2.jpg": b"no picture"})
    code, out, _ = run("inspect", f"zip://{archive}/a/1.jpg", "--json")
    assert (code, json.loads(out)["media"]["path"]) == (0, f"zip://{archive}/a/1.jpg")
    code, _, err = run("inspect", f"zip://{archive}/a")
    assert (code, "2 files; give the URL of one" in err) == (2, True)


def test_a_wrong_parameter_after_a_register_that_was_fetched_leaves_no_copy(run, packed):
    # The fixture asserts that nothing is left.
    assert run("sites", "show", "--sites", packed[0], "--no-such-option")[0] == 2
    assert run("sun", SITE, "--sites", packed[0], "--at", "never")[0] == 2


def test_a_file_url_is_the_file_itself(run, register):
    found = json.loads(run("sites", "list", "--json", "--sites", f"file://{register}")[1])
    assert [info["path"] for info in found["registers"]] == [str(register)]


@pytest.mark.parametrize(
    "words",
    [
        ("refs", "add", SITE, "a.jpg", "--sites", "s3://ann:hunter2@bucket/mine.geojson"),
        ("refs", "remove", "3f2a9c10", "--sites=s3://ann:hunter2@bucket/mine.geojson"),
        ("refs", "build", "--sites", "s3://ann:hunter2@bucket/mine.geojson"),
    ],
)
def test_what_changes_a_register_s_references_refuses_a_url(run, words):
    code, out, err = run(*words)
    assert (code, out, "hunter2" in err) == (2, "", False)
    assert f"{words[0]} {words[1]} changes what lies beside a register" in err and "give the file" in err


@pytest.mark.parametrize(
    "words",
    [
        ("sites", "import", "s3://ann:hunter2@bucket/pins.csv", "-o", "mine.geojson"),
        ("claim", "--claims", "s3://ann:hunter2@bucket/claims.csv"),
        ("verify-report", "a.json", "--media", "s3://ann:hunter2@bucket/footage"),
        ("export", "my.gvcase", "-o", "s3://ann:hunter2@bucket/rows.csv"),
    ],
)
def test_other_urls_are_refused_without_their_passwords(run, words):
    code, out, err = run(*words)
    assert (code, out, "hunter2" in err, "may lie elsewhere" in err) == (2, "", False, True)


def test_urls_in_a_table_of_claims_are_never_opened(run, tmp_path, register, monkeypatch):
    monkeypatch.setattr("geoverify.remote.fetching.open_lister", lambda _: pytest.fail("something was opened"))
    table = tmp_path / "claims.csv"
    table.write_text(f"file,site\ns3://bucket/a.jpg,{SITE}\n")
    code, out, _ = run("claim", "--claims", table, "--sites", register)
    assert (code, "no such file" in out) == (3, True)


def test_a_file_elsewhere_is_named_by_its_url_wherever_a_case_names_its_files(run, tmp_path, register):
    footage = tmp_path / "footage"
    fill(footage, 2)
    members = {path.name: path.read_bytes() for path in footage.iterdir()}
    archive = build_zip(tmp_path / "export.zip", members | {"copy.jpg": members["IMG_00000.jpg"]})
    case, page = tmp_path / "my.gvcase", tmp_path / "page.html"
    assert run("match", f"zip://{archive}", footage, "--sites", register, "--case", case, "--jobs", "1")[0] == 0
    first, copy = (f"zip://{archive}/{name}.jpg" for name in ("IMG_00000", "copy"))
    assert f"{first}\n  consistent with" in run("show", case, first)[1]
    listed, told = run("case", "files", case)[1], run("doubles", case)[1]
    assert run("report", case, "-o", page, "--sites", register, "--no-pictures")[0] == 0
    offered = list(complete_case_file(SimpleNamespace(params={"case_file": case}), f"zip://{archive}/I"))
    described = Desk(case, [], None, None, "RK").describe(name_key(Path(first)), "RK")
    assert first in offered
    assert described["path"] == first
    for text in ("".join(listed.split()), told, page.read_text()):
        assert f"zip://{archive}/" in text and f"zip:{archive}" not in text
    assert run("case", "decide", case, copy, "--judgement", "gate compared", "--by", "RK")[0] == 0
    assert "gate compared" in run("show", case, first)[1]
    assert run("doubles", case, "--not-same", first, f"zip://{archive}/IMG_00001.jpg", "--by", "RK")[0] == 0
    code, out, err = run("custody", "verify", case)
    assert (code, out.count("was not looked at"), "is not what it was" in err) == (1, 3, False)
    assert run("case", "retry", case, first)[1].startswith("1 file will be read again")
    absent = run("show", case, "s3://bucket/none.jpg")
    assert (absent[0], "s3://bucket/none.jpg: not in this case" in absent[2]) == (2, True)
    secret = run("show", case, "sftp://ann:hunter2@host/none.jpg")
    assert (secret[0], "hunter2" in secret[2], "case files" in secret[2]) == (2, False, True)
