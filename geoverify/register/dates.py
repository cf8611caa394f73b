"""Days as far as a source gives them: a year, a month or a day, never more than was said."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from functools import lru_cache

_PARTIAL_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)


# A register repeats few dates.
@lru_cache(maxsize=4096)
def parse_span(text: str) -> tuple[dt.date, dt.date]:
    """Return the first and the last day of `YYYY`, `YYYY-MM` or `YYYY-MM-DD` (ISO 8601-1:2019, 5.2.2.2 and 5.2.2.1).

    Raises `ValueError` for anything else and for days that no calendar has.
    """
    match = _PARTIAL_DATE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not YYYY, YYYY-MM or YYYY-MM-DD")
    year, month, day = (int(part) if part else None for part in match.groups())
    first_month, last_month = month or 1, month or 12
    if day is not None:
        return dt.date(year or 0, first_month, day), dt.date(year or 0, first_month, day)
    last_day = calendar.monthrange(year or 0, last_month)[1]
    return dt.date(year or 0, first_month, 1), dt.date(year or 0, last_month, last_day)
