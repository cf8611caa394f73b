"""The picture that a HEIF file shows (ISO/IEC 23008-12): one coded item, or a grid of tiles, and how it is turned upright."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from geoverify.containers.heif import MAX_ITEMS, MAX_TABLE_BYTES, Item, find_meta, items, read_item
from geoverify.containers.isobmff import Box, find_box, walk_boxes
from geoverify.errors import MalformedError
from geoverify.media import ByteSource

MAX_PROPERTIES = 4096
# A decoder's configuration has some hundred bytes; colour profiles are larger and not read.
MAX_PROPERTY_BYTES = 1 << 16
_CUT_OFF = "a HEIF property table is cut off; ask for the original file"


class Turn(StrEnum):
    """What is done to the decoded picture, in the order of the file (§6.5.10, §6.5.12)."""

    QUARTER_LEFT = "quarter turn anticlockwise"
    FLIP_UP_DOWN = "top and bottom exchanged"
    FLIP_LEFT_RIGHT = "left and right exchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodedPicture:
    """Tiles of H.265, row by row; the picture is cut from their upper left corner and then turned.

    EXIF's orientation is no part of it: readers of HEIF ignore that tag (§A.2.1).
    """

    configuration: bytes
    tiles: tuple[Item, ...]
    columns: int
    tile_width_px: int
    tile_height_px: int
    width_px: int
    height_px: int
    turns: tuple[Turn, ...]


def find_coded_picture(source: ByteSource) -> CodedPicture | None:
    """The primary item as tiles; `None` where it is coded otherwise than in H.265, or there is none.

    Raises `MalformedError` where the tables are damaged.
    """
    meta = find_meta(source)
    if meta is None:
        return None
    boxes, listed = list(walk_boxes(source, meta.offset + 4, meta.end)), list(items(source))
    children, known = {box.type: box for box in boxes}, {item.id: item for item in listed}
    # Of two that differ each program shows another one: what is matched must be what a person sees.
    if len(known) < len(listed) or any(sum(box.type == kind for box in boxes) > 1 for kind in (b"pitm", b"iprp", b"iref")):
        return None
    primary = known.get(_parse_pitm(_load(source, children[b"pitm"]))) if b"pitm" in children else None
    if primary is None or b"iprp" not in children:
        return None
    properties = _read_properties(source, children[b"iprp"])
    own = properties.get(primary.id, [])
    tiles: tuple[Item, ...] = (primary,)
    rows = columns = 1
    if primary.type == b"hvc1":
        width_px, height_px = _find_size(own)
    elif primary.type == b"grid" and b"iref" in children:
        tiles = tuple(known[number] for number in _list_tiles(_load(source, children[b"iref"]), primary.id) if number in known)
        rows, columns, width_px, height_px = _parse_grid(read_item(source, primary, 12))
        if len(tiles) != rows * columns:
            raise MalformedError(f"a HEIF grid of {rows}×{columns} has {len(tiles)} tiles; ask for the original file")
    else:
        return None
    configurations = {data for tile in tiles for kind, data in properties.get(tile.id, []) if kind == b"hvcC"}
    if len(configurations) != 1 or any(tile.type != b"hvc1" for tile in tiles):
        return None
    tile_width_px, tile_height_px = _find_size(properties.get(tiles[0].id, []))
    if any([kind for kind, _ in own].count(turn) > 1 for turn in (b"irot", b"imir")):
        return None
    return CodedPicture(
        configuration=configurations.pop(),
        tiles=tiles,
        columns=columns,
        tile_width_px=tile_width_px,
        tile_height_px=tile_height_px,
        width_px=width_px,
        height_px=height_px,
        turns=tuple(_list_turns(own)),
    )


Property = tuple[bytes, bytes]


def _load(source: ByteSource, box: Box) -> bytes:
    if box.size_bytes > MAX_TABLE_BYTES:
        raise MalformedError(f"a HEIF {box.type!r} table of {box.size_bytes} bytes; the file is damaged or made to harm")
    return source.read(box.offset, box.size_bytes)


def _take(layout: str, data: bytes, at: int) -> tuple[int, ...]:
    try:
        return struct.unpack_from(">" + layout, data, at)
    except struct.error as error:
        raise MalformedError(_CUT_OFF) from error


def _parse_pitm(data: bytes) -> int:
    return _take("I" if data[:1] == b"\1" else "H", data, 4)[0]


def _read_properties(source: ByteSource, iprp: Box) -> dict[int, list[Property]]:
    """Each item's properties, type and payload, in the order of its associations (14496-12 §8.11.14)."""
    ipco = find_box(source, iprp.offset, iprp.end, b"ipco")
    stored: list[Property] = []
    for box in walk_boxes(source, ipco.offset, ipco.end) if ipco is not None else ():
        if len(stored) == MAX_PROPERTIES:
            raise MalformedError(f"more than {MAX_PROPERTIES} HEIF properties; the file is damaged or made to harm")
        is_read = box.type in _READ and box.size_bytes <= MAX_PROPERTY_BYTES
        stored.append((box.type, source.read(box.offset, box.size_bytes) if is_read else b""))
    found: dict[int, list[Property]] = {}
    left = MAX_TABLE_BYTES
    for box in walk_boxes(source, iprp.offset, iprp.end):
        if box.type == b"ipma":
            left -= box.size_bytes
            if left < 0:
                raise MalformedError("HEIF tables of properties over the limit; the file is damaged or made to harm")
            for number, places in _parse_ipma(_load(source, box)):
                found.setdefault(number, []).extend(stored[place - 1] for place in places if 0 < place <= len(stored))
    return found


_READ = frozenset({b"hvcC", b"ispe", b"irot", b"imir"})


def _parse_ipma(data: bytes) -> Iterator[tuple[int, list[int]]]:
    (count,) = _take("I", data, 4)
    id_layout = "H" if data[0] < 1 else "I"
    place_layout, place_mask = ("H", 0x7FFF) if data[3] & 1 else ("B", 0x7F)
    at = 8
    for _ in range(min(count, MAX_ITEMS)):
        number, places = _take(id_layout + "B", data, at)
        at += struct.calcsize(">" + id_layout + "B")
        yield number, [place & place_mask for place in _take(f"{places}{place_layout}", data, at)]
        at += places * struct.calcsize(place_layout)


def _list_tiles(data: bytes, grid: int) -> list[int]:
    """The items that a grid is derived from (14496-12 §8.11.12)."""
    id_layout = "H" if data[:1] == b"\0" else "I"
    at = 4
    while at + 8 <= len(data):
        size, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        start, count = _take(id_layout + "H", data, at + 8)
        if kind == b"dimg" and start == grid:
            return list(_take(f"{count}{id_layout}", data, at + 8 + struct.calcsize(">" + id_layout + "H")))
        if size < 8:
            raise MalformedError(_CUT_OFF)
        at += size
    return []


def _parse_grid(data: bytes) -> tuple[int, int, int, int]:
    """Rows, columns, and the picture's width and height (23008-12 §6.6.2.3)."""
    rows, columns, width_px, height_px = _take("2x2B2I" if data[1:2] and data[1] & 1 else "2x2B2H", data, 0)
    return rows + 1, columns + 1, width_px, height_px


def _find_size(properties: list[Property]) -> tuple[int, int]:
    data = next((data for kind, data in properties if kind == b"ispe"), b"")
    width_px, height_px = _take("2I", data, 4)
    return width_px, height_px


def _list_turns(properties: list[Property]) -> Iterator[Turn]:
    for kind, data in properties:
        if kind == b"irot":
            yield from [Turn.QUARTER_LEFT] * (_take("B", data, 0)[0] & 3)
        elif kind == b"imir":
            yield Turn.FLIP_LEFT_RIGHT if _take("B", data, 0)[0] & 1 else Turn.FLIP_UP_DOWN
