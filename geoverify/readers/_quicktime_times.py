"""When a movie says that it was shot, and when its boxes were written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

from geoverify.containers.iso8601 import parse_day, parse_iso8601
from geoverify.containers.quicktime_meta import Tag
from geoverify.containers.quicktime_movie import Movie
from geoverify.errors import MalformedError
from geoverify.model import CaptureTime, Clock, Finding, Reason, TimeMeaning, Who
from geoverify.readers._quicktime_findings import APPLE, absent, observe

# Seconds of the headers count from here, in UTC (ISO/IEC 14496-12 §8.2.2).
EPOCH = dt.datetime(1904, 1, 1, tzinfo=dt.UTC)
UNIX_EPOCH_S = 2_082_844_800
DAY_S = 86_400.0
_TIME_KEYS = ("©day", "@day", APPLE + "creationdate")


def read_times(tags: Iterable[Tag], movie: Movie, who: Who) -> Iterator[Finding]:
    """Yield dates from metadata, then the headers' creation times, each once where several headers repeat it."""
    for tag in tags:
        if tag.key in _TIME_KEYS:
            yield _read_date(tag, who)
    fields: dict[int, str] = {}
    if movie.header is not None:
        fields[movie.header.creation] = "moov/mvhd creation_time"
    if movie.video is not None:
        fields.setdefault(movie.video.creation, f"{movie.video.path}/tkhd creation_time")
        if movie.video.media is not None:
            fields.setdefault(movie.video.media.creation, f"{movie.video.path}/mdia/mdhd creation_time")
    for seconds, field in fields.items():
        yield _read_seconds(field, seconds, who)


def _read_date(tag: Tag, who: Who) -> Finding:
    raw = str(tag.value)
    try:
        moment = parse_iso8601(raw)
    except MalformedError as error:
        return _read_day(tag, who, str(error))
    value = CaptureTime(
        instant_utc=moment.instant_utc,
        local=moment.local,
        offset_minutes=moment.offset_minutes,
        clock=Clock.DEVICE,
        meaning=TimeMeaning.CAPTURED,
    )
    return observe(value, tag.field, raw, who)


def _read_day(tag: Tag, who: Who, error: str) -> Finding:
    try:
        day = parse_day(str(tag.value))
    except MalformedError:
        return absent("time", Reason.NOT_A_DATE, f"{tag.field}: {error}")
    # In an item list the key is the day of release, and downloaders put the day of upload there; no camera leaves out the time.
    posted = tag.path.endswith("/meta")
    value = CaptureTime(
        local=dt.datetime.combine(day, dt.time()),
        resolution_s=DAY_S,
        clock=Clock.PLATFORM if posted else Clock.DEVICE,
        meaning=TimeMeaning.POSTED if posted else TimeMeaning.CAPTURED,
    )
    return observe(value, tag.field, str(tag.value), Who.EDITOR if who is Who.DEVICE else who)


def _read_seconds(field: str, seconds: int, who: Who) -> Finding:
    """A header's creation time: UTC by the standard, though cameras without a zone write their local time."""
    if seconds == 0:
        return absent("time", Reason.NOT_PRESENT, f"{field} is 0: the writer did not set it")
    try:
        instant = EPOCH + dt.timedelta(seconds=seconds)
    except OverflowError:
        return absent("time", Reason.NOT_A_DATE, f"{field} {seconds} lies outside the calendar")
    if seconds <= UNIX_EPOCH_S:
        unix = dt.datetime.fromtimestamp(seconds, dt.UTC)
        detail = f"{field} {seconds} is {instant:%Y-%m-%d} by the standard, {unix:%Y-%m-%d %H:%M:%S} if it counts from 1970"
        return absent("time", Reason.NOT_A_DATE, f"{detail}; the writer's clock or arithmetic is wrong, so neither is used")
    value = CaptureTime(instant_utc=instant, clock=Clock.CONTAINER, meaning=TimeMeaning.ENCODED)
    return observe(value, field, str(seconds), who)
