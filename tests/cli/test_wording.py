"""Values, tables and explanations as people read them."""

import datetime as dt
import io
from pathlib import Path

import msgspec
import pytest
from builders.jpeg import build_jpeg, insert_exif_jpeg
from builders.tiff import build_exif, gps_tags
from rich.console import Console
from typer.testing import CliRunner

from geoverify.cli import app
from geoverify.cli.console import JOINT, make_table
from geoverify.cli.explanation import explain_report
from geoverify.cli.wording import describe_distance, describe_value
from geoverify.model import (
    CaptureTime,
    Clock,
    EncodingTrace,
    FixCaveat,
    PlaceClaim,
    Position,
    TextSource,
    TimeMeaning,
    TraceKind,
    Track,
    TrackPoint,
)
from geoverify.report import decode_report
from geoverify.results import PartSighting

FAR_EAST = Position(lat_deg=-9.5691903, lon_deg=101.8449081, caveats=(FixCaveat.NETWORK, FixCaveat.OTHER_DATUM))
NOON = dt.datetime(2025, 10, 6, 12, 0, 7)
ROOT = Path(__file__).resolve().parents[2]
SAMPLE = str(ROOT / "samples" / "media" / "PXL_20251003_085208417.jpg")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (FAR_EAST, "position: -9.5691903, 101.8449081, caveats network and other datum"),
        (Position(lat_deg=9.5, lon_deg=120.0, alt_m=6.5), "position: 9.5, 120, altitude 6.5 m"),
        (
            PlaceClaim(name="Kep", position=Position(lat_deg=1.0, lon_deg=2.0), source=TextSource.TAG),
            "place claim: Kep, 1, 2, source tag",
        ),
        (
            Track(points=(TrackPoint(time_s=0.0, position=FAR_EAST), TrackPoint(time_s=9.0, position=FAR_EAST))),
            "track: 2 points over 9 s, from -9.5691903, 101.8449081 to -9.5691903, 101.8449081",
        ),
        (Track(points=()), "track: no points"),
        (
            CaptureTime(local=NOON, offset_minutes=-210, clock=Clock.DEVICE, meaning=TimeMeaning.CAPTURED),
            "time: captured 2025-10-06 12:00:07 -03:30, by the device clock",
        ),
        (
            CaptureTime(local=NOON, clock=Clock.FILENAME, meaning=TimeMeaning.SAVED, resolution_s=86400.0),
            "time: saved 2025-10-06 12:00:07 (time zone not stated), by the file name, to 86400 s",
        ),
        (
            CaptureTime(instant_utc=NOON.replace(tzinfo=dt.UTC, microsecond=500000), clock=Clock.GPS, meaning=TimeMeaning.FIXED),
            "time: fixed 2025-10-06 12:00:07.5 UTC, by the GPS clock",
        ),
        (EncodingTrace(kind=TraceKind.JPEG_CODING, value="baseline"), "encoding: jpeg coding, baseline"),
    ],
)
def test_values_read_like_words(value: Position, words: str) -> None:
    assert describe_value(value) == words


@pytest.mark.parametrize(("metres", "words"), [(0.4, "0 m"), (999.0, "999 m"), (5469.0, "5.5 km"), (1_234_567.0, "1,235 km")])
def test_long_distances_are_in_kilometres(metres: float, words: str) -> None:
    assert describe_distance(metres) == words


def draw(columns: list[str], rows: list[list[str]], width: int) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=width).print(make_table(columns, rows, width))
    return [line.rstrip() for line in out.getvalue().splitlines()]


def test_a_table_folds_between_words_and_joined_words_stay_together() -> None:
    lines = draw(["", "long name", "b"], [["≠", "positions-disagree no-moov", f"clock{JOINT}-0.4, gps{JOINT}+2.5"]], 34)
    assert [line.split() for line in lines[2:]] == [["≠", "positions-disagree", "clock", "-0.4,"], ["no-moov", "gps", "+2.5"]]
    assert lines[2].startswith("≠  positions")


def test_a_word_too_long_breaks_at_its_hyphens_and_nothing_is_lost() -> None:
    name = "x" * 251 + "_received_8402.webp"
    lines = draw(["file", "verdict"], [[name, "inconclusive"]], 40)
    assert "".join(line[:26].strip() for line in lines[2:]) == name
    assert all(len(line) <= 40 for line in lines)
    assert "inconclusive" in lines[2]


def test_inspect_shows_whole_longitudes_and_whole_raw_values(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(insert_exif_jpeg(build_jpeg(), build_exif(gps=gps_tags(9.6, 101.8449081, error_m=5.0))))
    shown = CliRunner(env={"COLUMNS": "100"}).invoke(app, ["inspect", str(tmp_path / "a.jpg")]).stdout
    assert "101.84490" in shown
    assert "GPSLongitudeRef" in shown
    assert "('" not in shown
    assert "_deg" not in shown
    assert "…" not in shown
    (header,) = [line for line in shown.splitlines() if "written by" in line]
    assert header.index("value") < 5


def test_inspect_breaks_no_timestamp() -> None:
    shown = CliRunner(env={"COLUMNS": "100"}).invoke(app, ["inspect", SAMPLE]).stdout
    assert "2025-10-03 15:52:08" in shown
    assert "15:52:08; Offset" in shown


def test_the_parts_of_a_site_are_named_once() -> None:
    text = CliRunner().invoke(app, ["match", SAMPLE, "--sites", "demo", "--json", "-"]).stdout
    report = decode_report(msgspec.json.encode(msgspec.json.decode(text)["reports"][0]))
    parts = (
        PartSighting(name="nearest", kind="building", distance_m=12.0),
        PartSighting(name="nearest", kind="building", distance_m=14.0),
        PartSighting(name="East gate", kind="gate", distance_m=41.0, in_view=True),
    )
    first = msgspec.structs.replace(report.candidates[0], parts=parts)
    report = msgspec.structs.replace(report, candidates=(first, *report.candidates[1:]))
    lines = [line for line in explain_report(report) if "nearest parts" in line]
    assert [line.strip() for line in lines] == ["nearest parts: nearest (building) 12 m; East gate (gate) 41 m, in view"]
    assert any("km away (nearest listed site, but far)" in line for line in explain_report(report))
