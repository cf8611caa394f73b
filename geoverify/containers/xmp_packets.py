"""Where XMP lies in every format (ISO 16684-1 annex; XMP specification, part 3): a media file in, its documents out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from geoverify.containers import gif, heif, jpeg, jxl, png, walks
from geoverify.containers.jp2 import XMP_UUID
from geoverify.containers.outline import find_first, read_outline
from geoverify.containers.xmp_tree import MAX_EXTENDED_BYTES, MAX_PACKET_BYTES, Properties, parse_xmp
from geoverify.errors import MalformedError
from geoverify.media import ByteSource
from geoverify.model import MediaFile

MAX_PACKETS = 8
MAX_EXTENSIONS = 4
_JPEG_HEADER = b"http://ns.adobe.com/xap/1.0/\0"
_EXTENSION_HEADER = b"http://ns.adobe.com/xmp/extension/\0"
# GUID in 32 hexadecimal digits, full length and offset of this part in 32 bits each.
_EXTENSION_HEAD_BYTES = len(_EXTENSION_HEADER) + 40
_PNG_KEYWORD, _RAW_PROFILE = "XML:com.adobe.xmp", "Raw profile type xmp"
_TIFF_XMP = 700
_GIF_APPLICATION = b"XMP DataXMP"
_CONTENT_TYPE = "application/rdf+xml"


@dataclass(frozen=True, slots=True)
class XmpDocument:
    """One parsed packet with its extension: where it stood, its properties, what wrote it, and what was wrong with it."""

    where: str
    properties: Properties
    toolkit: str = ""
    problems: tuple[str, ...] = ()


@dataclass(slots=True)
class _Packet:
    where: str
    data: bytes
    extensions: dict[str, _Extension] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Extension:
    size_bytes: int
    parts: dict[int, bytes] = field(default_factory=dict)

    def join(self) -> bytes:
        """The parts in the order of their offsets; raises `MalformedError` where one is missing or overlaps another."""
        joined: list[bytes] = []
        at = 0
        for offset, part in sorted(self.parts.items()):
            if offset != at:
                break
            joined.append(part)
            at += len(part)
        if at != self.size_bytes or len(joined) != len(self.parts):
            raise MalformedError(f"the extended XMP says it has {self.size_bytes} bytes, and {at} of them can be put together")
        return b"".join(joined)


_known: WeakKeyDictionary[ByteSource, tuple[XmpDocument, ...]] = WeakKeyDictionary()


def xmp_documents(media: MediaFile, source: ByteSource) -> tuple[XmpDocument, ...]:
    """Every XMP document of a file in the order of the file, parsed on the first call and kept as long as the source lives."""
    documents = _known.get(source)
    if documents is None:
        documents = _known[source] = tuple(_parse(packet) for packet in _find_packets(media, source))
    return documents


def parse_document(where: str, data: bytes) -> XmpDocument:
    """Parse one packet without an extension; what is wrong with it is said in the document."""
    return _parse(_Packet(where, data))


def _parse(packet: _Packet) -> XmpDocument:
    problems = packet.problems
    try:
        tree = parse_xmp(packet.data)
    except MalformedError as error:
        return XmpDocument(packet.where, {}, "", (*problems, str(error)))
    if tree.damage:
        problems.append(tree.damage)
    properties = tree.properties
    guid = properties["xmpNote:HasExtendedXMP"].value.upper() if "xmpNote:HasExtendedXMP" in properties else ""
    if guid in packet.extensions:
        try:
            properties = {**_parse_extension(guid, packet.extensions[guid], problems), **properties}
        except MalformedError as error:
            problems.append(str(error))
    elif packet.extensions:
        stated = f"names {guid[:32]!r}" if guid else "names none"
        problems.append(f"there is extended XMP {', '.join(sorted(packet.extensions))}, but the packet {stated}; it is not used")
    return XmpDocument(packet.where, properties, tree.toolkit, tuple(problems))


def _parse_extension(guid: str, extension: _Extension, problems: list[str]) -> Properties:
    data = extension.join()
    if hashlib.md5(data, usedforsecurity=False).hexdigest().upper() != guid:
        problems.append(
            "the extended XMP is not what its GUID, which is its MD5 digest, was made of: it was changed by another program"
        )
    tree = parse_xmp(data, MAX_EXTENDED_BYTES)
    if tree.damage:
        problems.append(f"extended XMP: {tree.damage}")
    return tree.properties


def _find_packets(media: MediaFile, source: ByteSource) -> list[_Packet]:
    packets: list[_Packet] = []
    finder = _FINDERS.get(media.media_type)
    if finder is None:
        return packets
    try:
        for packet in finder(media, source):
            packets.append(packet)
            if len(packets) == MAX_PACKETS:
                break
    except MalformedError as error:
        packets.append(_Packet("", b"", problems=[str(error)]))
    return packets


def _load(source: ByteSource, where: str, offset: int, size_bytes: int) -> _Packet:
    if size_bytes > MAX_PACKET_BYTES:
        return _Packet(where, b"", problems=[f"an XMP packet of {size_bytes} bytes; those over {MAX_PACKET_BYTES} are not read"])
    return _Packet(where, source.read(offset, size_bytes))


def _jpeg(media: MediaFile, source: ByteSource) -> Iterator[_Packet]:
    packets: list[_Packet] = []
    extensions: dict[str, _Extension] = {}
    left = MAX_EXTENDED_BYTES
    for segment in walks.jpeg_segments(media, source):
        if segment.marker != jpeg.APP1:
            continue
        if segment.head.startswith(_JPEG_HEADER):
            packets.append(_Packet(f"APP1 at byte {segment.offset}", segment.read(source, len(_JPEG_HEADER))))
        elif segment.head.startswith(_EXTENSION_HEADER):
            left -= segment.size_bytes
            if left >= 0:
                _add_part(extensions, segment.read(source, len(_EXTENSION_HEADER)))
    if packets:
        packets[0].extensions = extensions
        if left < 0:
            packets[0].problems.append(f"extended XMP over {MAX_EXTENDED_BYTES} bytes is not read")
    yield from packets


def _add_part(extensions: dict[str, _Extension], data: bytes) -> None:
    guid = data[:32].decode("ascii", "backslashreplace").upper()
    size, offset = int.from_bytes(data[32:36]), int.from_bytes(data[36:40])
    if len(data) < 40 or (guid not in extensions and len(extensions) == MAX_EXTENSIONS):
        return
    extensions.setdefault(guid, _Extension(size)).parts.setdefault(offset, data[40:])


def _png(_media: MediaFile, source: ByteSource) -> Iterator[_Packet]:
    for text in walks.walk_png_texts(source).sound:
        data = text.data if text.keyword == _PNG_KEYWORD else None
        if text.keyword == _RAW_PROFILE:
            data = png.parse_raw_profile(text.data)
        if data is not None:
            yield _Packet(f"{text.chunk.type.decode('ascii')} at byte {text.chunk.offset}", data)


def _riff(_media: MediaFile, source: ByteSource) -> Iterator[_Packet]:
    for chunk in walks.riff_chunks(source):
        if chunk.type in (b"XMP ", b"_PMX"):
            yield _load(source, f"{chunk.type.decode('ascii')} at byte {chunk.offset}", chunk.offset, chunk.size_bytes)


def _gif(_media: MediaFile, source: ByteSource) -> Iterator[_Packet]:
    for extension in gif.extensions(source):
        if extension.application == _GIF_APPLICATION:
            yield _Packet(f"application extension at byte {extension.offset}", gif.read_unblocked(source, extension.offset))


def _tiff(media: MediaFile, source: ByteSource) -> Iterator[_Packet]:
    directory = walks.first_directory(source)
    packet = directory.field(_TIFF_XMP, MAX_PACKET_BYTES + 1) if directory else None
    if packet:
        yield _Packet("IFD0 tag 700", packet.data)
    yield from _jpeg(media, source)


def _heif(media: MediaFile, source: ByteSource) -> Iterator[_Packet]:
    for item in walks.heif_items(source):
        if item.content_type == _CONTENT_TYPE:
            yield _Packet(f"item {item.id}", heif.read_item(source, item, MAX_PACKET_BYTES + 1))
    yield from _boxes(media, source)


def _boxes(_media: MediaFile, source: ByteSource) -> Iterator[_Packet]:
    outline = read_outline(source)
    for box in outline.top:
        if box.type == b"uuid" and source.read(box.offset, 16) == XMP_UUID:
            yield _load(source, f"uuid box at byte {box.offset}", box.offset + 16, box.size_bytes - 16)
        elif box.type == b"xml ":
            yield _load(source, f"xml box at byte {box.offset}", box.offset, box.size_bytes)
    for box in outline.movie:
        if box.user_type == XMP_UUID:
            yield _load(source, f"moov/uuid at byte {box.offset}", box.offset, box.size_bytes)
    user_data = find_first(outline.user_data, b"XMP_")
    if user_data:
        yield _load(source, "moov/udta/XMP_", user_data.offset, user_data.size_bytes)


def _jxl(_media: MediaFile, source: ByteSource) -> Iterator[_Packet]:
    for box in jxl.metadata_boxes(source):
        if box.type == jxl.XML:
            problems = [box.obstacle] if box.obstacle else []
            yield _Packet(f"xml box at byte {box.offset}", box.data or b"", problems=problems)


_FINDERS: dict[str, Callable[[MediaFile, ByteSource], Iterator[_Packet]]] = {
    walks.JPEG: _jpeg,
    walks.RAF: _jpeg,
    walks.PNG: _png,
    walks.WEBP: _riff,
    walks.AVI: _riff,
    walks.GIF: _gif,
    walks.JXL: _jxl,
    **dict.fromkeys(walks.TIFF_TYPES, _tiff),
    **dict.fromkeys(walks.UUID_TYPES, _boxes),
    **dict.fromkeys(walks.HEIF_TYPES, _heif),
}
