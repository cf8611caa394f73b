"""GeoJSON geometries ⇄ shapely, many at once, and how far apart two footprints lie."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

import msgspec
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geoverify import geo
from geoverify.register.document import GeometryRecord

# A compound has tens of corners and a coarse border thousands; what has more makes every later step slow.
MAX_VERTICES = 100_000
POINT_TYPES = ("Point",)
OUTLINE_TYPES = ("Polygon", "MultiPolygon")
SHAPE_TYPES = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon")
# A closed ring repeats its first corner (RFC 7946, 3.1.6).
_FEWEST_CORNERS = 4
_Rings = list[list[tuple[float, float]]]
_RINGS = msgspec.json.Decoder(_Rings)
# Rounding to 1e-7° (11 mm at the equator) is finer than any footprint is known.
COORDINATE_DECIMALS = 7


def parse_geometries(records: Sequence[GeometryRecord | None]) -> NDArray[np.object_]:
    """Return one shapely geometry (WGS 84, two-dimensional) for each record, shape (n,); `None` where there is none to parse."""
    rings = [_read_rings(record) for record in records]
    plain = [index for index, found in enumerate(rings) if found is not None]
    shapes = np.full(len(records), None, dtype=object)
    shapes[plain] = _draw_polygons([found for found in rings if found is not None])
    # What is no plain outline goes to the parser of GEOS, which takes three times as long.
    rest = [index for index, found in enumerate(rings) if found is None]
    texts = np.array([_as_text(records[index]) for index in rest], dtype=object)
    # Numbers that overflow raise a floating-point flag in GEOS, which numpy would print as a warning.
    with np.errstate(all="ignore"):
        shapes[rest] = shapely.force_2d(shapely.from_geojson(texts, on_invalid="ignore"))
    return shapes


def _read_rings(record: GeometryRecord | None) -> _Rings | None:
    """The rings of a polygon of two-dimensional positions, all of them closed; `None` for whatever else there is."""
    if record is None or record.type != "Polygon":
        return None
    try:
        rings = _RINGS.decode(record.coordinates)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    is_plain = rings and all(len(ring) >= _FEWEST_CORNERS and ring[0] == ring[-1] for ring in rings)
    return rings if is_plain else None


def _draw_polygons(polygons: Sequence[_Rings]) -> NDArray[np.object_]:
    rings = list(chain.from_iterable(polygons))
    numbers = chain.from_iterable(chain.from_iterable(rings))
    coords = np.fromiter(numbers, dtype=np.float64).reshape(-1, 2)
    ring_ends = np.cumsum([0, *map(len, rings)])
    polygon_ends = np.cumsum([0, *map(len, polygons)])
    return np.asarray(shapely.from_ragged_array(shapely.GeometryType.POLYGON, coords, (ring_ends, polygon_ends)), dtype=object)


def parse_geometry(record: GeometryRecord | None) -> BaseGeometry | None:
    """Return one record's geometry; `None` where it cannot be parsed."""
    geometry: BaseGeometry | None = parse_geometries([record])[0]
    return geometry


def explain_fault(record: GeometryRecord | None) -> str:
    """Say why a record has no usable geometry."""
    text = _as_text(record)
    if record is None or text is None:
        return "no geometry" if record is None else f"geometry of type {record.type!r}"
    try:
        with np.errstate(all="ignore"):
            shapely.from_geojson(text)
    except shapely.errors.GEOSException as error:
        message = str(error).split(": ", 1)[-1]
        return "a ring is not closed" if "closed" in message else message.removesuffix(".").replace("\n", " ")[:200]
    return "no coordinates"


def _as_text(record: GeometryRecord | None) -> str | None:
    if record is None or record.type not in SHAPE_TYPES:
        return None
    # Only type and coordinates go on: whatever else stands in the object is not for the parser in C++.
    return f'{{"type":"{record.type}","coordinates":{bytes(record.coordinates).decode("utf-8", "replace")}}}'


def to_geojson(geometry: BaseGeometry) -> dict[str, Any]:
    """Return a GeoJSON geometry with rings by the right-hand rule (RFC 7946, 3.1.6), rounded to `COORDINATE_DECIMALS`."""
    (plain,) = to_geojsons(np.array([geometry], dtype=object))
    if plain is None:
        raise ValueError("no geometry")
    return plain


def to_geojsons(geometries: NDArray[np.object_]) -> list[dict[str, Any] | None]:
    """The same for many, shape (n,); `None` stays `None`."""
    rounded = shapely.transform(shapely.orient_polygons(shapely.force_2d(geometries)), _round)
    return [None if text is None else msgspec.json.decode(text) for text in np.atleast_1d(shapely.to_geojson(rounded))]


def _round(coords: NDArray[np.float64]) -> NDArray[np.float64]:
    # Numbers that are no degrees at all may be too large to be rounded; the checks name them.
    with np.errstate(over="ignore", invalid="ignore"):
        rounded = np.round(coords, COORDINATE_DECIMALS)
    return np.where(np.isfinite(rounded), rounded, coords)


def distance_m(first: BaseGeometry, second: BaseGeometry) -> float:
    """Distance in metres between two footprints of at most a few kilometres; 0 where they touch or overlap."""
    lat_deg, lon_deg = geo.centre(first)
    first_m, second_m = (geo.project_locally(shape, lat_deg, lon_deg) for shape in (first, second))
    return float(shapely.distance(first_m, second_m))
