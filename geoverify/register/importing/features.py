"""GeoJSON of any origin (RFC 7946, and the `crs` member of its 2008 forerunner)."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from geoverify.errors import RegisterError
from geoverify.register.document import FileRecord
from geoverify.register.geometry import SHAPE_TYPES
from geoverify.register.importing.table import MAX_ROWS, Row, Table, is_shallow

# CRS84 is WGS 84 in longitude, latitude order: what RFC 7946 prescribes.
_CRS_NAME = re.compile(r"(?:urn:ogc:def:crs:)?(?P<authority>OGC|EPSG):(?:[\d.]*:)?(?P<code>CRS84h?|\d{4,6})", re.ASCII)
TOO_DEEP = "(left out: nested deeper than any register)"
_WGS84_CODES = ("CRS84", "CRS84h", "4326", "4979")
_FILE_MEMBERS = frozenset(FileRecord.__struct_encode_fields__) - {"type", "features"}


def read_features(data: bytes, shown: str) -> Table:
    """Read the features of a GeoJSON file and the register members that it may have; raises `RegisterError`."""
    try:
        root = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise RegisterError(f"{shown}: damaged GeoJSON ({error}); export it again") from error
    kind = root.get("type")
    if kind == "FeatureCollection":
        features = root.get("features")
    elif kind == "Feature":
        features = [root]
    elif kind in SHAPE_TYPES:
        features = [{"type": "Feature", "geometry": root, "properties": {}}]
    else:
        raise RegisterError(f"{shown}: JSON, but not GeoJSON (its type is {str(kind)[:40]!r}); export it as GeoJSON")
    if not isinstance(features, list) or len(features) > MAX_ROWS:
        raise RegisterError(f"{shown}: needs a list of at most {MAX_ROWS:,} features")
    members = {key: value for key, value in root.items() if key in _FILE_MEMBERS and kind == "FeatureCollection"}
    name = root.get("name")
    if isinstance(name, str) and name.strip():
        members.setdefault("title", name)
    rows = [_read_feature(feature, number) for number, feature in enumerate(features, 1)]
    return Table(rows=rows, members=members, epsg=_read_crs(root.get("crs"), shown))


def _read_feature(feature: Any, number: int) -> Row:
    where = f"feature {number}"
    if not isinstance(feature, dict):
        return Row(where=where, geometry=None, attributes={}, fault="not a GeoJSON feature")
    properties = feature.get("properties")
    attributes = {key: value for key, value in properties.items() if value is not None} if isinstance(properties, dict) else {}
    if isinstance(feature.get("id"), (str, int)) and "id" not in attributes:
        attributes["id"] = feature["id"]
    attributes = {key: value if is_shallow(value) else TOO_DEEP for key, value in attributes.items()}
    geometry = feature.get("geometry")
    if not isinstance(geometry, dict):
        return Row(where=where, geometry=None, attributes=attributes)
    if not is_shallow(geometry):
        return Row(where=where, geometry=None, attributes=attributes, fault="its geometry nests deeper than any")
    return Row(where=where, geometry=geometry, attributes=attributes)


def _read_crs(crs: Any, shown: str) -> int | None:
    if crs is None:
        return None
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    match = _CRS_NAME.fullmatch(name) if isinstance(name, str) else None
    # PROJ's own strings can name files and hosts: only codes of the EPSG register are taken from a file.
    if match is None:
        raise RegisterError(
            f"{shown}: its coordinate system {str(name)[:60]!r} is unknown; state it with --crs EPSG:… and no crs member"
        )
    return None if match["code"] in _WGS84_CODES else int(match["code"])
