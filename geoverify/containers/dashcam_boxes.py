"""Satellite readings in the private boxes of single dashcam makers; the layouts are those that the public has worked out."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterator

import msgspec

from geoverify.containers.fixes import Fix, resolution_from_decimals, utc_from_parts, utc_from_unix

MAX_RECORDS = 40_000
# Signed 32-bit integers of the whole circle (Garmin's semicircles), about 1 cm.
_SEMICIRCLE_DEG = 180.0 / (1 << 31)
_SEMICIRCLE_M = _SEMICIRCLE_DEG * 111_195.0
_MAC_EPOCH_S = 2_082_844_800
_70MAI_RECORD = struct.Struct("<IIIIcIcI")
_70MAI_STEP = 36
_GPS0_RECORD = struct.Struct("<ddiH6B")
_GPS0_STEP = 32
_GARMIN_RECORD = struct.Struct(">IHHIii")
_GARMIN_START = 17
_KENWOOD = re.compile(
    rb"\xfe\xfe(\d{14}).\d{14}.([NS])(\d\d)(\d\d)(\d{4})([EW])(\d{3})(\d\d)(\d{4})",
    re.DOTALL,
)
_LIGO_JSON = re.compile(rb"LIGOGPSINFO (\{[^{}]{2,500}\})")
KENWOOD_HEAD = b"VIDEOUUUUUUUUUUUUUUUUUUUUUU"
PNDM = b"PNDM"


def read_70mai(data: bytes) -> Iterator[Fix]:
    """A `GPS ` box of a 70mai camera: 36-byte records with the second of the footage and DDDMM.MMM in thousandths."""
    for count in range(min(len(data) // _70MAI_STEP, MAX_RECORDS)):
        record = data[count * _70MAI_STEP : (count + 1) * _70MAI_STEP]
        if record == bytes(_70MAI_STEP):
            return
        _, _, time_s, _, north, lat, east, lon = _70MAI_RECORD.unpack_from(record)
        fixed = north in b"NS" and east in b"EW" and (lat, lon) != (0, 0)
        lat_deg, lon_deg = _from_minutes(lat / 1000.0), _from_minutes(lon / 1000.0)
        yield Fix(
            time_s=float(time_s),
            lat_deg=-lat_deg if north == b"S" else lat_deg,
            lon_deg=-lon_deg if east == b"W" else lon_deg,
            fixed=fixed,
            resolution_m=1.853,
        )


def read_gps0(data: bytes) -> Iterator[Fix]:
    """A `gps0` box (DuDuBell M1, VSYS M6L): 32-byte records, signed DDDMM.MMMM, metres, UTC; times count from the first."""
    first = None
    for count in range(min(len(data) // _GPS0_STEP, MAX_RECORDS)):
        lat, lon, alt_m, _, year, month, day, hour, minute, second = _GPS0_RECORD.unpack_from(data, count * _GPS0_STEP)
        utc = utc_from_parts(2000 + year, month, day, hour, minute, second)
        first = first or utc
        yield Fix(
            time_s=(utc - first).total_seconds() if utc is not None and first is not None else float(count),
            lat_deg=math.copysign(_from_minutes(abs(lat)), lat),
            lon_deg=math.copysign(_from_minutes(abs(lon)), lon),
            alt_m=float(alt_m),
            fixed=lat != 0.0 or lon != 0.0,
            utc=utc,
        )


def read_kenwood(data: bytes) -> Iterator[Fix]:
    """A `udta` box of Kenwood's text: two local dates, letters, DDMMmmmm and DDDMMmmmm a record; one record a second."""
    for count, match in enumerate(_KENWOOD.finditer(data)):
        if count >= MAX_RECORDS:
            return
        _, north, lat, lat_minutes, lat_part, east, lon, lon_minutes, lon_part = match.groups()
        lat_deg = int(lat) + (int(lat_minutes) + int(lat_part) / 1e4) / 60.0
        lon_deg = int(lon) + (int(lon_minutes) + int(lon_part) / 1e4) / 60.0
        if int(lat_minutes) >= 60 or int(lon_minutes) >= 60:
            continue
        yield Fix(
            time_s=float(count),
            lat_deg=-lat_deg if north == b"S" else lat_deg,
            lon_deg=-lon_deg if east == b"W" else lon_deg,
            fixed=lat_deg != 0.0 or lon_deg != 0.0,
            resolution_m=resolution_from_decimals(4) / 60.0,
        )


def read_garmin(data: bytes) -> Iterator[Fix]:
    """The payload of Garmin's `uuid` box after its type: 20-byte records, seconds since 1904, angles in semicircles."""
    first: int | None = None
    for count in range(min(max(len(data) - _GARMIN_START, 0) // _GARMIN_RECORD.size, MAX_RECORDS)):
        seconds, _, _, _, lat, lon = _GARMIN_RECORD.unpack_from(data, _GARMIN_START + count * _GARMIN_RECORD.size)
        first = seconds if first is None else first
        yield Fix(
            time_s=float(seconds - first),
            lat_deg=lat * _SEMICIRCLE_DEG,
            lon_deg=lon * _SEMICIRCLE_DEG,
            fixed=(lat, lon) != (0, 0),
            resolution_m=_SEMICIRCLE_M,
            utc=utc_from_unix(seconds - _MAC_EPOCH_S),
        )


def read_ligo_json(data: bytes) -> Iterator[Fix]:
    """LIGOGPSINFO records in plain JSON: UTC fields, status, letters, decimal degrees; one record a second."""
    for count, match in enumerate(_LIGO_JSON.finditer(data)):
        if count >= MAX_RECORDS:
            return
        try:
            record = msgspec.json.decode(match[1], type=dict[str, str])
            lat_deg, lon_deg = float(record["Latitude"]), float(record["Longitude"])
            clock = [int(record[name]) for name in ("Year", "Month", "Day", "Hour", "Minute", "Second")]
        except (msgspec.MsgspecError, KeyError, ValueError):
            continue
        yield Fix(
            time_s=float(count),
            lat_deg=-lat_deg if record.get("NS") == "S" else lat_deg,
            lon_deg=-lon_deg if record.get("EW") == "W" else lon_deg,
            fixed=record.get("status") == "A",
            utc=utc_from_parts(*clock),
        )


def read_pndm(sample: bytes, time_s: float) -> Fix | None:
    """A text sample of a Garmin dashcam: `PNDM`, speed, and angles in semicircles at 12 and 16; `None` for anything else."""
    at = sample.find(PNDM, 0, 8)
    if at < 0 or len(sample) < at + 20:
        return None
    lat, lon = struct.unpack_from(">ii", sample, at + 12)
    return Fix(
        time_s=time_s,
        lat_deg=lat * _SEMICIRCLE_DEG,
        lon_deg=lon * _SEMICIRCLE_DEG,
        fixed=(lat, lon) != (0, 0),
        resolution_m=_SEMICIRCLE_M,
    )


def _from_minutes(value: float) -> float:
    """Degrees from DDDMM.MMMM; NaN where that is no angle."""
    if not 0.0 <= value < 18_100.0 or value % 100.0 >= 60.0:
        return math.nan
    return value // 100.0 + value % 100.0 / 60.0
