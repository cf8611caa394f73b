"""Samples of a track (ISO/IEC 14496-12 §8.6, §8.7) and QuickTime: where they lie and when they are shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoverify.containers.isobmff import Box, walk_boxes
from geoverify.containers.outline import MediaTrack
from geoverify.errors import MalformedError
from geoverify.media import ByteSource

# The media types whose files are made of boxes.
MOVIE_TYPES = frozenset({"video/mp4", "video/quicktime", "video/3gpp"})
# An hour of motion sensors at 270 Hz; resolving a table this long takes some 100 MB.
MAX_SAMPLES = 1_000_000
MAX_SAMPLE_BYTES = 8 << 20
MAX_TABLE_BYTES = 32 << 20
# Tracks share no bytes either; damaged tables of a few are borne.
MAX_FILE_SHARES = 4
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SampleTable:
    """Where the samples of a track lie and when they are shown: parallel arrays of seconds, seconds, bytes, bytes."""

    time_s: Floats
    duration_s: Floats
    offset: Ints
    size_bytes: Ints

    def __len__(self) -> int:
        return len(self.offset)

    def pick(self, indices: Ints) -> SampleTable:
        """The same table with only some of its rows."""
        return SampleTable(self.time_s[indices], self.duration_s[indices], self.offset[indices], self.size_bytes[indices])

    def first(self, count: int) -> SampleTable:
        """The same table with its first rows alone."""
        return SampleTable(self.time_s[:count], self.duration_s[:count], self.offset[:count], self.size_bytes[:count])

    def usable(self, source: ByteSource) -> SampleTable:
        """The same table without the samples that are empty, too large or not wholly inside the file.

        Samples share no bytes, so where they are longer together than the file the rest of them is left out too.
        """
        # The offset alone is checked first: one near 2^63 would wrap round when the size is added.
        fits = (self.offset >= 0) & (self.offset < source.size_bytes) & (self.offset + self.size_bytes <= source.size_bytes)
        fits &= (self.size_bytes > 0) & (self.size_bytes <= MAX_SAMPLE_BYTES)
        table = self if fits.all() else self.pick(np.flatnonzero(fits))
        # Sizes are above 0 here, so that the sum grows: what is over the limit comes last.
        return table.first(int(np.searchsorted(np.cumsum(table.size_bytes), source.size_bytes, side="right")))

    def thin(self, count: int) -> SampleTable:
        """The same table with every nth row where it has more than `count` rows."""
        return self if len(self) <= count else self.pick(np.arange(0, len(self), -(-len(self) // count)))

    def space(self, step_s: float) -> SampleTable:
        """The same table with the first row of each step of time."""
        if len(self) == 0:
            return self
        steps = np.floor(self.time_s / step_s)
        return self.pick(np.flatnonzero(np.diff(steps, prepend=steps[0] - 1.0) != 0.0))

    def read(self, source: ByteSource) -> Iterator[tuple[float, float, bytes]]:
        """Yield time and duration in seconds and the bytes of each sample."""
        rows = zip(self.time_s.tolist(), self.duration_s.tolist(), self.offset.tolist(), self.size_bytes.tolist(), strict=True)
        for time_s, duration_s, offset, size in rows:
            yield time_s, duration_s, source.read(offset, size)


def read_sample_table(source: ByteSource, track: MediaTrack) -> SampleTable:
    """Resolve a track's sample tables (§8.6.1.2, §8.7); samples that lie outside the file or are empty are left out.

    Raises `MalformedError` where the tables contradict themselves. A fragmented movie has empty tables here.
    """
    return _resolve(source, track, _list_tables(source, track)).usable(source)


def read_key_samples(source: ByteSource, track: MediaTrack) -> SampleTable:
    """Like `read_sample_table`, of the samples alone that decode without others (§8.6.2), at the times when they are shown."""
    boxes = _list_tables(source, track)
    table = _resolve(source, track, boxes)
    # Times of decoding become times of showing by offsets that are signed in practice, whatever the version (§8.6.1.3).
    runs = _read_rows(source, boxes.get(b"ctts"), 2)
    ends = np.minimum(np.cumsum(runs[:, 0]), len(table))
    shifts = np.repeat(runs[:, 1].astype(np.int32), np.diff(ends, prepend=0))
    table.time_s[: len(shifts)] += shifts / track.timescale
    # Where the box is missing every sample is one; sample numbers start at 1.
    if b"stss" in boxes:
        numbers = _read_rows(source, boxes[b"stss"], 1)[:, 0]
        table = table.pick(np.unique(numbers[(numbers >= 1) & (numbers <= len(table))]) - 1)
    return table.usable(source)


def _list_tables(source: ByteSource, track: MediaTrack) -> dict[bytes, Box]:
    return {box.type: box for box in walk_boxes(source, track.tables.offset, track.tables.end)}


def _resolve(source: ByteSource, track: MediaTrack, boxes: dict[bytes, Box]) -> SampleTable:
    """Every sample of the track: row n is sample number n + 1."""
    sizes = _read_sizes(source, boxes)
    _claim_bytes(source, track, int(sizes.sum()))
    chunk_offsets = _read_chunk_offsets(source, boxes)
    count = len(sizes)
    if count == 0 or len(chunk_offsets) == 0:
        return SampleTable(np.empty(0), np.empty(0), np.empty(0, np.int64), np.empty(0, np.int64))
    ends = _count_by_chunk(_read_rows(source, boxes.get(b"stsc"), 3), len(chunk_offsets), count)
    count = int(ends[-1])
    sizes = sizes[:count]
    offsets = _place_samples(sizes, chunk_offsets, ends)
    time_s, duration_s = _read_times(source, boxes.get(b"stts"), count, track)
    return SampleTable(time_s, duration_s, offsets, sizes)


def _claim_bytes(source: ByteSource, track: MediaTrack, size_bytes: int) -> None:
    """Note how much of the file a track takes; raises `MalformedError` where all tracks take more than the file could hold."""
    claims = source.memo.setdefault(_claim_bytes, {})
    assert isinstance(claims, dict)
    claims[track.tables] = min(size_bytes, source.size_bytes)
    if sum(claims.values()) > MAX_FILE_SHARES * source.size_bytes:
        raise MalformedError(f"the tracks together claim over {MAX_FILE_SHARES} times the bytes of the file; it is made to harm")


def _read_rows(source: ByteSource, box: Box | None, width: int) -> Ints:
    """The 32-bit columns of a full box that starts with a count of rows; what is cut off is left out."""
    if box is None:
        return np.empty((0, width), np.int64)
    data = _read_table(source, box)
    rows = min(int.from_bytes(data[4:8]), max(len(data) - 8, 0) // (4 * width))
    return np.frombuffer(data, ">u4", rows * width, 8).reshape(rows, width).astype(np.int64)


def _read_table(source: ByteSource, box: Box) -> bytes:
    if box.size_bytes > MAX_TABLE_BYTES:
        raise MalformedError(f"sample table {box.type!r} at byte {box.offset} has {box.size_bytes} bytes; made to harm")
    data = source.read(box.offset, box.size_bytes)
    return data if len(data) >= 8 else bytes(8)


def _read_sizes(source: ByteSource, boxes: dict[bytes, Box]) -> Ints:
    if b"stsz" in boxes:
        data = _read_table(source, boxes[b"stsz"])
        same, count = int.from_bytes(data[4:8]), int.from_bytes(data[8:12])
        if same:
            # A made-up count cannot ask for more samples than the file has room for.
            return np.full(min(count, source.size_bytes // same, MAX_SAMPLES), same, np.int64)
        count = min(count, max(len(data) - 12, 0) // 4, MAX_SAMPLES)
        return np.frombuffer(data, ">u4", count, min(12, len(data))).astype(np.int64)
    if b"stz2" in boxes:
        data = _read_table(source, boxes[b"stz2"])
        bits, count = data[7], int.from_bytes(data[8:12])
        if bits == 4:
            pairs = np.frombuffer(data[12:], np.uint8)
            return np.column_stack((pairs >> 4, pairs & 15)).ravel()[:count].astype(np.int64)
        if bits in (8, 16):
            count = min(count, max(len(data) - 12, 0) * 8 // bits, MAX_SAMPLES)
            return np.frombuffer(data, f">u{bits // 8}", count, min(12, len(data))).astype(np.int64)
    return np.empty(0, np.int64)


def _read_chunk_offsets(source: ByteSource, boxes: dict[bytes, Box]) -> Ints:
    if b"stco" in boxes:
        return _read_rows(source, boxes[b"stco"], 1)[:, 0]
    if b"co64" in boxes:
        data = _read_table(source, boxes[b"co64"])
        count = min(int.from_bytes(data[4:8]), max(len(data) - 8, 0) // 8)
        # An offset over 2^63 wraps to a negative number, which no sample can have.
        return np.frombuffer(data, ">u8", count, 8).astype(np.int64)
    return np.empty(0, np.int64)


def _count_by_chunk(runs: Ints, chunks: int, samples: int) -> Ints:
    """How many samples the chunks up to each one hold, from the runs (first chunk, samples a chunk) of `stsc` (§8.7.4)."""
    if len(runs) == 0 or runs[0, 0] != 1 or np.any(np.diff(runs[:, 0]) <= 0):
        raise MalformedError("the sample-to-chunk table is not in order; the file is damaged")
    run_of_chunk = np.searchsorted(runs[:, 0], np.arange(1, chunks + 1), side="right") - 1
    ends: Ints = np.minimum(np.cumsum(runs[run_of_chunk, 1]), samples)
    return ends


def _place_samples(sizes: Ints, chunk_offsets: Ints, ends: Ints) -> Ints:
    """The offset of each sample: where its chunk starts, and what the samples before it in the same chunk take."""
    if len(sizes) == 0:
        return sizes
    before = np.cumsum(sizes) - sizes
    counts = np.diff(ends, prepend=0)
    starts = np.minimum(ends - counts, len(sizes) - 1)
    offsets: Ints = np.repeat(chunk_offsets - before[starts], counts) + before
    return offsets


def _read_times(source: ByteSource, box: Box | None, count: int, track: MediaTrack) -> tuple[Floats, Floats]:
    runs = _read_rows(source, box, 2)
    ends = np.minimum(np.cumsum(runs[:, 0]), count) if len(runs) else np.zeros(0, np.int64)
    durations = np.repeat(runs[:, 1], np.diff(ends, prepend=0)) if len(runs) else np.zeros(0, np.int64)
    if len(durations) < count:
        raise MalformedError("the time-to-sample table is shorter than the track; the file is damaged")
    starts = np.cumsum(durations) - durations
    return starts / track.timescale + track.shift_s, durations / track.timescale
