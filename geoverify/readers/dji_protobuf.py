"""DJI drones and action cameras since 2021: protobuf messages in a `djmd` track."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterator

from geoverify.containers.fixes import Fix, utc_from_parts
from geoverify.containers.outline import MediaTrack, read_outline
from geoverify.containers.protobuf import find_double, find_field, to_signed
from geoverify.containers.samples import MOVIE_TYPES, read_sample_table
from geoverify.errors import MalformedError
from geoverify.media import ByteSource
from geoverify.model import Absent, Camera, Finding, MediaFile, MediaKind, Observation, Problem, Provenance, Reason, Who
from geoverify.text import decode_text, escape_controls
from geoverify.tracks import TrackSource, report_track

NAME = "dji_protobuf"
MAX_SAMPLES = 20_000
# Where each protocol keeps its position message: units (1), latitude (2), longitude (3); the altitude in mm is its sibling 2.
# Reverse engineered by the public (ExifTool's DJI tag tables; telemetry-parser); the protocol's name is in the first sample.
_AIRCRAFT, _FPV, _ACTION = (3, 3, 4, 1), (3, 4, 4, 1), (3, 4, 2, 1)
_POSITION_PATHS = {
    "dvtm_Air3": _AIRCRAFT,
    "dvtm_Air3s": _AIRCRAFT,
    "dvtm_Mini4_Pro": _AIRCRAFT,
    "dvtm_Mini5Pro": _AIRCRAFT,
    "dvtm_Mavic4": _AIRCRAFT,
    "dvtm_wm261": _AIRCRAFT,
    "dvtm_wm265e": _AIRCRAFT,
    "dvtm_pm320": _AIRCRAFT,
    "dvtm_wa345e": _AIRCRAFT,
    "dvtm_AVATA2": _FPV,
    "dvtm_dji_neo": _FPV,
    "dvtm_ac203": _ACTION,
    "dvtm_ac204": _ACTION,
    "dvtm_ac206": _ACTION,
    "dvtm_oq101": _ACTION,
}
# These write degrees without saying so; the others say 1 for degrees and nothing for radians.
_ALWAYS_DEGREES = frozenset({"dvtm_Mavic4", "dvtm_Mini5Pro"})
_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d(?:\.\d+)?)")


class DjiProtobufReader:
    """The `djmd` track: model, serial number and flown positions; a zero position is no fix."""

    name = NAME
    kinds = frozenset({MediaKind.VIDEO})

    def read(self, media: MediaFile, source: ByteSource) -> Iterator[Finding]:
        """Yield the camera and one track; an unknown protocol is an absence that names it."""
        if media.media_type not in MOVIE_TYPES:
            return
        for track in read_outline(source).tracks:
            if track.format == b"djmd":
                yield from _read_track(source, track)


READER = DjiProtobufReader()


def _read_track(source: ByteSource, track: MediaTrack) -> Iterator[Finding]:
    table = read_sample_table(source, track)
    if len(table) == 0:
        return
    _, _, head = next(table.read(source))
    protocol = _read_text(head, 1, 1, 1).removesuffix(".proto")
    yield from _read_camera(head)
    path = _POSITION_PATHS.get(protocol)
    if path is None:
        shown = escape_controls(protocol) or "without a name"
        detail = f"djmd: telemetry protocol {shown} is not known; DJI's own player or an .SRT file beside the video may tell"
        yield Absent(what="position", reason=Reason.UNSUPPORTED, detail=detail, reader=NAME)
        return
    fixes: list[Fix] = []
    damaged = 0
    for time_s, _, sample in table.thin(MAX_SAMPLES).read(source):
        try:
            fix = _read_fix(sample, path, time_s, degrees=protocol in _ALWAYS_DEGREES)
        except MalformedError:
            damaged += 1
            continue
        if fix is not None:
            fixes.append(fix)
    if damaged:
        message = f"{damaged} of {len(table)} telemetry messages are damaged and were left out"
        yield Problem(code="malformed", message=message, where=f"readers.{NAME}")
    witness = TrackSource(reader=NAME, field=f"djmd.{'-'.join(map(str, path))}")
    yield from report_track(fixes, witness, f"protocol {protocol}")


def _read_camera(head: bytes) -> Iterator[Finding]:
    serial, model = _read_text(head, 1, 1, 5), _read_text(head, 1, 1, 10)
    if serial or model:
        yield Observation(
            value=Camera(make="DJI", model=model or None, serial=serial or None),
            provenance=Provenance(reader=NAME, field="djmd.1-1-10+1-1-5", raw=f"{model} {serial}".strip(), who=Who.DEVICE),
        )


def _read_text(message: bytes, *path: int) -> str:
    value = find_field(message, *path)
    return decode_text(value) if isinstance(value, bytes) else ""


def _read_fix(sample: bytes, path: tuple[int, ...], time_s: float, *, degrees: bool) -> Fix | None:
    parent = find_field(sample, *path[:-1])
    if not isinstance(parent, bytes):
        return None
    lat, lon = find_double(parent, path[-1], 2), find_double(parent, path[-1], 3)
    if lat is None or lon is None:
        # A message that has the place for a position and leaves it empty has none: protobuf omits zeros.
        has_place = find_field(parent, path[-1]) is not None
        return Fix(time_s=time_s, lat_deg=0.0, lon_deg=0.0, fixed=False) if has_place else None
    if not degrees and find_field(parent, path[-1], 1) != 1:
        lat, lon = math.degrees(lat), math.degrees(lon)
    altitude = find_field(parent, 2)
    return Fix(
        time_s=time_s,
        lat_deg=lat,
        lon_deg=lon,
        alt_m=to_signed(altitude) / 1000.0 if isinstance(altitude, int) else None,
        fixed=lat != 0.0 or lon != 0.0,
        utc=_read_time(parent),
    )


def _read_time(parent: bytes) -> dt.datetime | None:
    parts = _TIME.match(_read_text(parent, 6, 1))
    if parts is None:
        return None
    year, month, day, hour, minute = (int(part) for part in parts.groups()[:5])
    return utc_from_parts(year, month, day, hour, minute, float(parts[6]))
