"""Cameras that write NMEA sentences as subtitles, or as text in a camera motion track."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from geoverify.containers.fixes import Fix
from geoverify.containers.freegps import is_masked_text, read_masked_text
from geoverify.containers.nmea import has_sentences, read_epochs
from geoverify.containers.outline import read_outline
from geoverify.containers.samples import MOVIE_TYPES, read_sample_table
from geoverify.containers.text_samples import read_telemetry_texts
from geoverify.media import ByteSource
from geoverify.model import Finding, MediaFile, MediaKind
from geoverify.tracks import TrackSource, report_track

NAME = "nmea_track"
MAX_SAMPLES = 20_000


class NmeaTrackReader:
    """RMC and GGA sentences, and the masked text of Ambarella-based dashcams, at the times of their samples."""

    name = NAME
    kinds = frozenset({MediaKind.VIDEO})

    def read(self, media: MediaFile, source: ByteSource) -> Iterator[Finding]:
        """Yield one track for each text track that holds sentences."""
        if media.media_type not in MOVIE_TYPES:
            return
        for texts in read_telemetry_texts(source, _is_wanted):
            yield from report_track(_read(texts), TrackSource(reader=NAME, field="subtitles"))
        for track in read_outline(source).tracks:
            # Two makers use the names of other formats for their own text.
            if track.format not in (b"camm", b"gpmd"):
                continue
            table = read_sample_table(source, track).thin(MAX_SAMPLES)
            _, _, first = next(table.read(source), (0.0, 0.0, b""))
            if _is_wanted(first):
                texts = ((time_s, sample) for time_s, _, sample in table.read(source))
                yield from report_track(_read(texts), TrackSource(reader=NAME, field=track.format.decode("ascii")))


READER = NmeaTrackReader()


def _is_wanted(text: bytes) -> bool:
    return is_masked_text(text) or has_sentences(text)


def _read(texts: Iterable[tuple[float, bytes]]) -> Iterator[Fix]:
    for time_s, text in texts:
        if is_masked_text(text):
            fix = read_masked_text(text, time_s)
            if fix is not None:
                yield fix
            continue
        for epoch in read_epochs(text):
            yield epoch.to_fix(time_s)
