"""`geoverify export`, `show` and the outputs of `match`: a case for other programs and other people."""

import csv
import hashlib
import hmac
import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import typer
from builders.cases import fill
from typer.testing import CliRunner

from geoverify import cli
from geoverify.case.custody import read_entries
from geoverify.case.store import look_at_case
from geoverify.cli import progress
from geoverify.cli.completion import complete_case, complete_case_file, complete_format, complete_register, complete_site
from geoverify.report import decode_report

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with footage and a case of it, with a judgement."""
    folder = tmp_path_factory.mktemp("case")
    files = fill(folder / "footage", 3)
    (folder / "footage" / "notes.txt").write_text("not footage")
    case = folder / "my.gvcase"
    for args in (
        ["match", folder / "footage", "--sites", "demo", "--case", case, "--jobs", "1"],
        ["case", "decide", case, files[0], "--judgement", "gate compared", "--by", "RK", "--site", "DM01"],
    ):
        assert CliRunner().invoke(cli.app, [str(arg) for arg in args]).exit_code == 0
    return folder


def test_one_call_writes_many_formats_by_their_suffixes_and_the_log_names_them(made: Path, run: Run, tmp_path: Path) -> None:
    names = [
        "a.csv",
        "a.evidence.csv",
        "a.xlsx",
        "a.json",
        "a.jsonl",
        "a.geojson",
        "a.gpkg",
        "a.kml",
        "a.kmz",
        "a.jsonld",
        "b.csv",
    ]
    asked = [part for name in names for part in ("-o", tmp_path / name)]
    assert run("export", made / "my.gvcase", *asked, "-o", tmp_path / "odd.data", "--format", "jsonl")[0] == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*names, "odd.data"])
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [Path(row["file"]).name for row in rows] == ["IMG_00000.jpg", "IMG_00001.jpg", "IMG_00002.jpg", "notes.txt"]
    assert (rows[0]["judgement"], rows[0]["judged_by"], rows[1]["judgement"]) == ("gate compared", "RK", "")
    assert (tmp_path / "odd.data").read_bytes() == (tmp_path / "a.jsonl").read_bytes()
    assert openpyxl.load_workbook(tmp_path / "a.xlsx")["sites"].max_row == 9
    with look_at_case(made / "my.gvcase") as case:
        *_, last = read_entries(case.connection)
    assert last.kind == "exported"
    assert set(last.body["outputs"]) == {*names, "odd.data"}
    assert (last.body["reports"], last.body["shared"]) == (4, False)


def test_json_lines_go_to_standard_output_and_nothing_else_does(made: Path, run: Run) -> None:
    code, out, _ = run("export", made / "my.gvcase", "-o", "-", "--format", "jsonl")
    assert code == 0
    assert len([decode_report(line.encode()) for line in out.splitlines()]) == 4


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ([], "no output named"),
        (["-o", "rows.odd"], "its suffix names no format"),
        (["-o", "rows.odd", "--format", "pdf"], "there are case-uco, csv"),
        (["-o", "-"], "--format jsonl"),
        (["-o", "-", "--format", "xlsx"], "a format that is text"),
        (["-o", "-", "-o", "-", "--format", "jsonl"], "share standard output"),
        (["-o", "a.csv", "-o", "./a.csv"], "the output of -o too"),
        (["-o", "a.csv", "--thumbnails"], "--thumbnails is about KMZ"),
        (["-o", "a.kmz", "--thumbnails", "--share"], "leave it out with --share"),
        (["-o", "a.json", "--excel"], "--excel is about CSV"),
        (["-o", "a.json", "--sites", "cambodia-2025"], "no report was matched against this edition"),
    ],
)
def test_calls_that_cannot_be_meant_are_refused(
    args: list[str], words: str, made: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, err = run("export", made / "my.gvcase", *args)
    assert (code, words in err) == (2, True), err
    assert list(tmp_path.iterdir()) == []


def test_footage_and_the_case_are_never_written_over(made: Path, run: Run) -> None:
    footage = made / "footage" / "IMG_00000.jpg"
    before = footage.read_bytes(), (made / "my.gvcase").read_bytes()
    for target in (footage, made / "my.gvcase"):
        code, _, err = run("export", made / "my.gvcase", "-o", target, "--format", "csv")
        assert (code, "is an input of this run" in err) == (2, True)
    assert footage.read_bytes() == before[0]


def test_a_shared_copy_of_a_case_has_no_path_no_name_and_no_words(made: Path, run: Run, tmp_path: Path) -> None:
    assert run("export", made / "my.gvcase", "--share", "-o", tmp_path / "a.jsonl", "-o", tmp_path / "a.kml")[0] == 0
    text = (tmp_path / "a.jsonl").read_text("utf-8") + (tmp_path / "a.kml").read_text("utf-8")
    assert [word for word in ("IMG_0000", "footage/", str(made), "gate compared", '"RK"', "9.600001") if word in text] == []
    assert Counter(json.loads(line)["verdict"]["kind"] for line in (tmp_path / "a.jsonl").read_text("utf-8").splitlines()) == {
        "consistent": 3,
        "inconclusive": 1,
    }


def test_the_salt_of_a_shared_copy_proves_its_full_report(made: Path, run: Run, tmp_path: Path) -> None:
    file = made / "footage" / "IMG_00001.jpg"
    run("export", made / "my.gvcase", "--share", "-o", tmp_path / "a.jsonl")
    copies = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text("utf-8").splitlines()]
    salt = run("show", made / "my.gvcase", file, "--salt")[1].strip()
    full = run("show", made / "my.gvcase", file, "--json")[1].strip()
    digest = hmac.new(bytes.fromhex(salt), full.encode(), hashlib.sha256).hexdigest()
    assert [copy["sharing"]["full_report"]["hex"] for copy in copies].index(digest) == 1


def test_a_bundle_has_no_secret(made: Path, run: Run, tmp_path: Path) -> None:
    run("export", made / "my.gvcase", "--share", "-o", tmp_path / "a.jsonl")
    with look_at_case(made / "my.gvcase") as case:
        secret = case.find_secret()
    assert secret is not None and secret in (made / "my.gvcase").read_bytes()
    assert run("case", "export-bundle", made / "my.gvcase", "-o", tmp_path / "bundle")[0] == 0
    store = tmp_path / "bundle" / "data" / "case.gvcase"
    assert secret not in store.read_bytes()
    assert sqlite3.connect(store).execute("SELECT count(*) FROM secret").fetchone() == (0,)


def test_match_writes_the_same_formats_and_shares_without_a_case(made: Path, run: Run, tmp_path: Path) -> None:
    file = made / "footage" / "IMG_00000.jpg"
    code, _, _ = run(
        *("match", file, "--sites", "demo", "--jobs", "1", "-o", tmp_path / "a.geojson", "-o", tmp_path / "a.gpkg"),
        *("--csv", tmp_path / "a.csv", "--share"),
    )
    assert code == 0
    text = (tmp_path / "a.geojson").read_text() + (tmp_path / "a.csv").read_text()
    assert "IMG_00000" not in text and "file-" in text
    assert (tmp_path / "a.gpkg").stat().st_size > 0


def test_show_prints_one_report_and_what_people_decided(made: Path, run: Run) -> None:
    file = made / "footage" / "IMG_00000.jpg"
    code, out, _ = run("show", made / "my.gvcase", file)
    assert code == 0
    assert "consistent with DM01" in out and "evidence for" in out
    assert "RK of DM01: gate compared" in out
    code, out, _ = run("show", made / "my.gvcase", file, "--json")
    assert decode_report(out.encode()).verdict.site_codes == ("DM01",)


def test_show_says_that_there_is_no_picture_with_1_and_on_stderr(made: Path, run: Run) -> None:
    code, out, err = run("show", made / "my.gvcase", made / "footage" / "IMG_00000.jpg", "--image")
    assert (code, out) == (1, "")
    assert "no match picture" in err


@pytest.mark.parametrize(("args", "words"), [(["nope.jpg"], "not in this case"), (["x", "--json", "--image"], "give one of")])
def test_show_refuses_what_it_cannot_show(args: list[str], words: str, made: Path, run: Run) -> None:
    code, _, err = run("show", made / "my.gvcase", *args)
    assert (code, words in err) == (2, True)


# --- the terminal ---------------------------------------------------------------------------------------------------------


def test_plain_output_is_one_line_of_words_a_file(made: Path, run: Run) -> None:
    code, out, err = run("match", made / "footage", "--sites", "demo", "--jobs", "1", "--plain")
    lines = out.splitlines()
    assert (code, err) == (0, "")
    assert sum(": consistent; best site DM01 " in line for line in lines) == 3
    assert any(line.endswith("notes.txt: inconclusive; problems not-footage") for line in lines)
    assert not set(out) & set("─│┃━")


def test_plain_progress_is_told_in_sentences(made: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "PLAIN_INTERVAL_S", 0.0)
    _, _, err = run("match", made / "footage", "--sites", "demo", "--jobs", "1", "--plain")
    assert "4 of 4 files, " in err
    assert "a second, about 0 s left: 3 consistent, 1 inconclusive" in err


def test_the_pace_is_told_with_the_time_left() -> None:
    told = progress.describe_pace(50, 650, 100.0, Counter({"ambiguous": 20, "consistent": 30}))
    assert told == "50 of 650 files, 0.5 a second, about 20 min left: 30 consistent, 20 ambiguous"
    assert progress.describe_pace(0, 5, 0.0, Counter()) == "0 of 5 files, 0.0 a second: none yet"


# --- completion -----------------------------------------------------------------------------------------------------------


def context(**params: object) -> typer.Context:
    found = typer.Context(typer.main.get_command(cli.app))
    found.params |= params
    return found


def test_cases_and_folders_are_offered(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(made)
    assert list(complete_case("")) == ["footage/", "my.gvcase"]
    assert list(complete_case("my")) == ["my.gvcase"]
    assert list(complete_case(f"{made}/m")) == [f"{made}/my.gvcase"]
    assert list(complete_case("nowhere/")) == []


def test_files_of_the_case_are_offered(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(made)
    found = list(complete_case_file(context(case_file="my.gvcase"), "footage/I"))
    assert found == [f"footage/IMG_0000{number}.jpg" for number in range(3)]
    assert list(complete_case_file(context(case_file="no.gvcase"), "")) == []
    assert list(complete_case_file(context(), "")) == []


def test_site_codes_are_offered_with_their_names() -> None:
    found = dict(complete_site(context(sites=["demo"]), "dm0"))
    assert list(found) == [f"DM0{number}" for number in range(1, 9)]
    assert found["DM07"] == "Mermaid Kite Estate"
    assert list(complete_site(context(sites=["no-such"]), "")) == []


def test_codes_of_a_case_are_those_of_its_register(made: Path) -> None:
    found = dict(complete_site(context(case_file=str(made / "my.gvcase")), "DM0"))
    assert found["DM07"] == "Mermaid Kite Estate"
    assert "DM01" in dict(complete_site(context(sites="demo"), ""))


def test_every_parameter_that_takes_a_case_a_site_or_a_register_is_completed() -> None:
    def walk(command: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        for name, inner in getattr(command, "commands", {}).items():
            yield from walk(inner, (*path, name))
        for param in command.params:
            is_new = path == ("case", "import")
            takes = {"case_file", "library", "site", "code", "sites", "same", "not_same"} & {param.name}
            if takes and not is_new and getattr(param, "_custom_shell_complete", None) is None:
                yield (*path, str(param.name))

    own_file_only = {("refs", name, "sites") for name in ("add", "remove", "build")}
    assert set(walk(typer.main.get_command(cli.app), ())) - own_file_only == set()


def test_formats_and_registers_are_offered() -> None:
    assert list(complete_format("geo")) == ["geojson", "geoparquet"]
    assert list(complete_register("d")) == ["demo"]


def test_the_shell_gets_commands_and_what_the_callbacks_offer(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(made)

    def offer(words: str) -> list[str]:
        environment = {
            "_GEOVERIFY_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(words.split(" ")) - 1),
        }
        return CliRunner().invoke(cli.app, [], prog_name="geoverify", env=environment).output.split()

    assert "export" in offer("geoverify exp")
    assert offer("geoverify show my") == ["my.gvcase"]
    assert offer("geoverify show my.gvcase footage/IMG_00002") == ["footage/IMG_00002.jpg"]
    assert offer("geoverify sun --sites demo DM01") == ["DM01"]
