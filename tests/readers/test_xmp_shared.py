"""What is read from real XMP and IPTC-IIM against the truth file of the shared folder, which another reader made."""

import json
from pathlib import Path
from typing import Any

import pytest
from builders.findings import observed

from geoverify.geo import difference_deg
from geoverify.media import open_media
from geoverify.model import CaptureTime, Finding, Heading, PlaceClaim, Position
from geoverify.readers import iptc, xmp

# The coordinates stand there as "55/1 54/1 4074/100" without a hemisphere: 55.911, not the truth file's 55.032.
WITHOUT_HEMISPHERE = "imagemeta/testdata/images/metadata-extractor/issue-590.png"


@pytest.fixture(scope="module")
def readings(shared: Path) -> list[tuple[str, dict[str, Any], list[Finding]]]:
    folder = shared / "corpora" / "metadata"
    truth = json.loads((folder / "truth.json").read_text())
    found = []
    for name, facts in sorted(truth.items()):
        with open_media(folder / name) as (media, source):
            findings = list(xmp.READER.read(media, source))
            if media.kind in iptc.READER.kinds:
                findings += iptc.READER.read(media, source)
        found.append((name, facts, findings))
    return found


def is_near(position: Position, lat_deg: float, lon_deg: float) -> bool:
    return abs(position.lat_deg - lat_deg) < 1e-5 and abs(position.lon_deg - lon_deg) < 1e-5


@pytest.mark.parametrize("field", ["xmp_gps", "dji_xmp"])
def test_positions(readings: list[tuple[str, dict[str, Any], list[Finding]]], field: str) -> None:
    for name, facts, findings in readings:
        if field in facts and name != WITHOUT_HEMISPHERE:
            assert any(is_near(value, *facts[field]) for value, _, _ in observed(findings, Position)), name


def test_a_hemisphere_that_is_missing_is_not_guessed(readings: list[tuple[str, dict[str, Any], list[Finding]]]) -> None:
    (findings,) = (findings for name, _, findings in readings if name == WITHOUT_HEMISPHERE)
    assert observed(findings, Position) == []


def test_positions_that_the_truth_has_not_got(readings: list[tuple[str, dict[str, Any], list[Finding]]]) -> None:
    named = {"xmp_gps", "dji_xmp"}
    assert [name for name, facts, findings in readings if observed(findings, Position) and not named & facts.keys()] == []


def test_headings_of_drones(readings: list[tuple[str, dict[str, Any], list[Finding]]]) -> None:
    for name, facts, findings in readings:
        if "drone_yaw" in facts:
            headings = [value.angle_deg for value, _, _ in observed(findings, Heading)]
            assert any(abs(difference_deg(angle, facts["drone_yaw"])) < 0.01 for angle in headings), name


def test_times(readings: list[tuple[str, dict[str, Any], list[Finding]]]) -> None:
    for name, facts, findings in readings:
        if "xmp_dto" in facts:
            day, _, clock = facts["xmp_dto"].partition(" ")
            raws = [
                item.provenance.raw for item in findings if hasattr(item, "provenance") and isinstance(item.value, CaptureTime)
            ]
            assert any(raw.replace("-", ":", 2).startswith(day) and raw[11:].startswith(clock) for raw in raws), name


def test_places(readings: list[tuple[str, dict[str, Any], list[Finding]]]) -> None:
    for name, facts, findings in readings:
        for field in ("xmp_place", "iptc_place"):
            if facts.get(field, "").strip() and not (field == "iptc_place" and name.endswith("sunrise.png")):
                claims = [
                    item.provenance.raw for item in findings if hasattr(item, "value") and isinstance(item.value, PlaceClaim)
                ]
                assert any(facts[field] in raw for raw in claims), name
