"""The second witness: exifread reads the same GPS directory, and says where it would put the camera."""

from __future__ import annotations

import logging
import struct
from functools import cache
from types import ModuleType
from typing import Any

from geoverify.containers.tiff import GPS_POINTER, Directory

WITNESS = "exifread"
# An honest reading takes some 120 reads. exifread follows whatever counts and chains a file claims, for minutes on some, and
# reads in every step: refusing further reads is a time limit that needs no thread.
MAX_READS = 2000
MAX_READ_BYTES = 4096
_MAX_OFFSET = 0xFFFFFF00
_LONG = 4


class _OverBudgetError(Exception):
    """The witness asked for more reads than an honest directory needs."""


def read_witness(gps: Directory) -> tuple[float, float, str] | None:
    """Return latitude and longitude in degrees and the raw values as exifread has them; `None` where it cannot tell."""
    if gps.tiff.is_big or not 8 <= gps.offset < _MAX_OFFSET or gps.tiff.source.size_bytes >= _MAX_OFFSET:
        return None
    try:
        tags = _load_exifread().process_file(_BlockFile(gps), details=False, stop_tag="GPSLongitude", extract_thumbnail=False)
        lat_deg = _degrees(tags, "Latitude", "NORTH", "SOUTH")
        lon_deg = _degrees(tags, "Longitude", "EAST", "WEST")
    except Exception:  # whatever goes wrong inside the witness, it has only failed to testify
        return None
    if lat_deg is None or lon_deg is None:
        return None
    names = ("GPSLatitudeRef", "GPSLatitude", "GPSLongitudeRef", "GPSLongitude")
    return lat_deg, lon_deg, "; ".join(f"{name} {tags[f'GPS {name}']}" for name in names)


class _BlockFile:
    """The block as a file, its own bytes at their own places, but its header leads straight to the GPS directory.

    The directories in between hold a hundred fields that say nothing of the position and cost ten times as much.
    """

    def __init__(self, gps: Directory) -> None:
        self._tiff = tiff = gps.tiff
        self._end = tiff.source.size_bytes
        self._header = (b"II" if tiff.byte_order == "<" else b"MM") + struct.pack(tiff.byte_order + "HI", 42, self._end)
        self._first = struct.pack(tiff.byte_order + "HHHIII", 1, GPS_POINTER, _LONG, 1, gps.offset, 0)
        # Nearly every read falls into the directory or the values that writers put behind it.
        self._window_at, self._window = gps.offset, tiff.read(gps.offset, MAX_READ_BYTES)
        self._at = 0
        self._reads_left = MAX_READS

    def seek(self, offset: int) -> int:
        """Move to an absolute offset, which is all that the witness asks for."""
        self._at = offset
        return offset

    def read(self, size: int) -> bytes:
        """Read at most `MAX_READ_BYTES` bytes; raises `_OverBudgetError` after `MAX_READS` calls."""
        self._reads_left -= 1
        if self._reads_left < 0:
            raise _OverBudgetError
        at = self._at
        self._at = at + size
        start = at - self._window_at
        if start >= 0 and start + size <= len(self._window):
            return self._window[start : start + size]
        size = min(size, MAX_READ_BYTES)
        if at >= self._end:
            return self._first[at - self._end :][:size]
        if at < len(self._header):
            return (self._header + self._tiff.read(len(self._header), size))[at : at + size]
        return self._tiff.read(at, size)


@cache
def _load_exifread() -> ModuleType:
    import exifread

    # It warns of every oddity on standard error, which is not its place here.
    logging.getLogger("exifread").setLevel(logging.CRITICAL)
    return exifread


def _degrees(tags: dict[str, Any], axis: str, positive: str, negative: str) -> float | None:
    """Its own numbers under its own sign; its helper for that takes only an exact "S" or "W" and only three numbers."""
    value, ref = tags[f"GPS GPS{axis}"], str(tags[f"GPS GPS{axis}Ref"].values).strip("\0 ").upper()
    # It hands text on as text, and the digits of a text are no numbers.
    if isinstance(value.values, str) or ref not in (positive, positive[0], negative, negative[0]):
        return None
    degrees = sum(float(number) / 60.0**power for power, number in enumerate(value.values))
    return -degrees if ref.startswith(negative[0]) else degrees
