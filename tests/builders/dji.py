"""DJI's flight text, protobuf messages and user data."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from builders.movies import box


def cue(number: int, start_s: float, text: str) -> str:
    """One SubRip cue of a second."""

    def clock(seconds: float) -> str:
        whole, milliseconds = divmod(round(seconds * 1000), 1000)
        return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d},{milliseconds:03d}"

    return f"{number}\n{clock(start_s)} --> {clock(start_s + 1.0)}\n{text}\n\n"


def flight_text(points: Sequence[tuple[float, float]] = ((11.0654, 106.1329), (11.0655, 106.1330))) -> str:
    """An .SRT file with labelled coordinates and the time of the drone's clock."""
    return "".join(
        cue(
            i + 1,
            float(i),
            f'<font size="36">SrtCnt : {i + 1}, DiffTime : 1000ms\n2024-01-16 11:30:{i % 60:02d},500,123\n'
            f"[iso : 100] [shutter : 1/80.0] [fnum : 280] [latitude: {lat:.6f}] [longitude: {lon:.6f}] "
            f"[rel_alt: 10.100 abs_alt: 52.300] [gb_yaw: 90.0 gb_pitch: -20.0 gb_roll: 0.0] </font>",
        )
        for i, (lat, lon) in enumerate(points)
    )


def varint(value: int) -> bytes:
    """A protobuf number."""
    out = b""
    value &= (1 << 64) - 1
    while value > 0x7F:
        out += bytes((value & 0x7F | 0x80,))
        value >>= 7
    return out + bytes((value,))


def number(field: int, value: int) -> bytes:
    """A protobuf varint field."""
    return varint(field << 3) + varint(value)


def double(field: int, value: float) -> bytes:
    """A protobuf 64-bit field."""
    return varint(field << 3 | 1) + struct.pack("<d", value)


def message(field: int, *parts: bytes) -> bytes:
    """A protobuf message, text or bytes field."""
    data = b"".join(parts)
    return varint(field << 3 | 2) + varint(len(data)) + data


def header(protocol: str, model: str = "DJI Air3", serial: str = "1581F000000000000001") -> bytes:
    """The part of the first `djmd` sample that names protocol, serial number and model."""
    return message(
        1, message(1, message(1, f"{protocol}.proto".encode()), message(5, serial.encode()), message(10, model.encode()))
    )


def place(path: Sequence[int], lat: float, lon: float, alt_mm: int, *, degrees: bool, when: str = "") -> bytes:
    """A `djmd` sample with a position at a path of field numbers."""
    inner = message(path[-1], number(1, 1) if degrees else b"", double(2, lat), double(3, lon)) + number(2, alt_mm)
    if when:
        inner += message(6, message(1, when.encode()))
    for step in reversed(path[:-1]):
        inner = message(step, inner)
    return inner


def text_atom(kind: bytes, text: str) -> bytes:
    """A ©-atom of QuickTime: size, language, text."""
    data = text.encode()
    return box(kind, len(data).to_bytes(2), bytes((0x15, 0xC7)), data)


def text_sample(text: str) -> bytes:
    """A 3GPP timed text sample."""
    data = text.encode()
    return len(data).to_bytes(2) + data
