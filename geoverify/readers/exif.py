"""EXIF (CIPA DC-008 / JEITA CP-3451) in every image format that carries it."""

from __future__ import annotations

from collections.abc import Iterator

from geoverify.containers.exif_blocks import ExifBlock, exif_blocks
from geoverify.errors import MalformedError
from geoverify.media import ByteSource
from geoverify.model import (
    Absent,
    CaptureTime,
    Finding,
    Heading,
    MediaFile,
    MediaKind,
    Observation,
    Position,
    Provenance,
    Reason,
    TimeMeaning,
    Value,
    Who,
)
from geoverify.readers._exif_camera import read_camera, read_field_of_view, read_image_info
from geoverify.readers._exif_position import POSITION_FIELD, read_area, read_directions, read_gps_time, read_position
from geoverify.readers._exif_tags import NAME, ExifTags, absent, read_tags, warn
from geoverify.readers._exif_text import read_texts
from geoverify.readers._exif_time import read_times
from geoverify.readers._exif_witness import WITNESS, read_witness

# About a metre: two decoders of the same bytes may round differently, but not by this.
MAX_DISAGREEMENT_DEG = 1e-5

_PARTS = (
    read_position,
    read_gps_time,
    read_directions,
    read_area,
    read_times,
    read_camera,
    read_field_of_view,
    read_image_info,
    read_texts,
)


class ExifReader:
    """Position, direction, times, device and words; a second decoder testifies to every position."""

    name = NAME
    kinds = frozenset({MediaKind.IMAGE})

    def read(self, media: MediaFile, source: ByteSource) -> Iterator[Finding]:
        """Yield what every EXIF of the image says, then what none of them has; a damaged one does not cost the others."""
        missing: dict[str, Absent] = {}
        present: set[str] = set()
        is_first = True
        for block in exif_blocks(media, source):
            for finding in _read_block(block, is_first):
                if isinstance(finding, Absent) and finding.reason is Reason.NOT_PRESENT:
                    missing.setdefault(finding.what, finding)
                    continue
                if isinstance(finding, Observation):
                    present.add(_name_kind(finding.value))
                yield finding
            is_first = False
        if is_first:
            yield absent(NAME, Reason.NOT_PRESENT, f"no EXIF in this {media.media_type} file")
        yield from (finding for what, finding in missing.items() if what not in present)


READER = ExifReader()
_TIMES = {TimeMeaning.CAPTURED: "time", TimeMeaning.FIXED: "time of the fix"}


def _name_kind(value: Value) -> str:
    if isinstance(value, CaptureTime):
        return _TIMES.get(value.meaning, "")
    return "position" if isinstance(value, Position) else "heading" if isinstance(value, Heading) else ""


def _read_block(block: ExifBlock, is_first: bool) -> Iterator[Finding]:
    if block.obstacle:
        yield absent(NAME, Reason.UNSUPPORTED, f"{block.where}: {block.obstacle}")
        return
    try:
        tags = read_tags(block, is_first)
    except MalformedError as error:
        yield warn("malformed", str(error))
        return
    yield from tags.problems
    for read in _PARTS:
        try:
            for finding in read(tags):
                yield finding
                if isinstance(finding, Observation) and isinstance(finding.value, Position):
                    yield from _cross_examine(tags, finding.value)
        except MalformedError as error:
            yield warn("malformed", f"{block.where}: {error}")


def _cross_examine(tags: ExifTags, ours: Position) -> Iterator[Finding]:
    """Ask the second witness; agreement is silent, and where it cannot read the block that is no disagreement."""
    theirs = read_witness(tags.gps) if tags.gps else None
    if theirs is None:
        return
    lat_deg, lon_deg, raw = theirs
    if abs(lat_deg - ours.lat_deg) <= MAX_DISAGREEMENT_DEG and abs(lon_deg - ours.lon_deg) <= MAX_DISAGREEMENT_DEG:
        return
    yield Observation(
        value=Position(lat_deg=lat_deg, lon_deg=lon_deg),
        provenance=Provenance(reader=WITNESS, field=POSITION_FIELD, raw=raw, who=Who.DEVICE),
    )
    yield warn(
        "witnesses-disagree",
        f"two decoders read different positions from the same EXIF: {ours.lat_deg:.7f}, {ours.lon_deg:.7f} here and "
        f"{lat_deg:.7f}, {lon_deg:.7f} by {WITNESS}; trust neither before a person has looked at the bytes",
    )
