"""JPEG (ITU-T T.81 Annex B): marker segments up to the scan, and where the picture ends."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from msgspec import Struct

from geoverify.errors import MalformedError
from geoverify.media import ByteSource

SOI, EOI, SOS, COM = 0xD8, 0xD9, 0xDA, 0xFE
APP0, APP1, APP2, APP11, APP13 = 0xE0, 0xE1, 0xE2, 0xEB, 0xED
# "Exif" with a NUL and a fill byte, in any case and with up to four stray bytes before it, as some programs write it.
_EXIF_HEADER = re.compile(rb".{0,4}Exif\0.", re.DOTALL | re.IGNORECASE)

HEAD_BYTES = 64
# The largest segment of quantisation or Huffman tables that an encoder has reason to write.
MAX_TABLE_BYTES = 1 << 12
MAX_SEGMENTS = 8192
MAX_JUNK_BYTES = 1 << 20
MAX_SCAN_BYTES = 256 << 20
_CHUNK_BYTES = 1 << 12
# Fill byte, marker, length.
_HEADER = struct.Struct(">BBH")
_SCAN_CHUNK_BYTES = 1 << 18

# Markers that can stand before a scan: SOF, DHT, DAC, EOI, SOS, DQT, DNL, DRI, DHP, EXP, APPn, COM.
_MARKERS = frozenset((*range(0xC0, 0xD0), *range(EOI, 0xF0), COM))
_MARKER = re.compile(rb"\xff[\xc0-\xcf\xd9-\xef\xfe]")
# In entropy-coded data 0xFF is followed by a stuffed zero, a restart marker or fill bytes; anything else is a marker.
_AFTER_SCAN = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")
_BARE = frozenset((0x01, SOI, *range(0xD0, 0xD8)))


class Segment(Struct, frozen=True):
    """A marker segment: where its payload stands, how long it is, and its first `HEAD_BYTES` bytes."""

    marker: int
    offset: int
    size_bytes: int
    head: bytes
    is_cut: bool

    @property
    def end(self) -> int:
        """The offset of the first byte after the segment."""
        return self.offset + self.size_bytes

    def read(self, source: ByteSource, skip_bytes: int = 0) -> bytes:
        """The payload after its first `skip_bytes` bytes."""
        if self.size_bytes <= len(self.head):
            return self.head[skip_bytes:]
        # Tables stand close together; a large payload would only push them out of the window.
        read = source.peek if self.size_bytes <= MAX_TABLE_BYTES else source.read
        return read(self.offset + skip_bytes, self.size_bytes - skip_bytes)


def exif_start(segment: Segment) -> int | None:
    """Where the TIFF structure begins in the payload of an EXIF segment; `None` for any other segment."""
    match = _EXIF_HEADER.match(segment.head) if segment.marker == APP1 else None
    return match.end() if match else None


def segments(source: ByteSource, start: int = 0, end: int | None = None) -> Iterator[Segment]:
    """Yield the segments from the picture at `start` up to and with SOS, over fill bytes and junk between segments.

    A segment that runs over `end` is cut and marked. Raises `MalformedError` for more than `MAX_SEGMENTS` segments.
    """
    end = source.size_bytes if end is None else min(end, source.size_bytes)
    offset, junk_left = start, MAX_JUNK_BYTES
    for _ in range(MAX_SEGMENTS):
        room = end - offset
        header = source.peek(offset, min(room, 4 + HEAD_BYTES))
        if len(header) < 4:
            return
        fill, marker, length = _HEADER.unpack_from(header)
        if fill == 0xFF and marker in _BARE:
            offset += 2
            continue
        if fill == 0xFF and marker == EOI:
            return
        if fill != 0xFF or length < 2 or marker not in _MARKERS:
            found = _find_marker(source, offset + 1, min(end, offset + 1 + junk_left))
            if found is None:
                return
            junk_left -= found - offset
            offset = found
            continue
        is_cut = 2 + length > room
        size = room - 4 if is_cut else length - 2
        yield Segment(marker, offset + 4, size, header[4 : 4 + size], is_cut)
        if marker == SOS:
            return
        offset += 4 + size
    raise MalformedError(f"more than {MAX_SEGMENTS} segments in one JPEG; the file is damaged or made to harm")


def end_of_image(source: ByteSource, start: int = 0) -> int | None:
    """Return the offset after the EOI of the picture at `start`, past all its scans; `None` where it has no end.

    What stands there (a motion photo's video, a maker's trailer) is not part of the picture.
    """
    offset = next((segment.end for segment in segments(source, start) if segment.marker == SOS), None)
    if offset is None:
        return None
    limit = offset + MAX_SCAN_BYTES
    for _ in range(MAX_SEGMENTS):
        found = _find_marker(source, offset, limit, _AFTER_SCAN, _SCAN_CHUNK_BYTES)
        if found is None:
            return None
        header = source.read(found, 4)
        if header[1] == EOI:
            return found + 2
        length = int.from_bytes(header[2:4])
        offset = found + 2 + (length if length >= 2 else 0)
    return None


def _find_marker(
    source: ByteSource, offset: int, limit: int, pattern: re.Pattern[bytes] = _MARKER, chunk_bytes: int = _CHUNK_BYTES
) -> int | None:
    while offset < limit:
        chunk = source.read(offset, min(chunk_bytes, limit - offset))
        match = pattern.search(chunk)
        if match:
            return offset + match.start()
        if len(chunk) < 2:
            return None
        # The last byte may be the first half of a marker.
        offset += len(chunk) - 1
    return None
