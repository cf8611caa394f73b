"""Numbers, coordinates and dates as XMP writes them (XMP specification, part 1 §8 and part 2, "exif namespace")."""

from __future__ import annotations

import datetime as dt
import math
import re

from msgspec import Struct

from geoverify.containers.iso8601 import parse_iso8601
from geoverify.errors import MalformedError
from geoverify.model import CaptureTime, Clock, Reason, TimeMeaning
from geoverify.speech import ConflictError, UnusableError

MAX_CHARS = 96
_DECIMAL = r"\d{1,17}(?:\.\d{0,20})?(?:[eE][+-]\d{1,3})?"
_RATIO = rf"{_DECIMAL}(?:\s?/\s?\d{{1,17}})?"
_NUMBER = re.compile(rf"([+-]?)\s?({_DECIMAL})(?:\s?/\s?(\d{{1,17}}))?\s?(?:m|mm|deg|°)?", re.ASCII)
# "DDD,MM,SSk" and "DDD,MM.mmk" are the standard's forms; blanks, symbols and rationals in their place are other writers'.
_COORDINATE = re.compile(
    rf"(?P<lead>[NSEW])?\s?(?P<sign>[+-])?\s?(?P<numbers>{_RATIO}(?:\s*(?:[,;:°º'′’\"″”]|deg|\s)\s*{_RATIO}){{0,2}})"
    r"\s*[°º'′’\"″”]{0,2}\s*(?P<trail>[NSEW]|north|south|east|west)?",
    re.ASCII | re.IGNORECASE,
)
_PART = re.compile(_RATIO, re.ASCII)
_SIGNS = {"N": 1.0, "E": 1.0, "S": -1.0, "W": -1.0}
_AXES = {"N": "latitude", "S": "latitude", "E": "longitude", "W": "longitude"}
_LIMITS = {"latitude": 90.0, "longitude": 180.0}
_DAY = re.compile(r"(\d{4})(?:[-:/](\d\d)(?:[-:/](\d\d))?)?", re.ASCII)
_MINUTE = re.compile(r".*[T ]\d\d:\d\d\s?(?:Z|[+-]\d\d:?\d\d)?", re.ASCII)
_DAY_S = 86_400.0


class Coordinate(Struct, frozen=True, kw_only=True):
    """Degrees without a sign, the step of their notation, and the sign where it is stated; `has_letter`: by a letter."""

    degrees: float
    step_deg: float
    sign: float | None
    has_letter: bool
    is_decimal: bool


def parse_number(text: str, name: str) -> float:
    """Read a decimal number or a rational, with a unit behind it or without; raises `UnusableError` for anything else."""
    match = _NUMBER.fullmatch(text.strip()[:MAX_CHARS])
    if match is None:
        raise UnusableError(Reason.NOT_A_NUMBER, f"{name}: {text[:MAX_CHARS]!r} is no number")
    divisor = float(match[3] or 1)
    if divisor == 0.0:
        raise UnusableError(
            Reason.NOT_A_NUMBER, f"{name}: {text[:MAX_CHARS]!r} has a zero denominator, which stands for “unknown”"
        )
    value = float(match[2]) / divisor
    if not math.isfinite(value):
        raise UnusableError(Reason.OUT_OF_RANGE, f"{name}: {text[:MAX_CHARS]!r} is too large")
    return -value if match[1] == "-" else value


def parse_coordinate(text: str, ref: str, name: str, axis: str) -> Coordinate:
    """Read a latitude or longitude with everything that states its hemisphere: a sign, a letter, a separate reference.

    `axis` is "latitude" or "longitude". Raises `UnusableError` for what is no coordinate, and `ConflictError` where two of the
    three statements of the hemisphere exclude each other.
    """
    shown = f"{name}: {text[:MAX_CHARS]!r}"
    match = _COORDINATE.fullmatch(text.strip()) if len(text) <= MAX_CHARS else None
    if match is None:
        raise UnusableError(Reason.NOT_A_NUMBER, f"{shown} is no {axis}")
    parts = [_split_ratio(part) for part in _PART.findall(match["numbers"])]
    if any(den == 0.0 for _, den, _ in parts):
        raise UnusableError(Reason.NOT_A_NUMBER, f"{shown} has a zero denominator, which stands for “unknown”")
    values = [num / den for num, den, _ in parts]
    _check_parts(values, shown, axis)
    letters = _letters(match, ref, shown, name, axis)
    signs = {_SIGNS[letter] for letter in letters}
    if match["sign"]:
        signs.add(-1.0 if match["sign"] == "-" else 1.0)
    if len(signs) > 1:
        raise ConflictError(
            Reason.MISSING_REFERENCE,
            f"{shown} with {name}Ref {ref[:20]!r} names both hemispheres; which one is meant is not known",
        )
    return Coordinate(
        degrees=sum(value / 60.0**power for power, value in enumerate(values)),
        step_deg=_measure_step(parts),
        sign=signs.pop() if signs else None,
        has_letter=bool(letters),
        is_decimal=len(values) == 1,
    )


def join_coordinates(lat: Coordinate, lon: Coordinate) -> tuple[float, float, float]:
    """Return latitude, longitude and the coarser of their steps on the ground, all in degrees.

    Plain decimal degrees need no letter: north and east are positive. Where only one of the two has a letter, the writer does
    write them, and the other's is lost. Raises `UnusableError` where a hemisphere is not known.
    """
    for axis, mine, other in (("latitude", lat, lon), ("longitude", lon, lat)):
        if mine.sign is None and (other.has_letter or not mine.is_decimal):
            detail = f"nothing states the hemisphere of the {axis} in {lat.degrees:.6f}, {lon.degrees:.6f} (without signs)"
            raise UnusableError(Reason.MISSING_REFERENCE, detail)
    lat_deg, lon_deg = lat.degrees * (lat.sign or 1.0), lon.degrees * (lon.sign or 1.0)
    return lat_deg, lon_deg, max(lat.step_deg, lon.step_deg * math.cos(math.radians(lat_deg)))


def parse_time(text: str, name: str, clock: Clock, meaning: TimeMeaning) -> CaptureTime:
    """Read a date in XMP's subset of ISO 8601, from a bare year on; raises `UnusableError` for anything else.

    A time of day without seconds has a resolution of a minute, a bare date, month or year that of its length, given as its first
    instant.
    """
    text = text.strip()[:MAX_CHARS]
    day = _DAY.fullmatch(text)
    try:
        if day:
            first = dt.datetime(int(day[1]), int(day[2] or 1), int(day[3] or 1))
            resolution_s = _DAY_S if day[3] else 31 * _DAY_S if day[2] else 366 * _DAY_S
            return CaptureTime(local=first, resolution_s=resolution_s, clock=clock, meaning=meaning)
        moment = parse_iso8601(re.sub(r"(?:GMT|UTC)(?=[+-]\d)", "", text))
    except (MalformedError, ValueError) as error:
        raise UnusableError(Reason.NOT_A_DATE, f"{name}: {text!r} is no date ({error})") from error
    return CaptureTime(
        instant_utc=moment.instant_utc,
        local=moment.local,
        offset_minutes=moment.offset_minutes,
        resolution_s=60.0 if _MINUTE.fullmatch(text) else None,
        clock=clock,
        meaning=meaning,
    )


def _split_ratio(text: str) -> tuple[float, float, float]:
    """Numerator, denominator, and the step of the notation."""
    num, _, den = text.replace(" ", "").partition("/")
    mantissa, _, exponent = num.lower().partition("e")
    step = 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))
    return float(num), float(den or 1), step / (float(den or 1) or 1.0)


def _check_parts(values: list[float], shown: str, axis: str) -> None:
    if any(value != math.floor(value) and any(values[power + 1 :]) for power, value in enumerate(values)):
        raise UnusableError(Reason.NOT_A_NUMBER, f"{shown} has a fraction before its last part")
    # A minute or second that rounding carried to exactly 60 is taken as such; anything above is damage, or a decimal comma.
    if any(value > 60.0 for value in values[1:]):
        raise UnusableError(Reason.OUT_OF_RANGE, f"{shown} has more than 60 minutes or seconds")
    if sum(value / 60.0**power for power, value in enumerate(values)) > _LIMITS[axis]:
        raise UnusableError(Reason.OUT_OF_RANGE, f"{shown} is over {_LIMITS[axis]:.0f} degrees")


def _letters(match: re.Match[str], ref: str, shown: str, name: str, axis: str) -> list[str]:
    given = [found for found in (match["lead"], match["trail"]) if found]
    stated = ref.strip().upper()
    if stated:
        if stated.split()[0] not in ("N", "S", "E", "W", "NORTH", "SOUTH", "EAST", "WEST"):
            raise UnusableError(Reason.MISSING_REFERENCE, f"{name}Ref is {ref[:20]!r}: the hemisphere is not known")
        given.append(stated)
    letters = [found[0].upper() for found in given]
    if any(_AXES[letter] != axis for letter in letters):
        raise UnusableError(Reason.MISSING_REFERENCE, f"{shown} with {name}Ref {ref[:20]!r}: a {axis} has no such hemisphere")
    return letters


def _measure_step(parts: list[tuple[float, float, float]]) -> float:
    """The step of the finest part in use: seconds of 0/1 behind fine minutes are not."""
    used = len(parts)
    while used > 1 and parts[used - 1][0] == 0.0 and parts[used - 2][2] < 1.0:
        used -= 1
    return min(step / 60.0**power for power, (_, _, step) in enumerate(parts[:used]))
