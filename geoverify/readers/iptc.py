"""IPTC-IIM 4.2: what newsrooms and picture agencies write of place, date, author and content."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

from geoverify.containers.iptc_iim import IimBlock, iim_blocks
from geoverify.media import ByteSource
from geoverify.model import (
    CaptureTime,
    Clock,
    Finding,
    MediaFile,
    MediaKind,
    PlaceClaim,
    Reason,
    Software,
    TextSnippet,
    TextSource,
    TimeMeaning,
    Who,
)
from geoverify.speech import Speaker, UnusableError
from geoverify.text import MAX_TEXT_CHARS

NAME = "iptc"
# From small to large, as an address is said; the code only where the country has no name.
_PLACE = ((92, "Sub-location"), (90, "City"), (95, "Province/State"), (101, "Country/Primary Location Name"))
_COUNTRY_CODE = (100, "Country/Primary Location Code")
_CONTENT_LOCATION = 27
_TIMES = (
    (55, 60, "Date Created+Time Created", TimeMeaning.CAPTURED),
    (62, 63, "Digital Creation Date+Time", TimeMeaning.DIGITIZED),
)
_CAPTIONS = ((120, "Caption/Abstract"),)
_TAGS = (
    (5, "Object Name"),
    (40, "Special Instructions"),
    (105, "Headline"),
    (110, "Credit"),
    (115, "Source"),
)
_LISTS = ((25, "Keywords"), (80, "By-line"), (26, "Content Location Code"))
_PROGRAM, _PROGRAM_VERSION = 65, 70
# Facebook and Instagram leave a number that begins so in what they re-encode.
_FACEBOOK = re.compile(r"FBMD[0-9a-f]+")
_DATE = re.compile(r"(\d{4})[-:]?(\d\d)[-:]?(\d\d)", re.ASCII)
_CLOCK = re.compile(r"(\d\d):?(\d\d):?(\d\d)\s?(?:([+-])(\d\d):?(\d\d))?", re.ASCII)
MIN_OFFSET_MINUTES, MAX_OFFSET_MINUTES = -12 * 60, 14 * 60


class IptcReader:
    """Places, dates, words and programs of the second record (application record)."""

    name = NAME
    kinds = frozenset({MediaKind.IMAGE})

    def read(self, media: MediaFile, source: ByteSource) -> Iterator[Finding]:
        """Yield what every block says; no camera writes places and captions, so all of it is an editor's word."""
        for number, block in enumerate(iim_blocks(media, source)):
            speaker = Speaker(reader=NAME, who=Who.EDITOR, where=block.where if number else "")
            for read in (_read_place, _read_times, _read_texts, _read_programs):
                yield from read(block, speaker)


READER = IptcReader()


def _name(number: int, name: str, block: IimBlock) -> str:
    """The data set as IPTC names it; what was read in an assumed character set says so."""
    values = block.data_sets.get((2, number), [])
    if block.is_stated or all(value.isascii() for value in values):
        return f"2:{number:02d} {name}"
    return f"2:{number:02d} {name} (character set not stated, read as {block.encoding})"


def _read_place(block: IimBlock, speaker: Speaker) -> Iterator[Finding]:
    parts = {number: block.text(2, number) for number, _ in (*_PLACE, _COUNTRY_CODE)}
    said = [parts[number] for number, _ in _PLACE]
    said[-1] = said[-1] or parts[_COUNTRY_CODE[0]]
    name = ", ".join(dict.fromkeys(part for part in said if part))
    if name:
        given = [(number, label) for number, label in (*_PLACE, _COUNTRY_CODE) if parts[number]]
        raw = "; ".join(f"{label} {parts[number]}" for number, label in given)
        field = "+".join(_name(number, label, block) for number, label in given)
        yield speaker.observe(PlaceClaim(name=name[:MAX_TEXT_CHARS], source=TextSource.TAG), field, raw)
    # Places that the picture speaks of, which need not be where it was taken.
    for shown_place in dict.fromkeys(block.texts(2, _CONTENT_LOCATION)):
        claim = PlaceClaim(name=shown_place[:MAX_TEXT_CHARS], source=TextSource.TAG)
        yield speaker.observe(claim, _name(_CONTENT_LOCATION, "Content Location Name", block), shown_place)


def _read_times(block: IimBlock, speaker: Speaker) -> Iterator[Finding]:
    for date_number, time_number, name, meaning in _TIMES:
        date, clock = block.text(2, date_number), block.text(2, time_number)
        if date:
            field = f"2:{date_number} {name}"
            yield from speaker.attempt("time", field, f"{date} {clock}".strip(), parse_iim_time, date, clock, meaning)


def parse_iim_time(date: str, clock: str, meaning: TimeMeaning) -> CaptureTime:
    """Read a date as CCYYMMDD and a time as HHMMSS±HHMM (IIM §6, data sets 2:55 and 2:60).

    A month or day of 00 is one that is not known. Raises `UnusableError` for what is no date.
    """
    match = _DATE.fullmatch(date)
    if match is None or match[1] == "0000":
        raise UnusableError(Reason.NOT_A_DATE, f"{date[:40]!r} is no date")
    resolution_s = 366 * 86_400.0 if match[2] == "00" else 31 * 86_400.0 if match[3] == "00" else 86_400.0
    time = _CLOCK.fullmatch(clock) if resolution_s == 86_400.0 else None
    try:
        local = dt.datetime(int(match[1]), int(match[2]) or 1, int(match[3]) or 1)
        if time:
            local = local.replace(hour=int(time[1]), minute=int(time[2]), second=int(time[3]))
    except ValueError as error:
        raise UnusableError(Reason.NOT_A_DATE, f"{date[:40]!r} {clock[:40]!r} is no date that exists ({error})") from error
    offset = None
    if time and time[4]:
        offset = (int(time[5]) * 60 + int(time[6])) * (-1 if time[4] == "-" else 1)
        if not MIN_OFFSET_MINUTES <= offset <= MAX_OFFSET_MINUTES:
            raise UnusableError(Reason.OUT_OF_RANGE, f"{clock[:40]!r} has an offset that no clock on Earth has")
    return CaptureTime(
        instant_utc=_instant(local, offset),
        local=local,
        offset_minutes=offset,
        resolution_s=None if time else resolution_s,
        clock=Clock.DEVICE,
        meaning=meaning,
    )


def _instant(local: dt.datetime, offset: int | None) -> dt.datetime | None:
    try:
        return None if offset is None else (local - dt.timedelta(minutes=offset)).replace(tzinfo=dt.UTC)
    except OverflowError:
        return None


def _read_texts(block: IimBlock, speaker: Speaker) -> Iterator[Finding]:
    for data_sets, source in ((_CAPTIONS, TextSource.CAPTION), (_TAGS, TextSource.TAG)):
        for number, name in data_sets:
            text = block.text(2, number)
            if text and not _FACEBOOK.fullmatch(text):
                yield speaker.observe(TextSnippet(text=text[:MAX_TEXT_CHARS], source=source), _name(number, name, block), text)
    for number, name in _LISTS:
        text = "\n".join(dict.fromkeys(block.texts(2, number)))
        if text:
            snippet = TextSnippet(text=text[:MAX_TEXT_CHARS], source=TextSource.TAG)
            yield speaker.observe(snippet, _name(number, name, block), text)


def _read_programs(block: IimBlock, speaker: Speaker) -> Iterator[Finding]:
    program = " ".join(text for number in (_PROGRAM, _PROGRAM_VERSION) if (text := block.text(2, number)))
    if block.text(2, _PROGRAM):
        yield speaker.observe(Software(name=program), _name(_PROGRAM, "Originating Program", block), program)
    mark = block.text(2, 40)
    if _FACEBOOK.fullmatch(mark):
        platform = speaker.as_author(Who.PLATFORM)
        yield platform.observe(Software(name="Facebook or Instagram"), "2:40 Special Instructions", mark)
