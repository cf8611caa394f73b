"""What people call latitude, longitude, hemispheres and the parts of a degree, in the languages in which coordinates are read."""

from __future__ import annotations

import re
from collections.abc import Iterable

Axis = tuple[str, float]
_N, _S, _E, _W = ("lat", 1.0), ("lat", -1.0), ("lon", 1.0), ("lon", -1.0)
# Hemispheres as they stand beside coordinates: English, Spanish, French, German, Russian, Chinese, Vietnamese, Thai, Khmer,
# Lao and Arabic. A lone O is west in Spanish and French and east in German: see `_LETTER_O`.
_HEMISPHERES: dict[str, Axis] = {
    **dict.fromkeys(("n", "north", "norte", "nord", "с", "с.ш.", "с. ш.", "北纬", "北緯", "北", "bắc", "b", "เหนือ", "ជើង"), _N),
    **dict.fromkeys(("s", "south", "sur", "sud", "süd", "ю", "ю.ш.", "ю. ш.", "南纬", "南緯", "南", "nam", "ใต้", "ត្បូង"), _S),
    **dict.fromkeys(("e", "east", "este", "est", "ost", "в", "в.д.", "в. д.", "东经", "東經", "东", "東", "đông", "đ"), _E),
    **dict.fromkeys(("w", "west", "oeste", "ouest", "з", "з.д.", "з. д.", "西经", "西經", "西", "tây", "t"), _W),
    **dict.fromkeys(("شمال", "شمالا", "شمالاً", "ເໜືອ", "vĩ độ bắc", "vĩ bắc"), _N),
    **dict.fromkeys(("جنوب", "جنوبا", "جنوباً", "ໃຕ້", "vĩ độ nam", "vĩ nam"), _S),
    **dict.fromkeys(("شرق", "شرقا", "شرقاً", "ตะวันออก", "កើត", "ຕາເວັນອອກ", "kinh độ đông", "kinh đông"), _E),
    **dict.fromkeys(("غرب", "غربا", "غرباً", "ตะวันตก", "លិច", "ຕາເວັນຕົກ", "kinh độ tây", "kinh tây"), _W),
}
_LETTER_O = {"de": _E, "es": _W, "fr": _W, "pt": _W, "it": _W}
# Of a script that divides words by spaces.
LETTER = r"[A-Za-z\u00c0-\u0dff\u1e00-\u1eff]"
# In Vietnamese N is nam, south; only its letters for east and west tell that it is meant.
_VIETNAMESE = frozenset(("b", "đ", "t"))


def _one_of(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


HEMISPHERES = _one_of([*_HEMISPHERES, "o"])
# In Khmer a colon is typed for the sign that looks like one, and either of two subscripts that do.
LATITUDES = (
    # The sign for degrees is tidied from the last ideograph of the label too.
    r"\blat(?:itude?|itud)?\b|\bgeogr\.\s?breite\b|\bbreite(?:ngrad)?\b|\bшир(?:ота\b|\.)|\bvĩ\sđộ\b|\blintang\b|[纬緯][度°]"
    r"|ละติจูด|រយ[ៈ:]ទទឹង|ລະຕິຈູດ|خط\sالعرض|دائرة\sالعرض"
)
LONGITUDES = (
    r"\blon(?:g|gitude?|gitud)?\b|\blng\b|\blänge(?:ngrad)?\b|\bдолг(?:ота\b|\.)|\bkinh\sđộ\b|\bbujur\b|[经經][度°]"
    r"|ลองจิจูด|ลองติจูด|រយ[ៈ:]បណ្[ដត]ោយ|ລອງຈິຈູດ|خط\sالطول"
)
# An adverb and a unit of length too: it says nothing of an order alone.
DOUBTFUL_LABEL = "long"
_DEGREES = (
    "degrees",
    "degree",
    "deg",
    "grados",
    "grado",
    "degrés",
    "degré",
    "grad",
    "градусов",
    "градуса",
    "градус",
    "độ",
    "องศา",
    "អង្សា",
    "ដឺក្រេ",
    "ອົງສາ",
)
_MINUTES = ("minutes", "minute", "min", "minutos", "minuto", "minuten", "минут", "минуты", "минута", "phút", "ลิปดา", "นาที", "នាទី")
_SECONDS = (
    "seconds",
    "second",
    "sec",
    "segundos",
    "segundo",
    "secondes",
    "seconde",
    "sekunden",
    "секунд",
    "секунды",
    "секунда",
    "giây",
    "ฟิลิปดา",
    "พิลิปดา",
    "วินาที",
    "វិនាទី",
)
_SIGNS = {**dict.fromkeys(_DEGREES, "°"), **dict.fromkeys(_MINUTES, "'"), **dict.fromkeys(_SECONDS, '"')}
# Thai, Lao and Khmer words run on without a space, others end before the next letter.
_UNITS = re.compile(rf"(?<=\d)\s?({_one_of(_SIGNS)})(?:(?<!{LETTER})|(?!{LETTER}))", re.IGNORECASE)


def write_units(text: str) -> str:
    """A text with the signs for degrees, minutes and seconds where they are written as words behind a number."""
    return _UNITS.sub(lambda match: _SIGNS[match[1].lower()], text)


def read_hemisphere(word: str, words: Iterable[str], lang: str | None) -> Axis | None:
    """The axis of a hemisphere's name and the turn of its degrees, as it stands beside `words` in a pair of coordinates."""
    if word == "o":
        return _LETTER_O.get((lang or "").lower()[:2])
    if word == "n" and not _VIETNAMESE.isdisjoint(words):
        return _S
    return _HEMISPHERES.get(word)
