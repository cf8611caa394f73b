"""Geographic points as text: ISO 6709:2008 annex H, with what devices write in its name."""

from __future__ import annotations

import re

from msgspec import Struct

from geoverify.errors import MalformedError

# Decimal commas are as good as points (annex H); the signs alone keep the numbers apart.
_POINT = re.compile(
    r"([+-])(\d{1,6})(?:[.,](\d{0,15}))?\s*"
    r"([+-])(\d{1,7})(?:[.,](\d{0,15}))?\s*"
    r"([+-]\d{1,7}(?:[.,]\d{0,15})?)?\s*"
    r"(?:CRS([^/]{1,64}?))?\s*/?",
    re.ASCII,
)
# Digits before the decimal point of latitude and longitude, and how many of each sixtieth they hold (annex H.3).
_FORMS = {(4, 5): 1, (6, 7): 2}
_SHOWN_CHARS = 60


class GeographicPoint(Struct, frozen=True, kw_only=True):
    """A point as it was written; `height_m` as the reference system counts it, `crs` empty where none is named.

    The steps are those of the notation: one unit of the last digit written, in degrees.
    """

    lat_deg: float
    lon_deg: float
    height_m: float | None
    crs: str
    lat_step_deg: float
    lon_step_deg: float


def parse_iso6709(text: str) -> GeographicPoint:
    """Read ±DD.D±DDD.D, ±DDMM.M±DDDMM.M or ±DDMMSS.S±DDDMMSS.S with optional height and CRS (ISO 6709:2008 annex H).

    The closing solidus may be missing and blanks may stand between the numbers. Ranges are not checked. Raises
    `MalformedError` for anything else.
    """
    match = _POINT.fullmatch(text.strip())
    if match is None:
        raise MalformedError(f"{text[:_SHOWN_CHARS]!r} is no ISO 6709 point")
    lat_sign, lat, lat_fraction, lon_sign, lon, lon_fraction, height, crs = match.groups(default="")
    digits = len(lat), len(lon)
    sixtieths = 0 if digits[0] <= 2 and digits[1] <= 3 else _FORMS.get(digits)
    if sixtieths is None:
        raise MalformedError(f"{text[:_SHOWN_CHARS]!r} has {digits[0]} and {digits[1]} digits, which is no form of ISO 6709")
    return GeographicPoint(
        lat_deg=_to_degrees(lat_sign, lat, lat_fraction, sixtieths),
        lon_deg=_to_degrees(lon_sign, lon, lon_fraction, sixtieths),
        height_m=float(height.replace(",", ".")) if height else None,
        crs=crs.strip(),
        lat_step_deg=10.0 ** -len(lat_fraction) / 60**sixtieths,
        lon_step_deg=10.0 ** -len(lon_fraction) / 60**sixtieths,
    )


def _to_degrees(sign: str, whole: str, fraction: str, sixtieths: int) -> float:
    """Return degrees from a number whose whole part ends in 0, 1 or 2 pairs of digits that count sixtieths."""
    cut = len(whole) - 2 * sixtieths
    groups = [whole[:cut], *(whole[at : at + 2] for at in range(cut, len(whole), 2))]
    groups[-1] += f".{fraction}"
    value = 0.0
    for place, group in enumerate(groups):
        part = float(group)
        if place and part >= 60:
            raise MalformedError(f"{sign}{whole}.{fraction} has {group} sixtieths of a degree or minute")
        value += part / 60**place
    return -value if sign == "-" else value
