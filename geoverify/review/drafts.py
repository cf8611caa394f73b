"""What analysts draw on the map, as a draft of a new edition of the register: the register itself stays as it is."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from pathlib import Path
from typing import Any

from msgspec import Struct

from geoverify.case.decisions import View
from geoverify.errors import UsageError
from geoverify.register.checks import check_document
from geoverify.register.document import parse_document, read_bounded
from geoverify.register.remarks import Level
from geoverify.register.writing import format_register, write_register
from geoverify.text import escape_controls

DRAFT_SUFFIX = ".draft.geojson"
VIEWS = "review_views"
MIN_CORNERS, MAX_CORNERS = 3, 500
MIN_ERROR_M, MAX_ERROR_M = 1.0, 5000.0


class Drawing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A footprint drawn for a site: its corners as (longitude, latitude) in degrees, and how well it is known."""

    by: str
    site: str
    corners: tuple[tuple[float, float], ...]
    boundary_error_m: float
    note: str = ""


class Sighting(Struct, frozen=True, kw_only=True):
    """A view that an analyst marked for some footage of a site."""

    by: str
    site: str
    sha256: str | None
    view: View


def draft_path(case_file: Path, register: Path) -> Path:
    """Where the draft of a register's next edition lies: beside the case, so that a shipped register is never written to."""
    return case_file.parent / (register.stem + DRAFT_SUFFIX)


def draw_footprint(case_file: Path, register: Path, drawing: Drawing, now: dt.datetime) -> tuple[Path, str]:
    """Put a footprint into the draft; returns its path and SHA-256, and raises `UsageError` for what is no footprint."""
    if not MIN_CORNERS <= len(drawing.corners) <= MAX_CORNERS:
        raise UsageError(f"a footprint has {MIN_CORNERS} to {MAX_CORNERS} corners, this one has {len(drawing.corners)}")
    if not MIN_ERROR_M <= drawing.boundary_error_m <= MAX_ERROR_M:
        raise UsageError(f"how well the outline is known must be {MIN_ERROR_M:g} to {MAX_ERROR_M:g} m")
    document = _open_draft(case_file, register, now)
    feature = _find_site(document, drawing.site)
    ring = [[round(lon_deg, 7), round(lat_deg, 7)] for lon_deg, lat_deg in drawing.corners]
    if _turns_clockwise(ring):
        # RFC 7946, 3.1.6: outer rings run against the clock.
        ring.reverse()
    feature["geometry"] = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    properties = feature["properties"]
    properties["footprint_kind"] = "digitised"
    properties["boundary_error_m"] = drawing.boundary_error_m
    citation = f"drawn by {drawing.by} in review on {now.date().isoformat()}" + (f": {drawing.note}" if drawing.note else "")
    properties.setdefault("sources", []).append({"citation": citation, "precision_m": drawing.boundary_error_m})
    return _save_draft(case_file, register, document)


def note_view(case_file: Path, register: Path, sighting: Sighting, now: dt.datetime) -> tuple[Path, str]:
    """Put a view into the draft, among the site's attributes; returns as `draw_footprint` does."""
    document = _open_draft(case_file, register, now)
    properties = _find_site(document, sighting.site)["properties"]
    views = properties.setdefault("attributes", {}).setdefault(VIEWS, [])
    view = sighting.view
    views.append(
        {
            "lat_deg": view.lat_deg,
            "lon_deg": view.lon_deg,
            "heading_deg": view.heading_deg,
            "by": sighting.by,
            "on": now.date().isoformat(),
            "footage_sha256": sighting.sha256 or "",
        }
    )
    return _save_draft(case_file, register, document)


def _open_draft(case_file: Path, register: Path, now: dt.datetime) -> dict[str, Any]:
    draft = draft_path(case_file, register)
    if draft.exists():
        existing: dict[str, Any] = json.loads(read_bounded(draft))
        return existing
    data = read_bounded(register)
    document: dict[str, Any] = json.loads(data.removeprefix(b"\xef\xbb\xbf"))
    base = f"edition {document.get('edition', '')} (sha256 {hashlib.sha256(data).hexdigest()})"
    document["edition"] = f"{document.get('edition', '')} draft"
    document["date"] = now.date().isoformat()
    document["notes"] = f"Draft made in review from {base}; to be checked before it is used. {document.get('notes', '')}".strip()
    return document


def _find_site(document: dict[str, Any], code: str) -> dict[str, Any]:
    features: list[dict[str, Any]] = document["features"]
    for feature in features:
        if feature["properties"]["code"] == code:
            return feature
    raise UsageError(f"{escape_controls(code)}: no site of this register has this code")


def _save_draft(case_file: Path, register: Path, document: dict[str, Any]) -> tuple[Path, str]:
    path = draft_path(case_file, register)
    data = format_register(document)
    faults = [remark for remark in check_document(parse_document(data, str(path))) if remark.level is Level.ERROR]
    if faults:
        raise UsageError(f"{faults[0].record}: {faults[0].message}; {faults[0].fix}")
    write_register(data, path, overwrite=True)
    return path, hashlib.sha256(data).hexdigest()


def _turns_clockwise(ring: list[list[float]]) -> bool:
    area = sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], ring[0]], strict=True))
    return area < 0
