"""The outline of a movie file (ISO/IEC 14496-12, QuickTime): top boxes, the movie's parts, user data, telemetry tracks.

A dozen telemetry readers ask these questions of every video, and nearly every answer is “nothing here”: the outline is made once
for a source and kept as long as the source is in use.
"""

from __future__ import annotations

from msgspec import Struct

from geoverify.containers.isobmff import Box, read_level
from geoverify.containers.quicktime_movie import Movie, TrackHeader, read_movie, read_top
from geoverify.media import ByteSource, keep

# Pictures and sound carry no telemetry of their own.
_MEDIA_HANDLERS = (b"vide", b"soun")
_USER_TYPE_BYTES = 16


class MediaTrack(Struct, frozen=True):
    """A track that is neither picture nor sound: handler type, format of its first sample entry, clock, sample tables.

    `shift_s` is what its edit list adds to the media's own times (§8.6.6).
    """

    handler: bytes
    format: bytes
    timescale: int
    shift_s: float
    tables: Box


class Outline(Struct, frozen=True, kw_only=True):
    """Boxes in the order of the file: of the first level up to the second fragment, of `moov`, of `moov/udta`; and the tracks.

    On the first level a `uuid` box's payload begins with its user type. Boxes behind damage are missing; what is wrong is the
    QuickTime reader's to report.
    """

    top: tuple[Box, ...] = ()
    movie: tuple[Box, ...] = ()
    user_data: tuple[Box, ...] = ()
    tracks: tuple[MediaTrack, ...] = ()


@keep
def read_outline(source: ByteSource) -> Outline:
    """The outline of a source, made on the first call and kept."""
    top = tuple(_with_user_type(box) if box.user_type else box for box in read_top(source).sound)
    moov = find_first(top, b"moov")
    if moov is None:
        return Outline(top=top)
    parts = read_level(source, moov.offset, moov.end).sound
    movie = read_movie(source, moov)
    return Outline(
        top=top,
        movie=parts,
        user_data=tuple(box for part in parts if part.type == b"udta" for box in read_level(source, part.offset, part.end).sound),
        tracks=() if movie.source is not source else tuple(_list_telemetry(movie)),
    )


def find_first(boxes: tuple[Box, ...], kind: bytes) -> Box | None:
    """The first box of a type."""
    for box in boxes:
        if box.type == kind:
            return box
    return None


def media_track(movie: Movie, track: TrackHeader) -> MediaTrack | None:
    """A track as its samples are read; `None` where it has no tables, no clock or no description of its samples."""
    if track.tables is None or track.media is None or not track.media.timescale or not track.entry_type:
        return None
    delay_s = track.delay_units / movie.header.timescale if movie.header and movie.header.timescale else 0.0
    shift_s = delay_s - track.skip_units / track.media.timescale
    return MediaTrack(track.handler, track.entry_type, track.media.timescale, shift_s, track.tables)


def _list_telemetry(movie: Movie) -> list[MediaTrack]:
    found = (media_track(movie, track) for track in movie.tracks if track.handler not in _MEDIA_HANDLERS)
    return [track for track in found if track is not None]


def _with_user_type(box: Box) -> Box:
    return Box(box.type, box.offset - _USER_TYPE_BYTES, box.size_bytes + _USER_TYPE_BYTES)
