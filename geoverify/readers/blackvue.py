"""BlackVue dashcams: NMEA sentences with the camera's own milliseconds, in a `gps ` box inside a `free` box."""

from __future__ import annotations

from collections.abc import Iterator

from geoverify.containers.isobmff import Box, walk_boxes
from geoverify.containers.nmea import read_epochs
from geoverify.containers.outline import read_outline
from geoverify.containers.samples import MOVIE_TYPES
from geoverify.media import ByteSource
from geoverify.model import Camera, Finding, MediaFile, MediaKind, Observation, Provenance, Who
from geoverify.text import decode_text
from geoverify.tracks import TrackSource, report_log_epochs

NAME = "blackvue"
MAX_LOG_BYTES = 16 << 20
MAX_TEXT_BYTES = 1024
_CHILDREN = (b"gps ", b"3gf ", b"cprt", b"sttm", b"ptnm", b"ptrh", b"thum")


class BlackvueReader:
    """The log in the `free` box, and the model that its copyright text names."""

    name = NAME
    kinds = frozenset({MediaKind.VIDEO})

    def read(self, media: MediaFile, source: ByteSource) -> Iterator[Finding]:
        """Yield a track timed by the camera's own stamps, and the camera."""
        if media.media_type not in MOVIE_TYPES:
            return
        for box in read_outline(source).top:
            if box.type == b"free" and source.peek(box.offset + 4, 4) in _CHILDREN:
                yield from _read_free(source, box)


READER = BlackvueReader()


def _read_free(source: ByteSource, free: Box) -> Iterator[Finding]:
    start_ms: int | None = None
    log: Box | None = None
    for box in walk_boxes(source, free.offset, free.end):
        if box.type == b"sttm":
            start_ms = int.from_bytes(source.read(box.offset, min(box.size_bytes, 8)))
        elif box.type == b"gps ":
            log = box
        elif box.type == b"cprt":
            yield from _read_camera(decode_text(source.read(box.offset, min(box.size_bytes, MAX_TEXT_BYTES)).lstrip(b"\0")))
    if log is not None:
        data = source.read(log.offset, min(log.size_bytes, MAX_LOG_BYTES))
        start_s = start_ms / 1000.0 if start_ms else None
        yield from report_log_epochs(read_epochs(data), TrackSource(reader=NAME, field="free/gps"), start_s)


def _read_camera(text: str) -> Iterator[Finding]:
    """“Maker;model;firmware …”."""
    parts = [part.strip() for part in text.split(";")]
    if len(parts) >= 2 and parts[1]:
        yield Observation(
            value=Camera(make=parts[0] or None, model=parts[1]),
            provenance=Provenance(reader=NAME, field="free/cprt", raw=text, who=Who.DEVICE),
        )
