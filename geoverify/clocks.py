"""The clocks of one file on one line: when each says it was, how surely, and what zone they imply."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from geoverify.model import CaptureTime, Clock, Observation, TimeMeaning, Value
from geoverify.readers.filename import CAMERA_FIELD

TimeObservation = Observation[CaptureTime]
# Offsets from UTC in civil use since digital cameras exist (IANA time zone database): whole hours, and these.
_ODD_OFFSETS_MINUTES = (-570, -270, -210, -150, 210, 270, 330, 345, 390, 510, 525, 570, 630, 690, 765, 825)
CIVIL_OFFSETS_MINUTES = tuple(sorted((*(60 * hour for hour in range(-12, 15)), *_ODD_OFFSETS_MINUTES)))
_EASTMOST, WESTMOST = dt.timedelta(hours=14), dt.timedelta(hours=12)
# Half a quarter of an hour: what is left over beyond it could as well belong to the next zone.
MAX_RESIDUAL_S = 450.0
MAX_SECOND_OPINION_S = 120.0
DAY_S = 86_400.0


class Zone(StrEnum):
    """How surely a time's offset from UTC is known; `NOMINAL`: UTC by the format, local time by many that write it."""

    UTC = "utc"
    STATED = "stated"
    NOMINAL = "nominal"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeEntry:
    """One time on the line: how it is written, what it is, and the UTC instants between which it must lie."""

    observation_id: str
    shown: str
    what: str
    zone: Zone
    earliest_utc: dt.datetime
    latest_utc: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneReading:
    """An offset from UTC that a file states or implies; `residual_s` is what a whole zone leaves over."""

    offset_minutes: int
    residual_s: float
    at: dt.datetime
    how: str
    observation_ids: tuple[str, ...]


def times_of(observations: Iterable[Observation[Value]]) -> list[TimeObservation]:
    """The times among a file's observations, in the order of reading."""
    return [cast("TimeObservation", item) for item in observations if isinstance(item.value, CaptureTime)]


def time_line(times: Sequence[TimeObservation]) -> tuple[TimeEntry, ...]:
    """Every time in the order in which they happened, those of unknown zone by the middle of what they can mean."""
    entries = [entry for item in times if (entry := place_time(item)) is not None]
    return tuple(sorted(entries, key=lambda entry: entry.earliest_utc + (entry.latest_utc - entry.earliest_utc) / 2))


def place_time(item: TimeObservation) -> TimeEntry | None:
    """Bound a time in UTC by what is known of its zone and its notation; `None` where it states neither time nor day."""
    time = item.value
    written = time.local if time.local is not None else time.instant_utc
    if written is None:
        return None
    zone = zone_of(time)
    earliest_utc, latest_utc = bound_time(time, written)
    words = {Zone.UTC: " UTC", Zone.NOMINAL: " UTC or local time", Zone.UNKNOWN: " in an unknown zone"}
    offset = words.get(zone) or f" {format_offset(time.offset_minutes or 0)}"
    form = "%Y-%m-%d" if (time.resolution_s or 0.0) >= DAY_S else "%Y-%m-%d %H:%M:%S"
    return TimeEntry(
        observation_id=item.id,
        shown=f"{written.strftime(form)}{offset}",
        what=f"{time.meaning.value} by the {time.clock.value} clock ({item.provenance.reader}: {item.provenance.field})",
        zone=zone,
        earliest_utc=earliest_utc,
        latest_utc=latest_utc,
    )


def bound_time(time: CaptureTime, written: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    """The UTC instants between which a time, of which `written` is what the source wrote, must lie."""
    moment = (time.instant_utc or written).replace(tzinfo=dt.UTC)
    step = dt.timedelta(seconds=time.resolution_s or 0.0)
    if zone_of(time) in (Zone.UTC, Zone.STATED):
        return moment, _shift(moment, step)
    return _shift(moment, -_EASTMOST), _shift(moment, step + WESTMOST)


def zone_of(time: CaptureTime) -> Zone:
    """How surely a time's offset from UTC is known."""
    if time.instant_utc is None:
        return Zone.UNKNOWN
    if time.local is not None:
        return Zone.STATED
    # FAT keeps local time, and computers that read it guess the zone.
    return Zone.NOMINAL if time.clock in (Clock.CONTAINER, Clock.FILESYSTEM) else Zone.UTC


def _shift(moment: dt.datetime, by: dt.timedelta) -> dt.datetime:
    """Add, but stop at the ends of the calendar."""
    try:
        return moment + by
    except OverflowError:
        return (dt.datetime.min if by < dt.timedelta() else dt.datetime.max).replace(tzinfo=dt.UTC)


def read_zones(times: Sequence[TimeObservation]) -> Iterator[ZoneReading]:
    """Yield the offsets that capture times state, and the one that local time minus the time of a fix implies.

    Where no capture time is stored, the name that a camera gave or a container's creation time stands in: many cameras write
    their local time there. A container in UTC implies nothing.
    """
    captured = [item for item in times if item.value.meaning is TimeMeaning.CAPTURED and item.value.local is not None]
    for item in captured:
        local, offset = item.value.local, item.value.offset_minutes
        if local is not None and offset is not None:
            yield ZoneReading(
                offset_minutes=offset,
                residual_s=0.0,
                at=local,
                how=f"{item.provenance.field} states {format_offset(offset)}",
                observation_ids=(item.id,),
            )
    fix = next(iter(fixes_of(times)), None)
    local_item = next(iter(captured or _stand_ins(times)), None)
    if fix is None or local_item is None or is_coarse(local_item.value):
        return
    implied = imply_zone(local_item, fix)
    # Beside an offset that the file states, a loose fit is the age of the fix and no second opinion.
    limit_s = MAX_RESIDUAL_S if local_item.value.offset_minutes is None else MAX_SECOND_OPINION_S
    if implied is not None and (captured or implied.offset_minutes) and abs(implied.residual_s) <= limit_s:
        yield implied


def _stand_ins(times: Sequence[TimeObservation]) -> list[TimeObservation]:
    named = [item for item in times if item.provenance.field == CAMERA_FIELD and item.value.local is not None]
    return named or [item for item in times if item.value.clock is Clock.CONTAINER]


def fixes_of(times: Sequence[TimeObservation]) -> list[TimeObservation]:
    """The times of GPS fixes, without bare dates."""
    return [item for item in times if item.value.clock is Clock.GPS and item.value.instant_utc and not is_coarse(item.value)]


def is_coarse(time: CaptureTime) -> bool:
    """Whether the notation leaves out the seconds or more."""
    return time.resolution_s is not None and time.resolution_s > 1.0


def imply_zone(local_item: TimeObservation, fix: TimeObservation) -> ZoneReading | None:
    """The civil offset nearest to local time minus the time of a fix; `None` where they are further apart than any zone."""
    local = local_item.value.local or local_item.value.instant_utc
    utc = fix.value.instant_utc
    if local is None or utc is None:
        return None
    apart_s = (local.replace(tzinfo=None) - utc.replace(tzinfo=None)).total_seconds()
    offset = nearest_offset(apart_s)
    residual_s = apart_s - offset * 60
    if abs(residual_s) > MAX_RESIDUAL_S and offset in (CIVIL_OFFSETS_MINUTES[0], CIVIL_OFFSETS_MINUTES[-1]):
        return None
    return ZoneReading(
        offset_minutes=offset,
        residual_s=residual_s,
        at=local.replace(tzinfo=None),
        how=f"{local_item.provenance.field} minus {fix.provenance.field} (UTC) implies {format_offset(offset)}",
        observation_ids=(local_item.id, fix.id),
    )


def nearest_offset(apart_s: float) -> int:
    """The civil offset in minutes that lies nearest to a difference of local time and UTC."""
    return min(CIVIL_OFFSETS_MINUTES, key=lambda minutes: abs(apart_s - minutes * 60))


def format_offset(offset_minutes: int) -> str:
    """An offset from UTC as `+07:00`."""
    sign = "-" if offset_minutes < 0 else "+"
    return f"{sign}{abs(offset_minutes) // 60:02d}:{abs(offset_minutes) % 60:02d}"
