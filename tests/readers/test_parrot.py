"""Parrot drones."""

import pytest
from builders.movies import TrackPlan, absences_of, build_movie, points_of, read_bytes, values_of
from builders.parrot import drone_track

from geoverify.model import FieldOfView, Reason, Track
from geoverify.readers.parrot import READER

LAT, LON = 11.0654, 106.1329


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize("signs", [(1, 1), (-1, 1), (1, -1)])
def test_every_version(version, signs):
    lat, lon = signs[0] * LAT, signs[1] * LON
    findings = read_bytes(READER, build_movie(drone_track(version, [(lat, lon, 14.5, 9), (lat, lon, -3.25, 9)])))
    assert points_of(findings) == [(time_s, pytest.approx(lat, abs=1e-6), pytest.approx(lon, abs=1e-6)) for time_s in (0.0, 0.5)]
    (track,) = values_of(findings, Track)
    assert [point.position.alt_m for point in track.points] == [14.5, -3.25]
    assert values_of(findings, FieldOfView) == ([FieldOfView(long_side_deg=68.5)] if version == 3 else [])


@pytest.mark.parametrize("fix", [(500.0, 500.0, 0.0, 0), (LAT, LON, 0.0, 0), (500.0, 500.0, 0.0, 5)])
def test_no_fix(fix):
    findings = read_bytes(READER, build_movie(drone_track(2, [fix])))
    assert values_of(findings, Track) == []
    assert [absent.reason for absent in absences_of(findings)] == [Reason.NO_FIX]


def test_a_later_version_is_named():
    findings = read_bytes(READER, build_movie(drone_track("proto", [(LAT, LON, 0.0, 9)])))
    assert [absent.reason for absent in absences_of(findings)] == [Reason.UNSUPPORTED]


def test_other_timed_text_is_left_alone():
    plan = TrackPlan(b"meta", b"mett", [b"{}"], [1000], description=b"\0application/json\0")
    assert read_bytes(READER, build_movie(plan)) == []


def test_frames_are_read_five_times_a_second():
    findings = read_bytes(READER, build_movie(drone_track(3, [(LAT, LON, 0.0, 9)] * 100, duration_ms=20)))
    assert len(points_of(findings)) == 10
