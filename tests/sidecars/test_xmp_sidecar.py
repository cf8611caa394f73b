"""XMP beside the media: names, hemispheres, and what is no sidecar."""

from pathlib import Path

import pytest
from builders.sidecars import MEDIA, observations_of, problems_of, put, values_of
from builders.xmp import Value, build_packet, wrap

from geoverify.model import CaptureTime, Heading, Position, Who
from geoverify.sidecars import SidecarFindings, read_sidecars

# Decimal degrees with separate references, as photo libraries export them.
EXPORTED: dict[str, Value] = {
    "exif:GPSLatitude": "33.451855799999997",
    "exif:GPSLatitudeRef": "S",
    "exif:GPSLongitude": "70.650466100000003",
    "exif:GPSLongitudeRef": "W",
    "exif:GPSHPositioningError": "4.7840887112371862",
    "exif:GPSImgDirection": "63.829559363525092",
    "exif:GPSImgDirectionRef": "T",
    "photoshop:DateCreated": "2024-09-23T11:05:52-04:00",
}


def read(folder: Path, props: dict[str, Value], name: str = "IMG_1.xmp", media: str = "IMG_1.jpg") -> SidecarFindings:
    put(folder / name, build_packet(props))
    return read_sidecars(put(folder / media, MEDIA))


@pytest.mark.parametrize("name", ["IMG_1.xmp", "IMG_1.jpg.xmp", "IMG_1.XMP", "IMG_1.jpg.XMP"])
def test_both_names_and_separate_references(name: str, tmp_path: Path) -> None:
    result = read(tmp_path, EXPORTED, name)
    (position,) = values_of(result, Position)
    assert (position.lat_deg, position.lon_deg) == (-33.451855799999997, -70.650466100000003)
    assert position.horizontal_error_m == 4.7840887112371862
    assert [heading.angle_deg for heading in values_of(result, Heading)] == [63.829559363525092]
    assert [time.offset_minutes for time in values_of(result, CaptureTime)] == [-240]
    assert {item.provenance.reader for item in observations_of(result)} == {"sidecars.xmp"}
    assert {item.provenance.file for item in observations_of(result)} == {name}
    assert not problems_of(result)


def test_a_sidecar_is_never_the_devices_word(tmp_path: Path) -> None:
    result = read(tmp_path, {"drone-dji:GpsLatitude": "1.5", "drone-dji:GpsLongitude": "2.5"})
    assert [item.provenance.who for item in observations_of(result)] == [Who.EDITOR]


def test_references_that_contradict_the_sign(tmp_path: Path) -> None:
    result = read(tmp_path, EXPORTED | {"exif:GPSLatitude": "-33.45", "exif:GPSLatitudeRef": "N"})
    assert values_of(result, Position) == []
    assert [item.code for item in problems_of(result)] == ["contradictory-values"]
    assert [item.where for item in problems_of(result)] == ["sidecars.xmp"]


def test_a_sidecar_of_the_raw_file_beside_it_is_read_and_told(tmp_path: Path) -> None:
    result = read(tmp_path, EXPORTED | {"photoshop:SidecarForExtension": "CR2"})
    assert len(values_of(result, Position)) == 1
    assert [item.code for item in problems_of(result)] == ["sidecar-of-sibling"]
    assert not problems_of(read(tmp_path, EXPORTED | {"photoshop:SidecarForExtension": "JPG"}))


def test_both_sidecars_of_one_picture_are_read(tmp_path: Path) -> None:
    put(tmp_path / "IMG_1.jpg.xmp", build_packet(EXPORTED))
    assert len(values_of(read(tmp_path, EXPORTED), Position)) == 2


@pytest.mark.parametrize("data", [b"no markup", b"", b"<html><body>x</body></html>", wrap("").encode()])
def test_what_is_no_xmp_says_nothing(data: bytes, tmp_path: Path) -> None:
    put(tmp_path / "IMG_1.xmp", data)
    result = read_sidecars(put(tmp_path / "IMG_1.jpg", MEDIA))
    assert observations_of(result) == []
    assert result.uses == []


@pytest.mark.parametrize("data", [b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', b"<a>" * 500, b"<x:xmpmeta" + b" a" * 50])
def test_broken_and_hostile_sidecars_are_problems(data: bytes, tmp_path: Path) -> None:
    put(tmp_path / "IMG_1.xmp", data)
    result = read_sidecars(put(tmp_path / "IMG_1.jpg", MEDIA))
    assert observations_of(result) == []
    assert [item.code for item in problems_of(result)] == ["sidecar-broken"]


def test_real_exports_have_the_right_hemispheres(shared: Path) -> None:
    folder = shared / "corpora" / "metadata" / "exiftool-vendored.js" / "test"
    found = [read_sidecars(folder / f"iphone-export-{number}.jpg") for number in (1, 2)]
    positions = [(position.lat_deg, position.lon_deg) for result in found for position in values_of(result, Position)]
    assert positions == [(44.646258333333336, -63.569716666666665), (-33.451855799999997, -70.650466100000003)]
