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


def distances_to(site: ReferenceSite, positions: list[Position]) -> Floats:
    """Distances in metres from each position to a site's footprint, 0 inside, in one projection around the site."""
    # A vertex, not the centre: that of a ring drawn across the antimeridian would lie on the other side of the Earth.
    lon_deg, lat_deg = shapely.get_coordinates(site.footprint)[0]
    footprint_m = project_footprint(site, float(lat_deg), float(lon_deg))
    coords = [(position.lon_deg, position.lat_deg) for position in positions]
    points_m = geo.project_locally(shapely.MultiPoint(coords), float(lat_deg), float(lon_deg))
    return np.asarray(shapely.distance(footprint_m, shapely.points(shapely.get_coordinates(points_m))))
