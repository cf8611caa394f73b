"""Registers as a page needs them: sites by their code for the sketches, outlines and parts as GeoJSON for the map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from geoverify.places import ReferenceSite, RegisterInfo
from geoverify.register.geometry import to_geojson


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlines:
    """The sites of the registers that were at hand, by code, and the registers that were not."""

    sites: Mapping[str, ReferenceSite]
    missing: tuple[RegisterInfo, ...] = ()

    def describe(self) -> list[dict[str, Any]]:
        """The sites for the page's map."""
        return [_describe(site) for site in self.sites.values()]


def _describe(site: ReferenceSite) -> dict[str, Any]:
    return {
        "code": site.code,
        "name": site.name,
        "kind": site.footprint_kind.value,
        "error_m": site.boundary_error_m,
        "shape": to_geojson(site.footprint),
        "parts": [{"name": part.name, "kind": part.kind, "shape": to_geojson(part.geometry)} for part in site.parts],
    }
