"""Parrot drones: the frame metadata of a `mett` track (developer.parrot.com, PDrAW, “embedded video metadata”)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from geoverify.containers.fixes import Fix
from geoverify.containers.isobmff import find_box
from geoverify.containers.outline import MediaTrack, read_outline
from geoverify.containers.samples import MOVIE_TYPES, read_sample_table
from geoverify.media import ByteSource
from geoverify.model import Absent, FieldOfView, Finding, MediaFile, MediaKind, Observation, Provenance, Reason, Who
from geoverify.tracks import TrackSource, report_track

NAME = "parrot"
# A sample for each frame; the receiver gives five readings a second at most.
STEP_S = 0.2
MAX_SAMPLES = 20_000
_MIME = b"com.parrot.videometadata"
# Latitude, longitude, and altitude (24 bits, Q16.8) with the number of satellites (8 bits).
_PLACE = struct.Struct(">iiI")
# Where the place stands in versions 1 to 3, and how many bits are behind the point of its degrees.
_VERSIONS = {b"1": (32, 20), b"2": (8, 22), b"3": (8, 22)}
_FIELD_OF_VIEW_AT = 60


class ParrotReader:
    """Versions 1 to 3 of the frame metadata; without satellites there is no fix."""

    name = NAME
    kinds = frozenset({MediaKind.VIDEO})

    def read(self, media: MediaFile, source: ByteSource) -> Iterator[Finding]:
        """Yield a track and, where it is stated, the field of view at the start."""
        if media.media_type not in MOVIE_TYPES:
            return
        for track in read_outline(source).tracks:
            if track.format == b"mett":
                yield from _read_track(source, track)


READER = ParrotReader()


def _read_track(source: ByteSource, track: MediaTrack) -> Iterator[Finding]:
    description = find_box(source, track.tables.offset, track.tables.end, b"stsd")
    if description is None:
        return
    _, mime, version = source.read(description.offset, min(description.size_bytes, 512)).partition(_MIME)
    if not mime:
        return
    layout = _VERSIONS.get(version[:1])
    if layout is None:
        detail = f"mett: telemetry version {version[:5]!r} of Parrot is not known; its own software may tell"
        yield Absent(what="position", reason=Reason.UNSUPPORTED, detail=detail, reader=NAME)
        return
    witness = TrackSource(reader=NAME, field=f"mett.v{version[:1].decode('ascii')}")
    table = read_sample_table(source, track).space(STEP_S).thin(MAX_SAMPLES)
    if version[:1] == b"3":
        yield from _read_field_of_view(next(table.read(source), (0.0, 0.0, b""))[2], witness)
    read = (_read_fix(sample, time_s, *layout) for time_s, _, sample in table.read(source))
    yield from report_track((fix for fix in read if fix is not None), witness)


def _read_fix(sample: bytes, time_s: float, at: int, fraction_bits: int) -> Fix | None:
    if len(sample) < at + _PLACE.size:
        return None
    lat, lon, altitude = _PLACE.unpack_from(sample, at)
    unit = 1 << fraction_bits
    satellites = altitude & 0xFF
    raised = altitude >> 8
    return Fix(
        time_s=time_s,
        lat_deg=lat / unit,
        lon_deg=lon / unit,
        alt_m=(raised - (1 << 24) if raised >= 1 << 23 else raised) / 256.0,
        # Without a place the drone writes 500 degrees.
        fixed=satellites > 0 and abs(lat) <= 90 * unit and abs(lon) <= 180 * unit,
        resolution_m=111_195.0 / unit,
    )


def _read_field_of_view(sample: bytes, witness: TrackSource) -> Iterator[Finding]:
    angle_deg = int.from_bytes(sample[_FIELD_OF_VIEW_AT : _FIELD_OF_VIEW_AT + 2]) / 256.0
    if 1.0 <= angle_deg < 180.0:
        provenance = Provenance(
            reader=NAME, field=f"{witness.field} picture_hfov", raw=f"{angle_deg:.2f} at the start", who=Who.DEVICE
        )
        yield Observation(value=FieldOfView(long_side_deg=angle_deg), provenance=provenance)
