"""Counts side by side: by source, by day, by the status of the site on that day, by site."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

from geoverify.case.facts import FactRow, detailed
from geoverify.clocks import Zone
from geoverify.model import Clock
from geoverify.results import VerdictKind
from geoverify.tally.axes import Axis
from geoverify.tally.counting import Tally

NO_SOURCE = "no source told"
NO_DAY = "day unknown"
DISPUTED_DAY = "day unknown: its clocks contradict each other"
NO_SITE = "no site named"
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Group(Struct, frozen=True, kw_only=True):
    """The counts of one source, day, status or site: files, independent footage, and that by verdict; the sites it shows."""

    name: str
    files: int
    footage: int
    located: int
    ambiguous: int
    inconclusive: int
    inconsistent: int
    contradictory: int
    site_codes: tuple[str, ...]


def group_by(tally: Tally, axis: Axis) -> tuple[Group, ...]:
    """Count along an axis; a witness with files in two groups is in both, so that groups can add up to more than the whole."""
    name_of: dict[Axis, Callable[[FactRow], str]] = {
        Axis.SOURCE: lambda row: row.source or NO_SOURCE,
        Axis.DAY: name_day,
        Axis.STATUS: lambda row: name_status(row, tally),
        Axis.SITE: lambda row: " / ".join(row.site_codes.split("\n")) if row.site_codes else NO_SITE,
    }
    numbers: dict[str, list[int]] = {}
    for at, row in enumerate(tally.rows):
        numbers.setdefault(name_of[axis](detailed(row)), []).append(at)
    order = sorted(numbers) if axis is not Axis.SOURCE else sorted(numbers, key=lambda name: (-len(numbers[name]), name))
    return tuple(_count(name, numbers[name], tally) for name in order)


def _count(name: str, numbers: Sequence[int], tally: Tally) -> Group:
    roots = {tally.witness[at] for at in numbers}
    kinds = [tally.verdicts[root] for root in roots]
    located = {at for at in numbers if tally.verdicts[tally.witness[at]] is VerdictKind.CONSISTENT}
    codes = {tally.rows[at].site_codes for at in located if tally.rows[at].verdict == VerdictKind.CONSISTENT}
    return Group(
        name=name,
        files=len(numbers),
        footage=len(roots),
        located=kinds.count(VerdictKind.CONSISTENT),
        ambiguous=kinds.count(VerdictKind.AMBIGUOUS),
        inconclusive=kinds.count(VerdictKind.INCONCLUSIVE),
        inconsistent=kinds.count(VerdictKind.INCONSISTENT),
        contradictory=kinds.count(VerdictKind.CONTRADICTORY),
        site_codes=tuple(sorted(codes)),
    )


def name_day(row: FactRow) -> str:
    """The day of filming as its clock wrote it, else that of posting, else that it is unknown; each says which it is."""
    if row.filmed_shown is not None:
        by_name = " (by its name)" if row.filmed_clock == Clock.FILENAME else ""
        return f"filmed {row.filmed_shown[:10]}{_name_zone(row.filmed_zone)}{by_name}"
    if row.posted_shown is not None:
        disputed = ", its clocks contradict each other" if row.is_disputed else ""
        return f"posted {row.posted_shown[:10]}{'' if row.posted_day else ' (UTC)'}{disputed}"
    return DISPUTED_DAY if row.is_disputed else NO_DAY


def _name_zone(zone: str | None) -> str:
    return {Zone.UTC: " (UTC)", Zone.NOMINAL: " (UTC or local)"}.get(Zone(zone), "") if zone else ""


def name_status(row: FactRow, tally: Tally) -> str:
    """What the register says of the site's status on the day of filming, or else of posting: its words, not a finding."""
    if row.verdict != VerdictKind.CONSISTENT:
        return NO_SITE
    site = tally.sites.get(row.site_codes)
    if site is None:
        return "status unknown: the site is not in the register that was looked up"
    day = find_day(row, site.time_zone)
    if day is None:
        return "status unknown: the day is unknown"
    statuses = dict.fromkeys(period.status for period in site.status_history if period.covers(day))
    return " / ".join(statuses) or "the register says nothing of that day"


def find_day(row: FactRow, time_zone: str | None) -> dt.date | None:
    """The day of filming, or else of posting, where the site is: as a clock wrote it, or an instant in the site's zone."""
    written, first_s = (row.filmed_day, row.filmed_from) if row.filmed_from is not None else (row.posted_day, row.posted_from)
    if written is not None:
        return dt.date.fromisoformat(written)
    if first_s is None:
        return None
    moment = _EPOCH + dt.timedelta(seconds=first_s)
    try:
        return moment.astimezone(ZoneInfo(time_zone or "UTC")).date()
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return moment.date()
