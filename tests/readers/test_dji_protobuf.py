"""DJI's protobuf telemetry."""

import datetime as dt
import math

import pytest
from builders.dji import header, place
from builders.movies import TrackPlan, absences_of, build_movie, observations_of, points_of, problems_of, read_bytes, values_of

from geoverify.model import Camera, CaptureTime, Reason, Track
from geoverify.readers.dji_protobuf import _ALWAYS_DEGREES, _POSITION_PATHS, READER

LAT, LON = 11.0654, 106.1329


def read(*samples: bytes):
    return read_bytes(READER, build_movie(TrackPlan(b"meta", b"djmd", samples, [33] * len(samples))))


def sample(protocol: str, lat: float, lon: float, *, degrees: bool, when: str = "") -> bytes:
    return place(_POSITION_PATHS[protocol], lat, lon, 14_500, degrees=degrees, when=when)


@pytest.mark.parametrize("protocol", sorted(_POSITION_PATHS))
def test_every_protocol(protocol):
    if protocol in _ALWAYS_DEGREES:
        body = sample(protocol, LAT, LON, degrees=False)
    else:
        body = sample(protocol, math.radians(LAT), math.radians(LON), degrees=False)
    findings = read(header(protocol), body)
    assert points_of(findings) == [(0.033, pytest.approx(LAT), pytest.approx(LON))]
    (track,) = values_of(findings, Track)
    assert track.points[0].position.alt_m == 14.5
    (camera,) = values_of(findings, Camera)
    assert (camera.make, camera.model, camera.serial) == ("DJI", "DJI Air3", "1581F000000000000001")


def test_a_message_that_says_degrees_is_in_degrees():
    findings = read(header("dvtm_ac204"), sample("dvtm_ac204", LAT, LON, degrees=True, when="2024-01-16 04:30:12"))
    assert points_of(findings)[0][1:] == (LAT, LON)
    assert values_of(findings, CaptureTime)[0].instant_utc == dt.datetime(2024, 1, 16, 4, 30, 12, tzinfo=dt.UTC)


def test_zeros_are_no_fix():
    findings = read(header("dvtm_Air3"), sample("dvtm_Air3", 0.0, 0.0, degrees=True), sample("dvtm_Air3", LAT, LON, degrees=True))
    assert len(points_of(findings)) == 1
    assert absences_of(findings)[0].reason is Reason.NO_FIX


def test_an_unknown_protocol_is_named():
    findings = read(header("dvtm_future"), sample("dvtm_Air3", LAT, LON, degrees=True))
    assert observations_of(findings, Track) == []
    (absent,) = absences_of(findings)
    assert absent.reason is Reason.UNSUPPORTED
    assert "dvtm_future" in absent.detail


def test_a_damaged_message_costs_only_itself():
    good = sample("dvtm_Air3", LAT, LON, degrees=True)
    findings = read(header("dvtm_Air3"), good, good[:-3], good)
    assert len(points_of(findings)) == 2
    assert "1 of 4" in problems_of(findings)[0].message


def test_a_track_without_samples_says_nothing():
    assert read() == []
