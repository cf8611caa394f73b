"""The sun channel: day or night, weakly."""

import datetime as dt
import math

import pytest
from builders.scenes import SETTINGS, captured, fix, frame, offset, register, site, weigh

from geoverify.channels.sun import daylight
from geoverify.model import CaptureTime, Clock, Observation, Provenance, TimeMeaning, Who
from geoverify.results import Direction

PLACES = register(site("A"), site("FAR", offset(20.0, -76.0, 0, 0)))
NOON, MIDNIGHT = dt.datetime(2026, 1, 17, 12, 0), dt.datetime(2026, 1, 17, 0, 0)


def ratio(*observations, code: str = "A") -> float | None:
    return next(
        (item.log10_lr for item in weigh(PLACES, fix(0, 0), *observations, channel="sun") if item.site_code == code), None
    )


def test_the_worked_example_of_the_documentation():
    # docs/reasoning.md: dark frames, the sun high over the site.
    at_site = 0.9 * 0.10 + 0.1 * 0.325
    expected = math.log10(at_site / (0.8 * at_site + 0.2 * 0.325))
    assert ratio(captured(NOON, 420), frame(20.0)) == pytest.approx(expected, abs=1e-4)
    assert expected == pytest.approx(-0.12, abs=0.005)


def test_light_by_day_and_dark_by_night_fit_and_the_opposite_does_not():
    assert ratio(captured(NOON, 420), frame(140.0)) > 0.0 > ratio(captured(MIDNIGHT, 420), frame(140.0))
    assert ratio(captured(MIDNIGHT, 420), frame(20.0)) > 0.0 > ratio(captured(NOON, 420), frame(20.0))


def test_a_site_on_the_other_side_of_the_earth_has_the_other_sky():
    assert ratio(captured(NOON, 420), frame(20.0), code="FAR") > 0.0 > ratio(captured(NOON, 420), frame(20.0))


def test_twilight_lies_between_day_and_night():
    values = [daylight(elevation, SETTINGS) for elevation in (-30, -6, -3, 0, 3, 6, 60)]
    assert values == sorted(values)
    assert (values[0], values[1], values[3], values[-1]) == (0.0, 0.0, 0.5, 1.0)


def test_the_median_frame_counts():
    assert ratio(captured(NOON, 420), frame(0.0), frame(140.0), frame(141.0)) == ratio(captured(NOON, 420), frame(140.0))


def test_without_an_instant_or_a_frame_nothing_is_said():
    container = CaptureTime(instant_utc=NOON.replace(tzinfo=dt.UTC), clock=Clock.CONTAINER, meaning=TimeMeaning.CAPTURED)
    source = Provenance(reader="quicktime", field="mvhd", raw="", who=Who.DEVICE)
    assert ratio(captured(NOON), frame(20.0)) is None
    assert ratio(captured(NOON, 420)) is None
    assert ratio(Observation(value=container, provenance=source), frame(20.0)) is None


def test_never_more_than_a_hint():
    found = weigh(PLACES, fix(0, 0), captured(NOON, 420), frame(20.0), channel="sun")
    assert all(-0.2 < item.min_log10_lr <= item.max_log10_lr < 0.1 for item in found)
    assert found[0].finding is Direction.CONTRADICTS
    assert not any(item.locates for item in found)


def test_warm_colour_speaks_for_a_low_sun_and_hardly():
    # The sun stands on the horizon over the site at about 06:25 on that day.
    dawn = captured(dt.datetime(2026, 1, 17, 6, 27), 420)
    plain, warm, cold = (ratio(dawn, frame(140.0, warmth)) for warmth in (None, 0.8, 0.0))
    assert cold < plain < warm < plain + 0.02
    noon = [ratio(captured(NOON, 420), frame(140.0, warmth)) for warmth in (0.8, 0.0)]
    assert noon[0] < noon[1] < noon[0] + 0.05


def test_the_worked_example_of_colour():
    # docs/reasoning.md: light and warm frames, the sun on the horizon.
    value = 0.9 * 0.40 * 0.35 + 0.1 * 0.40 * 0.30
    assert math.log10(value / (0.8 * value + 0.2 * 0.40 * 0.30)) == pytest.approx(0.01, abs=0.005)
    assert ratio(captured(dt.datetime(2026, 1, 17, 6, 27), 420), frame(140.0, 0.8)) == pytest.approx(0.01, abs=0.01)


def test_the_ratio_stays_within_its_bounds_through_a_day():
    for hour in range(24):
        for warmth in (None, 0.8, -0.5):
            when = captured(dt.datetime(2026, 1, 17, hour, 20), 420)
            for item in weigh(PLACES, fix(0, 0), when, frame(140.0, warmth), channel="sun"):
                assert item.min_log10_lr <= item.log10_lr <= item.max_log10_lr
