"""Matroska and WebM: who wrote the file, when, and what its tags say of place and time."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

from geoverify.containers.iso6709 import parse_iso6709
from geoverify.containers.iso8601 import parse_iso8601
from geoverify.containers.matroska import Info, Segment, SimpleTag, read_segment
from geoverify.errors import MalformedError
from geoverify.media import ByteSource
from geoverify.model import (
    Absent,
    Camera,
    CaptureTime,
    Clock,
    Finding,
    MediaFile,
    MediaKind,
    Observation,
    PlaceClaim,
    Position,
    Problem,
    Provenance,
    Reason,
    Software,
    TextSnippet,
    TextSource,
    TimeMeaning,
    Value,
    VideoInfo,
    Who,
)

NAME = "matroska"
MAX_TEXTS = 64
_EPOCH = dt.datetime(2001, 1, 1, tzinfo=dt.UTC)
_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
# A muxer that copies an MP4 writes its keys in capitals, with the language of a user data text behind.
_LOCATIONS = re.compile(r"LOCATION(-[A-Z]{3})?|COM\.APPLE\.QUICKTIME\.LOCATION\.ISO6709")
_TIMES = {
    "DATE_RECORDED": TimeMeaning.CAPTURED,
    "COM.APPLE.QUICKTIME.CREATIONDATE": TimeMeaning.CAPTURED,
    "DATE_DIGITIZED": TimeMeaning.DIGITIZED,
    "DATE_ENCODED": TimeMeaning.ENCODED,
    "CREATION_TIME": TimeMeaning.ENCODED,
    "DATE_TAGGED": TimeMeaning.MODIFIED,
}
_WORDS = frozenset({"TITLE", "SUBTITLE", "DESCRIPTION", "SYNOPSIS", "SUMMARY", "COMMENT", "KEYWORDS", "PURL", "URL"})
_PROGRAMS = frozenset({"ENCODER", "ENCODED_BY", "COM.APPLE.QUICKTIME.SOFTWARE", "COM.ANDROID.VERSION"})
_MAKES = ("COM.APPLE.QUICKTIME.MAKE", "COM.ANDROID.MANUFACTURER", "MAKE")
_MODELS = ("COM.APPLE.QUICKTIME.MODEL", "COM.ANDROID.MODEL", "MODEL")


class MatroskaReader:
    """The segment's information and tags; every program that copied the file could have changed them."""

    name = NAME
    kinds = frozenset({MediaKind.VIDEO})

    def read(self, media: MediaFile, source: ByteSource) -> Iterator[Finding]:
        """Yield picture size and duration, programs, times, positions, places and words."""
        if media.media_type != "video/x-matroska":
            return
        segment = read_segment(source)
        if segment.problem:
            yield Problem(code="malformed", message=segment.problem, where=f"readers.{NAME}")
        yield from _report_info(segment)
        tags = [tag for tag in segment.tags if tag.value and not tag.is_track]
        for tag in tags:
            yield from _report_tag(tag)
        yield from _report_camera(tags)
        words = [tag for tag in tags if tag.name.upper() in _WORDS][:MAX_TEXTS]
        for tag in words:
            yield _observe(TextSnippet(text=tag.value, source=TextSource.TAG), f"tag {tag.name}", tag.value, Who.UPLOADER)


READER = MatroskaReader()


def _observe(value: Value, field: str, raw: str, who: Who = Who.EDITOR) -> Observation[Value]:
    return Observation(value=value, provenance=Provenance(reader=NAME, field=field, raw=raw, who=who))


def _report_info(segment: Segment) -> Iterator[Finding]:
    info, video = segment.info, segment.video
    writer = info.writing_app or info.muxing_app or None
    if video is not None or info.duration_s is not None:
        yield _observe(
            VideoInfo(
                duration_s=info.duration_s,
                fps=video.fps if video else None,
                width_px=video.width_px if video else None,
                height_px=video.height_px if video else None,
                codec=(video.codec or None) if video else None,
                writer=writer,
            ),
            "Info+Tracks",
            writer or "",
        )
    for field, program in (("WritingApp", info.writing_app), ("MuxingApp", info.muxing_app)):
        if program:
            yield _observe(Software(name=program), f"Info.{field}", program)
    if info.title:
        yield _observe(TextSnippet(text=info.title, source=TextSource.TAG), "Info.Title", info.title, Who.UPLOADER)
    if info.date_ns is not None:
        yield _report_date(info.date_ns, info)


def _report_date(date_ns: int, info: Info) -> Finding:
    try:
        instant = _EPOCH + dt.timedelta(microseconds=date_ns // 1000)
    except OverflowError:
        detail = f"Info.DateUTC: {date_ns} ns lies outside the calendar"
        return Absent(what="time", reason=Reason.NOT_A_DATE, detail=detail, reader=NAME)
    value = CaptureTime(instant_utc=instant, clock=Clock.CONTAINER, meaning=TimeMeaning.ENCODED)
    return _observe(value, "Info.DateUTC", f"{date_ns} ns after 2001-01-01 UTC, by {info.writing_app or info.muxing_app}")


def _report_tag(tag: SimpleTag) -> Iterator[Finding]:
    name = tag.name.upper()
    field = f"tag {tag.name}"
    if _LOCATIONS.fullmatch(name):
        yield _report_location(tag.value, field)
    elif name in _TIMES:
        yield _report_time(tag.value, field, _TIMES[name])
    elif name == "RECORDING_LOCATION":
        yield _observe(PlaceClaim(name=tag.value, source=TextSource.TAG), field, tag.value)
    elif name in _PROGRAMS:
        yield _observe(Software(name=tag.value), field, tag.value)


def _report_location(text: str, field: str) -> Finding:
    try:
        point = parse_iso6709(text)
    except MalformedError as error:
        return Absent(what="position", reason=Reason.NOT_A_NUMBER, detail=f"{field}: {error}", reader=NAME)
    if abs(point.lat_deg) > 90.0 or abs(point.lon_deg) > 180.0:
        detail = f"{field}: {text[:60]!r} lies outside the range of latitude and longitude"
        return Absent(what="position", reason=Reason.OUT_OF_RANGE, detail=detail, reader=NAME)
    if point.lat_deg == 0.0 and point.lon_deg == 0.0:
        detail = f"{field}: 0/0, which devices write for “unknown”"
        return Absent(what="position", reason=Reason.NULL_ISLAND, detail=detail, reader=NAME)
    position = Position(
        lat_deg=point.lat_deg,
        lon_deg=point.lon_deg,
        alt_m=point.height_m,
        resolution_m=max(point.lat_step_deg, point.lon_step_deg) * 111_195.0,
    )
    return _observe(position, field, text)


def _report_time(text: str, field: str, meaning: TimeMeaning) -> Finding:
    day = _DAY.fullmatch(text)
    try:
        if day:
            midnight = dt.datetime(int(day[1]), int(day[2]), int(day[3]))
            value = CaptureTime(local=midnight, resolution_s=86_400.0, clock=Clock.CONTAINER, meaning=meaning)
            return _observe(value, field, text)
        moment = parse_iso8601(text)
    except ValueError as error:
        return Absent(what="time", reason=Reason.NOT_A_DATE, detail=f"{field}: {error}", reader=NAME)
    value = CaptureTime(
        instant_utc=moment.instant_utc,
        local=moment.local,
        offset_minutes=moment.offset_minutes,
        clock=Clock.CONTAINER,
        meaning=meaning,
    )
    return _observe(value, field, text)


def _report_camera(tags: list[SimpleTag]) -> Iterator[Finding]:
    named = {tag.name.upper(): tag.value for tag in tags}
    make = next((named[name] for name in _MAKES if name in named), None)
    model = next((named[name] for name in _MODELS if name in named), None)
    if make or model:
        yield _observe(Camera(make=make, model=model), "tags MAKE+MODEL", " ".join(filter(None, (make, model))))
