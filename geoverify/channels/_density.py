"""How densely cameras, passers-by and a district's footage lie around fixes, for many fixes and footprints at once.

Around each fix stands a cloud of equally likely true positions; a density is what the cloud meets of a fall-off around the
footprint. Arrays hold one fix and one footprint a row, so that one file's candidates and a million positions share the formula.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Self

import numpy as np
import shapely
from numpy.typing import NDArray

from geoverify import geo
from geoverify.channels._fix import ErrorCloud
from geoverify.geo import Floats
from geoverify.location import SIGMAS_PER_68_PERCENT_RADIUS
from geoverify.places import FootprintKind, ReferenceSite
from geoverify.settings import Settings

Shapes = NDArray[np.object_]
Rows = NDArray[np.int64]
# Beyond this many of its scales a fall-off holds 2 % of its mass.
REACH_SCALES = 6.0
# Farther from a footprint than this many of its sigmas an error puts less than e^-72 of its density there.
FAR_SIGMAS = 12.0
# Rows that are weighed together: their clouds are points of GEOS, of some hundred bytes each.
CHUNK_ROWS, CHUNK_GRIDS = 2000, 200


class Footprints(NamedTuple):
    """What the densities need of some sites, shape (n,): WGS 84 shapes, which of them are points, and how far off they may be."""

    shapes: Shapes
    is_point: NDArray[np.bool_]
    boundary_m: Floats

    @classmethod
    def of(cls, sites: Sequence[ReferenceSite]) -> Self:
        """Gather them from sites."""
        return cls(
            shapes=np.array([site.footprint for site in sites], dtype=object),
            is_point=np.array([site.footprint_kind is FootprintKind.POINT for site in sites], dtype=bool),
            boundary_m=np.array([site.boundary_error_m for site in sites], dtype=np.float64),
        )

    def take(self, rows: Rows) -> Footprints:
        """Those of some rows, which may repeat."""
        return Footprints(self.shapes[rows], self.is_point[rows], self.boundary_m[rows])


class Densities(NamedTuple):
    """Densities per m² of fixes, shape (n,): of footage of a site, shot beside it, shot in its district."""

    of_site: Floats
    beside_site: Floats
    in_district: Floats


def weigh_rows(footprints: Footprints, lat_deg: Floats, lon_deg: Floats, radius_m: Floats, settings: Settings) -> Densities:
    """The densities of fixes with their 68 % radii, each about the footprint of its row; all arrays of shape (n,)."""
    parts = [
        _weigh_chunk(footprints.take(rows), lat_deg[rows], lon_deg[rows], radius_m[rows], settings)
        for start in range(0, len(lat_deg), CHUNK_ROWS)
        for rows in (np.arange(start, min(start + CHUNK_ROWS, len(lat_deg))),)
    ]
    nothing = Densities(np.empty(0), np.empty(0), np.empty(0))
    return Densities(*(np.concatenate(column) for column in zip(nothing, *parts, strict=True)))


def _weigh_chunk(footprints: Footprints, lat_deg: Floats, lon_deg: Floats, radius_m: Floats, settings: Settings) -> Densities:
    shapes, nearest_m = geo.project_each(footprints.shapes, lat_deg, lon_deg)
    # A local projection tears what lies near the antipode, and nothing of a density is left there.
    near = np.flatnonzero(nearest_m <= geo.PROJECTION_REACH_M)
    found = Densities(*(np.zeros(len(lat_deg)) for _ in Densities._fields))
    if near.size:
        blur = _Blur.around(shapes[near], footprints.take(near), radius_m[near], settings)
        inside = blur.inside()
        shares = (settings.inside_share, 0.0, None)
        scales_m = (settings.outside_scale_m, settings.surroundings_scale_m, settings.neighbourhood_scale_m)
        for column, share, scale_m in zip(found, shares, scales_m, strict=True):
            column[near] = blur.mix(inside, share, scale_m)
    return found


class _Blur(NamedTuple):
    """Footprints in metres around their fixes, and what the errors of those meet of them."""

    shapes: Shapes
    sigma_m: Floats
    cloud_m: Floats
    """Distances of the true positions to the footprint, shape (n, rings × spokes), 0 inside."""
    area_m2: Floats
    bounds_m: Floats
    away_m: Floats
    """From the fix to the footprint."""
    cells: int

    @classmethod
    def around(cls, shapes: Shapes, footprints: Footprints, radius_m: Floats, settings: Settings) -> _Blur:
        area_m2 = shapely.area(shapes)
        is_disc = footprints.is_point | (area_m2 == 0.0)
        shapes[is_disc] = shapely.buffer(shapes[is_disc], np.maximum(footprints.boundary_m[is_disc], 1.0), quad_segs=16)
        boundary_m = np.where(footprints.is_point, 0.0, footprints.boundary_m)
        sigma_m = np.hypot(radius_m, boundary_m) / SIGMAS_PER_68_PERCENT_RADIUS
        cloud = ErrorCloud.around_fix(1.0, rings=settings.error_rings, spokes=settings.error_spokes).points
        points = shapely.points(cloud[np.newaxis] * sigma_m[:, np.newaxis, np.newaxis])
        return cls(
            shapes=shapes,
            sigma_m=sigma_m,
            cloud_m=np.asarray(shapely.distance(shapes[:, np.newaxis], points)),
            area_m2=shapely.area(shapes),
            bounds_m=shapely.bounds(shapes).reshape(-1, 4),
            away_m=np.asarray(shapely.distance(shapes, shapely.Point(0.0, 0.0))),
            cells=settings.error_cells,
        )

    def mix(self, inside: Floats, share: float | None, scale_m: float) -> Floats:
        """A density of which a share lies evenly in the footprint and the rest falls off by e for every `scale_m` outside it.

        Without a share it is the same inside the footprint as at its edge. The rest is normalised by P·λ + 2π·λ², the integral
        over the outside of a convex shape of perimeter P (Steiner's formula for parallel bodies).
        """
        outside_m2 = self._outside_m2(scale_m)
        shares = self.area_m2 / (self.area_m2 + outside_m2) if share is None else np.full(len(self.shapes), share)
        return shares * inside + (1.0 - shares) * self._blur_outside(outside_m2, scale_m)

    def inside(self) -> Floats:
        """The density at the fix of cameras that are spread evenly over the footprint.

        Where the error is wider than a cell of a grid over the footprint, few points of the cloud fall there, and it is summed
        over the grid instead.
        """
        found: Floats = np.mean(self.cloud_m == 0.0, axis=1) / self.area_m2
        wide = self._find_wide(0.0, 0.0)
        found[wide] = 0.0
        for rows, x, y in self._cells(wide, 0.0):
            is_within = shapely.contains_xy(self.shapes[rows, np.newaxis], x, y)
            counts = np.count_nonzero(is_within, axis=1)
            total = np.sum(np.where(is_within, self._density_at(rows, x, y), 0.0), axis=1)
            found[rows] = np.where(counts > 0, total / np.maximum(counts, 1), 0.0)
        return found

    def _blur_outside(self, outside_m2: Floats, scale_m: float) -> Floats:
        fallen = np.where(self.cloud_m > 0.0, np.exp(-self.cloud_m / scale_m), 0.0)
        found: Floats = np.mean(fallen, axis=1) / outside_m2
        margin_m = REACH_SCALES * scale_m
        wide = self._find_wide(margin_m, scale_m / 2.0)
        found[wide] = 0.0
        for rows, x, y in self._cells(wide, margin_m):
            distance_m = np.asarray(shapely.distance(self.shapes[rows, np.newaxis], shapely.points(x, y)))
            weight = np.where(distance_m > 0.0, np.exp(-distance_m / scale_m), 0.0)
            found[rows] = np.sum(weight * self._density_at(rows, x, y), axis=1) / np.sum(weight, axis=1)
        return found

    def _outside_m2(self, scale_m: float) -> Floats:
        parts, owners = shapely.get_parts(self.shapes, return_index=True)
        lengths_m = shapely.length(shapely.get_exterior_ring(parts))
        perimeter_m = np.bincount(owners, weights=lengths_m, minlength=len(self.shapes))
        counts = np.bincount(owners, minlength=len(self.shapes))
        return np.asarray(perimeter_m * scale_m + 2.0 * math.pi * counts * scale_m**2)

    def _find_wide(self, margin_m: float, least_m: float) -> Rows:
        """Rows whose errors are wider than a cell of the grid over the footprint's box and a margin, and than `least_m`."""
        west, south, east, north = self.bounds_m.T
        step_m = (np.maximum(east - west, north - south) + 2.0 * margin_m) / self.cells
        return np.flatnonzero(self.sigma_m >= np.maximum(step_m, least_m))

    def _cells(self, rows: Rows, margin_m: float) -> Iterator[tuple[Rows, Floats, Floats]]:
        """Some rows at a time with the centres of their grids' cells, without those too far off for any density to be left."""
        near = rows[self.away_m[rows] <= FAR_SIGMAS * self.sigma_m[rows] + 2.0 * margin_m]
        steps = (np.arange(self.cells) + 0.5) / self.cells
        for start in range(0, len(near), CHUNK_GRIDS):
            chosen = near[start : start + CHUNK_GRIDS]
            west, south, east, north = self.bounds_m[chosen].T[:, :, np.newaxis]
            x = west - margin_m + (east - west + 2.0 * margin_m) * steps
            y = south - margin_m + (north - south + 2.0 * margin_m) * steps
            yield chosen, np.tile(x, self.cells), np.repeat(y, self.cells, axis=1)

    def _density_at(self, rows: Rows, x_m: Floats, y_m: Floats) -> Floats:
        """The density per m² of the error of some rows at points."""
        variance_m2 = (self.sigma_m[rows] ** 2)[:, np.newaxis]
        return np.asarray(np.exp(-(x_m**2 + y_m**2) / (2.0 * variance_m2)) / (2.0 * math.pi * variance_m2))
