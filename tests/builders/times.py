"""Times by every clock, for tests of what they say together."""

import datetime as dt

from builders.scenes import seen
from geoverify.model import CaptureTime, Clock, Observation, TimeMeaning, Value, Who


def utc(moment: dt.datetime, **earlier: float) -> dt.datetime:
    """A moment as UTC, so much earlier (keywords of `timedelta`)."""
    return (moment - dt.timedelta(**earlier)).replace(tzinfo=dt.UTC)


def at(
    clock: Clock,
    meaning: TimeMeaning,
    *,
    local: dt.datetime | None = None,
    instant: dt.datetime | None = None,
    resolution_s: float | None = None,
    field: str = "field",
    who: Who = Who.DEVICE,
) -> Observation[Value]:
    """A time by a clock."""
    time = CaptureTime(local=local, instant_utc=instant, resolution_s=resolution_s, clock=clock, meaning=meaning)
    return seen(time, who, field)


def box(instant: dt.datetime) -> Observation[Value]:
    """A movie header's creation time."""
    return at(Clock.CONTAINER, TimeMeaning.ENCODED, instant=instant, field="moov/mvhd creation_time")


def posted(instant: dt.datetime) -> Observation[Value]:
    """A platform's time of a post."""
    return at(Clock.PLATFORM, TimeMeaning.POSTED, instant=instant, field="timestamp", who=Who.PLATFORM)


def file_name(
    local: dt.datetime | None = None,
    instant: dt.datetime | None = None,
    resolution_s: float | None = None,
    field: str = "name given by WhatsApp",
) -> Observation[Value]:
    """A file name's time."""
    return at(Clock.FILENAME, TimeMeaning.SAVED, local=local, instant=instant, resolution_s=resolution_s, field=field)


def mtime(instant: dt.datetime) -> Observation[Value]:
    """The file system's time of the last change."""
    return at(Clock.FILESYSTEM, TimeMeaning.MODIFIED, instant=instant, field="mtime", who=Who.DOWNLOADER)
