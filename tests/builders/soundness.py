"""What holds of every finding, whatever the bytes were: its faults in words."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from msgspec import Struct

from geoverify.model import (
    Absent,
    Camera,
    CaptureTime,
    FieldOfView,
    Finding,
    Heading,
    ImageInfo,
    Observation,
    PlaceClaim,
    Position,
    Post,
    Problem,
    Track,
    Value,
    VideoInfo,
    Who,
)

# Above all that a report can show; a reader that hands on more hands on a file's whole content.
MAX_CHARS = 20_000
MAX_TRACK_POINTS = 10_000
# UTC−12:00 to UTC+14:00 (IANA time zone database).
MIN_OFFSET_MINUTES, MAX_OFFSET_MINUTES = -720, 840
# The exifread package testifies inside the EXIF reader and is named for itself.
WITNESSES = frozenset({"exifread"})
# Fields that are empty by definition, or where an empty text is what the format says.
_MAY_BE_EMPTY = frozenset({"id", "raw"})


def find_faults(findings: Iterable[Finding], reader_names: frozenset[str]) -> list[str]:
    """What is wrong with the findings of one file, each fault with the finding that has it; nothing where all are sound."""
    faults: list[str] = []
    for item in findings:
        if isinstance(item, Observation | Absent | Problem):
            faults += [f"{fault}: {item!r:.600}" for fault in _list_faults(item, reader_names)]
        else:
            faults.append(f"a {type(item).__name__} is no finding")
    return faults


def _list_faults(item: Finding, reader_names: frozenset[str]) -> Iterator[str]:
    yield from _check_parts("", item)
    yield from _check_json(item)
    if isinstance(item, Problem):
        if item.code == "reader-failed":
            yield "a reader raised an exception"
        if item.where.removeprefix("readers.") not in reader_names:
            yield f"the problem is in no reader but {item.where!r}"
    elif isinstance(item, Absent):
        if item.reader not in reader_names:
            yield f"no reader is called {item.reader!r}"
    else:
        if item.provenance.reader not in reader_names | WITNESSES:
            yield f"no reader is called {item.provenance.reader!r}"
        if not isinstance(item.provenance.who, Who):
            yield "who could have written it is not said"
        yield from _check_value(item.value)


def _check_json(item: Finding) -> Iterator[str]:
    kind: Any = Observation[Value] if isinstance(item, Observation) else type(item)
    try:
        again = msgspec.json.decode(msgspec.json.encode(item), type=kind)
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError) as error:
        yield f"it cannot be stored as JSON ({error})"
        return
    if again != item:
        yield "it is another after a round trip through JSON"


def _check_parts(name: str, part: object) -> Iterator[str]:
    """Texts, numbers and times, however deep they stand."""
    if isinstance(part, Struct):
        for field in part.__struct_fields__:
            yield from _check_parts(field, getattr(part, field))
    elif isinstance(part, tuple):
        for item in part:
            yield from _check_parts(name, item)
    elif isinstance(part, str):
        if not part and name not in _MAY_BE_EMPTY:
            yield f"{name} is empty"
        if len(part) > MAX_CHARS:
            yield f"{name} has {len(part)} characters"
        if any("\ud800" <= char <= "\udfff" for char in part):
            yield f"{name} has half of a surrogate pair"
    elif isinstance(part, float):
        if not math.isfinite(part):
            yield f"{name} is {part}"
    elif isinstance(part, dt.datetime):
        if name == "local" and part.tzinfo is not None:
            yield "the local time has an offset in it"
        if name != "local" and part.utcoffset() != dt.timedelta(0):
            yield f"{name} is not in UTC"


def _check_value(value: Value) -> Iterator[str]:
    match value:
        case Position():
            yield from _check_position(value)
        case Track():
            yield from _check_track(value)
        case CaptureTime():
            yield from _check_time(value)
        case PlaceClaim():
            if value.name is None and value.position is None:
                yield "a claim of no place"
            if value.position is not None:
                yield from _check_position(value.position)
        case Heading():
            if not 0.0 <= value.angle_deg < 360.0 or not -90.0 <= (value.pitch_deg or 0.0) <= 90.0:
                yield "the direction is off the scale"
        case FieldOfView():
            if not 0.0 < value.long_side_deg <= 360.0:
                yield "the field of view is off the scale"
        case Camera() | Post():
            if all(getattr(value, field) is None for field in value.__struct_fields__):
                yield "it says nothing"
        case ImageInfo():
            yield from _check_positive(value, "width_px", "height_px")
            if value.orientation not in (None, *range(1, 9)):
                yield "the orientation is none of EXIF's eight"
        case VideoInfo():
            yield from _check_positive(value, "duration_s", "fps", "frame_count", "width_px", "height_px")
            if not 0 <= (value.rotation_deg or 0) < 360:
                yield "the rotation is off the scale"


def _check_positive(value: Struct, *names: str) -> Iterator[str]:
    for name in names:
        number = getattr(value, name)
        if number is not None and number <= 0:
            yield f"{name} is {number}"


def _check_position(position: Position) -> Iterator[str]:
    if not (abs(position.lat_deg) <= 90.0 and abs(position.lon_deg) <= 180.0):
        yield "the position is off the globe"
    if position.lat_deg == 0.0 and position.lon_deg == 0.0:
        yield "the position is the one that stands for “unknown”"
    yield from _check_positive(position, "horizontal_error_m", "resolution_m")


def _check_track(track: Track) -> Iterator[str]:
    if not 0 < len(track.points) <= MAX_TRACK_POINTS:
        yield f"a track of {len(track.points)} points"
    for point in track.points:
        yield from _check_position(point.position)
    times = [point.time_s for point in track.points]
    if times != sorted(times):
        yield "the track is not in the order of time"


def _check_time(time: CaptureTime) -> Iterator[str]:
    if time.instant_utc is None and time.local is None:
        yield "a time that says no time"
    if time.offset_minutes is not None:
        if not MIN_OFFSET_MINUTES <= time.offset_minutes <= MAX_OFFSET_MINUTES:
            yield f"an offset of {time.offset_minutes} minutes"
        if time.local is None:
            yield "an offset without the local time that it belongs to"
    if time.local is not None and time.instant_utc is not None:
        # A local time says when that was in UTC only by the offset that goes with it.
        if time.offset_minutes is None:
            yield "a local time became UTC without an offset"
        elif time.local.replace(tzinfo=dt.UTC) - dt.timedelta(minutes=time.offset_minutes) != time.instant_utc:
            yield "local time, offset and UTC do not agree"
    yield from _check_positive(time, "resolution_s")
