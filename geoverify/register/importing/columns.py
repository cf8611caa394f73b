"""From a table's columns to a record's members: named with `--map`, or known by their usual names; the rest is kept as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from geoverify.errors import RegisterError, UsageError
from geoverify.register.document import STATUSES, SiteRecord
from geoverify.text import escape_controls

# Usual names of columns in lower case with underscores, the likeliest first.
USUAL_NAMES: dict[str, tuple[str, ...]] = {
    "code": ("code", "site_code", "site_id", "id", "ref", "no"),
    "former_codes": ("former_codes", "former_code", "old_code", "old_id", "previous_code"),
    "name": ("name", "site_name", "title", "label", "placename"),
    "aliases": ("aliases", "alias", "other_names", "alt_name", "alt_names", "aka", "also_known_as"),
    "brands": ("brands", "brand"),
    "relocated_from": ("relocated_from", "moved_from"),
    "relocated_to": ("relocated_to", "moved_to"),
    "country": ("country", "country_name"),
    "locality": ("locality", "city", "town", "municipality", "district"),
    "status": ("status", "site_status"),
    "status_from": ("status_from", "status_since"),
    "footprint_kind": ("footprint_kind",),
    "boundary_error_m": ("boundary_error_m", "uncertainty_m", "error_m", "coordinateuncertaintyinmeters"),
    "imagery_date": ("imagery_date", "image_date"),
    "source": ("source", "sources", "citation"),
    "source_url": ("source_url", "url", "link", "website"),
    "time_zone": ("time_zone", "timezone", "tz"),
    "sensitivity": ("sensitivity",),
    "notes": ("notes", "note", "description", "desc", "comments", "comment", "remarks"),
    "lat": ("lat", "latitude", "lat_deg", "lat_dd", "y", "northing", "ycoord", "y_coord", "point_y"),
    "lon": ("lon", "lng", "long", "longitude", "lon_deg", "lon_dd", "x", "easting", "xcoord", "x_coord", "point_x"),
    "wkt": ("wkt", "geometry", "geom", "the_geom", "wkt_geom"),
    "position": ("position", "coordinates", "coords", "latlon", "lat_lon", "latlng", "lat_lng", "gps"),
}
_PLACE_TARGETS = ("lat", "lon", "wkt", "position")
_LISTS = frozenset({"former_codes", "relocated_from", "relocated_to"})
_STRUCTURED = frozenset({"names", "status_history", "parts", "interventions", "sources"})
_CODE_LIKE = re.compile(r"[A-Za-z]{1,5}[-_ ]?\d{1,5}[A-Za-z]?", re.ASCII)


def parse_map(texts: Sequence[str]) -> dict[str, str]:
    """Read `code=id,status=site_status` into target → column; raises `UsageError` for a target that does not exist."""
    chosen: dict[str, str] = {}
    for item in (item for text in texts for item in text.split(",") if item.strip()):
        target, equals, column = item.partition("=")
        if not equals or target.strip() not in USUAL_NAMES:
            raise UsageError(f"--map {item.strip()!r}: write MEMBER=COLUMN; the members are {', '.join(USUAL_NAMES)}")
        chosen[target.strip()] = column.strip()
    return chosen


def choose_columns(columns: Iterable[str], named: Mapping[str, str], has_geometry: bool, shown: str) -> dict[str, str]:
    """Return target → column: those named, then those known by their names; an empty name in `named` leaves a target out."""
    ordered = list(dict.fromkeys(columns))
    for target, column in named.items():
        if column and column not in ordered:
            listed = escape_controls(", ".join(ordered[:50])) or "none"
            raise RegisterError(f"{shown}: --map {target}={escape_controls(column)}: no such column; it has: {listed}")
    by_name: dict[str, str] = {}
    for column in ordered:
        by_name.setdefault(re.sub(r"[\W_]+", "_", column.strip().lower()).strip("_"), column)
    chosen = {target: column for target, column in named.items() if column}
    taken = set(chosen.values())
    for target, names in USUAL_NAMES.items():
        if target in named or (has_geometry and target in _PLACE_TARGETS):
            continue
        found = next((by_name[name] for name in names if name in by_name and by_name[name] not in taken), None)
        if found is not None:
            chosen[target] = found
            taken.add(found)
    return chosen


def build_properties(attributes: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, Any]:
    """Build the properties of one record in the order of the documentation; what no member takes goes to `attributes`."""
    left = dict(attributes)
    found: dict[str, Any] = {}
    for member in SiteRecord.__struct_encode_fields__:
        if member in left and (value := _pass_through(member, left[member])) is not None:
            found[member] = value
            del left[member]
    # Coordinates that made a place are gone from the row; those that made none stay with it.
    cells = {target: left.pop(column) for target, column in columns.items() if column in left and target not in _PLACE_TARGETS}
    texts = {target: _as_text(value) for target, value in cells.items()}
    error_text = texts.pop("boundary_error_m", "")
    if error_text and (error_m := _as_number(error_text)) is not None:
        found["boundary_error_m"] = error_m
    elif error_text:
        left[columns["boundary_error_m"]] = error_text
    _fill(found, texts)
    kept = found.pop("attributes", {})
    ordered = {member: found[member] for member in SiteRecord.__struct_encode_fields__ if member in found}
    extra = {**(kept if isinstance(kept, dict) else {}), **left}
    return {**ordered, "attributes": extra} if extra else ordered


def _pass_through(member: str, value: Any) -> Any:
    """A value that is in the register's own form already, maybe as JSON text (as GIS programs keep lists)."""
    if member in _STRUCTURED or member in _LISTS or member == "attributes":
        if isinstance(value, str) and value.startswith(("[", "{")):
            try:
                value = msgspec.json.decode(value)
            except (msgspec.MsgspecError, RecursionError):
                return None
        return value if isinstance(value, (list, dict)) else None
    if member == "fictional":
        return value if isinstance(value, bool) else None
    return None


def _fill(found: dict[str, Any], texts: Mapping[str, str]) -> None:
    for member in ("country", "locality", "footprint_kind", "imagery_date", "time_zone", "sensitivity", "notes"):
        if texts.get(member):
            found[member] = texts[member]
    name, code = texts.get("name", ""), texts.get("code", "")
    # Pins on a map are often named by their code alone.
    if not code and _CODE_LIKE.fullmatch(name):
        name, code = "", name
    if code:
        found["code"] = code
    for member in _LISTS.intersection(texts):
        found[member] = _split(texts[member])
    names = [{"text": name, "kind": "official"}] if name else []
    for target, kind in (("aliases", "alias"), ("brands", "brand")):
        names += [{"text": text, "kind": kind} for text in _split(texts.get(target, ""))]
    if names:
        found["names"] = names
    source = {"citation": texts.get("source", ""), "url": texts.get("source_url", "")}
    if any(source.values()):
        found["sources"] = [
            {"citation": source["citation"] or source["url"], **({"url": source["url"]} if source["url"] else {})}
        ]
    if texts.get("status"):
        word = texts["status"].lower()
        period = {"status": word if word in STATUSES else texts["status"]}
        period |= {"from": texts["status_from"]} if texts.get("status_from") else {}
        period |= {"source": source["citation"]} if source["citation"] else {}
        found["status_history"] = [period]


def _split(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"[;|\n]", text) if part.strip()]


def _as_text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    # A day that a table holds as a point in time.
    return value.strip().removesuffix("T00:00:00") if isinstance(value, str) else msgspec.json.encode(value).decode()


def _as_number(text: str) -> float | None:
    try:
        return msgspec.json.decode(text.removesuffix("m").strip().replace(",", "."), type=float)
    except msgspec.MsgspecError:
        return None
