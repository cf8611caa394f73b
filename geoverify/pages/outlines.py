"""Registers as a page needs them: sites by their code for the sketches, outlines and parts as GeoJSON for the map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geoverify.errors import RegisterError
from geoverify.model import Digest
from geoverify.places import ReferenceSite, RegisterInfo
from geoverify.register.geometry import to_geojson
from geoverify.register.load import list_shipped, load_register, resolve_register


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlines:
    """The sites of the registers that were at hand, by code, and the digests of those registers."""

    sites: dict[str, ReferenceSite]
    known: frozenset[Digest]

    def describe(self) -> list[dict[str, Any]]:
        """The sites for the page's map."""
        return [_describe(site) for site in self.sites.values()]


def find_outlines(infos: Sequence[RegisterInfo], given: Sequence[Path]) -> Outlines:
    """Load the registers that reports were made with: the given ones, the shipped ones, or where the report says they lay.

    Only a register of the same bytes counts: the outline of another edition is not what a file was matched against.
    """
    wanted = {info.digest for info in infos}
    sites: dict[str, ReferenceSite] = {}
    known: set[Digest] = set()
    paths = [*given, *map(resolve_register, list_shipped()), *(Path(info.path) for info in infos if info.path)]
    for path in paths:
        if not wanted - known:
            break
        try:
            register = load_register(path)
        except RegisterError:
            # Where a report says that a register lay there may be anything by now; a given one is the caller's to get right.
            if path in given:
                raise
            continue
        if register.infos[0].digest in wanted:
            known.add(register.infos[0].digest)
            sites |= {site.code: site for site in register.sites}
    return Outlines(sites=sites, known=frozenset(known))


def _describe(site: ReferenceSite) -> dict[str, Any]:
    return {
        "code": site.code,
        "name": site.name,
        "kind": site.footprint_kind.value,
        "error_m": site.boundary_error_m,
        "shape": to_geojson(site.footprint),
        "parts": [{"name": part.name, "kind": part.kind, "shape": to_geojson(part.geometry)} for part in site.parts],
    }
