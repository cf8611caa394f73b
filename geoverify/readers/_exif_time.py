"""EXIF's dates (CIPA DC-008 §4.6.5, "Tags relating to date and time"), with their fractions and offsets."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from functools import lru_cache

from geoverify.containers.tiff import Field
from geoverify.model import CaptureTime, Clock, Finding, Reason, TimeMeaning
from geoverify.readers._exif_tags import ExifTags, UnusableError, absent, show_fields, text_of

TIME_ZONE_OFFSET = 0x882A
# UTC-12:00 to UTC+14:00 are in civil use (IANA time zone database).
MIN_OFFSET_MINUTES, MAX_OFFSET_MINUTES = -12 * 60, 14 * 60

# Name, suffix of its sub-second's and offset's names, the three tags, meaning; all are in the Exif directory but DateTime.
_TIMES = (
    ("DateTimeOriginal", "Original", 0x9003, 0x9291, 0x9011, TimeMeaning.CAPTURED),
    ("DateTimeDigitized", "Digitized", 0x9004, 0x9292, 0x9012, TimeMeaning.DIGITIZED),
    ("DateTime", "", 0x0132, 0x9290, 0x9010, TimeMeaning.MODIFIED),
)

_STANDARD = re.compile(r"(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)", re.ASCII)
# What programs write in the place of the standard's own form.
_DATE = re.compile(r"(\d{4})[:/.-](\d{1,2})[:/.-](\d{1,2})", re.ASCII)
_CLOCK = re.compile(r"[ T]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*", re.ASCII)
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d{2}))?", re.ASCII)


def read_times(tags: ExifTags) -> Iterator[Finding]:
    """Yield the times of capture, digitisation and last change; an offset that is not stated stays unknown."""
    has_capture = False
    for name, suffix, tag, fraction_tag, offset_tag, meaning in _TIMES:
        field = tags.image_field(tag) if name == "DateTime" else tags.exif_field(tag)
        if field is None:
            continue
        has_capture |= meaning is TimeMeaning.CAPTURED
        fraction, offset = tags.exif_field(fraction_tag), tags.exif_field(offset_tag)
        shown = [(name, field), (f"SubSecTime{suffix}", fraction), (f"OffsetTime{suffix}", offset)]
        try:
            local, inline_offset, resolution_s = parse_time(text_of(field), name)
        except UnusableError as error:
            yield absent("time", error.reason, error.detail)
            continue
        if fraction and not local.microsecond and resolution_s is None:
            local = local.replace(microsecond=_microseconds(text_of(fraction)))
        minutes: int | None = None
        if offset is not None:
            try:
                minutes = parse_offset(text_of(offset), f"OffsetTime{suffix}")
            except UnusableError as error:
                yield absent("time offset", error.reason, error.detail)
        if minutes is None:
            minutes = inline_offset
        if minutes is None and meaning is not TimeMeaning.DIGITIZED:
            zone = tags.exif_field(TIME_ZONE_OFFSET)
            minutes = _zone_minutes(zone, meaning)
            if minutes is not None:
                shown.append(("TimeZoneOffset", zone))
        value = CaptureTime(
            instant_utc=_instant(local, minutes),
            local=local,
            offset_minutes=minutes,
            resolution_s=resolution_s,
            clock=Clock.DEVICE,
            meaning=meaning,
        )
        yield tags.observe(value, name, show_fields(shown))
    if not has_capture:
        yield absent("time", Reason.NOT_PRESENT, "the EXIF has no DateTimeOriginal")


def split_date(text: str, name: str) -> tuple[dt.date, str]:
    """Parse "YYYY:MM:DD" and return what follows it too; raises `UnusableError` where it is no day of the calendar."""
    match = _DATE.match(text)
    try:
        if match:
            return dt.date(int(match[1]), int(match[2]), int(match[3])), text[match.end() :]
    except ValueError:
        pass
    raise UnusableError(Reason.NOT_A_DATE, f"{name}: {text!r} is no date" if text else f"{name} is blank")


def parse_time(text: str, name: str) -> tuple[dt.datetime, int | None, float | None]:
    """Parse an EXIF date: local time, an offset in minutes if it carries one, and the resolution in seconds of a bare date.

    Raises `UnusableError` for blanks, zeros and what is no time of the calendar.
    """
    standard = _parse_standard(text)
    if standard is not None:
        return standard, None, None
    day, rest = split_date(text, name)
    if not rest:
        return dt.datetime.combine(day, dt.time()), None, 86_400.0
    match = _CLOCK.match(rest)
    try:
        if match:
            clock = dt.time(int(match[1]), int(match[2]), int(match[3] or 0), _microseconds(match[4] or ""))
            return dt.datetime.combine(day, clock), parse_offset(rest[match.end() :], name), None
    except ValueError:
        pass
    raise UnusableError(Reason.NOT_A_DATE, f"{name}: {text!r} is no time")


# The three times of a picture are nearly always one.
@lru_cache(maxsize=64)
def _parse_standard(text: str) -> dt.datetime | None:
    """A time in the standard's own form, `None` for any other and for what is no time of the calendar."""
    match = _STANDARD.fullmatch(text)
    try:
        if match:
            year, month, day, hour, minute, second = map(int, match.groups())
            return dt.datetime(year, month, day, hour, minute, second)
    except ValueError:
        pass
    return None


def parse_offset(text: str, name: str) -> int | None:
    """Parse "+HH:MM", "Z" or "GMT+H" into minutes east of UTC, `None` for blanks; raises `UnusableError` for anything else."""
    if not text.strip(" :"):
        return None
    if text in ("Z", "UTC", "GMT"):
        return 0
    match = _OFFSET.fullmatch(text)
    if match is None or int(match[3] or 0) >= 60:
        raise UnusableError(Reason.NOT_A_NUMBER, f"{name}: {text!r} is no offset from UTC")
    minutes = (int(match[2]) * 60 + int(match[3] or 0)) * (-1 if match[1] == "-" else 1)
    if not MIN_OFFSET_MINUTES <= minutes <= MAX_OFFSET_MINUTES:
        raise UnusableError(Reason.OUT_OF_RANGE, f"{name}: {text!r} is an offset that no time zone has")
    return minutes


def _zone_minutes(field: Field | None, meaning: TimeMeaning) -> int | None:
    """TimeZoneOffset of TIFF/EP (ISO 12234-2): whole hours for DateTimeOriginal, then for DateTime."""
    if field is None:
        return None
    hours = field.integers()
    index = 0 if meaning is TimeMeaning.CAPTURED else 1
    if index >= len(hours) or not MIN_OFFSET_MINUTES <= hours[index] * 60 <= MAX_OFFSET_MINUTES:
        return None
    return hours[index] * 60


def _instant(local: dt.datetime, offset_minutes: int | None) -> dt.datetime | None:
    if offset_minutes is None:
        return None
    try:
        return (local - dt.timedelta(minutes=offset_minutes)).replace(tzinfo=dt.UTC)
    except OverflowError:
        return None


def _microseconds(digits: str) -> int:
    return int((digits + "000000")[:6]) if digits.isascii() and digits.isdigit() else 0
