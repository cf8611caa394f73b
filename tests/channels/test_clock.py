import datetime as dt

import pytest
from builders.scenes import CENTRE, captured, fix, gps_time, register, site, weigh

from geoverify.places import StatusPeriod
from geoverify.results import Direction

NOON = dt.datetime(2026, 1, 17, 12, 0)
ZONED = register(site("A", time_zone="Asia/Phnom_Penh"))


def zone(places, *observations):
    return [item for item in weigh(places, *observations, channel="clock") if item.dependence_group == "device-clock"]


@pytest.mark.parametrize(
    ("offset_minutes", "finding"), [(420, Direction.NEUTRAL), (480, Direction.CONTRADICTS), (-300, Direction.CONTRADICTS)]
)
def test_stated_offset_against_the_zone_of_the_site(offset_minutes, finding):
    (item,) = zone(ZONED, fix(0, 0), captured(NOON, offset_minutes))
    assert item.finding is finding
    assert "keeps +07:00" in item.explanation


def test_zone_implied_by_gps_time():
    utc = dt.datetime(2026, 1, 17, 5, 0, 20, tzinfo=dt.UTC)
    (item,) = zone(ZONED, fix(0, 0), captured(NOON), gps_time(utc))
    assert "implies +07:00" in item.explanation
    assert item.finding is Direction.NEUTRAL


def test_summer_time_is_taken_at_the_date():
    berlin = register(site("A", (52.5, 13.4), time_zone="Europe/Berlin"))
    at = fix(0, 0, at=(52.5, 13.4))
    (summer,) = zone(berlin, at, captured(dt.datetime(2025, 7, 1, 12), 120))
    (winter,) = zone(berlin, at, captured(dt.datetime(2025, 1, 1, 12), 120))
    assert summer.finding is Direction.NEUTRAL
    assert winter.finding is Direction.CONTRADICTS


def test_without_a_named_zone_the_longitude_bounds_it_loosely():
    plain = register(site("A"))
    assert zone(plain, fix(0, 0), captured(NOON, 480))[0].finding is Direction.NEUTRAL
    assert zone(plain, fix(0, 0), captured(NOON, 60))[0].finding is Direction.CONTRADICTS


def test_unknown_zone_name_falls_back_to_the_longitude():
    odd = register(site("A", time_zone="Mars/Olympus"))
    assert zone(odd, fix(0, 0), captured(NOON, 420))[0].finding is Direction.NEUTRAL


def test_clock_evidence_stays_modest():
    for minutes in (420, -720):
        (item,) = zone(ZONED, fix(0, 0), captured(NOON, minutes))
        assert abs(item.log10_lr) < 0.5


def test_status_at_the_date_is_a_neutral_note():
    periods = (
        StatusPeriod(status="suspected", to_date=dt.date(2025, 12, 31), source="edition 2025"),
        StatusPeriod(status="confirmed", from_date=dt.date(2026, 1, 1), source="edition 2026"),
    )
    places = register(site("A", status_history=periods))
    notes = [item for item in weigh(places, fix(0, 0), captured(NOON)) if item.dependence_group == "site-status"]
    assert [note.log10_lr for note in notes] == [0.0]
    assert "confirmed (edition 2026)" in notes[0].explanation
    assert "suspected" not in notes[0].explanation


def test_no_times_no_evidence():
    assert weigh(ZONED, fix(0, 0, at=CENTRE), channel="clock") == []
