"""A stretch of time that a count is limited to, and whether a file's time lies in it, may lie in it, or does not."""

from __future__ import annotations

import datetime as dt
import re
from enum import StrEnum

from msgspec import Struct

from geoverify.case.facts import FactRow

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_LENGTH = re.compile(r"(\d{1,6})\s*(min|h|d|w)", re.ASCII)
_UNITS_S = {"min": 60, "h": 3600, "d": 86_400, "w": 604_800}
COUNTED_BY = "the time of filming, and where no clock tells that, the time of posting"


class Membership(StrEnum):
    """How a file's time stands to a window."""

    INSIDE = "inside"
    POSSIBLE = "possible"
    OUTSIDE = "outside"
    UNDATED = "undated"


class Window(Struct, frozen=True, kw_only=True):
    """From one instant to another, both included; a side that is `None` is open."""

    start: dt.datetime | None = None
    end: dt.datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether it leaves nothing out."""
        return self.start is None and self.end is None

    def place(self, row: FactRow) -> Membership:
        """How the time of filming, or else that of posting, stands to the window."""
        is_filmed = row.filmed_from is not None
        first, last = (row.filmed_from, row.filmed_to) if is_filmed else (row.posted_from, row.posted_to)
        if first is None or last is None:
            return Membership.UNDATED
        start = -_FAR_S if self.start is None else (self.start - _EPOCH).total_seconds()
        end = _FAR_S if self.end is None else (self.end - _EPOCH).total_seconds()
        if start <= first and last <= end:
            return Membership.INSIDE
        return Membership.OUTSIDE if last < start or end < first else Membership.POSSIBLE


_FAR_S = 1e12


def parse_length(text: str) -> dt.timedelta | None:
    """A length of time such as `36h`, `90min`, `7d` or `2w`; `None` for anything else."""
    match = _LENGTH.fullmatch(text.strip())
    return dt.timedelta(seconds=int(match[1]) * _UNITS_S[match[2]]) if match and int(match[1]) else None
