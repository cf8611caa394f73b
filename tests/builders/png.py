"""PNG pictures and chunks (W3C PNG, third edition)."""

from __future__ import annotations

import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk with its length and checksum."""
    return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)


def build_png(*chunks: bytes, after: tuple[bytes, ...] = ()) -> bytes:
    """A grey picture of one pixel with these chunks before its data, and others behind."""
    header = chunk(b"IHDR", (1).to_bytes(4) + (1).to_bytes(4) + b"\x08\0\0\0\0")
    data = chunk(b"IDAT", zlib.compress(b"\0\x80"))
    return SIGNATURE + header + b"".join(chunks) + data + b"".join(after) + chunk(b"IEND", b"")


def insert_chunk(png: bytes, data: bytes) -> bytes:
    """Put a chunk into a picture, behind its IHDR."""
    at = len(SIGNATURE) + 12 + int.from_bytes(png[8:12])
    return png[:at] + data + png[at:]


def insert_exif_png(png: bytes, exif: bytes) -> bytes:
    """Put an EXIF block into a picture as its eXIf chunk."""
    return insert_chunk(png, chunk(b"eXIf", exif))


def text_chunk(keyword: str, text: str) -> bytes:
    """An uncompressed Latin-1 text."""
    return chunk(b"tEXt", keyword.encode("latin-1") + b"\0" + text.encode("latin-1"))


def compressed_text_chunk(keyword: str, data: bytes) -> bytes:
    """A compressed Latin-1 text."""
    return chunk(b"zTXt", keyword.encode("latin-1") + b"\0\0" + zlib.compress(data))


def international_text_chunk(keyword: str, text: str, lang: str = "", is_compressed: bool = False) -> bytes:
    """A UTF-8 text with its language."""
    data = text.encode("utf-8")
    body = zlib.compress(data) if is_compressed else data
    return chunk(b"iTXt", keyword.encode("latin-1") + bytes((0, is_compressed, 0)) + lang.encode() + b"\0\0" + body)


def raw_profile(name: str, data: bytes) -> bytes:
    """A block spelt in hexadecimal, as ImageMagick hides it in a text."""
    digits = data.hex()
    lines = "\n".join(digits[at : at + 72] for at in range(0, len(digits), 72))
    return f"\n{name}\n{len(data):8d}\n{lines}\n".encode("ascii")
