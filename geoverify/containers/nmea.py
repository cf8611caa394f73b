"""NMEA 0183 sentences RMC and GGA, as loggers and dashcams write them, with or without milliseconds in front."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterator

from msgspec import Struct

from geoverify.containers.fixes import Fix, error_from_dop, utc_from_parts

MAX_SENTENCES = 500_000
MAX_SENTENCES_A_MOMENT = 16
# “[1623057074211]” is the dashcam's own clock in milliseconds since 1970; the dollar sign is left out by some writers.
_SENTENCE = re.compile(
    rb"(?:\[(\d{10,14})\]\s*)?\$?(?<![A-Z])([A-Z]{2})(RMC|GGA),([^*$\r\n\[;\0]{8,110})(?:\*([0-9A-Fa-f]{2}))?",
)
_TIME = re.compile(rb"(\d\d)(\d\d)(\d\d(?:\.\d*)?)$")
_DATE = re.compile(rb"(\d\d)(\d\d)(\d\d)$")
_ANGLE = re.compile(rb"(\d{1,3})(\d\d)\.(\d+)$|(\d{1,3})(\d\d)$")
# RMC mode indicator (NMEA 0183 2.3 on): N not valid, S simulated, M typed in by hand.
_NOT_FROM_SATELLITES = (b"N", b"S", b"M")


class Epoch(Struct, frozen=True, kw_only=True):
    """What the sentences of one moment say together; angles are NaN where they are left blank.

    `second_of_day` is UTC; `utc` is known only with a date (RMC); `stamp_s` is the writer's own clock, seconds since 1970.
    """

    second_of_day: float
    lat_deg: float
    lon_deg: float
    fixed: bool
    alt_m: float | None = None
    error_m: float | None = None
    resolution_m: float | None = None
    utc: dt.datetime | None = None
    stamp_s: float | None = None

    def to_fix(self, time_s: float) -> Fix:
        """The reading at a time of the footage."""
        return Fix(
            time_s=time_s,
            lat_deg=self.lat_deg,
            lon_deg=self.lon_deg,
            fixed=self.fixed,
            alt_m=self.alt_m,
            error_m=self.error_m,
            resolution_m=self.resolution_m,
            utc=self.utc,
        )


class _Sentence(Struct):
    kind: bytes
    fields: list[bytes]
    stamp: bytes | None


def has_sentences(data: bytes) -> bool:
    """Whether any whole RMC or GGA sentence stands in the bytes."""
    return next(_read_sentences(data, need_checksum=False), None) is not None


def read_epochs(data: bytes, *, need_checksum: bool = False) -> Iterator[Epoch]:
    """Yield one epoch for each moment.

    Sentences whose checksum is wrong are left out; those without one are taken unless `need_checksum` asks for proof.
    """
    pending: list[_Sentence] = []
    for sentence in _read_sentences(data, need_checksum):
        if pending and sentence.fields[0] != pending[0].fields[0]:
            yield from _merge(pending)
            pending = []
        if len(pending) < MAX_SENTENCES_A_MOMENT:
            pending.append(sentence)
    yield from _merge(pending)


def _read_sentences(data: bytes, need_checksum: bool) -> Iterator[_Sentence]:
    for count, match in enumerate(_SENTENCE.finditer(data)):
        if count >= MAX_SENTENCES:
            return
        stamp, talker, kind, body, checksum = match.groups()
        if checksum is None and need_checksum:
            continue
        if checksum is not None and _sum(talker + kind + b"," + body) != int(checksum, 16):
            continue
        fields = body.split(b",")
        if len(fields) >= 8:
            yield _Sentence(kind, [field.strip() for field in fields], stamp)


def _sum(text: bytes) -> int:
    total = 0
    for byte in text:
        total ^= byte
    return total


def _merge(sentences: list[_Sentence]) -> Iterator[Epoch]:
    rmc = next((sentence for sentence in sentences if sentence.kind == b"RMC"), None)
    gga = next((sentence for sentence in sentences if sentence.kind == b"GGA"), None)
    base = rmc or gga
    clock = _TIME.match(base.fields[0]) if base is not None else None
    if base is None or clock is None:
        return
    hour, minute, second = int(clock[1]), int(clock[2]), float(clock[3])
    # RMC: time, status, latitude …; GGA: time, latitude …
    first = 2 if base is rmc else 1
    lat, step_lat = _read_angle(base.fields, first, b"NS", 90)
    lon, step_lon = _read_angle(base.fields, first + 2, b"EW", 180)
    fixed = math.isfinite(lat) and math.isfinite(lon)
    utc = None
    if rmc is not None:
        fixed = fixed and rmc.fields[1] in (b"A", b"") and _mode(rmc) not in _NOT_FROM_SATELLITES
        utc = _read_date(rmc, hour, minute, second)
    if gga is not None:
        fixed = fixed and gga.fields[5] not in (b"0", b"7", b"8")
    yield Epoch(
        second_of_day=hour * 3600 + minute * 60 + second,
        lat_deg=lat,
        lon_deg=lon,
        fixed=fixed,
        alt_m=_read_number(gga, 8),
        error_m=error_from_dop(_read_number(gga, 7) or 0.0),
        resolution_m=max(step_lat, step_lon) or None,
        utc=utc,
        stamp_s=next((int(sentence.stamp) / 1000.0 for sentence in sentences if sentence.stamp), None),
    )


def _mode(rmc: _Sentence) -> bytes:
    return rmc.fields[11][:1] if len(rmc.fields) > 11 else b""


def _read_date(rmc: _Sentence, hour: int, minute: int, second: float) -> dt.datetime | None:
    date = _DATE.match(rmc.fields[8]) if len(rmc.fields) > 8 else None
    if date is None:
        return None
    day, month, year = int(date[1]), int(date[2]), int(date[3])
    return utc_from_parts(year + (1900 if year >= 80 else 2000), month, day, hour, minute, second)


def _read_angle(fields: list[bytes], at: int, signs: bytes, limit: int) -> tuple[float, float]:
    """Degrees from `dddmm.mmmm` and its hemisphere, and the step of that notation in metres; NaN where it is no angle."""
    match = _ANGLE.match(fields[at])
    hemisphere = fields[at + 1]
    if match is None or len(hemisphere) != 1 or hemisphere not in signs:
        return float("nan"), 0.0
    degrees, whole, decimals = (match[1], match[2], match[3]) if match[1] else (match[4], match[5], b"")
    minutes = float(whole + b"." + decimals)
    value = int(degrees) + minutes / 60.0
    if minutes >= 60.0 or value > limit:
        return float("nan"), 0.0
    return (-value if hemisphere in b"SW" else value), 1853.25 / 10.0 ** min(len(decimals), 12)


def _read_number(sentence: _Sentence | None, at: int) -> float | None:
    if sentence is None or len(sentence.fields) <= at:
        return None
    try:
        return float(sentence.fields[at])
    except ValueError:
        return None
