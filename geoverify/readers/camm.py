"""CAMM: the positions of a `camm` track, as 360° and Street View cameras write it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import numpy as np

from geoverify.containers.camm import MIN_POSITION_BYTES, CammPosition, read_positions
from geoverify.containers.fixes import Fix, utc_from_gps, utc_from_unix
from geoverify.containers.outline import MediaTrack, find_first, read_outline
from geoverify.containers.samples import MOVIE_TYPES, read_sample_table
from geoverify.errors import MalformedError
from geoverify.media import ByteSource
from geoverify.model import Finding, MediaFile, MediaKind
from geoverify.tracks import MAX_READINGS, TrackSource, report_track

NAME = "camm"
MAX_POSITIONS = 40_000
# The two epochs in use lie ten years apart; half of that tells them from each other.
_EPOCH_GAP = dt.timedelta(days=5 * 365)
_MP4_EPOCH = dt.datetime(1904, 1, 1, tzinfo=dt.UTC)


class CammReader:
    """Types 5 and 6 of a CAMM track, each a track of its own; fix type 0 is no fix."""

    name = NAME
    kinds = frozenset({MediaKind.VIDEO})

    def read(self, media: MediaFile, source: ByteSource) -> Iterator[Finding]:
        """Yield one track for each packet type that the file has."""
        if media.media_type not in MOVIE_TYPES:
            return
        for track in read_outline(source).tracks:
            if track.format == b"camm":
                yield from _read_track(source, track)


READER = CammReader()


def _read_track(source: ByteSource, track: MediaTrack) -> Iterator[Finding]:
    table = read_sample_table(source, track)
    # Motion sensors write hundreds of small samples a second; only larger ones can hold a position.
    table = table.pick(np.flatnonzero(table.size_bytes >= MIN_POSITION_BYTES)).thin(MAX_POSITIONS)
    created = _read_creation_time(source)
    plain: list[Fix] = []
    full: list[Fix] = []
    for time_s, _, sample in table.read(source):
        for position in read_positions(sample):
            fix = _fix(position, time_s, created)
            (plain if position.gps_epoch_s is None else full).append(fix)
        if len(plain) + len(full) > MAX_READINGS:
            raise MalformedError(f"more than {MAX_READINGS} positions in one camm track; the file is damaged or made to harm")
    yield from report_track(full, TrackSource(reader=NAME, field="camm.6"))
    yield from report_track(plain, TrackSource(reader=NAME, field="camm.5"))


def _fix(position: CammPosition, time_s: float, created: dt.datetime | None) -> Fix:
    return Fix(
        time_s=time_s,
        lat_deg=position.lat_deg,
        lon_deg=position.lon_deg,
        alt_m=position.alt_m,
        fixed=position.fix_type is None or position.fix_type >= 2,
        error_m=position.horizontal_error_m,
        utc=None if position.gps_epoch_s is None else _read_epoch(position.gps_epoch_s, created),
    )


def _read_epoch(seconds: float, created: dt.datetime | None) -> dt.datetime | None:
    """The specification counts from 1980; some cameras count from 1970, which the movie's creation time gives away."""
    if seconds <= 0.0:
        return None
    by_standard = utc_from_gps(seconds)
    if by_standard is not None and created is not None and by_standard - created > _EPOCH_GAP:
        return utc_from_unix(seconds)
    return by_standard


def _read_creation_time(source: ByteSource) -> dt.datetime | None:
    header = find_first(read_outline(source).movie, b"mvhd")
    if header is None:
        return None
    data = source.read(header.offset, min(header.size_bytes, 20))
    seconds = int.from_bytes(data[4:12] if data[:1] == b"\x01" else data[4:8])
    # 0 means that no time was written.
    if seconds == 0 or seconds >= 1 << 36:
        return None
    return _MP4_EPOCH + dt.timedelta(seconds=seconds)
