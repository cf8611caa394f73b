"""A few key frames of a movie as a small movie of their own, so that nothing else has to be read or decoded."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geoverify.containers.isobmff import find_box
from geoverify.containers.outline import MediaTrack
from geoverify.containers.quicktime_movie import Movie, TrackHeader, list_top_boxes, read_movie
from geoverify.containers.samples import Ints, SampleTable, read_key_samples
from geoverify.media import ByteSource
from geoverify.vision.hdr_colours import find_wide_colours, flatten_entry, flatten_sample

MAX_SAMPLE_ENTRY_BYTES = 1 << 16
_H265_FORMATS = ("hvc1", "hev1", "dvh1", "dvhe")


@dataclass(frozen=True, slots=True, eq=False)
class KeySamples:
    """The key frames of a movie: where they lie and when they are shown, and how they are encoded."""

    source: ByteSource
    track: TrackHeader
    table: SampleTable
    duration_s: float
    entry: bytes
    width_px: int
    height_px: int

    def choose(self, count: int, *, largest: bool = False) -> list[int]:
        """Up to `count` rows of the table, spread evenly over the movie, in order.

        They are those nearest to the middles of equal parts of its time or, with `largest`, those of the most bytes in each
        part: a blurred picture takes fewer.
        """
        pick = _pick_largest if largest else _pick_nearest
        return [int(row) for row in pick(self.table, self.duration_s, count)]

    def time_s(self, row: int) -> float:
        """When a row's frame is shown."""
        return max(0.0, float(self.table.time_s[row]))

    def cut(self, rows: Sequence[int]) -> bytes:
        """Some rows' frames as a movie with one track and no metadata, its nth frame shown at second n."""
        samples = [sample for _, _, sample in self.table.pick(np.asarray(rows, np.intp)).read(self.source)]
        colours = find_wide_colours(self.entry)
        if self.track.format in _H265_FORMATS:
            samples = [flatten_sample(sample, colours) for sample in samples]
        return pack_movie(flatten_entry(self.entry, colours), samples, (self.width_px, self.height_px), self.track.matrix)


def find_key_samples(source: ByteSource) -> KeySamples | None:
    """The key frames that a movie's tables tell of.

    `None` where they do not say which they are: in fragments, or where there is no track of pictures. Raises `MalformedError`
    where the tables contradict themselves.
    """
    moov = next((box for box in list_top_boxes(source) if box.type == b"moov"), None)
    movie = None if moov is None else read_movie(source, moov)
    track = None if movie is None else movie.video
    if movie is None or track is None or movie.source is not source:
        return None
    if track.tables is None or track.media is None or not track.media.timescale or not track.width_px or not track.height_px:
        return None
    entry = find_box(source, track.tables.offset, track.tables.end, b"stsd")
    if entry is None or entry.size_bytes > MAX_SAMPLE_ENTRY_BYTES:
        return None
    table = read_key_samples(source, _media_track(movie, track))
    duration_s = movie.duration_s or track.media.duration_s or 0.0
    # What lies outside the edit list is not part of the movie that a player shows.
    table = table.pick(np.flatnonzero((table.time_s > -table.duration_s) & (table.time_s <= duration_s)))
    if len(table) == 0:
        return None
    header = source.read(entry.offset, entry.size_bytes)
    return KeySamples(source, track, table, duration_s, header, track.width_px, track.height_px)


def _pick_nearest(table: SampleTable, duration_s: float, count: int) -> Ints:
    return np.unique([int(np.argmin(np.abs(table.time_s - time_s))) for time_s in spread_times(duration_s, count)])


def _pick_largest(table: SampleTable, duration_s: float, count: int) -> Ints:
    parts = np.clip(table.time_s * (count / max(duration_s, 1e-3)), 0, count - 1).astype(np.int64)
    by_size = np.lexsort((-table.size_bytes, parts))
    return np.sort(by_size[np.unique(parts[by_size], return_index=True)[1]])


def spread_times(duration_s: float, count: int) -> list[float]:
    """The middles of `count` equal parts of a duration, in seconds."""
    return [duration_s * (part + 0.5) / count for part in range(count)]


def _media_track(movie: Movie, track: TrackHeader) -> MediaTrack:
    if track.tables is None or track.media is None:
        raise ValueError("only a track with tables and a media header has samples")
    timescale = track.media.timescale
    delay_s = track.delay_units / movie.header.timescale if movie.header and movie.header.timescale else 0.0
    shift_s = delay_s - track.skip_units / timescale
    return MediaTrack(track.handler, track.format.encode("latin-1"), timescale, shift_s, track.tables)


def pack_box(kind: bytes, *parts: bytes) -> bytes:
    """A box (ISO/IEC 14496-12 §4.2)."""
    payload = b"".join(parts)
    return struct.pack(">I4s", 8 + len(payload), kind) + payload


def pack_movie(
    description: bytes, samples: Sequence[bytes], size_px: tuple[int, int], matrix: tuple[float, float, float, float]
) -> bytes:
    """An MP4 file (ISO/IEC 14496-12) with each sample in a chunk of its own and a clock of one tick a second.

    `description` is the content of the sample description box, `matrix` turns the frames (§6.2.2).
    """
    count = len(samples)
    a, b, c, d = (round(part * 65536) & 0xFFFFFFFF for part in matrix)
    turn = struct.pack(">9I", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    size = struct.pack(">II", *((side << 16) & 0xFFFFFFFF for side in size_px))
    file_type = pack_box(b"ftyp", b"isom", bytes(4), b"isommp42")
    sizes = [len(sample) for sample in samples]

    def pack_head(first_offset: int) -> bytes:
        offsets = [first_offset + sum(sizes[:place]) for place in range(count)]
        tables = pack_box(
            b"stbl",
            pack_box(b"stsd", description),
            pack_box(b"stts", struct.pack(">IIII", 0, 1, count, 1)),
            pack_box(b"stsc", struct.pack(">IIIII", 0, 1, 1, 1, 1)),
            pack_box(b"stsz", struct.pack(f">III{count}I", 0, 0, count, *sizes)),
            pack_box(b"stco", struct.pack(f">II{count}I", 0, count, *offsets)),
        )
        here = pack_box(b"dref", struct.pack(">II", 0, 1), pack_box(b"url ", struct.pack(">I", 1)))
        media = pack_box(
            b"mdia",
            pack_box(b"mdhd", struct.pack(">IIIIII", 0, 0, 0, 1, count, 0x55C40000)),
            pack_box(b"hdlr", struct.pack(">II4s12xx", 0, 0, b"vide")),
            pack_box(b"minf", pack_box(b"vmhd", struct.pack(">I8x", 1)), pack_box(b"dinf", here), tables),
        )
        track_header = pack_box(b"tkhd", struct.pack(">IIIIII16x", 3, 0, 0, 1, 0, count), turn, size)
        movie_matrix = struct.pack(">9I", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
        header = struct.pack(">IIIIIIH10x", 0, 0, 0, 1, count, 1 << 16, 1 << 8) + movie_matrix + struct.pack(">24xI", 2)
        return file_type + pack_box(b"moov", pack_box(b"mvhd", header), pack_box(b"trak", track_header, media))

    # The offsets have a fixed width, so that the head's length does not depend on them.
    return pack_head(len(pack_head(0)) + 8) + pack_box(b"mdat", *samples)
