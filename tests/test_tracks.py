"""From readings to tracks."""

import datetime as dt
import math
from itertools import count, pairwise

import pytest
from builders.movies import absences_of, observations_of, problems_of, values_of

from geoverify.containers.fixes import Fix
from geoverify.containers.nmea import Epoch
from geoverify.model import CaptureTime, Reason, Track, Who
from geoverify.tracks import MAX_POINTS, TrackSource, report_log_epochs, report_track, thin_fixes

ORIGIN = TrackSource(reader="test", field="field", who=Who.ANALYST, file="a.gpx")


def fix(time_s: float = 0.0, lat: float = 11.0, lon: float = 106.0, **more) -> Fix:
    return Fix(time_s=time_s, lat_deg=lat, lon_deg=lon, **more)


def test_points_come_in_the_order_of_time_with_their_origin():
    (track,) = observations_of(report_track([fix(2.0), fix(1.0)], ORIGIN, "a note"), Track)
    assert [point.time_s for point in track.value.points] == [1.0, 2.0]
    assert (track.provenance.reader, track.provenance.who, track.provenance.file) == ("test", Who.ANALYST, "a.gpx")
    assert track.provenance.raw.endswith("a note")


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (fix(fixed=False), Reason.NO_FIX),
        (fix(lat=0.0, lon=0.0), Reason.NULL_ISLAND),
        (fix(lat=90.1), Reason.OUT_OF_RANGE),
        (fix(lon=-180.1), Reason.OUT_OF_RANGE),
        (fix(lat=math.nan), Reason.NOT_A_NUMBER),
        (fix(lon=math.inf), Reason.NOT_A_NUMBER),
        (fix(time_s=math.nan), Reason.NOT_A_NUMBER),
        (fix(lat=math.nan, lon=math.nan, fixed=False), Reason.NO_FIX),
    ],
)
def test_readings_that_are_no_positions_are_counted_by_reason(bad, reason):
    findings = list(report_track([bad, fix(), bad], ORIGIN))
    (absent,) = absences_of(findings)
    assert absent.reason is reason
    assert "2 of 3 points" in absent.detail
    assert len(values_of(findings, Track)[0].points) == 1
    assert values_of(report_track([bad], ORIGIN), Track) == []


def test_figures_that_are_none_stay_out():
    (track,) = values_of(report_track([fix(alt_m=math.nan, error_m=0.0), fix(1.0, error_m=math.inf)], ORIGIN), Track)
    assert [(point.position.alt_m, point.position.horizontal_error_m) for point in track.points] == [(None, None)] * 2


def test_the_first_time_is_that_of_the_first_usable_reading():
    when = dt.datetime(2024, 1, 16, 4, 30, tzinfo=dt.UTC)
    findings = list(report_track([fix(utc=when, fixed=False), fix(1.0, utc=when + dt.timedelta(seconds=1))], ORIGIN))
    assert values_of(findings, CaptureTime)[0].instant_utc == when + dt.timedelta(seconds=1)


@pytest.mark.parametrize("year", [1980, 1999, 2100])
def test_a_clock_that_was_never_set_is_no_time(year):
    findings = list(report_track([fix(utc=dt.datetime(year, 1, 6, tzinfo=dt.UTC))], ORIGIN))
    assert values_of(findings, CaptureTime) == []
    assert [(absent.what, absent.reason) for absent in absences_of(findings)] == [("time", Reason.OUT_OF_RANGE)]


@pytest.mark.parametrize("readings", [MAX_POINTS + 1, 3 * MAX_POINTS, 10 * MAX_POINTS])
def test_thinning_keeps_equal_steps(readings):
    kept, step_s = thin_fixes([fix(float(i)) for i in range(readings)])
    assert MAX_POINTS // 2 <= len(kept) <= MAX_POINTS
    assert kept[0].time_s == 0.0
    gaps = [b.time_s - a.time_s for a, b in pairwise(kept)]
    assert max(gaps) <= 2 * step_s + 1


def test_readings_at_one_moment_are_cut():
    kept, step_s = thin_fixes([fix(1.0)] * (MAX_POINTS + 5))
    assert (len(kept), step_s) == (MAX_POINTS, 0.0)


def test_readings_without_end_are_cut_and_told():
    findings = list(report_track((fix(float(i)) for i in count()), ORIGIN))
    assert [problem.code for problem in problems_of(findings)] == ["too-many-readings"]
    (track,) = values_of(findings, Track)
    assert len(track.points) <= MAX_POINTS


def epoch(second: float, stamp_s: float | None = None) -> Epoch:
    return Epoch(second_of_day=second, lat_deg=11.0, lon_deg=106.0, fixed=True, stamp_s=stamp_s)


def times(epochs, start_s=None) -> list[float]:
    return [point.time_s for point in values_of(report_log_epochs(epochs, ORIGIN, start_s), Track)[0].points]


def test_a_log_is_timed_by_stamps_or_by_its_own_clock():
    assert times([epoch(10, 100.0), epoch(11, 101.0)], 99.5) == [0.5, 1.5]
    assert times([epoch(10, 100.0), epoch(11, 101.0)]) == [0.0, 1.0]
    assert times([epoch(10, 100.0), epoch(11, 101.0)], 90_000.0) == [0.0, 1.0]
    assert times([epoch(86_399), epoch(1)]) == [0.0, 2.0]
    assert times([epoch(10, 100.0), epoch(12)], 99.5) == [0.0, 2.0]
    assert list(report_log_epochs([], ORIGIN)) == []
