"""The movie box of ISO base media (ISO/IEC 14496-12 §8.2 – §8.5) and QuickTime: headers, tracks, where metadata lies."""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from msgspec import Struct

from geoverify.containers.isobmff import Box, find_box, iterate_boxes, read_level
from geoverify.containers.parts import Parts, gather
from geoverify.errors import MalformedError
from geoverify.media import ByteSource, MemorySource, keep
from geoverify.text import decode_text

MAX_TRACKS = 64
MAX_COMPRESSED_MOVIE_BYTES = 4 << 20
MAX_MOVIE_BYTES = 32 << 20
_HANDLER_BYTES = 512
_EDIT_LIST_BYTES = 8 + 20 * 8
_SOUND = b"soun"
_IDENTITY = (1.0, 0.0, 0.0, 1.0)
# Creation, timescale and duration behind version and flags; the time of the last change stands between the first two.
_TIMES_32, _TIMES_64 = struct.Struct(">4xI4xII"), struct.Struct(">4xQ8xIQ")
# a, b, u, c and d of the matrix, then its other four numbers, width and height; all in 16.16 fixed point.
_MATRIX_AND_SIZE = struct.Struct(">5i16x2I")


class Times(Struct, frozen=True):
    """Creation time in seconds since 1904-01-01 as stored, units per second, duration in those units if it is stated."""

    creation: int
    timescale: int
    duration: int | None

    @property
    def duration_s(self) -> float | None:
        """The duration in seconds, where the clock's rate and the duration are both stated."""
        return self.duration / self.timescale if self.duration and self.timescale else None


@dataclass(slots=True)
class TrackHeader:
    """What a track says of itself; sizes are in pixels as stored, before `matrix` (a, b, c, d of §6.2.2) turns the picture.

    Its edit list shows it `delay_units` of the movie's clock late and leaves out its first `skip_units` of its own clock.
    `entry_type` is its first sample entry's, `first_chunk` where its media data begins in the file.
    """

    path: str
    creation: int = 0
    matrix: tuple[float, float, float, float] = _IDENTITY
    media: Times | None = None
    handler: bytes = b""
    handler_name: str = ""
    entry_type: bytes = b""
    compressor: str = ""
    width_px: int | None = None
    height_px: int | None = None
    sample_count: int | None = None
    delay_units: int = 0
    skip_units: int = 0
    tables: Box | None = None
    first_chunk: int | None = None

    @property
    def format(self) -> str:
        """The sample entry's type as text."""
        return self.entry_type.decode("latin-1").strip("\0 ")

    @property
    def rotation_deg(self) -> int | None:
        """Clockwise turn that shows the picture upright, 0 to 359; `None` where the matrix flattens the picture."""
        a, b, _, _ = self.matrix
        return round(math.degrees(math.atan2(b, a))) % 360 if a or b else None


@dataclass(slots=True)
class Movie:
    """A movie box: its header, tracks, the boxes that hold metadata with their paths, and what was damaged in it.

    `video` is the first track of pictures.
    """

    source: ByteSource
    header: Times | None = None
    tracks: list[TrackHeader] = field(default_factory=list)
    metadata: list[tuple[str, Box]] = field(default_factory=list)
    fragment_duration: int | None = None
    damage: list[str] = field(default_factory=list)
    video: TrackHeader | None = None

    @property
    def duration_s(self) -> float | None:
        """How long the whole movie is: by its header or, in fragments, by `mehd` (§8.8.2)."""
        if self.header is None:
            return None
        if self.header.duration_s is None and self.fragment_duration and self.header.timescale:
            return self.fragment_duration / self.header.timescale
        return self.header.duration_s


def read_movie(source: ByteSource, moov: Box) -> Movie:
    """Read a movie box once, inflating it first where it is compressed; a damaged part costs only itself."""
    known = source.memo.get(moov)
    if isinstance(known, Movie):
        return known
    movie = Movie(source)
    packed = _read_parts(movie, moov)
    if packed is not None:
        try:
            movie.source, moov = _inflate_movie(source, packed)
        except MalformedError as error:
            movie.damage.append(str(error))
        else:
            _read_parts(movie, moov)
    movie.video = next((track for track in movie.tracks if track.handler == b"vide"), None)
    source.memo[moov] = movie
    return movie


def _read_parts(movie: Movie, moov: Box) -> Box | None:
    """Read the boxes of a movie box and return the compressed one, if it is there instead."""
    packed = None
    level = read_level(movie.source, moov.offset, moov.end)
    for box in level.sound:
        try:
            if box.type == b"cmov":
                packed = find_box(movie.source, box.offset, box.end, b"cmvd")
            else:
                _read_part(movie, box)
        except MalformedError as error:
            movie.damage.append(str(error))
    if level.damage is not None:
        movie.damage.append(str(level.damage))
    return packed


def _read_part(movie: Movie, box: Box) -> None:
    if box.type == b"trak":
        if len(movie.tracks) < MAX_TRACKS:
            track = TrackHeader(path=f"moov/trak[{len(movie.tracks) + 1}]")
            movie.tracks.append(track)
            _read_track(movie, track, box)
    elif box.type == b"mvhd":
        movie.header = _read_times(movie.source, box)
    elif box.type == b"mvex":
        header = find_box(movie.source, box.offset, box.end, b"mehd")
        if header is not None:
            data = movie.source.peek(header.offset, 12)
            movie.fragment_duration = int.from_bytes(data[4:12] if data[:1] == b"\x01" else data[4:8])
    elif box.type in (b"udta", b"meta"):
        movie.metadata.append((f"moov/{box.type.decode()}", box))


def _read_track(movie: Movie, track: TrackHeader, trak: Box) -> None:
    headers: dict[bytes, Box] = {}
    try:
        for box in iterate_boxes(movie.source, trak.offset, trak.end):
            if box.type == b"mdia":
                _list_media(movie, track, box, headers)
            elif box.type in (b"udta", b"meta"):
                movie.metadata.append((f"{track.path}/{box.type.decode()}", box))
            else:
                headers[box.type] = box
    except MalformedError as error:
        movie.damage.append(str(error))
    for kind, read in _TRACK_READERS.items():
        # Of sound only its name and its place in the file are wanted.
        if kind in headers and (track.handler != _SOUND or kind == b"minf"):
            try:
                read(movie.source, headers[kind], track)
            except MalformedError as error:
                movie.damage.append(str(error))


def _list_media(movie: Movie, track: TrackHeader, mdia: Box, headers: dict[bytes, Box]) -> None:
    for box in iterate_boxes(movie.source, mdia.offset, mdia.end):
        if box.type == b"hdlr":
            track.handler, track.handler_name = _read_handler(movie.source, box)
        elif box.type in (b"udta", b"meta"):
            movie.metadata.append((f"{track.path}/mdia/{box.type.decode()}", box))
        else:
            headers[box.type] = box


def _read_tables(source: ByteSource, minf: Box, track: TrackHeader) -> None:
    tables = find_box(source, minf.offset, minf.end, b"stbl")
    if tables is not None:
        track.tables = tables
        is_sound = track.handler == _SOUND
        for box in iterate_boxes(source, tables.offset, tables.end):
            if box.type in (b"stco", b"co64"):
                data = _load(source, box, 16)
                if int.from_bytes(data[4:8]):
                    track.first_chunk = int.from_bytes(data[8:12] if box.type == b"stco" else data[8:16])
            elif is_sound:
                continue
            elif box.type == b"stsd":
                _read_sample_entry(source, box, track)
            elif box.type in (b"stsz", b"stz2"):
                track.sample_count = _read_sample_count(source, box)


def _load(source: ByteSource, box: Box, max_bytes: int) -> bytes:
    return source.peek(box.offset, min(box.size_bytes, max_bytes))


def _read_edits(source: ByteSource, edts: Box, track: TrackHeader) -> None:
    """The leading empty edits' length in the movie's units, and where the first edit starts in the media's (§8.6.6)."""
    box = find_box(source, edts.offset, edts.end, b"elst")
    if box is None:
        return
    data = _load(source, box, _EDIT_LIST_BYTES)
    step, width = (20, 8) if data[:1] == b"\x01" else (12, 4)
    delay = 0
    for at in range(8, min(len(data), 8 + step * int.from_bytes(data[4:8])) - step + 1, step):
        start = int.from_bytes(data[at + width : at + 2 * width], signed=True)
        if start >= 0:
            track.delay_units, track.skip_units = delay, start
            return
        delay += int.from_bytes(data[at : at + width])


def _read_times(source: ByteSource, box: Box) -> Times:
    """The times of `mvhd` (§8.2.2) or `mdhd` (§8.4.2); a duration of all ones means that it is not known."""
    data = _load(source, box, 36)
    layout, unknown = (_TIMES_64, (1 << 64) - 1) if data[:1] == b"\x01" else (_TIMES_32, (1 << 32) - 1)
    if len(data) < layout.size:
        raise MalformedError(f"box {box.type!r} at byte {box.offset} is cut off after {len(data)} bytes")
    creation, timescale, duration = layout.unpack_from(data)
    return Times(creation, timescale, None if duration == unknown else duration)


def _read_track_header(source: ByteSource, box: Box, track: TrackHeader) -> None:
    """The `tkhd` box (§8.3.2): creation time, matrix in 16.16, size in 16.16."""
    data = _load(source, box, 96)
    wide = data[:1] == b"\x01"
    at = 52 if wide else 40
    if len(data) < at + 44:
        raise MalformedError(f"box {box.type!r} at byte {box.offset} is cut off after {len(data)} bytes")
    track.creation = int.from_bytes(data[4:12] if wide else data[4:8])
    a, b, _, c, d, width, height = _MATRIX_AND_SIZE.unpack_from(data, at)
    track.matrix = (a / 65536, b / 65536, c / 65536, d / 65536)
    track.width_px, track.height_px = width >> 16 or None, height >> 16 or None


def _read_media_header(source: ByteSource, box: Box, track: TrackHeader) -> None:
    track.media = _read_times(source, box)


def _read_handler(source: ByteSource, box: Box) -> tuple[bytes, str]:
    """The type and name of a handler (§8.4.3); QuickTime counts the name's bytes where ISO ends it with a NUL."""
    data = _load(source, box, _HANDLER_BYTES)
    name = data[24:]
    if name and name[0] == len(name.rstrip(b"\0")) - 1:
        name = name[1:]
    return data[8:12], decode_text(name)


def _read_sample_entry(source: ByteSource, box: Box, track: TrackHeader) -> None:
    """The first visual sample entry (§12.1.3): format, size, and the compressor's name behind its length."""
    data = _load(source, box, 94)
    if len(data) >= 16:
        track.entry_type = data[12:16]
    if track.handler != b"vide":
        return
    if len(data) >= 44:
        # The sample entry's size counts stored pixels; the track header's may be scaled for showing.
        track.width_px = int.from_bytes(data[40:42]) or track.width_px
        track.height_px = int.from_bytes(data[42:44]) or track.height_px
    if len(data) >= 90:
        track.compressor = decode_text(data[59 : 59 + min(data[58], 31)])


def _read_sample_count(source: ByteSource, box: Box) -> int | None:
    """The number of samples of `stsz` or `stz2` (§8.7.3), where the box or the file has room for so many."""
    data = source.peek(box.offset, 12)
    if len(data) < 12:
        return None
    same, count = int.from_bytes(data[4:8]), int.from_bytes(data[8:12])
    if box.type == b"stz2":
        fits = count * data[7] <= 8 * (box.size_bytes - 12)
    elif same:
        fits = count * same <= source.size_bytes
    else:
        fits = count * 4 <= box.size_bytes - 12
    return count if fits and count else None


_TRACK_READERS: dict[bytes, Callable[[ByteSource, Box, TrackHeader], None]] = {
    b"tkhd": _read_track_header,
    b"edts": _read_edits,
    b"mdhd": _read_media_header,
    b"minf": _read_tables,
}


def _inflate_movie(source: ByteSource, compressed: Box) -> tuple[ByteSource, Box]:
    """The movie box inside a compressed one (QTFF, "Compressed movie resources"); raises `MalformedError` if it cannot be."""
    if compressed.size_bytes > MAX_COMPRESSED_MOVIE_BYTES:
        raise MalformedError(f"the compressed movie box has {compressed.size_bytes} bytes; the file is damaged or made to harm")
    data = source.read(compressed.offset, compressed.size_bytes)
    try:
        plain = zlib.decompressobj().decompress(data[4:], MAX_MOVIE_BYTES)
    except zlib.error as error:
        raise MalformedError(f"the compressed movie box does not inflate ({error}); the file is damaged") from error
    inner = MemorySource(plain)
    moov = find_box(inner, 0, len(plain), b"moov")
    if moov is None:
        raise MalformedError("the compressed movie box holds no movie box; the file is damaged")
    return inner, moov


def list_top_boxes(source: ByteSource) -> Iterator[Box]:
    """Yield the boxes of the file's first level as far as they say anything of the whole: up to the second fragment.

    Raises `MalformedError` behind the last sound one where there is damage.
    """
    return iter(read_top(source))


@keep
def read_top(source: ByteSource) -> Parts[Box]:
    """The same boxes, and the damage that ended them before their time."""
    return gather(_walk_top(source))


def _walk_top(source: ByteSource) -> Iterator[Box]:
    seen: set[bytes] = set()
    for box in iterate_boxes(source, 0, source.size_bytes):
        if box.type == b"moof" and {b"moof", b"moov"} <= seen:
            return
        seen.add(box.type)
        yield box
