"""XMP packets (ISO 16684-1) in the forms that RDF allows, and where files carry them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

from builders import heif, jpeg, png, webp

NAMESPACES = {
    "x": "adobe:ns:meta/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "exifEX": "http://cipa.jp/exif/1.0/",
    "aux": "http://ns.adobe.com/exif/1.0/aux/",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
    "stEvt": "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#",
    "stRef": "http://ns.adobe.com/xap/1.0/sType/ResourceRef#",
    "xmpNote": "http://ns.adobe.com/xmp/note/",
    "xmpDM": "http://ns.adobe.com/xmp/1.0/DynamicMedia/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "drone-dji": "http://www.dji.com/drone-dji/1.0/",
    "drone-parrot": "http://www.parrot.com/drone-parrot/1.0/",
    "Camera": "http://pix4d.com/camera/1.0/",
    "GPano": "http://ns.google.com/photos/1.0/panorama/",
    "GCamera": "http://ns.google.com/photos/1.0/camera/",
    "Container": "http://ns.google.com/photos/1.0/container/",
    "Item": "http://ns.google.com/photos/1.0/container/item/",
    "crs": "http://ns.adobe.com/camera-raw-settings/1.0/",
}
UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
JPEG_HEADER = b"http://ns.adobe.com/xap/1.0/\0"
EXTENSION_HEADER = b"http://ns.adobe.com/xmp/extension/\0"
GIF_TRAILER = bytes((1, *range(255, -1, -1), 0))

# A simple value, a structure, or an array of either.
Value = str | Mapping[str, "Value"] | Sequence["Value"]


def _declarations() -> str:
    return " ".join(f"xmlns:{prefix}={quoteattr(uri)}" for prefix, uri in NAMESPACES.items() if prefix not in ("x", "rdf"))


def _element(name: str, value: Value, array: str) -> str:
    if isinstance(value, str):
        return f"<{name}>{escape(value)}</{name}>"
    if isinstance(value, Mapping):
        fields = "".join(_element(key, item, array) for key, item in value.items())
        return f'<{name} rdf:parseType="Resource">{fields}</{name}>'
    items = "".join(_element("rdf:li", item, array) for item in value)
    return f"<{name}><rdf:{array}>{items}</rdf:{array}></{name}>"


def wrap(inside: str, attributes: str = "", toolkit: str = "Test toolkit 1.0") -> str:
    """An x:xmpmeta with one description that has this inside and these attributes."""
    description = f'<rdf:Description rdf:about="" {_declarations()} {attributes}>{inside}</rdf:Description>'
    rdf = f'<rdf:RDF xmlns:rdf="{NAMESPACES["rdf"]}">{description}</rdf:RDF>'
    return f'<x:xmpmeta xmlns:x="{NAMESPACES["x"]}" x:xmptk={quoteattr(toolkit)}>{rdf}</x:xmpmeta>'


def build_packet(
    props: Mapping[str, Value], *, as_attributes: bool = False, array: str = "Seq", toolkit: str = "Test toolkit 1.0"
) -> bytes:
    """A packet in UTF-8 with its header, trailer and padding; simple values as elements or as attributes of the description."""
    simple = {name: value for name, value in props.items() if isinstance(value, str)} if as_attributes else {}
    attributes = " ".join(f"{name}={quoteattr(value)}" for name, value in simple.items())
    inside = "".join(_element(name, value, array) for name, value in props.items() if name not in simple)
    head = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    text = f'{head}{wrap(inside, attributes, toolkit)}\n{" " * 100}\n<?xpacket end="w"?>'
    return text.encode("utf-8")


def jpeg_segment(packet: bytes) -> bytes:
    """An APP1 with a packet."""
    return jpeg.segment(jpeg.APP1, JPEG_HEADER + packet)


def guid_of(extension: bytes) -> str:
    """The GUID of an extension: its MD5 digest in capitals (XMP specification, part 3, "Extended XMP in JPEG")."""
    return hashlib.md5(extension, usedforsecurity=False).hexdigest().upper()


def extension_segments(extension: bytes, guid: str | None = None, step: int = 400) -> list[bytes]:
    """APP1 segments with the parts of an extension."""
    head = EXTENSION_HEADER + (guid_of(extension) if guid is None else guid).encode() + len(extension).to_bytes(4)
    starts = range(0, len(extension), step)
    return [jpeg.segment(jpeg.APP1, head + at.to_bytes(4) + extension[at : at + step]) for at in starts]


def build_gif(*extensions: bytes) -> bytes:
    """A GIF of one pixel with a colour table, and extension blocks before its picture."""
    screen = b"GIF89a" + (1).to_bytes(2, "little") * 2 + b"\x80\0\0" + bytes(6)
    picture = b"\x2c" + bytes(4) + (1).to_bytes(2, "little") * 2 + b"\0" + b"\x02\x02\x44\x01\0"
    return screen + b"".join(extensions) + picture + b";"


def gif_extension(packet: bytes) -> bytes:
    """The application extension with a packet as it is, and the “magic trailer” that leads decoders out of it."""
    return b"\x21\xff\x0bXMP DataXMP" + packet + GIF_TRAILER


def gif_comment(text: bytes) -> bytes:
    """A comment extension in sub-blocks of 255 bytes."""
    blocks = [text[at : at + 255] for at in range(0, len(text), 255)]
    return b"\x21\xfe" + b"".join(bytes([len(block)]) + block for block in blocks) + b"\0"


def _tiff(packet: bytes) -> bytes:
    entry = (
        (700).to_bytes(2, "little") + (1).to_bytes(2, "little") + len(packet).to_bytes(4, "little") + (26).to_bytes(4, "little")
    )
    return b"II*\0" + (8).to_bytes(4, "little") + (1).to_bytes(2, "little") + entry + bytes(4) + packet


def _international(packet: bytes) -> bytes:
    return png.chunk(b"iTXt", b"XML:com.adobe.xmp" + bytes(5) + packet)


def _uuid(packet: bytes) -> bytes:
    return heif.box(b"uuid", UUID, packet)


_MP4, _MOV = heif.file_type(b"isom"), heif.file_type(b"qt  ")
# A file of every format that carries XMP, made from the packet.
CARRIERS: dict[str, Callable[[bytes], bytes]] = {
    "jpeg": lambda packet: jpeg.build_jpeg(jpeg_segment(packet)),
    "png": lambda packet: png.build_png(_international(packet)),
    "png raw profile": lambda packet: png.build_png(
        png.compressed_text_chunk("Raw profile type xmp", png.raw_profile("xmp", packet))
    ),
    "webp": lambda packet: webp.build_riff(
        b"WEBP", webp.extended_header(1, 1), webp.build_picture(), webp.chunk(b"XMP ", packet)
    ),
    "avi": lambda packet: webp.build_riff(b"AVI ", webp.chunk(b"_PMX", packet)),
    "gif": lambda packet: build_gif(gif_extension(packet)),
    "tiff": _tiff,
    "heic": lambda packet: heif.build_heif(heif.xmp_item(packet)),
    "avif": lambda packet: heif.build_heif(heif.xmp_item(packet), brand=b"avif"),
    "jxl": lambda packet: heif.build_jxl(heif.box(b"xml ", packet)),
    "jp2": lambda packet: heif.build_jp2(_uuid(packet)),
    "jp2 xml": lambda packet: heif.build_jp2(heif.box(b"xml ", packet)),
    "cr3": lambda packet: heif.file_type(b"crx ") + _uuid(packet),
    "mp4 uuid": lambda packet: _MP4 + heif.box(b"moov") + _uuid(packet),
    "mp4 moov": lambda packet: _MP4 + heif.box(b"moov", _uuid(packet)),
    "mov udta": lambda packet: _MOV + heif.box(b"moov", heif.box(b"udta", heif.box(b"XMP_", packet))),
}
