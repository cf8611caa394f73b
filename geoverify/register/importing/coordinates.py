"""Coordinates as people type them into tables: decimal degrees, decimal commas, hemisphere letters, degrees-minutes-seconds."""

from __future__ import annotations

import math
import re

_DEGREE_SIGNS = str.maketrans({"−": "-", "’": "'", "′": "'", "”": '"', "″": '"', "º": "°", "˚": "°", "\u00a0": " "})
_ANGLE = re.compile(
    r"""\s*(?P<before>[NSEW])?\s*
    (?P<degrees>[+-]?\d{1,9}(?:[.,]\d{1,20})?)\s*°?\s*
    (?:(?P<minutes>\d{1,2}(?:[.,]\d{1,15})?)\s*'\s*)?
    (?:(?P<seconds>\d{1,2}(?:[.,]\d{1,15})?)\s*(?:"|'')\s*)?
    (?P<after>[NSEW])?\s*""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_PAIR = re.compile(r"(?P<first>[^,;\s]+(?:\s?°?\s?[NSEW])?)\s*[,;\s]\s*(?P<second>[^,;\s]+(?:\s?°?\s?[NSEW])?)", re.IGNORECASE)


def parse_angle(text: str, hemispheres: str) -> float:
    """Return degrees, or metres of a projected system; `hemispheres` is `NS` or `EW`. Raises `ValueError`."""
    match = _ANGLE.fullmatch(text.translate(_DEGREE_SIGNS))
    if match is None:
        raise ValueError(f"{text[:60]!r} is not a coordinate")
    letter = (match["before"] or match["after"] or "").upper()
    if letter and (letter not in hemispheres or (match["before"] and match["after"])):
        raise ValueError(f"{text[:60]!r} has the hemisphere {letter}, not one of {hemispheres}")
    degrees, minutes, seconds = (float((match[name] or "0").replace(",", ".")) for name in ("degrees", "minutes", "seconds"))
    if minutes >= 60.0 or seconds >= 60.0:
        raise ValueError(f"{text[:60]!r} has 60 or more minutes or seconds")
    if letter and degrees < 0.0:
        raise ValueError(f"{text[:60]!r} has both a sign and a hemisphere")
    negative = letter in ("S", "W") or match["degrees"].startswith("-")
    return math.copysign(abs(degrees) + minutes / 60.0 + seconds / 3600.0, -1.0 if negative else 1.0)


def parse_pair(text: str) -> tuple[float, float]:
    """Return latitude and longitude of one cell such as `11.0780, 106.1698`; raises `ValueError`."""
    match = _PAIR.fullmatch(text.strip()[:200])
    if match is None:
        raise ValueError(f"{text[:60]!r} is not a pair of coordinates")
    return parse_angle(match["first"], "NS"), parse_angle(match["second"], "EW")
