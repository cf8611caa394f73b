"""The EXIF reader: what a device writes comes out as observations with their provenance."""

import datetime as dt
import math
from typing import Any, TypeVar

import pytest
from builders import heif, jpeg, png, tiff, webp

from geoverify.media import MemorySource, sniff_type
from geoverify.model import (
    Absent,
    Camera,
    CaptureTime,
    Clock,
    FieldOfView,
    Finding,
    Heading,
    ImageInfo,
    MediaFile,
    MediaKind,
    North,
    Observation,
    PlaceClaim,
    Position,
    Problem,
    Reason,
    Software,
    TextSnippet,
    TimeMeaning,
    Who,
)
from geoverify.readers.exif import READER

V = TypeVar("V")

LOCAL = dt.datetime(2026, 1, 17, 14, 30, 5, 250_000)
EXIF = tiff.build_exif(
    ifd0=tiff.camera_tags("Maker", "Model 7", "Firmware 1.2", orientation=6) | {0x0132: tiff.ascii_text("2026:01:18 08:00:00")},
    exif=tiff.time_tags(LOCAL, 7 * 60) | tiff.lens_tags(26, 4032, 3024) | {0xA431: tiff.ascii_text("SN123")},
    gps=tiff.gps_tags(
        10.6089,
        103.5326,
        alt_m=12.5,
        heading_deg=271.25,
        error_m=4.75,
        when_utc=dt.datetime(2026, 1, 17, 7, 30, 2, 500_000, dt.UTC),
    ),
)


def read(data: bytes) -> list[Finding]:
    kind, media_type = sniff_type(data[:4096])
    media = MediaFile(path="x", kind=kind, media_type=media_type, size_bytes=len(data), digest=None)
    return list(READER.read(media, MemorySource(data)))


def read_exif(**directories: Any) -> list[Finding]:
    return read(jpeg.build_jpeg(jpeg.exif_segment(tiff.build_exif(**directories))))


def values(findings: list[Finding], kind: type[V]) -> list[V]:
    return [item.value for item in findings if isinstance(item, Observation) and isinstance(item.value, kind)]


def fields(findings: list[Finding], kind: type) -> list[str]:
    return [item.provenance.field for item in findings if isinstance(item, Observation) and isinstance(item.value, kind)]


def absences(findings: list[Finding]) -> dict[str, Reason]:
    return {item.what: item.reason for item in findings if isinstance(item, Absent)}


def codes(findings: list[Finding]) -> list[str]:
    return [item.code for item in findings if isinstance(item, Problem)]


CARRIERS = {
    "jpeg": jpeg.build_jpeg(jpeg.exif_segment(EXIF)),
    "png": png.insert_exif_png(png.build_png(), EXIF),
    "webp": webp.build_webp(EXIF),
    "heic": heif.build_heif_with_exif(EXIF),
    "avif": heif.build_heif_with_exif(EXIF, brand=b"avif"),
    "jxl": heif.build_jxl(heif.box(b"Exif", bytes(4), EXIF)),
    "tiff": EXIF,
}


@pytest.mark.parametrize("carrier", CARRIERS)
def test_everything_that_a_phone_writes_is_read_in_every_format(carrier: str) -> None:
    findings = read(CARRIERS[carrier])
    (position,) = values(findings, Position)
    assert position.lat_deg == pytest.approx(10.6089, abs=1e-8)
    assert position.lon_deg == pytest.approx(103.5326, abs=1e-8)
    assert position.alt_m == 12.5
    assert position.horizontal_error_m == 4.75
    (heading,) = values(findings, Heading)
    assert heading == Heading(angle_deg=271.25, north=North.TRUE)
    assert values(findings, Camera) == [Camera(make="Maker", model="Model 7", serial="SN123")]
    assert values(findings, Software) == [Software(name="Firmware 1.2")]
    assert values(findings, ImageInfo) == [ImageInfo(width_px=4032, height_px=3024, orientation=6)]
    (view,) = values(findings, FieldOfView)
    assert view.long_side_deg == pytest.approx(math.degrees(2 * math.atan(36 / 52)))
    assert values(findings, CaptureTime) == [
        CaptureTime(instant_utc=dt.datetime(2026, 1, 17, 7, 30, 2, 500_000, dt.UTC), clock=Clock.GPS, meaning=TimeMeaning.FIXED),
        CaptureTime(
            instant_utc=dt.datetime(2026, 1, 17, 7, 30, 5, 250_000, dt.UTC),
            local=LOCAL,
            offset_minutes=420,
            clock=Clock.DEVICE,
            meaning=TimeMeaning.CAPTURED,
        ),
        CaptureTime(
            instant_utc=dt.datetime(2026, 1, 17, 7, 30, 5, 250_000, dt.UTC),
            local=LOCAL,
            offset_minutes=420,
            clock=Clock.DEVICE,
            meaning=TimeMeaning.DIGITIZED,
        ),
        CaptureTime(local=dt.datetime(2026, 1, 18, 8), clock=Clock.DEVICE, meaning=TimeMeaning.MODIFIED),
    ]
    assert absences(findings) == {}
    assert codes(findings) == []


def test_a_canon_raw_file_is_read_as_one() -> None:
    data = heif.build_cr3(
        tiff.build_exif(ifd0=tiff.camera_tags("Canon", "EOS")),
        tiff.build_exif(ifd0=tiff.time_tags(LOCAL)),
        tiff.build_exif(ifd0=tiff.gps_tags(-33.8, 151.2)),
    )
    findings = read(data)
    (position,) = values(findings, Position)
    assert (position.lat_deg, position.lon_deg) == pytest.approx((-33.8, 151.2))
    assert values(findings, Camera) == [Camera(make="Canon", model="EOS")]
    assert TimeMeaning.CAPTURED in [time.meaning for time in values(findings, CaptureTime)]


def test_a_canon_raw_file_with_one_broken_block_keeps_the_others() -> None:
    data = heif.build_cr3(tiff.build_exif(ifd0=tiff.camera_tags("Canon", "EOS")), b"broken", b"")
    findings = read(data)
    assert values(findings, Camera) == [Camera(make="Canon", model="EOS")]
    assert codes(findings) == ["malformed", "malformed"]


def test_provenance_names_the_fields_and_keeps_the_raw_values() -> None:
    findings = read(CARRIERS["jpeg"])
    (position,) = (item for item in findings if isinstance(item, Observation) and isinstance(item.value, Position))
    assert position.provenance.reader == "exif"
    assert position.provenance.field == "GPSLatitude+GPSLongitude"
    assert position.provenance.who is Who.DEVICE
    assert position.provenance.raw.startswith("GPSLatitudeRef N; GPSLatitude 10/1 36/1 320400/10000; GPSLongitudeRef E")
    assert "GPSHPositioningError 47500/10000" in position.provenance.raw


def test_a_second_exif_is_named_by_its_place_and_does_not_hide_the_first() -> None:
    other = tiff.build_exif(gps=tiff.gps_tags(-1.5, 2.5))
    findings = read(jpeg.build_jpeg(jpeg.exif_segment(EXIF), jpeg.exif_segment(other)))
    first, second = fields(findings, Position)
    assert first == "GPSLatitude+GPSLongitude"
    assert second.startswith("GPSLatitude+GPSLongitude (APP1 at byte ")
    assert absences(findings) == {}


def test_what_the_second_exif_has_is_not_reported_missing_for_the_first() -> None:
    empty = tiff.build_exif(ifd0=tiff.camera_tags("Maker", "Model"))
    findings = read(jpeg.build_jpeg(jpeg.exif_segment(empty), jpeg.exif_segment(EXIF)))
    assert len(values(findings, Position)) == 1
    assert absences(findings) == {}


def test_a_damaged_exif_does_not_cost_the_other() -> None:
    findings = read(jpeg.build_jpeg(jpeg.exif_segment(b"II\0\0no TIFF"), jpeg.exif_segment(EXIF)))
    assert codes(findings) == ["malformed"]
    assert len(values(findings, Position)) == 1


def test_a_file_without_exif_says_so() -> None:
    assert absences(read(jpeg.build_jpeg())) == {"exif": Reason.NOT_PRESENT}


def test_a_block_that_cannot_be_read_is_unsupported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "brotli", None)
    findings = read(heif.build_jxl(heif.box(b"brob", b"Exif", bytes(40))))
    assert absences(findings) == {"exif": Reason.UNSUPPORTED}


def test_an_exif_without_place_and_time_says_what_is_missing() -> None:
    findings = read_exif(ifd0=tiff.camera_tags("Maker", "Model"))
    assert absences(findings) == dict.fromkeys(("position", "heading", "time"), Reason.NOT_PRESENT)


def test_a_cut_directory_is_a_problem_and_its_fields_are_kept() -> None:
    block = bytearray(tiff.build_exif(ifd0=tiff.camera_tags("Maker", "Model")))
    block[8] = 200
    findings = read(jpeg.build_jpeg(jpeg.exif_segment(bytes(block))))
    assert codes(findings) == ["truncated"]
    assert values(findings, Camera) == [Camera(make="Maker", model="Model")]


def test_directions_with_their_references() -> None:
    gps = tiff.gps_tags(heading_deg=10, heading_ref="M") | {24: tiff.rational((3555, 10))}
    findings = read_exif(gps=gps)
    assert values(findings, Heading) == [
        Heading(angle_deg=10, north=North.MAGNETIC),
        Heading(angle_deg=355.5, north=North.UNKNOWN),
    ]
    assert fields(findings, Heading) == ["GPSImgDirection", "GPSDestBearing"]


@pytest.mark.parametrize(
    ("direction", "expected"),
    [
        (tiff.rational((360, 1)), 0.0),
        (tiff.rational((0, 1)), 0.0),
        (tiff.rational((361, 1)), Reason.OUT_OF_RANGE),
        (tiff.srational((-10, 1)), Reason.OUT_OF_RANGE),
        (tiff.rational((0, 0)), Reason.NOT_A_NUMBER),
        (tiff.ascii_text("west"), Reason.NOT_A_NUMBER),
        (tiff.ascii_text("271.5"), 271.5),
        (tiff.short(90), 90.0),
    ],
)
def test_a_direction_is_a_number_of_the_circle_or_absent(direction: tiff.Field, expected: float | Reason) -> None:
    findings = read_exif(gps={16: tiff.ascii_text("T"), 17: direction})
    if isinstance(expected, Reason):
        assert absences(findings)["heading"] is expected
        assert values(findings, Heading) == []
    else:
        assert values(findings, Heading) == [Heading(angle_deg=expected, north=North.TRUE)]


def test_the_size_of_a_preview_is_not_the_size_of_the_image() -> None:
    preview = {0x00FE: tiff.long(1), 0x0100: tiff.long(160), 0x0101: tiff.long(120), 0x0112: tiff.short(3)}
    assert values(read_exif(ifd0=preview), ImageInfo) == [ImageInfo(orientation=3)]
    main = {0x00FE: tiff.long(0), 0x0100: tiff.long(160), 0x0101: tiff.long(120)}
    assert values(read_exif(ifd0=main), ImageInfo) == [ImageInfo(width_px=160, height_px=120)]


@pytest.mark.parametrize("orientation", [0, 9, 65_535])
def test_an_orientation_that_there_is_not_is_none(orientation: int) -> None:
    assert values(read_exif(ifd0={0x0112: tiff.short(orientation)}), ImageInfo) == []


def test_the_field_of_view_falls_back_to_the_sensor() -> None:
    sensor = {
        0x920A: tiff.rational((50, 1)),
        0xA002: tiff.long(6000),
        0xA003: tiff.long(4000),
        0xA20E: tiff.rational((60_000, 36)),
        0xA20F: tiff.rational((40_000, 24)),
        0xA210: tiff.short(3),
    }
    findings = read_exif(exif=sensor)
    (view,) = values(findings, FieldOfView)
    assert view.long_side_deg == pytest.approx(math.degrees(2 * math.atan(36 / 100)))
    assert fields(findings, FieldOfView) == ["FocalLength+FocalPlaneXResolution"]
    (zoomed,) = values(read_exif(exif=sensor | {0xA404: tiff.rational((2, 1))}), FieldOfView)
    assert zoomed.long_side_deg == pytest.approx(math.degrees(2 * math.atan(18 / 100)))


def test_an_impossible_sensor_gives_no_field_of_view() -> None:
    sensor = {
        0x920A: tiff.rational((50, 1)),
        0xA002: tiff.long(6000),
        0xA003: tiff.long(4000),
        0xA20E: tiff.rational((72, 1)),
        0xA20F: tiff.rational((72, 1)),
    }
    findings = read_exif(exif=sensor)
    assert values(findings, FieldOfView) == []
    assert absences(findings)["field of view"] is Reason.OUT_OF_RANGE


@pytest.mark.parametrize("focal", [0, 65_535])
def test_a_focal_length_that_stands_for_unknown_gives_no_field_of_view(focal: int) -> None:
    assert values(read_exif(exif={0xA405: tiff.short(focal)}), FieldOfView) == []


def test_words_in_every_encoding() -> None:
    findings = read_exif(
        ifd0={
            0x010E: tiff.ascii_text("a description"),
            0x013B: tiff.ascii_text("an artist"),
            0x8298: tiff.Field(tiff.ASCII, b"photographer\0editor\0"),
            0x9C9B: tiff.Field(tiff.BYTE, "ชื่อ".encode("utf-16-le") + b"\0\0"),
        },
        exif={0x9286: tiff.undefined(b"UNICODE\0" + "金边".encode("utf-16-le"))},
        gps={28: tiff.undefined(b"ASCII\0\0\0Phnom Penh")},
    )
    assert [snippet.text for snippet in values(findings, TextSnippet)] == [
        "a description",
        "an artist",
        "photographer; editor",
        "金边",
        "ชื่อ",
    ]
    assert fields(findings, TextSnippet) == ["ImageDescription", "Artist", "Copyright", "UserComment", "XPTitle"]
    assert [claim.name for claim in values(findings, PlaceClaim)] == ["Phnom Penh"]


@pytest.mark.parametrize(
    ("comment", "text"),
    [
        (b"ASCII\0\0\0plain", "plain"),
        (bytes(8) + b"undefined code", "undefined code"),
        (b"no code at all", "no code at all"),
        (b"JIS\0\0\0\0\0" + "東京".encode("iso2022_jp"), "東京"),
        (b"UNICODE\0" + "words".encode("utf-16-be"), "words"),
        (b"UNICODE\0" + b"\xff\xfe" + "words".encode("utf-16-le"), "words"),
        (b"UNICODE\0" + b"\x00", ""),
        (b"UNICODE\0" + b"\xd8\x00\xd8", None),
        (b"ASCII\0\0\0   ", ""),
        (b"", ""),
    ],
)
@pytest.mark.parametrize("byte_order", ["<", ">"])
def test_comments_of_every_code(comment: bytes, text: str | None, byte_order: str) -> None:
    snippets = values(read_exif(exif={0x9286: tiff.undefined(comment)}, byte_order=byte_order), TextSnippet)
    if text is not None:
        assert [snippet.text for snippet in snippets] == ([text] if text else [])


def test_text_in_the_wrong_type_is_read() -> None:
    findings = read_exif(ifd0={0x010F: tiff.undefined(b"Maker\0"), 0x0110: tiff.Field(tiff.BYTE, b"Model\0")})
    assert values(findings, Camera) == [Camera(make="Maker", model="Model")]


def test_the_reader_is_for_images() -> None:
    assert READER.kinds == {MediaKind.IMAGE}
