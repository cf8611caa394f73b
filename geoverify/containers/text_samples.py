"""Text samples of a movie: subtitles, and telemetry that is written as subtitles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress

from geoverify.containers.outline import MediaTrack, read_outline
from geoverify.containers.samples import SampleTable, read_sample_table
from geoverify.errors import MalformedError
from geoverify.media import ByteSource, keep

MAX_TEXT_BYTES = 4096
MAX_SAMPLES = 20_000
# Telemetry shows its marks at once; a chapter list or a film's subtitles are left after this many samples.
PROBED_SAMPLES = 32
_HANDLERS = (b"text", b"sbtl", b"subt", b"subp", b"meta", b"data")
_FORMATS = (b"text", b"tx3g", b"sbtt", b"stxt")


def read_telemetry_texts(source: ByteSource, is_wanted: Callable[[bytes], bool]) -> Iterator[Iterator[tuple[float, bytes]]]:
    """Yield, for each text track in whose first samples `is_wanted` finds its marks, the times and texts of all its samples."""
    for track, first_texts in _probe(source):
        if any(is_wanted(text) for text in first_texts):
            yield _read(source, read_sample_table(source, track).thin(MAX_SAMPLES))


@keep
def _probe(source: ByteSource) -> tuple[tuple[MediaTrack, tuple[bytes, ...]], ...]:
    """The text tracks with their first texts."""
    probes: list[tuple[MediaTrack, tuple[bytes, ...]]] = []
    for track in read_outline(source).tracks:
        if track.format in _FORMATS and track.handler in _HANDLERS:
            # Subtitles with broken tables are no telemetry of anybody's; the decoder of the video says what is wrong with it.
            with suppress(MalformedError):
                table = read_sample_table(source, track).first(PROBED_SAMPLES)
                probes.append((track, tuple(text for _, text in _read(source, table))))
    return tuple(probes)


def _read(source: ByteSource, table: SampleTable) -> Iterator[tuple[float, bytes]]:
    for time_s, _, sample in table.read(source):
        yield time_s, _strip_length(sample)[:MAX_TEXT_BYTES]


def _strip_length(sample: bytes) -> bytes:
    """Take off the 16-bit length (3GPP TS 26.245 §5.17) and the style boxes after the text; some writers leave both out."""
    length = int.from_bytes(sample[:2])
    return sample[2 : 2 + length] if 0 < length <= len(sample) - 2 else sample
