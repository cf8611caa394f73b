"""How densely cameras, passers-by and a district's footage lie around fixes, for many fixes and footprints at once.

A density falls off around a footprint, and is averaged over the error of the fix: in closed form where the footprint is far,
by quadrature (`_blur`) where it is near; `_point` has what lies around points. Arrays hold one fix and one footprint a row, so
that one file's candidates and a million positions share the formula. docs/decisions/0023 says how exact that is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Self

import numpy as np
import shapely
from numpy.typing import NDArray

from geoverify.channels._blur import REACH_SIGMAS, Blurred, blur_clear, blur_edge, blur_far, blur_grid, find_inside
from geoverify.channels._point import weigh_point
from geoverify.geo import Floats
from geoverify.location import SIGMAS_PER_68_PERCENT_RADIUS
from geoverify.places import FootprintKind, ReferenceSite
from geoverify.register.outlines import Outlines, Rows
from geoverify.settings import Settings

# Beyond this many of its scales nothing is left of a fall-off that shows beside the others.
GONE_SCALES = 25.0
# How far off, in σ²/λ and in the footprint's extent times σ/λ, the bends and kinks of distance count less than 2 %.
STRAIGHT_BENDS, STRAIGHT_EXTENTS = 25.0, 20.0
# An error up to so many scales is summed over a few nodes, a wider one over a grid.
NARROW_SCALES = 0.7
# Errors end so many of their sigmas off.
CLEAR_SIGMAS = 5.0
# Nodes per axis by the kink that an error can meet in a fall-off: three are 0.2 of it off, four 0.1, six 0.06.
ORDERS = ((0.07, 3), (0.25, 4), (math.inf, 6))
# Rows that are weighed together: what they take fits into the processor's cache.
CHUNK_ROWS, CHUNK_NODES, CHUNK_GRIDS = 1 << 15, 1 << 16, 64


class Footprints(NamedTuple):
    """What the densities need of some sites, shape (n,)."""

    outlines: Outlines
    is_point: NDArray[np.bool_]
    boundary_m: Floats
    disc_m: Floats
    """The radius within which the site of a point lies, or of the disc about a line; 0 for an outline."""
    extent_m: Floats
    area_m2: Floats
    perimeter_m: Floats
    part_count: Floats

    @classmethod
    def of(cls, sites: Sequence[ReferenceSite], outlines: Outlines | None = None) -> Self:
        """Gather them from sites, whose outlines may be known already."""
        outlines = outlines or Outlines(np.array([site.footprint for site in sites], dtype=object))
        is_point = np.array([site.footprint_kind is FootprintKind.POINT for site in sites], dtype=bool)
        boundary_m = np.array([site.boundary_error_m for site in sites], dtype=np.float64)
        shapes, area_m2 = outlines.shapes.copy(), shapely.area(outlines.shapes)
        is_disc = is_point | (area_m2 == 0.0)
        disc_m = np.where(is_disc, np.maximum(boundary_m, 1.0), 0.0)
        shapes[is_disc] = outlines.draw_discs(np.flatnonzero(is_disc), disc_m[is_disc])
        parts, owners = shapely.get_parts(shapes, return_index=True)
        lengths_m = shapely.length(shapely.get_exterior_ring(parts))
        return cls(
            outlines=outlines,
            is_point=is_point,
            boundary_m=np.where(is_point, 0.0, boundary_m),
            disc_m=disc_m,
            extent_m=_measure_extents(outlines, is_disc),
            area_m2=np.asarray(shapely.area(shapes)),
            perimeter_m=np.bincount(owners, weights=lengths_m, minlength=len(shapes)).astype(np.float64),
            part_count=np.bincount(owners, minlength=len(shapes)).astype(np.float64),
        )

    def outside_m2(self, scale_m: float) -> Floats:
        """What a fall-off of a scale sums up to outside: P·λ + 2π·λ² about a convex shape of perimeter P (Steiner)."""
        return self.perimeter_m * scale_m + 2.0 * math.pi * scale_m**2 * self.part_count


def _measure_extents(outlines: Outlines, is_disc: NDArray[np.bool_]) -> Floats:
    """How wide each footprint is: between two of its parts, that far from each other at most, distance has a kink."""
    west, south, east, north = outlines.bounds_m.T
    extent_m = np.hypot(east - west, north - south)
    # Distances to lines do not come with their discs taken off: nothing is far from them.
    extent_m[is_disc] = np.inf
    return extent_m


class Densities(NamedTuple):
    """Densities per m² of fixes, shape (n,): of footage of a site, shot beside it, shot in its district."""

    of_site: Floats
    beside_site: Floats
    in_district: Floats


class Fixes(NamedTuple):
    """Fixes with their 68 % radii, each with the number of a site and its distance, 0 inside; shape (n,)."""

    site: Rows
    lat_deg: Floats
    lon_deg: Floats
    radius_m: Floats
    distance_m: Floats

    def take(self, rows: Rows) -> Fixes:
        """Some of them."""
        return Fixes(self.site[rows], self.lat_deg[rows], self.lon_deg[rows], self.radius_m[rows], self.distance_m[rows])


def weigh_rows(footprints: Footprints, fixes: Fixes, settings: Settings) -> Densities:
    """The densities of fixes, each about the footprint of its site."""
    count = len(fixes.site)
    found = Densities(*(np.empty(count) for _ in Densities._fields))
    scales_m = (settings.outside_scale_m, settings.surroundings_scale_m, settings.neighbourhood_scale_m)
    # Per site, not per row.
    per_outside = [1.0 / footprints.outside_m2(scale_m) for scale_m in scales_m]
    per_area = 1.0 / footprints.area_m2
    per_district = 1.0 / (footprints.area_m2 + footprints.outside_m2(scales_m[2]))
    for start in range(0, count, CHUNK_ROWS):
        is_point = footprints.is_point[fixes.site[start : start + CHUNK_ROWS]]
        points, rows = (start + np.flatnonzero(chosen) for chosen in (is_point, ~is_point))
        if points.size:
            weighed = _weigh_points(footprints, fixes.take(points), settings)
            for column, values in zip(found, weighed, strict=True):
                column[points] = values
        some = fixes.take(rows)
        inside, fallen = _blur(footprints, some, scales_m, settings)
        site = some.site
        share = settings.inside_share
        found.of_site[rows] = share * inside * per_area[site] + (1.0 - share) * fallen[0] * per_outside[0][site]
        found.beside_site[rows] = fallen[1] * per_outside[1][site]
        # Level inside and at the edge.
        found.in_district[rows] = (inside + fallen[2]) * per_district[site]
    return found


def _weigh_points(footprints: Footprints, fixes: Fixes, settings: Settings) -> tuple[Floats, Floats, Floats]:
    # Distances to footprints are 0 within a disc, where that to the point counts.
    east_m, north_m = footprints.outlines.project(fixes.lat_deg, fixes.lon_deg, fixes.site)
    sigma_m, radius_m = fixes.radius_m / SIGMAS_PER_68_PERCENT_RADIUS, footprints.disc_m[fixes.site]
    return weigh_point(np.hypot(east_m, north_m), sigma_m, radius_m, settings)


def _blur(footprints: Footprints, fixes: Fixes, scales_m: tuple[float, ...], settings: Settings) -> tuple[Floats, list[Floats]]:
    """The share of each error inside its footprint, and of each scale the mean of e^-(distance / scale) outside."""
    site, away_m = fixes.site, fixes.distance_m
    sigma_m = np.hypot(fixes.radius_m, footprints.boundary_m[site]) * (1.0 / SIGMAS_PER_68_PERCENT_RADIUS)
    extent_m = footprints.extent_m[site]
    inside = np.zeros(len(site))
    is_far = [away_m >= _find_far_m(sigma_m, extent_m, scale_m) for scale_m in scales_m]
    fallen = [np.where(far, blur_far(away_m, sigma_m, scale_m), 0.0) for far, scale_m in zip(is_far, scales_m, strict=True)]
    near = np.flatnonzero(~np.logical_and.reduce(is_far))
    if near.size:
        east_m, north_m = footprints.outlines.project(fixes.lat_deg[near], fixes.lon_deg[near], site[near])
        rows = Blurred(footprints.outlines, site[near], east_m, north_m, sigma_m[near], footprints.disc_m[site[near]])
        signed_m = rows.measure(east_m[np.newaxis], north_m[np.newaxis])[0].astype(np.float64)
        inside[near] = find_inside(rows, signed_m)
        for some, means in _sum_nodes(rows, extent_m[near], signed_m, scales_m):
            at = near[some]
            for column, far, mean in zip(fallen, is_far, means, strict=True):
                column[at] = np.where(far[at], column[at], np.maximum(mean - inside[at], 0.0))
        for column, scale_m, far in zip(fallen, scales_m, is_far, strict=True):
            wide = np.flatnonzero(~far[near] & (rows.sigma_m > NARROW_SCALES * scale_m))
            for start in range(0, len(wide), CHUNK_GRIDS):
                some = wide[start : start + CHUNK_GRIDS]
                at = near[some]
                column[at] = blur_grid(rows.take(some), signed_m[some], inside[at], scale_m, settings.error_cells)
    return inside, fallen


def _find_far_m(sigma_m: Floats, extent_m: Floats, scale_m: float) -> Floats:
    """From where on a footprint is all but straight over an error that ends before it."""
    slope = sigma_m * (1.0 / scale_m)
    bend_m = slope * sigma_m
    straight_m = np.maximum(STRAIGHT_BENDS * bend_m, STRAIGHT_EXTENTS * slope * extent_m)
    return np.maximum(CLEAR_SIGMAS * sigma_m + bend_m, np.minimum(straight_m, GONE_SCALES * scale_m))


def _sum_nodes(
    rows: Blurred, extent_m: Floats, signed_m: Floats, scales_m: tuple[float, ...]
) -> Iterator[tuple[Rows, list[Floats]]]:
    """Some rows at a time with the means of e^-(distance / scale), 1 inside, of each scale."""
    slope = rows.sigma_m / scales_m[0]
    is_clear = signed_m >= CLEAR_SIGMAS * rows.sigma_m
    # How much the fall-off can turn over an error: at an edge by all of its slope, off it by the angle that the footprint fills.
    kink = np.where(is_clear, slope * np.minimum(1.0, 0.5 * extent_m / np.maximum(signed_m, 1.0)), slope)
    is_deep = signed_m <= -REACH_SIGMAS * rows.sigma_m
    least = -math.inf
    for most, order in ORDERS:
        chosen = np.flatnonzero((kink > least) & (kink <= most) & ~is_deep)
        least = most
        step = CHUNK_NODES // order**2
        for group, blur in ((chosen[is_clear[chosen]], blur_clear), (chosen[~is_clear[chosen]], blur_edge)):
            for start in range(0, len(group), step):
                some = group[start : start + step]
                yield some, blur(rows.take(some), scales_m, order)
