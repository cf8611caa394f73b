"""Matroska and WebM (RFC 9559): the segment's information, the video track, and the tags."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from geoverify.containers.ebml import Element, to_float, to_signed, to_text, to_unsigned, walk_elements
from geoverify.errors import MalformedError
from geoverify.media import ByteSource, MemorySource

# Information, tracks and tags of an honest file; covers are attachments and are not read.
MAX_ELEMENT_BYTES = 4 << 20
MAX_TAGS = 4096
MAX_TAG_DEPTH = 4
_SEGMENT = 0x18538067
_SEEK_HEAD, _SEEK, _SEEK_ID, _SEEK_POSITION = 0x114D9B74, 0x4DBB, 0x53AB, 0x53AC
_INFO, _TRACKS, _TAGS, _CLUSTER = 0x1549A966, 0x1654AE6B, 0x1254C367, 0x1F43B675
_TIMESTAMP_SCALE, _DURATION, _DATE_UTC, _TITLE, _MUXING_APP, _WRITING_APP = 0x2AD7B1, 0x4489, 0x4461, 0x7BA9, 0x4D80, 0x5741
_TRACK_ENTRY, _TRACK_TYPE, _CODEC_ID, _DEFAULT_DURATION, _VIDEO = 0xAE, 0x83, 0x86, 0x23E383, 0xE0
_PIXEL_WIDTH, _PIXEL_HEIGHT = 0xB0, 0xBA
_TAG, _TARGETS, _TAG_TRACK_UID, _SIMPLE_TAG, _TAG_NAME, _TAG_STRING = 0x7373, 0x63C0, 0x63C5, 0x67C8, 0x45A3, 0x4487
_WANTED = (_INFO, _TRACKS, _TAGS)


class Info(Struct, kw_only=True):
    """The segment's own information; `date_ns` counts from 2001-01-01 UTC."""

    duration_s: float | None = None
    date_ns: int | None = None
    title: str = ""
    muxing_app: str = ""
    writing_app: str = ""


class VideoTrack(Struct, kw_only=True):
    """The first video track."""

    codec: str = ""
    width_px: int | None = None
    height_px: int | None = None
    fps: float | None = None


class SimpleTag(Struct, frozen=True, kw_only=True):
    """A tag of the whole segment, or of one track where `is_track`; nested names are joined with a solidus."""

    name: str
    value: str
    is_track: bool


class Segment(Struct, kw_only=True):
    """What the first segment says of itself; `problem` says why a part of it could not be read."""

    info: Info
    video: VideoTrack | None
    tags: list[SimpleTag]
    problem: str = ""


def read_segment(source: ByteSource) -> Segment:
    """Read information, tracks and tags of the first segment, wherever its index or its order puts them.

    Clusters are skipped, never read; behind one of unknown size (a live recording) only what the index names is found. Raises
    `MalformedError` where the file has no segment.
    """
    segment = next((item for item in walk_elements(source, 0, source.size_bytes) if item.id == _SEGMENT), None)
    if segment is None:
        raise MalformedError("no Matroska segment; the file is cut off or damaged")
    found = Segment(info=Info(), video=None, tags=[])
    try:
        for element in _find_wanted(source, segment):
            part = MemorySource(source.read(element.offset, min(element.size_bytes, MAX_ELEMENT_BYTES)))
            if element.id == _INFO:
                found.info = _read_info(part)
            elif element.id == _TRACKS:
                found.video = found.video or _read_video(part)
            elif len(found.tags) < MAX_TAGS:
                found.tags.extend(_read_tags(part))
    except MalformedError as error:
        found.problem = str(error)
    return found


def _find_wanted(source: ByteSource, segment: Element) -> Iterator[Element]:
    """Elements in the order of the file up to the first cluster, then those that the index names behind it."""
    seen: set[int] = set()
    indexed: dict[int, int] = {}
    for element in walk_elements(source, segment.offset, segment.end):
        if element.id == _SEEK_HEAD:
            indexed |= _read_index(source, element, segment.offset)
        elif element.id in _WANTED:
            seen.add(element.offset)
            yield element
        elif element.id == _CLUSTER and (indexed or element.is_open):
            break
    for position, kind in sorted(indexed.items()):
        named = next(walk_elements(source, position, segment.end), None)
        if named is not None and named.id == kind and named.offset not in seen:
            yield named


def _read_index(source: ByteSource, head: Element, base: int) -> dict[int, int]:
    """Absolute positions of the wanted elements in a SeekHead (RFC 9559 §5.1.1)."""
    positions: dict[int, int] = {}
    part = MemorySource(source.read(head.offset, min(head.size_bytes, 1 << 16)))
    for seek in walk_elements(part, 0, part.size_bytes):
        if seek.id == _SEEK:
            values = _values(part, seek)
            kind = to_unsigned(values.get(_SEEK_ID, b""))
            if kind in _WANTED:
                positions[base + to_unsigned(values.get(_SEEK_POSITION, b""))] = kind
    return positions


def _values(part: ByteSource, parent: Element) -> dict[int, bytes]:
    """The payloads of an element's children, the first of each kind."""
    values: dict[int, bytes] = {}
    for child in walk_elements(part, parent.offset, parent.end):
        if child.id not in values:
            values[child.id] = part.read(child.offset, child.size_bytes)
    return values


def _read_info(part: ByteSource) -> Info:
    values = _values(part, Element(_INFO, 0, part.size_bytes))
    scale_ns = to_unsigned(values.get(_TIMESTAMP_SCALE, b"")) or 1_000_000
    ticks = to_float(values.get(_DURATION, b""))
    return Info(
        duration_s=ticks * scale_ns / 1e9 if ticks is not None and 0.0 < ticks < 1e15 else None,
        date_ns=to_signed(values[_DATE_UTC]) if len(values.get(_DATE_UTC, b"")) == 8 else None,
        title=to_text(values.get(_TITLE, b"")),
        muxing_app=to_text(values.get(_MUXING_APP, b"")),
        writing_app=to_text(values.get(_WRITING_APP, b"")),
    )


def _read_video(part: ByteSource) -> VideoTrack | None:
    for entry in walk_elements(part, 0, part.size_bytes):
        if entry.id != _TRACK_ENTRY:
            continue
        values = _values(part, entry)
        if to_unsigned(values.get(_TRACK_TYPE, b"")) != 1:
            continue
        picture = MemorySource(values.get(_VIDEO, b""))
        sizes = _values(picture, Element(_VIDEO, 0, picture.size_bytes))
        step_ns = to_unsigned(values.get(_DEFAULT_DURATION, b""))
        return VideoTrack(
            codec=to_text(values.get(_CODEC_ID, b"")),
            width_px=to_unsigned(sizes.get(_PIXEL_WIDTH, b"")) or None,
            height_px=to_unsigned(sizes.get(_PIXEL_HEIGHT, b"")) or None,
            fps=1e9 / step_ns if step_ns else None,
        )
    return None


def _read_tags(part: ByteSource) -> Iterator[SimpleTag]:
    for tag in walk_elements(part, 0, part.size_bytes):
        if tag.id != _TAG:
            continue
        is_track = False
        for child in walk_elements(part, tag.offset, tag.end):
            if child.id == _TARGETS:
                is_track = to_unsigned(_values(part, child).get(_TAG_TRACK_UID, b"")) != 0
            elif child.id == _SIMPLE_TAG:
                yield from _read_simple_tag(part, child, "", is_track, MAX_TAG_DEPTH)


def _read_simple_tag(part: ByteSource, tag: Element, prefix: str, is_track: bool, depth: int) -> Iterator[SimpleTag]:
    values = _values(part, tag)
    name = prefix + to_text(values.get(_TAG_NAME, b""))
    if values.get(_TAG_STRING):
        yield SimpleTag(name=name, value=to_text(values[_TAG_STRING]), is_track=is_track)
    if depth == 0 or _SIMPLE_TAG not in values:
        return
    for child in walk_elements(part, tag.offset, tag.end):
        if child.id == _SIMPLE_TAG:
            yield from _read_simple_tag(part, child, f"{name}/", is_track, depth - 1)
