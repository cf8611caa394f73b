import datetime as dt
import itertools

import pytest
from builders.scenes import SETTINGS, captured, gps_time, seen
from builders.times import at, box, file_name, mtime, posted, utc

from geoverify.clock_checks import check_clocks
from geoverify.clocks import CIVIL_OFFSETS_MINUTES, times_of
from geoverify.media import open_media
from geoverify.model import CaptureTime, Clock, TimeMeaning
from geoverify.readers import read_findings
from geoverify.readers.filename import CAMERA_FIELD
from geoverify.verify import number_observations

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
NOON = dt.datetime(2026, 1, 17, 12, 3, 7)
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


def problems(*observations, duration_s=None):
    return list(check_clocks(times_of(number_observations(list(observations))), NOW, SETTINGS, duration_s))


def codes(*observations, duration_s=None):
    return [problem.code for problem in problems(*observations, duration_s=duration_s)]


def test_times_that_say_nothing_raise_nothing():
    assert problems(at(Clock.DEVICE, TimeMeaning.CAPTURED)) == []
    bare = at(Clock.GPS, TimeMeaning.FIXED, instant=dt.datetime(2026, 1, 17, tzinfo=dt.UTC), resolution_s=86400.0)
    assert problems(captured(dt.datetime(2026, 1, 17, 9, 0, 5)), bare) == []


@pytest.mark.parametrize("year", [1, 9999])
def test_the_ends_of_the_calendar_do_not_break_the_checks(year):
    when = dt.datetime(year, 1, 1) if year == 1 else dt.datetime(year, 12, 31, 23, 59, 59)
    assert problems(captured(when), box(when.replace(tzinfo=dt.UTC)), file_name(when, resolution_s=86400.0), gps_time(utc(NOON)))


def test_agreeing_clocks_raise_nothing():
    assert problems(captured(NOON, 420), gps_time(utc(NOON, hours=7, seconds=-30))) == []


# --- a fix and the clock -----------------------------------------------------------------------------------------------------


def test_gps_and_local_time_that_differ_by_no_whole_zone_disagree():
    # 3,930 s is one hour and 5½ minutes: no zone on Earth.
    (problem,) = problems(captured(NOON), gps_time(utc(NOON, seconds=3930)))
    assert problem.code == "clock-disagreement"
    assert "330 s are left over" in problem.message


def test_a_fix_that_is_known_to_be_old():
    (problem,) = problems(captured(NOON, -480), gps_time(utc(NOON, hours=-8, seconds=3930)))
    assert problem.code == "stale-fix"
    assert "65.5 min older" in problem.message


def test_implied_zone_against_the_stated_one():
    (problem,) = problems(captured(NOON, 420), gps_time(utc(NOON, hours=8)))
    assert "implies +08:00, but DateTimeOriginal states +07:00" in problem.message
    assert problem.code == "clock-disagreement"


def test_a_fix_later_than_the_picture_is_no_stale_fix():
    assert codes(captured(NOON, 420), gps_time(utc(NOON, hours=7, seconds=-600))) == ["clock-disagreement"]


def test_a_fix_may_come_while_the_film_runs():
    late = gps_time(utc(NOON, hours=7, seconds=-600))
    assert codes(captured(NOON, 420), late, duration_s=700.0) == []
    assert codes(captured(NOON), late, duration_s=700.0) == []


@pytest.mark.parametrize(("offset", "day"), [(None, 1), (420, 1), (None, -1), (420, -1)])
def test_a_day_that_slipped(offset, day):
    assert codes(captured(NOON, offset), gps_time(utc(NOON + day * DAY, hours=7))) == ["gps-date-slip"]


def test_a_fix_before_midnight_in_utc_is_no_slip():
    early = dt.datetime(2026, 1, 17, 3, 0, 5)
    assert codes(captured(early), gps_time(dt.datetime(2026, 1, 16, 20, 0, 1, tzinfo=dt.UTC))) == []


@pytest.mark.parametrize("offset", [None, 420])
def test_a_week_number_that_ran_over(offset):
    assert codes(captured(NOON, offset), gps_time(utc(NOON, hours=7, weeks=1024))) == ["gps-week-rollover"]


def test_a_fix_of_another_year():
    (problem,) = problems(captured(NOON), gps_time(utc(NOON, days=400)))
    assert problem.code == "clock-disagreement"
    assert "400.0 days apart" in problem.message


# --- impossible and typed times ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "when",
    [
        dt.datetime(1904, 1, 1),
        dt.datetime(1970, 1, 1),
        dt.datetime(1970, 1, 1, 7, 0, 3),
        dt.datetime(1969, 12, 31, 16, 0),
        dt.datetime(1980, 1, 1, 0, 12, 44),
        dt.datetime(1980, 1, 6),
        dt.datetime(2000, 1, 1),
    ],
)
def test_clocks_that_nobody_set(when):
    assert codes(captured(when)) == ["epoch-date"]


def test_a_party_at_the_millennium_is_no_unset_clock():
    assert codes(captured(dt.datetime(2000, 1, 1, 0, 2, 13))) == []


def test_headers_that_repeat_one_time_are_one_problem():
    epoch = dt.datetime(1970, 1, 1, 0, 0, 5, tzinfo=dt.UTC)
    (problem,) = problems(*(at(Clock.CONTAINER, TimeMeaning.ENCODED, instant=epoch, field=name) for name in ("mvhd", "tkhd")))
    assert "mvhd, tkhd" in problem.message


def test_dates_before_digital_cameras_and_after_today():
    assert codes(captured(dt.datetime(1975, 5, 1, 9, 3, 7))) == ["implausible-date"]
    assert codes(captured(dt.datetime(2031, 5, 1, 9, 3, 7))) == ["future-date"]


def test_the_east_is_ahead_of_the_examination():
    ahead = NOW.replace(tzinfo=None) + 13 * HOUR + dt.timedelta(minutes=3, seconds=7)
    assert codes(captured(ahead)) == []
    assert codes(captured(ahead, 60)) == ["future-date"]


def test_an_impossible_clock_is_said_once_and_not_compared_further():
    unset = captured(dt.datetime(1970, 1, 1, 0, 0, 5), 0)
    assert codes(unset, gps_time(utc(NOON)), box(utc(NOON)), posted(utc(NOON))) == ["epoch-date"]


def test_typed_times():
    assert codes(captured(dt.datetime(2026, 1, 17))) == ["midnight-time"]
    assert codes(captured(dt.datetime(2026, 1, 17, 9))) == ["zeroed-seconds"]
    assert codes(captured(dt.datetime(2026, 1, 17, 9, 30))) == []
    digitised = at(Clock.DEVICE, TimeMeaning.DIGITIZED, local=dt.datetime(2026, 1, 17, 9, 30, 41))
    assert codes(captured(dt.datetime(2026, 1, 17, 9, 30)), digitised) == ["zeroed-seconds"]
    assert codes(captured(dt.datetime(2026, 1, 17, 9, 30, 41)), digitised) == []


def test_a_bare_date_is_no_typed_midnight():
    assert codes(at(Clock.DEVICE, TimeMeaning.CAPTURED, local=dt.datetime(2026, 1, 17), resolution_s=86400.0)) == []


# --- containers, copies, names -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("late_s", [0, 3, 100])
def test_a_container_that_agrees(late_s):
    assert codes(captured(NOON, 420), box(utc(NOON, hours=7, seconds=-late_s))) == []


def test_a_container_written_when_the_film_ended():
    end = box(utc(NOON, hours=7, seconds=-900))
    assert codes(captured(NOON, 420), end, duration_s=890.0) == []
    assert codes(captured(NOON, 420), end, duration_s=10.0) == ["container-later"]


def test_a_container_in_local_time():
    (problem,) = problems(captured(NOON, 420), box(utc(NOON)))
    assert problem.code == "container-local-time"


def test_an_unknown_zone_hides_a_container_of_the_same_day_only():
    assert codes(captured(NOON), box(utc(NOON, hours=7))) == []
    assert codes(captured(NOON), box(utc(NOON, hours=-11))) == []
    assert codes(captured(NOON), box(utc(NOON, days=-2))) == ["container-later"]


def test_copies_of_one_capture_time():
    copy = seen(captured(NOON, 420).value, field="exif:DateTimeOriginal", reader="xmp")
    in_utc = at(Clock.DEVICE, TimeMeaning.CAPTURED, instant=utc(NOON, hours=7), field="xmp")
    assert codes(captured(NOON), copy) == []
    assert codes(captured(NOON, 420), in_utc) == []
    assert codes(captured(NOON), in_utc) == []
    other = seen(captured(NOON + 10 * DAY).value, field="photoshop:DateCreated", reader="xmp")
    assert codes(captured(NOON), other) == ["capture-times-differ"]


def test_a_camera_s_name_against_its_capture_time():
    name = file_name(NOON, field=CAMERA_FIELD)
    assert codes(captured(NOON + dt.timedelta(seconds=2)), name) == []
    assert codes(captured(NOON - 300 * DAY), name) == ["name-differs"]
    assert codes(captured(NOON + 300 * DAY - 12 * HOUR), name) == ["name-differs"]
    pixel = file_name(instant=utc(NOON, hours=7), field=CAMERA_FIELD)
    assert codes(captured(NOON), pixel) == []


def test_a_name_that_an_app_gave_later_says_nothing_against_the_capture_time():
    assert codes(captured(NOON), file_name(dt.datetime(2026, 1, 20), resolution_s=86400.0)) == []


# --- order -------------------------------------------------------------------------------------------------------------------


def test_posted_before_it_was_filmed():
    (problem,) = problems(captured(NOON, 420), posted(utc(NOON, hours=9)))
    assert problem.code == "posted-before-filmed"
    assert "2.0 h before DateTimeOriginal" in problem.message
    assert codes(captured(NOON, 420), posted(utc(NOON, hours=7, seconds=-60))) == []


def test_an_unknown_zone_is_given_the_benefit_of_the_doubt():
    assert codes(captured(NOON), posted(utc(NOON, hours=13))) == []
    assert codes(captured(NOON), posted(utc(NOON, hours=15))) == ["posted-before-filmed"]


def test_saved_before_it_was_filmed():
    assert codes(captured(NOON), file_name(dt.datetime(2026, 1, 16), resolution_s=86400.0)) == []
    assert codes(captured(NOON), file_name(dt.datetime(2026, 1, 14), resolution_s=86400.0)) == ["saved-before-filmed"]


def test_without_a_capture_time_the_fix_dates_the_film():
    assert codes(gps_time(utc(NOON)), posted(utc(NOON, hours=1))) == ["posted-before-filmed"]


def test_changed_before_it_was_filmed():
    digitised = at(Clock.DEVICE, TimeMeaning.DIGITIZED, local=NOON - 50 * DAY)
    changed = at(Clock.DEVICE, TimeMeaning.MODIFIED, local=NOON - 50 * DAY)
    assert codes(captured(NOON), digitised, changed) == ["changed-before-filmed"]
    assert codes(captured(NOON), at(Clock.DEVICE, TimeMeaning.MODIFIED, local=NOON + 50 * DAY)) == []


def test_one_local_time_with_two_offsets_is_one_time():
    digitised = seen(
        CaptureTime(
            local=NOON, offset_minutes=480, instant_utc=utc(NOON, hours=8), clock=Clock.DEVICE, meaning=TimeMeaning.DIGITIZED
        )
    )
    assert codes(captured(NOON, 420), digitised) == []


def test_a_file_last_changed_before_it_was_filmed():
    (problem,) = problems(captured(NOON, 420), mtime(utc(NOON, days=3)))
    assert problem.code == "capture-after-mtime"
    assert "weak" in problem.message
    assert codes(captured(NOON, 420), mtime(utc(NOON, hours=12))) == []
    assert codes(captured(NOON, 420), mtime(utc(NOON, days=-300))) == []


# --- properties --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("minutes", CIVIL_OFFSETS_MINUTES)
@pytest.mark.parametrize("hour", range(0, 24, 3))
def test_an_honest_phone_is_never_accused(minutes, hour):
    """Any zone, any hour: a fix of the last two minutes, a container in UTC or local time, the camera's name, a later post."""
    local = dt.datetime(2026, 3, 1, hour, 17, 41, 250000)
    instant = utc(local, minutes=minutes)
    names = (file_name(local.replace(microsecond=0), field=CAMERA_FIELD), file_name(instant=instant, field=CAMERA_FIELD))
    for offset, age_s, name in itertools.product((None, minutes), (0, 5, 110), names):
        found = codes(
            captured(local, offset),
            gps_time(instant - dt.timedelta(seconds=age_s)),
            box(instant + dt.timedelta(seconds=12)),
            name,
            posted(instant + dt.timedelta(minutes=3)),
            mtime(instant + dt.timedelta(minutes=1)),
            at(Clock.DEVICE, TimeMeaning.MODIFIED, local=local),
            at(Clock.DEVICE, TimeMeaning.DIGITIZED, local=local),
            duration_s=12.0,
        )
        assert found == []


def test_every_problem_says_what_to_do():
    facts = (captured(NOON, 420), gps_time(utc(NOON, days=9)), box(utc(NOON, days=-9)), posted(utc(NOON, days=30)))
    for problem in problems(*facts, file_name(NOON - 90 * DAY, field=CAMERA_FIELD), captured(NOON + 5 * DAY)):
        assert ": " in problem.message or ";" in problem.message
        assert problem.where == "clocks"


def test_real_files(shared):
    """Three files whose clocks are known to be off, and phones that are not to be accused."""
    folder = shared / "corpora" / "metadata"
    told = {
        "exif-py/tests/resources/jpg/gps/DSCN0010.jpg": {"gps-date-slip"},
        "nom-exif/testdata/canon-r6.cr3": {"stale-fix"},
        "Pillow/Tests/images/exif_gps.jpg": {"future-date"},
        "Pillow/Tests/images/ultrahdr.jpg": set(),
        "exif-samples/heic/IMG_5195.HEIC": set(),
        "pillow_heif/tests/images/heif_special/xiaomi.heic": set(),
        "pillow_heif/tests/images/heif_other/pug.heic": set(),
        "media/libraries/test_data/src/test/assets/media/mp4/sample_with_color_info.mp4": set(),
    }
    for name, expected in told.items():
        with open_media(folder / name) as (media, source):
            times = times_of(number_observations(read_findings(media, source)))
        assert {problem.code for problem in check_clocks(times, dt.datetime.now(dt.UTC), SETTINGS)} == expected, name
