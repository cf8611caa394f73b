"""The frozen types of a register of reference sites; no I/O, and no geometry library at run time."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from geoverify.model import Digest

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry


class FootprintKind(StrEnum):
    """How a footprint came to be."""

    SURVEYED = "surveyed"
    DIGITISED = "digitised"
    POINT = "point"


class RegisterInfo(Struct, frozen=True, kw_only=True):
    """Which edition of which register a report was matched against."""

    title: str
    edition: str
    digest: Digest
    site_count: int
    licence: str = ""
    path: str = ""


class SiteName(Struct, frozen=True, kw_only=True, gc=False):
    """A name of a site; `script` is an ISO 15924 code, `lang` a BCP 47 tag."""

    text: str
    lang: str | None = None
    script: str | None = None
    kind: str = "official"


class StatusPeriod(Struct, frozen=True, kw_only=True, gc=False):
    """A status and the days between which a source gives it; the texts say no more than the source does (2025, 2025-03)."""

    status: str
    from_date: dt.date | None = None
    to_date: dt.date | None = None
    source: str | None = None
    from_text: str = ""
    to_text: str = ""

    def covers(self, day: dt.date) -> bool:
        """Whether the source says it of that day; what has no end on a side is open there."""
        return (self.from_date is None or self.from_date <= day) and (self.to_date is None or day <= self.to_date)


class NamedPart(Struct, frozen=True, kw_only=True, gc=False):
    """A named part of a site (entrance, gate, wall, building, landmark) with its own WGS 84 geometry."""

    name: str
    kind: str
    geometry: BaseGeometry


class SiteSource(Struct, frozen=True, kw_only=True, gc=False):
    """Where a record comes from, and how precise that source says it is."""

    citation: str
    url: str | None = None
    precision_m: float | None = None


class Intervention(Struct, frozen=True, kw_only=True, gc=False):
    """What a state did about a site, and the days between which it happened as far as the source says."""

    kind: str
    from_date: dt.date | None = None
    to_date: dt.date | None = None
    source: str | None = None
    from_text: str = ""
    to_text: str = ""


class ReferenceSite(Struct, frozen=True, kw_only=True, gc=False):
    """One place of a register; a point footprint stands for a disc of `boundary_error_m` metres."""

    code: str
    footprint: BaseGeometry
    footprint_kind: FootprintKind
    boundary_error_m: float
    register_title: str
    register_edition: str
    former_codes: tuple[str, ...] = ()
    names: tuple[SiteName, ...] = ()
    status_history: tuple[StatusPeriod, ...] = ()
    parts: tuple[NamedPart, ...] = ()
    interventions: tuple[Intervention, ...] = ()
    relocated_from: tuple[str, ...] = ()
    relocated_to: tuple[str, ...] = ()
    sources: tuple[SiteSource, ...] = ()
    imagery_date: dt.date | None = None
    time_zone: str | None = None
    sensitivity: str = "public"
    fictional: bool = False
    notes: str = ""
    country: str = ""
    locality: str = ""
    # Columns of an imported file that mean nothing to the tool, as (name, text); shown, never weighed.
    attributes: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """The first official name, or else the first name, or else the code."""
        official = [name.text for name in self.names if name.kind == "official"]
        return (official or [name.text for name in self.names] or [self.code])[0]


class Register(Struct, frozen=True, kw_only=True):
    """Reference sites of one or more files; `region` is the merged region of interest, WGS 84."""

    infos: tuple[RegisterInfo, ...]
    sites: tuple[ReferenceSite, ...]
    region: BaseGeometry | None
    # What merging left out or renamed, for people: one sentence each.
    notes: tuple[str, ...] = ()
