"""Coordinates in running text: decimal degrees and degrees-minutes-seconds, with hemispheres in several languages."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from geoverify.model import Position

# A degree of latitude on the mean sphere (IUGG radius 6,371,009 m).
DEGREE_M = 111_195.0
# Decimals that a pair without hemispheres must have: two bare numbers with fewer are sizes, prices, versions.
_BARE_DECIMALS = 4
_N, _S, _E, _W = ("lat", 1.0), ("lat", -1.0), ("lon", 1.0), ("lon", -1.0)
# Hemispheres as they stand beside coordinates: English, Spanish, French, German, Russian, Chinese, Vietnamese, Thai, Khmer,
# Lao and Arabic. A lone O is west in Spanish and French and east in German: see `_LETTER_O`.
_HEMISPHERES: dict[str, tuple[str, float]] = {
    **dict.fromkeys(("n", "north", "norte", "nord", "с", "с.ш.", "с. ш.", "北纬", "北緯", "北", "bắc", "b", "เหนือ", "ជើង"), _N),
    **dict.fromkeys(("s", "south", "sur", "sud", "süd", "ю", "ю.ш.", "ю. ш.", "南纬", "南緯", "南", "nam", "ใต้", "ត្បូង"), _S),
    **dict.fromkeys(("e", "east", "este", "est", "ost", "в", "в.д.", "в. д.", "东经", "東經", "东", "東", "đông", "đ"), _E),
    **dict.fromkeys(("w", "west", "oeste", "ouest", "з", "з.д.", "з. д.", "西经", "西經", "西", "tây", "t"), _W),
    **dict.fromkeys(("شمال", "شمالا", "شمالاً", "ເໜືອ"), _N),
    **dict.fromkeys(("جنوب", "جنوبا", "جنوباً", "ໃຕ້"), _S),
    **dict.fromkeys(("شرق", "شرقا", "شرقاً", "ตะวันออก", "កើត", "ຕາເວັນອອກ"), _E),
    **dict.fromkeys(("غرب", "غربا", "غرباً", "ตะวันตก", "លិច", "ຕາເວັນຕົກ"), _W),
}
_LETTER_O = {"de": _E, "es": _W, "fr": _W, "pt": _W, "it": _W}
# In Vietnamese N is nam, south; only its letters for east and west tell that it is meant.
_VIETNAMESE = frozenset(("b", "đ", "t"))
_SIGNS = str.maketrans(
    {
        **dict.fromkeys("−–﹣－", "-"),
        **dict.fromkeys("’′ʹ‘＇分", "'"),
        **dict.fromkeys("”″“＂秒", '"'),
        **dict.fromkeys("º˚度∘", "°"),
        **dict.fromkeys("，、؛،；", ","),
        **dict.fromkeys("\u00a0\u202f\u2009\u3000", " "),
        "．": ".",
        "٫": ".",
        **dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u202a\u202b\u202c\u2066\u2067\u2068\u2069", None),
    }
)
_WORDS = "|".join(re.escape(word) for word in sorted([*_HEMISPHERES, "o"], key=len, reverse=True))
_ANGLE = rf"""
    (?:(?P<before{{0}}>{_WORDS})[\s:.]{{{{0,2}}}})?
    (?P<degrees{{0}}>[+-]?\d{{{{1,3}}}}(?:[.,]\d{{{{1,12}}}})?)\s?
    (?:(?P<sign{{0}}>°)\s?)?
    (?:(?P<minutes{{0}}>\d{{{{1,2}}}}(?:[.,]\d{{{{1,8}}}})?)\s?'\s?)?
    (?:(?P<seconds{{0}}>\d{{{{1,2}}}}(?:[.,]\d{{{{1,6}}}})?)\s?(?:"|'')\s?)?
    (?(before{{0}})|(?P<after{{0}}>(?:{_WORDS})(?![^\W\d_]))?)
"""
_PAIR = re.compile(
    rf"(?<![\w.,+-]){_ANGLE.format(1)}\s{{0,2}}[,;/|\s]\s{{0,2}}{_ANGLE.format(2)}(?![\d°]|[.,]\d)",
    re.VERBOSE | re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")
# What people write between a coordinate's two halves and that says no more than a comma.
_LABELS = re.compile(
    r"\b(?:lat(?:itude?|itud)?|lon(?:g|gitude?|gitud)?|lng|vĩ độ|kinh độ|широта|долгота)\b[\s:=.]{0,3}", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A position in words, the words themselves, and the notation that they are in."""

    position: Position
    raw: str
    notation: str


def tidy(text: str) -> str:
    """Write digits of any script as ASCII, and the many signs for degrees, minutes, minus and comma as one each."""
    plain = text.translate(_SIGNS)
    if plain.isascii():
        return plain
    return "".join(str(unicodedata.digit(char)) if char.isdecimal() else char for char in unicodedata.normalize("NFC", plain))


def find_coordinates(text: str, lang: str | None = None) -> Iterator[Found]:
    """Yield the pairs of coordinates in a tidied text; without hemispheres latitude comes first and both have four decimals."""
    if _DIGIT.search(text) is None:
        return
    for match in _PAIR.finditer(_LABELS.sub("", text)):
        position = _read_pair(match, lang)
        if position is not None:
            notation = "degrees and minutes" if match["minutes1"] else "decimal degrees"
            yield Found(position=position, raw=match[0].strip(), notation=notation)


def make_position(lat_deg: float, lon_deg: float, resolution_m: float, error_m: float | None = None) -> Position | None:
    """A position, or nothing where there is no such place or it is the null island of empty fields."""
    if not (abs(lat_deg) <= 90.0 and abs(lon_deg) <= 180.0) or (lat_deg == 0.0 and lon_deg == 0.0):
        return None
    return Position(lat_deg=lat_deg, lon_deg=lon_deg, resolution_m=resolution_m, horizontal_error_m=error_m)


def step_of(number: str) -> float:
    """The step of a decimal number's notation: 0.001 for `11.078`."""
    _, _, decimals = number.replace(",", ".").partition(".")
    return float(10.0 ** -len(decimals))


def _read_pair(match: re.Match[str], lang: str | None) -> Position | None:
    words = [(match[f"before{side}"] or match[f"after{side}"] or "").lower() for side in "12"]
    if bool(words[0]) != bool(words[1]):
        return None
    angles = [_read_angle(match, side) for side in "12"]
    if angles[0] is None or angles[1] is None:
        return None
    (first, step), (second, other_step) = angles[0], angles[1]
    resolution_m = max(step, other_step) * DEGREE_M
    if not words[0]:
        is_clear = all(step_of(match[f"degrees{side}"]) <= 10.0**-_BARE_DECIMALS or match[f"minutes{side}"] for side in "12")
        is_dotted = all("," not in match[f"degrees{side}"] for side in "12")
        return make_position(first, second, resolution_m) if is_clear and is_dotted else None
    is_written = all("." in match[f"degrees{side}"] or "," in match[f"degrees{side}"] or match[f"sign{side}"] for side in "12")
    axes = [_read_hemisphere(word, words, lang) for word in words]
    if not is_written or axes[0] is None or axes[1] is None or min(first, second) < 0.0:
        return None
    found = {axis: turn * angle for (axis, turn), angle in zip((axes[0], axes[1]), (first, second), strict=True)}
    return make_position(found["lat"], found["lon"], resolution_m) if len(found) == 2 else None


def _read_hemisphere(word: str, words: list[str], lang: str | None) -> tuple[str, float] | None:
    if word == "o":
        return _LETTER_O.get((lang or "").lower()[:2])
    if word == "n" and not _VIETNAMESE.isdisjoint(words):
        return _S
    return _HEMISPHERES.get(word)


def _read_angle(match: re.Match[str], side: str) -> tuple[float, float] | None:
    """Degrees and the step of their notation."""
    whole = match[f"degrees{side}"].replace(",", ".")
    minutes, seconds = ((match[f"{name}{side}"] or "").replace(",", ".") for name in ("minutes", "seconds"))
    if (minutes or seconds) and ("." in whole or not match[f"sign{side}"]):
        return None
    if float(minutes or 0.0) >= 60.0 or float(seconds or 0.0) >= 60.0 or (seconds and not minutes):
        return None
    step = step_of(seconds) / 3600.0 if seconds else step_of(minutes) / 60.0 if minutes else step_of(whole)
    size = abs(float(whole)) + float(minutes or 0.0) / 60.0 + float(seconds or 0.0) / 3600.0
    return math.copysign(size, -1.0 if whole.startswith("-") else 1.0), step
