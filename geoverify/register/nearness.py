"""Which sites lie near positions, and how far: for one fix, for the points of a track, or for a million positions at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from geoverify import geo
from geoverify.geo import Floats
from geoverify.places import FootprintKind, ReferenceSite
from geoverify.register._cells import CellMap
from geoverify.register.outlines import FLAT_REACH_M, Outlines

Indices = NDArray[np.int64]
# Positions that are looked up together: enough to spread the cost of a call, few enough that their pairs stay small.
CHUNK_POSITIONS = 20_000
# Up to here, a box around a position has corners within 1.5 times its reach.
MAX_PLAIN_LAT_DEG = 80.0
# Nearest sites are searched in widening circles, in metres; the last one reaches round the Earth.
SEARCH_RADII_M = (10_000.0, 50_000.0, 500_000.0, 5_000_000.0, 21_000_000.0)


class Pairs(NamedTuple):
    """Positions and sites near them, one pair a row, by the numbers of both; distances as `SiteIndex` measures them."""

    position: Indices
    site: Indices
    distance_m: Floats


class SiteIndex:
    """A spatial index over some sites: distances run to the edge of a footprint or of a point's disc, and are 0 inside."""

    def __init__(self, sites: Sequence[ReferenceSite]) -> None:
        self._footprints = np.array([site.footprint for site in sites], dtype=object)
        # The disc of a point is taken off the distance to the point.
        self._discs_m = np.array(
            [site.boundary_error_m if site.footprint_kind is FootprintKind.POINT else 0.0 for site in sites], dtype=np.float64
        )
        shapes = _index_shapes(self._footprints, self._discs_m)
        self._tree = shapely.STRtree(shapes)
        self._cells = CellMap(shapely.bounds(shapes).reshape(-1, 4))
        self.outlines = Outlines(self._footprints)

    def find_within(self, lat_deg: Floats, lon_deg: Floats, reach_m: Floats) -> Pairs:
        """Every site within reach of each position, by position, then by the order of the sites; arrays of shape (n,)."""
        parts = [
            self._find_chunk(lat_deg[start:end], lon_deg[start:end], reach_m[start:end], start)
            for start in range(0, len(lat_deg), CHUNK_POSITIONS)
            for end in (start + CHUNK_POSITIONS,)
        ]
        nothing = Pairs(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0))
        return Pairs(*(np.concatenate(column) for column in zip(nothing, *parts, strict=True)))

    def find_nearest(self, lat_deg: float, lon_deg: float, count: int) -> list[tuple[int, float]]:
        """The numbers of the nearest sites and their distances, nearest first; all sites where there are no more than `count`."""
        wanted = min(count, len(self._footprints))
        found: list[tuple[int, float]] = []
        for radius_m in SEARCH_RADII_M if wanted else ():
            boxes = [shapely.box(*box) for box in geo.bounds_around(lat_deg, lon_deg, radius_m)]
            near = np.unique(np.concatenate([self._tree.query(box) for box in boxes]))
            if len(near) < wanted:
                continue
            found = self._rank(near, lat_deg, lon_deg, wanted)
            if found[-1][1] <= radius_m:
                break
        return found

    def _find_chunk(self, lat_deg: Floats, lon_deg: Floats, reach_m: Floats, start: int) -> Pairs:
        boxes, owners = geo.boxes_around(lat_deg, lon_deg, reach_m)
        # Most positions of the world lie near no site.
        may_touch = np.flatnonzero(self._cells.may_touch(boxes))
        boxes, owners = boxes[may_touch], owners[may_touch]
        # The tree looks at extents alone, and a diagonal has that of its box.
        at, site = self._tree.query(shapely.linestrings(boxes.reshape(-1, 2, 2)))
        # Numbers that hold both are sorted in a fraction of the time; a position at the antimeridian has two boxes.
        order = np.sort(owners[at] * len(self._footprints) + site)
        at, site = np.divmod(order if len(boxes) <= len(lat_deg) else np.unique(order), max(1, len(self._footprints)))
        is_hit = np.zeros(len(lat_deg), dtype=bool)
        is_hit[at] = True
        points_m = np.empty((len(lat_deg), 3))
        points_m[is_hit] = geo.to_geocentric_m(np.column_stack((lat_deg[is_hit], lon_deg[is_hit])))
        outlines, limit_m = self.outlines, reach_m[at] + self._discs_m[site]
        east_m, north_m = outlines.frames.project(points_m[at], site)
        # Foreshortening makes a far site look nearer, never farther: nothing within reach is lost here.
        may_be = np.flatnonzero(np.hypot(east_m, north_m) <= limit_m + outlines.radii_m[site])
        at, site, limit_m = at[may_be], site[may_be], limit_m[may_be]
        east_m, north_m = east_m[may_be], north_m[may_be]
        is_flat = 1.5 * limit_m + 4.0 * outlines.radii_m[site] <= FLAT_REACH_M
        # Away from the poles nothing is farther than the corner of a box and what the footprint reaches beyond it.
        unsure = np.flatnonzero(~is_flat | (np.abs(lat_deg[at]) > MAX_PLAIN_LAT_DEG))
        if unsure.size:
            straight_m = outlines.frames.measure(points_m[at[unsure]], site[unsure])
            is_flat[unsure] = straight_m + outlines.radii_m[site[unsure]] <= FLAT_REACH_M
        distance_m = np.empty(len(at))
        distance_m[is_flat] = outlines.measure(site[is_flat], east_m[is_flat], north_m[is_flat])
        for index in np.flatnonzero(~is_flat).tolist():
            position = at[index]
            distance_m[index] = geo.measure_to(self._footprints[site[index]], float(lat_deg[position]), float(lon_deg[position]))
        kept = np.flatnonzero(distance_m <= limit_m)
        return Pairs(at[kept] + start, site[kept], np.maximum(0.0, distance_m[kept] - self._discs_m[site[kept]]))

    def _rank(self, near: Indices, lat_deg: float, lon_deg: float, count: int) -> list[tuple[int, float]]:
        """The nearest of some sites; only those are measured whose extent leaves open that they are among them."""
        origins = self.outlines.origins[near]
        origins_m = geo.measure_all(lat_deg, lon_deg, origins[:, 1], origins[:, 0])
        # A radius runs straight through the Earth: the geodesic is less than 1 % longer, for an outline of 1,500 km.
        slack_m = self.outlines.radii_m[near] * 1.01 + self._discs_m[near]
        farthest_m = np.partition(origins_m + slack_m, count - 1)[count - 1]
        open_ones = near[origins_m - slack_m <= farthest_m].tolist()
        measured = [
            (max(0.0, geo.measure_to(self._footprints[index], lat_deg, lon_deg) - float(self._discs_m[index])), index)
            for index in open_ones
        ]
        return [(index, metres) for metres, index in sorted(measured)[:count]]


def _index_shapes(footprints: NDArray[np.object_], discs_m: Floats) -> NDArray[np.object_]:
    """What the tree holds: outlines, boxes around the discs of points, and a band round the Earth for what seems to span it.

    A ring drawn across the antimeridian without the cut of RFC 7946 §3.1.9 does, and would miss there.
    """
    shapes: NDArray[np.object_] = footprints.copy()
    points = np.flatnonzero(discs_m > 0.0)
    centres = shapely.centroid(footprints[points])
    boxes, owners = geo.boxes_around(shapely.get_y(centres), shapely.get_x(centres), discs_m[points])
    drawn = _draw(boxes)
    shapes[points[owners]] = drawn
    # A disc at the antimeridian has two boxes.
    for owner in np.flatnonzero(np.bincount(owners, minlength=len(points)) > 1).tolist():
        shapes[points[owner]] = shapely.GeometryCollection(list(drawn[owners == owner]))
    west, south, east, north = shapely.bounds(shapes).reshape(len(shapes), 4).T
    for index in np.flatnonzero(east - west > 180.0).tolist():
        shapes[index] = shapely.box(-180.0, south[index], 180.0, north[index])
    return shapes


def _draw(boxes: Floats) -> NDArray[np.object_]:
    west, south, east, north = boxes.T
    return np.asarray(shapely.box(west, south, east, north), dtype=object)
