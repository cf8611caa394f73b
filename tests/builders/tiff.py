"""TIFF and EXIF blocks, written field by field (TIFF 6.0 §2, BigTIFF, CIPA DC-008)."""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED, SSHORT, SLONG, SRATIONAL, FLOAT, DOUBLE = 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12
EXIF_POINTER, GPS_POINTER, INTEROP_POINTER = 0x8769, 0x8825, 0xA005

_CODES = {BYTE: "B", SHORT: "H", LONG: "I", RATIONAL: "I", SSHORT: "h", SLONG: "i", SRATIONAL: "i", FLOAT: "f", DOUBLE: "d"}


@dataclass(frozen=True, slots=True)
class Field:
    """A field's type and value: bytes as they are, or numbers that take the block's byte order.

    `count` and `offset` override what is written in the entry, for blocks that lie about themselves.
    """

    kind: int
    value: bytes | tuple[float, ...]
    count: int | None = None
    offset: int | None = None

    def encode(self, byte_order: str) -> tuple[int, bytes]:
        """The entry's count and the value's bytes."""
        if isinstance(self.value, bytes):
            return len(self.value) if self.count is None else self.count, self.value
        data = struct.pack(f"{byte_order}{len(self.value)}{_CODES[self.kind]}", *self.value)
        pairs = 2 if self.kind in (RATIONAL, SRATIONAL) else 1
        return len(self.value) // pairs if self.count is None else self.count, data


Fields = Mapping[int, Field]


def ascii_text(text: str) -> Field:
    """An ASCII field with the NUL that ends it."""
    return Field(ASCII, text.encode("utf-8") + b"\0")


def undefined(data: bytes) -> Field:
    """An UNDEFINED field."""
    return Field(UNDEFINED, data)


def byte(*values: int) -> Field:
    """A BYTE field."""
    return Field(BYTE, values)


def short(*values: int) -> Field:
    """A SHORT field."""
    return Field(SHORT, values)


def long(*values: int) -> Field:
    """A LONG field."""
    return Field(LONG, values)


def rational(*pairs: tuple[int, int]) -> Field:
    """A RATIONAL field of (numerator, denominator) pairs."""
    return Field(RATIONAL, tuple(number for pair in pairs for number in pair))


def srational(*pairs: tuple[int, int]) -> Field:
    """A SRATIONAL field of (numerator, denominator) pairs."""
    return Field(SRATIONAL, tuple(number for pair in pairs for number in pair))


def decimal(value: float, denominator: int = 10_000) -> Field:
    """A RATIONAL field that holds a decimal number to the step of its denominator."""
    return rational((round(value * denominator), denominator))


def build_exif(
    *,
    ifd0: Fields | None = None,
    exif: Fields | None = None,
    gps: Fields | None = None,
    interop: Fields | None = None,
    ifd1: Fields | None = None,
    byte_order: str = "<",
    is_big: bool = False,
    magic: int | None = None,
) -> bytes:
    """A TIFF structure with its EXIF directories; pointers are added where there is something to point at."""
    directories: dict[str, dict[int, Field]] = {"ifd0": dict(ifd0 or {})}
    for name, fields in (("exif", exif), ("gps", gps), ("interop", interop), ("ifd1", ifd1)):
        if fields is not None:
            directories[name] = dict(fields)
    if "interop" in directories:
        directories.setdefault("exif", {})
    links = (("exif", "ifd0", EXIF_POINTER), ("gps", "ifd0", GPS_POINTER), ("interop", "exif", INTEROP_POINTER))
    for child, parent, tag in links:
        if child in directories:
            directories[parent][tag] = long(0)
    start = 16 if is_big else 8
    offsets: dict[str, int] = {}
    # The lengths do not depend on the offsets, so one pass finds them and the next writes them.
    for _ in range(2):
        for child, parent, tag in links:
            if child in directories:
                directories[parent][tag] = long(offsets.get(child, 0))
        at, body = start, b""
        for name, fields in directories.items():
            offsets[name] = at
            following = offsets.get("ifd1", 0) if name == "ifd0" else 0
            data = _encode_directory(fields, at, following, byte_order, is_big)
            body += data
            at += len(data)
    mark = b"II" if byte_order == "<" else b"MM"
    if is_big:
        return mark + struct.pack(byte_order + "HHHQ", magic or 43, 8, 0, start) + body
    return mark + struct.pack(byte_order + "HI", magic or 42, start) + body


def _encode_directory(fields: Fields, at: int, following: int, byte_order: str, is_big: bool) -> bytes:
    count_code, number_code, inline = ("Q", "Q", 8) if is_big else ("H", "I", 4)
    table = struct.pack(byte_order + count_code, len(fields))
    values = b""
    values_at = at + len(table) + len(fields) * (4 + 2 * inline) + inline
    for tag, field in sorted(fields.items()):
        count, data = field.encode(byte_order)
        table += struct.pack(byte_order + "HH" + number_code, tag, field.kind, count)
        if field.offset is not None:
            table += struct.pack(byte_order + number_code, field.offset)
        elif len(data) <= inline:
            table += data.ljust(inline, b"\0")
        else:
            table += struct.pack(byte_order + number_code, values_at + len(values))
            values += data + b"\0" * (len(data) % 2)
    return table + struct.pack(byte_order + number_code, following) + values


def degrees(value_deg: float, denominator: int = 10_000) -> Field:
    """Degrees, minutes and seconds, the seconds to the step of their denominator; the sign is left to the reference."""
    steps = round(abs(value_deg) * 3600 * denominator)
    whole, rest = divmod(steps, 3600 * denominator)
    minutes, seconds = divmod(rest, 60 * denominator)
    return rational((whole, 1), (minutes, 1), (seconds, denominator))


def gps_tags(
    lat_deg: float | None = None,
    lon_deg: float | None = None,
    *,
    alt_m: float | None = None,
    heading_deg: float | None = None,
    heading_ref: str = "T",
    error_m: float | None = None,
    when_utc: dt.datetime | None = None,
) -> dict[int, Field]:
    """The GPS directory that a phone writes."""
    tags = {0: byte(2, 3, 0, 0)}
    if lat_deg is not None and lon_deg is not None:
        tags[1], tags[2] = ascii_text("S" if lat_deg < 0 else "N"), degrees(lat_deg)
        tags[3], tags[4] = ascii_text("W" if lon_deg < 0 else "E"), degrees(lon_deg)
    if alt_m is not None:
        tags[5], tags[6] = byte(1 if alt_m < 0 else 0), decimal(abs(alt_m), 100)
    if when_utc is not None:
        second = Fraction(when_utc.microsecond, 1_000_000) + when_utc.second
        tags[7] = rational((when_utc.hour, 1), (when_utc.minute, 1), (second.numerator, second.denominator))
        tags[29] = ascii_text(f"{when_utc:%Y:%m:%d}")
    if heading_deg is not None:
        tags[16], tags[17] = ascii_text(heading_ref), decimal(heading_deg)
    if error_m is not None:
        tags[31] = decimal(error_m)
    return tags


def time_tags(local: dt.datetime, offset_minutes: int | None = None) -> dict[int, Field]:
    """DateTimeOriginal and DateTimeDigitized with their fractions and, where it is known, their offset."""
    text = ascii_text(f"{local:%Y:%m:%d %H:%M:%S}")
    tags = {0x9003: text, 0x9004: text}
    if local.microsecond:
        fraction = ascii_text(f"{local.microsecond:06d}".rstrip("0"))
        tags |= {0x9291: fraction, 0x9292: fraction}
    if offset_minutes is not None:
        sign, size = "-" if offset_minutes < 0 else "+", abs(offset_minutes)
        offset = ascii_text(f"{sign}{size // 60:02d}:{size % 60:02d}")
        tags |= {0x9011: offset, 0x9012: offset}
    return tags


def camera_tags(make: str, model: str, software: str = "", orientation: int | None = None) -> dict[int, Field]:
    """The device's names in IFD0."""
    tags = {0x010F: ascii_text(make), 0x0110: ascii_text(model)}
    if software:
        tags[0x0131] = ascii_text(software)
    if orientation is not None:
        tags[0x0112] = short(orientation)
    return tags


def lens_tags(focal_35mm: int, width_px: int, height_px: int) -> dict[int, Field]:
    """The 35 mm equivalent focal length and the size of the picture."""
    return {0xA405: short(focal_35mm), 0xA002: long(width_px), 0xA003: long(height_px)}
