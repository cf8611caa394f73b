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

Indices = NDArray[np.int64]
# Up to here the plane that touches the ellipsoid at a site gives distances to 5 mm (d³ / 6R²); beyond, geodesics are solved.
FLAT_REACH_M = 10_000.0
# Positions that are looked up together: enough to spread the cost of a call, few enough that their pairs stay small.
CHUNK_POSITIONS = 20_000
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
        self._tree = shapely.STRtree(_index_shapes(self._footprints, self._discs_m))
        coords, owners = shapely.get_coordinates(self._footprints, return_index=True)
        firsts = np.searchsorted(owners, np.arange(len(sites)))
        self._frames = geo.LocalFrames(coords[firsts, 1], coords[firsts, 0])
        flat_m, _ = self._frames.project(geo.to_geocentric_m(coords[:, ::-1]), owners)
        self._flat = shapely.set_coordinates(self._footprints.copy(), flat_m) if len(sites) else self._footprints
        self._radii_m = np.zeros(len(sites))
        np.maximum.at(self._radii_m, owners, np.hypot(flat_m[:, 0], flat_m[:, 1]))
        self._origins = coords[firsts]

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
        at, site = self._tree.query(_draw(boxes))
        at = owners[at]
        if len(boxes) > len(lat_deg):
            # A position at the antimeridian has two boxes, and a site can lie in both.
            at, site = np.unique(np.column_stack((at, site)), axis=0).T
        # Most positions of the world lie near no site.
        is_hit = np.zeros(len(lat_deg), dtype=bool)
        is_hit[at] = True
        points_m = np.empty((len(lat_deg), 3))
        points_m[is_hit] = geo.to_geocentric_m(np.column_stack((lat_deg[is_hit], lon_deg[is_hit])))
        flat_m, straight_m = self._frames.project(points_m[at], site)
        # Foreshortening makes a far site look nearer, never farther: nothing within reach is lost here.
        away_m = np.hypot(flat_m[:, 0], flat_m[:, 1])
        may_be = away_m - self._radii_m[site] - self._discs_m[site] <= reach_m[at]
        is_flat = straight_m + self._radii_m[site] <= FLAT_REACH_M
        distance_m = np.full(len(at), np.inf)
        chosen = np.flatnonzero(may_be & is_flat)
        distance_m[chosen] = shapely.distance(self._flat[site[chosen]], shapely.points(flat_m[chosen]))
        for index in np.flatnonzero(may_be & ~is_flat).tolist():
            position = at[index]
            distance_m[index] = geo.measure_to(self._footprints[site[index]], float(lat_deg[position]), float(lon_deg[position]))
        distance_m = np.maximum(0.0, distance_m - self._discs_m[site])
        kept = np.flatnonzero(distance_m <= reach_m[at])
        kept = kept[np.lexsort((site[kept], at[kept]))]
        return Pairs(at[kept] + start, site[kept], distance_m[kept])

    def _rank(self, near: Indices, lat_deg: float, lon_deg: float, count: int) -> list[tuple[int, float]]:
        """The nearest of some sites; only those are measured whose extent leaves open that they are among them."""
        origins_m = geo.measure_all(lat_deg, lon_deg, self._origins[near, 1], self._origins[near, 0])
        # A flat radius is foreshortened, by 1 % for an outline of 1,500 km.
        slack_m = self._radii_m[near] * 1.01 + self._discs_m[near]
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
