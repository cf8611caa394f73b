"""GPMF, GoPro's metadata format: nested key–length–value blocks and the satellite streams among them.

Source: GoPro, “GPMF introduction” (github.com/gopro/gpmf-parser, README and docs).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from geoverify.containers.fixes import utc_from_parts
from geoverify.errors import MalformedError
from geoverify.text import decode_text

# A payload holds a second or so of every sensor; honest ones have some dozens of blocks on a level.
MAX_BLOCKS = 4096
MAX_FIELDS = 64
# GPS5: latitude, longitude, altitude, speeds. GPS9 adds days, seconds, dilution, fix to each row. GLPI: a drone's own position.
POSITION_KEYS = (b"GPS5", b"GPS9", b"GLPI")
_NUMPY_TYPES = {
    "b": "i1",
    "B": "u1",
    "s": ">i2",
    "S": ">u2",
    "l": ">i4",
    "L": ">u4",
    "f": ">f4",
    "d": ">f8",
    "j": ">i8",
    "J": ">u8",
    "q": ">i4",
    "Q": ">i8",
}
_FIXED_POINT = {"q": 65536.0, "Q": 4294967296.0}
_GPSU = re.compile(rb"(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d(?:\.\d+)?)")

Floats = NDArray[np.float64]


class Block(Struct, frozen=True):
    """One key–length–value block; `count` values of `size_bytes` each, type NUL where it nests further blocks."""

    key: bytes
    type: str
    size_bytes: int
    count: int
    data: bytes


class PositionStream(Struct, frozen=True, kw_only=True):
    """The rows of one satellite stream in one payload, scaled to degrees, metres and seconds.

    `fix` and `dop` hold for all rows (GPS5); `None` where the stream states them a row at a time or not at all.
    """

    device: str
    key: str
    rows: Floats
    fix: int | None = None
    dop: float | None = None
    utc: dt.datetime | None = None


def walk_blocks(data: bytes) -> Iterator[Block]:
    """Yield the blocks of one level; a key of zeros (padding) ends it.

    Raises `MalformedError` where a block runs over the end or there are more than `MAX_BLOCKS`.
    """
    at = 0
    for _ in range(MAX_BLOCKS):
        if at + 8 > len(data) or data[at : at + 4] == b"\0\0\0\0":
            return
        size, count = data[at + 5], int.from_bytes(data[at + 6 : at + 8])
        length = size * count
        start = at + 8
        if start + length > len(data):
            raise MalformedError(f"GPMF block {data[at : at + 4]!r} runs {start + length - len(data)} bytes over its parent")
        yield Block(data[at : at + 4], chr(data[at + 4]), size, count, data[start : start + length])
        at = start + -(-length // 4) * 4
    raise MalformedError(f"more than {MAX_BLOCKS} GPMF blocks on one level; the payload is damaged or made to harm")


def read_streams(payload: bytes) -> Iterator[PositionStream]:
    """Yield every satellite stream of a payload; raises `MalformedError` where its blocks contradict themselves."""
    for device in walk_blocks(payload):
        if device.key != b"DEVC":
            continue
        name = ""
        for block in walk_blocks(device.data):
            if block.key == b"DVNM":
                name = decode_text(block.data)
            # Most streams are motion sensors; the search for the keys spares walking them.
            elif block.key == b"STRM" and any(key in block.data for key in POSITION_KEYS):
                yield from _read_stream(name, block.data)


def read_settings(data: bytes) -> dict[str, str]:
    """The texts of the settings that a camera stores once for a file (`udta/GPMF`), by key."""
    texts: dict[str, str] = {}
    for outer in walk_blocks(data):
        blocks = walk_blocks(outer.data) if outer.key == b"DEVC" else iter((outer,))
        for block in blocks:
            if block.type == "c" and block.key.isascii():
                texts.setdefault(block.key.decode("ascii"), decode_text(block.data))
    return texts


def _read_stream(device: str, data: bytes) -> Iterator[PositionStream]:
    scale = np.ones(1)
    types = ""
    fix: int | None = None
    dop: float | None = None
    utc: dt.datetime | None = None
    for block in walk_blocks(data):
        match block.key:
            case b"SCAL":
                scale = _read_rows(block, "").ravel()
            case b"TYPE":
                types = decode_text(block.data)
            case b"GPSF":
                fix = int.from_bytes(block.data[: block.size_bytes])
            case b"GPSP":
                dop = int.from_bytes(block.data[: block.size_bytes]) / 100.0
            case b"GPSU":
                utc = _read_gpsu(block.data)
            case key if key in POSITION_KEYS:
                rows = _scale_rows(_read_rows(block, types), scale, block)
                yield PositionStream(device=device, key=key.decode("ascii"), rows=rows, fix=fix, dop=dop, utc=utc)
            case _:
                pass


def _read_gpsu(data: bytes) -> dt.datetime | None:
    parts = _GPSU.match(data)
    if parts is None:
        return None
    year, month, day, hour, minute = (int(part) for part in parts.groups()[:5])
    return utc_from_parts(2000 + year, month, day, hour, minute, float(parts[6]))


def _read_rows(block: Block, types: str) -> Floats:
    """The block's values as a table; a row is one structure of `TYPE`, or as many like values as its size holds."""
    letters = _spell_out(types) if block.type == "?" else ""
    if not letters:
        step = np.dtype(_NUMPY_TYPES.get(block.type, "V1")).itemsize
        if block.type not in _NUMPY_TYPES or block.size_bytes % step:
            raise MalformedError(f"GPMF block {block.key!r} has values of type {block.type!r} that its size does not fit")
        letters = block.type * (block.size_bytes // step)
    unknown = set(letters) - set(_NUMPY_TYPES)
    if unknown or not 0 < len(letters) <= MAX_FIELDS:
        raise MalformedError(f"GPMF block {block.key!r} has a structure of {len(letters)} values with types {sorted(unknown)}")
    layout = np.dtype([(str(i), _NUMPY_TYPES[letter]) for i, letter in enumerate(letters)])
    if layout.itemsize != block.size_bytes:
        raise MalformedError(f"GPMF block {block.key!r} says {block.size_bytes} bytes a row, its structure has {layout.itemsize}")
    table = np.frombuffer(block.data, layout)
    with np.errstate(all="ignore"):
        columns = [table[str(i)].astype(np.float64) / _FIXED_POINT.get(letter, 1.0) for i, letter in enumerate(letters)]
    return np.column_stack(columns)


def _spell_out(types: str) -> str:
    """Write `f[8]L` as `ffffffffL`."""
    spelled = ""
    for letter, count in re.findall(r"([A-Za-z])(?:\[(\d{1,3})\])?", types[:256]):
        spelled += letter * min(int(count or 1), MAX_FIELDS + 1)
    return spelled


def _scale_rows(rows: Floats, scale: Floats, block: Block) -> Floats:
    if len(scale) not in (1, rows.shape[1]) or not np.all(scale):
        raise MalformedError(f"GPMF block {block.key!r} has {rows.shape[1]} values a row and {len(scale)} divisors")
    with np.errstate(all="ignore"):
        return rows / scale
