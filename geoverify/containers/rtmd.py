"""Sony's real-time metadata: one set of tagged values a frame, with the GPS tags of Exif at 0x8500 and on.

Source: the acquisition metadata set of EBU Tech 3349 and SMPTE RDD 18, which Sony's cameras extend; the header and the GPS tags
as public readers of the format describe them.
"""

from __future__ import annotations

import datetime as dt
import math
import struct

from geoverify.containers.fixes import Fix, error_from_dop, utc_from_parts
from geoverify.text import decode_text

MAX_TAGS = 512
_CONTAINER = 0x8300
# A 16-byte universal label (SMPTE 298M) begins with these two bytes and has no length field.
_LABEL = 0x060E
_GPS = 0x8500
_LAT_REF, _LAT, _LON_REF, _LON, _TIME, _STATUS, _DOP, _DATE, _ERROR = (
    _GPS + tag for tag in (0x01, 0x02, 0x03, 0x04, 0x07, 0x09, 0x0B, 0x1D, 0x1F)
)


def read_gps_tags(sample: bytes) -> dict[int, bytes]:
    """The GPS tags of one sample; a tag that runs over the end ends the walk."""
    tags: dict[int, bytes] = {}
    at = int.from_bytes(sample[:2])
    for _ in range(MAX_TAGS):
        tag, length = int.from_bytes(sample[at : at + 2]), int.from_bytes(sample[at + 2 : at + 4])
        if tag == 0:
            break
        if tag == _LABEL:
            at += 16
            continue
        at += 4
        if tag == _CONTAINER:
            continue
        if at + length > len(sample):
            break
        if _GPS <= tag <= _GPS + 0x1F:
            tags.setdefault(tag, sample[at : at + length])
        at += length
    return tags


def read_fix(sample: bytes, time_s: float) -> Fix | None:
    """The position of one sample; `None` where it has no GPS tags, not fixed where the camera says so or leaves them blank."""
    tags = read_gps_tags(sample)
    if _LAT not in tags or _LON not in tags:
        return None
    lat, lat_step_m = _read_angle(tags[_LAT], tags.get(_LAT_REF, b""), b"S")
    lon, _ = _read_angle(tags[_LON], tags.get(_LON_REF, b""), b"W")
    status = tags.get(_STATUS, b"A")[:1]
    dop = _read_rationals(tags.get(_DOP, b""))
    error = _read_rationals(tags.get(_ERROR, b""))
    return Fix(
        time_s=time_s,
        lat_deg=lat,
        lon_deg=lon,
        fixed=status != b"V" and math.isfinite(lat) and math.isfinite(lon),
        error_m=error[0] if error else error_from_dop(dop[0]) if dop else None,
        resolution_m=lat_step_m,
        utc=_read_time(tags.get(_DATE, b""), tags.get(_TIME, b"")),
    )


def _read_rationals(data: bytes) -> list[float]:
    """Exif unsigned rationals, big-endian; 0/0 stands for unknown and is NaN."""
    pairs = struct.iter_unpack(">II", data[: len(data) // 8 * 8])
    return [top / bottom if bottom else math.nan for top, bottom in pairs]


def _read_angle(data: bytes, reference: bytes, negative: bytes) -> tuple[float, float | None]:
    """Degrees from degrees, minutes and seconds, and the step of the seconds in metres; NaN without a reference."""
    parts = _read_rationals(data)
    if len(parts) < 3 or reference[:1] not in (b"N", b"S", b"E", b"W"):
        return math.nan, None
    angle = parts[0] + parts[1] / 60.0 + parts[2] / 3600.0
    per_second = int.from_bytes(data[20:24])
    step_m = 30.9 / per_second if per_second else None
    return (-angle if reference[:1] == negative else angle), step_m


def _read_time(date: bytes, time: bytes) -> dt.datetime | None:
    parts = decode_text(date).replace("-", ":").split(":")
    clock = _read_rationals(time)
    if len(parts) != 3 or len(clock) < 3 or not all(part.isdecimal() for part in parts):
        return None
    if not all(math.isfinite(part) and part < 100 for part in clock):
        return None
    year, month, day = (int(part) for part in parts)
    return utc_from_parts(year, month, day, int(clock[0]), int(clock[1]), clock[2])
