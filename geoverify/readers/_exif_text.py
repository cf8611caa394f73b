"""EXIF's words: descriptions, comments, authors, as their three encodings have it."""

from __future__ import annotations

from collections.abc import Iterator

from geoverify.containers.tiff import Field
from geoverify.model import Finding, TextSnippet, TextSource
from geoverify.readers._exif_tags import ExifTags, text_of
from geoverify.text import MAX_TEXT_CHARS, decode_text

_PLAIN = ((0x010E, "ImageDescription"), (0x013B, "Artist"))
_COPYRIGHT = 0x8298
_USER_COMMENT = 0x9286
# Windows Explorer's own tags, UTF-16LE whatever the block's byte order.
_WINDOWS = ((0x9C9B, "XPTitle"), (0x9C9C, "XPComment"), (0x9C9D, "XPAuthor"), (0x9C9E, "XPKeywords"), (0x9C9F, "XPSubject"))
_CODE_BYTES = 8


def read_texts(tags: ExifTags) -> Iterator[Finding]:
    """Yield every text field that is not blank."""
    for name, text in _texts(tags):
        if text:
            yield tags.observe(TextSnippet(text=text, source=TextSource.TAG), name, text)


def decode_charset(field: Field) -> str:
    """Decode a field that begins with an eight-byte character code (CIPA DC-008, UserComment); other bytes are plain text."""
    code, data = field.data[:_CODE_BYTES], field.data[_CODE_BYTES:]
    if code.startswith(b"UNICODE"):
        return _decode_utf16(data, field.byte_order)
    if code.startswith(b"JIS"):
        return data[: MAX_TEXT_CHARS * 4].decode("iso2022_jp", "backslashreplace").rstrip("\0 ")[:MAX_TEXT_CHARS]
    if code.startswith(b"ASCII") or code == bytes(_CODE_BYTES):
        return decode_text(data)
    return decode_text(field.data)


def _texts(tags: ExifTags) -> Iterator[tuple[str, str]]:
    for tag, name in _PLAIN:
        yield name, text_of(tags.image_field(tag))
    copyright_field = tags.image_field(_COPYRIGHT)
    if copyright_field and copyright_field.is_text:
        # Photographer's and editor's notices are parted by a NUL (CIPA DC-008 §4.6.4).
        yield "Copyright", decode_text(copyright_field.data.strip(b"\0 ").replace(b"\0", b"; "))
    comment = tags.exif_field(_USER_COMMENT)
    if comment:
        yield "UserComment", decode_charset(comment)
    for tag, name in _WINDOWS:
        field = tags.image_field(tag)
        if field:
            yield name, _decode_utf16(field.data, "<")


def _decode_utf16(data: bytes, byte_order: str) -> str:
    """Decode UTF-16; where no byte order mark says it, the order that leaves fewer zero high bytes misplaced is right."""
    data = data[: min(len(data) // 2 * 2, MAX_TEXT_CHARS * 4)]
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        codec = "utf-16"
    else:
        high_first, low_first = data[0::2].count(0), data[1::2].count(0)
        is_little = low_first > high_first or (low_first == high_first and byte_order == "<")
        codec = "utf-16-le" if is_little else "utf-16-be"
    return data.decode(codec, "backslashreplace").split("\0", 1)[0].strip()[:MAX_TEXT_CHARS]
