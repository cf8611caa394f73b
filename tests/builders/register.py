"""Registers in JSON form, as small as they can be and as odd as a test needs."""

import json
from pathlib import Path
from typing import Any

REGION = {"type": "Polygon", "coordinates": [[[100, 5], [110, 5], [110, 15], [100, 15], [100, 5]]]}


def point(lat_deg: float, lon_deg: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [lon_deg, lat_deg]}


def square(lat_deg: float, lon_deg: float, half_deg: float = 0.001) -> dict[str, Any]:
    west, east, south, north = lon_deg - half_deg, lon_deg + half_deg, lat_deg - half_deg, lat_deg + half_deg
    return {"type": "Polygon", "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]]}


def site(code: str = "A1", geometry: Any = None, **properties: Any) -> dict[str, Any]:
    """A feature that no check has anything to say of; members given as `None` are left out."""
    shape = square(10.0, 105.0) if geometry is None else geometry
    is_point = isinstance(shape, dict) and shape.get("type") == "Point"
    members: dict[str, Any] = {
        "code": code,
        "footprint_kind": "point" if is_point else "digitised",
        "boundary_error_m": 300 if is_point else 10,
        "sources": [{"citation": "a test"}],
        **properties,
    }
    kept = {key: value for key, value in members.items() if value is not None}
    return {"type": "Feature", "geometry": shape, "properties": kept}


def register(*features: Any, **members: Any) -> dict[str, Any]:
    """A register that no check has anything to say of; members given as `None` are left out."""
    own: dict[str, Any] = {
        "title": "Test register",
        "edition": "1",
        "date": "2025-01-01",
        "licence": "CC0",
        "compiled_by": "tests",
        "region": REGION,
        **members,
    }
    kept = {key: value for key, value in own.items() if value is not None}
    return {"type": "FeatureCollection", **kept, "features": list(features) or [site()]}


def write_register(path: Path, document: Any) -> Path:
    path.write_text(json.dumps(document), encoding="utf-8")
    return path
