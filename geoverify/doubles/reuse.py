"""What an earlier copy says of a later claim: footage that was online before its claimed date was not shot on that date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from enum import StrEnum

from msgspec import Struct

from geoverify.doubles.groups import Group, Member
from geoverify.doubles.records import KnownTime
from geoverify.media import display_path
from geoverify.model import TimeMeaning

# Posts closer than this to each other are one upload to several platforms.
SAME_UPLOAD = dt.timedelta(days=1)


class ReuseKind(StrEnum):
    """What is told of a file by its copies; the first contradicts what the file claims, the others do not."""

    POSTED_BEFORE_CAPTURE = "posted_before_capture"
    POSTED_EARLIER = "posted_earlier"
    SAME_RECORDING_LOCATED = "same_recording_located"


class Reuse(Struct, frozen=True, kw_only=True):
    """One thing that the copy `earlier` says of the file `member`, in words."""

    kind: ReuseKind
    member: Member
    earlier: Member
    wording: str


def find_reuse(group: Group) -> Iterator[Reuse]:
    """Yield what the files of a group say of this case's files in it."""
    for member in group.members:
        if member.file.case is None:
            yield from _find_earlier(group, member)
            yield from _find_located(group, member)


def judge_claim(group: Group, claimed: KnownTime) -> Member | None:
    """The member that was posted first, if that was surely before a claimed time of capture; else `None`."""
    first = group.first_posted
    if first is None or first.file.posted is None or first.file.posted.latest_utc >= claimed.earliest_utc:
        return None
    return first


def tell_span(span: dt.timedelta) -> str:
    """A span of time in the largest unit that it fills twice."""
    for unit, days in (("years", 365.25), ("months", 30.44), ("days", 1.0)):
        count = span / dt.timedelta(days=days)
        if count >= 2.0 or (unit == "days" and count >= 1.0):
            return f"{count:.0f} {unit if round(count) > 1 else unit[:-1]}"
    return f"{span / dt.timedelta(hours=1):.0f} hours"


def name_file(member: Member) -> str:
    """A member's file as it is told to people: with the case that it stands in where that is another one."""
    return f"{display_path(member.path)[0]}{f' in {member.file.case}' if member.file.case else ''}"


def _find_earlier(group: Group, member: Member) -> Iterator[Reuse]:
    first = group.first_posted
    if first is None or first is member or first.file.posted is None:
        return
    seen, claimed, posted = first.file.posted, member.file.captured, member.file.posted
    told = f"also seen in {name_file(first)}, posted {seen.earliest_utc:%Y-%m-%d} (written by the {seen.who})"
    if claimed is not None and judge_claim(group, claimed) is first:
        span = tell_span(claimed.earliest_utc - seen.latest_utc)
        wording = f"{told}, {span} before the claimed date {claimed.earliest_utc:%Y-%m-%d} (written by the {claimed.who})"
        yield Reuse(kind=ReuseKind.POSTED_BEFORE_CAPTURE, member=member, earlier=first, wording=wording)
    elif posted is not None and posted.earliest_utc - seen.latest_utc > SAME_UPLOAD:
        wording = f"{told}, {tell_span(posted.earliest_utc - seen.latest_utc)} before it was posted here"
        yield Reuse(kind=ReuseKind.POSTED_EARLIER, member=member, earlier=first, wording=wording)
    elif posted is None and claimed is None and seen.meaning is TimeMeaning.POSTED:
        yield Reuse(kind=ReuseKind.POSTED_EARLIER, member=member, earlier=first, wording=told)


def _find_located(group: Group, member: Member) -> Iterator[Reuse]:
    """A file that names no site by itself is the same recording as one that does."""
    if member in group.located:
        return
    for other in group.located:
        wording = f"same recording as {name_file(other)}, which is consistent with {' / '.join(other.file.site_codes)}"
        yield Reuse(kind=ReuseKind.SAME_RECORDING_LOCATED, member=member, earlier=other, wording=wording)
        return
