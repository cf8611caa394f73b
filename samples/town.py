"""The world of the samples: the demo register's parts as boxes, and an invented town around them, the same in every picture."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import cv2
import numpy as np
import shapely
from boards import raise_boards
from facades import draw_facade, draw_gate, draw_landmark, draw_tree, draw_wall, paint, seed_of
from numpy.typing import NDArray
from scenes import Camera, Image, Patch, wall
from shapely.affinity import translate
from shapely.geometry.base import BaseGeometry

from geoverify import geo
from geoverify.places import ReferenceSite, Register

Point = Sequence[float]
# Metres are counted from here, and around places far from it from the place itself, rounded.
DEMO_ORIGIN = (9.6, 101.9)
DEMO_REACH_M = 50_000.0
STOREY_M = 3.3
WALL_HEIGHT_M, GATE_HEIGHT_M, GATE_WIDTH_M = 3.0, 5.0, 7.0
BLOCK_M, ROAD_M = 46.0, 9.0
# Nothing of the town stands this near to a listed site: there its own ring road runs.
CLEARING_M = 46.0
VIEW_M = 280.0
GROUND_M, GROUND_PX_PER_M = 200, 6
# Colour and how uneven it is.
GROUNDS = {
    "earth": ((112, 146, 154), 17.0),
    "asphalt": ((98, 99, 101), 9.0),
    "concrete": ((156, 162, 166), 8.0),
    "joints": ((128, 134, 138), 4.0),
}
# Width, foot and top of landmarks, by a word of their names.
LANDMARKS_M = {"water": (9.0, 0.0, 26.0), "dome": (44.0, 13.0, 32.0), "whale": (9.0, 0.0, 11.0), "flag": (9.0, 0.0, 18.0)}
MAST_M = (7.0, 0.0, 40.0)


@dataclass(frozen=True, slots=True)
class Sun:
    """Where the sun stands: azimuth clockwise from north, and height over the horizon."""

    azimuth_deg: float
    height_deg: float

    def light(self, start: Point, end: Point) -> float:
        """How bright a wall is whose outer side lies to the right of the way from its start to its end."""
        outward_deg = math.degrees(math.atan2(end[1] - start[1], -(end[0] - start[0])))
        return 0.80 + 0.24 * math.cos(math.radians(outward_deg - self.azimuth_deg))

    def shadow(self, shape: BaseGeometry, height_m: float) -> BaseGeometry:
        """What a box over a convex shape darkens on the ground."""
        length_m = min(3.0, 1.0 / math.tan(math.radians(max(self.height_deg, 5.0)))) * height_m
        away = math.radians(self.azimuth_deg + 180.0)
        moved = translate(shape, length_m * math.sin(away), length_m * math.cos(away))
        return shapely.convex_hull(shapely.union(shape, moved))


def find_sun(lat_deg: float, lon_deg: float, utc: dt.datetime) -> Sun:
    """The sun to about half a degree (The Astronomical Almanac, low-precision formulas for the sun)."""
    days = (utc - dt.datetime(2000, 1, 1, 12, tzinfo=dt.UTC)).total_seconds() / 86_400
    mean_deg, anomaly = 280.460 + 0.9856474 * days, math.radians(357.528 + 0.9856003 * days)
    along = math.radians(mean_deg + 1.915 * math.sin(anomaly) + 0.020 * math.sin(2 * anomaly))
    tilt = math.radians(23.439 - 4e-7 * days)
    ascension = math.atan2(math.cos(tilt) * math.sin(along), math.cos(along))
    declination = math.asin(math.sin(tilt) * math.sin(along))
    sidereal_deg = 280.46062 + 360.98564737 * days + lon_deg
    hour, lat = math.radians(sidereal_deg) - ascension, math.radians(lat_deg)
    east = -math.cos(declination) * math.sin(hour)
    north = math.cos(lat) * math.sin(declination) - math.sin(lat) * math.cos(declination) * math.cos(hour)
    up = math.sin(lat) * math.sin(declination) + math.cos(lat) * math.cos(declination) * math.cos(hour)
    return Sun(geo.wrap_angle_deg(math.degrees(math.atan2(east, north))), math.degrees(math.asin(up)))


def origin_of(lat_deg: float, lon_deg: float) -> tuple[float, float]:
    """Where the metres around a position are counted from."""
    distance_m, _ = geo.measure(lat_deg, lon_deg, *DEMO_ORIGIN)
    return DEMO_ORIGIN if distance_m < DEMO_REACH_M else (round(lat_deg, 2), round(lon_deg, 2))


def stand_at(lat_deg: float, lon_deg: float) -> tuple[float, float]:
    """A position in metres east and north of its world's origin."""
    point = geo.project_locally(geo.point(lat_deg, lon_deg), *origin_of(lat_deg, lon_deg))
    return float(point.x), float(point.y)


@dataclass(frozen=True, slots=True)
class _House:
    shape: BaseGeometry
    height_m: float
    seed: int
    sign: str = ""


def build_town(camera: Camera, origin: tuple[float, float], register: Register, sun: Sun) -> tuple[Patch, list[Patch]]:
    """The ground around a camera, and everything that stands on it within `VIEW_M`."""
    eye = shapely.Point(camera.east_m, camera.north_m)
    shapes = [(site, geo.project_locally(site.footprint, *origin)) for site in register.sites if origin == DEMO_ORIGIN]
    near = [(site, shape) for site, shape in shapes if shape.area > 0 and shape.distance(eye) < VIEW_M]
    # A far dot stands for the sites where there is none.
    sites = shapely.union_all([shape for _, shape in near] or [shapely.Point(1e7, 1e7).buffer(1.0)])
    houses = [house for site, _ in near for house in _list_blocks(site, origin)]
    trees: list[tuple[Point, float, int]] = []
    for middle, dice in _blocks(camera, origin):
        _fill_block(middle, dice, sites, eye, houses, trees)
    patches = [patch for house in houses for patch in _raise_house(house, sun)]
    patches += [_billboard(at, 0.75 * top_m, 0.0, top_m, draw_tree(style), eye, has_gaps=True) for at, top_m, style in trees]
    for site, shape in near:
        patches += _raise_site(site, shape, origin, eye, sun)
    shadows = [sun.shadow(house.shape, house.height_m) for house in houses]
    shadows += [sun.shadow(shapely.Point(at).buffer(0.3 * top_m), 0.6 * top_m) for at, top_m, _ in trees]
    return _lay_ground(camera, sites, shadows), patches


def _blocks(camera: Camera, origin: tuple[float, float]) -> Iterator[tuple[Point, np.random.Generator]]:
    """The middle of each block of the town that the camera can see, and dice that are the block's own."""
    reach = math.ceil(VIEW_M / BLOCK_M)
    column, row = round(camera.east_m / BLOCK_M - 0.5), round(camera.north_m / BLOCK_M - 0.5)
    half_deg = 12.0 + math.degrees(math.atan(18.0 / camera.focal_35mm))
    for east in range(column - reach, column + reach + 1):
        for north in range(row - reach, row + reach + 1):
            middle = ((east + 0.5) * BLOCK_M, (north + 0.5) * BLOCK_M)
            away = (middle[0] - camera.east_m, middle[1] - camera.north_m)
            off_deg = geo.difference_deg(math.degrees(math.atan2(*away)), camera.heading_deg)
            if abs(off_deg) < half_deg or math.hypot(*away) < 2 * BLOCK_M:
                yield middle, np.random.default_rng(seed_of("block", east, north, *origin))


def _fill_block(
    middle: Point,
    dice: np.random.Generator,
    sites: BaseGeometry,
    eye: BaseGeometry,
    houses: list[_House],
    trees: list[tuple[Point, float, int]],
) -> None:
    room_m = (BLOCK_M - ROAD_M) / 2
    for quarter in range(4):
        at = np.asarray(middle) + np.array([quarter % 2 - 0.5, quarter // 2 - 0.5]) * room_m
        # Sizes to the next two metres, so that few textures serve the whole town.
        width_m, depth_m = 2.0 * dice.integers(4, 8, 2)
        storeys, style, is_house = int(dice.integers(1, 5)), int(dice.integers(10)), dice.random() < 0.6
        tree_at, tree_m, tree_style = at + dice.uniform(-5.0, 5.0, 2), float(dice.uniform(4.0, 8.5)), int(dice.integers(6))
        half = np.array([width_m / 2, depth_m / 2])
        shape = shapely.box(*(at - half), *(at + half))
        if is_house and shape.distance(sites) > CLEARING_M and shape.distance(eye) > 7.0:
            houses.append(_House(shape, STOREY_M * storeys, seed_of("house", style)))
        elif not is_house and shapely.Point(tree_at).distance(sites) > 18.0 and shapely.Point(tree_at).distance(eye) > 7.0:
            trees.append((tree_at, tree_m, tree_style))


def _list_blocks(site: ReferenceSite, origin: tuple[float, float]) -> Iterator[_House]:
    for part in site.parts:
        if part.kind == "building":
            seed = seed_of(site.code, part.name)
            yield _House(
                geo.project_locally(part.geometry, *origin), STOREY_M * (5 + seed % 3), seed, f"{site.name} {part.name}".upper()
            )


def _raise_house(house: _House, sun: Sun) -> Iterator[Patch]:
    edges = list(_edges(shapely.orient_polygons(house.shape).exterior))
    longest_m = max(math.dist(start, end) for start, end in edges)
    for number, (start, end) in enumerate(edges):
        length_m = round(math.dist(start, end), 1)
        sign = house.sign if length_m > 0.8 * longest_m and length_m > 12.0 else ""
        side = number if house.sign else number % 2
        texture = draw_facade(length_m, house.height_m, house.seed, side, sign)
        light = sun.light(start, end)
        yield wall(start, end, house.height_m, 0.0, texture, light=light)
        if house.sign:
            yield from raise_boards(start, end, seed_of(house.seed, number), light)


def _raise_site(
    site: ReferenceSite, shape: BaseGeometry, origin: tuple[float, float], eye: BaseGeometry, sun: Sun
) -> Iterator[Patch]:
    parts = [(part, geo.project_locally(part.geometry, *origin)) for part in site.parts]
    rings = [ring for part in shapely.get_parts(shapely.orient_polygons(shape)) for ring in (part.exterior, *part.interiors)]
    # The boundary is a wall but for its gates, and for the houses that stand on it.
    gaps = [shapely.buffer(piece, 0.5) for part, piece in parts if part.kind == "building"]
    for part, piece in parts:
        seed = seed_of(site.code, part.name)
        if part.kind in ("gate", "entrance"):
            gate = _raise_gate(piece, rings, seed, site.name.upper(), sun)
            end = np.asarray(gate.corner_m) + np.asarray(gate.along) * gate.width_m
            gaps.append(shapely.buffer(shapely.LineString([gate.corner_m[:2], end[:2]]), 0.3))
            yield gate
        elif part.kind == "landmark":
            yield from _raise_landmark(piece, part.name.lower(), seed, eye, sun)
    seed = seed_of(site.code, "wall")
    for line in shapely.get_parts(shapely.difference(shapely.MultiLineString(rings), shapely.union_all(gaps))):
        for start, end in _edges(line):
            length_m = round(math.dist(start, end), 1)
            if length_m > 0.5:
                texture = draw_wall(length_m, WALL_HEIGHT_M, seed)
                light = sun.light(start, end)
                yield wall(start, end, WALL_HEIGHT_M, 0.0, texture, is_two_sided=True, has_gaps=True, light=light)


def _edges(line: BaseGeometry) -> Iterator[tuple[Point, Point]]:
    yield from pairwise(shapely.get_coordinates(line))


def _raise_gate(piece: BaseGeometry, rings: Sequence[BaseGeometry], seed: int, text: str, sun: Sun) -> Patch:
    """A gate in the boundary where the register has it, the name outwards."""
    ring = min(rings, key=lambda item: item.distance(piece.centroid))
    width_m = max(GATE_WIDTH_M, round(piece.length, 1))
    along_m = ring.project(piece.centroid)
    before, after = (ring.interpolate((along_m + half) % ring.length) for half in (-width_m / 2, width_m / 2))
    start, end = (before.x, before.y), (after.x, after.y)
    texture = draw_gate(width_m, GATE_HEIGHT_M, seed, text)
    light = sun.light(start, end)
    return wall(start, end, GATE_HEIGHT_M, 0.0, texture, is_two_sided=True, has_gaps=True, light=light)


def _raise_landmark(piece: BaseGeometry, name: str, seed: int, eye: BaseGeometry, sun: Sun) -> Iterator[Patch]:
    if "canopy" in name or "arch" in name:
        coords = shapely.get_coordinates(piece)
        edges = list(pairwise(coords)) if "canopy" in name else [(coords[0], coords[-1])]
        board = paint(48, 480, (176, 96, 40) if "blue" in name else (80, 60, 190), seed)
        top_m = 4.6 if "canopy" in name else 6.6
        for start, end in edges:
            yield wall(start, end, top_m, top_m - 0.8, board, is_two_sided=True, light=sun.light(start, end))
        for foot in coords:
            yield _billboard(foot, 0.4, 0.0, top_m, paint(64, 8, (170, 170, 172), seed), eye)
        return
    width_m, foot_m, top_m = next((size for word, size in LANDMARKS_M.items() if word in name), MAST_M)
    at = (piece.centroid.x, piece.centroid.y)
    yield _billboard(at, width_m, foot_m, top_m, draw_landmark(name, seed), eye, has_gaps=True)


def _billboard(
    at: Point, width_m: float, foot_m: float, top_m: float, texture: Image, eye: BaseGeometry, has_gaps: bool = False
) -> Patch:
    """A flat picture that is turned towards the camera."""
    away = np.array([at[0] - eye.x, at[1] - eye.y])
    away /= max(1e-6, float(np.hypot(*away)))
    half = np.array([away[1], -away[0]]) * width_m / 2
    middle = np.asarray(at, np.float64)
    return wall(middle - half, middle + half, top_m, foot_m, texture, has_gaps=has_gaps, is_two_sided=True)


def _lay_ground(camera: Camera, sites: BaseGeometry, shadows: Sequence[BaseGeometry]) -> Patch:
    """Earth, streets in a grid, and around each site a road and inside it concrete."""
    size = GROUND_M * GROUND_PX_PER_M
    # On whole metres, so that the same texels lie under every camera.
    west, north = math.floor(camera.east_m) - GROUND_M // 2, math.floor(camera.north_m) + GROUND_M // 2
    east_m = west + (np.arange(size) + 0.5) / GROUND_PX_PER_M
    north_m = north - (np.arange(size) + 0.5) / GROUND_PX_PER_M

    def within(shape: BaseGeometry, grow_m: float) -> Image:
        return _rasterise([shapely.buffer(shape, grow_m)], west, north, size)

    def fill(name: str, mask: Image) -> None:
        surface = _surface(name)
        surface = surface[_fold(-north * GROUND_PX_PER_M, size)]
        cv2.copyTo(surface[:, _fold(west * GROUND_PX_PER_M, size)], mask, picture)

    picture = np.zeros((size, size, 4), np.uint8)
    fill("earth", np.full((size, size), 255, np.uint8))
    fill("asphalt", _cross(_to_street(east_m) < ROAD_M / 2, _to_street(north_m) < ROAD_M / 2) & ~within(sites, 0.8 * CLEARING_M))
    fill("asphalt", within(sites, 15.0) & ~within(sites, 5.0))
    inside, line = within(sites, 0.0), within(sites, 10.2) & ~within(sites, 9.8)
    fill("concrete", inside)
    rows, columns = np.nonzero(line)
    dashes = (east_m[columns] + north_m[rows]) % 8.0 < 4.5
    picture[rows[dashes], columns[dashes]] = (214, 218, 220, 255)
    fill("joints", inside & _cross((east_m % 4.0) < 0.12, (north_m % 4.0) < 0.12))
    dark = cv2.convertScaleAbs(picture, alpha=0.58)
    cv2.copyTo(dark, _rasterise(shadows, west, north, size), picture)
    picture[..., 3] = 255
    return Patch(
        corner_m=(float(west), float(north), 0.0),
        along=(1.0, 0.0, 0.0),
        down=(0.0, -1.0, 0.0),
        width_m=GROUND_M,
        height_m=GROUND_M,
        texture=picture,
    )


@cache
def _surface(name: str) -> Image:
    return paint(900, 900, GROUNDS[name][0], seed_of(name), GROUNDS[name][1])


def _fold(first: int, count: int) -> NDArray[np.intp]:
    """Texels of a surface that is laid out over the world to and fro, so that it has no seams."""
    return np.abs((np.arange(first, first + count) + 900) % 1800 - 900) % 900


def _to_street(metre: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.abs((metre + BLOCK_M / 2) % BLOCK_M - BLOCK_M / 2)


def _cross(columns: NDArray[np.bool_], rows: NDArray[np.bool_]) -> Image:
    return np.where(columns[None, :] | rows[:, None], np.uint8(255), np.uint8(0))


def _rasterise(shapes: Sequence[BaseGeometry], west: float, north: float, size: int) -> Image:
    """A mask of 255 within the shapes."""
    mask = np.zeros((size, size), np.uint8)
    for part in shapely.get_parts(list(shapes)):
        for ring, value in ((part.exterior, 255), *((hole, 0) for hole in part.interiors)):
            coords = shapely.get_coordinates(ring)
            pixels = np.column_stack((coords[:, 0] - west, north - coords[:, 1])) * GROUND_PX_PER_M
            cv2.fillPoly(mask, [np.round(pixels * 16).astype(np.int32)], value, shift=4)
    return mask
