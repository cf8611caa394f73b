"""What the clocks of one file call into question: impossible dates, and clocks that cannot both be right."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from geoverify.clocks import (
    DAY_S,
    MAX_RESIDUAL_S,
    WESTMOST,
    TimeObservation,
    bound_time,
    fixes_of,
    format_offset,
    imply_zone,
    is_coarse,
    nearest_offset,
    place_time,
)
from geoverify.model import CaptureTime, Clock, Problem, TimeMeaning
from geoverify.readers.filename import CAMERA_FIELD
from geoverify.settings import Settings

# Where counters start that nobody set: QuickTime, Unix, FAT and many cameras, GPS; and, only to the second, other cameras.
_EPOCHS = (dt.datetime(1904, 1, 1), dt.datetime(1970, 1, 1), dt.datetime(1980, 1, 1), dt.datetime(1980, 1, 6))
_EXACT_EPOCH = dt.datetime(2000, 1, 1)
# The week number of GPS has ten bits and begins again after as many weeks (IS-GPS-200 §20.3.3.3.1.1).
ROLLOVER_S = 1024 * 7 * DAY_S
_EDITED = "the capture time was probably edited, or a clock was wrong: look for the original"
# What cannot come before the recording, with what to think of it where it does.
_AFTER_FILMING = {
    TimeMeaning.POSTED: ("posted", "the post shows other footage, the camera's clock was fast, or its time was edited"),
    TimeMeaning.SAVED: ("saved", "the name is another file's, the camera's clock was fast, or its time was edited"),
    TimeMeaning.DIGITIZED: ("changed", _EDITED),
    TimeMeaning.MODIFIED: ("changed", _EDITED),
    TimeMeaning.ENCODED: ("changed", _EDITED),
}
_MTIME_ADVICE = "a weak sign, as copying can set that time: ask how the file came here; else a clock was wrong or a time edited"


def check_clocks(
    times: Sequence[TimeObservation], examined_at: dt.datetime, settings: Settings, duration_s: float | None = None
) -> Iterator[Problem]:
    """Yield a problem for each impossible date and each pair of clocks that cannot both be right, with what to do next.

    `duration_s` is the footage's own, by which clocks that are read at its start and at its end may differ.
    """
    tolerance_s = settings.clock_disagreement_s
    slack_s = tolerance_s + max(duration_s or 0.0, 0.0)
    judged = [(item, find_impossible(item, examined_at, settings)) for item in times]
    yield from _report_impossible([(item, code) for item, code in judged if code], settings)
    sound = [item for item, code in judged if code is None]
    captured = [item for item in sound if item.value.meaning is TimeMeaning.CAPTURED]
    yield from _check_roundness(captured, sound)
    exact = [item for item in captured if not is_coarse(item.value)]
    if exact and fixes_of(sound):
        yield from _check_fix(exact[0], fixes_of(sound)[0], tolerance_s, slack_s)
    yield from _check_copies(exact, tolerance_s)
    yield from _check_container(exact, sound, tolerance_s, slack_s)
    yield from _check_name(exact, sound, slack_s)
    yield from _check_order(sound, tolerance_s)


def _say(code: str, message: str) -> Problem:
    return Problem(code=code, message=message, where="clocks")


def _naive(time: CaptureTime) -> dt.datetime:
    moment = time.local or time.instant_utc or dt.datetime.max
    return moment.replace(tzinfo=None)


def find_impossible(item: TimeObservation, examined_at: dt.datetime, settings: Settings) -> str | None:
    """The code of the problem with a time that cannot be when anything happened; `None` for one that can."""
    written = item.value.local if item.value.local is not None else item.value.instant_utc
    if written is None:
        return None
    earliest_utc, latest_utc = bound_time(item.value, written)
    first, last = earliest_utc.replace(tzinfo=None), latest_utc.replace(tzinfo=None)
    if _naive(item.value) == _EXACT_EPOCH or any(first < epoch + dt.timedelta(days=1) and epoch <= last for epoch in _EPOCHS):
        return "epoch-date"
    if _naive(item.value).year < settings.earliest_plausible_year:
        return "implausible-date"
    late = examined_at + dt.timedelta(seconds=settings.clock_disagreement_s)
    return "future-date" if earliest_utc > late else None


def _report_impossible(judged: Sequence[tuple[TimeObservation, str]], settings: Settings) -> Iterator[Problem]:
    words = {
        "epoch-date": "is where clocks start that nobody set; do not date the footage by it",
        "implausible-date": f"is before {settings.earliest_plausible_year}; do not date the footage by it unless it is a scan",
        "future-date": "lies in the future; a clock was wrong or the time was edited, so do not date the footage by it",
    }
    fields: dict[tuple[str, dt.datetime], list[str]] = {}
    for item, code in judged:
        fields.setdefault((code, _naive(item.value)), []).append(item.provenance.field)
    for (code, when), names in fields.items():
        yield _say(code, f"{', '.join(dict.fromkeys(names))} says {when:%Y-%m-%d %H:%M:%S}, which {words[code]}")


def _check_roundness(captured: Sequence[TimeObservation], times: Sequence[TimeObservation]) -> Iterator[Problem]:
    """Midnight, a full hour, or a full minute where the same clock shows seconds elsewhere: a typed time, once in 3,600."""
    for item in captured[:1]:
        local = item.value.local
        if local is None or is_coarse(item.value) or local.second or local.microsecond:
            continue
        minute = dt.timedelta(minutes=1)
        others = [one for one in times if one.value.clock is Clock.DEVICE and one.value.local is not None]
        cut = [one for one in others if one.value.local and dt.timedelta() < one.value.local - local < minute]
        if local.hour == local.minute == 0:
            kind, code = "midnight", "midnight-time"
        elif local.minute == 0 or cut:
            kind, code = "a full hour" if local.minute == 0 else "a full minute, unlike the file's other times", "zeroed-seconds"
        else:
            continue
        advice = "it may have been typed, so trust its day more than its hour and ask for the original"
        yield _say(code, f"{item.provenance.field} says {local:%Y-%m-%d %H:%M:%S}, {kind}: {advice}")


def _check_fix(item: TimeObservation, fix: TimeObservation, tolerance_s: float, slack_s: float) -> Iterator[Problem]:
    """Compare a capture time with the time of its fix: equal in some zone, or else a stale fix, a slipped day, a wrong clock."""
    names = f"{item.provenance.field} and {fix.provenance.field}"
    time, gps = item.value, fix.value.instant_utc
    if gps is None:
        return
    implied = imply_zone(item, fix) if time.local is not None else None
    is_whole = implied is not None and -slack_s <= implied.residual_s <= tolerance_s
    if time.instant_utc is None and is_whole:
        return
    apart_s = (time.instant_utc - gps if time.instant_utc else _naive(time) - gps.replace(tzinfo=None)).total_seconds()
    if time.instant_utc is not None and -slack_s <= apart_s <= tolerance_s:
        return
    zone_s = 0.0 if time.instant_utc else 60.0 * nearest_offset(apart_s - DAY_S if apart_s > 0 else apart_s + DAY_S)
    if abs(abs(apart_s) - ROLLOVER_S) <= DAY_S:
        yield _say("gps-week-rollover", f"{names} lie 1,024 weeks apart: the receiver's week number ran over; use the other time")
    elif implied is not None and is_whole and time.offset_minutes is not None:
        stated = f"{item.provenance.field} states {format_offset(time.offset_minutes)}"
        advice = "the zone was set wrong or the fix is that much older; find out which before you date the footage"
        yield _say("clock-disagreement", f"{implied.how}, but {stated}: {advice}")
    elif implied is None and abs(abs(apart_s - zone_s) - DAY_S) <= MAX_RESIDUAL_S:
        yield _say("gps-date-slip", f"{names} agree but for one day: one of the two dates is wrong; ask which by other footage")
    elif time.instant_utc is not None and 0 < apart_s <= DAY_S:
        advice = "the camera may have moved since, or its clock or zone is wrong; do not take the position as exact"
        yield _say("stale-fix", f"{fix.provenance.field} is {_span(apart_s)} older than {item.provenance.field}: {advice}")
    elif implied is not None and time.instant_utc is None:
        advice = "the fix is stale or one of the two clocks is wrong; do not date the footage by either alone"
        yield _say("clock-disagreement", f"{implied.how}, but {abs(implied.residual_s):.0f} s are left over: {advice}")
    else:
        advice = "one of the two is wrong or belongs to another picture; do not date or place the footage by either alone"
        yield _say("clock-disagreement", f"{names} lie {_span(abs(apart_s))} apart: {advice}")


def _span(seconds: float) -> str:
    for unit_s, unit in ((DAY_S, "days"), (3600.0, "h"), (60.0, "min")):
        if seconds >= 2 * unit_s:
            return f"{seconds / unit_s:.1f} {unit}"
    return f"{seconds:.0f} s"


def _is_whole_zone(apart_s: float, slack_s: float) -> bool:
    """Whether a difference is one of two zones, up to some slack."""
    return abs(apart_s) <= 26 * 3600 and abs(apart_s - 900 * round(apart_s / 900)) <= slack_s


def _check_copies(captured: Sequence[TimeObservation], tolerance_s: float) -> Iterator[Problem]:
    """Compare the first capture time with the others, in UTC where both state it and as written where not."""
    for item in captured[1:]:
        first, other = captured[0].value, item.value
        if first.instant_utc is not None and other.instant_utc is not None:
            apart_s = abs((first.instant_utc - other.instant_utc).total_seconds())
            differ = apart_s > tolerance_s
        else:
            apart_s = abs((_naive(first) - _naive(other)).total_seconds())
            in_utc = first.local is None or other.local is None or 0 in (first.offset_minutes, other.offset_minutes)
            differ = apart_s > tolerance_s and not (in_utc and _is_whole_zone(apart_s, tolerance_s))
        if differ:
            names = f"{captured[0].provenance.field} and {item.provenance.field}"
            advice = "one was edited or belongs to another picture; find out which before you date the footage"
            yield _say("capture-times-differ", f"{names} lie {_span(apart_s)} apart: {advice}")
            return


def _check_container(
    captured: Sequence[TimeObservation], times: Sequence[TimeObservation], tolerance_s: float, slack_s: float
) -> Iterator[Problem]:
    """Compare the container's creation time, UTC by the standard, with the first capture time."""
    boxes = [item for item in times if item.value.clock is Clock.CONTAINER and item.value.instant_utc is not None]
    if not captured or not boxes or boxes[0].value.instant_utc is None:
        return
    time, field = captured[0].value, boxes[0].provenance.field
    created = boxes[0].value.instant_utc
    local_s = (created.replace(tzinfo=None) - _naive(time)).total_seconds()
    if -tolerance_s <= local_s <= slack_s:
        if time.offset_minutes:
            yield _say("container-local-time", f"{field} holds local time where the standard asks for UTC: read it as local")
        return
    apart_s = (created - time.instant_utc).total_seconds() if time.instant_utc else local_s - WESTMOST.total_seconds()
    if apart_s > slack_s:
        advice = "it was trimmed, edited or exported after the recording; ask for the original"
        yield _say("container-later", f"{field} is {_span(apart_s)} later than {captured[0].provenance.field}: {advice}")


def _check_name(captured: Sequence[TimeObservation], times: Sequence[TimeObservation], slack_s: float) -> Iterator[Problem]:
    """Compare the name that a camera gave with the first capture time: the same clock wrote both."""
    named = [item for item in times if item.provenance.field == CAMERA_FIELD and not is_coarse(item.value)]
    if not captured or not named:
        return
    apart_s = abs((_naive(named[0].value) - _naive(captured[0].value)).total_seconds())
    if apart_s > slack_s and not _is_whole_zone(apart_s, slack_s):
        advice = "the file was renamed or its capture time edited; compare with its neighbours on the device"
        yield _say("name-differs", f"the name and {captured[0].provenance.field} lie {_span(apart_s)} apart: {advice}")


def _check_order(times: Sequence[TimeObservation], tolerance_s: float) -> Iterator[Problem]:
    """Find what happened for certain, whatever the unknown zones, before the footage was filmed."""
    filmed = [item for item in times if item.value.meaning is TimeMeaning.CAPTURED] or fixes_of(times)
    placed = [(item, entry) for item in filmed if (entry := place_time(item)) is not None]
    if not placed:
        return
    film, film_entry = max(placed, key=lambda pair: pair[1].earliest_utc)
    said: set[str] = set()
    for item in times:
        entry = place_time(item)
        # A camera's name is compared with its capture time more closely than this, by `_check_name`.
        is_compared = item.provenance.field == CAMERA_FIELD and film.value.meaning is TimeMeaning.CAPTURED
        if item.value.meaning not in _AFTER_FILMING or entry is None or is_compared:
            continue
        # Editors write one local time with several offsets: what is not earlier as written either is no earlier time.
        written_s = (_naive(film.value) - _naive(item.value)).total_seconds()
        early_s = min((film_entry.earliest_utc - entry.latest_utc).total_seconds(), written_s)
        what, advice = _AFTER_FILMING[item.value.meaning]
        code = f"{what}-before-filmed"
        if item.value.clock is Clock.FILESYSTEM:
            code, advice = "capture-after-mtime", _MTIME_ADVICE
        if early_s > tolerance_s and code not in said:
            said.add(code)
            names = f"{item.provenance.field} ({entry.shown}) is at least {_span(early_s)} before {film.provenance.field}"
            yield _say(code, f"{names} ({film_entry.shown}): {advice}")
