"""Where EXIF lies in every image format: a media file in, its TIFF structures out."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec import Struct

from geoverify.containers import heif, jp2, jpeg, jxl, png, raw, walks
from geoverify.containers.parts import Parts
from geoverify.errors import MalformedError
from geoverify.media import ByteSource, MemorySource
from geoverify.model import MediaFile

MAX_BLOCK_BYTES = 16 << 20
# Bursts and stereo pairs have an EXIF for each picture; a file with more than this asks for time, not for reading.
MAX_BLOCKS = 32
_BYTE_ORDERS = (b"II", b"MM")
_EXIF_HEADER = b"Exif\0"
_MAX_PARTS = MAX_BLOCK_BYTES >> 16


class ExifBlock(Struct, frozen=True):
    """One EXIF: where it stands, and its TIFF structures with the name of the directory that each begins with.

    All formats have one structure an EXIF but Canon's CR3, which has one a directory. `obstacle` says why there is none.
    """

    where: str
    parts: tuple[tuple[str, ByteSource], ...] = ()
    obstacle: str = ""


def exif_blocks(media: MediaFile, source: ByteSource) -> Iterator[ExifBlock]:
    """Yield every EXIF of an image, in the order of the file.

    Raises `MalformedError` where the container is damaged or has more than `MAX_BLOCKS`; what was found before it comes out
    first.
    """
    finder = _FINDERS.get(media.media_type)
    if finder is None:
        return
    for number, block in enumerate(finder(source)):
        if number == MAX_BLOCKS:
            raise MalformedError(f"more than {MAX_BLOCKS} EXIF blocks in one image; the rest is not read")
        yield block


def _block(where: str, data: bytes) -> ExifBlock:
    """A block in memory; programs put "Exif\\0\\0", which is JPEG's, before it in formats that do not ask for it."""
    if data.startswith(_EXIF_HEADER):
        data = data[6:]
    return ExifBlock(where, (("IFD0", MemorySource(data)),))


def _with_offset(where: str, data: bytes) -> ExifBlock:
    """An HEIF or JPEG XL payload, whose first four bytes say how far the TIFF header is (23008-12 §A.2.1)."""
    start = 4 + int.from_bytes(data[:4])
    if data[start : start + 2] in _BYTE_ORDERS:
        return _block(where, data[start:])
    # Some writers leave the four bytes out, or count "Exif\0\0" and do not write it.
    return _block(where, data if data[:2] in _BYTE_ORDERS else data[4:])


def _jpeg(source: ByteSource) -> Iterator[ExifBlock]:
    yield from _find_in_segments(walks.walk_jpeg(source), source)


def _find_in_segments(walk: Parts[jpeg.Segment], source: ByteSource) -> Iterator[ExifBlock]:
    where = ""
    parts: list[bytes] = []
    for segment in walk.sound:
        skip = jpeg.exif_start(segment)
        if skip is None:
            continue
        # An EXIF longer than a segment goes on in the next one, behind a second "Exif\0\0" and without a TIFF header.
        if parts and segment.head[skip : skip + 2] not in _BYTE_ORDERS and len(parts) < _MAX_PARTS:
            parts.append(segment.read(source, skip))
            continue
        if parts:
            yield _join(where, parts)
        where, parts = f"APP1 at byte {segment.offset}", [segment.read(source, skip)]
    if parts:
        yield _join(where, parts)
    if walk.damage is not None:
        raise walk.damage


def _join(where: str, parts: list[bytes]) -> ExifBlock:
    return ExifBlock(where, (("IFD0", MemorySource(b"".join(parts))),))


def _png(source: ByteSource) -> Iterator[ExifBlock]:
    texts = {text.chunk.offset: text for text in walks.walk_png_texts(source).sound}
    for chunk in walks.walk_png(source):
        if chunk.type == b"eXIf":
            yield _block(f"eXIf at byte {chunk.offset}", source.read(chunk.offset, min(chunk.size_bytes, MAX_BLOCK_BYTES)))
        elif chunk.offset in texts:
            yield from _raw_profile(texts[chunk.offset])


def _raw_profile(text: png.Text) -> Iterator[ExifBlock]:
    if text.keyword.lower() in ("raw profile type exif", "raw profile type app1"):
        profile = png.parse_raw_profile(text.data)
        if profile and (profile.startswith(_EXIF_HEADER) or profile[:2] in _BYTE_ORDERS):
            yield _block(f"{text.keyword} at byte {text.chunk.offset}", profile)


def _webp(source: ByteSource) -> Iterator[ExifBlock]:
    for chunk in walks.walk_riff(source):
        if chunk.type.upper() == b"EXIF":
            yield _block(f"EXIF at byte {chunk.offset}", source.read(chunk.offset, min(chunk.size_bytes, MAX_BLOCK_BYTES)))


def _tiff(source: ByteSource) -> Iterator[ExifBlock]:
    yield ExifBlock("the file's own directories", (("IFD0", source),))


def _rw2(source: ByteSource) -> Iterator[ExifBlock]:
    yield from _tiff(source)
    yield from _find_in_segments(walks.walk_rw2(source), source)


def _raf(source: ByteSource) -> Iterator[ExifBlock]:
    yield from _find_in_segments(walks.walk_raf(source), source)


def _heif(source: ByteSource) -> Iterator[ExifBlock]:
    for item in walks.walk_heif(source):
        if item.type == b"Exif":
            where = f"Exif item {item.id}"
            data = heif.read_item(source, item, MAX_BLOCK_BYTES)
            if data:
                yield _with_offset(where, data)
            else:
                yield ExifBlock(where, obstacle="the item's bytes are not in the file; ask for the original")


def _cr3(source: ByteSource) -> Iterator[ExifBlock]:
    boxes = raw.find_canon_blocks(source)
    loaded = {name: source.read(box.offset, min(box.size_bytes, MAX_BLOCK_BYTES)) for name, box in boxes.items()}
    if loaded:
        yield ExifBlock("CMT boxes", tuple((name, MemorySource(data)) for name, data in loaded.items()))


def _jxl(source: ByteSource) -> Iterator[ExifBlock]:
    for box in jxl.metadata_boxes(source):
        if box.type == jxl.EXIF:
            where = f"Exif box at byte {box.offset}"
            yield ExifBlock(where, obstacle=box.obstacle) if box.data is None else _with_offset(where, box.data)


def _jp2(source: ByteSource) -> Iterator[ExifBlock]:
    for offset, data in jp2.uuid_boxes(source, jp2.EXIF_UUID, jp2.PHOTOSHOP_EXIF_UUID):
        yield _block(f"UUID box at byte {offset}", data)


_FINDERS: dict[str, Callable[[ByteSource], Iterator[ExifBlock]]] = {
    "image/jpeg": _jpeg,
    "image/png": _png,
    "image/webp": _webp,
    "image/tiff": _tiff,
    "image/x-olympus-orf": _tiff,
    "image/x-panasonic-rw2": _rw2,
    "image/x-fuji-raf": _raf,
    "image/heic": _heif,
    "image/heic-sequence": _heif,
    "image/heif": _heif,
    "image/heif-sequence": _heif,
    "image/avif": _heif,
    "image/x-canon-cr3": _cr3,
    "image/jxl": _jxl,
    "image/jp2": _jp2,
    "image/jpx": _jp2,
}
