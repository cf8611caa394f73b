"""One way from any file to a register: type by signature, rows, places in WGS 84, records, repairs, checks."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from geoverify.errors import RegisterError
from geoverify.register.checks import check_document
from geoverify.register.document import SiteRecord, parse_document, read_bounded
from geoverify.register.fixes import fix_document
from geoverify.register.importing import vector
from geoverify.register.importing.archives import Archive
from geoverify.register.importing.columns import build_properties, choose_columns
from geoverify.register.importing.delimited import read_delimited
from geoverify.register.importing.features import read_features
from geoverify.register.importing.kml import read_kml, read_kmz
from geoverify.register.importing.placing import place_rows
from geoverify.register.importing.table import Row, Table
from geoverify.register.remarks import Remark
from geoverify.register.writing import format_register
from geoverify.text import escape_controls

# As in the shipped Cambodia register: compounds are 100 to 500 m across, and editions moved points by up to 1 km.
DEFAULT_POINT_ERROR_M = 300.0
# Potere 2008 (Sensors 8(12)): 39.7 m RMSE of high-resolution imagery in Google Earth, on which most outlines are drawn.
DEFAULT_OUTLINE_ERROR_M = 40.0
_FILE_ORDER = ("title", "edition", "date", "licence", "compiled_by", "source", "notes", "time_zone", "region")
_UTF16_XML = (b"\xff\xfe<\0", b"\xfe\xff\0<")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """What the user states of the file; `members` are the register's own (title, edition, region …), `epsg` a fallback."""

    columns: Mapping[str, str] = field(default_factory=dict)
    layer: str | None = None
    epsg: int | None = None
    members: Mapping[str, Any] = field(default_factory=dict)
    boundary_error_m: float | None = None
    sensitivity: str = "restricted"
    fix: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A register in JSON form and as the bytes of its file, what was done to it, and what is still to be said of it."""

    document: dict[str, Any]
    data: bytes
    notes: tuple[str, ...]
    remarks: tuple[Remark, ...]


def import_register(path: Path, options: ImportOptions, today: str) -> Imported:
    """Turn a GeoJSON, KML, KMZ, GeoPackage, Shapefile or delimited file into a register; raises `RegisterError`.

    Every row becomes a record, with a null geometry where it has no place; only `fix` leaves any out. `today` (ISO 8601) is the
    date, and the edition, of a register for which neither the file nor the user states one.
    """
    shown = escape_controls(str(path))
    table = _read_table(path, shown, options)
    if not table.rows:
        raise RegisterError(f"{shown}: no sites in it; look whether the right layer was exported")
    columns = choose_columns((name for row in table.rows for name in row.attributes), options.columns, table.has_geometry, shown)
    notes = list(table.notes)
    rows = place_rows(table, columns, options.epsg, notes, shown)
    features = _build_features(rows, columns, options, notes)
    document = _build_document(path, table, features, options, today, notes)
    if options.fix:
        document, done = fix_document(document)
        notes += done
    try:
        data = format_register(document)
        remarks = check_document(parse_document(data, str(path)))
    except RecursionError as error:
        raise RegisterError(f"{shown}: nested deeper than any register; it is damaged or made to harm") from error
    return Imported(document=document, data=data, notes=tuple(notes), remarks=tuple(remarks))


def _read_table(path: Path, shown: str, options: ImportOptions) -> Table:
    data = read_bounded(path)
    body = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if data.startswith(vector.GEOPACKAGE_SIGNATURE):
        return vector.read_geopackage(data, shown, options.layer, options.epsg)
    if data.startswith(vector.SHAPEFILE_SIGNATURE):
        return vector.read_shapefile(path, data, shown, options.epsg)
    if data.startswith(b"PK\x03\x04"):
        if any(name.lower().endswith(".kml") for name in Archive(data, shown).names()):
            return _choose_layer(read_kmz(data, shown), options.layer, shown)
        return vector.read_zipped_shapefiles(data, shown, options.layer, options.epsg)
    if body.startswith(b"<") or data.startswith(_UTF16_XML):
        return _choose_layer(read_kml(data, shown), options.layer, shown)
    if body.startswith(b"{"):
        return _choose_layer(read_features(data, shown), options.layer, shown)
    return _choose_layer(read_delimited(data, shown), options.layer, shown)


def _choose_layer(table: Table, wanted: str | None, shown: str) -> Table:
    """Keep the rows of one folder and of those inside it."""
    if wanted is None:
        return table
    rows = [row for row in table.rows if row.layer == wanted or row.layer.startswith(f"{wanted} / ")]
    if not rows:
        listed = escape_controls("; ".join(sorted({row.layer for row in table.rows if row.layer}))) or "none"
        raise RegisterError(f"{shown}: no layer {escape_controls(wanted)!r}; it has: {listed}")
    return replace(table, rows=rows)


def _build_features(
    rows: list[Row], columns: Mapping[str, str], options: ImportOptions, notes: list[str]
) -> list[dict[str, Any]]:
    features: list[dict[str, Any]] = []
    layers = {row.layer for row in rows}
    for row in rows:
        properties = build_properties(row.attributes, columns)
        if row.fault:
            notes.append(f"{row.where}: {row.fault}")
        if row.layer and len(layers) > 1:
            properties.setdefault("attributes", {}).setdefault("layer", row.layer)
        features.append({"type": "Feature", "geometry": row.geometry, "properties": properties})
    _add_defaults(features, options, notes)
    _add_codes(features, notes)
    return [{**feature, "properties": _order(feature["properties"])} for feature in features]


def _add_defaults(features: list[dict[str, Any]], options: ImportOptions, notes: list[str]) -> None:
    source = options.members.get("source")
    assumed: set[str] = set()
    for feature in features:
        properties = feature["properties"]
        is_point = feature["geometry"] is None or feature["geometry"].get("type") == "Point"
        properties.setdefault("footprint_kind", "point" if is_point else "digitised")
        if "boundary_error_m" not in properties:
            default_m = DEFAULT_POINT_ERROR_M if is_point else DEFAULT_OUTLINE_ERROR_M
            properties["boundary_error_m"] = error_m = options.boundary_error_m or default_m
            assumed.add(f"{error_m:g} m for {'points' if is_point else 'outlines'}")
        properties.setdefault("sensitivity", options.sensitivity)
        if source:
            properties.setdefault("sources", [{"citation": source}])
    if assumed:
        stated = "as stated on import" if options.boundary_error_m else "assumed on import: correct it where it is known"
        notes.append(f"boundary_error_m where the file gives none: {' and '.join(sorted(assumed))}, {stated}")


def _add_codes(features: list[dict[str, Any]], notes: list[str]) -> None:
    taken = {feature["properties"].get("code") for feature in features}
    made = 0
    free = (code for number in itertools.count(1) if (code := f"IMP-{number:04}") not in taken)
    for feature in features:
        if not feature["properties"].get("code"):
            feature["properties"]["code"] = next(free)
            made += 1
    if made:
        notes.append(f"{made} records without a code were numbered IMP-…; --map code=COLUMN takes codes from a column")


def _order(properties: dict[str, Any]) -> dict[str, Any]:
    return {member: properties[member] for member in SiteRecord.__struct_encode_fields__ if member in properties}


def _build_document(
    path: Path, table: Table, features: list[dict[str, Any]], options: ImportOptions, today: str, notes: list[str]
) -> dict[str, Any]:
    members: dict[str, Any] = {"title": escape_controls(path.stem), "edition": today, "date": today}
    members |= {key: value for key, value in table.members.items() if isinstance(value, dict if key == "region" else str)}
    members |= {key: value for key, value in options.members.items() if value}
    assumed = [note for note in notes if note.startswith("boundary_error_m")]
    members.setdefault("notes", " ".join([f"Imported from {escape_controls(path.name)}.", *(f"{note}." for note in assumed)]))
    ordered = {key: members[key] for key in _FILE_ORDER if key in members}
    return {"type": "FeatureCollection", **ordered, "features": features}
