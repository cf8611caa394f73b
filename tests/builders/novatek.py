"""Blocks of dashcams: freeGPS and the private boxes of single makers."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence

BLOCK_BYTES = 0x8000


def minutes(degrees: float) -> float:
    """DDDMM.MMMM of an angle without its sign."""
    value = abs(degrees)
    return int(value) * 100 + (value - int(value)) * 60


def frame(body: bytes, size: int = 512) -> bytes:
    """A block: size, mark, body at 12, zeros."""
    data = size.to_bytes(4) + b"freeGPS " + body
    return data + bytes(size - len(data))


def put(size: int, *pieces: tuple[int, bytes]) -> bytes:
    """Bytes with pieces at offsets of the block."""
    data = bytearray(size - 12)
    for at, piece in pieces:
        data[at - 12 : at - 12 + len(piece)] = piece
    return frame(bytes(data), size)


def novatek(lat: float, lon: float, when: Sequence[int], status: bytes = b"A", size: int = 512) -> bytes:
    """The layout of the Viofo A119S; `when` is year, month, day, hour, minute, second."""
    year, month, day, hour, minute, second = when
    letters = status + (b"N" if lat >= 0 else b"S") + (b"E" if lon >= 0 else b"W") + b"\0"
    values = struct.pack("<6I", hour, minute, second, year - 2000, month, day) + letters
    return put(size, (48, values + struct.pack("<4f", minutes(lat), minutes(lon), 12.5, 90.0)))


def viofo_v3(lat: float, lon: float, when: Sequence[int], *, full_year: bool = False) -> bytes:
    """The layout of the Viofo A119 v3 and of Kenwood."""
    year, month, day, hour, minute, second = when
    letters = b"A" + (b"N" if lat >= 0 else b"S") + (b"E" if lon >= 0 else b"W") + b"\0"
    values = struct.pack("<6I", hour, minute, second, year if full_year else year - 2000, month, day) + letters
    return put(512, (16, values + struct.pack("<4f", minutes(lat), minutes(lon), 12.5, 90.0)))


def double_layout(lat: float, lon: float, when: Sequence[int]) -> bytes:
    """The layout with 64-bit angles and letters of their own words."""
    year, month, day, hour, minute, second = when
    return put(
        512,
        (48, struct.pack("<3I", hour, minute, second) + b"A\0\0\0"),
        (64, struct.pack("<d", minutes(lat)) + (b"N" if lat >= 0 else b"S").ljust(8, b"\0")),
        (80, struct.pack("<d", minutes(lon)) + (b"E" if lon >= 0 else b"W").ljust(8, b"\0")),
        (112, struct.pack("<3I", year - 2000, month, day)),
    )


def masked(lat: float, lon: float) -> bytes:
    """The masked text of Ambarella-based cameras, from its first byte."""
    angles = f"{'N' if lat >= 0 else 'S'}{round(minutes(lat) * 1e4):08d}{'E' if lon >= 0 else 'W'}{round(minutes(lon) * 1e4):09d}"
    text = bytes(2) + b"XKZD\xfe\xfe" + b"20240116043012" + b"\x0c" + b"012024011604301" + angles.encode() + b"+0145000"
    return bytes(byte ^ 0xAA for byte in text.ljust(300, b"\0"))


def scrambled() -> bytes:
    """A block whose positions the camera scrambles."""
    return put(
        512, (48, struct.pack("<6I", 4, 30, 12, 24, 1, 16) + b"ANE1" + struct.pack("<2f", 4202.3, 8139.7)), (80, b"LIGOGPSINFO\0")
    )


def gps_box(offsets: Sequence[tuple[int, int]]) -> bytes:
    """The payload of a `gps ` box that lists blocks."""
    return bytes(4) + len(offsets).to_bytes(4) + b"".join(at.to_bytes(4) + size.to_bytes(4) for at, size in offsets)


def record_70mai(time_s: int, lat: float, lon: float) -> bytes:
    """A record of a 70mai camera."""
    north, east = (b"N" if lat >= 0 else b"S"), (b"E" if lon >= 0 else b"W")
    return struct.pack("<IIIIcIcI", 1, 1, time_s, 0, north, round(minutes(lat) * 1e3), east, round(minutes(lon) * 1e3)).ljust(
        36, b"\0"
    )


def record_gps0(lat: float, lon: float, when: Sequence[int]) -> bytes:
    """A record of a DuDuBell or VSYS camera."""
    year, month, day, hour, minute, second = when
    sign_lat, sign_lon = (1 if lat >= 0 else -1), (1 if lon >= 0 else -1)
    clock = (year - 2000, month, day, hour, minute, second)
    return struct.pack("<ddiH6B", sign_lat * minutes(lat), sign_lon * minutes(lon), 14, 30, *clock).ljust(32, b"\0")


def record_kenwood(lat: float, lon: float) -> bytes:
    """A record of Kenwood's text."""
    angles = f"{'N' if lat >= 0 else 'S'}{round(minutes(lat) * 1e4):08d}{'E' if lon >= 0 else 'W'}{round(minutes(lon) * 1e4):09d}"
    return b"\xfe\xfe20240116113012.20240116113013\x03" + angles.encode() + b"+0014000+006+009+004"


def record_ligo(lat: float, lon: float, when: Sequence[int], status: str = "A") -> bytes:
    """A LIGOGPSINFO record in plain JSON."""
    year, month, day, hour, minute, second = when
    fields = {"Hour": hour, "Minute": minute, "Second": second, "Year": year, "Month": month, "Day": day, "status": status}
    fields |= {"NS": "N" if lat >= 0 else "S", "EW": "E" if lon >= 0 else "W", "Latitude": abs(lat), "Longitude": abs(lon)}
    return b"LIGOGPSINFO " + json.dumps({name: str(value) for name, value in fields.items()}).encode().ljust(500, b"\0")


def semicircles(degrees: float) -> int:
    """Garmin's 32-bit angles."""
    return round(degrees * (1 << 31) / 180)


def record_garmin(seconds_1904: int, lat: float, lon: float) -> bytes:
    """A record of Garmin's `uuid` box."""
    return struct.pack(">IHHIii", seconds_1904, 20, 0, 0, semicircles(lat), semicircles(lon))


def sample_pndm(lat: float, lon: float) -> bytes:
    """A text sample of a Garmin dashcam."""
    return b"PNDM" + struct.pack(">IHH", 0, 20, 0) + struct.pack(">ii", semicircles(lat), semicircles(lon))


def insta360_trailer(
    fixes: Sequence[tuple[int, int, bytes, float, bytes, float, bytes, float]], *, model: str = "Insta360 X3"
) -> bytes:
    """A trailer with a camera record and a GPS record of (seconds, ms, status, lat, N/S, lon, E/W, alt)."""
    rows = b"".join(
        struct.pack("<QHcdcdcddd", seconds, ms, status, lat, north, lon, east, 1.0, 90.0, alt)
        for seconds, ms, status, lat, north, lon, east, alt in fixes
    )
    texts = ((0x0A, "IXSE000001"), (0x12, model), (0x1A, "v1.0.0"))
    info = b"".join(bytes((tag, len(text))) + text.encode() for tag, text in texts)
    records = b"".join(
        data + struct.pack("<HI", kind, len(data)) for kind, data in ((0x101, info), (0x300, bytes(56)), (0x700, rows))
    )
    size = len(records) + 32 + 8 + 32
    return records + bytes(32) + struct.pack("<II", size, 3) + b"8db42d694ccc418790edff439fe026bf"


def rtmd_sample(lat: tuple[int, int, int], north: bytes, lon: tuple[int, int, int], east: bytes, status: bytes = b"A") -> bytes:
    """A sample of Sony's real-time metadata; angles are degrees, minutes and seconds in thousandths."""

    def tag(number: int, data: bytes) -> bytes:
        return number.to_bytes(2) + len(data).to_bytes(2) + data

    def rationals(*pairs: tuple[int, int]) -> bytes:
        return b"".join(struct.pack(">II", top, bottom) for top, bottom in pairs)

    def angle(parts: tuple[int, int, int]) -> bytes:
        return rationals((parts[0], 1), (parts[1], 1), (parts[2], 1000))

    gps = b"".join(
        (
            tag(0x8500, bytes((2, 2, 0, 0))),
            tag(0x8501, north + b"\0"),
            tag(0x8502, angle(lat)),
            tag(0x8503, east + b"\0"),
            tag(0x8504, angle(lon)),
            tag(0x8507, rationals((4, 1), (30, 1), (12500, 1000))),
            tag(0x8509, status + b"\0"),
            tag(0x850A, b"3\0"),
            tag(0x8512, b"WGS-84\0"),
            tag(0x851D, b"2024:01:16\0"),
        )
    )
    head = (0x1C).to_bytes(2) + bytes(0x1A)
    label = bytes.fromhex("060e2b34025301010c02010101010000")
    return head + label + b"\x83\x00" + len(gps).to_bytes(2) + tag(0x8109, rationals((1, 50))) + gps + tag(0xE303, b"\x04")
