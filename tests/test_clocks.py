import datetime as dt

import pytest
from builders.scenes import captured, gps_time
from builders.times import at, box, file_name, mtime, posted, utc

from geoverify.clocks import (
    CIVIL_OFFSETS_MINUTES,
    Zone,
    format_offset,
    nearest_offset,
    read_zones,
    time_line,
    times_of,
)
from geoverify.model import Clock, TimeMeaning
from geoverify.readers.filename import CAMERA_FIELD
from geoverify.verify import number_observations

NOON = dt.datetime(2026, 1, 17, 12, 3, 7)
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


def zones(*observations):
    return [
        (zone.offset_minutes, round(zone.residual_s)) for zone in read_zones(times_of(number_observations(list(observations))))
    ]


# --- the line ----------------------------------------------------------------------------------------------------------------


def test_the_line_is_in_the_order_of_what_happened_and_says_how_sure_each_zone_is():
    day = file_name(dt.datetime(2026, 1, 20), resolution_s=86400.0)
    items = (
        mtime(utc(NOON + 30 * DAY)),
        day,
        posted(utc(NOON + DAY)),
        captured(NOON, 420),
        gps_time(utc(NOON, hours=7)),
        box(utc(NOON)),
    )
    line = time_line(times_of(number_observations(list(items))))
    assert [entry.zone for entry in line] == [Zone.STATED, Zone.UTC, Zone.NOMINAL, Zone.UTC, Zone.UNKNOWN, Zone.NOMINAL]
    assert [entry.shown for entry in line] == [
        "2026-01-17 12:03:07 +07:00",
        "2026-01-17 05:03:07 UTC",
        "2026-01-17 12:03:07 UTC or local time",
        "2026-01-18 12:03:07 UTC",
        "2026-01-20 in an unknown zone",
        "2026-02-16 12:03:07 UTC or local time",
    ]
    assert line[0].what == "captured by the device clock (exif: DateTimeOriginal)"


def test_an_unknown_zone_leaves_a_day_and_two_hours_open():
    (entry,) = time_line(times_of([captured(NOON)]))
    assert entry.latest_utc - entry.earliest_utc == 26 * HOUR
    assert entry.earliest_utc <= utc(NOON, hours=7) <= entry.latest_utc


def test_a_time_of_known_zone_is_a_point():
    (entry,) = time_line(times_of([captured(NOON, 420)]))
    assert entry.earliest_utc == entry.latest_utc == utc(NOON, hours=7)


@pytest.mark.parametrize("year", [1, 9999])
def test_the_ends_of_the_calendar_do_not_break_the_line(year):
    when = dt.datetime(year, 1, 1) if year == 1 else dt.datetime(year, 12, 31, 23, 59, 59)
    times = [captured(when), box(when.replace(tzinfo=dt.UTC)), file_name(when, resolution_s=86400.0), gps_time(utc(NOON))]
    assert len(time_line(times_of(times))) == 4


def test_a_time_without_a_time_is_left_out():
    assert time_line(times_of([at(Clock.DEVICE, TimeMeaning.CAPTURED)])) == ()


# --- zones -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("minutes", [420, 330, 345, -210, 840, -720])
def test_every_civil_zone_is_implied(minutes):
    assert zones(captured(NOON), gps_time(utc(NOON, minutes=minutes, seconds=20))) == [(minutes, 20)]


def test_quarters_that_no_place_keeps_are_not_implied():
    assert 15 not in CIVIL_OFFSETS_MINUTES
    assert nearest_offset(3930.0) == 60


def test_a_fix_from_another_day_implies_no_zone():
    assert zones(captured(NOON), gps_time(utc(NOON, days=5))) == []


def test_a_bare_gps_date_implies_no_zone():
    # Its midnight is no time of a fix: the morning after it would otherwise imply whatever hour it was.
    bare = at(Clock.GPS, TimeMeaning.FIXED, instant=dt.datetime(2026, 1, 17, tzinfo=dt.UTC), resolution_s=86400.0)
    morning = captured(dt.datetime(2026, 1, 17, 9, 0, 5))
    assert zones(morning, bare) == []


def test_a_loose_fit_is_no_second_opinion_beside_a_stated_offset():
    assert zones(captured(NOON, 420), gps_time(utc(NOON, hours=7, seconds=300))) == [(420, 0)]
    assert zones(captured(NOON), gps_time(utc(NOON, hours=7, seconds=300))) == [(420, 300)]


def test_a_container_in_local_time_implies_the_zone_and_one_in_utc_implies_none():
    assert zones(box(utc(NOON)), gps_time(utc(NOON, hours=7))) == [(420, 0)]
    assert zones(box(utc(NOON, hours=7)), gps_time(utc(NOON, hours=7))) == []


def test_the_name_that_a_camera_gave_implies_the_zone():
    assert zones(file_name(NOON, field=CAMERA_FIELD), gps_time(utc(NOON, hours=7))) == [(420, 0)]
    assert zones(file_name(NOON), gps_time(utc(NOON, hours=7))) == []


def test_offsets_read_as_people_write_them():
    assert [format_offset(minutes) for minutes in (420, -210, 0, 345)] == ["+07:00", "-03:30", "+00:00", "+05:45"]
