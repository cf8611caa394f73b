"""Fixes and footprints in one local frame of metres: what the position and heading channels share."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geoverify import geo
from geoverify.geo import Floats
from geoverify.model import Position
from geoverify.places import FootprintKind, ReferenceSite

# Beyond this many of its scales a fall-off holds 2 % of its mass.
REACH_SCALES = 6.0


def project_footprint(site: ReferenceSite, lat_deg: float, lon_deg: float) -> BaseGeometry:
    """Project a site's footprint to metres around a place; a point becomes the disc of its uncertainty."""
    shape = geo.project_locally(site.footprint, lat_deg, lon_deg)
    if site.footprint_kind is FootprintKind.POINT or shape.area == 0.0:
        return shapely.buffer(shape, max(site.boundary_error_m, 1.0), quad_segs=16)
    return shape


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorCloud:
    """Equally likely true positions around a fix at the origin, of a circular normal error of `sigma_m` per axis."""

    sigma_m: float
    points: Floats

    @classmethod
    def around_fix(cls, sigma_m: float, rings: int, spokes: int) -> ErrorCloud:
        """A cloud of rings × spokes points, shape (rings × spokes, 2), each of the same probability."""
        share = (np.arange(rings) + 0.5) / rings
        radius = sigma_m * np.sqrt(-2.0 * np.log1p(-share))
        turn = 2.0 * math.pi * (np.arange(spokes)[None, :] + (np.arange(rings)[:, None] % 2) / 2.0) / spokes
        points = np.column_stack(((radius[:, None] * np.sin(turn)).ravel(), (radius[:, None] * np.cos(turn)).ravel()))
        return cls(sigma_m=sigma_m, points=points)

    def density_at(self, x_m: Floats, y_m: Floats) -> Floats:
        """The error's density per m² at points."""
        variance_m2 = self.sigma_m**2
        return np.exp(-(x_m**2 + y_m**2) / (2.0 * variance_m2)) / (2.0 * math.pi * variance_m2)


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraDensity:
    """Where cameras stand, per m²: a share spread evenly over a footprint, the rest falling off outside it.

    Outside, the density falls by e for every `scale_m`; it is normalised by P·λ + 2π·λ², the integral over the outside of a
    convex shape of perimeter P (Steiner's formula for parallel bodies).
    """

    footprint_m: BaseGeometry
    inside_share: float
    scale_m: float
    outside_m2: float

    @classmethod
    def shared(cls, footprint_m: BaseGeometry, inside_share: float, scale_m: float) -> CameraDensity:
        """A density with a given share of its mass inside the footprint."""
        return cls(footprint_m=footprint_m, inside_share=inside_share, scale_m=scale_m, outside_m2=_outside(footprint_m, scale_m))

    @classmethod
    def level(cls, footprint_m: BaseGeometry, scale_m: float) -> CameraDensity:
        """A density that is the same inside the footprint as at its edge: that of the district around it."""
        outside_m2 = _outside(footprint_m, scale_m)
        inside_share = footprint_m.area / (footprint_m.area + outside_m2)
        return cls(footprint_m=footprint_m, inside_share=inside_share, scale_m=scale_m, outside_m2=outside_m2)

    def blur(self, cloud: ErrorCloud, cloud_distance_m: Floats, cells: int) -> float:
        """The density at the origin after the error of `cloud`, whose points lie `cloud_distance_m` from the footprint.

        Where the error is wide beside the footprint, or beside its fall-off, few points of the cloud fall there, and that part is
        summed over a grid of `cells` × `cells` instead.
        """
        inside = outside = 0.0
        if self.inside_share > 0.0:
            inside = self._blur_inside(cloud, cloud_distance_m, cells) * self.inside_share
        if self.inside_share < 1.0:
            outside = self._blur_outside(cloud, cloud_distance_m, cells) * (1.0 - self.inside_share)
        return inside + outside

    def _blur_inside(self, cloud: ErrorCloud, cloud_distance_m: Floats, cells: int) -> float:
        x, y, step_m = _grid(self.footprint_m, 0.0, cells)
        if cloud.sigma_m < step_m:
            return float(np.mean(cloud_distance_m == 0.0)) / self.footprint_m.area
        within = shapely.contains_xy(self.footprint_m, x, y)
        return float(np.mean(cloud.density_at(x[within], y[within]))) if within.any() else 0.0

    def _blur_outside(self, cloud: ErrorCloud, cloud_distance_m: Floats, cells: int) -> float:
        x, y, step_m = _grid(self.footprint_m, REACH_SCALES * self.scale_m, cells)
        if cloud.sigma_m < max(step_m, self.scale_m / 2.0):
            return (
                float(np.mean(np.where(cloud_distance_m > 0.0, np.exp(-cloud_distance_m / self.scale_m), 0.0))) / self.outside_m2
            )
        distance_m = np.asarray(shapely.distance(self.footprint_m, shapely.points(x, y)))
        weight = np.where(distance_m > 0.0, np.exp(-distance_m / self.scale_m), 0.0)
        return float(np.sum(weight * cloud.density_at(x, y)) / np.sum(weight))


def _outside(footprint_m: BaseGeometry, scale_m: float) -> float:
    parts = shapely.get_parts(footprint_m)
    perimeter_m = float(sum(shapely.length(shapely.get_exterior_ring(part)) for part in parts))
    return perimeter_m * scale_m + 2.0 * math.pi * len(parts) * scale_m**2


def _grid(footprint_m: BaseGeometry, margin_m: float, cells: int) -> tuple[Floats, Floats, float]:
    """Cell centres over a footprint's box and a margin, and the longer side of a cell."""
    west, south, east, north = footprint_m.bounds
    across_m, along_m = east - west + 2.0 * margin_m, north - south + 2.0 * margin_m
    steps = (np.arange(cells) + 0.5) / cells
    x, y = np.meshgrid(west - margin_m + across_m * steps, south - margin_m + along_m * steps)
    return x.ravel(), y.ravel(), max(across_m, along_m) / cells


def distances_to(site: ReferenceSite, positions: list[Position]) -> Floats:
    """Distances in metres from each position to a site's footprint, 0 inside, in one projection around the site."""
    # A vertex, not the centre: that of a ring drawn across the antimeridian would lie on the other side of the Earth.
    lon_deg, lat_deg = shapely.get_coordinates(site.footprint)[0]
    footprint_m = project_footprint(site, float(lat_deg), float(lon_deg))
    coords = [(position.lon_deg, position.lat_deg) for position in positions]
    points_m = geo.project_locally(shapely.MultiPoint(coords), float(lat_deg), float(lon_deg))
    return np.asarray(shapely.distance(footprint_m, shapely.points(shapely.get_coordinates(points_m))))
