"""`geoverify doctor` on a whole installation and on broken ones."""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from geoverify import opencv
from geoverify.cli import app, doctor
from geoverify.errors import MissingToolError

ROOT = Path(__file__).resolve().parents[2]


def examine() -> dict[str, doctor.Check]:
    return {check.name: check for check in doctor.examine()}


def ask_json() -> tuple[int, dict[str, Any]]:
    result = CliRunner().invoke(app, ["doctor", "--json"])
    return result.exit_code, json.loads(result.stdout)


def test_a_whole_installation_is_complete() -> None:
    code, answer = ask_json()
    assert code == 0
    assert answer["complete"] is True
    assert [check for check in answer["checks"] if check["state"] == "missing"] == []
    names = [check["name"] for check in answer["checks"]]
    assert len(names) == len(set(names))
    shipped = {f"register {file.stem}" for file in (ROOT / "reference_sites").glob("*.geojson")}
    assert {name for name in names if name.startswith("register ")} == shipped
    assert {"python", "numpy", "cv2", "FFmpeg in cv2", "GDAL", "PROJ", "temporary files"} <= set(names)


def test_people_read_one_line_a_part() -> None:
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 0
    assert any(line.startswith("ok") and " python " in line for line in result.stdout.splitlines())


def test_opencv_that_cannot_load_is_said_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> None:
        raise ImportError("libGL.so.1: cannot open shared object file: No such file or directory")

    monkeypatch.delitem(sys.modules, "cv2", raising=False)
    monkeypatch.setattr("builtins.__import__", _refuse("cv2", __import__, fail))
    with pytest.raises(MissingToolError, match=r"libgl1 libglib2\.0-0 libxcb1"):
        opencv.load_cv2()
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 4
    lines = result.stdout.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("missing") and " cv2 " in line)
    assert "apt-get install libgl1 libglib2.0-0 libxcb1" in lines[at + 1]
    assert "opencv-python-headless" in lines[at + 1]


def _refuse(module: str, real: Any, fail: Any) -> Any:
    def importer(name: str, *args: Any, **kwargs: Any) -> Any:
        return fail() if name == module else real(name, *args, **kwargs)

    return importer


def test_opencv_without_ffmpeg_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opencv.load_cv2(), "getBuildInformation", lambda: "Video I/O:\n    FFMPEG:   NO\n")
    check = examine()["FFmpeg in cv2"]
    assert check.state is doctor.State.WARNING
    assert check.cure


def test_the_headless_build_stands_in(monkeypatch: pytest.MonkeyPatch) -> None:
    versions = {"opencv-python-headless": "5.0.0.93"}
    monkeypatch.setattr(doctor, "_installed_version", versions.get)
    checks = examine()
    assert checks["opencv-python"].state is doctor.State.OK
    assert checks["opencv-python"].found == "opencv-python-headless 5.0.0.93 in its place"
    assert checks["numpy"].state is doctor.State.MISSING
    assert checks["numpy"].cure == "python -m pip install numpy"


def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import pyogrio

    monkeypatch.setattr(pyogrio, "list_drivers", lambda read: {"GeoJSON": "rw", "ESRI Shapefile": "rw"})
    check = examine()["GDAL"]
    assert check.state is doctor.State.WARNING
    assert check.cure is not None
    assert "GPKG" in check.cure


def test_a_part_that_breaks_is_an_answer_and_not_a_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(number: int) -> None:
        raise RuntimeError("no database\x1b[0m")

    monkeypatch.setattr("pyproj.CRS.from_epsg", fail)
    assert examine()["PROJ"].state is doctor.State.MISSING
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 4
    assert "RuntimeError: no database\\x1b[0m" in result.stdout


def test_a_folder_for_temporary_files_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", fail)
    check = examine()["temporary files"]
    assert check.state is doctor.State.MISSING
    assert check.cure is not None
    assert "TMPDIR" in check.cure


def test_an_old_python_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "OLDEST_PYTHON", (99, 0))
    assert examine()["python"].state is doctor.State.MISSING


def test_a_damaged_register_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    register = tmp_path / "register.geojson"
    register.write_text("{")
    monkeypatch.setattr("geoverify.register.load.resolve_register", lambda name: register)
    check = examine()["register demo"]
    assert check.state is doctor.State.MISSING
    assert check.cure


def test_the_extra_that_reads_words_is_told_whether_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geoverify.vision.ocr.installed_versions", lambda: {"rapidocr": "3.10", "onnxruntime": "1.0"})
    assert "by rapidocr 3.10, onnxruntime 1.0" in examine()["words in pictures"].found
    monkeypatch.setattr("geoverify.vision.ocr.installed_versions", lambda: {"rapidocr": None, "onnxruntime": "1.0"})
    check = examine()["words in pictures"]
    assert check.state is doctor.State.OK and "pip install 'geoverify[ocr]'" in check.found


@pytest.mark.parametrize("name", list(doctor.EXTRAS))
def test_an_extra_is_told_whether_it_is_there(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    _, distributions, cure = doctor.EXTRAS[name]
    versions = dict.fromkeys(distributions, "9.9")
    real = doctor._installed_version
    monkeypatch.setattr(doctor, "_installed_version", lambda wanted: versions[wanted] if wanted in versions else real(wanted))
    assert f"by {distributions[0]} 9.9" in examine()[name].found
    versions[distributions[-1]] = None  # type: ignore[assignment]
    check = examine()[name]
    assert check.state is doctor.State.OK and cure in check.found
