"""Named fields of a sidecar read by type: what is of another type becomes a problem that names the field, and nothing else."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping

from msgspec import Raw

from geoverify.errors import MalformedError
from geoverify.model import Problem
from geoverify.sidecars._json import decode_value, parse_items, parse_members
from geoverify.text import escape_controls

MAX_NAME_CHARS = 1024
# Facebook's limit of a post, 63,206 characters, is the largest of the platforms'.
MAX_WORDS_CHARS = 1 << 16
MAX_ITEMS = 1000
MAX_RAW_CHARS = 4096
MAX_PROBLEMS = 50
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
# Beyond all identifiers (128 bits) and quantities; NaN and infinity are not below it either.
_MAX_INTEGER = 10**39
_NUMBER = re.compile(r"[+-]?\d{1,400}(\.\d{0,400})?([eE][+-]?\d{1,5})?", re.ASCII)
_NOTHING = Raw(b"null")


class Fields:
    """One JSON object's members; those of inner objects are named by their path (`author.name`) and share its problems."""

    def __init__(self, members: Mapping[str, Raw], reader: str, file: str) -> None:
        self.reader = reader
        self.file = file
        self._members = members
        self._path = ""
        self._problems: list[Problem] = []

    def take_problems(self) -> Iterator[Problem]:
        """Yield what was wrong with the fields that were read so far, and forget it."""
        while self._problems:
            yield self._problems.pop(0)

    def name(self, key: str) -> str:
        """A field's path from the top of the file."""
        return self._path + key

    def complain(self, key: str, what: str) -> None:
        """Note that a field cannot be used, and why."""
        if len(self._problems) < MAX_PROBLEMS:
            where = f"{self.reader}.{self.name(key)}"
            message = f"{self.file}: {self.name(key)} {what}; the value is not used"
            self._problems.append(Problem(code="sidecar-field", message=message, where=where))

    def has(self, key: str) -> bool:
        """Whether there is anything but null under a name."""
        return bytes(self._members.get(key, _NOTHING)) != b"null"

    def raw(self, *keys: str) -> str:
        """The members as they stand in the file: the text of one, or an object of those that are there."""
        if len(keys) == 1:
            return self._show(keys[0])
        return "{" + ", ".join(f'"{key}": {self._show(key)}' for key in keys if self.has(key))[:MAX_RAW_CHARS] + "}"

    def text(self, key: str, max_chars: int = MAX_NAME_CHARS) -> str | None:
        """A string, without NUL and outer white space; `None` where it is missing, empty or no string."""
        value = self.value(key)
        if value is None:
            return None
        if not isinstance(value, str):
            self.complain(key, f"is {_describe(value)}, not text")
            return None
        if len(value) > max_chars:
            self._note_cut(key, len(value), max_chars)
        return clean_text(value[:max_chars]) or None

    def identifier(self, key: str) -> str | None:
        """A string or a whole number, as text."""
        value = self.value(key)
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _MAX_INTEGER:
            return str(value)
        return self.text(key)

    def texts(self, key: str) -> list[str]:
        """The strings of an array."""
        value = self.value(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.complain(key, f"is {_describe(value)}, not a list of texts")
            return []
        if len(value) > MAX_ITEMS:
            self.complain(key, f"has {len(value)} items, and those after the first {MAX_ITEMS} are not read")
        texts = [item for item in value[:MAX_ITEMS] if isinstance(item, str)]
        if len(texts) < len(value[:MAX_ITEMS]):
            self.complain(key, f"has {len(value[:MAX_ITEMS]) - len(texts)} items that are no text")
        return [text for item in texts if (text := clean_text(item[:MAX_NAME_CHARS]))]

    def number(self, key: str) -> float | int | None:
        """A number of any size that is in use, also where it is written as a string."""
        value = self.value(key)
        if value is None or value == "":
            return None
        if isinstance(value, str):
            value = _parse_number(value)
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _MAX_INTEGER:
            self.complain(key, f"reads {self._show(key)[:80]}, which is no number")
            return None
        return value

    def instant(self, key: str) -> dt.datetime | None:
        """Seconds since 1970 UTC as a time."""
        seconds = self.number(key)
        if seconds is None:
            return None
        try:
            return EPOCH + dt.timedelta(seconds=seconds)
        except OverflowError:
            self.complain(key, f"reads {self._show(key)[:80]}, which is outside the calendar")
            return None

    def child(self, key: str) -> Fields:
        """An inner object's fields; none where it is missing or something else."""
        return self._inner(key, self._members.get(key, _NOTHING)) or self._empty(key)

    def children(self, key: str, max_items: int = MAX_ITEMS) -> list[Fields]:
        """The objects of an array."""
        if not self.has(key):
            return []
        try:
            items = parse_items(self._members[key])
        except MalformedError:
            self.complain(key, "is not a list")
            return []
        if len(items) > max_items:
            self.complain(key, f"has {len(items)} items, and those after the first {max_items} are not read")
        inner = (self._inner(f"{key}[{number}]", item) for number, item in enumerate(items[:max_items]))
        return [fields for fields in inner if fields is not None]

    def _inner(self, key: str, raw: Raw) -> Fields | None:
        if bytes(raw) == b"null":
            return None
        try:
            members = parse_members(raw)
        except MalformedError:
            self.complain(key, "is not an object")
            return None
        fields = Fields(members, self.reader, self.file)
        fields._path, fields._problems = f"{self.name(key)}.", self._problems
        return fields

    def _empty(self, key: str) -> Fields:
        fields = Fields({}, self.reader, self.file)
        fields._path, fields._problems = f"{self.name(key)}.", self._problems
        return fields

    def value(self, key: str) -> object:
        """A value of any type; `None` where it is missing or cannot be read."""
        if key not in self._members:
            return None
        try:
            value: object = decode_value(self._members[key])
        except MalformedError as error:
            self.complain(key, f"cannot be read: {error}")
            return None
        return value

    def _note_cut(self, key: str, length: int, max_chars: int) -> None:
        where = f"{self.reader}.{self.name(key)}"
        message = f"{self.file}: {self.name(key)} has {length} characters; those after the first {max_chars} are not read"
        self._problems.append(Problem(code="sidecar-cut", message=message, where=where))

    def _show(self, key: str) -> str:
        raw = bytes(self._members.get(key, _NOTHING))[: 4 * MAX_RAW_CHARS].decode("utf-8", "backslashreplace")
        return escape_controls(raw[:MAX_RAW_CHARS])


def clean_text(text: str) -> str:
    """A text that every format can store: NUL and lone surrogates become U+FFFD, outer white space goes."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8").strip()


def _parse_number(text: str) -> float | int | None:
    # Python's own float() also takes underscores, other scripts' digits and the names of infinity.
    if not _NUMBER.fullmatch(text):
        return None
    return int(text) if len(text) <= 19 and "." not in text and "e" not in text.lower() else float(text)


def _describe(value: object) -> str:
    for kind, words in ((bool, "true or false"), (int | float, "a number"), (str, "text"), (list, "a list")):
        if isinstance(value, kind):
            return words
    return "an object"
