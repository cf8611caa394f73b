"""What stands behind or inside a picture: the videos of motion photos, and Samsung's trailer of named blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from geoverify.containers import jpeg, walks
from geoverify.containers.outline import find_first, read_outline
from geoverify.containers.xmp_packets import xmp_documents
from geoverify.containers.xmp_tree import Node, Properties
from geoverify.media import ByteSource
from geoverify.model import MediaFile

MAX_RECORDS = 256
MAX_NAME_BYTES = 256
MAX_ITEMS = 64
MAX_PICTURES = 4
# Beyond this a picture is not searched for its end: footage with a trailer says so in its metadata.
MAX_SEARCHED_BYTES = 64 << 20
_TAIL_BYTES = 4096
_EOI = b"\xff\xd9"
# Record types of Samsung's trailer (public readers of the format).
SAMSUNG_UTC, SAMSUNG_VIDEO = 0x0A01, 0x0A30


@dataclass(frozen=True, slots=True)
class EmbeddedVideo:
    """A video inside a picture's file and what told where it is; `is_there` is false where those bytes are no video."""

    offset: int
    size_bytes: int
    told_by: str
    is_there: bool = True


@dataclass(frozen=True, slots=True)
class SamsungRecord:
    """A block of Samsung's trailer: its type and name, where its data stands and how long it is."""

    type: int
    name: str
    offset: int
    size_bytes: int


class WindowSource(ByteSource):
    """A part of another source as a file of its own; its reads count against both budgets."""

    def __init__(self, source: ByteSource, offset: int, size_bytes: int) -> None:
        super().__init__(-1, max(0, min(size_bytes, source.size_bytes - offset)))
        self._outer = source
        self._start = offset

    def _pread(self, offset: int, length: int) -> bytes:
        return self._outer.read(self._start + offset, length)


def samsung_records(source: ByteSource) -> Iterator[SamsungRecord]:
    """Yield the blocks of the trailer that ends in "SEFT"; its directory counts their offsets backwards from its own start."""
    tail = source.read(source.size_bytes - 8, 8)
    length = int.from_bytes(tail[:4], "little")
    if tail[4:] != b"SEFT" or length < 12:
        return
    start = source.size_bytes - 8 - length
    directory = source.read(start, min(length, 12 + 12 * MAX_RECORDS))
    if directory[:4] != b"SEFH":
        return
    count = min(int.from_bytes(directory[8:12], "little"), MAX_RECORDS)
    for at in range(12, min(len(directory), 12 + 12 * count) - 11, 12):
        kind = int.from_bytes(directory[at + 2 : at + 4], "little")
        back, size = (int.from_bytes(directory[at + i : at + i + 4], "little") for i in (4, 8))
        # The block repeats its type and states its name before the data.
        head = source.read(start - back, 8 + MAX_NAME_BYTES)
        name_bytes = int.from_bytes(head[4:8], "little")
        if len(head) >= 8 and int.from_bytes(head[2:4], "little") == kind and name_bytes <= min(MAX_NAME_BYTES, size - 8):
            name = head[8 : 8 + name_bytes].decode("ascii", "backslashreplace")
            yield SamsungRecord(kind, name, start - back + 8 + name_bytes, size - 8 - name_bytes)


def embedded_videos(media: MediaFile, source: ByteSource) -> Iterator[EmbeddedVideo]:
    """Yield the videos in a picture's file, each once; only where nothing else names one is the end of the picture looked for."""
    found: set[int] = set()
    named = [*_named_by_samsung(source), *_named_by_box(media, source), *_named_by_xmp(media, source)]
    for video in named or _behind_picture(media, source):
        if video.offset not in found:
            found.add(video.offset)
            yield video


def _check(source: ByteSource, offset: int, size_bytes: int, told_by: str) -> EmbeddedVideo:
    is_there = offset > 0 and source.read(offset + 4, 4) == b"ftyp"
    return EmbeddedVideo(offset, size_bytes, told_by, is_there)


def _named_by_samsung(source: ByteSource) -> Iterator[EmbeddedVideo]:
    for record in samsung_records(source):
        if record.type == SAMSUNG_VIDEO and record.size_bytes > 8:
            yield _check(source, record.offset, record.size_bytes, f"Samsung's trailer, {record.name}")


def _named_by_box(media: MediaFile, source: ByteSource) -> Iterator[EmbeddedVideo]:
    if media.media_type in walks.HEIF_TYPES:
        box = find_first(read_outline(source).top, b"mpvd")
        if box:
            yield _check(source, box.offset, box.size_bytes, "mpvd box")


def _named_by_xmp(media: MediaFile, source: ByteSource) -> Iterator[EmbeddedVideo]:
    for document in xmp_documents(media, source):
        props = document.properties
        length = _integer(props, "GCamera:MicroVideoOffset")
        if length and "Container:Directory" not in props:
            yield _check(source, source.size_bytes - length, length, "GCamera:MicroVideoOffset")
        if "Container:Directory" in props:
            yield from _named_by_directory(props["Container:Directory"], source)


def _named_by_directory(directory: Node, source: ByteSource) -> Iterator[EmbeddedVideo]:
    """Videos of a container directory, whose items stand one behind the other up to the end (Motion Photo format 1.0)."""
    end = source.size_bytes
    for item in reversed(directory.items[:MAX_ITEMS]):
        outer = item.fields
        fields = outer["Container:Item"].fields if "Container:Item" in outer else outer
        length = _integer(fields, "Item:Length") or 0
        semantic = fields["Item:Semantic"].value if "Item:Semantic" in fields else ""
        if semantic == "MotionPhoto" and length:
            yield _check(source, end - length, length, "Container:Directory")
        # Only the first item, which is the picture itself, is padded; nothing in front of it matters here.
        end -= length


def _integer(fields: Properties, name: str) -> int | None:
    text = fields[name].value if name in fields else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else None


def _behind_picture(media: MediaFile, source: ByteSource) -> Iterator[EmbeddedVideo]:
    """A video straight behind the end of a JPEG, or of the pictures that follow it (CIPA DC-007)."""
    if media.media_type != walks.JPEG or source.size_bytes > MAX_SEARCHED_BYTES:
        return
    # Nothing to look for where the file ends with its picture.
    tail = source.read(max(0, source.size_bytes - _TAIL_BYTES), _TAIL_BYTES)
    if tail.rstrip(b"\0\r\n ").endswith(_EOI):
        return
    start = 0
    for _ in range(MAX_PICTURES):
        end = jpeg.end_of_image(source, start)
        if end is None:
            return
        start = end
        head = source.read(end, 12)
        if head[4:8] == b"ftyp":
            yield EmbeddedVideo(end, source.size_bytes - end, "the end of the picture")
            return
        if head[:3] != b"\xff\xd8\xff":
            return
