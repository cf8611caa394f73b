"""What a run writes: never an input, whole or not at all, and one line where that cannot be."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from builders.jpeg import build_jpeg
from builders.sidecars import as_json, ytdlp_info

from geoverify import cli
from geoverify.cli.outputs import Outputs
from geoverify.errors import TerminatedError
from geoverify.register.load import resolve_register

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = "samples/media/IMG_4127.JPG"
GPX = """<gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1"><trk><trkseg>
<trkpt lat="9.6" lon="101.9"><time>2025-10-06T04:59:50Z</time></trkpt></trkseg></trk></gpx>"""
Fail = Callable[..., str]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "clip.jpg").write_bytes(build_jpeg())
    (tmp_path / "register.geojson").write_bytes(resolve_register("demo").read_bytes())
    (tmp_path / "walk.gpx").write_text(GPX)
    (tmp_path / "table.csv").write_text("file,caption\nclip.jpg,here\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def fail(here: Path, capfd: pytest.CaptureFixture[str]) -> Fail:
    """Run a call that must be refused and leave the folder as it was; the value is what it says."""

    def call(*args: str) -> str:
        before = {path: path.read_bytes() for path in here.iterdir() if path.is_file()}
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.run(["match", "clip.jpg", "--jobs", "1", *args])
        assert ended.value.code == 2
        assert {path: path.read_bytes() for path in here.iterdir() if path.is_file()} == before
        err = capfd.readouterr().err
        assert err.count("\n") == 1
        return err

    return call


def succeed(*args: str | Path) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.run(["match", "--jobs", "1", "--sites", "demo", *map(str, args)])
    assert not ended.value.code


def run_into(sink: str, *args: str) -> subprocess.CompletedProcess[bytes]:
    with Path(sink).open("wb") as out:
        command = [sys.executable, "cli.py", *args]
        return subprocess.run(command, cwd=ROOT, stdout=out, stderr=subprocess.PIPE, timeout=60, check=False)


@pytest.mark.parametrize("option", ["--json", "--csv", "--csv-evidence"])
@pytest.mark.parametrize("target", ["clip.jpg", "register.geojson", "walk.gpx", "table.csv", "./walk.gpx", "hard", "soft"])
def test_no_output_is_an_input(option: str, target: str, fail: Fail, here: Path) -> None:
    os.link("register.geojson", "hard")
    (here / "soft").symlink_to("table.csv")
    said = fail("--sites", "register.geojson", "--track", "walk.gpx", "--sidecar", "table.csv", option, target)
    assert "is an input of this run" in said


@pytest.mark.parametrize("second", ["x", "./x", "x.part", "soft"])
def test_no_output_is_another_output(second: str, fail: Fail, here: Path) -> None:
    (here / "soft").symlink_to("x")
    assert "the output of --json too" in fail("--json", "x", "--csv", second)


def test_no_output_is_a_sidecar_that_was_read(fail: Fail, here: Path) -> None:
    (here / "clip.info.json").write_bytes(as_json(ytdlp_info()))
    assert "describes clip.jpg" in fail("--json", "clip.info.json")


@pytest.mark.parametrize("option", ["--csv", "--csv-evidence"])
def test_tables_do_not_go_to_standard_output(option: str, fail: Fail) -> None:
    assert "only --json" in fail(option, "-")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--sidecar", "nope.json"], "nope.json: no file that can be read"),
        (["--sidecar", "."], "no file that can be read"),
        (["--clock-offset", "nan"], "--clock-offset nan"),
        (["--clock-offset", "inf"], "--clock-offset inf"),
        (["--excel"], "--csv"),
        (["--excel", "--json", "x.json"], "--csv"),
        (["--csv", "."], "cannot write there"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(args: list[str], words: str, fail: Fail) -> None:
    assert words in fail(*args)


def test_a_run_that_fails_leaves_older_outputs_alone(fail: Fail, here: Path) -> None:
    (here / "rows.csv").write_text("earlier work")
    assert "No space left" in fail("--csv", "rows.csv", "--json", "/dev/full")


def test_an_older_output_is_replaced_which_is_told_and_is_its_owners_alone(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (here / "rows.csv").write_text("earlier work")
    (here / "rows.csv").chmod(0o644)
    succeed("clip.jpg", "--csv", "rows.csv", "--json", "-")
    assert capfd.readouterr().err == "rows.csv: an older file of this name was replaced\n"
    assert (here / "rows.csv").read_text().startswith("file,")
    assert (here / "rows.csv").stat().st_mode & 0o777 == 0o600
    assert list(here.glob("*.part")) == []


@pytest.mark.skipif(os.name == "nt", reason="rights are those of POSIX")
def test_full_outputs_are_their_owners_alone_and_copies_to_pass_on_are_not(here: Path) -> None:
    succeed("clip.jpg", "--csv", "full.csv", "-o", "full.kmz")
    succeed("clip.jpg", "--csv", "copy.csv", "-o", "copy.kmz", "--share")
    umask = os.umask(0)
    os.umask(umask)
    rights = {path.stem: path.stat().st_mode & 0o777 for path in here.glob("*.*") if path.stem in ("full", "copy")}
    assert rights == {"full": 0o600, "copy": 0o666 & ~umask}


@pytest.mark.parametrize("target", ["rows.csv", "nowhere"])
def test_no_output_goes_through_a_link(target: str, fail: Fail, here: Path) -> None:
    (here / "rows.csv").write_text("earlier work")
    (here / "link.csv").symlink_to(target)
    assert "link.csv: is a link" in fail("--csv", "link.csv")
    assert not (here / "nowhere").exists()


def test_footage_that_the_case_knows_is_no_output_of_a_run_without_it(fail: Fail, here: Path) -> None:
    (here / "other.jpg").write_bytes(build_jpeg() + b"1")
    (here / "cases").mkdir()
    succeed("clip.jpg", "other.jpg", "--case", "cases/my.gvcase")
    assert "other.jpg: is an input of this run" in fail("--case", "cases/my.gvcase", "--csv", "other.jpg")


def test_what_another_run_is_writing_is_not_touched(fail: Fail, here: Path) -> None:
    (here / "rows.csv.part").write_text("half")
    assert "rows.csv.part: is there already" in fail("--csv", "rows.csv")


def test_devices_are_written_as_they_are(here: Path) -> None:
    succeed("clip.jpg", "--csv", os.devnull)
    assert Path(os.devnull).is_char_device()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize(
    "args", [["match", SAMPLE, "--sites", "demo"], ["match", SAMPLE, "--json", "-"], ["inspect", SAMPLE], ["--version"]]
)
def test_a_full_disk_is_one_line_and_exit_2(args: list[str]) -> None:
    done = run_into("/dev/full", *args)
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1
    assert b"standard output: cannot be written (No space left on device); make room" in done.stderr


@pytest.mark.parametrize(
    "args",
    [
        ["match", SAMPLE, "--sites", "demo"],
        ["match", SAMPLE, "--explain", "--fail-on", "consistent"],
        ["match", SAMPLE, "--json", "-"],
        ["inspect", SAMPLE],
        ["sites", "list"],
    ],
)
def test_a_closed_pipe_ends_silently_and_not_with_1(args: list[str]) -> None:
    process = subprocess.Popen(
        [sys.executable, "cli.py", *args], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
    )
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (141, b"")


def test_json_stays_whole_beside_a_table(here: Path) -> None:
    succeed("clip.jpg", "--json", "x.json", "--csv", "x.csv", "--excel")
    assert len(json.loads((here / "x.json").read_bytes())["reports"]) == 1
    assert (here / "x.csv").read_bytes().startswith(b"\xef\xbb\xbffile,")


@pytest.mark.parametrize(("interrupt", "code"), [(KeyboardInterrupt, 130), (TerminatedError, 143)])
def test_stopped_while_it_writes_it_leaves_older_outputs_and_says_so(here, capfd, monkeypatch, interrupt, code):
    succeed("clip.jpg", "--case", "a.gvcase", "--csv", "rows.csv")
    before = (here / "rows.csv").read_bytes()

    def stop(*_: object) -> None:
        raise interrupt

    monkeypatch.setattr(Outputs, "finish", stop)
    for command in (["match", "clip.jpg", "--sites", "demo", "--case", "a.gvcase", "--csv"], ["export", "a.gvcase", "-o"]):
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.run([*command, "rows.csv"])
        assert ended.value.code == code
        assert "each output is whole" in capfd.readouterr().err
    assert (here / "rows.csv").read_bytes() == before
    assert {path.name for path in here.iterdir() if "rows" in path.name} == {"rows.csv"}
