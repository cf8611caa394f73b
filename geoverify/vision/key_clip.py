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


@dataclass(frozen=True, slots=True)
class KeyClip:
    """The small movie's bytes; its nth frame is shown at second n and is the original's at `time_s[n]`."""

    data: bytes
    time_s: tuple[float, ...]
    width_px: int
    height_px: int


def cut_key_clip(source: ByteSource, count: int, *, largest: bool = False) -> KeyClip | None:
    """Copy up to `count` key frames, spread evenly over the movie, into a movie with one track and no metadata.

    They are those nearest to the middles of equal parts of its time or, with `largest`, those of the most bytes in each part: a
    blurred picture takes fewer.

    `None` where the tables do not say which they are: in fragments, or where there is no track of pictures. Raises
    `MalformedError` where the tables contradict themselves.
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
    table = table.pick(_pick_largest(table, duration_s, count) if largest else _pick_nearest(table, duration_s, count))
    samples = [sample for _, _, sample in table.read(source)]
    header = source.read(entry.offset, entry.size_bytes)
    colours = find_wide_colours(header)
    if track.format in _H265_FORMATS:
        samples = [flatten_sample(sample, colours) for sample in samples]
    times = tuple(max(0.0, time_s) for time_s in table.time_s.tolist())
    return KeyClip(_pack_movie(track, flatten_entry(header, colours), samples), times, track.width_px, track.height_px)


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


def _pack(kind: bytes, *parts: bytes) -> bytes:
    payload = b"".join(parts)
    return struct.pack(">I4s", 8 + len(payload), kind) + payload


def _pack_movie(track: TrackHeader, sample_entry: bytes, samples: Sequence[bytes]) -> bytes:
    """An MP4 file (ISO/IEC 14496-12) with each sample in a chunk of its own and a clock of one tick a second."""
    count = len(samples)
    a, b, c, d = (round(part * 65536) & 0xFFFFFFFF for part in track.matrix)
    matrix = struct.pack(">9I", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    size = struct.pack(">II", (track.width_px or 0) << 16, (track.height_px or 0) << 16)
    file_type = _pack(b"ftyp", b"isom", bytes(4), b"isommp42")
    sizes = [len(sample) for sample in samples]

    def pack_head(first_offset: int) -> bytes:
        offsets = [first_offset + sum(sizes[:place]) for place in range(count)]
        tables = _pack(
            b"stbl",
            _pack(b"stsd", sample_entry),
            _pack(b"stts", struct.pack(">IIII", 0, 1, count, 1)),
            _pack(b"stsc", struct.pack(">IIIII", 0, 1, 1, 1, 1)),
            _pack(b"stsz", struct.pack(f">III{count}I", 0, 0, count, *sizes)),
            _pack(b"stco", struct.pack(f">II{count}I", 0, count, *offsets)),
        )
        here = _pack(b"dref", struct.pack(">II", 0, 1), _pack(b"url ", struct.pack(">I", 1)))
        media = _pack(
            b"mdia",
            _pack(b"mdhd", struct.pack(">IIIIII", 0, 0, 0, 1, count, 0x55C40000)),
            _pack(b"hdlr", struct.pack(">II4s12xx", 0, 0, b"vide")),
            _pack(b"minf", _pack(b"vmhd", struct.pack(">I8x", 1)), _pack(b"dinf", here), tables),
        )
        track_header = _pack(b"tkhd", struct.pack(">IIIIII16x", 3, 0, 0, 1, 0, count), matrix, size)
        movie_matrix = struct.pack(">9I", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
        header = struct.pack(">IIIIIIH10x", 0, 0, 0, 1, count, 1 << 16, 1 << 8) + movie_matrix + struct.pack(">24xI", 2)
        return file_type + _pack(b"moov", _pack(b"mvhd", header), _pack(b"trak", track_header, media))

    # The offsets have a fixed width, so that the head's length does not depend on them.
    return pack_head(len(pack_head(0)) + 8) + _pack(b"mdat", *samples)
