"""What a report adds to the counts of its case."""

import datetime as dt

from builders.case_rows import report_at
from builders.scenes import captured, fix, gps_time, seen, site
from builders.times import box, file_name, posted

from geoverify.clocks import Zone
from geoverify.facts import Edition, facts_of
from geoverify.model import Clock, Post, Who
from geoverify.readers.filename import CAMERA_FIELD
from geoverify.results import VerdictKind

NINE = dt.datetime(2026, 1, 17, 9, 0, 7)
UTC_TWO = dt.datetime(2026, 1, 17, 2, 0, 7, tzinfo=dt.UTC)


def facts(*observations):
    return facts_of(report_at(*observations, sites=(site("A"),)))


def post(**fields):
    return seen(Post(**fields), Who.PLATFORM, "post", "sidecars.telegram")


def test_verdict_place_and_edition_are_those_of_the_report():
    found = facts(fix(0, 0))
    assert (found.verdict, found.site_codes) == (VerdictKind.CONSISTENT, ("A",))
    assert found.editions == (Edition(title="Test register", edition="1"),)
    assert found.error_radius_m == 5.0 and found.lat_deg is not None


def test_a_file_that_says_nothing_is_dated_by_nothing():
    found = facts()
    assert (found.filmed, found.posted, found.source, found.post, found.lat_deg) == (None, None, None, None, None)


def test_a_known_zone_comes_before_a_fix_and_that_before_an_unknown_zone_and_a_name_last():
    name, local = file_name(NINE, field=CAMERA_FIELD), captured(NINE)
    gps, known = gps_time(UTC_TWO), captured(NINE, 420)
    assert facts(name).filmed.clock is Clock.FILENAME
    assert facts(name, local).filmed.zone is Zone.UNKNOWN
    assert facts(name, local, gps).filmed.clock is Clock.GPS
    assert facts(name, gps, known).filmed.zone is Zone.STATED
    assert facts(name, gps, known).filmed.local_day == dt.date(2026, 1, 17)


def test_a_name_that_a_platform_gave_dates_no_filming():
    assert facts(file_name(NINE)).filmed is None


def test_a_movie_header_of_a_file_that_no_camera_wrote_last_dates_no_filming():
    assert facts(box(UTC_TWO)).filmed is None


def test_clocks_that_contradict_each_other_date_nothing():
    found = facts(captured(NINE, 420), gps_time(UTC_TWO - dt.timedelta(days=400)))
    assert (found.filmed, found.is_disputed) == (None, True)


def test_the_first_posting_counts_and_where_clocks_start_does_not():
    found = facts(posted(UTC_TWO), posted(UTC_TWO + dt.timedelta(days=1)), posted(dt.datetime(1970, 1, 1, tzinfo=dt.UTC)))
    assert found.posted.earliest_utc == UTC_TWO


def test_one_post_has_one_key_whoever_tells_of_it():
    by_name = facts(post(platform="X", post_id="42"))
    by_sidecar = facts(post(platform="twitter", post_id="42", uploader="someone", url="https://x.com/a/status/42"))
    assert by_name.post == by_sidecar.post == "twitter 42"
    assert by_sidecar.source == "twitter: someone"


def test_numbers_that_begin_anew_in_every_channel_need_the_channel():
    first, other = (facts(post(platform="telegram", post_id="7", channel=name)) for name in ("one", "other"))
    assert first.post != other.post
    assert facts(post(platform="Telegram", post_id="7")).post is None
