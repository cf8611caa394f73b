"""Cells that could tell who spoke: ways to reach somebody, by the forms in which they are written."""

from __future__ import annotations

import re
import unicodedata

_EMAIL = re.compile(r"[^\s@]{1,64}\s?(?:@|\(at\)|\[at\])\s?[^\s@]{1,190}\.[^\W\d_]{2,24}", re.IGNORECASE)
_HANDLE = re.compile(r"(?<![\w@])@\w{3,32}")
# Links to somebody; behind a channel's name and a number stands a post, not a person.
_MESSENGER = re.compile(
    r"(?<![\w.])(?:(?:t|wa|m|line|zalo|signal|telegram|viber)\.me|chat\.whatsapp\.com)/(?![\w+-]+/\d)[^\s;]", re.IGNORECASE
)
_ACCOUNT = re.compile(
    r"(?<![\w-])(?:facebook|fb|instagram|tiktok|twitter|x|vk|weibo|linkedin|snapchat)\.com/[^\s;]|(?<![\w.])ok\.ru/[^\s;]",
    re.IGNORECASE,
)
# With a plus, two noughts or a nought before it, its country in brackets, or as Chinese mobile numbers begin; 8 to 15 digits
# (ITU-T E.164) in groups. A full stop may end it.
_BEFORE, _AFTER = r"(?<!\d)(?<!\d\.)", r"(?!\.?\d)"
_PHONE = re.compile(
    rf"{_BEFORE}(?:(?:\+|00)\s?\d|\(?0\d|1[3-9]\d|\(\+?[1-9]\d{{0,2}}\)\s?\d)(?:[\s().\-/]{{0,2}}\d){{6,13}}{_AFTER}", re.ASCII
)
# In names of files long numbers are times and counters: there a telephone number has a plus, or groups as people write it.
_WRITTEN_PHONE = re.compile(
    rf"(?<![^\W_])(?<!\d\.)(?=(?:\D{{0,2}}\d){{8}})(?:\+\s?\d(?:[\s().\-]{{0,2}}\d){{6,13}}|"
    rf"(?:\(?0\d{{1,3}}\)?|1[3-9]\d|\(\+?[1-9]\d{{0,2}}\)\s?\d{{1,3}})(?:[\s.\-]{{1,2}}\d{{2,4}}){{2,3}}){_AFTER}",
    re.ASCII,
)
_DATE = re.compile(r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}(?:[T ]\d{1,2}:\d{2}(?::\d{2})?)?(?:\s?(?:Z|[+-]\d{2}:?\d{2}))?", re.ASCII)
_DECIMALS = re.compile(rf"{_BEFORE}[+-]?\d{{1,3}}\.\d{{1,12}}{_AFTER}", re.ASCII)
# Digests, UUIDs, and positions in MGRS and UTM.
_DIGEST = re.compile(r"(?<![^\W_])(?:[0-9a-f]{32,128}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?![^\W_])", re.IGNORECASE)
_GRID = re.compile(
    r"(?<!\w)\d{1,2}\s?[C-X]\s?(?:[A-Z]{2}\s?(?:\d{2,5}\s\d{2,5}|\d{4,10})|\d{6}(?:\.\d+)?\s\d{6,7}(?:\.\d+)?)(?!\w)",
    re.ASCII | re.IGNORECASE,
)
# As cameras and messengers name files: the day, and behind it the time of day.
_NAMED_TIME = re.compile(
    r"@?(?:\d{4}-\d{2}-\d{2}|\d{2}-\d{2}-\d{4})(?:[-_ T]|\sat\s)\d{2}[-.:_]\d{2}(?:[-.:_]\d{2,3}){0,2}(?!\d)", re.ASCII
)


def find_personal(cell: str) -> str | None:
    """What a cell looks like that could tell who spoke; `None` for none of it."""
    text = _fold_digits(cell)
    if _EMAIL.search(text) or _HANDLE.search(text) or _MESSENGER.search(text) or _ACCOUNT.search(text):
        return "an e-mail address or the name of an account"
    for form in (_DIGEST, _GRID, _DATE, _DECIMALS):
        text = form.sub(" ; ", text)
    return "a telephone number" if _PHONE.search(text) else None


def find_personal_in_files(cell: str) -> str | None:
    """The same for names, digests and addresses of files."""
    text = _NAMED_TIME.sub(" ; ", _fold_digits(cell))
    if _EMAIL.search(text) or _HANDLE.search(text) or _MESSENGER.search(text):
        return "an e-mail address or the name of an account"
    for form in (_DIGEST, _DATE):
        text = form.sub(" ; ", text)
    return "a telephone number" if _WRITTEN_PHONE.search(text) else None


def _fold_digits(cell: str) -> str:
    return "".join(str(unicodedata.digit(char, char)) for char in unicodedata.normalize("NFKC", cell))
