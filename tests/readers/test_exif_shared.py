"""EXIF of real files against the answers of the reference reader."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from geoverify.media import open_media
from geoverify.model import Absent, CaptureTime, Finding, Heading, Observation, Position, Problem, Reason, TimeMeaning
from geoverify.readers.exif import READER

Reading = tuple[dict[str, Any], list[Finding]]


@pytest.fixture(scope="module")
def readings(shared: Path) -> dict[str, Reading]:
    folder = shared / "corpora" / "metadata"
    truth = json.loads((folder / "truth.json").read_text("utf-8"))
    found = {}
    for name, record in truth.items():
        if record["mime"].startswith("image/"):
            with open_media(folder / name) as (media, source):
                found[name] = (record, list(READER.read(media, source)))
    return found


def seen(findings: list[Finding], kind: type) -> Iterator[Observation[Any]]:
    return (item for item in findings if isinstance(item, Observation) and isinstance(item.value, kind))


def test_positions_agree_and_none_is_wrong(readings: dict[str, Reading]) -> None:
    located = {name: reading for name, reading in readings.items() if "exif_gps" in reading[0]}
    assert len(located) > 80
    missing = []
    for name, (record, findings) in located.items():
        lat_deg, lon_deg = record["exif_gps"]
        found = [item.value for item in seen(findings, Position)]
        if not found:
            reasons = {item.reason for item in findings if isinstance(item, Absent) and item.what == "position"}
            assert Reason.NULL_ISLAND in reasons or (lat_deg, lon_deg) != (0, 0)
            if (lat_deg, lon_deg) != (0, 0):
                missing.append((name, reasons))
            continue
        assert found[0].lat_deg == pytest.approx(lat_deg, abs=1e-5), name
        assert found[0].lon_deg == pytest.approx(lon_deg, abs=1e-5), name
    # Coordinates as text with decimal commas, which the reference reader itself gets wrong by 92 km.
    assert missing == [("imagemeta/testdata/images/goexif/geodegrees_as_string.jpg", {Reason.NOT_A_NUMBER})]


def test_times_of_capture_agree(readings: dict[str, Reading]) -> None:
    dated = {name: reading for name, reading in readings.items() if "dto" in reading[0]}
    assert len(dated) > 80
    for name, (record, findings) in dated.items():
        times = [item.value for item in seen(findings, CaptureTime) if item.value.meaning is TimeMeaning.CAPTURED]
        assert f"{times[0].local:%Y:%m:%d %H:%M:%S}" == record["dto"][:19], name


def test_directions_agree(readings: dict[str, Reading]) -> None:
    directed = {name: reading for name, reading in readings.items() if "dir_exif" in reading[0]}
    assert len(directed) > 20
    for name, (record, findings) in directed.items():
        angles = [item.value.angle_deg for item in seen(findings, Heading) if item.provenance.field == "GPSImgDirection"]
        assert angles[0] == pytest.approx(record["dir_exif"], abs=1e-4), name


def test_the_two_decoders_agree_on_every_file(readings: dict[str, Reading]) -> None:
    for name, (_, findings) in readings.items():
        assert not [item for item in findings if isinstance(item, Problem) and item.code == "witnesses-disagree"], name
