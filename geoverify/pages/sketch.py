"""A file's own small map: site, fix, error circle, view and track at true scale, north up, as shapes for an SVG."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from geoverify import geo
from geoverify.pages.fixes import Fix
from geoverify.places import FootprintKind, ReferenceSite

WIDTH, HEIGHT = 460.0, 320.0
MARGIN = 26.0
# A site farther from the fix than this would be a speck beside it.
MAX_DISTANCE_M = 1500.0
MIN_SPAN_M = 60.0
# A circle wider than the site's surroundings would leave nothing to see of the site; it then runs out of the frame.
MAX_CIRCLE_SPAN_M = 400.0
WEDGE_PX = 70.0
_BAR_SHARE = 0.25
_LETTER_PX, _LINE_PX = 6.2, 14.0

Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A path with what it stands for (site, rival, part, track, wedge) and its name."""

    kind: str
    path: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Circle:
    """A circle in pixels: the fix's error, or the disc of a site of which only a point is known."""

    kind: str
    x: float
    y: float
    radius: float
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A name beside what it names."""

    x: float
    y: float
    text: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """Everything to draw, in pixels of a frame of `WIDTH` × `HEIGHT`, and the length of the scale bar."""

    shapes: tuple[Shape, ...]
    circles: tuple[Circle, ...]
    labels: tuple[Label, ...]
    fix_x: float
    fix_y: float
    bar_px: float
    bar_m: float


def draw_sketch(fix: Fix, site: ReferenceSite | None, rivals: Sequence[ReferenceSite]) -> Sketch:
    """Draw the surroundings of a fix with the site that leads and others that are near."""
    place = fix.location
    plan = _Plan(place.lat_deg, place.lon_deg)
    drawn = [("rival", item) for item in rivals] + ([("site", site)] if site is not None else [])
    for kind, item in drawn:
        plan.add_site(kind, item)
    plan.frame(place.error_radius_m)
    track = [plan.locate(lat_deg, lon_deg) for lat_deg, lon_deg in fix.track]
    shapes = [*plan.shapes()]
    if len(track) > 1:
        shapes.append(Shape(kind="track", path="M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in map(plan.pixel, track)), name=""))
    x, y = plan.pixel((0.0, 0.0))
    if fix.view is not None:
        shapes.append(Shape(kind="wedge", path=wedge_path(x, y, fix.view.angle_deg, fix.view.across_deg), name=""))
    circles = [*plan.discs(), Circle(kind="error", x=x, y=y, radius=place.error_radius_m * plan.scale, name="")]
    bar_m = nice_length(WIDTH * _BAR_SHARE / plan.scale)
    return Sketch(
        shapes=tuple(shapes),
        circles=tuple(circles),
        labels=tuple(plan.labels((x, y))),
        fix_x=round(x, 1),
        fix_y=round(y, 1),
        bar_px=round(bar_m * plan.scale, 1),
        bar_m=bar_m,
    )


def nice_length(longest_m: float) -> float:
    """The longest of 1, 2, 5, 10, 20, 50 … metres that is not longer."""
    power = 10.0 ** math.floor(math.log10(longest_m))
    return max(step * power for step in (1.0, 2.0, 5.0) if step * power <= longest_m)


def wedge_path(x: float, y: float, angle_deg: float, across_deg: float) -> str:
    """A sector of a circle, clockwise from north, in pixels with y downwards."""
    half = min(across_deg, 359.0) / 2.0
    ends = [math.radians(angle_deg + turn) for turn in (-half, half)]
    (x1, y1), (x2, y2) = ((x + WEDGE_PX * math.sin(end), y - WEDGE_PX * math.cos(end)) for end in ends)
    is_wide = int(half > 90.0)
    return f"M{x:.1f} {y:.1f}L{x1:.1f} {y1:.1f}A{WEDGE_PX:.0f} {WEDGE_PX:.0f} 0 {is_wide} 1 {x2:.1f} {y2:.1f}Z"


class _Plan:
    """Shapes in metres east and north of the fix, and the frame that holds them."""

    def __init__(self, lat_deg: float, lon_deg: float) -> None:
        self._origin = (lat_deg, lon_deg)
        self._lines: list[tuple[str, str, bool, list[list[Point]]]] = []
        self._discs: list[tuple[Point, float, str]] = []
        self._names: list[tuple[Point, str, str]] = []
        self._bounds = [0.0, 0.0, 0.0, 0.0]
        self.scale = 1.0
        self._middle = (0.0, 0.0)

    def add_site(self, kind: str, site: ReferenceSite) -> None:
        centre = self.locate(*geo.centre(site.footprint))
        if site.footprint_kind is FootprintKind.POINT:
            self._discs.append((centre, site.boundary_error_m, site.code))
            self._widen([(centre[0] + turn, centre[1] + turn) for turn in (-site.boundary_error_m, site.boundary_error_m)])
        else:
            self._add(kind, site.code, site.footprint)
        self._names.append((centre, site.code, kind))
        if kind == "site":
            for part in site.parts:
                self._add("part", f"{part.name} ({part.kind})", part.geometry)
                self._names.append((self.locate(*geo.centre(part.geometry)), part.name, "part"))

    def _add(self, kind: str, name: str, geometry: Any) -> None:
        projected = geo.project_locally(geometry, *self._origin)
        is_area, lines = _lines_of(projected.__geo_interface__)
        self._lines.append((kind, name, is_area, lines))
        for line in lines:
            self._widen(line)

    def _widen(self, points: Iterable[Point]) -> None:
        for x, y in points:
            west, south, east, north = self._bounds
            self._bounds = [min(west, x), min(south, y), max(east, x), max(north, y)]

    def locate(self, lat_deg: float, lon_deg: float) -> Point:
        """A place in metres east and north of the fix."""
        distance_m, bearing_deg = geo.measure(*self._origin, lat_deg, lon_deg)
        angle = math.radians(bearing_deg)
        return distance_m * math.sin(angle), distance_m * math.cos(angle)

    def frame(self, radius_m: float) -> None:
        """Fix the scale so that everything, and the error circle if it is not huge, lies inside."""
        reach_m = min(radius_m, MAX_CIRCLE_SPAN_M)
        self._widen([(-reach_m, -reach_m), (reach_m, reach_m)])
        west, south, east, north = self._bounds
        width_m, height_m = max(east - west, MIN_SPAN_M), max(north - south, MIN_SPAN_M)
        self.scale = min((WIDTH - 2 * MARGIN) / width_m, (HEIGHT - 2 * MARGIN) / height_m)
        self._middle = ((west + east) / 2.0, (south + north) / 2.0)

    def pixel(self, point: Point) -> Point:
        """Metres to pixels, y downwards."""
        x, y = point
        return WIDTH / 2.0 + (x - self._middle[0]) * self.scale, HEIGHT / 2.0 - (y - self._middle[1]) * self.scale

    def shapes(self) -> Iterator[Shape]:
        for kind, name, is_area, lines in self._lines:
            path = "".join(
                "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in map(self.pixel, line)) + ("Z" if is_area else "") for line in lines
            )
            yield Shape(kind=kind if is_area else f"{kind} line", path=path, name=name)

    def discs(self) -> Iterator[Circle]:
        for centre, radius_m, name in self._discs:
            x, y = self.pixel(centre)
            yield Circle(kind="disc", x=x, y=y, radius=radius_m * self.scale, name=name)

    def labels(self, fix: Point) -> Iterator[Label]:
        """Names that cover neither each other nor the fix; the sites' codes come first."""
        taken = [(fix[0] - 10.0, fix[1] - 10.0, fix[0] + 10.0, fix[1] + 10.0)]
        for place, text, kind in sorted(self._names, key=lambda item: item[2] == "part"):
            x, y = self.pixel(place)
            half = len(text) * _LETTER_PX / 2.0
            box = (x - half, y - _LINE_PX, x + half, y + 3.0)
            is_inside = box[0] > 0 and box[2] < WIDTH and box[1] > 0 and box[3] < HEIGHT - 24.0
            if is_inside and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                yield Label(x=round(x, 1), y=round(y - 4.0, 1), text=text, kind=kind)


def _overlap(one: Sequence[float], other: Sequence[float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _lines_of(geometry: Mapping[str, Any]) -> tuple[bool, list[list[Point]]]:
    """The rings or lines of a GeoJSON geometry, and whether they enclose an area; points are tiny squares."""
    kind, coordinates = geometry["type"], geometry["coordinates"]
    if kind == "Polygon":
        return True, [list(ring) for ring in coordinates]
    if kind == "MultiPolygon":
        return True, [list(ring) for polygon in coordinates for ring in polygon]
    if kind == "LineString":
        return False, [list(coordinates)]
    if kind == "MultiLineString":
        return False, [list(line) for line in coordinates]
    points = [coordinates] if kind == "Point" else coordinates
    return True, [[(x - 1.0, y - 1.0), (x + 1.0, y - 1.0), (x + 1.0, y + 1.0), (x - 1.0, y + 1.0)] for x, y in points]
