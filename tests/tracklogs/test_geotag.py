"""Geotagging by time: interpolation and its error."""

import datetime as dt
import math
import random

import pytest
from builders.movies import absences_of, observations_of, values_of

from geoverify.containers.fixes import Fix
from geoverify.geo import measure
from geoverify.model import (
    Absent,
    CaptureTime,
    Clock,
    Observation,
    Position,
    Provenance,
    Reason,
    TimeMeaning,
    Track,
    VideoInfo,
    Who,
)
from geoverify.settings import Settings
from geoverify.tracklogs.geotag import CLOCK_ERROR_S, DEFAULT_MOTION_M2_PER_S, Geotagger, estimate_motion
from geoverify.tracklogs.log import TrackLog

START = dt.datetime(2024, 1, 16, 4, 30, tzinfo=dt.UTC)
SETTINGS = Settings()


def at(seconds: float) -> dt.datetime:
    return START + dt.timedelta(seconds=seconds)


def log(*points: tuple[float, float, float], error_m: float | None = 3.0) -> TrackLog:
    fixes = tuple(
        Fix(time_s=at(seconds).timestamp(), lat_deg=lat, lon_deg=lon, error_m=error_m, utc=at(seconds))
        for seconds, lat, lon in points
    )
    return TrackLog(name="walk.gpx", form="GPX", fixes=fixes)


def observe(value) -> Observation:
    return Observation(value=value, provenance=Provenance(reader="r", field="f", raw="", who=Who.DEVICE))


def captured(**fields) -> Observation:
    return observe(CaptureTime(clock=Clock.DEVICE, meaning=TimeMeaning.CAPTURED, **fields))


WALK = log(*[(10.0 * i, 11.0654 + 1e-4 * i, 106.1329) for i in range(20)])


def test_between_two_readings_lies_the_geodesic():
    tag = Geotagger(WALK, SETTINGS).locate(at(15))
    assert (tag.position.lat_deg, tag.position.lon_deg) == (pytest.approx(11.06555), pytest.approx(106.1329))
    assert tag.gap_s == 10.0


def test_across_the_antimeridian():
    tag = Geotagger(log((0, 10.0, 179.9999), (10, 10.0, -179.9999)), SETTINGS).locate(at(5))
    assert abs(tag.position.lon_deg) == pytest.approx(180.0, abs=1e-6)


def test_at_a_reading_only_its_own_error_and_the_clock_count():
    still = log(*[(10.0 * i, 11.0654, 106.1329) for i in range(20)])
    assert Geotagger(still, SETTINGS).locate(at(10)).position.horizontal_error_m == pytest.approx(3.0)
    speed = measure(11.0654, 106.1329, 11.0655, 106.1329)[0] / 10.0
    moving = Geotagger(WALK, SETTINGS).locate(at(10)).position.horizontal_error_m
    assert moving == pytest.approx(math.hypot(3.0, speed * CLOCK_ERROR_S), rel=0.01)


def test_the_error_grows_with_the_gap_and_is_largest_in_its_middle():
    points = [(0.0, 11.0654, 106.1329), (600.0, 11.0660, 106.1335)]
    tagger = Geotagger(log(*points), SETTINGS)
    errors = [tagger.locate(at(seconds)).position.horizontal_error_m for seconds in (0, 60, 300, 540, 600)]
    assert errors[0] < errors[1] < errors[2] > errors[3] > errors[4]
    assert errors[2] > math.sqrt(DEFAULT_MOTION_M2_PER_S * 150)


def test_a_reading_without_an_error_has_the_default():
    bare = log((0, 11.0, 106.0), (10, 11.0, 106.0), error_m=None)
    error_m = Geotagger(bare, SETTINGS).locate(at(0)).position.horizontal_error_m
    assert error_m == pytest.approx(SETTINGS.default_horizontal_error_m)


@pytest.mark.parametrize("seconds", [-1, 191])
def test_nothing_is_extrapolated(seconds):
    absent = Geotagger(WALK, SETTINGS).locate(at(seconds))
    assert isinstance(absent, Absent)
    assert absent.reason is Reason.OUT_OF_RANGE
    assert "walk.gpx" in absent.detail


def test_a_long_silence_is_not_bridged():
    absent = Geotagger(log((0, 11.0, 106.0), (7200, 11.0, 106.0)), SETTINGS).locate(at(3600))
    assert isinstance(absent, Absent)
    assert "120 minutes" in absent.detail


@pytest.mark.parametrize("motion", [0.5, 5.0, 50.0])
def test_the_motion_of_a_log_is_found_again(motion):
    rng = random.Random(int(motion * 10))
    step = math.sqrt(motion * 10.0)
    lat, lon = 11.0, 106.0
    points = []
    for i in range(2000):
        points.append((10.0 * i, lat, lon))
        lat += rng.gauss(0, step) / 110_600
        lon += rng.gauss(0, step) / (111_320 * math.cos(math.radians(11)))
    assert estimate_motion(log(*points, error_m=0.01).fixes, 15.0) == pytest.approx(motion, rel=0.15)


def test_the_stated_error_holds_68_per_cent_of_the_truth():
    rng = random.Random(7)
    step, error_m = math.sqrt(2.0), 4.0
    sigma_m = error_m / math.sqrt(-2.0 * math.log(0.32))
    true_lat, true_lon = [11.0], [106.0]
    for _ in range(6000):
        true_lat.append(true_lat[-1] + rng.gauss(0, step) / 110_600)
        true_lon.append(true_lon[-1] + rng.gauss(0, step) / (111_320 * math.cos(math.radians(11))))
    read = [
        (float(i), true_lat[i] + rng.gauss(0, sigma_m) / 110_600, true_lon[i] + rng.gauss(0, sigma_m) / 109_270)
        for i in range(0, 6001, 30)
    ]
    tagger = Geotagger(log(*read, error_m=error_m), SETTINGS)
    inside = 0
    for i in range(0, 6000, 7):
        position = tagger.locate(at(i)).position
        inside += measure(position.lat_deg, position.lon_deg, true_lat[i], true_lon[i])[0] <= position.horizontal_error_m
    # The clock's own second is allowed for as well and nothing is off here, so that the circle is a little too wide.
    assert 0.63 < inside / len(range(0, 6000, 7)) < 0.85


def test_a_picture_is_placed_at_its_own_time():
    findings = list(Geotagger(WALK, SETTINGS).report([captured(instant_utc=at(15))]))
    (position,) = observations_of(findings, Position)
    assert position.value.lat_deg == pytest.approx(11.06555)
    assert (position.provenance.who, position.provenance.file) == (Who.ANALYST, "walk.gpx")
    assert "error" in position.provenance.raw


def test_the_clock_offset_is_taken_off():
    findings = list(Geotagger(WALK, SETTINGS, clock_offset_s=60.0).report([captured(instant_utc=at(75))]))
    assert values_of(findings, Position)[0].lat_deg == pytest.approx(11.06555)


def test_a_local_time_needs_the_offset():
    local = [captured(local=at(15 + 7 * 3600).replace(tzinfo=None))]
    (absent,) = absences_of(Geotagger(WALK, SETTINGS).report(local))
    assert absent.reason is Reason.MISSING_REFERENCE
    assert "--clock-offset" in absent.detail
    findings = list(Geotagger(WALK, SETTINGS, clock_offset_s=7 * 3600.0).report(local))
    assert values_of(findings, Position)[0].lat_deg == pytest.approx(11.06555)


def test_captured_goes_before_encoded_and_a_posted_time_is_never_used():
    encoded = observe(CaptureTime(instant_utc=at(100), clock=Clock.CONTAINER, meaning=TimeMeaning.ENCODED))
    posted = observe(CaptureTime(instant_utc=at(50), clock=Clock.PLATFORM, meaning=TimeMeaning.POSTED))
    tagger = Geotagger(WALK, SETTINGS)
    assert values_of(tagger.report([posted, encoded, captured(instant_utc=at(15))]), Position)[0].lat_deg == pytest.approx(
        11.06555
    )
    assert values_of(tagger.report([posted, encoded]), Position)[0].lat_deg == pytest.approx(11.0664)
    assert len(absences_of(tagger.report([posted]))) == 1


def test_a_video_gets_a_track_from_its_start_to_its_end():
    video = observe(VideoInfo(duration_s=25.0))
    findings = list(Geotagger(WALK, SETTINGS).report([captured(instant_utc=at(15)), video]))
    (track,) = observations_of(findings, Track)
    assert [point.time_s for point in track.value.points] == [0.0, 5.0, 15.0, 25.0]
    assert all(point.position.horizontal_error_m for point in track.value.points)
    assert track.provenance.who is Who.ANALYST


def test_a_video_that_the_log_covers_in_part():
    video = observe(VideoInfo(duration_s=60.0))
    findings = list(Geotagger(WALK, SETTINGS).report([captured(instant_utc=at(175)), video]))
    assert [point.time_s for point in values_of(findings, Track)[0].points] == [0.0, 5.0, 15.0]
    outside = list(Geotagger(WALK, SETTINGS).report([captured(instant_utc=at(500)), video]))
    assert absences_of(outside)[0].reason is Reason.OUT_OF_RANGE


def test_a_log_of_one_reading():
    tagger = Geotagger(log((0, 11.0, 106.0)), SETTINGS)
    assert tagger.locate(at(0)).position.lat_deg == 11.0
    assert isinstance(tagger.locate(at(1)), Absent)
