"""Checks of a register's shapes: footprints and named parts, all of a file at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geoverify import geo
from geoverify.places import FootprintKind
from geoverify.register.document import GeometryRecord
from geoverify.register.geometry import MAX_VERTICES, OUTLINE_TYPES, POINT_TYPES, distance_m, explain_fault
from geoverify.register.records import Record
from geoverify.register.remarks import Remark, make_error, make_info, make_warning

# A compound is a few hundred metres across; what is larger is a district, or has a corner that is far off.
LARGE_FOOTPRINT_M = 10_000.0
# A gate or a landmark that belongs to a site stands at most about this far from it.
FAR_PART_M = 1_000.0


class Shape(NamedTuple):
    """One geometry of a record: its footprint (`part` is empty) or a named part."""

    owner: Record
    part: str
    record: GeometryRecord | None

    @property
    def label(self) -> str:
        """The record that it belongs to."""
        return self.owner.label

    @property
    def noun(self) -> str:
        """What to call it in a sentence."""
        return f"the part {self.part!r}" if self.part else "the footprint"


def check_shapes(records: Sequence[Record], region: BaseGeometry | None) -> Iterator[Remark]:
    """Yield the errors in footprints and parts; `region` is the file's region of interest."""
    for record in records:
        yield from _check_kind(record)
    shapes = [shape for record in records for shape in _list_shapes(record)]
    geometries = np.array([geometry for record in records for geometry in (record.footprint, *record.parts)], dtype=object)
    missing = shapely.is_missing(geometries) | shapely.is_empty(geometries)
    large = shapely.get_num_coordinates(geometries) > MAX_VERTICES
    for index in np.flatnonzero(missing | large).tolist():
        yield _describe_unusable(shapes[index], geometries[index])
    usable = np.flatnonzero(~missing & ~large)
    shapes, geometries = [shapes[index] for index in usable.tolist()], geometries[usable]
    placed = np.ones(len(shapes), dtype=bool)
    for index, remark in _check_places(shapes, geometries, region):
        placed[index] = False
        yield remark
    for index in np.flatnonzero(placed & ~shapely.is_valid(geometries)).tolist():
        shape = shapes[index]
        reason = shapely.is_valid_reason(geometries[index])
        fix = "redraw the ring without crossings, or import the file with --fix"
        yield make_error("invalid-ring", shape.label, f"{shape.noun} is not valid: {reason}", fix)


def check_region(record: GeometryRecord | None, region: BaseGeometry | None) -> Iterator[Remark]:
    """Yield an error where the file states a region that cannot be used."""
    if record is None:
        return
    fix = "give a valid GeoJSON Polygon or MultiPolygon in longitude, latitude order"
    if region is None or region.is_empty:
        yield make_error("bad-region", "file", f"the region cannot be used: {explain_fault(record)}", fix)
    elif record.type not in OUTLINE_TYPES:
        yield make_error("bad-region", "file", f"the region is a {record.type}", fix)
    elif shapely.get_num_coordinates(region) > MAX_VERTICES:
        yield make_error("bad-region", "file", f"the region has more than {MAX_VERTICES:,} corners", fix)
    elif not region.is_valid:
        yield make_error("bad-region", "file", f"the region is not valid: {shapely.is_valid_reason(region)}", fix)
    elif not _is_on_earth(shapely.bounds(region)).all():
        yield make_error("bad-region", "file", "the region lies beyond ±180°, ±90°", fix)


def advise_shapes(records: Sequence[Record]) -> Iterator[Remark]:
    """Yield warnings and information on shapes that can be used but may not be meant."""
    usable = [record for record in records if record.footprint is not None and not record.footprint.is_empty]
    for record, size_m, width_deg in zip(usable, *_measure_sizes(usable), strict=True):
        if width_deg > 180.0:
            fix = "split it into two polygons at 180° (RFC 7946, 3.1.9)"
            yield make_warning("crosses-antimeridian", record.label, f"the footprint is {width_deg:.0f}° wide", fix)
        elif size_m > LARGE_FOOTPRINT_M:
            message = f"the footprint is {size_m / 1000.0:.0f} km across, more than any compound"
            yield make_warning(
                "large-footprint", record.label, message, "look for a corner that is far off, or draw the compound only"
            )
    for index in sorted(_find_left_handed([record.footprint for record in usable])):
        message = "the ring does not follow the right-hand rule (RFC 7946, 3.1.6)"
        yield make_info("ring-direction", usable[index].label, message, "nothing is lost; import with --fix turns it round")
    yield from _find_far_parts(usable)


def _check_kind(record: Record) -> Iterator[Remark]:
    found = record.source_geometry.type if record.source_geometry else None
    kind = record.site.footprint_kind
    if kind == FootprintKind.POINT and found is not None and found not in POINT_TYPES:
        fix = "say how the outline was made (surveyed or digitised), or give a Point"
        yield make_error("kind-and-shape", record.label, f"the footprint kind is point, the geometry a {found}", fix)
    elif kind in (FootprintKind.SURVEYED, FootprintKind.DIGITISED) and found is not None and found not in OUTLINE_TYPES:
        fix = "give a Polygon or MultiPolygon, or state the kind point with its boundary_error_m"
        yield make_error("kind-and-shape", record.label, f"the footprint kind is {kind}, the geometry a {found}", fix)


def _list_shapes(record: Record) -> Iterator[Shape]:
    yield Shape(record, "", record.source_geometry)
    for part in record.site.parts:
        yield Shape(record, part.name, part.geometry)


def _describe_unusable(shape: Shape, geometry: BaseGeometry | None) -> Remark:
    if geometry is None and shape.record is not None:
        fix = "close every ring and write positions as [longitude, latitude]; import with --fix closes rings"
        message = f"{shape.noun} cannot be read: {explain_fault(shape.record)}"
        return make_error("unreadable-geometry", shape.label, message, fix)
    if geometry is None or geometry.is_empty:
        fix = "give a Polygon, or a Point with boundary_error_m; leave the site out until its place is known"
        return make_error("empty-geometry", shape.label, f"{shape.noun} is empty: {explain_fault(shape.record)}", fix)
    message = f"{shape.noun} has more than {MAX_VERTICES:,} corners"
    return make_error("too-many-corners", shape.label, message, "simplify the outline; one metre is finer than needed")


def _check_places(
    shapes: Sequence[Shape], geometries: NDArray[np.object_], region: BaseGeometry | None
) -> Iterator[tuple[int, Remark]]:
    bounds = shapely.bounds(geometries).reshape(len(shapes), 4)
    on_earth = _is_on_earth(bounds)
    inside = on_earth.copy()
    if region is not None:
        inside &= _are_inside(geometries, region)
    inside &= (bounds != 0.0).any(axis=1)
    for index in np.flatnonzero(~inside).tolist():
        yield index, _describe_place(shapes[index], geometries[index], bounds[index], bool(on_earth[index]), region)


def _describe_place(
    shape: Shape, geometry: BaseGeometry, bounds: NDArray[np.float64], is_on_earth: bool, region: BaseGeometry | None
) -> Remark:
    west, south, east, north = (float(value) for value in bounds)
    where = f"longitude {west:g} to {east:g}, latitude {south:g} to {north:g}" if west < east else f"{south:g}, {west:g}"
    if not bounds.any():
        return make_error("null-island", shape.label, f"{shape.noun} is at 0, 0", "give its position, or leave the site out")
    swapped = shapely.transform(geometry, lambda coords: coords[:, ::-1])
    could_be_swapped = bool(_is_on_earth(shapely.bounds(swapped)))
    if could_be_swapped and (_are_inside(np.array([swapped]), region)[0] if region is not None else not is_on_earth):
        message = f"{shape.noun} ({where} as latitude, longitude) has latitude and longitude swapped"
        return make_error("swapped-axes", shape.label, message, "write [longitude, latitude]; import with --fix swaps them")
    if not is_on_earth:
        message = f"{shape.noun} lies beyond ±180°, ±90° ({where})"
        return make_error(
            "off-earth", shape.label, message, "give WGS 84 degrees; import the original file, which is reprojected"
        )
    message = f"{shape.noun} ({where}) lies outside the file's region, in whole or in part"
    return make_error("outside-region", shape.label, message, "correct the position, or widen the file's region")


def _are_inside(geometries: NDArray[np.object_], region: BaseGeometry) -> NDArray[np.bool_]:
    # Corner by corner: covers() of a ring that crosses itself may fail.
    coords, owners = shapely.get_coordinates(geometries, return_index=True)
    shapely.prepare(region)
    strays = owners[~shapely.intersects_xy(region, coords)]
    inside = np.ones(len(geometries), dtype=bool)
    inside[strays] = False
    return inside


def _is_on_earth(bounds: NDArray[np.float64]) -> NDArray[np.bool_]:
    west, south, east, north = np.moveaxis(bounds, -1, 0)
    return np.asarray((west >= -180.0) & (east <= 180.0) & (south >= -90.0) & (north <= 90.0))


def _measure_sizes(records: Sequence[Record]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    footprints = np.array([record.footprint for record in records], dtype=object)
    west, south, east, north = shapely.bounds(footprints).reshape(len(records), 4).T
    width_m = (east - west) * np.cos(np.radians((south + north) / 2.0)) * geo.METRES_PER_DEGREE
    return np.hypot(width_m, (north - south) * geo.METRES_PER_DEGREE), east - west


def _find_left_handed(footprints: Sequence[BaseGeometry | None]) -> set[int]:
    shapes = np.array(footprints, dtype=object)
    outlines = np.flatnonzero(np.isin(shapely.get_type_id(shapes), (3, 6)))
    polygons, owners = shapely.get_parts(shapes[outlines], return_index=True)
    rings, polygon_indices = shapely.get_rings(polygons, return_index=True)
    is_exterior = np.diff(polygon_indices, prepend=-1) != 0
    wrong = shapely.is_ccw(rings) != is_exterior
    return set(outlines[owners[polygon_indices[wrong]]].tolist())


def _find_far_parts(records: Sequence[Record]) -> Iterator[Remark]:
    pairs: list[tuple[Record, str, BaseGeometry]] = [
        (record, part.name, shape)
        for record in records
        for part, shape in zip(record.site.parts, record.parts, strict=True)
        if shape is not None
    ]
    footprints = np.array([record.footprint for record, _, _ in pairs], dtype=object)
    reaches_m = np.array([FAR_PART_M + (record.site.boundary_error_m or 0.0) for record, _, _ in pairs])
    bounds = shapely.bounds(footprints).reshape(len(pairs), 4)
    inner = shapely.bounds(np.array([shape for _, _, shape in pairs], dtype=object)).reshape(len(pairs), 4)
    # A small footprint's box, widened by less than the reach, holds nothing that is far off: the rest is measured.
    slack_deg = (0.3 * reaches_m / geo.METRES_PER_DEGREE)[:, np.newaxis]
    outside = (inner[:, :2] < bounds[:, :2] - slack_deg) | (inner[:, 2:] > bounds[:, 2:] + slack_deg)
    wide = bounds[:, 2:] - bounds[:, :2] > slack_deg
    for index in np.flatnonzero(outside.any(axis=1) | wide.any(axis=1)).tolist():
        record, name, shape = pairs[index]
        away_m = distance_m(footprints[index], shape)
        if away_m > reaches_m[index]:
            message = f"the part {name!r} lies {away_m / 1000.0:.1f} km from its site"
            fix = "correct its position, or move it to the site it belongs to"
            yield make_warning("part-far-off", record.label, message, fix)
