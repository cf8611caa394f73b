"""What every format is read into: rows with a GeoJSON geometry and named attributes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

MAX_IMPORT_BYTES = 64 << 20
MAX_ROWS = 1_000_000
MAX_COLUMNS = 1_000
# A list of parts, each with a geometry of polygons of rings of positions, is nine deep.
MAX_NESTING = 12


class Row(NamedTuple):
    """One feature, placemark or line; `fault` says why it has no geometry where one was meant."""

    where: str
    geometry: dict[str, Any] | None
    attributes: dict[str, Any]
    layer: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """All rows of one file; `members` are the file's own statements.

    `epsg` is the system that the coordinates are still in, where the file states one; `is_wgs84` where they need no other.
    """

    rows: list[Row]
    notes: list[str] = field(default_factory=list)
    members: dict[str, Any] = field(default_factory=dict)
    epsg: int | None = None
    is_wgs84: bool = False
    has_geometry: bool = True


def is_shallow(value: Any) -> bool:
    """Whether lists and objects nest at most `MAX_NESTING` deep, so that later steps may recurse."""
    level = [value]
    for _ in range(MAX_NESTING + 1):
        level = [
            item
            for holder in level
            if isinstance(holder, (list, dict))
            for item in (holder.values() if isinstance(holder, dict) else holder)
        ]
        if not level:
            return True
    return False
