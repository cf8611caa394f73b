"""PNG (W3C PNG, third edition): chunks, text chunks decoded, and the metadata that programs hide in text."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator

from msgspec import Struct

from geoverify.errors import MalformedError
from geoverify.media import ByteSource

SIGNATURE = b"\x89PNG\r\n\x1a\n"
TEXT_TYPES = (b"tEXt", b"zTXt", b"iTXt")
MAX_CHUNKS = 1 << 15
MAX_TEXTS = 256
MAX_TEXT_BYTES = 2 << 20
# Of all texts together: sixteen of the longest.
MAX_TEXTS_BYTES = 32 << 20

_HEX_LINES = re.compile(rb"[0-9a-fA-F\s]*")


class Chunk(Struct, frozen=True):
    """A chunk: its type, where its data stands, how long it is; `is_cut` where the file ends first."""

    type: bytes
    offset: int
    size_bytes: int
    is_cut: bool


class Text(Struct, frozen=True):
    """A text chunk's keyword and inflated bytes with their encoding, and an iTXt's language."""

    keyword: str
    data: bytes
    encoding: str
    lang: str | None
    chunk: Chunk

    @property
    def text(self) -> str:
        """The words, with undecodable bytes as `\\xNN`."""
        return self.data.decode(self.encoding, "backslashreplace")


def chunks(source: ByteSource) -> Iterator[Chunk]:
    """Yield the chunks up to and with IEND; checksums are not verified.

    Raises `MalformedError` for more than `MAX_CHUNKS` chunks.
    """
    offset = len(SIGNATURE)
    for _ in range(MAX_CHUNKS):
        header = source.read(offset, 8)
        if len(header) < 8:
            return
        size, kind = int.from_bytes(header[:4]), header[4:]
        present = max(0, min(size, source.size_bytes - offset - 8))
        yield Chunk(kind, offset + 8, present, present < size)
        if kind == b"IEND":
            return
        offset += 12 + size
    raise MalformedError(f"more than {MAX_CHUNKS} chunks in one PNG; the file is damaged or made to harm")


def texts(source: ByteSource, parts: Iterable[Chunk]) -> Iterator[Text]:
    """Yield the text chunks among some chunks that can be decoded, each inflated to at most `MAX_TEXT_BYTES`.

    Raises `MalformedError` for more than `MAX_TEXTS`, or than `MAX_TEXTS_BYTES` of them together.
    """
    bytes_left = MAX_TEXTS_BYTES
    for number, chunk in enumerate(chunk for chunk in parts if chunk.type in TEXT_TYPES):
        if number == MAX_TEXTS:
            raise MalformedError(f"more than {MAX_TEXTS} texts in one PNG; the rest is not read")
        text = read_text(source, chunk)
        if text:
            bytes_left -= len(text.data)
            if bytes_left < 0:
                raise MalformedError(f"more than {MAX_TEXTS_BYTES} bytes of text in one PNG; the rest is not read")
            yield text


def read_text(source: ByteSource, chunk: Chunk) -> Text | None:
    """Decode one tEXt, zTXt or iTXt chunk; `None` where it breaks its layout or cannot be inflated."""
    keyword, found, rest = source.read(chunk.offset, min(chunk.size_bytes, MAX_TEXT_BYTES)).partition(b"\0")
    if not found:
        return None
    name = keyword.decode("latin-1")
    if chunk.type == b"tEXt":
        return Text(name, rest, "latin-1", None, chunk)
    if chunk.type == b"zTXt":
        data = _inflate(rest[1:]) if rest[:1] == b"\0" else None
        return None if data is None else Text(name, data, "latin-1", None, chunk)
    parts = rest[2:].split(b"\0", 2)
    if len(parts) < 3:
        return None
    data = _inflate(parts[2]) if rest[0] else parts[2]
    lang = parts[0].decode("ascii", "backslashreplace") or None
    return None if data is None else Text(name, data, "utf-8", lang, chunk)


def parse_raw_profile(data: bytes) -> bytes | None:
    """Return the bytes that a "Raw profile type …" text spells in hexadecimal, `None` where it does not.

    A name, the count of bytes and the digits stand on lines of their own (ImageMagick's PNG coder).
    """
    count, _, rest = data.lstrip().partition(b"\n")[2].lstrip().partition(b"\n")
    count = count.strip()
    if not count.isdigit():
        return None
    match = _HEX_LINES.match(rest)
    digits = b"".join(match[0].split()) if match else b""
    return bytes.fromhex(digits[: len(digits) // 2 * 2].decode("ascii"))[: int(count[:9])]


def _inflate(data: bytes) -> bytes | None:
    try:
        return zlib.decompressobj().decompress(data, MAX_TEXT_BYTES)
    except zlib.error:
        return None
