"""HEIF, CR3, JPEG XL and JPEG 2000 files in structure: their boxes and metadata, without a picture (ISO/IEC 14496-12)."""

from __future__ import annotations

from dataclasses import dataclass

CANON_UUID = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
JXL_SIGNATURE = b"\0\0\0\x0cJXL \r\n\x87\n"
JP2_SIGNATURE = b"\0\0\0\x0cjP  \r\n\x87\n"


@dataclass(frozen=True, slots=True)
class Item:
    """An item's type and bytes, how they are stored (0 in the file, 1 in the meta box) and in how many extents."""

    kind: bytes
    data: bytes
    content_type: str = ""
    method: int = 0
    extents: int = 1


def box(kind: bytes, *payload: bytes) -> bytes:
    """A box."""
    body = b"".join(payload)
    return (8 + len(body)).to_bytes(4) + kind + body


def full_box(kind: bytes, version: int, *payload: bytes) -> bytes:
    """A box with a version and no flags."""
    return box(kind, bytes((version, 0, 0, 0)), *payload)


def file_type(brand: bytes, *others: bytes) -> bytes:
    """The file type box."""
    return box(b"ftyp", brand, bytes(4), *(others or (brand,)))


def exif_item(exif: bytes, prefix: bytes = b"Exif\0\0") -> Item:
    """An EXIF item: how far the TIFF header is, what stands before it, and the block (23008-12 §A.2.1)."""
    return Item(b"Exif", len(prefix).to_bytes(4) + prefix + exif)


def xmp_item(packet: bytes) -> Item:
    """An XMP item."""
    return Item(b"mime", packet, "application/rdf+xml")


def build_heif(
    *items: Item, brand: bytes = b"heic", iloc_version: int = 1, infe_version: int = 2, wide: bool = False, more: bytes = b""
) -> bytes:
    """A file with these items, numbered from 1, and `more` boxes about them.

    `wide` makes every size of the location box 8 bytes and uses base offsets.
    """
    head = file_type(brand, b"mif1", brand)
    # The tables' length does not depend on the offsets in them, so a first pass with zeros finds it.
    meta = _meta(items, [0] * len(items), iloc_version, infe_version, wide, more)
    starts, at = [], len(head) + len(meta) + 8
    for item in items:
        starts.append(at)
        at += len(item.data) if item.method == 0 else 0
    payload = b"".join(item.data for item in items if item.method == 0)
    return head + _meta(items, starts, iloc_version, infe_version, wide, more) + box(b"mdat", payload)


def build_heif_with_exif(exif: bytes, **options: object) -> bytes:
    """A file whose only item is an EXIF block."""
    return build_heif(exif_item(exif), **options)  # type: ignore[arg-type]


def build_cr3(image: bytes, exif: bytes, gps: bytes) -> bytes:
    """A Canon raw file's blocks: IFD0, Exif and GPS directories, each a TIFF structure of its own."""
    canon = box(b"uuid", CANON_UUID, box(b"CMT1", image), box(b"CMT2", exif), box(b"CMT3", b"II*\0"), box(b"CMT4", gps))
    return file_type(b"crx ") + box(b"moov", canon)


def build_jxl(*boxes: bytes) -> bytes:
    """A JPEG XL container."""
    return JXL_SIGNATURE + file_type(b"jxl ") + b"".join(boxes) + box(b"jxlc", b"\xff\x0a")


def build_jp2(*boxes: bytes) -> bytes:
    """A JPEG 2000 file."""
    return JP2_SIGNATURE + file_type(b"jp2 ") + b"".join(boxes) + box(b"jp2c", b"\xff\x4f")


def _meta(items: tuple[Item, ...], starts: list[int], iloc_version: int, infe_version: int, wide: bool, more: bytes) -> bytes:
    idat = b"".join(item.data for item in items if item.method == 1)
    boxes = [full_box(b"hdlr", 0, bytes(4), b"pict", bytes(13)), _iinf(items, infe_version)]
    boxes.append(_iloc(items, starts, iloc_version, wide))
    return full_box(b"meta", 0, *boxes, *([box(b"idat", idat)] if idat else []), more)


def _iinf(items: tuple[Item, ...], version: int) -> bytes:
    entries = []
    for number, item in enumerate(items, 1):
        name = item.content_type.encode() + b"\0" if item.kind == b"mime" else b""
        entry = number.to_bytes(4 if version == 3 else 2) + bytes(2)
        entry += b"\0" + name if version < 2 else item.kind + b"\0" + name
        entries.append(full_box(b"infe", version, entry))
    return full_box(b"iinf", 0, len(items).to_bytes(2), *entries)


def _iloc(items: tuple[Item, ...], starts: list[int], version: int, wide: bool) -> bytes:
    size = 8 if wide else 4
    body = bytes(((size << 4) | size, (size << 4 if wide else 0) | (size if wide and version else 0)))
    body += len(items).to_bytes(4 if version == 2 else 2)
    inside = 0
    for number, (item, start) in enumerate(zip(items, starts, strict=True), 1):
        at = start
        if item.method == 1:
            at, inside = inside, inside + len(item.data)
        body += number.to_bytes(4 if version == 2 else 2)
        body += item.method.to_bytes(2) if version else b""
        body += bytes(2)
        base = at if wide else 0
        body += base.to_bytes(8) if wide else b""
        body += item.extents.to_bytes(2)
        step = -(-len(item.data) // item.extents)
        for index in range(item.extents):
            body += bytes(size) if wide and version else b""
            length = min(step, len(item.data) - index * step)
            body += (at - base + index * step).to_bytes(size) + length.to_bytes(size)
    return full_box(b"iloc", version, body)
