"""One spelling for the many forms of a text: compatibility forms, case, accents, digits, Chinese variants, invisible signs."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

# Scripts written without spaces between words (UAX #14, classes SA and ID): no boundary of words can be asked for there.
_SPACELESS = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u19e0-\u19ff\u3040-\u30ff\u3400-\u9fff\uaa60-\uaa7f\uf900-\ufaff]"
)
_FIRST_SPACELESS = "\u0e00"
_ACCENTS = ("\u0300", "\u036f")
# Harakat and tatweel: Arabic is written with or without them.
_ARABIC_MARKS = frozenset("\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652\u0640")
_LETTERS = {"đ": "d", "ð": "d", "ł": "l", "ø": "o", "ı": "i", "æ": "ae", "œ": "oe", "ß": "ss"}
# Left out, not a break: "Prince's" and "Princes" are one word.
_SILENT = frozenset("'’ʼ`´")
_HAN = range(0x3400, 0xA000)
_IDEOGRAPH = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")


@cache
def _simplified() -> dict[str, str]:
    """Each traditional character with its simplified form, from OpenCC's own tables."""
    from opencc import OpenCC

    # One a line, so that no phrase of several characters is looked up.
    characters = [chr(code) for code in _HAN]
    converted = OpenCC("t2s").convert("\n".join(characters)).split("\n")
    return {old: new for old, new in zip(characters, converted, strict=True) if old != new}


class _Folds(dict[int, str]):
    """The folded form of each character, worked out when it is first met; a break between words is a space."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = "".join(map(_fold_char, unicodedata.normalize("NFKD", chr(code)).casefold()))
        return folded


def _fold_char(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Cf" or char in _SILENT or char in _ARABIC_MARKS or _ACCENTS[0] <= char <= _ACCENTS[1]:
        return ""
    if category == "Nd":
        return str(unicodedata.digit(char))
    if category[0] in "LMN":
        return _LETTERS.get(char) or (_simplified().get(char, char) if ord(char) in _HAN else char)
    return " "


_FOLDS = _Folds()


def fold(text: str) -> str:
    """Return the letters and digits of a text in one spelling, without any break between words."""
    return text.translate(_FOLDS).replace(" ", "")


def count_signs(folded: str) -> int:
    """How long a folded name is in letters; an ideograph says about as much as three."""
    if folded.isascii():
        return len(folded)
    marks = sum(unicodedata.category(char)[0] == "M" for char in folded)
    return len(folded) - marks + 2 * len(_IDEOGRAPH.findall(folded))


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldedText:
    """A folded text with the way back: the index in the original of each of its characters, and where words begin and end."""

    text: str
    origins: tuple[int, ...]
    starts: frozenset[int]
    ends: frozenset[int]

    @classmethod
    def of(cls, text: str) -> FoldedText:
        """Fold a text, keeping where each character came from; `text` is that of `fold`."""
        signs: list[str] = []
        origins: list[int] = []
        starts: set[int] = set()
        ends: set[int] = set()
        is_break = had_words = True
        for index, sign in ((index, sign) for index, char in enumerate(text) for sign in _FOLDS[ord(char)]):
            if sign == " ":
                ends.add(len(signs))
                is_break = True
                continue
            has_words = sign < _FIRST_SPACELESS or _SPACELESS.match(sign) is None
            if is_break or not (has_words and had_words):
                starts.add(len(signs))
                ends.add(len(signs))
            is_break, had_words = False, has_words
            signs.append(sign)
            origins.append(index)
        ends.add(len(signs))
        return cls(text="".join(signs), origins=tuple(origins), starts=frozenset(starts), ends=frozenset(ends))

    def is_whole(self, start: int, end: int) -> bool:
        """Whether a stretch of the folded text begins and ends where words do, as far as its script has words."""
        return start in self.starts and end in self.ends

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the original text that a stretch of the folded one came from."""
        return self.origins[start], self.origins[end - 1] + 1
