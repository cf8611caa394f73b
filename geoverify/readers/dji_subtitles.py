"""DJI drones: flight text in a subtitle track of the video."""

from __future__ import annotations

from collections.abc import Iterator

from geoverify.containers.dji_srt import looks_like_flight_text, parse_cues
from geoverify.containers.iso6709 import parse_iso6709
from geoverify.containers.outline import find_first, read_outline
from geoverify.containers.quicktime_meta import split_international_text
from geoverify.containers.samples import MOVIE_TYPES
from geoverify.containers.srt import Cue
from geoverify.containers.text_samples import read_telemetry_texts
from geoverify.errors import MalformedError
from geoverify.media import ByteSource
from geoverify.model import Finding, MediaFile, MediaKind
from geoverify.tracks import TrackSource, report_flight

NAME = "dji_subtitles"
ORIGIN = TrackSource(reader=NAME, field="subtitles")


class DjiSubtitlesReader:
    """Positions, the drone's local time and the gimbal's direction from subtitles."""

    name = NAME
    kinds = frozenset({MediaKind.VIDEO})

    def read(self, media: MediaFile, source: ByteSource) -> Iterator[Finding]:
        """Yield a track, a local time and, where the camera holds still, a heading; say how sure the order of the axes is."""
        if media.media_type not in MOVIE_TYPES:
            return
        for texts in read_telemetry_texts(source, _is_wanted):
            cues = (Cue(time_s, text.decode("utf-8", "replace")) for time_s, text in texts)
            yield from report_flight(parse_cues(cues, _read_own_position(source)), ORIGIN)


READER = DjiSubtitlesReader()


def _is_wanted(text: bytes) -> bool:
    return looks_like_flight_text(text.decode("utf-8", "replace"))


def _read_own_position(source: ByteSource) -> tuple[float, float] | None:
    """Where the container itself says the recording began (`©xyz`)."""
    box = find_first(read_outline(source).user_data, b"\xa9xyz")
    if box is None or box.size_bytes > 256:
        return None
    for text in split_international_text(source.read(box.offset, box.size_bytes)):
        try:
            point = parse_iso6709(text)
        except MalformedError:
            return None
        if abs(point.lat_deg) <= 90.0 and abs(point.lon_deg) <= 180.0 and (point.lat_deg or point.lon_deg):
            return point.lat_deg, point.lon_deg
    return None
