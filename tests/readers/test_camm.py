"""Camera motion metadata."""

import datetime as dt

import pytest
from builders.camm import fix, gyroscope, position
from builders.movies import TrackPlan, absences_of, build_movie, observations_of, points_of, read_bytes, values_of

from geoverify.model import CaptureTime, Reason, Track
from geoverify.readers.camm import READER

WHEN = dt.datetime(2024, 1, 16, 4, 30, 12, tzinfo=dt.UTC)
GPS_S = (WHEN - dt.datetime(1980, 1, 6, tzinfo=dt.UTC)).total_seconds() + 18
CREATED_S = int((WHEN - dt.datetime(1904, 1, 1, tzinfo=dt.UTC)).total_seconds())


def read(*samples: bytes, created_s: int = 0):
    return read_bytes(READER, build_movie(TrackPlan(b"camm", b"camm", samples, [500] * len(samples)), created_s=created_s))


def test_type_6_brings_time_and_error():
    findings = read(gyroscope(), fix(GPS_S, 3, 11.0654, 106.1329, 14.5, 4.2), gyroscope())
    assert points_of(findings) == [(0.5, 11.0654, 106.1329)]
    (track,) = observations_of(findings, Track)
    assert track.value.points[0].position.horizontal_error_m == pytest.approx(4.2)
    assert track.provenance.field == "camm.6"
    assert values_of(findings, CaptureTime)[0].instant_utc == WHEN


def test_type_5_is_a_position_alone():
    findings = read(position(11.0654, 106.1329, 14.5), position(11.0655, 106.1329, 14.5))
    assert points_of(findings) == [(0.0, 11.0654, 106.1329), (0.5, 11.0655, 106.1329)]
    assert values_of(findings, CaptureTime) == []


def test_both_types_are_tracks_of_their_own():
    findings = read(position(11.0, 106.0, 1.0), fix(GPS_S, 2, 11.1, 106.1, 1.0, 3.0))
    assert [item.provenance.field for item in observations_of(findings, Track)] == ["camm.6", "camm.5"]


def test_fix_type_0_is_no_fix():
    findings = read(fix(GPS_S, 0, 11.0654, 106.1329, 14.5, 4.2))
    assert values_of(findings, Track) == []
    assert absences_of(findings)[0].reason is Reason.NO_FIX


def test_several_packets_in_one_sample_and_reserved_bytes():
    sample = gyroscope() + fix(GPS_S, 3, 11.0654, 106.1329, 14.5, 4.2, reserved=0x1234) + gyroscope()
    assert points_of(read(sample)) == [(0.0, 11.0654, 106.1329)]


@pytest.mark.parametrize("created_s", [0, CREATED_S])
def test_the_epoch_of_the_standard(created_s):
    findings = read(fix(GPS_S, 3, 11.0654, 106.1329, 14.5, 4.2), created_s=created_s)
    assert values_of(findings, CaptureTime)[0].instant_utc == WHEN


def test_the_epoch_of_unix_is_told_by_the_creation_time():
    findings = read(fix(WHEN.timestamp(), 3, 11.0654, 106.1329, 14.5, 4.2), created_s=CREATED_S)
    assert values_of(findings, CaptureTime)[0].instant_utc == WHEN


@pytest.mark.parametrize("lat", [float("nan"), float("inf"), 91.0, 0.0])
def test_what_is_no_latitude_is_absent(lat):
    findings = read(position(lat, 0.0, 1.0))
    assert values_of(findings, Track) == []
    assert len(absences_of(findings)) == 1
