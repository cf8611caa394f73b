"""Sun: do the frames look as light and as warm as the sky was over a site at the time of capture? (docs/reasoning.md)."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from geoverify import geo
from geoverify.clocks import is_coarse, times_of
from geoverify.interfaces import Scene
from geoverify.model import Clock, Keyframe, TimeMeaning
from geoverify.places import ReferenceSite
from geoverify.results import Basis, Candidate, Direction, Evidence
from geoverify.settings import Settings
from geoverify.sun import locate_sun

# A container's time is UTC by the standard and local time by many cameras: no instant to reckon the sun by.
_NO_INSTANT = frozenset((Clock.CONTAINER, Clock.FILESYSTEM))
# Steps from night to day at which the bounds of the ratio are looked for.
_STEPS = 12
# Outside these years the equations of the sun are not meant to hold.
_YEARS = range(1950, 2100)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """The median frame: its mean luma, and how many stops its median pixel has more red than blue, where that was measured."""

    luma: float
    stops: float | None


class SunChannel:
    """Weighs how light and how warm frames are against the height of the sun; it needs a time of capture that is an instant."""

    name = "sun"

    def weigh(self, candidates: Sequence[Candidate], scene: Scene) -> Iterator[Evidence]:
        """Yield one piece of evidence for each candidate."""
        frames, timed = scene.values_of(Keyframe), _find_instant(scene)
        if not frames or timed is None:
            return
        instant, time_id = timed
        warmths = [frame.value.warmth for frame in frames if frame.value.warmth is not None]
        look = _Look(luma=median(frame.value.brightness for frame in frames), stops=median(warmths) if warmths else None)
        ids = (time_id, *(frame.id for frame in frames))
        for candidate in candidates:
            yield _weigh_site(scene.sites[candidate.site_code], instant, look, ids, scene.settings)


CHANNEL = SunChannel()


def _find_instant(scene: Scene) -> tuple[dt.datetime, str] | None:
    for meaning in (TimeMeaning.CAPTURED, TimeMeaning.FIXED):
        for item in times_of(scene.observations):
            instant = item.value.instant_utc
            is_told = item.value.meaning is meaning and item.value.clock not in _NO_INSTANT and not is_coarse(item.value)
            if instant is not None and is_told and instant.year in _YEARS:
                return instant, item.id
    return None


def _weigh_site(
    site: ReferenceSite, instant: dt.datetime, look: _Look, observation_ids: tuple[str, ...], settings: Settings
) -> Evidence:
    sun = locate_sun(*geo.centre(site.footprint), instant)
    day = daylight(sun.elevation_deg, settings)
    log10_lr = _log10_lr(day, look, settings)
    ratios = [log10_lr, *(_log10_lr(step / _STEPS, look, settings) for step in range(_STEPS + 1))]
    sky = "day" if day == 1.0 else "night" if day == 0.0 else "low sun or twilight"
    return Evidence(
        channel=CHANNEL.name,
        site_code=site.code,
        log10_lr=round(log10_lr, 4),
        min_log10_lr=round(min(ratios), 4),
        max_log10_lr=round(max(ratios), 4),
        basis=Basis.ASSUMED,
        dependence_group="light",
        finding=Direction.of(log10_lr),
        explanation=(
            f"at {instant:%Y-%m-%d %H:%M} UTC the sun stands at {sun.elevation_deg:+.0f}° over {site.code} ({sky}); "
            f"the frames are {describe_luma(look.luma, settings)} (luma {look.luma:.0f} of 255)"
            f"{_describe_colour(look, settings)}"
        ),
        observation_ids=observation_ids,
    )


def daylight(elevation_deg: float, settings: Settings) -> float:
    """How much of a day it is, from 0 in the night to 1 by full day, evenly through twilight and low sun."""
    span_deg = settings.day_elevation_deg - settings.night_elevation_deg
    return min(1.0, max(0.0, (elevation_deg - settings.night_elevation_deg) / span_deg))


def _chance(look: _Look, day: float, settings: Settings) -> float:
    """How often frames are as light and as warm as these under a sky that is so much of a day."""
    if look.luma < settings.dark_luma:
        by_night, by_day = settings.night_dark_share, settings.day_dark_share
    elif look.luma >= settings.light_luma:
        by_night, by_day = settings.night_light_share, settings.day_light_share
    else:
        by_night = 1.0 - settings.night_dark_share - settings.night_light_share
        by_day = 1.0 - settings.day_dark_share - settings.day_light_share
    return (by_night + (by_day - by_night) * day) * _chance_of_colour(look, _low_sun(day), settings)


def _chance_of_colour(look: _Look, low_sun: float, settings: Settings) -> float:
    if look.stops is None:
        return 1.0
    warm = settings.other_warm_share + (settings.low_sun_warm_share - settings.other_warm_share) * low_sun
    return warm if look.stops >= settings.warm_stops else 1.0 - warm


def _low_sun(day: float) -> float:
    """How much of a golden hour it is: 1 with the sun at the middle of the twilight, 0 by full day and by night."""
    return 1.0 - abs(2.0 * day - 1.0)


def _log10_lr(day: float, look: _Look, settings: Settings) -> float:
    """The ratio with a clock that may be wrong; most footage from elsewhere is from the same zone and has the same sun."""
    # Of all heights of the sun: the middle of light and dark, with half a golden hour's colour.
    colourless = _Look(luma=look.luma, stops=None)
    anywhere = _chance(colourless, 0.5, settings) * _chance_of_colour(look, 0.5, settings)
    at_site = (1.0 - settings.clock_error_rate) * _chance(look, day, settings) + settings.clock_error_rate * anywhere
    elsewhere = settings.same_zone_share * at_site + (1.0 - settings.same_zone_share) * anywhere
    return math.log10(at_site / elsewhere)


def _describe_colour(look: _Look, settings: Settings) -> str:
    if look.stops is None:
        return ""
    return f" and {'warm' if look.stops >= settings.warm_stops else 'not warm'} in colour (red over blue {look.stops:+.1f} stops)"


def describe_luma(luma: float, settings: Settings) -> str:
    """Whether frames of this mean luma are dark, light, or neither."""
    if luma < settings.dark_luma:
        return "dark"
    return "light" if luma >= settings.light_luma else "neither light nor dark"
