"""Protocol Buffers wire format (protobuf.dev, “Encoding”): fields without a schema."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from geoverify.errors import MalformedError

MAX_FIELDS = 4096
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def walk_fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield number and value of each field of a message; fixed-width values stay bytes, varints become integers.

    Raises `MalformedError` where a field is cut off, has an unknown wire type, or there are more than `MAX_FIELDS`.
    """
    at = 0
    for _ in range(MAX_FIELDS):
        if at >= len(data):
            return
        key, at = _read_varint(data, at)
        number, wire_type = key >> 3, key & 7
        if wire_type == _VARINT:
            value, at = _read_varint(data, at)
            yield number, value
            continue
        if wire_type == _BYTES:
            length, at = _read_varint(data, at)
        elif wire_type in (_FIXED64, _FIXED32):
            length = 8 if wire_type == _FIXED64 else 4
        else:
            raise MalformedError(f"protobuf field {number} has wire type {wire_type}")
        if at + length > len(data):
            raise MalformedError(f"protobuf field {number} runs over its message")
        yield number, data[at : at + length]
        at += length
    raise MalformedError(f"more than {MAX_FIELDS} protobuf fields in one message; damaged or made to harm")


def find_field(data: bytes, *path: int) -> int | bytes | None:
    """Follow field numbers down nested messages and return the first match, or `None`."""
    for number, value in walk_fields(data):
        if number == path[0]:
            if len(path) == 1:
                return value
            return find_field(value, *path[1:]) if isinstance(value, bytes) else None
    return None


def find_double(data: bytes, *path: int) -> float | None:
    """The first match as a 64-bit float; `None` where it is absent or something else."""
    value = find_field(data, *path)
    if not isinstance(value, bytes) or len(value) != 8:
        return None
    return float(struct.unpack("<d", value)[0])


def to_signed(value: int) -> int:
    """Read a varint as the two's complement 64-bit integer of protobuf's `int64`."""
    return value - (1 << 64) if value >= 1 << 63 else value


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise MalformedError("a protobuf number is cut off")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise MalformedError("a protobuf number has more than ten bytes")
