"""HEIF (ISO/IEC 23008-12), AVIF and their kin: the items of the file-level meta box and the bytes of each."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from geoverify.containers.isobmff import Box, find_box, walk_boxes
from geoverify.errors import MalformedError
from geoverify.media import ByteSource
from geoverify.text import decode_text

MAX_TABLE_BYTES = 4 << 20
MAX_ITEM_BYTES = 16 << 20
# A tiled picture has an item a tile.
MAX_ITEMS = 1 << 14
MAX_EXTENTS = 1 << 16

IN_FILE, IN_IDAT = 0, 1
_CUT_OFF = "a HEIF item table is cut off; ask for the original file"


class Item(Struct, frozen=True):
    """An item: its type (four characters, or a MIME item's content type) and the file ranges that hold its bytes.

    `method` is the construction method of 14496-12 §8.11.3: 0 file offsets, 1 the meta box's own data, 2 another item.
    """

    id: int
    type: bytes
    content_type: str
    name: str
    method: int = IN_FILE
    extents: tuple[tuple[int, int], ...] = ()


def find_meta(source: ByteSource) -> Box | None:
    """The file-level meta box; its children begin four bytes into it."""
    return find_box(source, 0, source.size_bytes, b"meta")


def items(source: ByteSource) -> tuple[Item, ...]:
    """Every item of the file with where its bytes are, in the order of the item table (none: no meta box).

    Raises `MalformedError` where the item tables are damaged.
    """
    meta = find_meta(source)
    if meta is None:
        return ()
    children = {box.type: box for box in walk_boxes(source, meta.offset + 4, meta.end)}
    if b"iinf" not in children:
        return ()
    idat_offset = children[b"idat"].offset if b"idat" in children else None
    places = dict(_parse_iloc(_load(source, children[b"iloc"]), idat_offset)) if b"iloc" in children else {}
    return tuple(_place(item, places) for item in _parse_iinf(_load(source, children[b"iinf"])))


def read_item(source: ByteSource, item: Item, max_bytes: int = MAX_ITEM_BYTES) -> bytes:
    """The item's extents one after the other, at most `max_bytes`; empty where another item would have to be read first."""
    if item.method not in (IN_FILE, IN_IDAT):
        return b""
    parts: list[bytes] = []
    left = max_bytes
    for offset, length in item.extents:
        # A length of zero means the whole rest of the file (14496-12 §8.11.3.3).
        part = source.read(offset, min(length or left, left))
        parts.append(part)
        left -= len(part)
        if left <= 0:
            break
    return b"".join(parts)


def _load(source: ByteSource, box: Box) -> bytes:
    if box.size_bytes > MAX_TABLE_BYTES:
        raise MalformedError(f"a HEIF {box.type!r} table of {box.size_bytes} bytes; the file is damaged or made to harm")
    return source.read(box.offset, box.size_bytes)


def _place(item: Item, places: dict[int, tuple[int, tuple[tuple[int, int], ...]]]) -> Item:
    if item.id not in places:
        return item
    method, extents = places[item.id]
    return replace(item, method=method, extents=extents)


def _parse_iinf(data: bytes) -> Iterator[Item]:
    """14496-12 §8.11.6: the item information box, versions 0 and 1, with entries of versions 0 to 3."""
    at = 6 if data[:1] == b"\0" else 8
    for _ in range(MAX_ITEMS):
        if at + 8 > len(data):
            return
        size = int.from_bytes(data[at : at + 4])
        if size < 8:
            raise MalformedError("a HEIF item entry has an impossible size; ask for the original file")
        if data[at + 4 : at + 8] == b"infe":
            yield _parse_infe(data[at + 8 : at + size])
        at += size
    raise MalformedError(f"more than {MAX_ITEMS} HEIF items; the file is damaged or made to harm")


def _parse_infe(entry: bytes) -> Item:
    version = entry[0] if entry else 0
    id_end = 8 if version == 3 else 6
    # Versions 0 and 1 have a name and a content type, as a MIME item has, and no type.
    names_at = id_end + (2 if version < 2 else 6)
    if len(entry) < names_at:
        raise MalformedError("a HEIF item entry is cut off; ask for the original file")
    kind = b"mime" if version < 2 else entry[id_end + 2 : names_at]
    name, _, rest = entry[names_at:].partition(b"\0")
    content_type = decode_text(rest) if kind == b"mime" else ""
    return Item(int.from_bytes(entry[4:id_end]), kind, content_type, decode_text(name) if name else "")


def _parse_iloc(data: bytes, idat_offset: int | None) -> Iterator[tuple[int, tuple[int, tuple[tuple[int, int], ...]]]]:
    """14496-12 §8.11.3: the item location box, versions 0 to 2; extents come out as offsets in the file."""
    if len(data) < 8:
        raise MalformedError(_CUT_OFF)
    version, sizes = data[0], int.from_bytes(data[4:6])
    offset_size, length_size, base_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_size = sizes & 15 if version in (1, 2) else 0
    number_size = 4 if version == 2 else 2
    method_size = 2 if version in (1, 2) else 0
    head_size = number_size + method_size + 2 + base_size + 2
    extent_size = index_size + offset_size + length_size
    extents_left = MAX_EXTENTS
    at = 6 + number_size
    for _ in range(min(int.from_bytes(data[6:at]), MAX_ITEMS)):
        end = at + head_size
        count = int.from_bytes(data[end - 2 : end])
        extents_left -= count
        if extents_left < 0:
            raise MalformedError(f"more than {MAX_EXTENTS} HEIF item extents; the file is damaged or made to harm")
        if end + count * extent_size > len(data):
            raise MalformedError(_CUT_OFF)
        method = data[at + number_size + 1] & 15 if method_size else IN_FILE
        base = int.from_bytes(data[end - 2 - base_size : end - 2])
        if method == IN_IDAT:
            base += idat_offset or 0
        extents = []
        for number in range(count):
            start = end + number * extent_size + index_size
            middle = start + offset_size
            extents.append((base + int.from_bytes(data[start:middle]), int.from_bytes(data[middle : middle + length_size])))
        missing = method == IN_IDAT and idat_offset is None
        yield int.from_bytes(data[at : at + number_size]), (method, () if missing else tuple(extents))
        at = end + count * extent_size
