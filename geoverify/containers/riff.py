"""RIFF (Microsoft/IBM 1991), which WebP and AVI are made of: chunks, found without reading their payloads."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from geoverify.errors import MalformedError
from geoverify.media import ByteSource

HEADER_BYTES = 12
MAX_CHUNKS = 1 << 15


class Chunk(Struct, frozen=True):
    """A chunk: its four-byte type, where its payload stands, how long it is; `is_cut` where the file ends first."""

    type: bytes
    offset: int
    size_bytes: int
    is_cut: bool

    @property
    def end(self) -> int:
        """The offset of the first byte after the payload."""
        return self.offset + self.size_bytes


def chunks(source: ByteSource, start: int = HEADER_BYTES, end: int | None = None) -> Iterator[Chunk]:
    """Yield the chunks between two offsets; the inside of a LIST begins four bytes after its own offset.

    The file's size and not the RIFF header's ends the walk, because writers that append metadata leave the old size there.
    Raises `MalformedError` for more than `MAX_CHUNKS` chunks.
    """
    end = source.size_bytes if end is None else min(end, source.size_bytes)
    offset = start
    for _ in range(MAX_CHUNKS):
        header = source.read(offset, min(8, end - offset))
        if len(header) < 8:
            return
        size = int.from_bytes(header[4:], "little")
        present = min(size, end - offset - 8)
        yield Chunk(header[:4], offset + 8, present, present < size)
        offset += 8 + size + size % 2
    raise MalformedError(f"more than {MAX_CHUNKS} RIFF chunks on one level; the file is damaged or made to harm")
