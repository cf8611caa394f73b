"""JUMBF (ISO/IEC 19566-5) as C2PA embeds it (C2PA specification 2.1, appendix A): manifest stores and the labels in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from geoverify.containers import gif, jpeg, jxl, walks
from geoverify.containers.isobmff import walk_boxes
from geoverify.containers.outline import read_outline
from geoverify.errors import MalformedError
from geoverify.media import ByteSource, MemorySource
from geoverify.model import MediaFile

MAX_STORE_BYTES = 16 << 20
MAX_LABELS = 256
MAX_DEPTH = 8
C2PA_BOX = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
# The content type of a manifest store, "c2pa" in ISO's scheme of UUIDs.
_STORE_TYPE = bytes.fromhex("6332706100110010800000aa00389b71")
_TIFF_TAG = 0xCD41
_GIF_APPLICATION = b"C2PA_GIF"
# Common identifier, box instance and packet sequence of ISO/IEC 18477-3, before each part of a box in APP11.
_APP11_HEAD_BYTES = 8
_BOX_HEAD_BYTES = 8


@dataclass(frozen=True, slots=True)
class ManifestStore:
    """A C2PA manifest store: where it stands and its bytes; those over `MAX_STORE_BYTES` are cut off."""

    where: str
    data: bytes


def manifest_stores(media: MediaFile, source: ByteSource) -> Iterator[ManifestStore]:
    """Yield the manifest stores in a file."""
    for where, data in _find_stores(media, source):
        if data[4:8] == b"jumb" and _STORE_TYPE in data[:64]:
            yield ManifestStore(where, data)


def list_labels(data: bytes) -> list[str]:
    """The labels of a JUMBF superbox and of those inside it, in the order of the bytes as far as it is sound."""
    labels: list[str] = []
    source = MemorySource(data)
    pending = [(0, len(data), 0)]
    try:
        while pending and len(labels) < MAX_LABELS:
            start, end, depth = pending.pop(0)
            for box in walk_boxes(source, start, end):
                if box.type == b"jumd":
                    # Type, toggles, and a label that ends with a NUL where the second toggle is set.
                    body = source.read(box.offset, min(box.size_bytes, 17 + 256))
                    if len(body) > 17 and body[16] & 2:
                        labels.append(body[17:].split(b"\0", 1)[0].decode("utf-8", "backslashreplace"))
                elif box.type == b"jumb" and depth < MAX_DEPTH:
                    pending.append((box.offset, box.end, depth + 1))
    except MalformedError:
        return labels
    return labels


def _find_stores(media: MediaFile, source: ByteSource) -> Iterator[tuple[str, bytes]]:
    if media.media_type == walks.JPEG:
        yield from _find_in_jpeg(media, source)
    elif media.media_type == walks.PNG:
        for chunk in walks.png_chunks(source):
            if chunk.type == b"caBX":
                yield f"caBX at byte {chunk.offset}", source.read(chunk.offset, min(chunk.size_bytes, MAX_STORE_BYTES))
    elif media.media_type in (walks.WEBP, walks.AVI):
        for part in walks.riff_chunks(source):
            if part.type == b"C2PA":
                yield f"C2PA at byte {part.offset}", source.read(part.offset, min(part.size_bytes, MAX_STORE_BYTES))
    elif media.media_type == walks.GIF:
        for extension in gif.extensions(source):
            if extension.application.startswith(_GIF_APPLICATION):
                where = f"application extension at byte {extension.offset}"
                yield where, gif.read_sub_blocks(source, extension.offset, MAX_STORE_BYTES)
    elif media.media_type in walks.TIFF_TYPES:
        directory = walks.first_directory(source)
        field = directory.field(_TIFF_TAG, MAX_STORE_BYTES) if directory else None
        if field:
            yield "IFD0 tag 0xCD41", field.data
    elif media.media_type == walks.JXL:
        for found in jxl.metadata_boxes(source):
            if found.type == jxl.JUMBF and found.data:
                # The box's own header was taken off: put it back, as the other formats store it.
                yield f"jumb box at byte {found.offset}", (len(found.data) + 8).to_bytes(4) + b"jumb" + found.data
    elif media.media_type in walks.UUID_TYPES:
        yield from _find_in_boxes(source)


def _find_in_jpeg(media: MediaFile, source: ByteSource) -> Iterator[tuple[str, bytes]]:
    """Boxes that are cut into APP11 segments; each part repeats the box's header (ISO/IEC 18477-3 §B.1)."""
    boxes: dict[bytes, dict[int, jpeg.Segment]] = {}
    for segment in walks.jpeg_segments(media, source):
        if segment.marker == jpeg.APP11 and segment.head[:2] == b"JP" and segment.head[12:16] == b"jumb":
            sequence = int.from_bytes(segment.head[4:8])
            boxes.setdefault(segment.head[2:4], {}).setdefault(sequence, segment)
    for parts in boxes.values():
        first, *others = (parts[sequence] for sequence in sorted(parts))
        data = [first.read(source, _APP11_HEAD_BYTES)]
        left = MAX_STORE_BYTES - len(data[0])
        for part in others:
            left -= part.size_bytes
            if left < 0:
                break
            data.append(part.read(source, _APP11_HEAD_BYTES + _BOX_HEAD_BYTES))
        yield f"APP11 at byte {first.offset}", b"".join(data)


def _find_in_boxes(source: ByteSource) -> Iterator[tuple[str, bytes]]:
    for box in read_outline(source).top:
        if box.type == b"uuid" and source.read(box.offset, 16) == C2PA_BOX:
            # Version and flags, the purpose as text, and for manifests the offset of an auxiliary box (§A.5.1).
            body = source.read(box.offset + 16, min(box.size_bytes - 16, MAX_STORE_BYTES))
            purpose, _, rest = body[4:].partition(b"\0")
            if purpose in (b"manifest", b"original", b"update"):
                yield f"uuid box at byte {box.offset}", rest[8:]
