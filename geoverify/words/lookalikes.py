"""What looks the same and is typed in different ways, in Khmer, Thai, Lao and Burmese: one order and one sign for each."""

from __future__ import annotations

import re
from collections.abc import Iterator

_COENG, _KHMER_RO = "\u17d2", "\u179a"
# Signs that hang on a letter, in whatever order they were typed. Khmer's subscript letters are among them.
_RUN = re.compile(
    r"(?:\u17d2[\u1780-\u17b3]|[\u17b6-\u17d1\u17d3\u17dd]){2,}|\u17d2\u178a"
    r"|[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]{2,}|[\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece]{2,}|[\u102b-\u1038\u103a-\u103e]{2,}"
    r"|\u0e40\u0e40|\u0ec0\u0ec0"
)
_KHMER_TOKEN = re.compile(r"\u17d2.|.", re.DOTALL)
_KHMER_SHIFTERS, _KHMER_VOWELS = "\u17c9\u17ca", "\u17b6-\u17c5"
_KHMER_VOWEL = re.compile(f"[{_KHMER_VOWELS}]")
# Above these a register shifter is drawn as the vowel sign u, and is typed so (the Unicode Standard, §16.4).
_KHMER_ABOVE = re.compile("[\u17b7-\u17ba\u17be]")
_KHMER_LOWERED = re.compile("[\u17bb\u17c9]")
# What is drawn in two parts and typed as two signs.
_PAIRS = {
    "\u17c1\u17b6": "\u17c4",
    "\u17c1\u17b8": "\u17be",
    "\u0e40\u0e40": "\u0e41",
    "\u0ec0\u0ec0": "\u0ec1",
}
_KHMER_PAIR = re.compile("\u17c1[\u17b6\u17b8]")
# Burmese zero is drawn like the letter wa; beside letters and away from digits it is one.
_ZERO = re.compile(
    r"(?<![\u1040-\u1049])\u1040(?=[\u1000-\u103f\u1050-\u109f])|(?<=[\u1000-\u103f\u1050-\u109f])\u1040(?![\u1040-\u1049])"
)
_MYANMAR_ZERO, _MYANMAR_WA = "\u1040", "\u101d"


def read_zeros(text: str) -> str:
    """A text in which Burmese zeros that stand for the letter wa are that letter; as long as before."""
    return _ZERO.sub(_MYANMAR_WA, text) if _MYANMAR_ZERO in text else text


def find_lookalikes(folded: str) -> Iterator[tuple[int, int, str]]:
    """Yield each stretch of a folded text that is to be written in another way, and how: never longer than it is."""
    if folded.isascii():
        return
    for match in _RUN.finditer(folded):
        written = match[0]
        ordered = _PAIRS.get(written) or (
            _order_khmer(written) if "\u1780" <= written[0] <= "\u17ff" else "".join(sorted(written))
        )
        if ordered != written:
            yield match.start(), match.end(), ordered


def write_alike(folded: str) -> str:
    """A folded text with what `find_lookalikes` yields put right."""
    for start, end, written in reversed(list(find_lookalikes(folded))):
        folded = folded[:start] + written + folded[end:]
    return folded


def _order_khmer(run: str) -> str:
    """Subscripts (ro last), register shifter, vowels, other signs; subscript da and ta look alike and become ta."""
    tokens = sorted(_KHMER_TOKEN.findall(run), key=_rank_khmer)
    ordered = _KHMER_PAIR.sub(lambda pair: _PAIRS[pair[0]], "".join(tokens)).replace("\u17d2\u178a", "\u17d2\u178f")
    if _KHMER_ABOVE.search(ordered) is None:
        return ordered
    return "".join(sorted(_KHMER_TOKEN.findall(_KHMER_LOWERED.sub("\u17ca", ordered)), key=_rank_khmer))


def _rank_khmer(token: str) -> int:
    if token[0] == _COENG:
        return 1 if token[1:] == _KHMER_RO else 0
    if token in _KHMER_SHIFTERS:
        return 2
    return 3 if _KHMER_VOWEL.match(token) else 4
