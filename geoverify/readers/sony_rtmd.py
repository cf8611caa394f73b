"""Sony cameras: the GPS tags of an `rtmd` track, where a phone or a GPS unit was linked."""

from __future__ import annotations

from collections.abc import Iterator

from geoverify.containers.outline import read_outline
from geoverify.containers.rtmd import read_fix
from geoverify.containers.samples import MOVIE_TYPES, read_sample_table
from geoverify.media import ByteSource
from geoverify.model import Finding, MediaFile, MediaKind
from geoverify.tracks import TrackSource, report_track

NAME = "sony_rtmd"
# Every frame has a sample, the position in it changes once a second.
STEP_S = 1.0
MAX_SAMPLES = 20_000


class SonyRtmdReader:
    """One position a second from Sony's real-time metadata."""

    name = NAME
    kinds = frozenset({MediaKind.VIDEO})

    def read(self, media: MediaFile, source: ByteSource) -> Iterator[Finding]:
        """Yield a track; nothing where the samples have no GPS tags."""
        if media.media_type not in MOVIE_TYPES:
            return
        for track in read_outline(source).tracks:
            if track.format == b"rtmd":
                table = read_sample_table(source, track).space(STEP_S).thin(MAX_SAMPLES)
                read = (read_fix(sample, time_s) for time_s, _, sample in table.read(source))
                fixes = (fix for fix in read if fix is not None)
                yield from report_track(fixes, TrackSource(reader=NAME, field="rtmd.8500"))


READER = SonyRtmdReader()
