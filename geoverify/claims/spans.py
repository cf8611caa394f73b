"""Times as people state them, and the instants between which they lie: a zone that nobody states costs a day's certainty."""

from __future__ import annotations

import datetime as dt
import re
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

from geoverify.containers.iso8601 import parse_iso8601
from geoverify.errors import MalformedError
from geoverify.register.dates import parse_span

# A local time of an unknown zone is an instant between these: UTC+14 is the eastmost zone, UTC−12 the westmost.
_EASTMOST, _WESTMOST = dt.timedelta(hours=14), dt.timedelta(hours=12)


# People write 9:00, which the standard does not know.
_ONE_DIGIT_HOUR = re.compile(r"^(\S{8,10}[T ])(\d:)", re.ASCII)
_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)", re.ASCII)


class ZoneBasis(StrEnum):
    """What the zone of a stated time rests on."""

    STATED = "stated"
    SITE = "site"
    UNKNOWN = "unknown"


class Stated(Struct, frozen=True, kw_only=True):
    """A time as it was written: its first and last second, aware where an offset was written; a day is a whole day."""

    text: str
    first: dt.datetime
    last: dt.datetime
    is_day: bool


class Span(Struct, frozen=True, kw_only=True):
    """The instants between which something is said to have happened; `None` on a side that is open."""

    text: str
    start: dt.datetime | None
    end: dt.datetime | None
    zone_basis: ZoneBasis
    zone: str | None
    is_day: bool

    @property
    def zone_words(self) -> str:
        """What the zone rests on, for people."""
        if self.zone_basis is ZoneBasis.STATED:
            return "with the offset stated"
        if self.zone_basis is ZoneBasis.SITE:
            return f"taken as the civil time of {self.zone}, the register's zone for the place"
        return "in an unknown time zone, so known to a day only"

    @property
    def bounds_words(self) -> str:
        """The instants themselves, for people."""
        first, last = (f"{moment:%Y-%m-%d %H:%M:%S}" if moment else "any time" for moment in (self.start, self.end))
        return f"from {first} to {last} UTC"

    @property
    def middle(self) -> dt.datetime | None:
        """The instant in the middle; `None` for an open span."""
        return None if self.start is None or self.end is None else self.start + (self.end - self.start) / 2


def parse_stated(text: str) -> Stated:
    """Read `2026-01-17 09:00+07:00`, without the offset, or a day, month or year; raises `MalformedError` for anything else."""
    text = " ".join(text.split())
    padded = _ONE_DIGIT_HOUR.sub(r"\g<1>0\2", text)
    try:
        first_day, last_day = parse_span(text)
    except ValueError:
        check_day(text)
        moment = parse_iso8601(padded)
        written = moment.local or moment.instant_utc
        if written is None:
            raise MalformedError(f"{text[:60]!r} is no date and time") from None
        if moment.local is not None and moment.offset_minutes is not None:
            written = written.replace(tzinfo=dt.timezone(dt.timedelta(minutes=moment.offset_minutes)))
        return Stated(text=text, first=written, last=written, is_day=False)
    midnight = dt.time()
    first = dt.datetime.combine(first_day, midnight)
    # Not a day later less a second: the calendar ends with a day.
    last = dt.datetime.combine(last_day, dt.time(23, 59, 59))
    return Stated(text=text, first=first, last=last, is_day=True)


def check_day(text: str) -> None:
    """Raise `MalformedError` where a time begins with a day that no calendar has."""
    written = _DAY.match(text)
    if written is None:
        return
    try:
        dt.date(*map(int, written.groups()))
    except ValueError as error:
        raise MalformedError(f"{written[0]}: there is no such day ({error})") from error


def find_zone(name: str | None) -> ZoneInfo | None:
    """A zone of the IANA database by its name; `None` for none and for one that it does not have."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def describe_length(length: dt.timedelta) -> str:
    """A length of time as people say it."""
    seconds = length.total_seconds()
    for unit_s, unit in ((86_400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * unit_s:
            return f"{seconds / unit_s:.1f} {unit}"
    return f"{seconds:.0f} s"


def bound(first: Stated | None, last: Stated | None, zone: ZoneInfo | None, within: dt.timedelta = dt.timedelta()) -> Span:
    """The instants between two stated times (the same for a moment), and `within` of them where they are no whole days.

    Raises `MalformedError` where the end comes before the start, and where the calendar ends.
    """
    stated = [item for item in (first, last) if item is not None]
    is_known = all(item.first.tzinfo is not None for item in stated)
    texts = list(dict.fromkeys(item.text for item in stated))
    try:
        start = None if first is None else _fix(first.first, zone, -_EASTMOST) - _slack(first, within)
        end = None if last is None else _fix(last.last, zone, _WESTMOST) + _slack(last, within)
    except OverflowError as error:
        raise MalformedError(f"{' to '.join(texts)} lies outside the calendar") from error
    if (start is not None and end is not None and end < start) or _is_reversed(first, last):
        raise MalformedError(f"{' to '.join(texts)} ends before it begins")
    basis = ZoneBasis.STATED if is_known else ZoneBasis.SITE if zone is not None else ZoneBasis.UNKNOWN
    return Span(
        text=" to ".join(texts),
        start=start,
        end=end,
        zone_basis=basis,
        zone=zone.key if zone is not None and basis is ZoneBasis.SITE else None,
        is_day=any(item.is_day for item in stated),
    )


def _is_reversed(first: Stated | None, last: Stated | None) -> bool:
    """Whether two local times are in the wrong order as they are written, which no unknown zone excuses."""
    if first is None or last is None or (first.first.tzinfo is None) != (last.last.tzinfo is None):
        return False
    return last.last < first.first


def _slack(stated: Stated, within: dt.timedelta) -> dt.timedelta:
    return dt.timedelta() if stated.is_day else within


def _fix(moment: dt.datetime, zone: ZoneInfo | None, unknown: dt.timedelta) -> dt.datetime:
    if moment.tzinfo is not None:
        return moment.astimezone(dt.UTC)
    if zone is not None:
        return moment.replace(tzinfo=zone).astimezone(dt.UTC)
    return moment.replace(tzinfo=dt.UTC) + unknown
