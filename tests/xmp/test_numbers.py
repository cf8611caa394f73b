"""Coordinates, numbers and dates as XMP and its writers spell them."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoverify.model import Clock, Reason, TimeMeaning
from geoverify.speech import ConflictError, UnusableError
from geoverify.xmp.numbers import join_coordinates, parse_coordinate, parse_number, parse_time


def degrees(text: str, ref: str = "", axis: str = "latitude") -> float:
    found = parse_coordinate(text, ref, "exif:GPS", axis)
    assert found.sign is not None
    return found.degrees * found.sign


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("11,30,36N", 11.51),
        ("11,30.6N", 11.51),
        ("11,30.6S", -11.51),
        ("011,30.600000N", 11.51),
        ("11,30.6n", 11.51),
        ("11.51N", 11.51),
        ("11.51 S", -11.51),
        ("-11.51", -11.51),
        ("+11.51", 11.51),
        ("N 11.51", 11.51),
        ("11° 30' 36\" N", 11.51),
        ("11°30′36″S", -11.51),
        ("11 deg 30' 36.00\" N", 11.51),
        ("11 30 36 N", 11.51),
        ("11/1,30/1,36/1N", 11.51),
        ("11/1, 306000/10000, 0/1 N", 11.51),
        ("11,30,36 north", 11.51),
        ("11,59,60N", 12.0),
        ("90,0,0N", 90.0),
        ("0,0.0S", -0.0),
    ],
)
def test_every_spelling_of_a_latitude(text: str, expected: float) -> None:
    assert degrees(text) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("ref", ["W", "w", "West", "WEST", "W ", "West longitude"])
def test_a_separate_reference_gives_the_hemisphere(ref: str) -> None:
    assert degrees("63.569716666666665", ref, "longitude") == -63.569716666666665
    assert degrees("63,34.183", ref, "longitude") == pytest.approx(-63.56971666, abs=1e-7)


@pytest.mark.parametrize(
    ("text", "ref"), [("-70.65", "W"), ("-70.65W", ""), ("70,39W", "W"), ("-70,39W", "West"), ("W 70.65", "W"), ("W70.65W", "")]
)
def test_statements_that_agree(text: str, ref: str) -> None:
    assert degrees(text, ref, "longitude") == pytest.approx(-70.65)


@pytest.mark.parametrize(
    ("text", "ref"), [("-70.65", "E"), ("-70.65E", ""), ("70,39E", "W"), ("+70.65", "W"), ("+70.65W", ""), ("E 70.65 W", "")]
)
def test_statements_that_exclude_each_other_are_a_conflict(text: str, ref: str) -> None:
    with pytest.raises(ConflictError):
        parse_coordinate(text, ref, "exif:GPSLongitude", "longitude")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "N",
        "abc",
        "11,30.5X",
        "11;;30",
        "1,2,3,4",
        "11.5,30N",
        "1e999",
        "nan",
        "inf",
        "--5",
        "0x10",
        "１１",
        "1_0",
        "11" * 60,
        "1/0,2/1,3/1N",
    ],
)
def test_what_is_no_coordinate(text: str) -> None:
    with pytest.raises(UnusableError) as caught:
        parse_coordinate(text, "", "exif:GPSLatitude", "latitude")
    assert caught.value.reason is Reason.NOT_A_NUMBER


@pytest.mark.parametrize("text", ["90.0001", "91,0N", "11,507351N", "11,61,0N", "11,0,61N", "90,0,1N"])
def test_what_is_out_of_range(text: str) -> None:
    with pytest.raises(UnusableError) as caught:
        parse_coordinate(text, "", "exif:GPSLatitude", "latitude")
    assert caught.value.reason is Reason.OUT_OF_RANGE


@pytest.mark.parametrize(
    ("text", "ref", "axis"), [("11,30E", "", "latitude"), ("11,30", "W", "latitude"), ("11.5", "?", "longitude")]
)
def test_a_letter_of_the_other_axis_is_no_hemisphere(text: str, ref: str, axis: str) -> None:
    with pytest.raises(UnusableError) as caught:
        parse_coordinate(text, ref, "exif:GPS", axis)
    assert caught.value.reason is Reason.MISSING_REFERENCE


def join(lat: str, lon: str, lat_ref: str = "", lon_ref: str = "") -> tuple[float, float, float]:
    return join_coordinates(parse_coordinate(lat, lat_ref, "lat", "latitude"), parse_coordinate(lon, lon_ref, "lon", "longitude"))


def test_decimal_degrees_need_no_letter() -> None:
    assert join("47.3541841", "10.1913155")[:2] == (47.3541841, 10.1913155)
    assert join("-33.45", "70.65")[:2] == (-33.45, 70.65)


@pytest.mark.parametrize(
    ("lat", "lon", "lat_ref", "lon_ref"),
    [
        ("55/1 54/1 4074/100", "36/1 57/1 4852/100", "", ""),
        ("11,30", "104,55", "", ""),
        ("44.6", "63.5", "N", ""),
        ("33.4S", "70.6", "", ""),
    ],
)
def test_a_hemisphere_that_is_not_stated_is_never_guessed(lat: str, lon: str, lat_ref: str, lon_ref: str) -> None:
    with pytest.raises(UnusableError) as caught:
        join(lat, lon, lat_ref, lon_ref)
    assert caught.value.reason is Reason.MISSING_REFERENCE


@pytest.mark.parametrize(
    ("text", "step_deg"),
    [
        ("11,30,36N", 1 / 3600),
        ("11,30.60N", 0.01 / 60),
        ("11.5100N", 1e-4),
        ("11N", 1.0),
        ("36/1, 358465000/10000000, 0/1N", 1e-7 / 60),
        ("11/1,30/1,3600/100N", 0.01 / 3600),
    ],
)
def test_the_step_of_the_notation(text: str, step_deg: float) -> None:
    assert parse_coordinate(text, "", "exif:GPSLatitude", "latitude").step_deg == pytest.approx(step_deg)


def test_a_step_of_longitude_shrinks_with_the_latitude() -> None:
    assert join("60.000000", "10.0")[2] == pytest.approx(0.05, rel=1e-6)


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_what_is_written_by_the_standard_is_read_back(lat_deg: float, lon_deg: float) -> None:
    def spell(value: float, letters: str) -> str:
        minutes = abs(value) % 1 * 60
        return f"{int(abs(value))},{minutes:.9f}{letters[value < 0]}"

    lat, lon, _ = join(spell(lat_deg, "NS"), spell(lon_deg, "EW"))
    assert lat == pytest.approx(lat_deg, abs=1e-10)
    assert lon == pytest.approx(lon_deg, abs=1e-10)


@given(st.text(max_size=60))
def test_any_text_is_a_coordinate_or_unusable(text: str) -> None:
    try:
        found = parse_coordinate(text, "", "x", "longitude")
    except UnusableError:
        return
    assert 0.0 <= found.degrees <= 180.0


@pytest.mark.parametrize(
    ("text", "value"),
    [("12.5", 12.5), ("-8.56", -8.56), ("+62.50", 62.5), ("25/2", 12.5), ("-25/2", -12.5), ("12.5 m", 12.5), ("31 mm", 31)],
)
def test_numbers(text: str, value: float) -> None:
    assert parse_number(text, "x") == value


@pytest.mark.parametrize("text", ["", "x", "1/0", "nan", "1e999", "1,5", "0x1", "1" * 400, "--1"])
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(UnusableError):
        parse_number(text, "x")


def time_of(text: str) -> tuple[object, object, object, object]:
    value = parse_time(text, "x", Clock.DEVICE, TimeMeaning.CAPTURED)
    return value.local, value.offset_minutes, value.instant_utc, value.resolution_s


NOON = dt.datetime(2024, 9, 23, 12, 0, 5)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-09-23T12:00:05+07:00", (NOON, 420, dt.datetime(2024, 9, 23, 5, 0, 5, tzinfo=dt.UTC), None)),
        ("2024-09-23T12:00:05GMT+07:00", (NOON, 420, dt.datetime(2024, 9, 23, 5, 0, 5, tzinfo=dt.UTC), None)),
        ("2024-09-23T12:00:05Z", (None, None, NOON.replace(tzinfo=dt.UTC), None)),
        ("2024-09-23T12:00:05", (NOON, None, None, None)),
        ("2024:09:23 12:00:05", (NOON, None, None, None)),
        ("2024-09-23T12:00:05.25", (NOON.replace(microsecond=250_000), None, None, None)),
        ("2024-09-23T12:00", (NOON.replace(second=0), None, None, 60.0)),
        ("2024-09-23T12:00-08:00", (NOON.replace(second=0), -480, dt.datetime(2024, 9, 23, 20, tzinfo=dt.UTC), 60.0)),
        ("2024-09-23", (dt.datetime(2024, 9, 23), None, None, 86_400.0)),
        ("2024-09", (dt.datetime(2024, 9, 1), None, None, 31 * 86_400.0)),
        ("2024", (dt.datetime(2024, 1, 1), None, None, 366 * 86_400.0)),
    ],
)
def test_dates(text: str, expected: tuple[object, ...]) -> None:
    assert time_of(text) == expected


@pytest.mark.parametrize(
    "text", ["", "0000-00-00", "2024-13-01", "2024-02-30T00:00:00", "yesterday", "2024-09-23T25:00", "12:00:05", "20240923"]
)
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(UnusableError):
        time_of(text)
