"""GoPro: the satellite streams of a `gpmd` track and the camera's settings in `moov/udta/GPMF`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from geoverify.containers.fixes import Fix, error_from_dop
from geoverify.containers.gpmf import PositionStream, read_settings, read_streams
from geoverify.containers.outline import MediaTrack, find_first, read_outline
from geoverify.containers.samples import MOVIE_TYPES, read_sample_table
from geoverify.errors import MalformedError
from geoverify.media import ByteSource
from geoverify.model import Camera, Finding, MediaFile, MediaKind, Observation, Problem, Provenance, Software, Who
from geoverify.tracks import MAX_READINGS, TrackSource, report_track

NAME = "gpmf"
# A payload is about a second; more than this is no camera's recording.
MAX_PAYLOADS = 20_000
MAX_SETTINGS_BYTES = 1 << 20
# Integers of 1e-7 degrees (SCAL), about 11 mm.
RESOLUTION_M = 0.0111
_DAY_ZERO = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


class GpmfReader:
    """GPS5, GPS9 and GLPI streams; a reading without a fix is counted and never becomes a position."""

    name = NAME
    kinds = frozenset({MediaKind.VIDEO})

    def read(self, media: MediaFile, source: ByteSource) -> Iterator[Finding]:
        """Yield for each device and stream a track with the first GPS time, and the camera that the settings name."""
        if media.media_type not in MOVIE_TYPES:
            return
        for track in read_outline(source).tracks:
            if track.format == b"gpmd":
                yield from _read_track(source, track)
        yield from _read_settings(source)


READER = GpmfReader()


def _read_settings(source: ByteSource) -> Iterator[Finding]:
    box = find_first(read_outline(source).user_data, b"GPMF")
    if box is None:
        return
    texts = read_settings(source.read(box.offset, min(box.size_bytes, MAX_SETTINGS_BYTES)))
    model, serial, firmware = texts.get("MINF"), texts.get("CASN"), texts.get("FMWR")
    if model or serial:
        raw = " ".join(filter(None, (model, serial)))
        yield Observation(
            value=Camera(make="GoPro", model=model or None, serial=serial or None),
            provenance=Provenance(reader=NAME, field="udta.GPMF.MINF+CASN", raw=raw, who=Who.DEVICE),
        )
    if firmware:
        yield Observation(
            value=Software(name=f"GoPro firmware {firmware}"),
            provenance=Provenance(reader=NAME, field="udta.GPMF.FMWR", raw=firmware, who=Who.DEVICE),
        )


def _read_track(source: ByteSource, track: MediaTrack) -> Iterator[Finding]:
    table = read_sample_table(source, track).thin(MAX_PAYLOADS)
    streams: dict[tuple[str, str], list[Fix]] = {}
    damaged: list[str] = []
    count = 0
    for time_s, duration_s, payload in table.read(source):
        # Some dashcams use the same sample entry for formats of their own.
        if payload[:4] != b"DEVC":
            continue
        try:
            for stream in read_streams(payload):
                fixes = _read_rows(stream, time_s, duration_s)
                streams.setdefault((stream.device, stream.key), []).extend(fixes)
                count += len(fixes)
        except MalformedError as error:
            damaged.append(f"at {time_s:.1f} s: {error}")
        if count > MAX_READINGS:
            raise MalformedError(f"more than {MAX_READINGS} readings in one gpmd track; the file is damaged or made to harm")
    if damaged:
        message = f"{len(damaged)} of {len(table)} telemetry payloads are damaged and were left out, the first {damaged[0]}"
        yield Problem(code="malformed", message=message, where=f"readers.{NAME}")
    # An action camera writes the device as “Camera” where its firmware does not name the model.
    for device in sorted({device for device, _ in streams} - {"", "Camera"}):
        yield Observation(
            value=Camera(make="GoPro" if "hero" in device.lower() else None, model=device),
            provenance=Provenance(reader=NAME, field="gpmd.DVNM", raw=device, who=Who.DEVICE),
        )
    for (device, key), fixes in streams.items():
        yield from report_track(fixes, TrackSource(reader=NAME, field=f"gpmd.{key}"), f"device {device}" if device else "")


def _read_rows(stream: PositionStream, time_s: float, duration_s: float) -> list[Fix]:
    """The rows of a payload, spread evenly over its duration (GPMF, “timing and clocks”)."""
    rows = stream.rows
    step_s = duration_s / max(len(rows), 1)
    if stream.key == "GPS9" and rows.shape[1] >= 9:
        return [
            Fix(
                time_s=time_s + i * step_s,
                lat_deg=lat,
                lon_deg=lon,
                alt_m=alt,
                fixed=fix >= 2.0,
                error_m=error_from_dop(dop),
                resolution_m=RESOLUTION_M,
                utc=_gps9_time(days, seconds) if fix >= 2.0 else None,
            )
            for i, (lat, lon, alt, _, _, days, seconds, dop, fix) in enumerate(rows[:, :9].tolist())
        ]
    first = 1 if stream.key == "GLPI" else 0
    if rows.shape[1] < first + 3:
        raise MalformedError(f"a {stream.key} row has {rows.shape[1]} values")
    error_m = error_from_dop(stream.dop) if stream.dop is not None else None
    return [
        Fix(
            time_s=time_s + i * step_s,
            lat_deg=lat,
            lon_deg=lon,
            alt_m=alt,
            fixed=stream.fix is None or stream.fix >= 2,
            error_m=error_m,
            resolution_m=RESOLUTION_M,
            utc=stream.utc if i == 0 else None,
        )
        for i, (lat, lon, alt) in enumerate(rows[:, first : first + 3].tolist())
    ]


def _gps9_time(days: float, seconds: float) -> dt.datetime | None:
    try:
        return _DAY_ZERO + dt.timedelta(days=days, seconds=seconds)
    except (OverflowError, ValueError):
        return None
