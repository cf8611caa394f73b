"""Who speaks: what all findings from one source of properties have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ParamSpec

from msgspec import Struct
from msgspec.structs import replace

from geoverify.model import Absent, Finding, Observation, Problem, Provenance, Reason, Value, Who
from geoverify.text import MAX_TEXT_CHARS

P = ParamSpec("P")


class UnusableError(Exception):
    """A value is there and cannot be used; it becomes an `Absent` with this reason."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class ConflictError(UnusableError):
    """Two statements about one value exclude each other; it becomes an `Absent` and a `Problem`."""


class Speaker(Struct, frozen=True, kw_only=True):
    """The reader, who could have written what it reads, and where in the file that stands (empty: the usual place)."""

    reader: str
    who: Who
    where: str = ""

    @property
    def room(self) -> str:
        """Where the problems of this reader are said to be."""
        return self.reader if "." in self.reader else f"readers.{self.reader}"

    def as_author(self, who: Who) -> Speaker:
        """The same place, with values that somebody else could have written."""
        return replace(self, who=who)

    def observe(self, value: Value, field: str, raw: str) -> Observation[Value]:
        """An observation of a field, named as its format names it."""
        place = f"{field} ({self.where})" if self.where else field
        return Observation(
            value=value, provenance=Provenance(reader=self.reader, field=place, raw=raw[:MAX_TEXT_CHARS], who=self.who)
        )

    def absent(self, what: str, reason: Reason, detail: str) -> Absent:
        """An absence."""
        place = f"{self.where}: {detail}" if self.where else detail
        return Absent(what=what, reason=reason, detail=place[:MAX_TEXT_CHARS], reader=self.reader)

    def warn(self, code: str, message: str) -> Problem:
        """A problem."""
        place = f"{self.where}: {message}" if self.where else message
        return Problem(code=code, message=place[:MAX_TEXT_CHARS], where=self.room)

    def excuse(self, what: str, error: UnusableError) -> Iterator[Finding]:
        """Yield why a value cannot be used."""
        if isinstance(error, ConflictError):
            yield self.warn("contradictory-values", f"{error.detail}; look at the raw value")
        yield self.absent(what, error.reason, error.detail)

    def attempt(
        self, what: str, field: str, raw: str, read: Callable[P, Value | None], *args: P.args, **kwargs: P.kwargs
    ) -> Iterator[Finding]:
        """Yield what `read` makes of its arguments as an observation, or why that cannot be used; nothing for `None`."""
        try:
            value = read(*args, **kwargs)
        except UnusableError as error:
            yield from self.excuse(what, error)
            return
        if value is not None:
            yield self.observe(value, field, raw)
