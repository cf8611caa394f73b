"""Shapes to draw: error circles, tracks and view wedges, cut where they cross the antimeridian (RFC 7946 §3.1.9)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
import shapely
from shapely import affinity
from shapely.geometry.base import BaseGeometry

from geoverify import geo
from geoverify.model import Heading, Position, Track
from geoverify.optics import view_of
from geoverify.results import Report
from geoverify.settings import Settings

CIRCLE_CORNERS = 36
# How long a wedge is drawn: a view has no end, and this one is long enough to be seen beside a compound.
WEDGE_LENGTH_M = 250.0
_CORNER_EVERY_DEG = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wedge:
    """A view drawn from a file's best fix: its middle clockwise from north, its width, and the words for both."""

    shape: BaseGeometry
    angle_deg: float
    width_deg: float
    north: str
    is_width_assumed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnTrack:
    """A track of a file as lines, with the number of its points and the seconds between which it runs."""

    shape: BaseGeometry
    reader: str
    point_count: int
    from_s: float
    to_s: float


def circle(lat_deg: float, lon_deg: float, radius_m: float) -> BaseGeometry:
    """A geodesic circle around a point."""
    angles = np.linspace(0.0, 2.0 * math.pi, CIRCLE_CORNERS, endpoint=False)
    # Counter-clockwise from north, by the right-hand rule.
    return _polygon(np.column_stack((-np.sin(angles), np.cos(angles))) * radius_m, lat_deg, lon_deg)


def wedges_of(report: Report) -> Iterator[Wedge]:
    """Yield a wedge for each direction in which the camera looked, where it is known where it stood."""
    place = report.location
    if place is None:
        return
    headings = [item.value for item in report.observations if isinstance(item.value, Heading)]
    if not headings:
        return
    view = view_of(report.observations, _settings_of(report))
    for heading in headings:
        half_deg = min(view.across_deg, 359.0) / 2.0
        count = max(2, math.ceil(2.0 * half_deg / _CORNER_EVERY_DEG) + 1)
        # From the right edge to the left: counter-clockwise.
        bearings = np.radians(np.linspace(heading.angle_deg + half_deg, heading.angle_deg - half_deg, count))
        arc = np.column_stack((np.sin(bearings), np.cos(bearings))) * WEDGE_LENGTH_M
        yield Wedge(
            shape=_polygon(np.vstack(([[0.0, 0.0]], arc)), place.lat_deg, place.lon_deg),
            angle_deg=heading.angle_deg,
            width_deg=view.across_deg,
            north=heading.north.value,
            is_width_assumed=view.is_assumed,
        )


def tracks_of(report: Report) -> Iterator[DrawnTrack]:
    """Yield every track of a file that has two places at least."""
    for item in report.observations:
        track = item.value
        if isinstance(track, Track) and len(track.points) > 1:
            yield DrawnTrack(
                shape=_line([point.position for point in track.points]),
                reader=item.provenance.reader,
                point_count=len(track.points),
                from_s=track.points[0].time_s,
                to_s=track.points[-1].time_s,
            )


def _settings_of(report: Report) -> Settings:
    try:
        return msgspec.convert(report.settings, Settings, strict=False)
    except msgspec.MsgspecError:
        # A report of another version, or one made for others: its view is drawn as this version would.
        return Settings()


def _polygon(corners_m: geo.Floats, lat_deg: float, lon_deg: float) -> BaseGeometry:
    rows = geo.unproject_locally(corners_m, lat_deg, lon_deg)
    lon = _unroll(rows[:, 1])
    polygon = shapely.Polygon(np.column_stack((lon, rows[:, 0])))
    return polygon if np.abs(lon).max() <= 180.0 else _cut(polygon)


def _line(positions: Sequence[Position]) -> BaseGeometry:
    lon = _unroll(np.array([position.lon_deg for position in positions]))
    line = shapely.LineString(np.column_stack((lon, [position.lat_deg for position in positions])))
    return line if np.abs(lon).max() <= 180.0 else _cut(line)


def _unroll(lon_deg: geo.Floats) -> geo.Floats:
    """Longitudes that go on past ±180° instead of jumping to the other side."""
    turns: geo.Floats = np.unwrap(lon_deg, period=360.0)
    return turns


def _cut(shape: BaseGeometry) -> BaseGeometry:
    """Cut a shape that runs past ±180° into parts on either side, each within the range."""
    parts = []
    for turn_deg in (-360.0, 0.0, 360.0):
        shifted = affinity.translate(shape, xoff=turn_deg)
        part = shapely.intersection(shifted, shapely.box(-180.0, -90.0, 180.0, 90.0))
        # What only touches the line leaves a point or an edge there, or nothing.
        pieces = shapely.get_parts(part).tolist()
        parts += [piece for piece in pieces if piece.geom_type == shape.geom_type and not piece.is_empty]
    make = shapely.MultiPolygon if shape.geom_type == "Polygon" else shapely.MultiLineString
    return make(parts)
