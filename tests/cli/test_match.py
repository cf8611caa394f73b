"""The main job through the command line: rows, files, exit codes, hostile names."""

import csv
import hashlib
import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import jsonschema
import pytest
from builders.jpeg import build_jpeg, insert_exif_jpeg
from builders.tiff import build_exif, gps_tags
from typer.testing import CliRunner

from geoverify import cli

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "docs" / "report.schema.json").read_text())
INSIDE = (9.6, 101.9)
FAR = (-33.45, -70.66)
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    def call(*args: str | Path) -> tuple[int, str, str]:
        capfdbinary.readouterr()
        try:
            cli.run([os.fspath(arg) for arg in args])
            code = 0
        except SystemExit as ended:
            assert isinstance(ended.code, int | None)
            code = ended.code or 0
        out, err = capfdbinary.readouterr()
        return code, out.decode("utf-8"), err.decode("utf-8")

    return call


def photo(lat_deg: float, lon_deg: float) -> bytes:
    return insert_exif_jpeg(build_jpeg(), build_exif(gps=gps_tags(lat_deg, lon_deg, error_m=5.0)))


ESCAPES, OVERRIDES = os.fsdecode(b"caf\xe9\n\x1b[31m[red].jpg"), "=cmd|' \u202egpj.jpg"


def lay_out(folder: Path) -> Path:
    """Seven files: near, far, stripped, two that are no footage, and two with hostile names."""
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "inside.jpg").write_bytes(photo(*INSIDE))
    (folder / "deep" / "far.jpg").write_bytes(photo(*FAR))
    (folder / "deep" / "er" / "stripped.jpg").write_bytes(build_jpeg())
    (folder / "notes.jpg").write_text("this is text")
    (folder / "empty.mp4").touch()
    (folder / ESCAPES).write_bytes(build_jpeg())
    (folder / OVERRIDES).write_bytes(photo(*INSIDE))
    return folder


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    return lay_out(tmp_path / "footage")


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """All files matched twice: what was written and printed, what `--explain` printed, and the files before and after."""

    folder: Path
    code: int
    table: str
    err: str
    explained: str
    before: dict[str, tuple[str, int, int]]
    after: dict[str, tuple[str, int, int]]


def state_of(folder: Path) -> dict[str, tuple[str, int, int]]:
    return {
        str(path): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns, path.stat().st_mode)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    folder = tmp_path_factory.mktemp("whole")
    footage = lay_out(folder / "footage")
    before = state_of(footage)
    outputs = ["--json", folder / "r.json", "--csv", folder / "r.csv", "--csv-evidence", folder / "e.csv"]
    called = ["match", footage, "--sites", "demo"]
    done = CliRunner().invoke(cli.app, [*map(str, called), *map(str, outputs)], prog_name="geoverify")
    explained = CliRunner().invoke(cli.app, [*map(str, called), "--explain"], prog_name="geoverify")
    assert explained.exit_code == 0, explained.output
    return Whole(
        folder=folder,
        code=done.exit_code,
        table=done.stdout,
        err=done.stderr,
        explained=explained.stdout,
        before=before,
        after=state_of(footage),
    )


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def test_n_files_in_are_n_rows_out_of_every_output(whole: Whole) -> None:
    assert whole.code == 0
    document = json.loads((whole.folder / "r.json").read_bytes())
    for report in document["reports"]:
        jsonschema.validate(report, SCHEMA)
    rows = rows_of(whole.folder / "r.csv")
    assert len(document["reports"]) == len(rows) == 7
    assert [row["file"] for row in rows if row["verdict"] == "consistent"]
    verdicts = {Path(report["media"]["path"]).name: report["verdict"]["kind"] for report in document["reports"]}
    assert verdicts["inside.jpg"] == "consistent"
    assert verdicts["far.jpg"] == "inconsistent"
    assert verdicts["stripped.jpg"] == verdicts["notes.jpg"] == verdicts["empty.mp4"] == "inconclusive"
    assert "7 files: 2 consistent, 4 inconclusive (of which 1 is no footage), 1 inconsistent" in whole.table
    assert "matched against geoverify demo register (fictional), edition 1" in whole.table
    assert {row["site"] for row in rows_of(whole.folder / "e.csv")} >= {"DM01"}


def test_hostile_names_are_escaped_everywhere(run: Run, footage: Path, whole: Whole) -> None:
    _, document, _ = run("match", footage / ESCAPES, footage / OVERRIDES, "--sites", "demo", "--json", "-")
    written = [(whole.folder / name).read_text("utf-8") for name in ("r.csv", "r.json")]
    for text in (whole.table, whole.explained, document, whole.err, *written):
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "[red]" in text or text == whole.err
    assert any(row["file"].endswith("\\xe9\\x0a\\x1b[31m[red].jpg") for row in rows_of(whole.folder / "r.csv"))


def test_json_to_stdout_is_json_and_nothing_else(run: Run, footage: Path) -> None:
    code, out, _ = run("match", footage / "inside.jpg", "--sites", "demo", "--json", "-")
    assert code == 0
    (report,) = json.loads(out)["reports"]
    assert report["verdict"]["site_codes"] == ["DM01"]
    assert report["location"]["precision"] == "exact"


def test_the_shipped_cambodian_register_is_the_default(run: Run, footage: Path) -> None:
    _, out, _ = run("match", footage / "inside.jpg", "--json", "-")
    report = json.loads(out)["reports"][0]
    assert report["registers"][0]["site_count"] == 7
    assert report["verdict"]["kind"] == "inconsistent"


def test_registers_merge_and_each_site_keeps_its_own(run: Run, footage: Path) -> None:
    _, out, _ = run("match", footage / "inside.jpg", "--sites", "demo", "--sites", "cambodia-2025", "--json", "-")
    report = json.loads(out)["reports"][0]
    assert len(report["registers"]) == 2
    assert report["candidates"][0]["register_title"] == "geoverify demo register (fictional)"


def test_explain_tells_for_against_absent_and_next(run: Run, footage: Path) -> None:
    _, out, _ = run("match", footage / "inside.jpg", "--sites", "demo", "--explain")
    for words in (
        "consistent with DM01",
        "evidence for",
        "absent",
        "what to do next",
        "matched against",
        "not a finding of fact",
    ):
        assert words in out


def test_fail_on_exits_with_1_only_for_that_verdict(run: Run, footage: Path) -> None:
    assert run("match", footage / "inside.jpg", "--sites", "demo", "--fail-on", "consistent")[0] == 1
    assert run("match", footage / "inside.jpg", "--sites", "demo", "--fail-on", "contradictory")[0] == 0


def test_fail_on_leaves_out_what_is_no_footage(run: Run, footage: Path) -> None:
    args = ("--sites", "demo", "--fail-on", "inconclusive")
    code, out, _ = run("match", footage / "inside.jpg", footage / "notes.jpg", *args)
    assert "2 files: 1 consistent, 1 inconclusive (of which 1 is no footage)" in out
    assert code == 0
    assert run("match", footage / "inside.jpg", footage / "empty.mp4", *args)[0] == 1


def test_the_folder_that_all_files_share_is_named_once(run: Run, footage: Path) -> None:
    _, out, _ = run("match", footage / "deep", footage / "inside.jpg", "--sites", "demo")
    lines = out.splitlines()
    assert lines[0] == f"in {footage}"
    assert [line.split()[0] for line in lines[3:6]] == ["deep/far.jpg", "deep/er/stripped.jpg", "inside.jpg"]


def test_nothing_readable_is_exit_3_and_still_a_row(run: Run, footage: Path) -> None:
    code, out, err = run("match", footage / "notes.jpg", "--sites", "demo")
    assert code == 3
    assert "not-footage" in out
    assert "no footage that can be read in 1 file;" in err


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["nowhere"], "no such file or folder"),
        (["."], "no files"),
        (["--sites", "nowhere.geojson", "x.jpg"], "nowhere.geojson"),
        (["--csv", "missing/rows.csv", "x.jpg"], "cannot write there"),
    ],
)
def test_wrong_calls_say_what_and_what_to_do(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, args: list[str], words: str
) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    if "x.jpg" in args:
        (folder / "x.jpg").write_bytes(build_jpeg())
    monkeypatch.chdir(folder)
    code, _, err = run("match", *args)
    assert code == (3 if words == "no files" else 2)
    assert words in err


def test_excel_gets_its_byte_order_mark(run: Run, footage: Path, tmp_path: Path) -> None:
    run("match", footage / "inside.jpg", "--sites", "demo", "--csv", tmp_path / "r.csv", "--excel")
    assert (tmp_path / "r.csv").read_bytes().startswith(b"\xef\xbb\xbffile,")


def test_originals_are_untouched(whole: Whole) -> None:
    assert len(whole.before) == 7 and whole.after == whole.before


def test_an_output_never_overwrites_an_input(run: Run, footage: Path) -> None:
    before = (footage / "inside.jpg").read_bytes()
    code, _, err = run("match", footage, "--sites", "demo", "--csv", footage / "inside.jpg")
    assert code == 2
    assert "is an input of this run" in err
    assert (footage / "inside.jpg").read_bytes() == before


def count_kept(folder: Path) -> int:
    """How many files the case of a run that lies there holds so far."""
    for case in folder.glob("*/run.gvcase"):
        try:
            with sqlite3.connect(f"file:{case}?mode=ro", uri=True) as connection:
                return int(connection.execute("SELECT count(*) FROM file").fetchone()[0])
        except sqlite3.Error:
            break
    return 0


def test_ctrl_c_keeps_what_is_done_and_says_so(footage: Path, tmp_path: Path) -> None:
    for number in range(300):
        # Of different sizes, so that each is read.
        (footage / f"more-{number}.jpg").write_bytes(photo(*INSIDE) + bytes(number))
    rows = tmp_path / "rows.csv"
    rows.write_text("earlier work")
    (tmp_path / "temporary").mkdir()
    command = [sys.executable, "cli.py", "match", str(footage), "--sites", "demo", "--csv", str(rows), "--jobs", "1"]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(tmp_path / "temporary")},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60.0
    while time.monotonic() < deadline and not count_kept(tmp_path / "temporary"):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"stopped after " in err
    assert 0 < len(rows_of(rows)) < 307


def test_a_register_that_fails_leaves_older_outputs_alone(run: Run, footage: Path, tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("earlier work")
    (tmp_path / "bad.geojson").write_text("{}")
    assert run("match", footage, "--sites", tmp_path / "bad.geojson", "--csv", rows)[0] == 2
    assert rows.read_text() == "earlier work"


def test_inspect_shows_value_source_writer_and_raw(run: Run, footage: Path) -> None:
    code, out, _ = run("inspect", footage / "inside.jpg")
    assert code == 0
    for words in ("position: 9.6, 101.9", "GPSLatitude", "device", "written by", "sha256"):
        assert words in out


def test_inspect_json_is_json_and_nothing_else(run: Run, footage: Path) -> None:
    code, out, _ = run("inspect", footage / "inside.jpg", "--json")
    assert code == 0
    values = [item["value"] for item in json.loads(out)["observations"]]
    (position,) = [value for value in values if value["type"] == "position"]
    assert position["lat_deg"] == pytest.approx(INSIDE[0], abs=1e-6)


def test_inspect_of_what_cannot_be_opened_is_exit_3(run: Run, footage: Path) -> None:
    assert run("inspect", footage / "empty.mp4")[0] == 3
    assert run("inspect", footage / "missing.jpg")[0] == 3


def test_words_in_pictures_need_the_extra(run: Run, footage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geoverify.vision.ocr.installed_versions", lambda: {"rapidocr": None, "onnxruntime": None})
    code, out, err = run("match", footage, "--ocr")
    assert (code, out) == (4, "")
    assert "needs rapidocr and onnxruntime; python -m pip install 'geoverify[ocr]'" in err
