"""EBML (RFC 8794), which Matroska and WebM (RFC 9559) are made of: elements, found without reading their payloads."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from geoverify.errors import MalformedError
from geoverify.media import ByteSource
from geoverify.text import decode_text

MAX_ELEMENTS = 1 << 15


@dataclass(frozen=True, slots=True)
class Element:
    """An element: its identifier with its marker bits, where its payload stands, how long it is.

    `is_open` where the writer left the size unknown (§6.2); the payload then reaches to its parent's end.
    """

    id: int
    offset: int
    size_bytes: int
    is_open: bool = False

    @property
    def end(self) -> int:
        """The offset of the first byte after the element."""
        return self.offset + self.size_bytes


def walk_elements(source: ByteSource, start: int, end: int) -> Iterator[Element]:
    """Yield the elements between two offsets; one that runs over the end is cut, one of unknown size is the last.

    Raises `MalformedError` for a number that is none, or for more than `MAX_ELEMENTS` elements.
    """
    offset = start
    for _ in range(MAX_ELEMENTS):
        header = source.read(offset, min(12, end - offset))
        if len(header) < 2:
            return
        id_length = _vint_length(header[0])
        if id_length > 4 or len(header) <= id_length:
            raise MalformedError(f"byte {offset} is no EBML element; the file is damaged")
        size_length = _vint_length(header[id_length])
        raw = header[id_length : id_length + size_length]
        if size_length > 8 or len(raw) < size_length:
            raise MalformedError(f"the element at byte {offset} has no size; the file is damaged")
        size = int.from_bytes(raw) & ((1 << 7 * size_length) - 1)
        payload = offset + id_length + size_length
        is_open = size == (1 << 7 * size_length) - 1
        present = end - payload if is_open else min(size, end - payload)
        yield Element(int.from_bytes(header[:id_length]), payload, max(present, 0), is_open)
        if is_open:
            return
        offset = payload + size
    raise MalformedError(f"more than {MAX_ELEMENTS} EBML elements on one level at byte {start}; damaged or made to harm")


def _vint_length(first: int) -> int:
    """Bytes of a variable-size integer by the position of the first set bit (§4.1); 9 where there is none."""
    return 9 - first.bit_length()


def to_unsigned(data: bytes) -> int:
    """An unsigned integer element (§7.2)."""
    return int.from_bytes(data[:8])


def to_signed(data: bytes) -> int:
    """A signed integer or date element (§7.1, §7.6)."""
    return int.from_bytes(data[:8], signed=True)


def to_float(data: bytes) -> float | None:
    """A float element of 4 or 8 bytes (§7.3); `None` for any other length."""
    if len(data) not in (4, 8):
        return None
    return float(struct.unpack(">f" if len(data) == 4 else ">d", data)[0])


def to_text(data: bytes) -> str:
    """A string or UTF-8 element (§7.4, §7.5)."""
    return decode_text(data)
