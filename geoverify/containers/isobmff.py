"""ISO base media file format (ISO/IEC 14496-12) and QuickTime: boxes, found without reading their payloads."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from msgspec import Struct

from geoverify.containers.parts import Parts, gather
from geoverify.errors import MalformedError
from geoverify.media import ByteSource

MAX_BOXES = 4096
# Size and type, a 64-bit size, and the user type of a `uuid` box.
_MAX_HEADER_BYTES = 32
_HEADER = struct.Struct(">I4s")


class Box(Struct, frozen=True, gc=False):
    """A box: its four-byte type, where its payload starts and how many bytes that has; `user_type` for `uuid`."""

    type: bytes
    offset: int
    size_bytes: int
    user_type: bytes = b""
    truncated: bool = False

    @property
    def end(self) -> int:
        """The offset of the first byte after the box."""
        return self.offset + self.size_bytes


def read_level(source: ByteSource, start: int, end: int) -> Parts[Box]:
    """The boxes between two offsets (14496-12 §4.2), read from the file once; a box that runs over the end is cut and marked.

    It is damage where a size is impossible, where there are more than `MAX_BOXES` boxes, and where the file's budget runs out.
    """
    level = source.memo.get((start, end))
    if not isinstance(level, Parts):
        level = source.memo[start, end] = gather(iterate_boxes(source, start, end))
    return level


def walk_boxes(source: ByteSource, start: int, end: int) -> Iterator[Box]:
    """Yield the boxes of a level; raises `MalformedError` behind the last sound one where there is damage."""
    return iter(read_level(source, start, end))


def iterate_boxes(source: ByteSource, start: int, end: int) -> Iterator[Box]:
    """Read the boxes of a level one by one, for levels that are not wanted to their end; raises `MalformedError` at damage."""
    at, place, window = start, 0, b""
    for _ in range(MAX_BOXES):
        room = end - at
        if room < 8:
            return
        if place + _MAX_HEADER_BYTES > len(window):
            window, place = source.window(at, _MAX_HEADER_BYTES)
            if len(window) - place < 8:
                return
        size, kind = _HEADER.unpack_from(window, place)
        header_size, user_type = 8, b""
        if size == 1:
            if room < 16 or len(window) - place < 16:
                return
            size, header_size = int.from_bytes(window[place + 8 : place + 16]), 16
        elif size == 0:
            # QuickTime ends some atom lists with a 32-bit zero, and recorders pad with zeros: no box, but the end of them.
            if kind == bytes(4):
                return
            size = room
        if kind == b"uuid" and min(room, len(window) - place) >= header_size + 16:
            user_type = window[place + header_size : place + header_size + 16]
            header_size += 16
        if size < header_size:
            raise MalformedError(f"box {kind!r} at byte {at} says it has {size} bytes; the file is damaged")
        if size <= room:
            yield Box(kind, at + header_size, size - header_size, user_type)
        else:
            yield Box(kind, at + header_size, room - header_size, user_type, True)
        at += size
        place += size
    raise MalformedError(f"more than {MAX_BOXES} boxes on one level at byte {start}; the file is damaged or made to harm")


def find_box(source: ByteSource, start: int, end: int, *path: bytes) -> Box | None:
    """Follow a path of box types downwards and return the first match, or `None`.

    Raises `MalformedError` where damage comes before any match.
    """
    for box in iterate_boxes(source, start, end):
        if box.type == path[0]:
            return box if len(path) == 1 else find_box(source, box.offset, box.end, *path[1:])
    return None
