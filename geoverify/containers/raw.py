"""Camera raw files that are not TIFF files but hold EXIF: Canon's CR3 and Fujifilm's RAF."""

from __future__ import annotations

from geoverify.containers.isobmff import Box, find_box, walk_boxes
from geoverify.errors import MalformedError
from geoverify.media import ByteSource

CANON_UUID = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
# Which directory each block begins with; CMT3 holds the maker's own notes.
CANON_BLOCKS = {b"CMT1": "IFD0", b"CMT2": "Exif", b"CMT4": "GPS"}

_RAF_POINTER_OFFSET = 84


def find_canon_blocks(source: ByteSource) -> dict[str, Box]:
    """The CR3 boxes that are TIFF structures, by the name of the directory that each begins with."""
    moov = find_box(source, 0, source.size_bytes, b"moov")
    if moov is None:
        return {}
    for box in walk_boxes(source, moov.offset, moov.end):
        if box.user_type == CANON_UUID:
            inner = walk_boxes(source, box.offset, box.end)
            return {CANON_BLOCKS[child.type]: child for child in inner if child.type in CANON_BLOCKS}
    return {}


def find_raf_jpeg(source: ByteSource) -> tuple[int, int]:
    """Start and end of the JPEG picture inside a RAF file; raises `MalformedError` where its pointer is damaged."""
    pointer = source.read(_RAF_POINTER_OFFSET, 8)
    start, length = int.from_bytes(pointer[:4]), int.from_bytes(pointer[4:])
    if source.read(start, 2) != b"\xff\xd8":
        raise MalformedError(f"RAF: no picture at byte {start}, where the header says; ask for the original file")
    return start, start + length
