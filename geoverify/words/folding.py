"""One spelling for the many forms of a text: compatibility forms, case, accents, digits, Chinese variants, invisible signs."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from geoverify.words.lookalikes import find_lookalikes, read_zeros, write_alike

# Scripts written without spaces between words (UAX #14, classes SA and ID): no boundary of words can be asked for there.
_SPACELESS = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u19e0-\u19ff\u3040-\u30ff\u3400-\u9fff\uaa60-\uaa7f\uf900-\ufaff]"
)
_FIRST_SPACELESS = "\u0e00"
# Letters by category that are part of the syllable before them (Thai and Lao a, aa, am), or of that behind them (e, ae, o, ai).
_FOLLOWING = frozenset("\u0e30\u0e32\u0e33\u0e45\u0eb0\u0eb2\u0eb3")
_LEADING = frozenset("\u0e40\u0e41\u0e42\u0e43\u0e44\u0ec0\u0ec1\u0ec2\u0ec3\u0ec4")
# What stacks the next letter below: Khmer coeng, Burmese virama.
_STACKERS = frozenset("\u17d2\u1039")
# CamelCase, of humps long enough to be words: `BavetCasino`, not `McDonald` or `iPhone`.
_HUMP = re.compile(r"(?<=[^\W\d_A-ZĐ]{3})(?=[A-ZĐ][^\W\d_A-ZĐ]{2})")
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
    if text.isascii():
        return text.translate(_FOLDS).replace(" ", "")
    return write_alike(read_zeros(text).translate(_FOLDS).replace(" ", ""))


def count_signs(folded: str) -> int:
    """How long a folded name is in letters; an ideograph says about as much as three."""
    if folded.isascii():
        return len(folded)
    marks = sum(unicodedata.category(char)[0] == "M" for char in folded)
    return len(folded) - marks + 2 * len(_IDEOGRAPH.findall(folded))


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldedText:
    """A folded text with the way back: where each character began and ended in the original; and where words begin and end."""

    text: str
    origins: tuple[int, ...]
    ends_at: tuple[int, ...]
    starts: frozenset[int]
    ends: frozenset[int]

    @classmethod
    def of(cls, text: str) -> FoldedText:
        """Fold a text, keeping where each character came from; `text` is that of `fold`."""
        signs: list[str] = []
        origins: list[int] = []
        breaks: set[int] = set()
        humps = {match.start() for match in _HUMP.finditer(text)}
        for index, char in enumerate(read_zeros(text)):
            if index in humps:
                breaks.add(len(signs))
            for sign in _FOLDS[ord(char)]:
                if sign == " ":
                    breaks.add(len(signs))
                else:
                    signs.append(sign)
                    origins.append(index)
        ends_at = [index + 1 for index in origins]
        # From the end, so that what stands before stays in its place.
        for start, end, written in reversed(list(find_lookalikes("".join(signs)))):
            kept = start + len(written)
            signs[start:end] = written
            ends_at[kept - 1 : end] = [ends_at[end - 1]]
            del origins[kept:end]
            breaks = {at if at <= start else max(at - (end - kept), start) for at in breaks}
        starts, ends = _find_bounds(signs, breaks)
        return cls(text="".join(signs), origins=tuple(origins), ends_at=tuple(ends_at), starts=starts, ends=ends)

    def is_whole(self, start: int, end: int) -> bool:
        """Whether a stretch of the folded text begins and ends where words do, as far as its script has words."""
        return start in self.starts and end in self.ends

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the original text that a stretch of the folded one came from."""
        return self.origins[start], self.ends_at[end - 1]


def _find_bounds(signs: list[str], breaks: set[int]) -> tuple[frozenset[int], frozenset[int]]:
    """Where words can begin and end: at breaks, and between syllables of scripts that have none, as far as signs tell."""
    starts, ends = {0}, {len(signs)}
    had_words = True
    before = ""
    for at, sign in enumerate(signs):
        has_words = sign < _FIRST_SPACELESS or _SPACELESS.match(sign) is None
        if at in breaks or (not (has_words and had_words) and not _is_in_syllable(before, sign)):
            starts.add(at)
            ends.add(at)
        had_words, before = has_words, sign
    return frozenset(starts), frozenset(ends)


def _is_in_syllable(before: str, sign: str) -> bool:
    """Whether no syllable can end between two signs."""
    return unicodedata.category(sign)[0] == "M" or sign in _FOLLOWING or before in _LEADING or before in _STACKERS
