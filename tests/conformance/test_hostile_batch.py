"""A whole folder of harm through the command line: one row a file, nothing escapes, nothing reaches a terminal raw."""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from builders.hostile_folder import NAMES, UNSAFE, lay_out
from builders.mutations import mutate, prepare
from builders.specimens import SPECIMENS
from builders.traces import examine, trace

from geoverify.isolation import landlock

ROOT = Path(__file__).resolve().parents[2]
SEED, MUTANTS = 4, 150


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    if sys.platform != "linux":
        pytest.skip("file systems elsewhere refuse some of the names")
    place = tmp_path_factory.mktemp("hostile")
    folder = place / "footage"
    rows = lay_out(folder, with_slow=False)
    victims = [prepare(name, data) for name, data in sorted(SPECIMENS.items())]
    for number in range(MUTANTS):
        (folder / f"mutant-{number:04d}").write_bytes(mutate(victims, SEED, number).data)
    outputs = {name: place / f"rows.{name}" for name in ("csv", "evidence.csv", "json")}
    done = subprocess.run(
        [
            *(sys.executable, str(ROOT / "cli.py"), "match", str(folder), "--sites", "demo", "--memory-limit", "2G"),
            *("--csv", str(outputs["csv"]), "--csv-evidence", str(outputs["evidence.csv"]), "--json", str(outputs["json"])),
        ],
        capture_output=True,
        cwd=place,
        timeout=300,
        check=False,
    )
    return folder, rows + MUTANTS, done, outputs


def test_it_ends_well(result):
    _, _, done, _ = result
    assert done.returncode == 0, done.stderr


def test_every_file_has_one_row(result):
    folder, rows, _, outputs = result
    reports = json.loads(outputs["json"].read_text())["reports"]
    with outputs["csv"].open(newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    assert len(reports) == len(table) == rows
    named = [
        bytes.fromhex(media["path_bytes_hex"]) if media["path_bytes_hex"] else media["path"].encode()
        for media in (report["media"] for report in reports)
    ]
    assert len({*named}) == rows
    assert {name.rpartition(b"/")[2] for name in named if b"/names/" in name} == {*NAMES}
    folders = {str(Path(os.fsdecode(name)).parent.relative_to(folder)) for name in named}
    assert folders == {".", "names", "special", "["}


def test_what_is_no_footage_says_why(result):
    _, _, _, outputs = result
    reports = json.loads(outputs["json"].read_text())["reports"]
    codes = {
        Path(report["media"]["path"]).name: [problem["code"] for problem in report["problems"]]
        for report in reports
        if "/special/" in report["media"]["path"]
    }
    assert codes.pop("pipe.mp4") == ["not-a-file"]
    assert codes.pop("socket.mov") == ["cannot-open"]
    assert codes.pop("sparse.mp4") == ["too-large"]
    assert {*map(tuple, codes.values())} == {("link",)}
    assert all(problem["message"] for report in reports for problem in report["problems"])


def test_no_reader_failed_and_no_decoder_crashed(result):
    _, _, _, outputs = result
    reports = json.loads(outputs["json"].read_text())["reports"]
    bad = ("reader-failed", "decoder-crashed", "time-limit", "memory-limit")
    assert [
        (report["media"]["path"], problem) for report in reports for problem in report["problems"] if problem["code"] in bad
    ] == []


def test_nothing_reaches_a_terminal_or_a_table_raw(result):
    _, _, done, outputs = result
    for stream in (done.stdout, done.stderr, *(path.read_bytes() for path in outputs.values())):
        text = stream.decode("utf-8")
        found = UNSAFE.search(text.replace("\r\n", "\n"))
        assert found is None, text[max(found.start() - 80, 0) : found.end() + 80].encode("unicode_escape")
    for name in ("csv", "evidence.csv"):
        with outputs[name].open(newline="", encoding="utf-8") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        assert [cell for cell in cells if cell.startswith(("=", "@", "\t", "\r"))] == []


def test_nothing_was_made_in_the_folder_or_beside_it(result):
    folder, _, _, _ = result
    assert {path.name for path in folder.parent.iterdir()} == {"footage", "outside", "rows.csv", "rows.evidence.csv", "rows.json"}
    assert not list(folder.rglob("pwned"))


def test_workers_open_nothing_outside_and_no_connection(tmp_path):
    if shutil.which("strace") is None or landlock.supported_abi() < 1:
        pytest.skip("needs strace, and a kernel with Landlock")
    folder, log = tmp_path.resolve() / "footage", tmp_path / "log"
    lay_out(folder, with_slow=False)
    assert trace([sys.executable, str(ROOT / "cli.py"), "match", str(folder), "--sites", "demo"], log) == 0
    counts, breaches = examine(log, [folder, ROOT / "reference_sites" / "demo.geojson"])
    assert breaches == []
    assert counts["openat granted"] > 100
    # Without the folder as an allowed place its files are breaches: the test above can fail.
    assert len(examine(log, [])[1]) > 20
