"""Checked records as the frozen types that the rest of the program reads."""

from __future__ import annotations

import datetime as dt
import json
from functools import lru_cache
from typing import Any

from msgspec import Struct
from shapely.geometry.base import BaseGeometry

from geoverify.places import FootprintKind, Intervention, NamedPart, ReferenceSite, SiteName, SiteSource, StatusPeriod
from geoverify.register.dates import parse_span
from geoverify.register.document import FileRecord, InterventionRecord, SourceRecord, StatusRecord
from geoverify.register.geometry import to_geojson
from geoverify.register.records import Record

# Asking the enumeration takes ten times as long.
_KINDS = {kind.value: kind for kind in FootprintKind}


def build_site(record: Record, footprint: BaseGeometry, file: FileRecord) -> ReferenceSite:
    """Build one site from a record without errors; the file's time zone holds where the record states none."""
    site = record.site
    return ReferenceSite(
        code=site.code,
        footprint=footprint,
        footprint_kind=_KINDS[site.footprint_kind],
        boundary_error_m=float(site.boundary_error_m or 0.0),
        register_title=file.title,
        register_edition=file.edition,
        former_codes=site.former_codes,
        names=tuple(
            [SiteName(text=name.text, lang=name.lang or None, script=name.script or None, kind=name.kind) for name in site.names]
        ),
        status_history=tuple(map(_build_period, site.status_history)),
        parts=tuple(
            NamedPart(name=part.name, kind=part.kind, geometry=geometry)
            for part, geometry in zip(site.parts, record.parts, strict=True)
            if geometry is not None
        )
        if site.parts
        else (),
        interventions=tuple(map(_build_intervention, site.interventions)),
        relocated_from=site.relocated_from,
        relocated_to=site.relocated_to,
        sources=tuple(map(_build_source, site.sources)),
        imagery_date=_first_day(site.imagery_date),
        time_zone=site.time_zone or file.time_zone or None,
        sensitivity=site.sensitivity,
        fictional=site.fictional,
        notes=site.notes,
        country=site.country,
        locality=site.locality,
        attributes=tuple((name, _as_text(value)) for name, value in site.attributes.items()) if site.attributes else (),
    )


def describe_site(site: ReferenceSite) -> dict[str, Any]:
    """Return a site as JSON can hold it: every member that is set, shapes as GeoJSON, days in ISO 8601."""
    return {name: _describe(getattr(site, name)) for name in _names(site) if getattr(site, name) not in (None, "", ())}


def _describe(value: Any) -> Any:
    if isinstance(value, BaseGeometry):
        return to_geojson(value)
    if isinstance(value, tuple):
        return [_describe(item) for item in value]
    if isinstance(value, Struct):
        return {name: _describe(getattr(value, name)) for name in _names(value)}
    return value.isoformat() if isinstance(value, dt.date) else value


def _names(value: Any) -> list[str]:
    return list(value.__struct_fields__)


# The sites of a register share few sources and periods: one object each is less to build and to hold.
@lru_cache(maxsize=4096)
def _build_period(record: StatusRecord) -> StatusPeriod:
    return StatusPeriod(
        status=record.status,
        from_date=_first_day(record.from_),
        to_date=_last_day(record.to),
        source=record.source or None,
        from_text=record.from_,
        to_text=record.to,
    )


@lru_cache(maxsize=4096)
def _build_intervention(record: InterventionRecord) -> Intervention:
    return Intervention(
        kind=record.kind,
        from_date=_first_day(record.from_),
        to_date=_last_day(record.to),
        source=record.source or None,
        from_text=record.from_,
        to_text=record.to,
    )


@lru_cache(maxsize=4096)
def _build_source(record: SourceRecord) -> SiteSource:
    return SiteSource(citation=record.citation, url=record.url or None, precision_m=record.precision_m)


def _first_day(text: str) -> dt.date | None:
    return parse_span(text)[0] if text else None


def _last_day(text: str) -> dt.date | None:
    return parse_span(text)[1] if text else None


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
