"""GPMF payloads, block by block (github.com/gopro/gpmf-parser)."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from builders.movies import TrackPlan, box

GPS5_SCALE = (10_000_000, 10_000_000, 1000, 1000, 100)
GPS9_SCALE = (10_000_000, 10_000_000, 1000, 1000, 100, 1, 1000, 100, 1)


def block(key: bytes, kind: str, size: int, data: bytes) -> bytes:
    """A block of values of `size` bytes each, padded to four."""
    count = len(data) // size if size else 0
    return key + (b"\0" if kind == "" else kind.encode()) + bytes((size,)) + count.to_bytes(2) + data + bytes(-len(data) % 4)


def nest(key: bytes, *blocks: bytes) -> bytes:
    """A block of blocks."""
    data = b"".join(blocks)
    return key + b"\0" + bytes((4,)) + (len(data) // 4).to_bytes(2) + data


def text(key: bytes, words: str) -> bytes:
    """A block of characters."""
    return block(key, "c", 1, words.encode("latin-1"))


def gps5_stream(
    points: Sequence[tuple[float, float, float]], *, fix: int = 3, dop: float = 1.5, utc: str = "240116043012.500"
) -> bytes:
    """A GPS5 stream of (lat, lon, alt) with its fix, dilution and time."""
    rows = b"".join(
        struct.pack(">5l", round(lat * 1e7), round(lon * 1e7), round(alt * 1e3), 1500, 150) for lat, lon, alt in points
    )
    return nest(
        b"STRM",
        block(b"TSMP", "L", 4, struct.pack(">L", len(points))),
        text(b"STNM", "GPS (Lat., Long., Alt., 2D speed, 3D speed)"),
        block(b"GPSF", "L", 4, struct.pack(">L", fix)),
        block(b"GPSU", "U", 16, utc.encode()),
        block(b"GPSP", "S", 2, struct.pack(">H", round(dop * 100))),
        block(b"SCAL", "l", 4, struct.pack(">5l", *GPS5_SCALE)),
        block(b"GPS5", "l", 20, rows),
    )


def gps9_stream(points: Sequence[tuple[float, float, float, int, float, float, int]]) -> bytes:
    """A GPS9 stream of (lat, lon, alt, days since 2000, seconds of day, dilution, fix)."""
    rows = b"".join(
        struct.pack(
            ">7lHH",
            round(lat * 1e7),
            round(lon * 1e7),
            round(alt * 1e3),
            1500,
            150,
            days,
            round(seconds * 1e3),
            round(dop * 100),
            fix,
        )
        for lat, lon, alt, days, seconds, dop, fix in points
    )
    return nest(
        b"STRM",
        text(b"TYPE", "lllllllSS"),
        block(b"SCAL", "l", 4, struct.pack(">9l", *GPS9_SCALE)),
        block(b"GPS9", "?", 32, rows),
    )


def glpi_stream(points: Sequence[tuple[float, float, float]]) -> bytes:
    """A drone's own position: milliseconds, (lat, lon, alt) and what follows."""
    rows = b"".join(
        struct.pack(">LllllhhhH", 1000 * i, round(lat * 1e7), round(lon * 1e7), round(alt * 1e3), 0, 0, 0, 0, 9000)
        for i, (lat, lon, alt) in enumerate(points)
    )
    return nest(
        b"STRM",
        text(b"TYPE", "LllllsssS"),
        block(b"SCAL", "l", 4, struct.pack(">9l", 1000, 10_000_000, 10_000_000, 1000, 1000, 100, 100, 100, 100)),
        block(b"GLPI", "?", 28, rows),
    )


def motion_stream() -> bytes:
    """An accelerometer stream, which stands beside the others in every payload."""
    return nest(
        b"STRM", block(b"SCAL", "s", 2, struct.pack(">h", 418)), block(b"ACCL", "s", 6, struct.pack(">6h", 1, 2, 3, 4, 5, 6))
    )


def payload(*streams: bytes, device: str = "Hero6 Black") -> bytes:
    """A payload of one device."""
    return nest(b"DEVC", block(b"DVID", "L", 4, struct.pack(">L", 1)), text(b"DVNM", device), *streams)


def gopro_track(payloads: Sequence[bytes], duration_ms: int = 1000) -> TrackPlan:
    """A `gpmd` track with payloads of equal duration."""
    return TrackPlan(b"meta", b"gpmd", payloads, [duration_ms] * len(payloads))


def settings_box(model: str = "HERO8 Black", serial: str = "C3331350000000", firmware: str = "HD8.01.01.20.00") -> bytes:
    """The settings in the movie's user data."""
    return box(
        b"GPMF",
        nest(b"DEVC", text(b"DVNM", "Global Settings"), text(b"FMWR", firmware), text(b"MINF", model), text(b"CASN", serial)),
    )
