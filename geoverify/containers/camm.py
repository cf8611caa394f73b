"""CAMM, the camera motion metadata track of Google's Street View (developers.google.com/streetview/publish/camm-spec)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from msgspec import Struct

# Bytes after the four of the header, for each packet type.
_SIZES = {0: 12, 1: 8, 2: 12, 3: 12, 4: 12, 5: 24, 6: 56, 7: 12}
_POSITION = struct.Struct("<3d")
_FIX = struct.Struct("<dIddfff4f")
# The smallest sample with a position: header and type 5.
MIN_POSITION_BYTES = 28
MAX_PACKETS = 10_000


class CammPosition(Struct, frozen=True, kw_only=True):
    """A packet of type 5 (position alone) or 6 (with the receiver's time, fix type 0, 2 or 3, and accuracies in metres)."""

    lat_deg: float
    lon_deg: float
    alt_m: float
    gps_epoch_s: float | None = None
    fix_type: int | None = None
    horizontal_error_m: float | None = None


def read_positions(sample: bytes) -> Iterator[CammPosition]:
    """Yield the positions among the packets of one sample; an unknown or cut-off packet ends it.

    The specification puts one packet into a sample; some cameras put several. The first two bytes are reserved and not always 0.
    """
    at = 0
    for _ in range(MAX_PACKETS):
        kind = int.from_bytes(sample[at + 2 : at + 4], "little")
        size = _SIZES.get(kind)
        start = at + 4
        if size is None or start + size > len(sample):
            return
        if kind == 5:
            lat, lon, alt = _POSITION.unpack_from(sample, start)
            yield CammPosition(lat_deg=lat, lon_deg=lon, alt_m=alt)
        elif kind == 6:
            epoch, fix_type, lat, lon, alt, horizontal, *_ = _FIX.unpack_from(sample, start)
            yield CammPosition(
                lat_deg=lat,
                lon_deg=lon,
                alt_m=alt,
                gps_epoch_s=epoch,
                fix_type=fix_type,
                horizontal_error_m=horizontal,
            )
        at = start + size
