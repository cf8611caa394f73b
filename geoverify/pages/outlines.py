"""Registers as a page needs them: sites by their code for the sketches, outlines and parts as GeoJSON for the map."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from geoverify.places import ReferenceSite, RegisterInfo
from geoverify.register.geometry import to_geojson

# Each is some elements of the page, which a browser is still quick to draw; of 100,000 sites it would be tens of megabytes.
MAX_DRAWN = 3000


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlines:
    """The sites of the registers that were at hand, by code, and the registers that were not."""

    sites: Mapping[str, ReferenceSite]
    missing: tuple[RegisterInfo, ...] = ()

    def describe(self, wanted: Iterable[str]) -> list[dict[str, Any]]:
        """The sites for the page's map: all, or where they are too many to draw the first of those that are `wanted`, by code."""
        if len(self.sites) <= MAX_DRAWN:
            return [_describe(site) for site in self.sites.values()]
        return [_describe(self.sites[code]) for code in islice((code for code in wanted if code in self.sites), MAX_DRAWN)]


def _describe(site: ReferenceSite) -> dict[str, Any]:
    return {
        "code": site.code,
        "name": site.name,
        "kind": site.footprint_kind.value,
        "error_m": site.boundary_error_m,
        "shape": to_geojson(site.footprint),
        "parts": [{"name": part.name, "kind": part.kind, "shape": to_geojson(part.geometry)} for part in site.parts],
    }
