"""Claims against reports: place and time apart, what decides and what only hints, and zones that nobody states."""

import datetime as dt

import pytest
from builders.case_rows import report_at
from builders.scenes import CENTRE, SETTINGS, captured, claimed, fix, frame, gps_time, offset, register, said, seen, site
from builders.times import at, file_name, posted

from geoverify.claims.assessing import assess
from geoverify.claims.places import Atlas
from geoverify.claims.recording import ALONE, Copy, Recording
from geoverify.claims.standings import Standing
from geoverify.claims.stating import DEFAULT_WITHIN, StatedClaim, make_claim
from geoverify.errors import UsageError
from geoverify.model import CaptureTime, Clock, TimeMeaning, Who
from geoverify.places import SiteName, StatusPeriod
from geoverify.readers.filename import CAMERA_FIELD

ZONE = "Asia/Phnom_Penh"
HERE = site("A", names=(SiteName(text="Floating Lantern Park"),), time_zone=ZONE)
BESIDE = site("B", offset(*CENTRE, 400.0, 0.0), names=(SiteName(text="Golden Harbour Casino"),), time_zone=ZONE)
FAR = site("C", offset(*CENTRE, 30_000.0, 0.0), names=(SiteName(text="Golden Harbour Casino"),), time_zone=ZONE)
SITES = (HERE, BESIDE, FAR)
DAY = dt.datetime(2026, 1, 17)
NINE = DAY + dt.timedelta(hours=9)


def judge(*observations, sites=SITES, recording=ALONE, **claim):
    atlas = Atlas(register(*sites), SETTINGS)
    made = make_claim(StatedClaim(where="claim", file="clip.jpg", **claim), atlas, DEFAULT_WITHIN)
    return assess(made, report_at(*observations, sites=sites), atlas, SETTINGS, recording)


def beside(*copies, is_contradictory=False):
    reports = (report_at(*observations, sites=SITES) for observations in copies)
    found = tuple(Copy(name=f"copy{number}.jpg", report=report) for number, report in enumerate(reports, 1))
    return Recording(copies=found, is_contradictory=is_contradictory)


def texts(points):
    return " | ".join(f"{point.source}: {point.text}" for point in points)


# --- place ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        ({"site": "A"}, Standing.SUPPORTED),
        ({"place": "floating lantern park"}, Standing.SUPPORTED),
        ({"site": "B"}, Standing.CONTRADICTED),
        ({"site": "C"}, Standing.CONTRADICTED),
        ({"place": f"{CENTRE[0]:.5f}, {CENTRE[1]:.5f}"}, Standing.SUPPORTED),
        ({"lat": "10.70000", "lon": "103.50000"}, Standing.CONTRADICTED),
        ({"place": "A town that nobody lists"}, Standing.OPEN),
    ],
)
def test_a_fix_in_a_site_supports_it_and_contradicts_other_places(claim, expected):
    made = judge(fix(0, 0), **claim)
    assert made.place is not None and made.place.standing is expected
    assert made.time is None


def test_a_fix_at_no_site_contradicts_every_listed_one_and_supports_its_own_position():
    there = offset(*CENTRE, 9_000.0, 9_000.0)
    spot = fix(0, 0, at=there)
    assert judge(spot, site="A").place.standing is Standing.CONTRADICTED
    assert judge(spot, lat=f"{there[0]:.5f}", lon=f"{there[1]:.5f}").place.standing is Standing.SUPPORTED


def test_between_two_sites_it_is_open_which_one_is_meant():
    between = fix(200, 0, error_m=120.0)
    sites = (HERE, BESIDE)
    made = judge(between, site="A", sites=sites)
    assert "ambiguous" in made.tool_verdict
    assert made.place.standing is Standing.OPEN
    assert judge(between, place="Golden Harbour Casino", sites=sites).place.standing is Standing.OPEN


def test_words_are_like_the_claim_itself_and_decide_nothing():
    made = judge(said("at Floating Lantern Park"), site="A")
    assert made.place.standing is Standing.OPEN
    (point,) = made.place.supports
    assert (point.source, point.decides) == ("text", False)
    assert "somebody's word" in point.text
    assert judge(claimed(0, 0), site="A").place.standing is Standing.OPEN


def test_a_name_of_two_sites_is_told_and_either_of_them_supports_it():
    made = judge(fix(400, 0), place="Golden Harbour Casino")
    assert made.place.standing is Standing.SUPPORTED
    assert any("ambiguous" in note and "B, C" in note for note in made.place.notes)


KAMPOT = site("K", names=(SiteName(text="Golden Sun"), SiteName(text="City")), locality="Kampot, កំពត", country="Cambodia")
KEP = site("P", offset(*CENTRE, 20_000.0, 0.0), names=(SiteName(text="Golden Sun"), SiteName(text="金边")), locality="Kep")


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        *(
            (text, ("K",))
            for text in ("Kampot", "near Kampot, Cambodia", "Kampot province", "Golden Sun casino, Kampot", "ក្រុង កំពត")
        ),
        *((text, ("K",)) for text in ("City", "K ", "the town of Kampot.", "Thành phố Kampot", "Kampot (កំពត)")),
        *((text, ("P",)) for text in ("Golden Sun, Kep", "Kep", "金边市")),
        ("Golden Sun", ("K", "P")),
        *((text, ()) for text in ("Kampot Road, Phnom Penh", "not Kampot but Kep", "Kep, not Kampot", "New York City")),
        *(
            (text, ())
            for text in ("Kampot, Kep", "City casino", "north of Kampot", "不是金边", "Kampot 2", "xa Kampot", "the casino")
        ),
    ],
)
def test_a_name_is_taken_for_a_place_only_where_it_is_all_that_is_said(text, codes):
    place = Atlas(register(KAMPOT, KEP), SETTINGS).find_place(text)
    assert (place.site_codes, place.position) == (codes, None)


def test_a_text_with_two_positions_means_neither_and_two_notations_of_one_mean_it():
    atlas = Atlas(register(KAMPOT), SETTINGS)
    place = atlas.find_place("not 11.0852, 106.1712 but 10.6104, 104.1810")
    assert not place.is_known and "several positions" in place.note
    assert atlas.find_place("11.0852, 106.1712 (11°05'06.7\"N 106°10'16.3\"E)").position is not None


def test_what_was_found_in_a_text_that_is_not_taken_is_told_without_its_words():
    note = Atlas(register(KAMPOT, KEP), SETTINGS).find_place("Sok Dara of Kampot Road").note
    assert "Kampot (K)" in note and "--site" in note
    assert "Dara" not in note


def test_a_position_that_an_uploader_wrote_does_not_decide():
    made = judge(fix(0, 0, who=Who.UPLOADER), place=f"{CENTRE[0]:.5f}, {CENTRE[1]:.5f}")
    assert all(not point.decides for point in made.place.supports if point.source == "position")


def test_a_claim_changes_no_score():
    alone = report_at(fix(0, 0), sites=SITES)
    assert judge(fix(0, 0), site="B", at="2026-01-17").tool_verdict == alone.verdict.wording


def test_what_is_missing_is_told_with_what_to_ask_for():
    made = judge(site="A", at="2026-01-17 09:00")
    assert "a position that the camera stored" in made.place.missing
    assert made.place.ask_next
    assert made.time.missing == ("the time at which the camera filmed", "the date of the first posting")
    assert any("original" in step for step in made.time.ask_next)


def test_copies_count_as_the_footage_and_their_silence_as_nothing():
    assert judge(site="A", recording=beside([fix(0, 0)])).place.standing is Standing.SUPPORTED
    assert judge(site="B", recording=beside([fix(0, 0)])).place.standing is Standing.CONTRADICTED
    assert judge(fix(0, 0), site="A", recording=beside([])).place.standing is Standing.SUPPORTED
    missing = judge(site="A", recording=beside([fix(0, 0)])).place.missing
    assert "a position that the camera stored" not in missing


def test_where_copies_contradict_each_other_a_place_is_open_and_the_copies_are_named():
    for code in ("A", "B", "C"):
        made = judge(fix(0, 0), site=code, recording=beside([fix(400, 0)], is_contradictory=True)).place
        assert made.standing is Standing.OPEN
        assert "copies of this footage are located" in made.wording and "copy1.jpg (consistent with B" in made.wording


# --- time -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("observations", "expected"),
    [
        ([captured(NINE, 420)], Standing.SUPPORTED),
        ([captured(NINE + dt.timedelta(minutes=29), 420)], Standing.SUPPORTED),
        ([captured(NINE + dt.timedelta(minutes=40), 420)], Standing.CONTRADICTED),
        # The same local time elsewhere.
        ([captured(NINE, 120)], Standing.CONTRADICTED),
        ([gps_time(dt.datetime(2026, 1, 17, 2, 5, tzinfo=dt.UTC))], Standing.SUPPORTED),
        ([gps_time(dt.datetime(2026, 1, 16, 2, 5, tzinfo=dt.UTC))], Standing.CONTRADICTED),
        ([posted(dt.datetime(2026, 1, 17, 1, 0, tzinfo=dt.UTC))], Standing.CONTRADICTED),
        ([posted(dt.datetime(2026, 1, 17, 4, 0, tzinfo=dt.UTC))], Standing.OPEN),
        # A name and a time of copying are told and decide nothing.
        ([file_name(NINE, field=CAMERA_FIELD)], Standing.OPEN),
        ([file_name(NINE - dt.timedelta(days=9), field=CAMERA_FIELD)], Standing.OPEN),
        ([file_name(NINE - dt.timedelta(days=9))], Standing.OPEN),
        (
            [at(Clock.FILESYSTEM, TimeMeaning.MODIFIED, instant=dt.datetime(2020, 1, 1, tzinfo=dt.UTC), who=Who.DOWNLOADER)],
            Standing.OPEN,
        ),
        # Whatever the camera says: nothing is posted before it is filmed.
        ([captured(NINE, 420), posted(dt.datetime(2026, 1, 16, 2, 0, tzinfo=dt.UTC))], Standing.CONTRADICTED),
        ([], Standing.OPEN),
    ],
)
def test_clocks_against_a_claimed_time(observations, expected):
    made = judge(*observations, site="A", at="2026-01-17 09:00+07:00")
    assert made.time is not None
    assert made.time.standing is expected, made.time


EARLIER = dt.datetime(2022, 9, 18, tzinfo=dt.UTC)


def test_an_earlier_post_of_a_copy_contradicts_whatever_the_cameras_clock_says():
    made = judge(captured(NINE, 420), site="A", at="2026-01-17", recording=beside([posted(EARLIER)])).time
    assert made.standing is Standing.CONTRADICTED
    assert "copy1.jpg, a copy of this footage: 2022-09-18" in made.wording
    assert "wrong clock" in texts(made.supports)
    assert "the date of the first posting" not in made.missing


def test_a_later_post_of_a_copy_contradicts_nothing():
    later = beside([posted(dt.datetime(2026, 1, 18, tzinfo=dt.UTC))])
    assert judge(captured(NINE, 420), site="A", at="2026-01-17", recording=later).time.standing is Standing.SUPPORTED


def test_a_copys_clock_dates_the_footage_and_its_name_does_not():
    earlier = NINE - dt.timedelta(days=900)
    assert judge(site="A", at="2026-01-17", recording=beside([captured(earlier, 420)])).time.standing is Standing.CONTRADICTED
    assert judge(site="A", at="2026-01-17", recording=beside([captured(NINE, 420)])).time.standing is Standing.SUPPORTED
    assert judge(site="A", at="2026-01-17", recording=beside([file_name(earlier)])).time.standing is Standing.OPEN


def test_a_claim_without_an_offset_is_in_the_civil_time_of_the_site():
    made = judge(captured(NINE, 420), site="A", at="2026-01-17 09:00")
    assert made.time.standing is Standing.SUPPORTED
    assert any(f"civil time of {ZONE}" in note for note in made.time.notes)


def test_a_claim_in_an_unknown_zone_is_known_to_a_day_only():
    made = judge(captured(NINE, 420), at="2026-01-17 09:00")
    assert made.time.wording.startswith("time: supported")
    assert any("unknown time zone" in note for note in made.time.notes)
    assert "the time zone of the claim" in made.time.missing
    assert judge(captured(NINE + dt.timedelta(days=3), 420), at="2026-01-17 09:00").time.standing is Standing.CONTRADICTED
    # By the hour nothing is ruled out: in some zone it was nine o'clock.
    assert judge(captured(NINE + dt.timedelta(hours=6), 420), at="2026-01-17 09:00").time.standing is not Standing.CONTRADICTED


def test_a_clock_without_a_zone_supports_to_the_day_only():
    made = judge(captured(NINE), site="A", at="2026-01-17 09:00+07:00")
    assert made.time.wording.startswith("time: supported to the day only")
    assert "the time zone that the camera was set to" in made.time.missing


def test_a_clock_without_a_zone_that_fits_in_another_zone_is_only_a_hint():
    made = judge(captured(NINE + dt.timedelta(hours=5)), site="A", at="2026-01-17 09:00+07:00")
    assert made.time.standing is Standing.OPEN
    assert [point.decides for point in made.time.contradicts] == [False]


def test_a_clock_without_a_zone_contradicts_what_it_misses_in_every_zone():
    made = judge(captured(NINE + dt.timedelta(hours=20)), site="A", at="2026-01-17 09:00+07:00")
    assert made.time.standing is Standing.CONTRADICTED
    assert "whatever the zone" in texts(made.time.contradicts)


def test_clocks_that_contradict_each_other_decide_nothing():
    wrong = captured(NINE, 420), gps_time(dt.datetime(2025, 3, 1, 2, 0, tzinfo=dt.UTC))
    made = judge(*wrong, site="A", at="2026-01-17 09:00+07:00")
    assert made.time.standing is Standing.OPEN
    assert any("contradict each other" in note for note in made.time.notes)


def test_where_clocks_start_dates_nothing():
    made = judge(captured(dt.datetime(1970, 1, 1, 0, 0, 30), 0), site="A", at="2026-01-17")
    assert made.time.standing is Standing.OPEN
    assert made.time.contradicts == ()


def test_a_bare_day_supports_that_day_and_no_other():
    day = seen(CaptureTime(local=DAY, resolution_s=86_400.0, clock=Clock.DEVICE, meaning=TimeMeaning.CAPTURED))
    assert judge(day, site="A", at="2026-01-17 09:00+07:00").time.wording.startswith("time: supported to the day only")
    assert judge(day, site="A", at="2026-01-20 09:00+07:00").time.standing is Standing.CONTRADICTED
    assert judge(day, site="A", at="2026-01-18 15:00+07:00").time.standing is not Standing.SUPPORTED


def test_a_span_of_days_holds_what_was_filmed_in_it():
    days = {"site": "A", "start": "2026-01-16", "end": "2026-01-17"}
    assert judge(captured(NINE, 420), **days).time.standing is Standing.SUPPORTED
    assert judge(captured(DAY + dt.timedelta(hours=25), 420), **days).time.standing is Standing.CONTRADICTED


@pytest.mark.parametrize(
    ("at_time", "luma", "side"), [("09:00", 150.0, "supports"), ("23:00", 150.0, "contradicts"), ("23:00", 20.0, "supports")]
)
def test_light_is_a_hint_and_the_sun_is_told(at_time, luma, side):
    made = judge(frame(luma), site="A", at=f"2026-01-17 {at_time}+07:00")
    (point,) = getattr(made.time, side)
    assert (point.source, point.decides) == ("light", False)
    assert made.time.standing is Standing.OPEN
    assert any("the sun stood at azimuth" in note for note in made.time.notes)


def test_the_status_of_the_site_on_that_day_is_told_as_the_registers_word():
    listed = site(
        "A", time_zone=ZONE, status_history=(StatusPeriod(status="closed", from_date=dt.date(2025, 12, 1), source="X"),)
    )
    made = judge(site="A", at="2026-01-17", sites=(listed,))
    assert any("lists A as “closed” (X)" in note for note in made.time.notes)


def test_nothing_says_more_than_the_tool_can():
    for made in (judge(fix(0, 0), captured(NINE, 420), site="A", at="2026-01-17 09:00+07:00"), judge(site="B", at="2020-01-01")):
        words = f"{made.place} {made.time}".lower()
        assert not any(word in words for word in ("verified", "confirmed", "taken at"))


# --- what is no claim -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        ({}, "claims nothing"),
        ({"site": "A", "place": "B"}, "two ways"),
        ({"site": "Z9"}, "no site has this code"),
        ({"at": "yesterday"}, "no date and time"),
        ({"at": "2026-01-17", "start": "2026-01-16"}, "two ways"),
        ({"start": "2026-01-17", "end": "2026-01-16"}, "ends before it begins"),
        ({"lat": "91", "lon": "3"}, "no latitude and longitude"),
        ({"lat": "11"}, "no latitude and longitude"),
        ({"at": "0001-01-01"}, "outside the calendar"),
    ],
)
def test_what_is_no_claim_says_where_and_why(claim, words):
    with pytest.raises(UsageError, match=words):
        judge(**claim)
