"""KML 2.2 (OGC 07-147r2) of Google Earth and Google My Maps: placemarks, folders, extended data; links are never followed."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from geoverify.errors import RegisterError
from geoverify.register.importing.archives import Archive
from geoverify.register.importing.table import MAX_ROWS, Row, Table

MAX_DEPTH = 64
MAX_FAULT_CHARS = 200
_GEOMETRIES = ("Point", "LineString", "LinearRing", "Polygon", "MultiGeometry")
_KEPT_TEXTS = ("address", "phoneNumber", "when", "begin", "end")
# Prefixes that programs use without declaring them.
_USUAL_PREFIXES = {
    b"gx": b"http://www.google.com/kml/ext/2.2",
    b"atom": b"http://www.w3.org/2005/Atom",
    b"kml": b"http://www.opengis.net/kml/2.2",
    b"xsi": b"http://www.w3.org/2001/XMLSchema-instance",
    b"xal": b"urn:oasis:names:tc:ciq:xsdschema:xAL:2.0",
}


def read_kmz(data: bytes, shown: str) -> Table:
    """Read the main KML file of a KMZ archive (the first in it, as the standard says); raises `RegisterError`."""
    archive = Archive(data, shown)
    names = [name for name in archive.names() if name.lower().endswith(".kml")]
    if not names:
        raise RegisterError(f"{shown}: an archive without a KML file; give the KMZ, KML or zipped Shapefile itself")
    # Google Earth names it so; the standard takes the first of the archive.
    main = "doc.kml" if "doc.kml" in names else names[0]
    table = read_kml(archive.read(main), shown)
    if len(names) > 1:
        table.notes.append(f"only {main} of {len(names)} KML files in the archive was read")
    return table


def read_kml(data: bytes, shown: str) -> Table:
    """Read every placemark of a KML file, `layer` being its folders; raises `RegisterError`."""
    root = _parse(data, shown)
    if _local(root) != "kml" and _local(root) not in ("Document", "Folder", "Placemark"):
        raise RegisterError(f"{shown}: XML, but not KML (its root is {_local(root)[:40]!r}); export it as KML or GeoJSON")
    rows: list[Row] = []
    notes: list[str] = []
    members: dict[str, Any] = {}
    links = 0
    # Each entry is an element with the folders above it; reversed, so that features come in the order of the file.
    stack: list[tuple[Element, tuple[str, ...]]] = [(root, ())]
    while stack:
        element, folders = stack.pop()
        kind = _local(element)
        if kind == "Placemark":
            rows.append(_read_placemark(element, len(rows) + 1, folders))
            if len(rows) > MAX_ROWS:
                raise RegisterError(f"{shown}: more than {MAX_ROWS:,} placemarks; split it")
        elif kind == "NetworkLink":
            links += 1
        elif kind in ("kml", "Document", "Folder") and len(folders) < MAX_DEPTH:
            name = _text_of(element, "name")
            if kind == "Document" and name:
                members.setdefault("title", name)
            inner = (*folders, name) if kind == "Folder" and name else folders
            stack.extend((child, inner) for child in reversed(element))
    if links:
        notes.append(f"{links} network links were not followed: save what they show as KML and import that")
    return Table(rows=rows, notes=notes, members=members, is_wgs84=True)


def _parse(data: bytes, shown: str) -> Element:
    try:
        try:
            return _parse_xml(data)
        except ParseError as error:
            if "unbound prefix" not in str(error):
                raise
            return _parse_xml(_declare_prefixes(data))
    except DefusedXmlException as error:
        raise RegisterError(
            f"{shown}: KML with a document type or entities, which no map program writes; do not trust it"
        ) from error
    except (ParseError, ValueError, LookupError, RecursionError) as error:
        raise RegisterError(f"{shown}: damaged KML ({error}); export it again") from error


def _parse_xml(data: bytes) -> Element:
    root: Element = ElementTree.fromstring(data, forbid_dtd=True)
    return root


def _declare_prefixes(data: bytes) -> bytes:
    missing = [b' xmlns:%s="%s"' % item for item in _USUAL_PREFIXES.items() if b"xmlns:%s" % item[0] not in data]
    return re.sub(rb"<(kml|Document)\b", lambda match: match[0] + b"".join(missing), data, count=1)


def _read_placemark(element: Element, number: int, folders: tuple[str, ...]) -> Row:
    name = _text_of(element, "name")
    where = f"placemark {number} ({name})" if name else f"placemark {number}"
    attributes: dict[str, Any] = {"name": name, "description": _text_of(element, "description")}
    for child in element.iter():
        kind = _local(child)
        if kind == "Data" and child.get("name"):
            attributes[child.get("name", "")] = _text_of(child, "value")
        elif kind == "SimpleData" and child.get("name"):
            attributes[child.get("name", "")] = (child.text or "").strip()
        elif kind in _KEPT_TEXTS:
            attributes.setdefault(kind, (child.text or "").strip())
    attributes = {key: value for key, value in attributes.items() if value}
    try:
        geometry, fault = _read_geometry(element), ""
    except ValueError as error:
        geometry, fault = None, str(error)[:MAX_FAULT_CHARS]
    return Row(where=where, geometry=geometry, attributes=attributes, layer=" / ".join(folders), fault=fault)


def _read_geometry(placemark: Element) -> dict[str, Any] | None:
    simple = [shape for child in placemark if _local(child) in _GEOMETRIES for shape in _list_simple(child)]
    # Google Earth puts a pin beside an outline to carry its label: the outline is the place.
    polygons = [shape for shape in simple if shape["type"] == "Polygon"]
    chosen = polygons or simple
    if not chosen:
        return None
    if len(chosen) == 1:
        return chosen[0]
    kind = chosen[0]["type"]
    if any(shape["type"] != kind for shape in chosen):
        raise ValueError("points and lines together are no footprint")
    return {"type": f"Multi{kind}", "coordinates": [shape["coordinates"] for shape in chosen]}


def _list_simple(element: Element) -> Iterator[dict[str, Any]]:
    stack = [element]
    while stack:
        shape = stack.pop()
        kind = _local(shape)
        if kind == "MultiGeometry":
            stack.extend(child for child in reversed(shape) if _local(child) in _GEOMETRIES)
        elif kind == "Polygon":
            outer = [ring for boundary in shape if _local(boundary) == "outerBoundaryIs" for ring in _list_rings(boundary)]
            inner = [ring for boundary in shape if _local(boundary) == "innerBoundaryIs" for ring in _list_rings(boundary)]
            yield {"type": "Polygon", "coordinates": [*outer[:1], *inner]}
        elif kind == "Point":
            positions = _read_positions(shape)
            if positions:
                yield {"type": "Point", "coordinates": positions[0]}
        else:
            yield {"type": "LineString", "coordinates": _read_positions(shape)}


def _list_rings(boundary: Element) -> Iterator[list[list[float]]]:
    for ring in boundary:
        if _local(ring) == "LinearRing":
            yield _read_positions(ring)


def _read_positions(shape: Element) -> list[list[float]]:
    text = _text_of(shape, "coordinates")
    # A tuple has no spaces inside by the standard; hand-made files have them after commas.
    tuples = re.sub(r"\s*,\s*", ",", text).split()
    return [_read_position(item) for item in tuples]


def _read_position(text: str) -> list[float]:
    parts = text.split(",")
    try:
        lon_deg, lat_deg = float(parts[0]), float(parts[1])
    except (IndexError, ValueError) as error:
        raise ValueError(f"coordinates {text[:40]!r} cannot be read") from error
    if not (math.isfinite(lon_deg) and math.isfinite(lat_deg)):
        raise ValueError(f"coordinates {text[:40]!r} are not numbers")
    return [lon_deg, lat_deg]


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2].rpartition(":")[2] if isinstance(element.tag, str) else ""


def _text_of(element: Element, name: str) -> str:
    for child in element:
        if _local(child) == name:
            return (child.text or "").strip()
    return ""
