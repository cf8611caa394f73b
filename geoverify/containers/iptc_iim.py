"""IPTC-IIM (IPTC-NAA Information Interchange Model 4.2): data sets, and where in a file they lie."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from geoverify.containers import heif, jp2, jpeg, png, walks
from geoverify.media import ByteSource
from geoverify.model import MediaFile

MAX_BLOCK_BYTES = 1 << 20
MAX_DATA_SETS = 4096
MAX_RESOURCES = 1024
MAX_VALUE_BYTES = 1 << 16

_MARKER = 0x1C
_CHARACTER_SET = (1, 90)
# ESC % G, the sequence of ISO 2022 that turns to UTF-8 (IIM §5, data set 1:90).
_UTF8 = b"\x1b%G"
_PHOTOSHOP = (b"Photoshop 3.0\0", b"Adobe_Photoshop2.5:")
_RESOURCE_SIGNATURES = (b"8BIM", b"AgHg", b"DCSR", b"PHUT", b"MeSa")
_IPTC_RESOURCE = 0x0404
_PNG_PROFILES = ("raw profile type iptc", "raw profile type 8bim")
_TIFF_IPTC, _TIFF_PHOTOSHOP, _TIFF_LONG = 33723, 34377, 4


@dataclass(frozen=True, slots=True)
class IimBlock:
    """The data sets of one block by (record, number), each with its values in their order; `encoding` is how they read.

    `is_stated` where the block itself names its character set.
    """

    where: str
    data_sets: dict[tuple[int, int], list[bytes]]
    encoding: str
    is_stated: bool

    def texts(self, record: int, number: int) -> list[str]:
        """The values of a data set as words, without blank ones."""
        values = self.data_sets.get((record, number), [])
        texts = (value.decode(self.encoding, "backslashreplace").strip("\0 \t\r\n") for value in values)
        return [text for text in texts if text]

    def text(self, record: int, number: int) -> str:
        """The first value of a data set, empty where there is none."""
        return next(iter(self.texts(record, number)), "")


def iim_blocks(media: MediaFile, source: ByteSource) -> Iterator[IimBlock]:
    """Yield every IPTC-IIM block of an image, in the order of the file; `MalformedError` ends it where one is damaged."""
    for where, data in _find_blocks(media, source):
        block = parse_iim(where, data)
        if block.data_sets:
            yield block


def parse_iim(where: str, data: bytes) -> IimBlock:
    """Read data sets up to the first byte that begins none (padding, in honest files).

    Where the block names no character set, bytes that are valid UTF-8 are read as that, and all others as Windows Latin-1.
    """
    data_sets: dict[tuple[int, int], list[bytes]] = {}
    offset = 0
    for _ in range(MAX_DATA_SETS):
        if offset + 5 > len(data) or data[offset] != _MARKER:
            break
        record, number, size = data[offset + 1], data[offset + 2], int.from_bytes(data[offset + 3 : offset + 5])
        offset += 5
        if size & 0x8000:
            # An extended data set: what looks like the size says how many bytes the size has (IIM §1.5.3).
            width = size & 0x7FFF
            size = int.from_bytes(data[offset : offset + width]) if width <= 8 else len(data)
            offset += width
        value = data[offset : offset + size]
        if len(value) < size:
            break
        data_sets.setdefault((record, number), []).append(value[:MAX_VALUE_BYTES])
        offset += size
    is_stated = _UTF8 in data_sets.get(_CHARACTER_SET, [])
    return IimBlock(where, data_sets, "utf-8" if is_stated or _is_utf8(data_sets) else "cp1252", is_stated)


def _is_utf8(data_sets: dict[tuple[int, int], list[bytes]]) -> bool:
    try:
        for values in data_sets.values():
            for value in values:
                if not value.isascii():
                    value.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def photoshop_resources(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield number and data of image resource blocks (Adobe Photoshop File Formats, "Image Resource Blocks")."""
    offset = 0
    for _ in range(MAX_RESOURCES):
        if data[offset : offset + 4] not in _RESOURCE_SIGNATURES or len(data) < offset + 12:
            return
        number = int.from_bytes(data[offset + 4 : offset + 6])
        # The name is a Pascal string, padded to an even size with its length byte.
        offset += 6 + (data[offset + 6] + 2 & ~1)
        size = int.from_bytes(data[offset : offset + 4])
        yield number, data[offset + 4 : offset + 4 + size]
        offset += 4 + size + (size & 1)


def _find_blocks(media: MediaFile, source: ByteSource) -> Iterator[tuple[str, bytes]]:
    yield from _find_in_jpeg(media, source)
    if media.media_type == walks.PNG:
        yield from _find_in_png(source)
    elif media.media_type in walks.TIFF_TYPES:
        yield from _find_in_tiff(source)
    elif media.media_type in walks.HEIF_TYPES:
        for item in walks.heif_items(source):
            if item.type == b"iptc":
                yield f"item {item.id}", heif.read_item(source, item, MAX_BLOCK_BYTES)
    elif media.media_type in walks.JP2_TYPES:
        for offset, data in jp2.uuid_boxes(source, jp2.IPTC_UUID):
            yield f"uuid box at byte {offset}", data[:MAX_BLOCK_BYTES]


def _find_in_jpeg(media: MediaFile, source: ByteSource) -> Iterator[tuple[str, bytes]]:
    where, parts = "", []
    left = MAX_BLOCK_BYTES
    for segment in walks.jpeg_segments(media, source):
        if segment.marker == jpeg.APP13 and left > 0:
            header = next((header for header in _PHOTOSHOP if segment.head.startswith(header)), None)
            if header is not None:
                # Resources longer than a segment go on in the next one, behind the same header.
                where = where or f"APP13 at byte {segment.offset}"
                parts.append(segment.read(source, len(header)))
                left -= segment.size_bytes
    yield from _find_in_resources(where, b"".join(parts))


def _find_in_resources(where: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    for number, resource in photoshop_resources(data):
        if number == _IPTC_RESOURCE:
            yield where, resource


def _find_in_png(source: ByteSource) -> Iterator[tuple[str, bytes]]:
    for text in walks.walk_png_texts(source).sound:
        kind = text.keyword.lower()
        if kind in _PNG_PROFILES:
            profile = png.parse_raw_profile(text.data) or b""
            where = f"{text.keyword} at byte {text.chunk.offset}"
            if kind == _PNG_PROFILES[0] and profile[:1] == bytes([_MARKER]):
                yield where, profile
            else:
                yield from _find_in_resources(where, profile)


def _find_in_tiff(source: ByteSource) -> Iterator[tuple[str, bytes]]:
    directory = walks.first_directory(source)
    if directory is None:
        return
    field = directory.field(_TIFF_IPTC, MAX_BLOCK_BYTES)
    if field:
        data = field.data
        # Some writers declare the bytes as 32-bit numbers and swap them with the rest.
        if field.kind == _TIFF_LONG and data[:1] != bytes([_MARKER]):
            data = struct.pack(f">{len(data) // 4}I", *struct.unpack(f"<{len(data) // 4}I", data[: len(data) // 4 * 4]))
        yield "IFD0 tag 33723", data
    field = directory.field(_TIFF_PHOTOSHOP, MAX_BLOCK_BYTES)
    if field:
        yield from _find_in_resources("IFD0 tag 34377", field.data)
