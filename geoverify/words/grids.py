"""Positions in text by the names of grid cells: MGRS, Plus Codes, and geohashes that call themselves so."""

from __future__ import annotations

import re
from collections.abc import Iterator

from geoverify.words.coordinates import DEGREE_M, Found, make_position

# NGA STND.0037, MGRS: zone, band, square, then as many digits of easting as of northing. Fewer than four of each (10 m), or small
# letters, are read only where the words before say what they are: too much else looks like that.
_MGRS = re.compile(
    r"(?<![\w.,])(?P<label>(?:MGRS|USNG|grid(?:\s(?:ref(?:erence)?|zone|square))?)[\s:=.]{1,3})?"
    r"(?P<zone>\d{1,2})(?P<gap1>\s?)(?P<band>[C-HJ-NP-X])(?P<gap2>\s?)(?P<square>[A-HJ-NP-Z][A-HJ-NP-V])(?P<gap3>\s?)"
    r"(?P<digits>\d{2,5}\s?\d{2,5})(?!\w|[.,]\d)",
    re.IGNORECASE,
)
# The columns of squares repeat every three zones (NGA STND.0037, annex B).
_MGRS_COLUMNS = ("STUVWXYZ", "ABCDEFGH", "JKLMNPQR")
_MGRS_BANDS = "CDEFGHJKLMNPQRSTUVWX"
_MGRS_MIN_DIGITS = 4
# Bands are 8° high from 80° south; the square in which two meet is written with either.
_BAND_DEG, _FIRST_BAND_DEG, _SQUARE_DEG = 8.0, -80.0, 1.0
# The Open Location Code specification: base 20 over degrees, then cells of 4 × 5.
_PLUS_DIGITS = "23456789CFGHJMPQRVWX"
_PLUS = re.compile(rf"(?<![A-Za-z0-9])([{_PLUS_DIGITS}]{{8}})\+([{_PLUS_DIGITS}]{{2,7}})(?![A-Za-z0-9])", re.IGNORECASE)
_SHORT_PLUS = re.compile(
    rf"(?<![A-Za-z0-9+])([{_PLUS_DIGITS}]{{4}}|[{_PLUS_DIGITS}]{{6}})\+([{_PLUS_DIGITS}]{{2,3}})(?![A-Za-z0-9])", re.IGNORECASE
)
# A sum has no letter and two words have no digit; a code without the one or the other is rare (0.4 % and 5 % of all).
_MIXED = re.compile(r"(?=.*\d)(?=.*[A-Za-z])")
_PLUS_ROWS, _PLUS_COLUMNS = 5, 4
# Niemeyer's alphabet. Any word can be a geohash: read is what stands in a link to geohash.org, and what is called so and mixes
# letters and digits, as no word does.
_GEOHASH_DIGITS = "0123456789bcdefghjkmnpqrstuvwxyz"
_GEOHASH = re.compile(
    rf"geohash(?:\.org/([{_GEOHASH_DIGITS}]{{5,12}})"
    rf"|(?:\s?[:=]\s?(?=\w{{5}})|\s(?=\w{{6}}))(?=\d{{0,11}}[a-z])(?=[a-z]{{0,11}}\d)([{_GEOHASH_DIGITS}]{{5,12}}))(?![a-z0-9])",
    re.IGNORECASE,
)


def find_grid_cells(text: str) -> Iterator[Found]:
    """Yield the middle of each named cell in a tidied text, with the cell's larger side as its resolution."""
    yield from _find_mgrs(text)
    for match in _PLUS.finditer(text):
        yield from _make(*decode_plus_code(f"{match[1]}{match[2]}"), match[0], "Plus Code")
    for match in _GEOHASH.finditer(text):
        yield from _make(*_decode_geohash((match[1] or match[2]).lower()), match[0], "geohash")


def find_short_plus_codes(text: str) -> list[str]:
    """Return the Plus Codes that say nothing without a place near which they are meant, such as `8C4Q+PV`."""
    if "+" not in text:
        return []
    return [match[0].upper() for match in _SHORT_PLUS.finditer(text) if _MIXED.match(match[0])]


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
        halves = match["digits"].split()
        if len(halves) == 1:
            half = len(halves[0]) // 2
            halves = [halves[0][:half], halves[0][half:]]
        if len(halves[0]) != len(halves[1]) or not _is_mgrs(match, len(halves[0])):
            continue
        from mgrs import MGRS

        easting, northing = halves
        step_m = 10.0 ** (5 - len(easting))
        try:
            # The library gives a cell's south-west corner: a further digit 5 is the middle of a cell of 10 m and more.
            middle = "5" if step_m > 1.0 else ""
            cell = f"{match['zone']}{match['band']}{match['square']}".upper()
            lat_deg, lon_deg = MGRS().toLatLon(f"{cell}{easting}{middle}{northing}{middle}")
        except Exception:  # noqa: S112 - the library raises bare exceptions for squares that do not exist
            continue
        if _is_in_band(lat_deg, match["band"].upper()):
            yield from _make(lat_deg, lon_deg, step_m, match[0], "MGRS")


def _is_mgrs(match: re.Match[str], half_digits: int) -> bool:
    """Whether a match has the form and spaces of MGRS, a zone that exists and a square that lies in it."""
    zone, letters = int(match["zone"]), match["band"] + match["square"]
    # Spaces divide all parts, or only those further on: `15 USD 100000` is money.
    before_band, before_square, before_digits = (bool(match[name]) for name in ("gap1", "gap2", "gap3"))
    is_split = any(char.isspace() for char in match["digits"])
    if (before_band and not before_square) or ((before_square or is_split) and not before_digits):
        return False
    if not 1 <= zone <= 60 or match["square"][0].upper() not in _MGRS_COLUMNS[zone % 3]:
        return False
    return match["label"] is not None or (letters.isupper() and half_digits >= _MGRS_MIN_DIGITS)


def _is_in_band(lat_deg: float, band: str) -> bool:
    south_deg = _FIRST_BAND_DEG + _BAND_DEG * _MGRS_BANDS.index(band)
    # The last band is 12° high.
    north_deg = south_deg + _BAND_DEG if band != "X" else 84.0
    return south_deg - _SQUARE_DEG <= lat_deg <= north_deg + _SQUARE_DEG


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
