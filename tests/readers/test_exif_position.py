"""Positions out of EXIF: right in every hemisphere and notation, and never a made-up one."""

import datetime as dt
from typing import Any

import pytest
from builders import jpeg, tiff
from hypothesis import given
from hypothesis import strategies as st

from geoverify.media import MemorySource
from geoverify.model import (
    Absent,
    CaptureTime,
    Clock,
    Finding,
    MediaFile,
    MediaKind,
    Observation,
    Position,
    Problem,
    Reason,
    TimeMeaning,
)
from geoverify.readers.exif import READER

N, S, E, W = (tiff.ascii_text(letter) for letter in "NSEW")
LAT = tiff.rational((10, 1), (36, 1), (3204, 100))
LON = tiff.rational((103, 1), (31, 1), (5736, 100))
GOOD = {1: N, 2: LAT, 3: E, 4: LON}


def read(gps: dict[int, tiff.Field] | None, **options: Any) -> list[Finding]:
    data = jpeg.build_jpeg(jpeg.exif_segment(tiff.build_exif(gps=gps, **options)))
    media = MediaFile(path="x", kind=MediaKind.IMAGE, media_type="image/jpeg", size_bytes=len(data), digest=None)
    return list(READER.read(media, MemorySource(data)))


def positions(findings: list[Finding]) -> list[Position]:
    return [item.value for item in findings if isinstance(item, Observation) and isinstance(item.value, Position)]


def position(gps: dict[int, tiff.Field], **options: Any) -> Position:
    (found,) = positions(read(gps, **options))
    return found


def reason(findings: list[Finding], what: str = "position") -> Reason:
    (found,) = (item for item in findings if isinstance(item, Absent) and item.what == what)
    return found.reason


def codes(findings: list[Finding]) -> list[str]:
    return [item.code for item in findings if isinstance(item, Problem)]


@pytest.mark.parametrize("byte_order", ["<", ">"])
@given(lat_deg=st.floats(-90, 90), lon_deg=st.floats(-180, 180))
def test_any_position_comes_back_to_a_centimetre(byte_order: str, lat_deg: float, lon_deg: float) -> None:
    found = positions(read(tiff.gps_tags(lat_deg, lon_deg), byte_order=byte_order))
    if max(abs(lat_deg), abs(lon_deg)) < 1.1e-5:
        return
    assert found[0].lat_deg == pytest.approx(lat_deg, abs=1e-7)
    assert found[0].lon_deg == pytest.approx(lon_deg, abs=1e-7)
    assert len(found) == 1


@pytest.mark.parametrize(
    ("lat", "lon", "resolution_m"),
    [
        (tiff.rational((10, 1), (36, 1), (32, 1)), tiff.rational((0, 1), (31, 1), (57, 1)), 30.9),
        (tiff.rational((10, 1), (3653, 100), (0, 1)), tiff.rational((0, 1), (3195, 100), (0, 1)), 18.5),
        (tiff.rational((10, 1), (36, 1), (3204, 100)), tiff.rational((0, 1), (31, 1), (5736, 100)), 0.309),
        (tiff.rational((10_608_900, 1_000_000)), tiff.rational((532_600, 1_000_000)), 0.111),
        (tiff.rational((10_608_900, 1_000_000), (0, 1), (0, 1)), tiff.rational((532_600, 1_000_000), (0, 1), (0, 1)), 0.111),
        (tiff.rational((10, 1), (36, 1)), tiff.rational((0, 1), (31, 1)), 1853),
        (tiff.rational((10, 1), (36, 1), (0, 1)), tiff.rational((0, 1), (31, 1), (0, 1)), 30.9),
        (tiff.short(10, 36, 32), tiff.short(0, 31, 57), 30.9),
        (tiff.Field(tiff.DOUBLE, (10.6089,)), tiff.Field(tiff.DOUBLE, (0.5326,)), None),
    ],
)
def test_the_resolution_is_the_step_of_the_notation(lat: tiff.Field, lon: tiff.Field, resolution_m: float | None) -> None:
    found = position({1: N, 2: lat, 3: E, 4: lon})
    assert found.lat_deg == pytest.approx(10.6, abs=0.02)
    assert found.lon_deg == pytest.approx(0.53, abs=0.02)
    assert found.resolution_m == (None if resolution_m is None else pytest.approx(resolution_m, rel=0.01))


@pytest.mark.parametrize("ref", ["S", "s", "South", "S ", "SOUTH\0junk"])
def test_references_are_read_as_devices_write_them(ref: str) -> None:
    assert position(GOOD | {1: tiff.ascii_text(ref)}).lat_deg < 0
    assert position(GOOD | {1: tiff.undefined(ref.encode())}).lat_deg < 0


@pytest.mark.parametrize("ref", [None, tiff.ascii_text(""), tiff.ascii_text("E"), tiff.ascii_text("?"), tiff.short(78)])
def test_without_a_reference_there_is_no_position(ref: tiff.Field | None) -> None:
    gps = {tag: field for tag, field in GOOD.items() if tag != 1} | ({1: ref} if ref else {})
    findings = read(gps)
    assert positions(findings) == []
    assert reason(findings) is Reason.MISSING_REFERENCE


@pytest.mark.parametrize(
    ("lat", "expected"),
    [
        (tiff.rational((0, 0), (0, 0), (0, 0)), Reason.NOT_A_NUMBER),
        (tiff.rational((10, 1), (36, 1), (0, 0)), Reason.NOT_A_NUMBER),
        (tiff.rational((10, 1), (36, 1), (5, 0)), Reason.NOT_A_NUMBER),
        (tiff.rational((91, 1), (0, 1), (0, 1)), Reason.OUT_OF_RANGE),
        (tiff.rational((90, 1), (0, 1), (1, 100)), Reason.OUT_OF_RANGE),
        (tiff.rational((4294967295, 1)), Reason.OUT_OF_RANGE),
        (tiff.rational((10, 1), (61, 1), (0, 1)), Reason.OUT_OF_RANGE),
        (tiff.rational((10, 1), (36, 1), (6001, 100)), Reason.OUT_OF_RANGE),
        (tiff.rational((10, 1), (60, 1), (1, 1)), Reason.OUT_OF_RANGE),
        (tiff.srational((-10, 1), (36, 1), (0, 1)), Reason.OUT_OF_RANGE),
        (tiff.rational((10, 1), (36, 1), (0, 1), (0, 1)), Reason.NOT_A_NUMBER),
        (tiff.ascii_text("52,00000,50,00000,34,01180"), Reason.NOT_A_NUMBER),
        (tiff.ascii_text("10,5"), Reason.NOT_A_NUMBER),
        (tiff.ascii_text("N 10.5"), Reason.NOT_A_NUMBER),
        (tiff.ascii_text("nan"), Reason.NOT_A_NUMBER),
        (tiff.ascii_text("1e1"), Reason.NOT_A_NUMBER),
        (tiff.ascii_text("-10.5"), Reason.OUT_OF_RANGE),
        (tiff.ascii_text(""), Reason.NOT_A_NUMBER),
        (tiff.undefined(b""), Reason.NOT_A_NUMBER),
        (tiff.Field(tiff.DOUBLE, (float("nan"),)), Reason.NOT_A_NUMBER),
        (tiff.Field(tiff.DOUBLE, (float("inf"),)), Reason.NOT_A_NUMBER),
        (tiff.Field(tiff.RATIONAL, (10, 1, 36, 1, 0, 1), offset=0xFFFFFF00), Reason.TRUNCATED),
    ],
)
@pytest.mark.parametrize("byte_order", ["<", ">"])
def test_what_is_no_latitude_is_absent_with_its_reason(lat: tiff.Field, expected: Reason, byte_order: str) -> None:
    findings = read(GOOD | {2: lat}, byte_order=byte_order)
    assert positions(findings) == []
    assert reason(findings) is expected


def test_a_longitude_over_180_is_absent_and_one_over_90_is_not() -> None:
    assert reason(read(GOOD | {4: tiff.rational((181, 1), (0, 1), (0, 1))})) is Reason.OUT_OF_RANGE
    assert position(GOOD | {4: tiff.rational((180, 1), (0, 1), (0, 1))}).lon_deg == 180
    assert position(GOOD | {3: W, 4: tiff.rational((179, 1), (0, 1), (0, 1))}).lon_deg == -179


@pytest.mark.parametrize(
    ("text", "expected"),
    [("10.5", 10.5), ("10 30 0", 10.5), ("10 30.0 0.0", 10.5), ("10", 10.0)],
)
def test_text_that_can_mean_one_thing_only_is_read(text: str, expected: float) -> None:
    assert position(GOOD | {2: tiff.ascii_text(text)}).lat_deg == pytest.approx(expected)


@pytest.mark.parametrize("lat", [tiff.rational((10, 1), (59, 1), (60, 1)), tiff.rational((10, 1), (60, 1), (0, 1))])
def test_a_carry_to_exactly_sixty_is_a_rounded_value(lat: tiff.Field) -> None:
    assert position(GOOD | {2: lat}).lat_deg == pytest.approx(11.0)


@pytest.mark.parametrize(
    "zero", [tiff.rational((0, 1), (0, 1), (0, 1)), tiff.rational((0, 1)), tiff.rational((0, 1), (0, 1), (1, 100))]
)
def test_null_island_is_no_position(zero: tiff.Field) -> None:
    findings = read({1: N, 2: zero, 3: E, 4: zero})
    assert positions(findings) == []
    assert reason(findings) is Reason.NULL_ISLAND


def test_the_equator_and_the_prime_meridian_are_positions() -> None:
    zero = tiff.rational((0, 1), (0, 1), (0, 1))
    assert position(GOOD | {2: zero}).lat_deg == 0
    assert position(GOOD | {4: zero}).lon_deg == 0


@pytest.mark.parametrize("missing", [(2,), (4,), (2, 4)])
def test_half_a_position_is_none(missing: tuple[int, ...]) -> None:
    findings = read({tag: field for tag, field in GOOD.items() if tag not in missing})
    assert positions(findings) == []
    assert reason(findings) is Reason.NOT_PRESENT


@pytest.mark.parametrize(
    ("ref", "expected"),
    [
        (None, 12.5),
        (tiff.byte(0), 12.5),
        (tiff.byte(1), -12.5),
        (tiff.byte(2), 12.5),
        (tiff.byte(3), -12.5),
        (tiff.ascii_text("1"), -12.5),
        (tiff.Field(tiff.BYTE, b"1"), -12.5),
        (tiff.undefined(b"\x01"), -12.5),
        (tiff.byte(0, 100), 12.5),
        (tiff.byte(), 12.5),
    ],
)
def test_altitude_with_its_reference(ref: tiff.Field | None, expected: float) -> None:
    gps = GOOD | {6: tiff.rational((25, 2))} | ({5: ref} if ref else {})
    assert position(gps).alt_m == expected


@pytest.mark.parametrize(
    ("altitude", "expected"),
    [(tiff.rational((0, 0)), Reason.NOT_A_NUMBER), (tiff.rational((4294967295, 1)), Reason.OUT_OF_RANGE)],
)
def test_a_broken_altitude_does_not_cost_the_position(altitude: tiff.Field, expected: Reason) -> None:
    findings = read(GOOD | {6: altitude})
    assert positions(findings)[0].alt_m is None
    assert reason(findings, "altitude") is expected


@pytest.mark.parametrize("error", [tiff.rational((0, 1)), tiff.rational((0, 0)), tiff.ascii_text("?")])
def test_an_error_that_stands_for_unknown_is_none(error: tiff.Field) -> None:
    assert position(GOOD | {31: error}).horizontal_error_m is None


def test_a_dilution_of_precision_is_no_error_radius_and_stays_in_the_raw_value() -> None:
    (item,) = (item for item in read(GOOD | {11: tiff.rational((18, 1))}) if isinstance(item, Observation))
    assert isinstance(item.value, Position)
    assert item.value.horizontal_error_m is None
    assert "GPSDOP 18/1" in item.provenance.raw


def test_an_interrupted_measurement_is_kept_and_flagged() -> None:
    assert codes(read(GOOD | {9: tiff.ascii_text("A")})) == []
    findings = read(GOOD | {9: tiff.ascii_text("V")})
    assert len(positions(findings)) == 1
    assert codes(findings) == ["gps-interrupted"]


def test_an_interrupted_measurement_without_coordinates_is_no_fix() -> None:
    assert reason(read({9: tiff.ascii_text("V")})) is Reason.NO_FIX
    assert reason(read({9: tiff.ascii_text("A")})) is Reason.NOT_PRESENT


@pytest.mark.parametrize("datum", ["", "WGS-84", "WGS84", "WGS-84   ", "wgs 84", "WGS_1984"])
def test_wgs84_is_silent_under_all_its_names(datum: str) -> None:
    assert codes(read(GOOD | {18: tiff.ascii_text(datum)})) == []


def test_another_datum_is_flagged() -> None:
    assert codes(read(GOOD | {18: tiff.ascii_text("TOKYO")})) == ["datum-not-wgs84"]


@pytest.mark.parametrize(
    ("method", "flags"), [("GPS", []), ("fused", []), ("CELLID", ["position-not-gps"]), ("network", ["position-not-gps"])]
)
def test_positions_that_no_satellite_gave_are_flagged(method: str, flags: list[str]) -> None:
    assert codes(read(GOOD | {27: tiff.undefined(b"ASCII\0\0\0" + method.encode())})) == flags


def test_a_big_tiff_has_a_position_and_no_second_witness() -> None:
    data = tiff.build_exif(gps=GOOD, is_big=True)
    media = MediaFile(path="x", kind=MediaKind.IMAGE, media_type="image/tiff", size_bytes=len(data), digest=None)
    findings = list(READER.read(media, MemorySource(data)))
    assert len(positions(findings)) == 1
    assert codes(findings) == []


def fix_times(findings: list[Finding]) -> list[CaptureTime]:
    return [item.value for item in findings if isinstance(item, Observation) and isinstance(item.value, CaptureTime)]


@pytest.mark.parametrize(
    ("date", "clock", "expected"),
    [
        ("2026:01:17", ((7, 1), (30, 1), (2, 1)), dt.datetime(2026, 1, 17, 7, 30, 2, tzinfo=dt.UTC)),
        ("2026-01-17", ((7, 1), (30, 1), (205, 100)), dt.datetime(2026, 1, 17, 7, 30, 2, 50_000, dt.UTC)),
        ("2016:12:31", ((23, 1), (59, 1), (60, 1)), dt.datetime(2017, 1, 1, tzinfo=dt.UTC)),
    ],
)
def test_the_time_of_the_fix(date: str, clock: tuple[tuple[int, int], ...], expected: dt.datetime) -> None:
    (time,) = fix_times(read({29: tiff.ascii_text(date), 7: tiff.rational(*clock)}))
    assert time == CaptureTime(instant_utc=expected, clock=Clock.GPS, meaning=TimeMeaning.FIXED)


def test_a_bare_date_is_a_day() -> None:
    (time,) = fix_times(read({29: tiff.ascii_text("2026:01:17")}))
    assert time.instant_utc == dt.datetime(2026, 1, 17, tzinfo=dt.UTC)
    assert time.resolution_s == 86_400


@pytest.mark.parametrize(
    ("date", "clock", "expected"),
    [
        (None, ((7, 1), (30, 1), (2, 1)), Reason.NOT_PRESENT),
        ("1999:99:99 99:99:99", ((7, 1), (30, 1), (2, 1)), Reason.NOT_A_DATE),
        ("2026:01:17", ((24, 1), (0, 1), (0, 1)), Reason.NOT_A_DATE),
        ("2026:01:17", ((7, 1), (60, 1), (0, 1)), Reason.NOT_A_DATE),
        ("2026:01:17", ((7, 1), (30, 1), (61, 1)), Reason.NOT_A_DATE),
        ("2026:01:17", ((7, 1), (30, 1)), Reason.NOT_A_DATE),
        ("2026:01:17", ((0, 0), (0, 0), (13, 1)), Reason.NOT_A_NUMBER),
        ("1970:01:01", ((0, 1), (0, 1), (0, 1)), Reason.OUT_OF_RANGE),
        ("", ((0, 1), (0, 1), (0, 1)), Reason.NOT_A_DATE),
        ("9999:12:31", ((23, 1), (59, 1), (60, 1)), Reason.NOT_A_DATE),
    ],
)
def test_what_is_no_time_of_a_fix_is_absent(date: str | None, clock: tuple[tuple[int, int], ...], expected: Reason) -> None:
    findings = read({7: tiff.rational(*clock)} | ({29: tiff.ascii_text(date)} if date is not None else {}))
    assert fix_times(findings) == []
    assert reason(findings, "time of the fix") is expected
