"""How an answer is picked out of what each program says of a file, and when two answers are the same."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from geoverify.model import Absent, CaptureTime, Clock, Finding, Observation, Position, Reason, TimeMeaning, Track

Values = list[Any]
Record = dict[str, Any]
Same = Callable[[Any, Any], bool]
_MOMENT = re.compile(r"(\d{4}:\d\d:\d\d \d\d:\d\d:\d\d)(?:\.\d+)?([+-]\d\d:\d\d|Z)?")


def near(tolerance: float) -> Same:
    """Numbers, or pairs of them, that are the same within a tolerance."""

    def same(one: Any, other: Any) -> bool:
        left, right = (item if isinstance(item, list | tuple) else (item,) for item in (one, other))
        return len(left) == len(right) and all(abs(a - b) <= tolerance for a, b in zip(left, right, strict=True))

    return same


def near_angle(one: float, other: float) -> bool:
    """Directions within a thousandth of a degree, whichever way round they are counted."""
    return abs((one - other + 180.0) % 360.0 - 180.0) <= 1e-3


def near_any(one: tuple[float, float], other: list[list[float]]) -> bool:
    """A position that is one of several."""
    return any(near(2e-5)(one, each) for each in other)


def equal(one: Any, other: Any) -> bool:
    """Values that are the same as text, without blanks around them."""
    return str(one).strip() == str(other).strip()


def contains(one: Any, other: Any) -> bool:
    """Text that has the truth in it: a name of several parts has each of them."""
    return str(other).strip() in str(one)


def from_values(reader: str, kind: type, pick: Callable[[Any], Any], field: str = "") -> Callable[[list[Finding]], Values]:
    """Pick something out of our observations of some readers ("a|b", empty: all), type and field; `None` is left out."""

    def values(findings: list[Finding]) -> Values:
        seen = (item for item in findings if isinstance(item, Observation) and isinstance(item.value, kind))
        named = (item for item in seen if not reader or item.provenance.reader in reader.split("|"))
        mine = (item for item in named if not field or any(part in item.provenance.field for part in field.split("|")))
        return [value for value in map(pick, mine) if value is not None]

    return values


def from_keys(*keys: str, convert: Callable[[Any], Any] = lambda value: value) -> Callable[[Record], Values]:
    """Pick what stands under these keys in ExifTool's answer."""

    def values(record: Record) -> Values:
        found: Values = []
        for key in keys:
            with suppress(Exception):  # an answer that cannot be understood is no answer
                found.append(convert(record[key]))
        return [value for value in found if value is not None]

    return values


def from_pair(group: str) -> Callable[[Record], Values]:
    """ExifTool's latitude and longitude of a group, with the sign that its references give them."""

    def values(record: Record) -> Values:
        with suppress(KeyError, TypeError, ValueError):
            lat, lon = float(record[f"{group}:GPSLatitude"]), float(record[f"{group}:GPSLongitude"])
            south, west = record.get(f"{group}:GPSLatitudeRef") == "S", record.get(f"{group}:GPSLongitudeRef") == "W"
            return [(-abs(lat) if south else lat, -abs(lon) if west else lon)]
        return []

    return values


def from_text(key: str) -> Callable[[Record], Values]:
    """ExifTool's position of a movie's box: "lat lon alt" or "… Lat=… Lon=… …"."""

    def values(record: Record) -> Values:
        with suppress(KeyError, ValueError, IndexError):
            words = str(record[key]).replace("=", " ").split()
            at = (words.index("Lat") + 1, words.index("Lon") + 1) if "Lat" in words else (0, 1)
            return [(float(words[at[0]]), float(words[at[1]]))]
        return []

    return values


def a_point(key: str) -> Callable[[Record], Any]:
    """A key of the truth where it holds coordinates."""

    def truth(record: Record) -> Any:
        return record[key] if isinstance(record.get(key), list) else None

    return truth


def all_points(record: Record) -> Any:
    """Every position that the truth has of a file, the first of its track among them."""
    keys = ("comp", "exif_gps", "xmp_gps", "dji_xmp", "qt_udta", "qt_loci", "qt_keys", "qt_ilst", "track_first")
    return [record[key] for key in keys if isinstance(record.get(key), list)] or None


def a_word(key: str) -> Callable[[Record], Any]:
    """A key of the truth where it holds more than blanks."""
    return lambda record: record[key] if str(record.get(key, "")).strip() else None


def point(item: Any) -> tuple[float, float]:
    """The coordinates of an observed position."""
    return item.value.lat_deg, item.value.lon_deg


def our_positions(reader: str, field: str = "") -> Callable[[list[Finding]], Values]:
    """Our positions of a reader; null island where that is why there is none."""

    def values(findings: list[Finding]) -> Values:
        null = [(0.0, 0.0) for item in findings if isinstance(item, Absent) and item.reason is Reason.NULL_ISLAND]
        return from_values(reader, Position, point, field)(findings) or null

    return values


def our_any_position(findings: list[Finding]) -> Values:
    """All our positions and the first points of all our tracks."""
    tracks = from_values("", Track, lambda item: item.value.points[0].position)(findings)
    return our_positions("")(findings) + [(position.lat_deg, position.lon_deg) for position in tracks]


def our_moment(item: Any) -> tuple[str, int | None] | None:
    """A local time with its offset in minutes, as `to_moment` gives it."""
    value: CaptureTime = item.value
    if value.local is not None:
        return f"{value.local:%Y:%m:%d %H:%M:%S}", value.offset_minutes
    return (f"{value.instant_utc:%Y:%m:%d %H:%M:%S}", 0) if value.instant_utc else None


def our_capture_time(item: Any) -> str | None:
    """The local time of capture as EXIF writes it."""
    value: CaptureTime = item.value
    return f"{value.local:%Y:%m:%d %H:%M:%S}" if value.meaning is TimeMeaning.CAPTURED and value.local else None


def our_instant(clock: Clock) -> Callable[[Any], str | None]:
    """A time in UTC by one clock, to the second."""

    def pick(item: Any) -> str | None:
        value: CaptureTime = item.value
        return f"{value.instant_utc:%Y:%m:%d %H:%M:%S}" if value.clock is clock and value.instant_utc else None

    return pick


def to_minutes(text: Any) -> int | None:
    """An offset like +01:00 in minutes."""
    text = str(text).strip()
    if len(text) != 6 or text[0] not in "+-":
        return None
    return (int(text[1:3]) * 60 + int(text[4:6])) * (-1 if text[0] == "-" else 1)


def to_date(text: Any) -> str | None:
    """An EXIF date to the second, `None` where it is not one."""
    date = str(text)[:19]
    try:
        dt.datetime.strptime(date, "%Y:%m:%d %H:%M:%S")
    except ValueError:
        return None
    return date


def to_moment(text: Any) -> tuple[str, int | None] | None:
    """A date with a time of day and its offset in minutes; `None` for a bare year or day, which are not compared."""
    match = _MOMENT.fullmatch(str(text).strip())
    if match is None or to_date(match[1]) is None:
        return None
    return match[1], 0 if match[2] == "Z" else to_minutes(match[2] or "")


def gps_time(record: Record, day: str = "gpsdate", time: str = "gpstime") -> str | None:
    """The time of the fix, where both its date and its time of day are there."""
    return to_date(f"{record.get(day)} {record.get(time)}")
