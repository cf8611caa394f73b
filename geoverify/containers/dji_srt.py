"""DJI's flight text: one cue a frame or a second, in a subtitle track or in an .SRT file beside the video.

DJI publishes no specification; the notations are those that users of its models from the Phantom 3 to the Mavic 3 have shared.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from statistics import median

from msgspec import Struct

from geoverify.containers.fixes import Fix, resolution_from_decimals
from geoverify.containers.srt import Cue
from geoverify.geo import measure

# Cues beyond this are read at equal steps; no receiver in a drone is faster than 10 Hz.
MAX_CUES_READ = 20_000
_NUMBER = r"([-+]?\d{1,4}(?:\.\d{1,15})?)"
_LATITUDE = re.compile(rf"latitude\s*:\s*{_NUMBER}", re.IGNORECASE)
# “longtitude” is how several firmwares spell it.
_LONGITUDE = re.compile(rf"longt?itude\s*:\s*{_NUMBER}", re.IGNORECASE)
_PAIR = re.compile(rf"GPS\s*\(\s*{_NUMBER}\s*,\s*{_NUMBER}\s*(?:,\s*[-+\d.]{{0,16}}\s*(M)?\s*)?\)")
_HOME = re.compile(rf"HOME\s*\(\s*{_NUMBER}\s*,\s*{_NUMBER}")
_DISTANCE = re.compile(r"\bD\s+(\d{1,6}(?:\.\d{1,3})?)\s*m\b")
_ALTITUDE = re.compile(r"abs_alt\s*:\s*([-+]?\d{1,5}(?:\.\d{1,6})?)")
_YAW = re.compile(r"gb_yaw\s*:\s*([-+]?\d{1,3}(?:\.\d{1,6})?)|G\.PRY\s*\([^,)]{1,12},[^,)]{1,12},\s*([-+]?\d{1,3}(?:\.\d{1,6})?)")
_DATE = re.compile(r"(\d{4})[.\-/](\d{1,2})[.\-/](\d{1,2})[ T]{1,4}(\d{1,2}):(\d\d):(\d\d)(?:[,.](\d{1,3}))?")
_MARKS = re.compile(r"\b(?:GPS|HOME)\s*\(\s*[-+\d]|\blatitude\s*:\s*[-+\d]|\[iso\s*:|(?:Frame|Srt)Cnt\s*:", re.IGNORECASE)
# A distance says nothing of the order of the axes while it is within a few steps of the notation (4 decimals are 11 m).
_MIN_DISTANCE_M = 50.0


class Certainty(StrEnum):
    """How sure the order of latitude and longitude is."""

    CERTAIN = "certain"
    SUPPORTED = "supported"
    ASSUMED = "assumed"


class AxisOrder(Struct, frozen=True, kw_only=True):
    """Which number of `GPS(a, b)` is the latitude, how sure that is, and what it rests on."""

    latitude_first: bool
    certainty: Certainty
    why: str


class FlightLog(Struct, frozen=True, kw_only=True):
    """What the cues say: readings in the order of time, the first time of the drone's local clock, the gimbal's yaw in degrees.

    `local_at_s` is where in the footage that time stands.
    """

    fixes: tuple[Fix, ...]
    order: AxisOrder | None
    local: dt.datetime | None
    local_at_s: float
    yaw_deg: tuple[float, ...]


class _Reading(Struct):
    time_s: float
    text: str
    a: str
    b: str
    labelled: bool
    metres: bool


def looks_like_flight_text(text: str) -> bool:
    """Whether a cue has the marks of DJI's flight text; ordinary subtitles have none of them."""
    return _MARKS.search(text) is not None


def parse_cues(cues: Iterable[Cue], known: tuple[float, float] | None = None) -> FlightLog:
    """Read flight text; `known` is the container's own position (lat_deg, lon_deg), which can tell the axes apart.

    A cue without a time takes it from its date, counted from the first date. A pair of zeros is a reading without a fix.
    """
    listed = list(cues)
    step = -(-len(listed) // MAX_CUES_READ) or 1
    readings: list[_Reading] = []
    yaws: list[float] = []
    local: dt.datetime | None = None
    local_at_s = 0.0
    for cue in listed[::step]:
        date = _read_date(cue.text) if local is None or cue.time_s is None else None
        if local is None and date is not None:
            local, local_at_s = date, cue.time_s or 0.0
        time_s = cue.time_s
        if time_s is None:
            if date is None or local is None:
                continue
            time_s = (date - local).total_seconds()
        yaw = _YAW.search(cue.text)
        if yaw:
            yaws.append(float(yaw[1] or yaw[2]))
        reading = _read_pair(cue.text, time_s)
        if reading:
            readings.append(reading)
    pairs = [reading for reading in readings if not reading.labelled]
    order = _decide_order(pairs, known) if pairs else None
    fixes = tuple(_fix(reading, order) for reading in readings)
    return FlightLog(fixes=fixes, order=order, local=local, local_at_s=local_at_s, yaw_deg=tuple(yaws))


def steady_yaw(yaw_deg: Sequence[float], within_deg: float) -> float | None:
    """The mean direction, 0–360, of angles that all lie within `within_deg` of it; `None` where the camera turned."""
    if not yaw_deg:
        return None
    east = sum(math.sin(math.radians(angle)) for angle in yaw_deg)
    north = sum(math.cos(math.radians(angle)) for angle in yaw_deg)
    mean = math.degrees(math.atan2(east, north))
    if any(abs((angle - mean + 180.0) % 360.0 - 180.0) > within_deg for angle in yaw_deg):
        return None
    # A hair below north must not come out as 360.
    return round(mean, 6) % 360.0


def _read_pair(text: str, time_s: float) -> _Reading | None:
    lat, lon = _LATITUDE.search(text), _LONGITUDE.search(text)
    if lat and lon:
        return _Reading(time_s, text, lat[1], lon[1], True, False)
    pair = _PAIR.search(text)
    return _Reading(time_s, text, pair[1], pair[2], False, pair[3] is not None) if pair else None


def _read_date(text: str) -> dt.datetime | None:
    match = _DATE.search(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    millisecond = int((match[7] or "0").ljust(3, "0"))
    try:
        return dt.datetime(year, month, day, hour, minute, second, millisecond * 1000)
    except ValueError:
        return None


def _fix(reading: _Reading, order: AxisOrder | None) -> Fix:
    a, b = float(reading.a), float(reading.b)
    lat, lon = (a, b) if reading.labelled or (order is not None and order.latitude_first) else (b, a)
    decimals = min(len(text.partition(".")[2]) for text in (reading.a, reading.b))
    altitude = _ALTITUDE.search(reading.text)
    return Fix(
        time_s=reading.time_s,
        lat_deg=lat,
        lon_deg=lon,
        fixed=a != 0.0 or b != 0.0,
        alt_m=float(altitude[1]) if altitude else None,
        resolution_m=resolution_from_decimals(decimals),
    )


def _decide_order(pairs: Sequence[_Reading], known: tuple[float, float] | None) -> AxisOrder:
    """Tell which number is the latitude: by range, by the container's position, by the flown distance, else by notation."""
    usable = [pair for pair in pairs if float(pair.a) != 0.0 or float(pair.b) != 0.0] or list(pairs)
    if any(abs(float(pair.a)) > 90.0 for pair in usable):
        return AxisOrder(latitude_first=False, certainty=Certainty.CERTAIN, why="the first number exceeds 90")
    if any(abs(float(pair.b)) > 90.0 for pair in usable):
        return AxisOrder(latitude_first=True, certainty=Certainty.CERTAIN, why="the second number exceeds 90")
    return _order_by_known(usable, known) or _order_by_distance(usable) or _order_by_notation(usable)


def _order_by_known(pairs: Sequence[_Reading], known: tuple[float, float] | None) -> AxisOrder | None:
    if known is None:
        return None
    a, b = float(pairs[0].a), float(pairs[0].b)
    as_given_m, _ = measure(a, b, *known)
    swapped_m, _ = measure(b, a, *known)
    near_m, far_m = sorted((as_given_m, swapped_m))
    # A drone stays within radio range of where the recording began; the mistaken order must lie well beyond it.
    if near_m > 15_000.0 or far_m < 10.0 * max(near_m, 5_000.0):
        return None
    why = f"the file's own position is {near_m / 1000.0:.1f} km away in this order and {far_m / 1000.0:.0f} km in the other"
    return AxisOrder(latitude_first=as_given_m < swapped_m, certainty=Certainty.CERTAIN, why=why)


def _order_by_distance(pairs: Sequence[_Reading]) -> AxisOrder | None:
    """A degree of longitude is shorter than one of latitude: only the right order gives the distance that the drone states."""
    misses: tuple[list[float], list[float]] = ([], [])
    for pair in pairs[:: -(-len(pairs) // 200)]:
        home, stated = _HOME.search(pair.text), _DISTANCE.search(pair.text)
        if home is None or stated is None or float(stated[1]) < _MIN_DISTANCE_M:
            continue
        a, b, home_a, home_b = float(pair.a), float(pair.b), float(home[1]), float(home[2])
        if abs(home_a) > 90.0 or abs(home_b) > 90.0:
            continue
        for latitude_first, miss in enumerate(misses):
            ends = (a, b, home_a, home_b) if latitude_first else (b, a, home_b, home_a)
            miss.append(abs(measure(*ends)[0] / float(stated[1]) - 1.0))
    if len(misses[0]) < 3:
        return None
    second, first = median(misses[0]), median(misses[1])
    better, worse = min(first, second), max(first, second)
    if better > 0.05 or worse < 3.0 * better + 0.02:
        return None
    why = f"the distance from home agrees within {better:.1%} in this order and is {worse:.0%} off in the other"
    return AxisOrder(latitude_first=first < second, certainty=Certainty.SUPPORTED, why=why)


def _order_by_notation(pairs: Sequence[_Reading]) -> AxisOrder:
    # Of the models whose text is known, only the one that writes its altitude with the letter M puts the latitude first.
    if pairs[0].metres:
        why = "only the model that writes the altitude with an M puts latitude first"
        return AxisOrder(latitude_first=True, certainty=Certainty.ASSUMED, why=why)
    why = "every other known model writes longitude first"
    return AxisOrder(latitude_first=False, certainty=Certainty.ASSUMED, why=why)
