"""Dashcams on Novatek and similar chips: freeGPS blocks that a `gps ` box lists, or that stand in the media data."""

from __future__ import annotations

from collections.abc import Iterator

from geoverify.containers.fixes import Fix
from geoverify.containers.freegps import MARK, READ_BYTES, read_block
from geoverify.containers.isobmff import Box
from geoverify.containers.outline import find_first, read_outline
from geoverify.containers.samples import MOVIE_TYPES
from geoverify.errors import MalformedError
from geoverify.media import ByteSource
from geoverify.model import Absent, Finding, MediaFile, MediaKind, Reason
from geoverify.tracks import TrackSource, report_track

NAME = "novatek"
# Nearly three hours: cameras of the kind begin a new file every few minutes.
MAX_BLOCKS = 10_000
# Unlisted blocks lie on boundaries of 32 kB, the first within about 2 MB of the start of the media data.
BOUNDARY_BYTES = 0x8000
PROBED_BOUNDARIES = 64
MAX_BOUNDARIES = 60_000
# One block a second, which every known camera of the kind writes; the file has no times for them.
STEP_S = 1.0


class NovatekReader:
    """One reading a second from freeGPS blocks."""

    name = NAME
    kinds = frozenset({MediaKind.VIDEO})

    def read(self, media: MediaFile, source: ByteSource) -> Iterator[Finding]:
        """Yield a track, or an absence where the blocks are of a layout that is not known."""
        if media.media_type not in MOVIE_TYPES:
            return
        outline = read_outline(source)
        listed, media_data = find_first(outline.movie, b"gps "), find_first(outline.top, b"mdat")
        if listed is not None:
            yield from _report(_read_listed(source, listed), "moov/gps")
        elif media_data is not None:
            yield from _report(_find_unlisted(source, media_data), "mdat/freeGPS")


READER = NovatekReader()


def _read_listed(source: ByteSource, box: Box) -> Iterator[bytes]:
    """The blocks of a `gps ` box: version and flags, a count, then offset and size of each."""
    data = source.read(box.offset, min(box.size_bytes, 8 + 8 * MAX_BLOCKS))
    count = min(int.from_bytes(data[4:8]), max(len(data) - 8, 0) // 8)
    for at in range(8, 8 + 8 * count, 8):
        offset, size = int.from_bytes(data[at : at + 4]), int.from_bytes(data[at + 4 : at + 8])
        yield source.read(offset, min(size, READ_BYTES))


def _find_unlisted(source: ByteSource, media_data: Box) -> Iterator[bytes]:
    first = -(-media_data.offset // BOUNDARY_BYTES)
    last = min(media_data.end // BOUNDARY_BYTES, first + MAX_BOUNDARIES)
    found = False
    for boundary in range(first, last):
        if not found and boundary - first >= PROBED_BOUNDARIES:
            return
        offset = boundary * BOUNDARY_BYTES
        if source.read(offset + 4, len(MARK)) == MARK:
            found = True
            yield source.read(offset, READ_BYTES)


def _report(blocks: Iterator[bytes], field: str) -> Iterator[Finding]:
    fixes: list[Fix] = []
    unknown: list[str] = []
    count = 0
    for block in blocks:
        if block[4:12] != MARK:
            continue
        try:
            fixes.extend(read_block(block, count * STEP_S))
        except MalformedError as error:
            unknown.append(str(error))
        count += 1
    if unknown:
        detail = f"{field}: {len(unknown)} of {count} dashcam GPS blocks cannot be read: {unknown[0]}; try the maker's own player"
        yield Absent(what="position", reason=Reason.UNSUPPORTED, detail=detail, reader=NAME)
    yield from report_track(fixes, TrackSource(reader=NAME, field=field), "times counted at one block a second")
