"""Parrot's frame metadata (PDrAW, “embedded video metadata”)."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from builders.movies import TrackPlan


def sample(version: int, lat: float, lon: float, alt_m: float, satellites: int) -> bytes:
    """One frame's metadata."""
    altitude = (round(alt_m * 256) & 0xFFFFFF) << 8 | satellites
    if version == 1:
        return (
            struct.pack(">II11hbB", 0, 1, *[0] * 11, -50, 90)
            + struct.pack(">iiI", round(lat * 2**20), round(lon * 2**20), altitude)
            + bytes(16)
        )
    head = struct.pack(">HHi", 0x5030 + version, 18, 0)
    place = struct.pack(">iiI", round(lat * 2**22), round(lon * 2**22), altitude)
    return head + place + bytes(40) + struct.pack(">HH", round(68.5 * 256), 41 * 256) + bytes(8)


def drone_track(version: int | str, fixes: Sequence[tuple[float, float, float, int]], duration_ms: int = 500) -> TrackPlan:
    """A `mett` track whose description names the version."""
    number = version if isinstance(version, int) else 3
    samples = [sample(number, *fix) for fix in fixes]
    description = b"\0application/octet-stream;type=com.parrot.videometadata" + str(version).encode() + b"\0"
    return TrackPlan(b"meta", b"mett", samples, [duration_ms] * len(samples), description=description)
