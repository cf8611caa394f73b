"""What of a report lies on a map: its fix, who wrote it, the direction of view, the track, the day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from geoverify.facts import Facts
from geoverify.model import Heading, Observation, Position, Track, Value
from geoverify.optics import view_of
from geoverify.results import Location, Report
from geoverify.settings import Settings

# A line on a screen needs no more points.
MAX_TRACK_POINTS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Where the camera looked to from its fix: degrees clockwise from north, and how wide."""

    angle_deg: float
    across_deg: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """A report's location with who wrote it, the view from there, and the track that it begins, as rows of lat_deg, lon_deg."""

    location: Location
    who: str
    view: View | None
    track: tuple[tuple[float, float], ...]


def fix_of(report: Report) -> Fix | None:
    """The fix of a report; `None` where nothing says where it was shot."""
    place = report.location
    if place is None:
        return None
    source = next((item for item in report.observations if item.id == place.observation_id), None)
    # A copy made to be passed on may leave the observation out.
    who = source.provenance.who.value if source is not None else "unknown"
    return Fix(location=place, who=who, view=_find_view(report), track=_find_track(report.observations))


def position_of(report: Report) -> Position | None:
    """The position that the location was made from, which says whether the source states an error."""
    place = report.location
    for item in report.observations:
        if place is not None and item.id == place.observation_id and isinstance(item.value, Position):
            return item.value
    return None


def day_of(facts: Facts) -> dt.date | None:
    """The day of filming as written, or else that of the post; where clocks contradict each other nobody knows the first."""
    dated = facts.filmed or facts.posted
    return dt.date.fromisoformat(dated.written[:10]) if dated is not None else None


def _find_view(report: Report) -> View | None:
    heading = next((item.value for item in report.observations if isinstance(item.value, Heading)), None)
    if heading is None:
        return None
    settings = msgspec.convert(report.settings, Settings, strict=False)
    return View(angle_deg=heading.angle_deg, across_deg=view_of(report.observations, settings).across_deg)


def _find_track(observations: Sequence[Observation[Value]]) -> tuple[tuple[float, float], ...]:
    track = next((item.value for item in observations if isinstance(item.value, Track)), None)
    if track is None or len(track.points) < 2:
        return ()
    step = max(1, -(-len(track.points) // MAX_TRACK_POINTS))
    points = [*track.points[::step], track.points[-1]]
    return tuple((round(point.position.lat_deg, 6), round(point.position.lon_deg, 6)) for point in points)
