"""Dashcams with a box of their own: 70mai, Kenwood, DuDuBell and VSYS, Garmin, Datakam; scrambled ones are named."""

from __future__ import annotations

from collections.abc import Iterator

from geoverify.containers.dashcam_boxes import (
    KENWOOD_HEAD,
    PNDM,
    read_70mai,
    read_garmin,
    read_gps0,
    read_kenwood,
    read_ligo_json,
    read_pndm,
)
from geoverify.containers.isobmff import Box
from geoverify.containers.nmea import read_epochs
from geoverify.containers.outline import read_outline
from geoverify.containers.samples import MOVIE_TYPES
from geoverify.containers.text_samples import read_telemetry_texts
from geoverify.media import ByteSource
from geoverify.model import Absent, Finding, MediaFile, MediaKind, Reason
from geoverify.tracks import TrackSource, report_log_epochs, report_track

NAME = "dashcam"
MAX_BOX_BYTES = 8 << 20
_GARMIN = bytes.fromhex("9b630f8d637440ec8204bc5ff5091728")
_SCRAMBLED = b"LIGOGPSINFO"
_PLAIN = b"LIGOGPSINFO {"
_OWN = (b"GPS ", b"gps0", b"udat")
_PADDING = (b"skip", b"free", b"udta")
_HEAD_BYTES = 64


class DashcamReader:
    """Private boxes at the top level or in the movie box, and Garmin's binary text samples."""

    name = NAME
    kinds = frozenset({MediaKind.VIDEO})

    def read(self, media: MediaFile, source: ByteSource) -> Iterator[Finding]:
        """Yield a track for each box that is known; an absence where a camera scrambles its positions."""
        if media.media_type not in MOVIE_TYPES:
            return
        outline = read_outline(source)
        for box in outline.top:
            if box.type in _OWN or box.type in _PADDING:
                yield from _read_box(source, box)
        for box in outline.movie:
            if box.type == b"uuid" and box.user_type == _GARMIN:
                yield from report_track(read_garmin(_load(source, box)), _origin("moov/uuid Garmin"), _COUNTED)
        for texts in read_telemetry_texts(source, lambda text: PNDM in text[:8]):
            readings = (read_pndm(text, time_s) for time_s, text in texts)
            yield from report_track((fix for fix in readings if fix is not None), _origin("PNDM text"))


READER = DashcamReader()
_COUNTED = "times counted from the first record"


def _read_box(source: ByteSource, box: Box) -> Iterator[Finding]:
    if box.type == b"GPS ":
        yield from report_track(read_70mai(_load(source, box)), _origin("GPS box"))
    elif box.type == b"gps0":
        yield from report_track(read_gps0(_load(source, box)), _origin("gps0 box"), _COUNTED)
    elif box.type == b"udat":
        yield from report_log_epochs(read_epochs(_load(source, box)), _origin("udat box"))
    else:
        head = source.peek(box.offset, min(box.size_bytes, _HEAD_BYTES))
        if head.startswith(KENWOOD_HEAD):
            yield from report_track(read_kenwood(_load(source, box)), _origin("udta Kenwood"), "one record a second")
        elif _PLAIN in head:
            yield from report_track(read_ligo_json(_load(source, box)), _origin("LIGOGPSINFO text"), "one record a second")
        elif _SCRAMBLED in head:
            detail = (
                f"{box.type.decode('ascii')} box: the camera scrambles its positions (LIGOGPSINFO); try the maker's own player"
            )
            yield Absent(what="position", reason=Reason.UNSUPPORTED, detail=detail, reader=NAME)


def _origin(field: str) -> TrackSource:
    return TrackSource(reader=NAME, field=field)


def _load(source: ByteSource, box: Box) -> bytes:
    return source.read(box.offset, min(box.size_bytes, MAX_BOX_BYTES))
