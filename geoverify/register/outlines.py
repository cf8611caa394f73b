"""Outlines of many sites as plain segments in metres: how far points lie from them, and which lie inside, millions at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geoverify import geo
from geoverify.geo import Floats

Rows = NDArray[np.int64]
Flags = NDArray[np.bool_]
Reals = NDArray[np.floating[Any]]
# Up to here the plane that touches the ellipsoid at a site gives distances to 5 mm (d³ / 6R²); beyond, geodesics are solved.
FLAT_REACH_M = 10_000.0
# Of a segment: its start, its run, 1 / length², and the y of its end, which is that of its start where it bounds no area.
COLUMNS = 6
# Points that are measured together, times their segments, and segments that are drawn from the tables together: what is worked on
# fits into the processor's cache.
BLOCK_SEGMENTS, BLOCK_PAIRS = 1 << 16, 1 << 16
# An outline of more segments than these, and than points to be measured, is measured against all of them at once.
MANY_SEGMENTS = 64


class Outlines:
    """The footprints of some sites, each in metres east and north of its first vertex."""

    def __init__(self, footprints: NDArray[np.object_]) -> None:
        coords, owners = shapely.get_coordinates(footprints, return_index=True)
        # A vertex, not the centre: that of a ring drawn across the antimeridian would lie on the other side of the Earth.
        firsts = np.searchsorted(owners, np.arange(len(footprints)))
        self.origins = coords[firsts]
        self.frames = geo.LocalFrames(self.origins[:, 1], self.origins[:, 0])
        points_m = geo.to_geocentric_m(coords[:, ::-1])
        flat_m = np.column_stack(self.frames.project(points_m, owners))
        self.radii_m = np.zeros(len(footprints))
        """From the first vertex to the farthest one."""
        np.maximum.at(self.radii_m, owners, self.frames.measure(points_m, owners))
        far = np.flatnonzero(self.radii_m[owners] > FLAT_REACH_M)
        if far.size:
            flat_m[far] = np.column_stack(self.frames.project_far(coords[far, 1], coords[far, 0], owners[far]))
        self.shapes: NDArray[np.object_] = shapely.set_coordinates(footprints.copy(), flat_m) if len(footprints) else footprints
        self.bounds_m = shapely.bounds(self.shapes).reshape(-1, 4)
        segments, owners = find_segments(self.shapes)
        counts = np.bincount(owners, minlength=len(footprints))
        # Sites of as many segments lie together, so that theirs are a table.
        order = np.argsort(counts[owners], kind="stable")
        self._segments = segments[order]
        self._short_segments = self._segments.astype(np.float32)
        self._counts = counts
        sites = np.argsort(counts, kind="stable")
        self._starts = np.empty(len(footprints), dtype=np.int64)
        self._starts[sites] = np.cumsum(counts[sites]) - counts[sites]
        present, at = np.unique(counts[sites], return_index=True)
        self._firsts = dict(zip(present.tolist(), self._starts[sites[at]].tolist(), strict=True))

    def draw_discs(self, sites: Rows, radius_m: Floats) -> NDArray[np.object_]:
        """The shapes of sites with all that lies within some metres of them."""
        return np.asarray(shapely.buffer(self.shapes[sites], radius_m, quad_segs=16))

    def project(self, lat_deg: Floats, lon_deg: Floats, sites: Rows) -> tuple[Floats, Floats]:
        """Positions in metres east and north, each in the frame of a site; shape (n,) all."""
        points_m = geo.to_geocentric_m(np.column_stack((lat_deg, lon_deg)))
        east_m, north_m = self.frames.project(points_m, sites)
        far = np.flatnonzero(self.frames.measure(points_m, sites) + self.radii_m[sites] > FLAT_REACH_M)
        if far.size:
            east_m[far], north_m[far] = self.frames.project_far(lat_deg[far], lon_deg[far], sites[far])
        return east_m, north_m

    def measure(self, sites: Rows, x_m: Floats, y_m: Floats) -> Floats:
        """Distances from points in the frames of sites, 0 inside; shape (n,)."""
        squared_m2, _ = self._measure(sites, x_m[np.newaxis], y_m[np.newaxis], self._segments, inside=False)
        distance_m: Floats = np.sqrt(squared_m2[0])
        # No point farther from the first vertex than all others is inside.
        near = np.flatnonzero(np.hypot(x_m, y_m) <= self.radii_m[sites])
        _, is_inside = self._measure(sites[near], x_m[np.newaxis, near], y_m[np.newaxis, near], self._segments, inside=True)
        distance_m[near[is_inside[0]]] = 0.0
        return distance_m

    def measure_edges(self, sites: Rows, x_m: Floats, y_m: Floats, *, signed: bool) -> NDArray[np.float32]:
        """Distances from the edges of points, shape (k, n), those of a column in the frame of its site; below 0 inside if signed.

        In single precision, which is millimetres over kilometres and takes half of the time.
        """
        squared_m2, is_inside = self._measure(
            sites, x_m.astype(np.float32), y_m.astype(np.float32), self._short_segments, inside=signed
        )
        distance_m = np.sqrt(squared_m2, dtype=np.float32)
        return np.negative(distance_m, out=distance_m, where=is_inside)

    def visit_segments(self, sites: Rows) -> Iterator[tuple[Rows, Floats]]:
        """Some sites at a time that have as many segments: their rows, and the segments' columns, shape (rows, segments, 6)."""
        for count, rows in self._group(sites, BLOCK_PAIRS):
            chosen = self._starts[sites[rows]][:, np.newaxis] + np.arange(count)
            yield rows, self._segments[chosen]

    def _group(self, sites: Rows, block: int) -> Iterator[tuple[int, Rows]]:
        """Numbers of segments, and rows with sites of so many, as many rows as have a block of segments."""
        counts = self._counts[sites]
        # Small numbers are sorted by their digits; the few others do not matter.
        order = np.argsort(np.minimum(counts, 65535).astype(np.uint16), kind="stable")
        present = np.unique(counts)
        bounds = np.searchsorted(counts[order], [*present.tolist(), np.iinfo(np.int64).max])
        for count, first, last in zip(present.tolist(), bounds, bounds[1:], strict=False):
            step = max(1, block // count)
            for start in range(int(first), int(last), step):
                yield count, order[start : min(start + step, int(last))]

    def _measure(self, sites: Rows, x_m: Reals, y_m: Reals, segments: Reals, *, inside: bool) -> tuple[Reals, Flags]:
        squared_m2, is_inside = np.empty_like(x_m), np.zeros(x_m.shape, dtype=bool)
        for count, rows in self._group(sites, BLOCK_SEGMENTS // len(x_m)):
            if count > MANY_SEGMENTS and count > len(x_m) * len(rows):
                for row in rows.tolist():
                    columns = segments[self._starts[sites[row]] :][:count].T
                    x, y = x_m[:, [row]], y_m[:, [row]]
                    squared_m2[:, row] = np.min(_measure_segment(columns, x, y), axis=1)
                    is_inside[:, row] = np.count_nonzero(_does_cross(columns, x, y), axis=1) % 2 == 1
                continue
            x, y = x_m[:, rows], y_m[:, rows]
            # Of each row's site, the columns of its segments one after the other.
            starts, first = self._starts[sites[rows]], self._firsts[count]
            table = segments[first : first + (len(segments) - first) // count * count].reshape(-1, count * COLUMNS)
            columns = np.ascontiguousarray(table.take((starts - first) // count, axis=0).T)
            squared_m2[:, rows] = _find_nearest(columns, x, y)
            if inside:
                is_inside[:, rows] = _is_inside(columns, x, y)
        return squared_m2, is_inside


def _find_nearest(columns: Reals, x_m: Reals, y_m: Reals) -> Reals:
    """The squared distance from the nearest of some segments, whose columns follow each other."""
    nearest_m2 = _measure_segment(columns[:COLUMNS], x_m, y_m)
    for start in range(COLUMNS, len(columns), COLUMNS):
        np.minimum(nearest_m2, _measure_segment(columns[start : start + COLUMNS], x_m, y_m), out=nearest_m2)
    return nearest_m2


def _is_inside(columns: Reals, x_m: Reals, y_m: Reals) -> Flags:
    """Whether a ray to the east crosses an odd number of the segments."""
    is_odd = _does_cross(columns[:COLUMNS], x_m, y_m)
    for start in range(COLUMNS, len(columns), COLUMNS):
        is_odd ^= _does_cross(columns[start : start + COLUMNS], x_m, y_m)
    return is_odd


def _measure_segment(segment: Reals, x_m: Reals, y_m: Reals) -> Reals:
    start_x_m, start_y_m, run_x_m, run_y_m, per_m2, _ = segment
    x: Reals = x_m - start_x_m
    y: Reals = y_m - start_y_m
    along: Reals = x * run_x_m
    along += y * run_y_m
    along *= per_m2
    np.maximum(along, 0.0, out=along)
    np.minimum(along, 1.0, out=along)
    x -= along * run_x_m
    along *= run_y_m
    y -= along
    x *= x
    y *= y
    x += y
    return x


def _does_cross(segment: Reals, x_m: Reals, y_m: Reals) -> Flags:
    start_x_m, start_y_m, run_x_m, run_y_m, _, end_y_m = segment
    spans = (start_y_m > y_m) != (end_y_m > y_m)
    # The crossing lies to the east where the point is on the left of a segment that runs up, on the right of one that runs down.
    turn = run_x_m * (y_m - start_y_m)
    turn -= run_y_m * (x_m - start_x_m)
    is_east: Flags = (turn > 0.0) == (end_y_m > start_y_m)
    is_east &= spans
    return is_east


def find_segments(shapes: NDArray[np.object_]) -> tuple[Floats, Rows]:
    """The segments of shapes, shape (n, 6), and the number of the shape of each; a point is one of no length."""
    parts, owners = _find_parts(shapes)
    is_area = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    # Outer rings run against the clock, holes with it: inside is to the left.
    rings, members = shapely.get_rings(shapely.orient_polygons(parts[is_area]), return_index=True)
    lines = np.concatenate((rings, parts[~is_area]))
    line_owners = np.concatenate((owners[is_area][members], owners[~is_area]))
    coords, line = shapely.get_coordinates(lines, return_index=True)
    goes_on = np.append(line[1:] == line[:-1], False)
    is_alone = np.bincount(line, minlength=len(lines))[line] == 1
    starts = np.flatnonzero(goes_on | is_alone)
    ends = np.where(goes_on[starts], starts + 1, starts)
    run = coords[ends] - coords[starts]
    length_m2 = np.sum(run**2, axis=1)
    per_m2 = np.divide(1.0, length_m2, out=np.zeros(len(run)), where=length_m2 > 0.0)
    end_y = np.where(line[starts] < len(rings), coords[ends, 1], coords[starts, 1])
    segments = np.column_stack((coords[starts], run, per_m2, end_y))
    order = np.argsort(line_owners[line[starts]], kind="stable")
    return segments[order], line_owners[line[starts]][order]


def _find_parts(shapes: NDArray[np.object_]) -> tuple[NDArray[np.object_], Rows]:
    """Points, lines and polygons, and the numbers of the shapes that they are of."""
    is_many = shapely.get_type_id(shapes) >= shapely.GeometryType.MULTIPOINT
    single, many = np.flatnonzero(~is_many), np.flatnonzero(is_many)
    parts, owners = shapely.get_parts(shapes[many], return_index=True)
    # A collection can hold others.
    parts, members = shapely.get_parts(parts, return_index=True)
    return np.concatenate((shapes[single], parts)), np.concatenate((single, many[owners[members]]))
