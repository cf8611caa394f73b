"""Which site a position lies in, and the one position that stands for a site."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geoverify import geo
from geoverify.places import FootprintKind, ReferenceSite

PUBLIC = "public"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A site as one position and the radius that holds all of it."""

    code: str
    lat_deg: float
    lon_deg: float
    radius_m: float


class Footprints:
    """An index over the public sites; a position in no other site is told, not even roughly."""

    def __init__(self, sites: Sequence[ReferenceSite]) -> None:
        self._sites = [site for site in sites if site.sensitivity == PUBLIC]
        self._spots = [_stand_for(site) for site in self._sites]
        shapes: list[BaseGeometry] = []
        self._owners: list[int] = []
        for number, site in enumerate(self._sites):
            if site.footprint_kind is FootprintKind.POINT:
                spot = self._spots[number]
                boxes = geo.bounds_around(spot.lat_deg, spot.lon_deg, spot.radius_m)
                shapes += [shapely.box(*box) for box in boxes]
            else:
                shapes.append(site.footprint)
            self._owners += [number] * (len(shapes) - len(self._owners))
        self._tree = shapely.STRtree(shapes)

    def find(self, lat_deg: float, lon_deg: float) -> Spot | None:
        """The spot of the site in which a position lies: the nearest one where discs overlap, `None` outside every one."""
        lon_deg = geo.wrap_lon_deg(lon_deg)
        found = self._tree.query(shapely.Point(lon_deg, lat_deg), predicate="intersects")
        inside = []
        for number in np.asarray(self._owners, dtype=int)[found].tolist():
            spot = self._spots[number]
            distance_m, _ = geo.measure(lat_deg, lon_deg, spot.lat_deg, spot.lon_deg)
            if self._sites[number].footprint_kind is not FootprintKind.POINT or distance_m <= spot.radius_m:
                inside.append((distance_m, spot.code, spot))
        return min(inside)[2] if inside else None


def _stand_for(site: ReferenceSite) -> Spot:
    lat_deg, lon_deg = geo.centre(site.footprint)
    corners = shapely.get_coordinates(site.footprint).tolist()
    reach_m = max(geo.measure(lat_deg, lon_deg, corner[1], corner[0])[0] for corner in corners)
    return Spot(code=site.code, lat_deg=lat_deg, lon_deg=lon_deg, radius_m=round(reach_m + site.boundary_error_m, 1))
