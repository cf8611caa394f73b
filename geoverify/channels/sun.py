"""Sun: do the frames look as light as the sky was over a site at the time of capture? (docs/reasoning.md)."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Sequence
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
# Outside these years the equations of the sun are not meant to hold.
_YEARS = range(1950, 2100)


class SunChannel:
    """Weighs how light the frames are against the height of the sun; it needs a time of capture that is an instant."""

    name = "sun"

    def weigh(self, candidates: Sequence[Candidate], scene: Scene) -> Iterator[Evidence]:
        """Yield one piece of evidence for each candidate."""
        frames, timed = scene.values_of(Keyframe), _find_instant(scene)
        if not frames or timed is None:
            return
        instant, time_id = timed
        luma = median(frame.value.brightness for frame in frames)
        ids = (time_id, *(frame.id for frame in frames))
        for candidate in candidates:
            yield _weigh_site(scene.sites[candidate.site_code], instant, luma, ids, scene.settings)


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
    site: ReferenceSite, instant: dt.datetime, luma: float, observation_ids: tuple[str, ...], settings: Settings
) -> Evidence:
    sun = locate_sun(*geo.centre(site.footprint), instant)
    day = daylight(sun.elevation_deg, settings)
    log10_lr = _log10_lr(_chance(luma, day, settings), luma, settings)
    ratios = [_log10_lr(_chance(luma, extreme, settings), luma, settings) for extreme in (0.0, 1.0)]
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
            f"the frames are {_describe_luma(luma, settings)} (luma {luma:.0f} of 255)"
        ),
        observation_ids=observation_ids,
    )


def daylight(elevation_deg: float, settings: Settings) -> float:
    """How much of a day it is, from 0 in the night to 1 by full day, evenly through twilight and low sun."""
    span_deg = settings.day_elevation_deg - settings.night_elevation_deg
    return min(1.0, max(0.0, (elevation_deg - settings.night_elevation_deg) / span_deg))


def _chance(luma: float, day: float, settings: Settings) -> float:
    """How often frames are as light as these under a sky that is so much of a day."""
    if luma < settings.dark_luma:
        by_night, by_day = settings.night_dark_share, settings.day_dark_share
    elif luma >= settings.light_luma:
        by_night, by_day = settings.night_light_share, settings.day_light_share
    else:
        by_night = 1.0 - settings.night_dark_share - settings.night_light_share
        by_day = 1.0 - settings.day_dark_share - settings.day_light_share
    return by_night + (by_day - by_night) * day


def _log10_lr(chance: float, luma: float, settings: Settings) -> float:
    """The ratio with a clock that may be wrong; most footage from elsewhere is from the same zone and has the same sun."""
    anywhere = _chance(luma, 0.5, settings)
    at_site = (1.0 - settings.clock_error_rate) * chance + settings.clock_error_rate * anywhere
    elsewhere = settings.same_zone_share * at_site + (1.0 - settings.same_zone_share) * anywhere
    return math.log10(at_site / elsewhere)


def _describe_luma(luma: float, settings: Settings) -> str:
    if luma < settings.dark_luma:
        return "dark"
    return "light" if luma >= settings.light_luma else "neither light nor dark"
