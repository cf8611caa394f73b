"""Sole owner of axis order, geodesic distance, bearing and projections; every other room says lat_deg and lon_deg."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod
from shapely.geometry.base import BaseGeometry

Floats = NDArray[np.float64]
METRES_PER_DEGREE = 111_195.0
PROJECTION_REACH_M = 1_000_000.0


@cache
def wgs84() -> Geod:
    """The WGS 84 ellipsoid (Karney 2013, as PROJ solves it)."""
    return Geod(ellps="WGS84")


def wrap_lon_deg(lon_deg: float) -> float:
    """Bring a longitude to −180 ≤ lon < 180."""
    return (lon_deg + 180.0) % 360.0 - 180.0


def wrap_angle_deg(angle_deg: float) -> float:
    """Bring an angle to 0 ≤ angle < 360."""
    # A hair below north comes out of the division as 360.
    return angle_deg % 360.0 % 360.0


def difference_deg(a_deg: float, b_deg: float) -> float:
    """The turn from `b_deg` to `a_deg`, −180 to 180."""
    return (a_deg - b_deg + 180.0) % 360.0 - 180.0


def measure(from_lat_deg: float, from_lon_deg: float, to_lat_deg: float, to_lon_deg: float) -> tuple[float, float]:
    """Return geodesic distance in metres and initial bearing in degrees clockwise from true north."""
    azimuth, _, distance_m = wgs84().inv(from_lon_deg, from_lat_deg, to_lon_deg, to_lat_deg)
    return float(distance_m), wrap_angle_deg(float(azimuth))


def project_locally(geometry: BaseGeometry, lat_deg: float, lon_deg: float) -> BaseGeometry:
    """Project a WGS 84 geometry to metres east and north of a point (azimuthal equidistant, exact from that point).

    Distance and bearing from the point are geodesic at any latitude and across the antimeridian; shapes of a few kilometres
    keep their form to millimetres.
    """

    def transform(coords: Floats) -> Floats:
        count = len(coords)
        azimuth, _, distance = wgs84().inv(np.full(count, lon_deg), np.full(count, lat_deg), coords[:, 0], coords[:, 1])
        angle = np.radians(azimuth)
        return np.column_stack((distance * np.sin(angle), distance * np.cos(angle)))

    return shapely.transform(geometry, transform)


def measure_to(geometry: BaseGeometry, lat_deg: float, lon_deg: float) -> float:
    """Geodesic distance in metres from a point to a WGS 84 geometry, 0 inside it.

    Beyond `PROJECTION_REACH_M` the nearest vertex stands for the geometry: a local projection tears what lies near the antipode.
    """
    coords = shapely.get_coordinates(geometry)
    count = len(coords)
    _, _, to_vertices_m = wgs84().inv(np.full(count, lon_deg), np.full(count, lat_deg), coords[:, 0], coords[:, 1])
    nearest_m = float(np.min(to_vertices_m))
    if nearest_m > PROJECTION_REACH_M:
        return nearest_m
    return float(shapely.distance(project_locally(geometry, lat_deg, lon_deg), shapely.Point(0.0, 0.0)))


def unproject_locally(points_m: Floats, lat_deg: float, lon_deg: float) -> Floats:
    """Turn metres east and north of a point, shape (n, 2), back into rows of lat_deg, lon_deg."""
    count = len(points_m)
    azimuth = np.degrees(np.arctan2(points_m[:, 0], points_m[:, 1]))
    distance = np.hypot(points_m[:, 0], points_m[:, 1])
    lon, lat, _ = wgs84().fwd(np.full(count, lon_deg), np.full(count, lat_deg), azimuth, distance)
    return np.column_stack((lat, lon))


def measure_all(lat_deg: float, lon_deg: float, to_lat_deg: Floats, to_lon_deg: Floats) -> Floats:
    """Geodesic distances in metres from one position to many, shape (n,)."""
    count = len(to_lat_deg)
    _, _, distance_m = wgs84().inv(np.full(count, lon_deg), np.full(count, lat_deg), to_lon_deg, to_lat_deg)
    return np.asarray(distance_m, dtype=np.float64)


class LocalFrames:
    """Planes that touch the ellipsoid at some positions, in metres east and north of each.

    What lies d metres away is shown d³ / 6R² too near (Snyder 1987, §20, orthographic): half a millimetre over 5 km, at any
    latitude and across the antimeridian.
    """

    def __init__(self, lat_deg: Floats, lon_deg: Floats) -> None:
        self._lat_deg, self._lon_deg = lat_deg, lon_deg
        lat, lon = np.radians(lat_deg), np.radians(lon_deg)
        self._origins_m = to_geocentric_m(np.column_stack((lat_deg, lon_deg)))
        zero = np.zeros(len(lat))
        east = np.column_stack((-np.sin(lon), np.cos(lon), zero))
        north = np.column_stack((-np.sin(lat) * np.cos(lon), -np.sin(lat) * np.sin(lon), np.cos(lat)))
        offsets = np.sum(self._origins_m * east, axis=1), np.sum(self._origins_m * north, axis=1)
        # What a projection needs of a frame lies together in memory: that east has no part along the Earth's axis saves a column.
        self._columns = np.column_stack((east[:, :2], offsets[0], north, offsets[1]))

    def project(self, points_m: Floats, frames: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Geocentric points, shape (n, 3), each in a frame: metres east and north, shape (n,)."""
        x, y, z = points_m.T
        east_x, east_y, east_offset, north_x, north_y, north_z, north_offset = self._columns.take(frames, axis=0).T
        return x * east_x + y * east_y - east_offset, x * north_x + y * north_y + z * north_z - north_offset

    def project_far(self, lat_deg: Floats, lon_deg: Floats, frames: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Positions at any distance, by geodesics from the frames' origins (azimuthal equidistant, exact from there)."""
        azimuth, _, distance_m = wgs84().inv(self._lon_deg[frames], self._lat_deg[frames], lon_deg, lat_deg)
        angle = np.radians(azimuth)
        return distance_m * np.sin(angle), distance_m * np.cos(angle)

    def measure(self, points_m: Floats, frames: NDArray[np.int64]) -> Floats:
        """Straight distances of geocentric points from the origins of frames, shape (n,)."""
        apart_m = points_m - self._origins_m[frames]
        return np.asarray(np.sqrt(np.einsum("ij,ij->i", apart_m, apart_m)))


def to_geocentric_m(positions: Sequence[tuple[float, float]] | Floats) -> Floats:
    """Return rows of lat_deg, lon_deg on the ellipsoid as metres from the Earth's centre, shape (n, 3).

    Straight distances between them are geodesic ones to a millimetre over a kilometre, also at the poles and the antimeridian.
    """
    lat, lon = np.radians(np.asarray(positions, dtype=np.float64).reshape(-1, 2)).T
    ellipsoid = wgs84()
    normal_m = ellipsoid.a / np.sqrt(1.0 - ellipsoid.es * np.sin(lat) ** 2)
    x, y = normal_m * np.cos(lat) * np.cos(lon), normal_m * np.cos(lat) * np.sin(lon)
    return np.column_stack((x, y, normal_m * (1.0 - ellipsoid.es) * np.sin(lat)))


def bounds_around(lat_deg: float, lon_deg: float, radius_m: float) -> list[tuple[float, float, float, float]]:
    """Return one or two lon/lat boxes (west, south, east, north) that hold every point within `radius_m`.

    Two where the circle crosses the antimeridian; the whole circle of longitudes where it reaches a pole.
    """
    # One per cent of slack covers the ellipsoid's deviation from the sphere of METRES_PER_DEGREE.
    reach_deg = radius_m * 1.01 / METRES_PER_DEGREE
    south, north = max(-90.0, lat_deg - reach_deg), min(90.0, lat_deg + reach_deg)
    if north >= 90.0 or south <= -90.0:
        return [(-180.0, south, 180.0, north)]
    sine = math.sin(math.radians(reach_deg)) / math.cos(math.radians(lat_deg))
    if sine >= 1.0:
        return [(-180.0, south, 180.0, north)]
    half = math.degrees(math.asin(sine))
    west, east = lon_deg - half, lon_deg + half
    if west < -180.0:
        return [(-180.0, south, east, north), (west + 360.0, south, 180.0, north)]
    if east > 180.0:
        return [(west, south, 180.0, north), (-180.0, south, east - 360.0, north)]
    return [(west, south, east, north)]


def boxes_around(lat_deg: Floats, lon_deg: Floats, radius_m: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """The boxes of `bounds_around` for many positions, shape (m, 4), and the number of the position that each is of."""
    reach_deg = radius_m * 1.01 / METRES_PER_DEGREE
    south, north = np.maximum(-90.0, lat_deg - reach_deg), np.minimum(90.0, lat_deg + reach_deg)
    sine = np.sin(np.radians(np.minimum(reach_deg, 90.0))) / np.maximum(np.cos(np.radians(lat_deg)), 1e-12)
    width_deg = np.degrees(np.arcsin(np.minimum(sine, 1.0)))
    west, east = lon_deg - width_deg, lon_deg + width_deg
    is_plain = (south > -90.0) & (north < 90.0) & (sine < 1.0) & (west >= -180.0) & (east <= 180.0)
    plain = np.flatnonzero(is_plain)
    boxes, owners = [np.column_stack((west, south, east, north))[plain]], [plain]
    for index in np.flatnonzero(~is_plain).tolist():
        found = bounds_around(float(lat_deg[index]), float(lon_deg[index]), float(radius_m[index]))
        boxes.append(np.array(found))
        owners.append(np.full(len(found), index))
    return np.concatenate(boxes), np.concatenate(owners)


def tile_at(lat_deg: float, lon_deg: float, zoom: int) -> tuple[int, int]:
    """Column and row, from the north, of the web map tile that holds a position (OGC 17-083r4, WebMercatorQuad)."""
    lat = math.radians(max(-85.05, min(85.05, lat_deg)))
    count = 2**zoom
    row = (1.0 - math.asinh(math.tan(lat)) / math.pi) / 2.0 * count
    return min(count - 1, int((wrap_lon_deg(lon_deg) + 180.0) / 360.0 * count)), min(count - 1, int(row))


def centre(geometry: BaseGeometry) -> tuple[float, float]:
    """A point on the geometry as lat_deg, lon_deg."""
    point = shapely.point_on_surface(geometry)
    return float(point.y), float(point.x)


def point(lat_deg: float, lon_deg: float) -> BaseGeometry:
    """A WGS 84 point geometry in the axis order of GeoJSON."""
    return shapely.Point(lon_deg, lat_deg)


def points(lat_deg: Sequence[float], lon_deg: Sequence[float]) -> NDArray[np.object_]:
    """As many WGS 84 point geometries, made at once."""
    return np.asarray(shapely.points(np.asarray(lon_deg, float), np.asarray(lat_deg, float)), dtype=object)


def geodesic_area_m2(geometry: BaseGeometry) -> float:
    """The area of a WGS 84 polygon or multipolygon on the ellipsoid."""
    area, _ = wgs84().geometry_area_perimeter(shapely.orient_polygons(geometry))
    return abs(float(area))


def bearing_span(geometry_m: BaseGeometry) -> tuple[float, float] | None:
    """Return centre bearing and width in degrees of a local-metres geometry seen from the origin; `None` if around it."""
    if geometry_m.is_empty or shapely.contains_xy(shapely.convex_hull(geometry_m), 0.0, 0.0):
        return None
    coords = shapely.get_coordinates(geometry_m)
    bearings = np.degrees(np.arctan2(coords[:, 0], coords[:, 1]))
    return _span(bearings.tolist())


def _span(bearings_deg: Sequence[float]) -> tuple[float, float]:
    first = bearings_deg[0]
    turns = [difference_deg(bearing, first) for bearing in bearings_deg]
    low, high = min(turns), max(turns)
    return wrap_angle_deg(first + (low + high) / 2), high - low
