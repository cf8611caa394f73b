"""What outputs say of the sites beside the reports."""

from __future__ import annotations

from geoverify import geo
from geoverify.exports._rows import Cell, Column
from geoverify.places import ReferenceSite
from geoverify.text import escape_controls

SITE_COLUMNS = (
    Column("code"),
    Column("name"),
    Column("status"),
    Column("country"),
    Column("locality"),
    Column("footprint_kind"),
    Column("boundary_error_m", float),
    Column("lat_deg", float),
    Column("lon_deg", float),
    Column("register"),
    Column("edition"),
    Column("sources"),
)


def site_cells(site: ReferenceSite) -> tuple[Cell, ...]:
    """One cell for each column of `SITE_COLUMNS`, its text safe to print; the position is one on the footprint."""
    lat_deg, lon_deg = geo.centre(site.footprint)
    cells = (
        site.code,
        site.name,
        site.status_history[-1].status if site.status_history else "",
        site.country,
        site.locality,
        site.footprint_kind.value,
        site.boundary_error_m,
        lat_deg,
        lon_deg,
        site.register_title,
        site.register_edition,
        "; ".join(source.citation for source in site.sources),
    )
    return tuple(escape_controls(cell) if isinstance(cell, str) else cell for cell in cells)
