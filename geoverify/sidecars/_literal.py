"""Python literals as programs print them (`repr`): a bounded reader of plain values and of `datetime`, which runs nothing."""

from __future__ import annotations

import ast
import datetime as dt
import re
from collections.abc import Callable
from typing import Any

from geoverify.errors import BudgetError, MalformedError

MAX_CHARS = 1 << 20
MAX_DEPTH = 32
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>[bu]?(?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"))
      | (?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<word>[A-Za-z_][A-Za-z_.]*)
      | (?P<sign>[{}\[\](),:=])
    )""",
    re.VERBOSE | re.DOTALL,
)
_WORDS = {"None": None, "True": True, "False": False, "nan": None, "inf": None, "datetime.timezone.utc": dt.UTC}
_CALLS: dict[str, Callable[..., Any]] = {
    "datetime.datetime": dt.datetime,
    "datetime.date": dt.date,
    "datetime.timedelta": dt.timedelta,
    "datetime.timezone": dt.timezone,
    # python-dateutil's name for UTC.
    "tzutc": lambda: dt.UTC,
}
_CLOSING = {"{": "}", "[": "]", "(": ")"}


def read_literal(text: str) -> Any:
    """A dict, list, string, number … with times as ISO 8601 texts; sets and tuples become lists, other objects `None`.

    Raises `MalformedError` for anything else, and `BudgetError` beyond `MAX_CHARS` or `MAX_DEPTH`.
    """
    if len(text) > MAX_CHARS:
        raise BudgetError(f"a value of {len(text)} characters is longer than a program prints")
    reader = _Reader(text)
    value = _plain(reader.read(0))
    if reader.peek() is not None:
        raise MalformedError(f"text stands after the value at character {reader.at}")
    return value


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def peek(self) -> re.Match[str] | None:
        """The next token; `None` at the end."""
        match = _TOKEN.match(self.text, self.at)
        if match is None and self.text[self.at :].strip():
            raise MalformedError(f"no Python value at character {self.at}")
        return match

    def take(self, wanted: str | None = None) -> re.Match[str]:
        """Go past the next token, which must be `wanted` if that is given."""
        match = self.peek()
        if match is None or (wanted is not None and match["sign"] != wanted):
            raise MalformedError(f"expected {wanted or 'a value'} at character {self.at}")
        self.at = match.end()
        return match

    def read(self, depth: int) -> Any:
        """The value that begins here."""
        if depth > MAX_DEPTH:
            raise BudgetError("it is nested deeper than any honest file of its kind")
        token = self.take()
        if token["text"] is not None:
            return self._unquote(token["text"])
        if token["number"] is not None:
            return self._number(token["number"])
        if token["word"] is not None:
            return self._word(token["word"], depth)
        if token["sign"] in _CLOSING:
            return self._items(token["sign"], depth)
        raise MalformedError(f"unexpected {token['sign']} at character {self.at}")

    def _items(self, opening: str, depth: int) -> Any:
        items: list[Any] = []
        pairs: dict[str, Any] = {}
        while not self._accepts(_CLOSING[opening]):
            value = _plain(self.read(depth + 1))
            if opening == "{" and self._accepts(":"):
                pairs[str(value)] = _plain(self.read(depth + 1))
            else:
                items.append(value)
            if not self._accepts(","):
                self.take(_CLOSING[opening])
                break
        return items if items or opening != "{" else pairs

    def _accepts(self, sign: str) -> bool:
        match = self.peek()
        if match is None or match["sign"] != sign:
            return False
        self.at = match.end()
        return True

    def _word(self, word: str, depth: int) -> Any:
        if word in _WORDS:
            return _WORDS[word]
        self.take("(")
        named: dict[str, Any] = {}
        plain: list[Any] = []
        while not self._accepts(")"):
            mark = self.at
            name = self.take()["word"]
            if name is not None and self._accepts("="):
                named[name] = self.read(depth + 1)
            else:
                self.at = mark
                plain.append(self.read(depth + 1))
            if not self._accepts(","):
                self.take(")")
                break
        try:
            return _CALLS[word](*plain, **named) if word in _CALLS else None
        except (ValueError, OverflowError, TypeError) as error:
            raise MalformedError(f"{word} before character {self.at} has impossible parts") from error

    def _unquote(self, token: str) -> str:
        try:
            value = ast.literal_eval(token)
        except (ValueError, SyntaxError, MemoryError) as error:
            raise MalformedError(f"a text before character {self.at} is broken") from error
        text: str = value if isinstance(value, str) else value.decode("utf-8", "backslashreplace")
        return text.encode("utf-8", "replace").decode("utf-8")

    def _number(self, token: str) -> int | float | str:
        try:
            return int(token)
        except ValueError:
            number = float(token) if len(token) < 400 else float("inf")
        return number if abs(number) < float("inf") else token


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value
