"""Repairs of a register file that cannot change what is meant; each says what it did, and what cannot be repaired is left."""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geoverify import geo
from geoverify.register.dates import parse_span
from geoverify.register.document import FOOTPRINT_KINDS, SENSITIVITIES, STATUSES, GeometryRecord
from geoverify.register.geometry import OUTLINE_TYPES, parse_geometry, to_geojson

# A slip of the hand crosses a ring once or twice. Repairing a scribble takes minutes and gives nonsense: a person redraws it.
MAX_REPAIRED_VERTICES = 5_000
MAX_CROSSINGS = 50
_Json = dict[str, Any]


def fix_document(document: _Json) -> tuple[_Json, list[str]]:
    """Return a repaired copy of a register in JSON form, and one sentence for each repair."""
    fixed = copy.deepcopy(document)
    region = _read_geometry(fixed.get("region"))
    done: list[str] = []
    kept: list[_Json] = []
    for number, feature in enumerate(fixed["features"], 1):
        code = feature["properties"].get("code", "")
        label = f"record {number} ({code})" if code else f"record {number}"
        done += [f"{label}: {sentence}" for sentence in _fix_feature(feature, region)]
        if feature["geometry"] is None:
            done.append(f"{label}: left out, it has no place")
        else:
            kept.append(feature)
    fixed["features"] = list(_fix_codes(kept, done))
    return fixed, done


def _fix_feature(feature: _Json, region: BaseGeometry | None) -> Iterator[str]:
    closed = _close_rings(feature["geometry"])
    shape = _read_geometry(closed)
    if shape is not None and not shape.is_empty:
        repairs: list[str] = []
        if closed is not feature["geometry"]:
            repairs.append(f"closed the ring of a {feature['geometry']['type']}")
        shape = _make_valid(_swap_axes(shape, region, repairs), repairs)
        if repairs:
            feature["geometry"] = to_geojson(shape)
        yield from repairs
    yield from _fix_words(feature["properties"])


def _read_geometry(geometry: Any) -> BaseGeometry | None:
    if not isinstance(geometry, dict):
        return None
    try:
        record = msgspec.convert(geometry, type=_Coordinates)
        coordinates = msgspec.Raw(msgspec.json.encode(record.coordinates))
    except (msgspec.MsgspecError, RecursionError):
        return None
    return parse_geometry(GeometryRecord(type=record.type, coordinates=coordinates))


class _Coordinates(msgspec.Struct, frozen=True):
    type: str
    coordinates: list[Any]


def _close_rings(geometry: Any) -> Any:
    """Close open rings of at least three corners, and turn a closed line into the polygon that it draws."""
    if not isinstance(geometry, dict):
        return geometry
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if not isinstance(coordinates, list):
        return geometry
    if kind == "LineString" and len(coordinates) >= 4 and coordinates[0] == coordinates[-1]:
        return {"type": "Polygon", "coordinates": [coordinates]}
    if kind == "Polygon":
        closed = [_close_ring(ring) for ring in coordinates]
    elif kind == "MultiPolygon":
        closed = [[_close_ring(ring) for ring in polygon] if isinstance(polygon, list) else polygon for polygon in coordinates]
    else:
        return geometry
    return geometry if closed == coordinates else {"type": kind, "coordinates": closed}


def _close_ring(ring: Any) -> Any:
    if isinstance(ring, list) and len(ring) >= 3 and ring[0] != ring[-1]:
        return [*ring, ring[0]]
    return ring


def _swap_axes(shape: BaseGeometry, region: BaseGeometry | None, repairs: list[str]) -> BaseGeometry:
    """Swap where that alone brings the shape onto the Earth, and into the region where there is one."""
    swapped = shapely.transform(shape, lambda coords: coords[:, ::-1])
    if region is not None:
        helps = _is_inside(swapped, region) and not _is_inside(shape, region)
    else:
        helps = _is_on_earth(swapped) and not _is_on_earth(shape)
    if not helps:
        return shape
    repairs.append("swapped latitude and longitude")
    return swapped


def _is_inside(shape: BaseGeometry, region: BaseGeometry) -> bool:
    return bool(shapely.intersects_xy(region, shapely.get_coordinates(shape)).all())


def _is_on_earth(shape: BaseGeometry) -> bool:
    west, south, east, north = shapely.bounds(shape)
    return bool(west >= -180.0 and east <= 180.0 and south >= -90.0 and north <= 90.0)


def _make_valid(shape: BaseGeometry, repairs: list[str]) -> BaseGeometry:
    if shape.geom_type not in OUTLINE_TYPES or not _is_on_earth(shape):
        return shape
    if shape.is_valid:
        oriented = shapely.orient_polygons(shape)
        if not shapely.equals_identical(oriented, shape):
            repairs.append("turned a ring by the right-hand rule")
        return oriented
    if shapely.get_num_coordinates(shape) > MAX_REPAIRED_VERTICES or _count_crossings(shape) > MAX_CROSSINGS:
        return shape
    made = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    polygons = [part for part in shapely.get_parts(shapely.get_parts(made)) if part.geom_type == "Polygon" and not part.is_empty]
    if not polygons:
        return shape
    valid = polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)
    area_m2 = geo.geodesic_area_m2(valid)
    repairs.append(f"redrew a ring ({shapely.is_valid_reason(shape)}); it covers {area_m2:,.0f} m² now: look at it on a map")
    return valid


def _count_crossings(shape: BaseGeometry) -> int:
    """Pairs of edges that meet without being neighbours, counted up to a little over `MAX_CROSSINGS`."""
    rings = [shapely.get_coordinates(ring) for ring in shapely.get_rings(shapely.get_parts(shape))]
    edges = np.concatenate([shapely.linestrings(np.stack((ring[:-1], ring[1:]), axis=1)) for ring in rings])
    tree = shapely.STRtree(edges)
    count = 0
    for edge in edges:
        # An edge meets itself and the edge on either side; each other pair is seen from both of its edges.
        count += max(0, len(tree.query(edge, predicate="intersects")) - 3)
        if count > 2 * MAX_CROSSINGS:
            break
    return count // 2


def _fix_words(properties: _Json) -> Iterator[str]:
    history = properties.get("status_history")
    if isinstance(history, list) and all(isinstance(period, dict) for period in history):
        yield from _fix_statuses(properties, history)
    for member, words in (("footprint_kind", FOOTPRINT_KINDS), ("sensitivity", SENSITIVITIES)):
        value = properties.get(member)
        if isinstance(value, str) and value not in words and value.strip().lower() in words:
            yield f"wrote {member} {value!r} as {value.strip().lower()!r}"
            properties[member] = value.strip().lower()
    yield from _fix_dates(properties, properties, ("imagery_date",))


def _fix_statuses(properties: _Json, history: list[_Json]) -> Iterator[str]:
    for period in history:
        given = period.get("status")
        word = given.strip().lower() if isinstance(given, str) else given
        if word != given and word in STATUSES:
            yield f"wrote the status {given!r} as {word!r}"
            period["status"] = word
        yield from _fix_dates(properties, period, ("from", "to"))
    unknown = [str(period.get("status")) for period in history if period.get("status") not in STATUSES]
    if unknown:
        properties["status_history"] = [period for period in history if period.get("status") in STATUSES]
        _keep(properties, "status as given", "; ".join(unknown))
        yield f"moved the unknown status {', '.join(map(repr, unknown))} to the attributes"


def _fix_dates(properties: _Json, holder: _Json, members: tuple[str, ...]) -> Iterator[str]:
    for member in members:
        text = holder.get(member)
        if not isinstance(text, str) or not text:
            continue
        day = re.fullmatch(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})", text, re.ASCII)
        written = f"{day[1]}-{int(day[2]):02}-{int(day[3]):02}" if day else text
        try:
            parse_span(written)
        except ValueError:
            # 03/04/2025 is March or April: only a person can say.
            _keep(properties, f"{member} as given", holder.pop(member))
            yield f"moved the date {text!r} ({member}) to the attributes"
        else:
            if written != text:
                holder[member] = written
                yield f"wrote the date {text!r} as {written}"


def _keep(properties: _Json, name: str, value: Any) -> None:
    properties.setdefault("attributes", {}).setdefault(name, value)


def _fix_codes(features: list[_Json], done: list[str]) -> Iterator[_Json]:
    """Leave out exact copies, and number the others that share a code."""
    codes = {code for feature in features if isinstance(code := feature["properties"].get("code"), str)}
    seen: dict[str, _Json] = {}
    numbers: Counter[str] = Counter()
    for feature in features:
        properties = feature["properties"]
        code = properties.get("code")
        if not isinstance(code, str) or code not in seen:
            seen[str(code)] = feature
            yield feature
        elif feature == seen[code]:
            done.append(f"{code}: left out an exact copy of the record")
        else:
            new = f"{code}-{numbers[code] + 2}"
            while new in codes:
                numbers[code] += 1
                new = f"{code}-{numbers[code] + 2}"
            codes.add(new)
            properties["code"] = new
            _keep(properties, "code as given", code)
            done.append(f"{code}: a second, different record has this code; it is {new} here, decide which is which")
            yield feature
