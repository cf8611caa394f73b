"""Values as words and figures for people: coordinates to the centimetre, angles and lengths as fine as anyone needs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from enum import Enum

import msgspec

from geoverify.model import CaptureTime, Clock, Position, Track, Value

KILOMETRE_M = 1000.0
# Seven decimals of a degree are a centimetre; more is noise, and four already hide a street.
COORDINATE_DECIMALS = 7
UNITS = {"_deg": "°", "_m": " m", "_s": " s", "_px": " px"}
# Fields that the kind of their value explains well enough.
BARE = {"app", "kind", "name", "text", "value"}
CLOCKS = {Clock.GPS: "GPS clock", Clock.FILENAME: "file name", Clock.FILESYSTEM: "file system"}
LABELS = {"alt": "altitude", "lat": "latitude", "lon": "longitude"}


def describe_distance(distance_m: float) -> str:
    """A distance in metres, and above a kilometre in kilometres."""
    if distance_m < KILOMETRE_M:
        return f"{distance_m:.0f} m"
    return f"{distance_m / KILOMETRE_M:,.{1 if distance_m < 100 * KILOMETRE_M else 0}f} km"


def describe_value(value: Value) -> str:
    """One line for a value: its kind, then what is known of it with units."""
    kind = str(value.__struct_config__.tag).replace("_", " ")
    if isinstance(value, Track):
        return f"{kind}: {_describe_track(value)}"
    if isinstance(value, CaptureTime):
        return f"{kind}: {_describe_time(value)}"
    return f"{kind}: {_describe_fields(value)}"


def _describe_fields(value: msgspec.Struct) -> str:
    return ", ".join(_name_fields(value)) or "nothing more"


def _name_fields(value: msgspec.Struct) -> Iterator[str]:
    if isinstance(value, Position):
        yield _describe_point(value)
    for name in value.__struct_fields__:
        item = getattr(value, name)
        if item in (None, "", ()) or name in ("lat_deg", "lon_deg"):
            continue
        if isinstance(item, msgspec.Struct):
            yield _describe_fields(item)
            continue
        if name in BARE:
            yield _describe_item(item)
            continue
        unit = next((unit for suffix, unit in UNITS.items() if name.endswith(suffix)), "")
        label = name.rpartition("_")[0] if unit or name.endswith("_utc") else name
        ending = " UTC" if name.endswith("_utc") else unit
        yield f"{LABELS.get(label, label.replace('_', ' '))} {_describe_item(item)}{ending}"


def _describe_item(item: object) -> str:
    if isinstance(item, tuple):
        return " and ".join(_describe_item(part) for part in item)
    if isinstance(item, Enum):
        return str(item.value).replace("_", " ")
    if isinstance(item, dt.datetime):
        return _describe_moment(item)
    if isinstance(item, float):
        return _trim(item, 2) if abs(item) >= 0.1 or item == 0.0 else f"{item:.2g}"
    return str(item)


def _describe_point(position: Position) -> str:
    return f"{_trim(position.lat_deg, COORDINATE_DECIMALS)}, {_trim(position.lon_deg, COORDINATE_DECIMALS)}"


def _describe_track(track: Track) -> str:
    if not track.points:
        return "no points"
    first, last = track.points[0], track.points[-1]
    points = f"{len(track.points)} points over {last.time_s - first.time_s:.0f} s"
    return f"{points}, from {_describe_point(first.position)} to {_describe_point(last.position)}"


def _describe_time(time: CaptureTime) -> str:
    if time.local is not None:
        when = f"{_describe_moment(time.local)} {_describe_offset(time.offset_minutes)}"
    elif time.instant_utc is not None:
        when = f"{_describe_moment(time.instant_utc)} UTC"
    else:
        when = "at no known time"
    step = f", to {_describe_item(time.resolution_s)} s" if time.resolution_s is not None else ""
    return f"{time.meaning.value} {when}, by the {CLOCKS.get(time.clock, f'{time.clock.value} clock')}{step}"


def _describe_offset(minutes: int | None) -> str:
    if minutes is None:
        return "(time zone not stated)"
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def _describe_moment(moment: dt.datetime) -> str:
    text = moment.replace(tzinfo=None).isoformat(" ")
    return text.rstrip("0") if moment.microsecond else text


def _trim(number: float, decimals: int) -> str:
    text = f"{number:.{decimals}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
