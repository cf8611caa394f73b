"""GIF (CompuServe, version 89a): the comments and application extensions between its pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from geoverify.media import ByteSource

HEADER_BYTES = 13
MAX_BLOCKS = 4096
# Sub-blocks that are stepped over; pictures of a long animation have tens of thousands.
MAX_SUB_BLOCKS = 200_000
MAX_DATA_BYTES = 4 << 20
_WINDOW_BYTES = 1 << 16
_IMAGE, _EXTENSION = 0x2C, 0x21
COMMENT, APPLICATION = 0xFE, 0xFF


@dataclass(frozen=True, slots=True)
class Extension:
    """An extension block: its label, where its first sub-block's length byte stands, and an application's identifier."""

    label: int
    offset: int
    application: bytes = b""


class _Window:
    """Single bytes through a window over the source, so that a walk over small blocks costs few reads."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._data = b""
        self._at = 0

    def peek(self, offset: int, length: int) -> bytes:
        skipped = offset - self._at
        if not 0 <= skipped <= len(self._data) - length:
            self._data, self._at, skipped = self._source.read(offset, _WINDOW_BYTES), offset, 0
        return self._data[skipped : skipped + length]


def extensions(source: ByteSource) -> Iterator[Extension]:
    """Yield the comment and application extensions up to the trailer or to the first thing that is no block."""
    window = _Window(source)
    header = window.peek(0, HEADER_BYTES)
    if len(header) < HEADER_BYTES:
        return
    offset = HEADER_BYTES + _table_bytes(header[10])
    steps_left = MAX_SUB_BLOCKS
    for _ in range(MAX_BLOCKS):
        head = window.peek(offset, 14)
        if len(head) < 2:
            return
        if head[0] == _IMAGE and len(head) >= 10:
            offset += 10 + _table_bytes(head[9]) + 1
        elif head[0] == _EXTENSION:
            label, offset = head[1], offset + 2
            if label == APPLICATION and head[2:3] == b"\x0b" and len(head) == 14:
                yield Extension(label, offset + 12, head[3:14])
            elif label == COMMENT:
                yield Extension(label, offset)
        else:
            return
        while steps_left > 0 and (size := window.peek(offset, 1)) and size[0]:
            offset += 1 + size[0]
            steps_left -= 1
        offset += 1
        if steps_left == 0:
            return


def read_sub_blocks(source: ByteSource, offset: int, max_bytes: int = MAX_DATA_BYTES) -> bytes:
    """The data of the sub-blocks from `offset` on, without their length bytes."""
    window = _Window(source)
    parts: list[bytes] = []
    left = max_bytes
    while left > 0 and (size := window.peek(offset, 1)) and size[0]:
        parts.append(window.peek(offset + 1, size[0]))
        offset += 1 + size[0]
        left -= size[0]
    return b"".join(parts)


def read_unblocked(source: ByteSource, offset: int, max_bytes: int = MAX_DATA_BYTES) -> bytes:
    """The bytes from `offset` up to the “magic trailer” that leads decoders out of XMP, which stands there as it is."""
    data = source.read(offset, max_bytes)
    # The trailer is a 1 and then 0xFF down to 0.
    end = data.find(b"\x01\xff\xfe\xfd")
    return data if end < 0 else data[:end]


def _table_bytes(flags: int) -> int:
    """The size of the colour table that the flags of a screen or image descriptor announce."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0
