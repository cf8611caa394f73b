"""The samples: the whole way from files to verdicts, and that the committed files are those that the generator writes."""

import importlib.util
import json
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from geoverify.model import Keyframe, Reason
from geoverify.pages.catalogue import load_catalogue
from geoverify.pages.sentences import translate
from geoverify.register.load import resolve_register
from geoverify.report import decode_report
from geoverify.results import Report

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "samples"
MEDIA = SAMPLES / "media"
EXPECTED: list[dict[str, Any]] = json.loads((SAMPLES / "expected.json").read_text(encoding="utf-8"))
FRENCH = load_catalogue("fr")
NAMES = [entry["file"] for entry in EXPECTED]
MAX_BYTES = 12_000_000
TOLERANCE_DEG = 1e-5
# All of them take half a minute to draw.
REDRAWN = ("IMG_4127.JPG", "IMG_4138.MOV", "IMG_4144.HEIC", "IMG-20251010-WA0004.jpg", "received_840217735519230.webp")


def match(folder: Path) -> dict[str, Report]:
    command: list[str | Path] = [sys.executable, ROOT / "cli.py", "match", folder, "--sites", "demo", "--json", "-"]
    done = subprocess.run(command, capture_output=True, check=True)
    reports = [decode_report(json.dumps(item).encode()) for item in json.loads(done.stdout)["reports"]]
    return {Path(report.media.path).name: report for report in reports}


def summarise(report: Report) -> tuple[str, list[str], list[str]]:
    verdict = report.verdict
    return verdict.kind.value, sorted(verdict.site_codes), sorted({problem.code for problem in report.problems})


@pytest.fixture(scope="module")
def reports() -> dict[str, Report]:
    return match(MEDIA)


@pytest.fixture(scope="module")
def generator() -> Iterator[ModuleType]:
    path, writes_bytecode = list(sys.path), sys.dont_write_bytecode
    spec = importlib.util.spec_from_file_location("generate", SAMPLES / "generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.path[:], sys.dont_write_bytecode = path, writes_bytecode


def test_every_file_is_a_row_and_every_row_is_expected(reports: dict[str, Report]) -> None:
    assert sorted(reports) == sorted(NAMES) == sorted(path.name for path in MEDIA.iterdir())


@pytest.mark.parametrize("entry", EXPECTED, ids=NAMES)
def test_verdict_is_the_expected_one(entry: dict[str, Any], reports: dict[str, Report]) -> None:
    report = reports[entry["file"]]
    assert summarise(report) == (entry["verdict"], entry["sites"], entry["problems"]), report.verdict.wording


def test_every_sentence_has_a_french_form(reports: dict[str, Report]) -> None:
    said = [
        pair
        for report in reports.values()
        for pair in (
            ("verdict", report.verdict.wording),
            ("origin", report.origin.wording),
            *(("advice", step) for step in report.next_steps),
            *(("evidence", item.explanation) for item in report.evidence),
            *(("remark", problem.message) for problem in report.problems),
            *(("missing", item.what) for item in report.absences),
            *(("remark", item.detail) for item in report.absences),
        )
    ]
    assert {channel for report in reports.values() for channel in (item.channel for item in report.evidence)} >= {"visual", "sun"}
    assert [pair for pair in said if translate(FRENCH, *pair) is None] == []


@pytest.mark.parametrize("entry", EXPECTED, ids=NAMES)
def test_position_reads_right(entry: dict[str, Any], reports: dict[str, Report]) -> None:
    report, position = reports[entry["file"]], entry["position"]
    if entry["verdict"] == "contradictory":
        return
    if position is None:
        assert report.location is None
        return
    assert report.location is not None
    assert report.location.lat_deg == pytest.approx(position["lat_deg"], abs=TOLERANCE_DEG)
    assert report.location.lon_deg == pytest.approx(position["lon_deg"], abs=TOLERANCE_DEG)


def test_zero_coordinates_are_an_absence_with_its_reason(reports: dict[str, Report]) -> None:
    absences = reports["IMG_20251012_101500.jpg"].absences
    assert [item.reason for item in absences if item.what == "position"] == [Reason.NULL_ISLAND]


def test_looking_away_lowers_the_score(reports: dict[str, Report]) -> None:
    towards, away = (reports[name].scores[0] for name in ("PXL_20251003_085208417.jpg", "IMG_4129.JPG"))
    assert towards.site_code == away.site_code
    assert towards.probability > away.probability


def test_a_site_known_as_a_point_scores_below_a_drawn_one(reports: dict[str, Report]) -> None:
    point, drawn = (reports[name].scores[0].probability for name in ("20251011_142730.jpg", "IMG_20251009_074109.avif"))
    assert point < drawn


def test_media_stay_small() -> None:
    folders = (SAMPLES, ROOT / "reference_sites")
    assert sum(path.stat().st_size for folder in folders for path in folder.rglob("*") if path.is_file()) < MAX_BYTES


def test_signs_are_in_five_scripts_and_those_that_need_it_are_shaped(generator: ModuleType) -> None:
    boards = importlib.import_module("boards")
    scripts = [{unicodedata.name(name[0]).split()[0] for name in names} for names in boards.BUSINESSES]
    assert scripts == [{"LATIN"}, {"CJK"}, {"KHMER"}, {"THAI"}, {"HANGUL"}]
    with np.load(boards.LETTERS) as masks:
        assert sorted(masks) == sorted(name for names in boards.BUSINESSES[2:4] for name in names)
        for name, mask in masks.items():
            assert 0.1 < (mask > 127).mean() < 0.6, name


def test_shaped_names_are_those_that_the_script_shapes(generator: ModuleType) -> None:
    letters = importlib.import_module("letters")
    if not letters.features.check("raqm") or not all((letters.FONTS / font).exists() for font in letters.FONT_OF.values()):
        pytest.skip("needs Pillow with Raqm and Debian's fonts-noto-core")
    with np.load(letters.LETTERS) as masks:
        for name, mask in masks.items():
            shaped = letters.shape(name)
            # Fonts and Pillow differ a little from one edition to the next.
            assert np.abs(np.subtract(shaped.shape, mask.shape)).max() <= 4, name
            high, wide = np.minimum(shaped.shape, mask.shape)
            assert np.abs(shaped[:high, :wide].astype(int) - mask[:high, :wide]).mean() < 30, name


def test_readme_tells_what_each_sample_stands_for(generator: ModuleType) -> None:
    stands_for = {sample.name: sample.stands_for for sample in generator.SAMPLES}
    assert sorted(stands_for) == sorted(NAMES)
    readme = (SAMPLES / "README.md").read_text(encoding="utf-8").splitlines()
    for entry in EXPECTED:
        verdict = f"{entry['verdict']} {' / '.join(entry['sites'])}".strip()
        assert f"| `{entry['file']}` | {stands_for[entry['file']]} | **{verdict}**: {entry['why']} |" in readme


def test_metadata_are_those_that_the_generator_writes(generator: ModuleType) -> None:
    register = generator.load_register(resolve_register("demo"))
    forms = generator.Form
    described = [s for s in generator.SAMPLES if s.form in (forms.JPEG, forms.PNG, forms.AVIF, forms.HEIC_WITHOUT_PICTURE)]
    assert len(described) > 10
    for sample in described:
        assert generator.describe(sample, register) in (MEDIA / sample.name).read_bytes(), sample.name


def test_generator_writes_the_committed_files(generator: ModuleType, reports: dict[str, Report], tmp_path: Path) -> None:
    register = generator.load_register(resolve_register("demo"))
    for sample in generator.SAMPLES:
        if sample.name in REDRAWN:
            (tmp_path / sample.name).write_bytes(generator.write_sample(sample, register))
    again = match(tmp_path)
    assert sorted(again) == sorted(REDRAWN)
    for name, report in again.items():
        assert summarise(report) == summarise(reports[name])
        assert _stated(report) == _stated(reports[name])
        # Arithmetic differs in the last bit from one processor to the next: pictures are alike, not equal.
        assert _seen(report) == pytest.approx(_seen(reports[name]), rel=0.02)


def _stated(report: Report) -> list[object]:
    values = [item.value for item in report.observations if item.provenance.reader != "filesystem"]
    return [value for value in values if not isinstance(value, Keyframe)]


def _seen(report: Report) -> list[float]:
    frames = [item.value for item in report.observations if isinstance(item.value, Keyframe)]
    return [figure for frame in frames for figure in (frame.brightness, frame.sharpness)]
