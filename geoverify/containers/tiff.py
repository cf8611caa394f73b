"""TIFF 6.0 and BigTIFF directories as EXIF uses them: found and decoded within bounds, whatever the fields' types."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator

from msgspec import Struct

from geoverify.errors import MalformedError
from geoverify.media import ByteSource

BYTE, ASCII, RATIONAL, UNDEFINED, SRATIONAL, FLOAT, DOUBLE, UTF8 = 1, 2, 5, 7, 10, 11, 12, 129
EXIF_POINTER, GPS_POINTER, INTEROP_POINTER = 0x8769, 0x8825, 0xA005

_POINTERS = ((EXIF_POINTER, "Exif"), (GPS_POINTER, "GPS"), (INTEROP_POINTER, "Interop"))
HEAD_BYTES = 1 << 16
MAX_FIELD_BYTES = 1 << 20
# The longest directories of real cameras have some 150 entries; a damaged one can claim 65,535.
MAX_ENTRIES = 1024
MAX_DIRECTORIES = 32

_BYTE_ORDERS = {b"II": "<", b"MM": ">"}
# 42 is TIFF, the others are Panasonic's (RW2) and Olympus' (ORF) raw files, which are TIFF in all but this number.
_MAGICS = {42, 0x55, 0x4F52, 0x5352}
_BIG_MAGIC = 43
# TIFF 6.0 §2, the BigTIFF types 16–18, the IFD type 13 (TIFF Technical Note 1) and the UTF-8 type of Exif 3.0.
_FORMATS = {1: "B", 2: "c", 3: "H", 4: "I", 5: "II", 6: "b", 7: "B", 8: "h", 9: "i", 10: "ii", 11: "f", 12: "d", 13: "I"}
_FORMATS |= {16: "Q", 17: "q", 18: "Q", 129: "c"}
_SIZES = {kind: struct.calcsize("<" + code) for kind, code in _FORMATS.items()}
_INTEGERS = "BHIQbhiq"
# By byte order and whether it is BigTIFF: how the number of entries, an entry, and an offset are packed.
_LAYOUTS = {
    (order, is_big): tuple(struct.Struct(order + code) for code in (("Q", "HHQQ", "Q") if is_big else ("H", "HHII", "I")))
    for order in "<>"
    for is_big in (False, True)
}


class Field(Struct, frozen=True, gc=False):
    """A field's bytes with its type; `is_cut` where the block or a bound ends before the value does."""

    kind: int
    data: bytes
    byte_order: str
    is_cut: bool

    @property
    def is_text(self) -> bool:
        """Whether the type can hold characters: ASCII, UTF-8, and what writers use in their place."""
        return self.kind in (ASCII, UTF8, UNDEFINED, BYTE)

    def integers(self) -> tuple[int, ...]:
        """The value as integers: any integer type, and rationals that are whole; empty where it is neither."""
        code = _FORMATS[self.kind]
        if code in _INTEGERS:
            return self._unpack(code)
        pairs = self.rationals()
        whole = all(den and num % den == 0 for num, den in pairs)
        return tuple(num // den for num, den in pairs) if whole else ()

    def rationals(self) -> tuple[tuple[int, int], ...]:
        """The value as (numerator, denominator) pairs, unreduced; empty where the type is not a number."""
        code = _FORMATS[self.kind]
        if code in ("II", "ii"):
            flat = self._unpack(code[0], 8)
            return tuple(zip(flat[::2], flat[1::2], strict=True))
        if code in _INTEGERS:
            return tuple((number, 1) for number in self._unpack(code))
        if code in "fd":
            floats = struct.iter_unpack(self.byte_order + code, self._whole(_SIZES[self.kind]))
            return tuple(number.as_integer_ratio() if math.isfinite(number) else (0, 0) for (number,) in floats)
        return ()

    def _whole(self, step: int) -> bytes:
        return self.data[: len(self.data) // step * step]

    def _unpack(self, code: str, step: int = 0) -> tuple[int, ...]:
        size = struct.calcsize(code)
        data = self._whole(step or size)
        return struct.unpack(f"{self.byte_order}{len(data) // size}{code}", data)


class Tiff:
    """An opened TIFF structure: its byte order, its kind, and bounded reads relative to its own first byte."""

    def __init__(self, source: ByteSource) -> None:
        """Raises `MalformedError` where the bytes are not the start of a TIFF structure."""
        self.source = source
        self._head = source.read(0, HEAD_BYTES)
        byte_order = _BYTE_ORDERS.get(self._head[:2])
        if byte_order is None or len(self._head) < 8:
            raise MalformedError(f"no TIFF header but {self._head[:8]!r}; the metadata block is damaged")
        self.byte_order = byte_order
        magic, first = struct.unpack_from(byte_order + "HI", self._head, 2)
        self.is_big = magic == _BIG_MAGIC
        if self.is_big:
            if len(self._head) < 16:
                raise MalformedError("the BigTIFF header is cut off; ask for the original file")
            (first,) = struct.unpack_from(byte_order + "Q", self._head, 8)
        elif magic not in _MAGICS:
            raise MalformedError(f"a TIFF header with version {magic} instead of 42; the metadata block is damaged")
        self.first_offset: int = first
        self._count, self._entry, self.pointer = _LAYOUTS[byte_order, self.is_big]

    def read(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`, fewer or none at the end."""
        if offset + length <= len(self._head):
            return self._head[offset : offset + length]
        return self.source.read(offset, length)

    def directory(self, offset: int, name: str) -> Directory:
        """Read one directory (TIFF 6.0 §2): at most `MAX_ENTRIES` entries; unknown types are left out, a first of two wins."""
        header = self.read(offset, self._count.size)
        if offset < 8 or len(header) < self._count.size:
            return Directory(name, offset, {}, 0, True, self)
        (claimed,) = self._count.unpack(header)
        start, count = offset + self._count.size, min(claimed, MAX_ENTRIES)
        table = self.read(start, count * self._entry.size + self.pointer.size)
        complete = min(len(table) // self._entry.size, count)
        rows = self._entry.iter_unpack(table[: complete * self._entry.size])
        entries = {row[0]: row for row in reversed(list(rows)) if row[1] in _SIZES}
        is_cut = complete < claimed
        tail = table[count * self._entry.size :]
        (next_offset,) = (0,) if is_cut or len(tail) < self.pointer.size else self.pointer.unpack(tail)
        return Directory(name, offset, entries, next_offset, is_cut, self)

    def walk(self, root: str = "IFD0") -> Iterator[Directory]:
        """Yield the chain of directories and under each its Exif, GPS and Interop ones; none twice, `MAX_DIRECTORIES` at most.

        `root` names the first directory; of Canon's CR3 blocks one begins with the Exif and one with the GPS directory.
        """
        seen: set[int] = set()
        offset, number = self.first_offset, 0
        while offset and offset not in seen and len(seen) < MAX_DIRECTORIES:
            pending = [(offset, root if number == 0 else f"IFD{number}")]
            next_offset: int | None = None
            while pending and len(seen) < MAX_DIRECTORIES:
                offset, name = pending.pop(0)
                if offset in seen:
                    continue
                seen.add(offset)
                directory = self.directory(offset, name)
                if next_offset is None:
                    next_offset = directory.next_offset
                yield directory
                pending.extend(directory.pointers())
            offset, number = next_offset or 0, number + 1


class Directory(Struct, frozen=True):
    """One directory: tag, type, number of values, and offset of the value (or the value) of each entry, by tag.

    `is_cut` where it claims more entries than the block has (or than any honest directory).
    """

    name: str
    offset: int
    entries: dict[int, tuple[int, int, int, int]]
    next_offset: int
    is_cut: bool
    tiff: Tiff

    def field(self, tag: int, max_bytes: int = MAX_FIELD_BYTES) -> Field | None:
        """Read a field, `None` where the directory has not got it; a value over `max_bytes` is cut there."""
        entry = self.entries.get(tag)
        if entry is None:
            return None
        _, kind, number, pointer = entry
        tiff, size = self.tiff, _SIZES[kind] * number
        if size <= tiff.pointer.size:
            # The value itself stands where the offset of a larger one would.
            data = tiff.pointer.pack(pointer)[:size]
        else:
            data = tiff.read(pointer, size if size < max_bytes else max_bytes)
        return Field(kind, data, tiff.byte_order, len(data) < size)

    def locate(self, tag: int) -> tuple[int, int] | None:
        """Offset and number of values of a field that does not stand in its entry, `None` where the directory has not got it."""
        entry = self.entries.get(tag)
        return None if entry is None else (entry[3], entry[2])

    def pointers(self) -> Iterator[tuple[int, str]]:
        """Offset and name of the directories that this one points to: Exif, GPS and Interop."""
        for tag, name in _POINTERS:
            field = self.field(tag, 8)
            offsets = field.integers() if field else ()
            if offsets:
                yield offsets[0], name
