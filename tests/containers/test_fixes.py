"""Times and errors of satellite readings."""

import datetime as dt
import math

import pytest

from geoverify.containers.fixes import error_from_dop, resolution_from_decimals, utc_from_gps, utc_from_parts, utc_from_unix


def test_gps_time_is_ahead_of_utc_by_the_leap_seconds():
    # 2024-01-16 04:30:12 UTC is second 1,389,414,630 of GPS time: 18 leap seconds since 1980.
    utc = dt.datetime(2024, 1, 16, 4, 30, 12, tzinfo=dt.UTC)
    gps = (utc - dt.datetime(1980, 1, 6, tzinfo=dt.UTC)).total_seconds() + 18
    assert utc_from_gps(gps) == utc


@pytest.mark.parametrize("seconds", [math.nan, math.inf, -math.inf, 1e300, -1e20])
def test_times_outside_the_calendar_are_none(seconds):
    assert utc_from_gps(seconds) is None
    assert utc_from_unix(seconds) is None


@pytest.mark.parametrize(
    "parts", [(2024, 13, 1, 0, 0, 0.0), (2024, 2, 30, 0, 0, 0.0), (0, 1, 1, 0, 0, 0.0), (2024, 1, 1, 24, 0, 0.0)]
)
def test_dates_that_do_not_exist_are_none(parts):
    assert utc_from_parts(*parts) is None


def test_a_leap_second_is_the_next_second():
    assert utc_from_parts(2016, 12, 31, 23, 59, 60.0) == dt.datetime(2017, 1, 1, tzinfo=dt.UTC)
    assert utc_from_parts(2016, 12, 31, 23, 59, math.nan) is None


@pytest.mark.parametrize("dop", [0.0, -1.0, 99.99, 50.0, math.nan, math.inf])
def test_no_precision_from_a_dilution_that_was_not_computed(dop):
    assert error_from_dop(dop) is None


def test_resolution_is_the_step_of_the_last_decimal():
    assert resolution_from_decimals(4) == pytest.approx(11.12, rel=0.001)
    assert resolution_from_decimals(400) > 0
