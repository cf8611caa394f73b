"""Motion photos: the place and time in the video that a phone stores inside a still picture's file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from msgspec.structs import replace

from geoverify.containers.isobmff import find_box
from geoverify.containers.quicktime_meta import PlaceTag, Tag, read_metadata, read_user_data
from geoverify.containers.quicktime_movie import read_movie
from geoverify.containers.trailer import SAMSUNG_UTC, EmbeddedVideo, WindowSource, embedded_videos, samsung_records
from geoverify.errors import MalformedError
from geoverify.media import ByteSource
from geoverify.model import (
    Absent,
    CaptureTime,
    Clock,
    EncodingTrace,
    Finding,
    MediaFile,
    MediaKind,
    Observation,
    Reason,
    TimeMeaning,
    TraceKind,
    Who,
)
from geoverify.readers._quicktime_places import read_places, read_views
from geoverify.readers._quicktime_times import read_times
from geoverify.speech import Speaker, UnusableError

NAME = "motion_photo"
MAX_TAGS = 256
_MEDIA_TYPES = frozenset(("image/jpeg", "image/heic", "image/heif", "image/avif"))
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class MotionPhotoReader:
    """Videos inside pictures, and the UTC time that Samsung's phones write behind theirs."""

    name = NAME
    kinds = frozenset({MediaKind.IMAGE})

    def read(self, media: MediaFile, source: ByteSource) -> Iterator[Finding]:
        """Yield that there is a video and what its boxes say of place and time; a video that was taken out is a problem."""
        if media.media_type not in _MEDIA_TYPES:
            return
        speaker = Speaker(reader=NAME, who=Who.DEVICE)
        for record in samsung_records(source):
            if record.type == SAMSUNG_UTC:
                text = source.read(record.offset, min(record.size_bytes, 32)).decode("ascii", "backslashreplace")
                yield from speaker.attempt("time", f"SEF {record.name}", text, _parse_milliseconds, text)
        for video in embedded_videos(media, source):
            if not video.is_there:
                message = f"{video.told_by} names a video of {video.size_bytes} bytes, and it is not there"
                cause = "another program wrote the file anew, or it is cut off; ask for the original"
                yield speaker.warn("embedded-video-missing", f"{message}: {cause}")
                continue
            value = f"mp4, {video.size_bytes} bytes at byte {video.offset}"
            yield speaker.observe(EncodingTrace(kind=TraceKind.EMBEDDED_VIDEO, value=value), video.told_by, value)
            yield from _read_video(video, source)


READER = MotionPhotoReader()


def _parse_milliseconds(text: str) -> CaptureTime:
    """Milliseconds since 1970 UTC, in decimal digits."""
    if not (text.isascii() and text.isdigit()):
        raise UnusableError(Reason.NOT_A_DATE, f"{text!r} is no number of milliseconds")
    try:
        instant = _EPOCH + dt.timedelta(milliseconds=int(text))
    except OverflowError as error:
        raise UnusableError(Reason.NOT_A_DATE, f"{text!r} ms since 1970 lies outside the calendar") from error
    return CaptureTime(instant_utc=instant, clock=Clock.DEVICE, meaning=TimeMeaning.CAPTURED)


def _read_video(video: EmbeddedVideo, outer: ByteSource) -> Iterator[Finding]:
    """What the movie box of the video says, under the name of this reader; what it leaves out is not missing here."""
    source = WindowSource(outer, video.offset, video.size_bytes)
    moov = find_box(source, 0, source.size_bytes, b"moov")
    if moov is None:
        return
    movie = read_movie(source, moov)
    tags: list[Tag | PlaceTag] = []
    for path, box in movie.metadata:
        read = read_user_data if box.type == b"udta" else read_metadata
        try:
            for tag in read(movie.source, box, path):
                if len(tags) < MAX_TAGS:
                    tags.append(tag)
        except MalformedError:
            continue
    words = [tag for tag in tags if isinstance(tag, Tag)]
    for findings in (read_places(tags, Who.DEVICE), read_times(words, movie, Who.DEVICE), read_views(words, Who.DEVICE)):
        for finding in findings:
            if isinstance(finding, Observation):
                source_of = finding.provenance
                field = f"{source_of.field} (video at byte {video.offset})"
                yield replace(finding, provenance=replace(source_of, reader=NAME, field=field))
            elif isinstance(finding, Absent) and finding.reason is not Reason.NOT_PRESENT:
                yield replace(finding, reader=NAME, detail=f"video at byte {video.offset}: {finding.detail}")
