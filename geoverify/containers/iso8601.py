"""Dates and times as text: ISO 8601, with the colons that EXIF puts between year, month and day."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from geoverify.errors import MalformedError

_MOMENT = re.compile(
    r"(?P<year>\d{4})(?P<mark>[-:/])(?P<month>\d\d)(?P=mark)(?P<day>\d\d)"
    r"(?:[T ]\s?(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,12}))?)?)?\s?"
    r"(?:(?P<utc>Z|UTC)|(?P<sign>[+-])(?P<off_hour>\d\d):?(?P<off_minute>\d\d)?)?",
    re.ASCII,
)
_DAY = re.compile(r"(\d{4})([-:/]?)(\d\d)\2(\d\d)", re.ASCII)
# The extremes of civil time (IANA time zone database): −12:00 to +14:00.
MIN_OFFSET_MINUTES, MAX_OFFSET_MINUTES = -12 * 60, 14 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A date and time as it was written; "Z" gives the instant alone, for it does not say where the clock stood."""

    local: dt.datetime | None
    offset_minutes: int | None
    instant_utc: dt.datetime | None


def parse_iso8601(text: str) -> Moment:
    """Read a date with its time and, where given, its offset from UTC (ISO 8601:2004 §4.3).

    Raises `MalformedError` for a date without a time, for a date that does not exist and for anything else.
    """
    match = _MOMENT.fullmatch(text.strip())
    if match is None:
        raise MalformedError(f"{text[:60]!r} is no date and time")
    fraction = (match["fraction"] or "").ljust(6, "0")[:6]
    try:
        day = dt.date(int(match["year"]), int(match["month"]), int(match["day"]))
        clock = dt.time(int(match["hour"] or 0), int(match["minute"] or 0), int(match["second"] or 0), int(fraction))
    except ValueError as error:
        raise MalformedError(f"{text[:60]!r} is no date that exists ({error})") from error
    if match["hour"] is None:
        raise MalformedError(f"{text[:60]!r} gives a day without a time")
    moment = dt.datetime.combine(day, clock)
    if match["utc"]:
        return Moment(local=None, offset_minutes=None, instant_utc=moment.replace(tzinfo=dt.UTC))
    if match["sign"] is None:
        return Moment(local=moment, offset_minutes=None, instant_utc=None)
    minutes = int(match["off_hour"]) * 60 + int(match["off_minute"] or 0)
    offset = -minutes if match["sign"] == "-" else minutes
    if not MIN_OFFSET_MINUTES <= offset <= MAX_OFFSET_MINUTES or int(match["off_minute"] or 0) >= 60:
        raise MalformedError(f"{text[:60]!r} has an offset that no clock on Earth has")
    try:
        instant = moment.replace(tzinfo=dt.timezone(dt.timedelta(minutes=offset))).astimezone(dt.UTC)
    except OverflowError as error:
        raise MalformedError(f"{text[:60]!r} lies outside the calendar") from error
    return Moment(local=moment, offset_minutes=offset, instant_utc=instant)


def parse_day(text: str) -> dt.date:
    """Read a bare date, with or without marks between its parts; raises `MalformedError` for anything else."""
    match = _DAY.fullmatch(text.strip())
    if match is None:
        raise MalformedError(f"{text[:60]!r} is no date")
    try:
        return dt.date(int(match[1]), int(match[3]), int(match[4]))
    except ValueError as error:
        raise MalformedError(f"{text[:60]!r} is no date that exists ({error})") from error
