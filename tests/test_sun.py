"""The sun's place and its shadows."""

import datetime as dt
import math
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoverify.sun import Shadow, SunPosition, find_runs, find_spans, locate_sun

SIHANOUKVILLE = (10.6, 103.5)
ICT = dt.timezone(dt.timedelta(hours=7))
MINUTE = dt.timedelta(minutes=1)


def test_the_published_example_of_nrel_spa():
    # Reda & Andreas 2004 (NREL/TP-560-34302), table A5.1: zenith 50.11162°, azimuth 194.34024° (at 820 mbar and 11 °C).
    at = dt.datetime(2003, 10, 17, 12, 30, 30, tzinfo=dt.timezone(dt.timedelta(hours=-7)))
    sun = locate_sun(39.742476, -105.1786, at)
    assert 90.0 - sun.elevation_deg == pytest.approx(50.11162, abs=0.01)
    assert sun.azimuth_deg == pytest.approx(194.34024, abs=0.01)


@pytest.mark.parametrize(
    ("lat_deg", "lon_deg", "utc"),
    [(10.6, 103.5, dt.datetime(2026, 6, 21, 5, 8)), (-33.9, 151.2, dt.datetime(2026, 6, 21, 1, 57))],
)
def test_at_noon_in_june_the_sun_stands_in_the_north_of_the_tropics_and_the_south(lat_deg, lon_deg, utc):
    sun = locate_sun(lat_deg, lon_deg, utc.replace(tzinfo=dt.UTC))
    assert math.cos(math.radians(sun.azimuth_deg)) > 0.99


def test_a_shadow_is_opposite_to_the_sun_and_as_long_as_the_sun_is_low():
    sun = SunPosition(azimuth_deg=100.0, elevation_deg=45.0)
    assert sun.shadow_bearing_deg == 280.0
    assert sun.shadow_ratio == pytest.approx(1.0)
    night = SunPosition(azimuth_deg=10.0, elevation_deg=-5.0)
    assert night.shadow_bearing_deg is None
    assert night.shadow_ratio is None


@given(
    st.floats(-65, 65),
    st.floats(-179, 179),
    st.datetimes(dt.datetime(2000, 1, 1), dt.datetime(2050, 1, 1)).map(
        lambda at: at.replace(tzinfo=dt.UTC, second=0, microsecond=0)
    ),
)
def test_the_time_that_cast_a_shadow_is_among_those_that_fit_it(lat_deg, lon_deg, at):
    sun = locate_sun(lat_deg, lon_deg, at)
    if sun.shadow_bearing_deg is None or sun.shadow_ratio is None:
        return
    shadow = Shadow(bearing_deg=sun.shadow_bearing_deg, ratio=sun.shadow_ratio, error_deg=2.0)
    spans = list(find_spans(lat_deg, lon_deg, at.date(), dt.UTC, shadow, MINUTE))
    assert any(span.start <= at <= span.end for span in spans)
    assert all(span.start <= span.best <= span.end for span in spans)


def test_a_larger_error_never_fits_less():
    day = dt.date(2026, 1, 17)
    spans = [
        list(find_spans(*SIHANOUKVILLE, day, ICT, Shadow(bearing_deg=310.0, ratio=1.4, error_deg=error), MINUTE))
        for error in (1, 5, 10)
    ]
    lengths = [sum((span.end - span.start).total_seconds() for span in row) for row in spans]
    assert lengths == sorted(lengths)
    assert lengths[-1] > 0


def test_length_alone_fits_morning_and_afternoon():
    shadow = Shadow(bearing_deg=None, ratio=1.5, error_deg=3.0)
    spans = list(find_spans(*SIHANOUKVILLE, dt.date(2026, 1, 17), ICT, shadow, MINUTE))
    assert [span.best.hour < 12 for span in spans] == [True, False]
    assert shadow.sun_elevation_deg == pytest.approx(math.degrees(math.atan(1 / 1.5)))


def spans_of_year(lat_deg, lon_deg, zone, shadow, step=10 * MINUTE):
    days = (dt.date(2026, 1, 1) + dt.timedelta(days=number) for number in range(365))
    return [span for day in days for span in find_spans(lat_deg, lon_deg, day, zone, shadow, step)]


def test_the_days_of_a_low_sun_are_one_run_a_season_whatever_minute_of_noon_fits_best():
    spans = spans_of_year(69.6496, 18.9553, ZoneInfo("Europe/Oslo"), Shadow(bearing_deg=None, ratio=5.0, error_deg=5.0))
    # Some best minutes lie before noon and some after, by chance.
    assert {span.best.hour < 12 for span in spans if span.start.month == 2} == {True, False}
    runs = find_runs(spans)
    assert [(run[0].start.strftime("%m"), run[-1].start.strftime("%m")) for run in runs] == [
        ("02", "03"),
        ("03", "10"),
        ("03", "10"),
        ("10", "10"),
    ]
    assert sum(map(len, runs)) == len(spans)
    noon, morning, afternoon, _ = runs
    assert all(early.end < late.start for early, late in zip(morning, afternoon, strict=True))
    assert noon[-1].start.date() < morning[0].start.date() == afternoon[0].start.date()


def test_days_that_are_not_one_after_the_other_are_different_runs():
    shadow = Shadow(bearing_deg=310.0, ratio=1.4, error_deg=5.0)
    runs = find_runs(spans_of_year(*SIHANOUKVILLE, ICT, shadow))
    assert [(run[0].start.month, run[-1].start.month) for run in runs] == [(1, 1), (11, 12)]
    assert find_runs([]) == []


def test_no_shadow_towards_the_sun_fits():
    assert (
        list(find_spans(*SIHANOUKVILLE, dt.date(2026, 1, 17), ICT, Shadow(bearing_deg=180.0, ratio=None, error_deg=5.0), MINUTE))
        == []
    )
