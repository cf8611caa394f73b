"""Coordinates in running text: decimal degrees and degrees-minutes-seconds, with hemispheres in several languages."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from geoverify.model import Position
from geoverify.words.hemispheres import (
    DOUBTFUL_LABEL,
    HEMISPHERES,
    LATITUDES,
    LETTER,
    LONGITUDES,
    Axis,
    read_hemisphere,
    write_units,
)

# A degree of latitude on the mean sphere (IUGG radius 6,371,009 m).
DEGREE_M = 111_195.0
# Decimals that a pair without hemispheres must have: two bare numbers with fewer are sizes, prices, versions.
_BARE_DECIMALS = 4
# Those of a pair that only single letters or labels mark: `S 11.5` is a size, `13.5 S` a telephone.
_LETTER_DECIMALS = 3
_SIGNS = str.maketrans(
    {
        **dict.fromkeys("−–﹣－", "-"),
        **dict.fromkeys("’′ʹ‘＇分", "'"),
        **dict.fromkeys("”″“＂秒", '"'),
        **dict.fromkeys("º˚度∘", "°"),
        **dict.fromkeys("，、؛،；", ","),
        **dict.fromkeys("\u00a0\u202f\u2009\u3000", " "),
        "．": ".",
        "：": ":",
        "٫": ".",
        **dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u202a\u202b\u202c\u2066\u2067\u2068\u2069", None),
    }
)
_LABEL = rf"""
    (?:(?P<label{{0}}>{LATITUDES}|{LONGITUDES})
    (?:\s?[,/&]?\s?(?P<header{{0}}>{LATITUDES}|{LONGITUDES}))?[\s:=.)]{{{{0,3}}}}(?:ที่|为|為)?\s?)?
"""
_ANGLE = rf"""
    {_LABEL}
    (?:(?P<before{{0}}>{HEMISPHERES})[\s:.]{{{{0,2}}}})?
    (?P<degrees{{0}}>[+-]?\d{{{{1,3}}}}(?:[.,]\d{{{{1,12}}}})?)\s?
    (?:(?P<sign{{0}}>°)\s?)?
    (?:(?P<minutes{{0}}>\d{{{{1,2}}}}(?:[.,]\d{{{{1,8}}}})?)\s?'\s?)?
    (?:(?P<seconds{{0}}>\d{{{{1,2}}}}(?:[.,]\d{{{{1,6}}}})?)\s?(?:"|'')\s?)?
    (?(before{{0}})|(?P<after{{0}}>(?:{HEMISPHERES})(?!{LETTER}))?)
"""
# As receivers show them, with spaces or colons for signs: `N11 04 40.8`, `N 11° 04.680`.
_PLAIN_ANGLE = rf"""
    {_LABEL}
    (?:(?P<before{{0}}>{HEMISPHERES})\s?)?
    (?P<degrees{{0}}>\d{{{{1,3}}}})(?P<sign{{0}}>\s?[°:]\s?|\s)
    (?P<minutes{{0}}>\d{{{{1,2}}}}(?:\.\d{{{{2,8}}}}|(?=['\s:]\s?\d)))
    (?:['\s:]\s?(?P<seconds{{0}}>\d{{{{1,2}}}}(?:\.\d{{{{1,6}}}})?)(?!\d))?\s?
    (?(before{{0}})|(?P<after{{0}}>(?:{HEMISPHERES})(?!{LETTER}))?)
"""
# A dash stands between halves where it can be no minus; with letters on either side nothing need.
_BETWEEN = r"""
    (?:\s{0,2}(?:[,;/|]|(?P<word>&|\b(?:and|und|y|et|и|và)\b|และ|និង|ແລະ|和|及|(?<=[^\d\s])\s?-|-(?=\s{0,2}[^\W\d_])))\s{0,2}
    |\s{1,5}|(?<=[^\s\d.,;°'"+-])|(?=[^\W\d_]))
"""
_PAIR, _PLAIN_PAIR = (
    re.compile(
        rf"(?<![\d_.,+-])(?<!{LETTER}){angle.format(1)}{_BETWEEN}{angle.format(2)}(?![\d°]|[.,]\d)", re.VERBOSE | re.IGNORECASE
    )
    for angle in (_ANGLE, _PLAIN_ANGLE)
)
_DIGIT = re.compile(r"\d")
_LATITUDE = re.compile(LATITUDES, re.IGNORECASE)
# ISO 4217, those that are traded most (BIS Triennial Survey 2022) and those of the region: rates have four decimals too.
_MONEY = (
    r"(?:[$€£¥฿៛₫₭₽%]|\b(?:USD|EUR|JPY|GBP|CNY|CNH|AUD|CAD|CHF|HKD|SGD|SEK|KRW|NOK|NZD|INR|MXN|TWD|ZAR|BRL|DKK|PLN|THB|ILS|IDR|CZK"
    r"|AED|TRY|HUF|CLP|SAR|PHP|MYR|COP|RUB|RON|PEN|BHD|BGN|ARS|KHR|VND|LAK|MMK|USDT|BTC|ETH)\b)"
)
_MONEY_BEFORE, _MONEY_BEHIND = re.compile(rf"{_MONEY}[\s:=]{{0,3}}$"), re.compile(rf"\s?{_MONEY}")
_MONEY_CHARS = 8


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
    """Yield the pairs of coordinates in a tidied text.

    Labels and hemispheres say which half is the latitude; without them it comes first, and both halves have four decimals.
    """
    if _DIGIT.search(text) is None:
        return
    text = write_units(text)
    for pattern in (_PLAIN_PAIR, _PAIR):
        at = 0
        rest: list[str] = []
        while (match := pattern.search(text, at)) is not None:
            position = _read_pair(match, lang)
            # What a number makes no pair with may still begin one.
            end = match.end("degrees1") if position is None else match.end()
            rest.append(text[at : match.start()] if position is not None else text[at:end])
            if position is not None:
                rest.append(" ; ")
                notation = "degrees and minutes" if match["minutes1"] else "decimal degrees"
                yield Found(position=position, raw=match[0].strip(), notation=notation)
            at = end
        text = "".join(rest) + text[at:]


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
    angles = [_read_angle(match, side) for side in "12"]
    if angles[0] is None or angles[1] is None:
        return None
    (first, step), (second, other_step) = angles[0], angles[1]
    resolution_m = max(step, other_step) * DEGREE_M
    words = [(match[f"before{side}"] or match[f"after{side}"] or "").lower() for side in "12"]
    labels = _read_labels(match)
    if not any(words) and labels is None:
        return make_position(first, second, resolution_m) if _is_clear_alone(match) else None
    axes = [_read_half(word, words, label, lang) for word, label in zip(words, labels or (None, None), strict=True)]
    if axes[0] is None or axes[1] is None or not all(_is_written(match, side) for side in "12"):
        return None
    # Two signs for one turn, as in `-11.5 S`, are a slip of one kind or the other.
    if any(word and angle < 0.0 for word, angle in zip(words, (first, second), strict=True)):
        return None
    found = {axis: turn * angle for (axis, turn), angle in zip((axes[0], axes[1]), (first, second), strict=True)}
    return make_position(found["lat"], found["lon"], resolution_m) if len(found) == 2 else None


def _read_labels(match: re.Match[str]) -> tuple[str, str] | None:
    """The axes of both halves by what they are called; one that is labelled tells the other's."""
    names = match["label1"], match["label2"] or match["header1"]
    axes = [("lat" if _LATITUDE.fullmatch(name) else "lon") if name else None for name in names]
    if not all(names) and any((name or "").lower() == DOUBTFUL_LABEL for name in names):
        return None
    first, second = axes[0] or _other_axis(axes[1]), axes[1] or _other_axis(axes[0])
    return (first, second) if first is not None and second is not None else None


def _other_axis(axis: str | None) -> str | None:
    return {"lat": "lon", "lon": "lat"}.get(axis or "")


def _read_half(word: str, words: list[str], label: str | None, lang: str | None) -> Axis | None:
    """One half's axis and turn; a label and a hemisphere that disagree are none."""
    if not word:
        return (label, 1.0) if label is not None else None
    axis = read_hemisphere(word, words, lang)
    return axis if axis is not None and label in (None, axis[0]) else None


def _is_clear_alone(match: re.Match[str]) -> bool:
    """Whether two bare numbers can be nothing else: many decimals or minutes, no decimal commas, no money, no words between."""
    is_fine = all(
        step_of(match[f"degrees{side}"]) <= 10.0**-_BARE_DECIMALS or (match[f"minutes{side}"] and "°" in match[f"sign{side}"])
        for side in "12"
    )
    if not is_fine or match["word"] or any("," in match[f"degrees{side}"] for side in "12"):
        return False
    text, start, end = match.string, match.start(), match.end()
    return not (_MONEY_BEFORE.search(text[max(0, start - _MONEY_CHARS) : start]) or _MONEY_BEHIND.match(text, end))


def _is_written(match: re.Match[str], side: str) -> bool:
    """Whether a half is written as a coordinate: with a sign for degrees, a word for its hemisphere, or some decimals."""
    number, word = match[f"degrees{side}"], match[f"before{side}"] or match[f"after{side}"] or ""
    if match[f"sign{side}"]:
        return True
    is_fine = step_of(number) <= 10.0**-_LETTER_DECIMALS
    return is_fine or (len(word) > 1 and step_of(number) < 1.0)


def _read_angle(match: re.Match[str], side: str) -> tuple[float, float] | None:
    """Degrees and the step of their notation."""
    whole = match[f"degrees{side}"].replace(",", ".")
    minutes, seconds = ((match[f"{name}{side}"] or "").replace(",", ".") for name in ("minutes", "seconds"))
    if ((minutes or seconds) and ("." in whole or not match[f"sign{side}"])) or ("." in minutes and seconds):
        return None
    if float(minutes or 0.0) >= 60.0 or float(seconds or 0.0) >= 60.0 or (seconds and not minutes):
        return None
    step = step_of(seconds) / 3600.0 if seconds else step_of(minutes) / 60.0 if minutes else step_of(whole)
    size = abs(float(whole)) + float(minutes or 0.0) / 60.0 + float(seconds or 0.0) / 3600.0
    return math.copysign(size, -1.0 if whole.startswith("-") else 1.0), step
