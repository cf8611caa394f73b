"""Positions in text by the names of grid cells: MGRS, Plus Codes, and geohashes that call themselves so."""

from __future__ import annotations

import re
from collections.abc import Iterator

from geoverify.words.coordinates import DEGREE_M, Found, make_position

# NGA STND.0037, MGRS: zone, band, square, then as many digits of easting as of northing. Two pairs at most say 1 km.
_MGRS = re.compile(
    r"(?<![A-Za-z0-9])(\d{1,2})\s?([C-HJ-NP-X])\s?([A-HJ-NP-Z][A-HJ-NP-V])\s?"
    r"(?:(\d{5})\s?(\d{5})|(\d{4})\s?(\d{4})|(\d{3})\s?(\d{3}))(?!\d)"
)
# The Open Location Code specification: base 20 over degrees, then cells of 4 × 5.
_PLUS_DIGITS = "23456789CFGHJMPQRVWX"
_PLUS = re.compile(rf"(?<![A-Za-z0-9])([{_PLUS_DIGITS}]{{8}})\+([{_PLUS_DIGITS}]{{2,7}})(?![A-Za-z0-9])", re.IGNORECASE)
_SHORT_PLUS = re.compile(
    rf"(?<![A-Za-z0-9+])([{_PLUS_DIGITS}]{{4}}|[{_PLUS_DIGITS}]{{6}})\+([{_PLUS_DIGITS}]{{2,3}})(?![A-Za-z0-9])"
)
_PLUS_ROWS, _PLUS_COLUMNS = 5, 4
# Niemeyer's alphabet. Any word can be a geohash: only one that is called so, or stands in a link to geohash.org, is read.
_GEOHASH_DIGITS = "0123456789bcdefghjkmnpqrstuvwxyz"
_GEOHASH = re.compile(rf"geohash(?:\.org/|\s?[:=]?\s?)([{_GEOHASH_DIGITS}]{{6,12}})(?![a-z0-9])", re.IGNORECASE)


def find_grid_cells(text: str) -> Iterator[Found]:
    """Yield the middle of each named cell in a tidied text, with the cell's larger side as its resolution."""
    yield from _find_mgrs(text)
    for match in _PLUS.finditer(text):
        yield from _make(*decode_plus_code(f"{match[1]}{match[2]}"), match[0], "Plus Code")
    for match in _GEOHASH.finditer(text):
        yield from _make(*_decode_geohash(match[1].lower()), match[0], "geohash")


def find_short_plus_codes(text: str) -> list[str]:
    """Return the Plus Codes that say nothing without a place near which they are meant, such as `8C4Q+PV`."""
    return [match[0] for match in _SHORT_PLUS.finditer(text)] if "+" in text else []


def recover_plus_code(short: str, lat_deg: float, lon_deg: float) -> tuple[float, float, float]:
    """Return the middle of the cell that a short code names nearest to a place, and its larger side in metres."""
    digits = short.upper().replace("+", "")
    missing = 8 - short.index("+")
    step = 20.0 ** (2 - missing // 2)
    best: tuple[float, float, float] | None = None
    for row in (-step, 0.0, step):
        for column in (-step, 0.0, step):
            lat, lon = min(max(lat_deg + row, -89.999), 89.999), (lon_deg + column + 180.0) % 360.0 - 180.0
            cell = decode_plus_code(_encode_pairs(lat, lon)[:missing] + digits)
            if best is None or _apart(cell, lat_deg, lon_deg) < _apart(best, lat_deg, lon_deg):
                best = cell
    assert best is not None
    return best


def decode_plus_code(digits: str) -> tuple[float, float, float]:
    """Return the middle of a full code's cell (without its plus sign), and its larger side in metres."""
    values = [_PLUS_DIGITS.index(char) for char in digits.upper()]
    lat_deg, lon_deg, height, width = -90.0, -180.0, 400.0, 400.0
    for row, column in zip(values[:10:2], values[1:10:2], strict=True):
        height, width = height / 20.0, width / 20.0
        lat_deg, lon_deg = lat_deg + row * height, lon_deg + column * width
    for value in values[10:]:
        height, width = height / _PLUS_ROWS, width / _PLUS_COLUMNS
        lat_deg, lon_deg = lat_deg + value // _PLUS_COLUMNS * height, lon_deg + value % _PLUS_COLUMNS * width
    return lat_deg + height / 2.0, lon_deg + width / 2.0, max(height, width) * DEGREE_M


def _encode_pairs(lat_deg: float, lon_deg: float) -> str:
    lat, lon, step, digits = lat_deg + 90.0, lon_deg + 180.0, 20.0, ""
    for _ in range(4):
        digits += _PLUS_DIGITS[int(lat / step) % 20] + _PLUS_DIGITS[int(lon / step) % 20]
        step /= 20.0
    return digits


def _apart(cell: tuple[float, float, float], lat_deg: float, lon_deg: float) -> float:
    return max(abs(cell[0] - lat_deg), abs((cell[1] - lon_deg + 180.0) % 360.0 - 180.0))


def _find_mgrs(text: str) -> Iterator[Found]:
    for match in _MGRS.finditer(text):
        from mgrs import MGRS

        easting, northing = (group for group in match.groups()[3:] if group is not None)
        step_m = 10.0 ** (5 - len(easting))
        try:
            # The library gives a cell's south-west corner: a further digit 5 is the middle of a cell of 10 m and more.
            half = "5" if step_m > 1.0 else ""
            lat_deg, lon_deg = MGRS().toLatLon(f"{match[1]}{match[2]}{match[3]}{easting}{half}{northing}{half}")
        except Exception:  # noqa: S112 - the library raises bare exceptions for squares that do not exist
            continue
        yield from _make(lat_deg, lon_deg, step_m, match[0], "MGRS")


def _decode_geohash(code: str) -> tuple[float, float, float]:
    spans = [[-180.0, 180.0], [-90.0, 90.0]]
    for number in range(5 * len(code)):
        bit = _GEOHASH_DIGITS.index(code[number // 5]) >> (4 - number % 5) & 1
        span = spans[number % 2]
        span[1 - bit] = sum(span) / 2.0
    (west, east), (south, north) = spans
    return (south + north) / 2.0, (west + east) / 2.0, max(east - west, north - south) * DEGREE_M


def _make(lat_deg: float, lon_deg: float, resolution_m: float, raw: str, notation: str) -> Iterator[Found]:
    position = make_position(lat_deg, lon_deg, resolution_m)
    if position is not None:
        yield Found(position=position, raw=raw, notation=notation)
