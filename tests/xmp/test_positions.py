"""Positions, headings, views and GPS times from XMP properties."""

import datetime as dt
import math

import pytest
from builders.findings import absent, observed, problems
from builders.xmp import Value, build_packet

from geoverify.containers.xmp_tree import parse_xmp
from geoverify.model import (
    CaptureTime,
    Clock,
    FieldOfView,
    Finding,
    FixCaveat,
    Heading,
    North,
    PlaceClaim,
    Position,
    Reason,
    TimeMeaning,
    Who,
)
from geoverify.speech import Speaker
from geoverify.xmp.positions import say_gps_time, say_headings, say_positions, say_views

SPEAKER = Speaker(reader="xmp", who=Who.EDITOR)


def say(say_part, **props: Value) -> list[Finding]:
    """Keywords spell a colon as two underscores and a hyphen as one before a small letter."""
    named = {name.replace("drone_", "drone-").replace("__", ":"): value for name, value in props.items()}
    return list(say_part(parse_xmp(build_packet(named)).properties, SPEAKER))


def position(**props: Value) -> Position:
    ((value, _, _),) = observed(say(say_positions, **props), Position)
    return value


def test_a_position_with_everything() -> None:
    value = position(
        exif__GPSLatitude="44.646258333333336",
        exif__GPSLatitudeRef="N",
        exif__GPSLongitude="63.569716666666665",
        exif__GPSLongitudeRef="W",
        exif__GPSAltitude="26828/10000",
        exif__GPSAltitudeRef="1",
        exif__GPSHPositioningError="4.784",
    )
    assert (value.lat_deg, value.lon_deg) == (44.646258333333336, -63.569716666666665)
    assert (value.alt_m, value.horizontal_error_m) == (-2.6828, 4.784)
    assert value.resolution_m is not None
    assert value.resolution_m < 1e-6
    assert value.caveats == ()


def test_raw_values_and_fields_are_kept() -> None:
    findings = say(say_positions, exif__GPSLatitude="11,30.6N", exif__GPSLongitude="104,55.2E", exif__GPSDOP="2.1")
    (finding,) = findings
    assert finding.provenance.field == "exif:GPSLatitude+exif:GPSLongitude"
    assert finding.provenance.raw == "GPSLatitude 11,30.6N; GPSLongitude 104,55.2E; GPSDOP 2.1"
    assert finding.value.horizontal_error_m is None


def test_no_position_is_an_absence() -> None:
    (finding,) = absent(say(say_positions, xmp__CreatorTool="x"), "position")
    assert finding.reason is Reason.NOT_PRESENT


@pytest.mark.parametrize(
    ("props", "reason"),
    [
        ({"exif__GPSLatitude": "11,30N"}, Reason.NOT_PRESENT),
        ({"exif__GPSLatitude": "0,0N", "exif__GPSLongitude": "0,0E"}, Reason.NULL_ISLAND),
        ({"exif__GPSLatitude": "", "exif__GPSLongitude": ""}, Reason.NOT_A_NUMBER),
        ({"exif__GPSLatitude": "91,0N", "exif__GPSLongitude": "1,0E"}, Reason.OUT_OF_RANGE),
        ({"exif__GPSLatitude": "11,30", "exif__GPSLongitude": "104,55"}, Reason.MISSING_REFERENCE),
        ({"drone_dji__GpsLatitude": "+0.000000", "drone_dji__GpsLongitude": "+0.000000"}, Reason.NULL_ISLAND),
    ],
)
def test_unusable_positions_say_why(props: dict[str, str], reason: Reason) -> None:
    findings = say(say_positions, **props)
    assert [item.reason for item in absent(findings, "position")] == [reason]
    assert observed(findings, Position) == []


def test_contradictions_are_problems_and_no_guess() -> None:
    findings = say(
        say_positions, exif__GPSLatitude="-33.45", exif__GPSLatitudeRef="N", exif__GPSLongitude="70.65", exif__GPSLongitudeRef="W"
    )
    assert [item.code for item in problems(findings)] == ["contradictory-values"]
    assert observed(findings, Position) == []
    findings = say(
        say_positions, exif__GPSLatitude="33.45S", exif__GPSLongitude="70.65W", exif__GPSAltitude="-5", exif__GPSAltitudeRef="0"
    )
    assert [item.code for item in problems(findings)] == ["contradictory-values"]
    ((value, _, _),) = observed(findings, Position)
    assert (value.lat_deg, value.alt_m) == (-33.45, None)


@pytest.mark.parametrize(
    ("props", "caveat", "code"),
    [
        ({"exif__GPSStatus": "V"}, FixCaveat.INTERRUPTED, "gps-interrupted"),
        ({"exif__GPSMapDatum": "TOKYO"}, FixCaveat.OTHER_DATUM, "datum-not-wgs84"),
        ({"exif__GPSProcessingMethod": "CELLID"}, FixCaveat.NETWORK, "position-not-gps"),
        ({"exif__GPSProcessingMethod": "MANUAL"}, FixCaveat.MANUAL, "position-not-gps"),
    ],
)
def test_what_weakens_a_position_is_told(props: dict[str, str], caveat: FixCaveat, code: str) -> None:
    findings = say(say_positions, exif__GPSLatitude="11.5N", exif__GPSLongitude="104.9E", **props)
    ((value, _, _),) = observed(findings, Position)
    assert value.caveats == (caveat,)
    assert [item.code for item in problems(findings)] == [code]


@pytest.mark.parametrize("datum", ["WGS-84", "WGS 84   ", "WGS84", "World Geodetic System 1984", "ETRS89"])
def test_wgs84_by_any_name_is_no_caveat(datum: str) -> None:
    assert position(exif__GPSLatitude="11.5N", exif__GPSLongitude="104.9E", exif__GPSMapDatum=datum).caveats == ()


@pytest.mark.parametrize("longitude", ["GpsLongitude", "GpsLongtitude"])
def test_a_drones_own_position(longitude: str) -> None:
    value = position(
        drone_dji__GpsLatitude="+47.354184",
        drone_dji__AbsoluteAltitude="+938.70",
        drone_dji__RtkStdLat="0.02",
        drone_dji__RtkStdLon="0.02",
        **{f"drone_dji__{longitude}": "-10.191315"},
    )
    assert (value.lat_deg, value.lon_deg, value.alt_m) == (47.354184, -10.191315, 938.7)
    assert value.horizontal_error_m == pytest.approx(0.02 * math.sqrt(-2 * math.log(0.32)), rel=1e-4)


def test_a_drone_that_does_not_vouch() -> None:
    findings = say(say_positions, drone_dji__GpsLatitude="1.5", drone_dji__GpsLongitude="2.5", drone_dji__GpsStatus="Invalid")
    ((value, _, _),) = observed(findings, Position)
    assert value.caveats == (FixCaveat.INTERRUPTED,)
    assert [item.code for item in problems(findings)] == ["gps-interrupted"]


def test_a_range_finders_target_is_a_place_and_not_the_cameras() -> None:
    findings = say(
        say_positions,
        drone_dji__GpsLatitude="1.5",
        drone_dji__GpsLongitude="2.5",
        drone_dji__LRFTargetLat="1.6",
        drone_dji__LRFTargetLon="2.6",
    )
    ((claim, _, _),) = observed(findings, PlaceClaim)
    assert (claim.position.lat_deg, claim.position.lon_deg) == (1.6, 2.6)
    assert len(observed(findings, Position)) == 1


@pytest.mark.parametrize(("ref", "north"), [("T", North.TRUE), ("M", North.MAGNETIC), ("", North.UNKNOWN), ("?", North.UNKNOWN)])
def test_the_direction_of_the_picture(ref: str, north: North) -> None:
    findings = say(say_headings, exif__GPSImgDirection="700/100", exif__GPSImgDirectionRef=ref)
    assert observed(findings, Heading) == [(Heading(angle_deg=7.0, north=north), "exif:GPSImgDirection", Who.EDITOR)]


@pytest.mark.parametrize(
    ("props", "heading"),
    [
        (
            {"drone_dji__GimbalYawDegree": "-78.80", "drone_dji__GimbalPitchDegree": "-89.90"},
            Heading(angle_deg=281.2, north=North.TRUE, pitch_deg=-89.9),
        ),
        (
            {"drone_parrot__CameraYawDegree": "176.31", "drone_parrot__CameraPitchDegree": "-78.36"},
            Heading(angle_deg=176.31, north=North.UNKNOWN, pitch_deg=-78.36),
        ),
        ({"Camera__Yaw": "124.22", "Camera__Pitch": "40.0"}, Heading(angle_deg=124.22, north=North.UNKNOWN, pitch_deg=-50.0)),
        ({"GPano__PoseHeadingDegrees": "236.5"}, Heading(angle_deg=236.5, north=North.UNKNOWN)),
        ({"drone_dji__GimbalYawDegree": "+360"}, Heading(angle_deg=0.0, north=North.TRUE)),
    ],
)
def test_headings_of_drones_and_photo_spheres(props: dict[str, str], heading: Heading) -> None:
    ((value, _, _),) = observed(say(say_headings, **props), Heading)
    assert value.angle_deg == pytest.approx(heading.angle_deg)
    assert (value.north, value.pitch_deg) == (heading.north, heading.pitch_deg)


def test_flight_yaw_and_relative_altitude_stand_beside_the_heading() -> None:
    findings = say(
        say_headings, drone_dji__GimbalYawDegree="10", drone_dji__FlightYawDegree="12.5", drone_dji__RelativeAltitude="+62.50"
    )
    assert findings[0].provenance.raw == "GimbalYawDegree 10; FlightYawDegree 12.5; RelativeAltitude +62.50"
    assert observed(say(say_headings, drone_dji__FlightYawDegree="12.5"), Heading) == []


@pytest.mark.parametrize("text", ["", "north", "400", "1/0"])
def test_unusable_headings_say_why(text: str) -> None:
    findings = say(say_headings, exif__GPSImgDirection=text)
    assert observed(findings, Heading) == []
    assert len(absent(findings, "heading")) == 1


def test_fields_of_view() -> None:
    ((value, _, _),) = observed(say(say_views, exif__FocalLengthIn35mmFilm="26"), FieldOfView)
    assert value.long_side_deg == pytest.approx(2 * math.degrees(math.atan(18 / 26)))
    ((value, _, _),) = observed(
        say(say_views, GPano__CroppedAreaImageWidthPixels="1000", GPano__FullPanoWidthPixels="4000"), FieldOfView
    )
    assert value.long_side_deg == 90.0
    assert say(say_views, exif__FocalLengthIn35mmFilm="0") == []
    assert len(absent(say(say_views, exif__FocalLengthIn35mmFilm="0.01"), "field of view")) == 1
    assert (
        len(absent(say(say_views, GPano__CroppedAreaImageWidthPixels="5", GPano__FullPanoWidthPixels="4"), "field of view")) == 1
    )


FIX = dt.datetime(2017, 10, 27, 6, 38, 52, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "props",
    [
        {"exif__GPSTimeStamp": "2017-10-27T06:38:52Z"},
        {"exif__GPSTimeStamp": "2017-10-27T06:38:52"},
        {"exif__GPSTimeStamp": "2017-10-27T08:38:52+02:00"},
        {"exif__GPSTimeStamp": "06:38:52", "exif__GPSDateStamp": "2017:10:27"},
        {"exif__GPSTimeStamp": "6/1, 38/1, 52000/1000", "exif__GPSDateStamp": "2017:10:27"},
        {"drone_dji__UTCAtExposure": "2017:10:27 06:38:52"},
    ],
)
def test_gps_time_is_utc(props: dict[str, str]) -> None:
    ((value, _, _),) = observed(say(say_gps_time, **props), CaptureTime)
    assert value == CaptureTime(instant_utc=FIX, clock=Clock.GPS, meaning=TimeMeaning.FIXED)


@pytest.mark.parametrize("text", ["06:38:52", "1980-01-05T00:00:00Z", "soon", ""])
def test_gps_time_without_a_date_or_before_gps(text: str) -> None:
    findings = say(say_gps_time, exif__GPSTimeStamp=text)
    assert observed(findings, CaptureTime) == []
    assert len(absent(findings, "time of the fix")) == 1
