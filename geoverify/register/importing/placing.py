"""Rows to places: coordinates from columns where a format has no geometry, one coordinate system, one form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
import shapely
from msgspec import Raw
from pyproj import Transformer
from pyproj.exceptions import ProjError
from shapely.errors import GEOSException

from geoverify.errors import RegisterError, UsageError
from geoverify.register.document import GeometryRecord
from geoverify.register.geometry import SHAPE_TYPES, parse_geometries, to_geojson, to_geojsons
from geoverify.register.importing.coordinates import parse_angle, parse_pair
from geoverify.register.importing.table import Row, Table

WGS84_EPSG = 4326
_Json = dict[str, Any]


def place_rows(table: Table, columns: Mapping[str, str], epsg: int | None, notes: list[str], shown: str) -> list[Row]:
    """Return the rows with GeoJSON geometries in WGS 84; one that cannot be placed has a fault, and its columns stay."""
    if not table.has_geometry and not _has_place(columns):
        raise RegisterError(
            f"{shown}: no columns of latitude and longitude, and none of WKT; "
            "name them: --map lat=COLUMN,lon=COLUMN or --map wkt=COLUMN"
        )
    # A file's own statement counts more than the user's fallback.
    system = WGS84_EPSG if table.is_wgs84 else table.epsg or epsg or WGS84_EPSG
    transformer = None
    if system != WGS84_EPSG:
        transformer = make_transformer(system)
        notes.append(f"reprojected from EPSG:{system} to WGS 84")
    placed = [row if table.has_geometry else _place_row(row, columns) for row in table.rows]
    return _settle(placed, transformer)


def make_transformer(epsg: int) -> Transformer:
    """A transformation from an EPSG code's system to WGS 84, x before y; raises `UsageError` for an unknown code."""
    try:
        return Transformer.from_crs(epsg, WGS84_EPSG, always_xy=True)
    except ProjError as error:
        raise UsageError(f"EPSG:{epsg}: no such coordinate system; look it up, UTM zone 48N is EPSG:32648") from error


def _has_place(columns: Mapping[str, str]) -> bool:
    return "wkt" in columns or "position" in columns or {"lat", "lon"} <= set(columns)


def _place_row(row: Row, columns: Mapping[str, str]) -> Row:
    cells = {target: str(row.attributes.get(columns.get(target, ""), "")) for target in ("wkt", "lat", "lon", "position")}
    try:
        if cells["wkt"]:
            geometry = parse_wkt(cells["wkt"])
        elif cells["lat"] and cells["lon"]:
            geometry = _point(parse_angle(cells["lat"], "NS"), parse_angle(cells["lon"], "EW"))
        elif cells["position"]:
            geometry = _point(*parse_pair(cells["position"]))
        else:
            return row._replace(fault="no coordinates")
    except ValueError as error:
        return row._replace(fault=str(error))
    used = {columns[target] for target in ("wkt", "lat", "lon", "position") if target in columns}
    attributes = {key: value for key, value in row.attributes.items() if key not in used}
    return row._replace(geometry=geometry, attributes=attributes)


def parse_wkt(text: str) -> _Json:
    """Return a GeoJSON geometry of WKT (OGC 06-103r4) or of PostGIS' EWKT in WGS 84; raises `ValueError`."""
    body = text.strip()
    if body.upper().startswith("SRID="):
        head, _, body = body.partition(";")
        if head.upper() != f"SRID={WGS84_EPSG}":
            raise ValueError(f"{head[:20]} is not WGS 84; export it in EPSG:{WGS84_EPSG}")
    # Collections nest, and the parser in C++ overflows its stack on deep ones.
    if not body.lstrip().upper().startswith(tuple(kind.upper() for kind in SHAPE_TYPES)):
        raise ValueError(f"{text[:40]!r} is not the WKT of a point or polygon")
    try:
        geometry = shapely.from_wkt(body)
    except GEOSException as error:
        raise ValueError(f"{text[:40]!r} is not WKT ({str(error)[:80]})") from error
    if not np.isfinite(shapely.get_coordinates(geometry)).all():
        raise ValueError(f"{text[:40]!r} has coordinates that are not numbers")
    return to_geojson(geometry)


def _point(lat_deg: float, lon_deg: float) -> _Json:
    return {"type": "Point", "coordinates": [lon_deg, lat_deg]}


def _settle(rows: list[Row], transformer: Transformer | None) -> list[Row]:
    """Bring all shapes that can be read into WGS 84 and into one form; those that cannot stay as they are, for the checks."""
    shapes = parse_geometries([_as_record(row.geometry) for row in rows])
    shapes[shapely.is_empty(shapes)] = None
    single = (shapely.get_type_id(shapes) == shapely.GeometryType.MULTIPOINT) & (shapely.get_num_geometries(shapes) == 1)
    shapes[single] = shapely.get_geometry(shapes[single], 0)
    if transformer is not None:
        shapes = shapely.transform(shapes, lambda coords: np.column_stack(transformer.transform(coords[:, 0], coords[:, 1])))
    coords, owners = shapely.get_coordinates(shapes, return_index=True)
    lost = set(owners[~np.isfinite(coords).all(axis=1)].tolist())
    shapes[list(lost)] = None
    plain = to_geojsons(shapes)
    settled: list[Row] = []
    for index, (row, geometry) in enumerate(zip(rows, plain, strict=True)):
        if index in lost:
            row = row._replace(geometry=None, fault="its coordinates are no place in its coordinate system")
        elif geometry is not None:
            row = row._replace(geometry=geometry)
        elif row.geometry is not None and transformer is not None:
            row = row._replace(geometry=None, fault="its geometry cannot be read, so it was not reprojected")
        settled.append(row)
    return settled


def _as_record(geometry: _Json | None) -> GeometryRecord | None:
    if geometry is None or not isinstance(geometry.get("type"), str):
        return None
    return GeometryRecord(type=geometry["type"], coordinates=Raw(msgspec.json.encode(geometry.get("coordinates"))))
