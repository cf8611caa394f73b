"""CAMM samples (developers.google.com/streetview/publish/camm-spec)."""

from __future__ import annotations

import struct


def position(lat: float, lon: float, alt: float, reserved: int = 0) -> bytes:
    """Type 5."""
    return struct.pack("<HH3d", reserved, 5, lat, lon, alt)


def fix(epoch_s: float, fix_type: int, lat: float, lon: float, alt: float, error_m: float, reserved: int = 0) -> bytes:
    """Type 6."""
    return struct.pack("<HHdIddfff4f", reserved, 6, epoch_s, fix_type, lat, lon, alt, error_m, 3.0, 0.1, 0.2, 0.0, 0.5)


def gyroscope() -> bytes:
    """Type 2."""
    return struct.pack("<HH3f", 0, 2, 0.1, 0.2, 0.3)
