"""Insta360 cameras: the GPS record of the trailer behind the movie."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from geoverify.containers.fixes import Fix, utc_from_unix
from geoverify.containers.samples import MOVIE_TYPES
from geoverify.media import ByteSource
from geoverify.model import Camera, Finding, MediaFile, MediaKind, Observation, Provenance, Who
from geoverify.text import decode_text
from geoverify.tracks import TrackSource, report_track

NAME = "insta360"
# The trailer ends with: last record's type and length, 32 bytes, trailer size, version, this text (public readers of the format).
_MAGIC = b"8db42d694ccc418790edff439fe026bf"
_FOOT_BYTES = 78
_RECORD_FOOT = struct.Struct("<HI")
_GPS, _INFO = 0x700, 0x101
MAX_RECORDS = 64
MAX_GPS_BYTES = 16 << 20
MAX_INFO_BYTES = 64 << 10
# Seconds since 1970, milliseconds, status, latitude and its letter, longitude and its letter, speed, direction, altitude.
_READING = struct.Struct("<QHcdcdcddd")
_INFO_NAMES = {0x0A: "serial", 0x12: "model", 0x1A: "firmware"}


class Insta360Reader:
    """Records 0x700 (positions) and 0x101 (camera) of the trailer."""

    name = NAME
    kinds = frozenset({MediaKind.VIDEO})

    def read(self, media: MediaFile, source: ByteSource) -> Iterator[Finding]:
        """Yield a track timed from its first record, and the camera."""
        if media.media_type not in MOVIE_TYPES:
            return
        foot = source.read(source.size_bytes - _FOOT_BYTES, _FOOT_BYTES)
        if not foot.endswith(_MAGIC):
            return
        begin = source.size_bytes - int.from_bytes(foot[38:42], "little")
        end = source.size_bytes - _FOOT_BYTES
        for _ in range(MAX_RECORDS):
            kind, size = _RECORD_FOOT.unpack_from(foot)
            start = end - size
            if start < max(begin, 0):
                return
            if kind == _GPS:
                data = source.read(start, min(size, MAX_GPS_BYTES))
                yield from report_track(
                    _read_gps(data), TrackSource(reader=NAME, field="trailer.0x700"), "timed from the first record"
                )
            elif kind == _INFO:
                yield from _read_info(source.read(start, min(size, MAX_INFO_BYTES)))
            end = start - _RECORD_FOOT.size
            foot = source.read(end, _RECORD_FOOT.size)
            if end < max(begin, 0) or len(foot) < _RECORD_FOOT.size:
                return


READER = Insta360Reader()


def _read_gps(data: bytes) -> Iterator[Fix]:
    first_s: float | None = None
    for seconds, milliseconds, status, lat, north, lon, east, _, _, alt_m in _READING.iter_unpack(
        data[: len(data) // _READING.size * _READING.size]
    ):
        at_s = seconds + milliseconds / 1000.0
        first_s = at_s if first_s is None else first_s
        # “O” is the west of French and Spanish firmware.
        known = status == b"A" and north in (b"N", b"S") and east in (b"E", b"W", b"O")
        yield Fix(
            time_s=at_s - first_s,
            lat_deg=-abs(lat) if north == b"S" else lat,
            lon_deg=lon if east == b"E" else -abs(lon),
            alt_m=alt_m,
            fixed=known,
            utc=utc_from_unix(at_s),
        )


def _read_info(data: bytes) -> Iterator[Finding]:
    """The camera record: tag, length and text of serial number, model and firmware, which come first."""
    texts: dict[str, str] = {}
    at = 0
    for _ in range(len(_INFO_NAMES)):
        if at + 2 > len(data) or data[at] not in _INFO_NAMES or at + 2 + data[at + 1] > len(data):
            break
        texts[_INFO_NAMES[data[at]]] = decode_text(data[at + 2 : at + 2 + data[at + 1]])
        at += 2 + data[at + 1]
    if texts.get("model") or texts.get("serial"):
        yield Observation(
            value=Camera(make="Insta360", model=texts.get("model") or None, serial=texts.get("serial") or None),
            provenance=Provenance(reader=NAME, field="trailer.0x101", raw=" ".join(texts.values()), who=Who.DEVICE),
        )
