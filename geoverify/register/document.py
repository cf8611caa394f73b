"""The register file as it is written: GeoJSON (RFC 7946) with the members, words and limits of docs/register.md."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Raw, Struct, field

from geoverify.errors import RegisterError
from geoverify.model import Digest
from geoverify.text import escape_controls

MAX_REGISTER_BYTES = 256 << 20
MAX_SITES = 1_000_000
STATUSES = ("confirmed", "suspected", "cleared", "closed", "candidate")
FOOTPRINT_KINDS = ("surveyed", "digitised", "point")
NAME_KINDS = ("official", "alias", "brand")
PART_KINDS = ("entrance", "gate", "wall", "building", "landmark")
INTERVENTION_KINDS = (
    "not_investigated",
    "investigated_no_action",
    "intervention_abuse_continued",
    "intervention_abuse_ended",
    "unknown",
)
SENSITIVITIES = ("public", "restricted", "confidential")


class GeometryRecord(Struct, frozen=True, kw_only=True, gc=False):
    """A GeoJSON geometry; the coordinates stay text until all of a file are parsed at once."""

    type: str
    coordinates: Raw = Raw(b"null")


class NameRecord(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A member of `names`."""

    text: str
    lang: str = ""
    script: str = ""
    kind: str = "official"


class StatusRecord(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A member of `status_history`."""

    status: str
    from_: str = field(name="from", default="")
    to: str = ""
    source: str = ""


class PartRecord(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A member of `parts`."""

    name: str
    kind: str
    geometry: GeometryRecord


class InterventionRecord(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A member of `interventions`."""

    kind: str
    from_: str = field(name="from", default="")
    to: str = ""
    source: str = ""


class SourceRecord(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A member of `sources`."""

    citation: str
    url: str = ""
    precision_m: float | None = None


class SiteRecord(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """The `properties` of one site."""

    code: str = ""
    former_codes: tuple[str, ...] = ()
    names: tuple[NameRecord, ...] = ()
    country: str = ""
    locality: str = ""
    status_history: tuple[StatusRecord, ...] = ()
    footprint_kind: str = ""
    boundary_error_m: float | None = None
    imagery_date: str = ""
    parts: tuple[PartRecord, ...] = ()
    interventions: tuple[InterventionRecord, ...] = ()
    relocated_from: tuple[str, ...] = ()
    relocated_to: tuple[str, ...] = ()
    sources: tuple[SourceRecord, ...] = ()
    time_zone: str = ""
    # Where a file does not say who may see a record, it is not for the public.
    sensitivity: str = "restricted"
    fictional: bool = False
    notes: str = ""
    attributes: dict[str, Any] = field(default_factory=dict)


class FeatureRecord(Struct, frozen=True, kw_only=True, gc=False):
    """One feature of the file."""

    type: str = ""
    geometry: GeometryRecord | None = None
    properties: SiteRecord = SiteRecord()


class FileRecord(Struct, frozen=True, kw_only=True):
    """The file's own members; `features` stay text, so that one that cannot be read does not hide the others."""

    type: str = ""
    title: str = ""
    edition: str = ""
    date: str = ""
    licence: str = ""
    compiled_by: str = ""
    source: str = ""
    notes: str = ""
    time_zone: str = ""
    region: GeometryRecord | None = None
    features: tuple[Raw, ...] = ()


class Document(Struct, frozen=True, kw_only=True):
    """A register file that is a GeoJSON FeatureCollection; nothing else of it is checked yet."""

    path: str
    digest: Digest
    file: FileRecord
    member_names: tuple[str, ...] = ()


def read_document(path: Path) -> Document:
    """Read a register file of at most `MAX_REGISTER_BYTES`; raises `RegisterError` for what is no FeatureCollection."""
    return parse_document(read_bounded(path), str(path))


def read_bounded(path: Path) -> bytes:
    """Return all bytes of a regular file of at most `MAX_REGISTER_BYTES`; raises `RegisterError`."""
    shown = escape_controls(str(path))
    try:
        # Opening a named pipe would wait for its writer for ever.
        fd = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(fd, "rb") as file:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                raise RegisterError(f"{shown}: not a regular file; give a register file")
            data = file.read(MAX_REGISTER_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise RegisterError(f"{shown}: cannot be read ({reason}); check the name and that you may read it") from error
    if len(data) > MAX_REGISTER_BYTES:
        raise RegisterError(f"{shown}: larger than {MAX_REGISTER_BYTES >> 20} MiB; split the register by region")
    return data


def parse_document(data: bytes, path: str) -> Document:
    """Parse the bytes of a register file; raises `RegisterError` naming `path`."""
    shown = escape_controls(path)
    body = data.removeprefix(b"\xef\xbb\xbf")
    if not body.lstrip().startswith(b"{"):
        raise RegisterError(f"{shown}: not a GeoJSON register; turn it into one with: geoverify sites import FILE -o OUT.geojson")
    try:
        file = msgspec.json.decode(body, type=FileRecord)
        member_names = tuple(msgspec.json.decode(body, type=dict[str, Raw]))
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise RegisterError(f"{shown}: not a register ({error}); docs/register.md shows the form") from error
    except RecursionError as error:
        raise RegisterError(f"{shown}: nested deeper than any register; it is damaged or made to harm") from error
    if file.type != "FeatureCollection":
        raise RegisterError(f"{shown}: a register is a GeoJSON FeatureCollection, this is {file.type or 'something else'!r}")
    if len(file.features) > MAX_SITES:
        raise RegisterError(f"{shown}: more than {MAX_SITES:,} sites; split the register by region")
    digest = Digest(algorithm="sha256", hex=hashlib.sha256(data).hexdigest())
    return Document(path=path, digest=digest, file=file, member_names=member_names)
