"""Where the sun stands, the shadow that it casts, and when a given shadow could have been cast."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from astral import Observer
from astral.sun import azimuth, zenith

# Below this the sun casts no shadow that anybody could measure.
MIN_SHADOW_ELEVATION_DEG = 0.5
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SunPosition:
    """The sun's azimuth from true north and its elevation above the horizon with the refraction of a standard atmosphere."""

    azimuth_deg: float
    elevation_deg: float

    @property
    def shadow_bearing_deg(self) -> float | None:
        """Where shadows point, clockwise from true north; `None` where there are none."""
        return (self.azimuth_deg + 180.0) % 360.0 if self.elevation_deg >= MIN_SHADOW_ELEVATION_DEG else None

    @property
    def shadow_ratio(self) -> float | None:
        """A shadow's length on level ground over the height of what casts it; `None` where there are none."""
        return 1.0 / math.tan(math.radians(self.elevation_deg)) if self.elevation_deg >= MIN_SHADOW_ELEVATION_DEG else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """A shadow as an analyst measured it: its direction, its length over height, or both, with one error in degrees.

    The error is that of the direction, and that of the sun's height which the length implies.
    """

    bearing_deg: float | None
    ratio: float | None
    error_deg: float

    @property
    def sun_elevation_deg(self) -> float | None:
        """The sun's height that the length implies."""
        return None if self.ratio is None else math.degrees(math.atan2(1.0, self.ratio))

    def misfit(self, sun: SunPosition) -> float | None:
        """How far a sun is from casting this shadow, 1 at the error; `None` where it is beyond the error or casts none."""
        if sun.shadow_bearing_deg is None:
            return None
        turns = [
            abs((sun.shadow_bearing_deg - self.bearing_deg + 180.0) % 360.0 - 180.0) if self.bearing_deg is not None else 0.0,
            abs(sun.elevation_deg - self.sun_elevation_deg) if self.sun_elevation_deg is not None else 0.0,
        ]
        worst = max(turns) / self.error_deg
        return worst if worst <= 1.0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of one day in which a shadow fits, from its first to its last step, and the step that fits best."""

    start: dt.datetime
    end: dt.datetime
    best: dt.datetime


def locate_sun(lat_deg: float, lon_deg: float, at: dt.datetime) -> SunPosition:
    """Return the sun over a place at an instant, which must know its zone.

    By the equations of NOAA's solar calculator (Meeus 1998), through astral: within 0.01° of NREL's SPA (Reda & Andreas 2004)
    away from the horizon, where the air of the day bends by some tenths.
    """
    observer = Observer(latitude=lat_deg, longitude=lon_deg)
    utc = at.astimezone(dt.UTC)
    return SunPosition(azimuth_deg=azimuth(observer, utc) % 360.0, elevation_deg=90.0 - zenith(observer, utc))


def find_spans(
    lat_deg: float, lon_deg: float, day: dt.date, zone: dt.tzinfo, shadow: Shadow, step: dt.timedelta
) -> Iterator[Span]:
    """Yield the stretches of a local day in which a shadow fits, tried at every `step`."""
    start = dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC)
    end = dt.datetime.combine(day + _DAY, dt.time(), zone).astimezone(dt.UTC)
    run: list[tuple[float, dt.datetime]] = []
    at = start
    while at < end:
        misfit = shadow.misfit(locate_sun(lat_deg, lon_deg, at))
        if misfit is not None:
            run.append((misfit, at.astimezone(zone)))
        elif run:
            yield _close(run)
            run = []
        at += step
    if run:
        yield _close(run)


def find_runs(spans: Iterable[Span]) -> list[list[Span]]:
    """The stretches of days one after the other in which a shadow fits, in the order of their first days, then of the hours.

    `spans` are those of days in their order. Where a day has several, as in the morning and in the afternoon, each is a run of
    its own with its like of the next day; a run ends where they become one, as under a sun that is low all day.
    """
    runs: list[list[Span]] = []
    latest: dict[tuple[int, int], list[Span]] = {}
    for day, group in itertools.groupby(spans, key=lambda span: span.start.date()):
        found = list(group)
        for place, span in enumerate(found):
            run = latest.get((len(found), place))
            if run is None or day - run[-1].start.date() > _DAY:
                run = latest[len(found), place] = []
                runs.append(run)
            run.append(span)
    return runs


def _close(run: list[tuple[float, dt.datetime]]) -> Span:
    return Span(start=run[0][1], end=run[-1][1], best=min(run)[1])
