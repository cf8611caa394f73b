"""The metadata boxes of QuickTime, ISO base media and 3GPP files: user data, keys with values, item lists."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from msgspec import Struct

from geoverify.containers.isobmff import Box, iterate_boxes
from geoverify.errors import MalformedError
from geoverify.media import ByteSource
from geoverify.text import MAX_TEXT_CHARS, decode_text

# Covers and thumbnails are stored beside the words; nothing that is read here is as large as this.
MAX_VALUE_BYTES = 1 << 16
MAX_KEYS = 1024
MAX_KEYS_BYTES = 1 << 18
MAX_ITEMS = 1024
MAX_VALUES_PER_ITEM = 32
# Of one metadata box; readers that look at several have their own bounds.
MAX_TAGS = 4096

# User data in the text form of 3GPP: version and flags, language, string (TS 26.244 §8).
_3GPP_TEXT = (b"titl", b"dscp", b"auth", b"perf", b"albm")
# Strings of camera makers: bare, or behind the head of a 3GPP text.
_MAKER_TEXT = (b"manu", b"modl")
# Codes from here on are packed ISO 639-2 letters in Unicode text, those below are Macintosh languages and their scripts (QTFF).
_FIRST_UNICODE_LANGUAGE = 0x400
# Well-known types of the value atom (QTFF, "Well-known types"): numbers by their width in bytes.
_UTF8, _UTF16, _SIGNED, _UNSIGNED, _FLOAT32, _FLOAT64 = (1, 4), (2, 5), 21, 22, 23, 24
_FIXED_INTEGERS = {65: ">b", 66: ">h", 67: ">i", 74: ">q", 75: ">B", 76: ">H", 77: ">I", 78: ">Q"}


class Tag(Struct, frozen=True, gc=False):
    """One value: the box that held it, as a path, the key it stood under and what it says."""

    path: str
    key: str
    value: str | int | float

    @property
    def field(self) -> str:
        """The path and the key as one name."""
        return f"{self.path}/{self.key}"


class PlaceTag(Struct, frozen=True, gc=False):
    """A 3GPP `loci` box (TS 26.244 §8.13): WGS 84 degrees and metres in steps of 1/65536; `role` 0 is where it was shot."""

    path: str
    name: str
    role: int
    lat_deg: float
    lon_deg: float
    alt_m: float
    body: str
    notes: str


class TagList(Struct, frozen=True):
    """The values of one metadata box in their order, at most `MAX_TAGS`, and what was wrong with the rest of it."""

    tags: tuple[Tag | PlaceTag, ...]
    damage: str = ""


def list_tags(source: ByteSource, box: Box, path: str) -> TagList:
    """The values of a `udta` or `meta` box, read once for a source."""
    key = (list_tags, box)
    known = source.memo.get(key)
    if isinstance(known, TagList):
        return known
    tags: list[Tag | PlaceTag] = []
    damage = ""
    try:
        for tag in read_user_data(source, box, path) if box.type == b"udta" else read_metadata(source, box, path):
            # A text of no letters says nothing.
            if isinstance(tag, PlaceTag) or tag.value != "":
                tags.append(tag)
            if len(tags) == MAX_TAGS:
                break
    except MalformedError as error:
        damage = str(error)
    found = TagList(tuple(tags), damage)
    source.memo[key] = found
    return found


def read_user_data(source: ByteSource, udta: Box, path: str) -> Iterator[Tag | PlaceTag]:
    """Yield what a user data box says in the keys that are known here, item lists inside it included.

    Raises `MalformedError` where its boxes break off; what came before is sound.
    """
    for box in iterate_boxes(source, udta.offset, udta.end):
        if box.type == b"meta":
            yield from read_metadata(source, box, f"{path}/meta")
            continue
        known = box.type[:1] in b"\xa9@" or box.type == b"loci" or box.type in _3GPP_TEXT or box.type in _MAKER_TEXT
        if not known or box.size_bytes > MAX_VALUE_BYTES:
            continue
        data = source.peek(box.offset, box.size_bytes)
        if box.type == b"loci":
            yield parse_loci(data, path)
        elif box.type in _3GPP_TEXT:
            yield Tag(path, _name(box.type), _decode_3gpp(data[6:]))
        elif box.type in _MAKER_TEXT:
            yield Tag(path, _name(box.type), decode_text(data[6:] if data[:4] == bytes(4) else data))
        elif data[4:8] == b"data":
            yield from _read_values(source, box, path, _name(box.type))
        else:
            for text in split_international_text(data):
                yield Tag(path, _name(box.type), text)


def split_international_text(data: bytes) -> Iterator[str]:
    """Yield the texts of a ©-atom: each a 16-bit size, a 16-bit language and that many bytes (QTFF, "User data text strings").

    A size that runs over the end is what some cameras write that count the head in, and yields what is there; text that
    stands without any head is yielded whole.
    """
    at = 0
    for _ in range(MAX_VALUES_PER_ITEM):
        size, language = int.from_bytes(data[at : at + 2]), int.from_bytes(data[at + 2 : at + 4])
        if len(data) < at + 5 or size == 0:
            return
        if at + 4 + size > len(data) and at == 0 and data.rstrip(b"\0").isascii() and data.rstrip(b"\0").decode().isprintable():
            yield decode_text(data)
            return
        yield _decode_international(data[at + 4 : at + 4 + size], language)
        at += 4 + size


def _decode_international(raw: bytes, language: int) -> str:
    if raw[:2] in (b"\xfe\xff", b"\xff\xfe"):
        return _clean(raw.decode("utf-16", "backslashreplace"))
    if language < _FIRST_UNICODE_LANGUAGE:
        try:
            raw.decode("utf-8")
        except UnicodeDecodeError:
            # Only the first of the Macintosh scripts is common to the Western languages; others would be guessed wrong.
            return _clean(raw.decode("mac_roman"))
    return decode_text(raw)


def _decode_3gpp(raw: bytes) -> str:
    """Text in UTF-8, or in UTF-16 behind a byte order mark (TS 26.244 §8)."""
    return _clean(raw.decode("utf-16", "backslashreplace")) if raw[:2] in (b"\xfe\xff", b"\xff\xfe") else decode_text(raw)


def _clean(text: str) -> str:
    return text.split("\0", 1)[0][:MAX_TEXT_CHARS].strip()


def parse_loci(data: bytes, path: str) -> PlaceTag:
    """Read the payload of a `loci` box (TS 26.244 §8.13); raises `MalformedError` where it is cut off."""
    name, rest = _take_string(data[6:])
    if len(rest) < 13:
        raise MalformedError(f"{path}/loci has {len(data)} bytes, too few for a place; the file is damaged")
    role, lon, lat, alt = struct.unpack(">Biii", rest[:13])
    body, rest = _take_string(rest[13:])
    notes, _ = _take_string(rest)
    return PlaceTag(path, name, role, lat / 65536, lon / 65536, alt / 65536, body, notes)


def _take_string(data: bytes) -> tuple[str, bytes]:
    """Split off a string that ends with a NUL, one of two bytes where it starts with the mark of UTF-16."""
    if data[:2] not in (b"\xfe\xff", b"\xff\xfe"):
        raw, _, rest = data.partition(b"\0")
        return decode_text(raw), rest
    for at in range(2, len(data) - 1, 2):
        if data[at : at + 2] == b"\0\0":
            return _decode_3gpp(data[:at]), data[at + 2 :]
    return _decode_3gpp(data), b""


def read_metadata(source: ByteSource, meta: Box, path: str) -> Iterator[Tag]:
    """Yield the words and numbers of a `meta` box: QuickTime keys with their values, or an item list of iTunes' kind.

    QuickTime's `meta` is a plain box and ISO's (14496-12 §8.11.1) starts with version and flags; the first child tells.
    Raises `MalformedError` where its boxes break off.
    """
    head = source.peek(meta.offset, 8)
    start = meta.offset if head[4:8] in (b"hdlr", b"keys", b"ilst") else meta.offset + 4
    names: list[str] = []
    for box in iterate_boxes(source, start, meta.end):
        if box.type == b"keys":
            names = _read_keys(source, box)
        elif box.type == b"ilst":
            for count, item in enumerate(iterate_boxes(source, box.offset, box.end)):
                if count >= MAX_ITEMS:
                    break
                index = int.from_bytes(item.type)
                name = names[index - 1] if 1 <= index <= len(names) else _name(item.type)
                yield from _read_values(source, item, path, name)


def _read_keys(source: ByteSource, box: Box) -> list[str]:
    """The names of a `keys` box in order (QTFF, "Metadata item keys atom"); item 1 is the first."""
    data = source.peek(box.offset, min(box.size_bytes, MAX_KEYS_BYTES))
    names: list[str] = []
    at = 8
    for _ in range(min(int.from_bytes(data[4:8]), MAX_KEYS)):
        size = int.from_bytes(data[at : at + 4])
        if size < 8 or at + size > len(data):
            break
        names.append(decode_text(data[at + 8 : at + size]))
        at += size
    return names


def _read_values(source: ByteSource, item: Box, path: str, name: str) -> Iterator[Tag]:
    """The values of one item; a free-form item ("----") brings the name that it stands for."""
    for count, box in enumerate(iterate_boxes(source, item.offset, item.end)):
        if count >= MAX_VALUES_PER_ITEM:
            return
        if box.size_bytes > MAX_VALUE_BYTES or box.size_bytes < 4:
            continue
        if box.type == b"name" and name == "----":
            name = decode_text(source.peek(box.offset + 4, box.size_bytes - 4))
        elif box.type == b"data" and box.size_bytes > 8:
            data = source.peek(box.offset, box.size_bytes)
            value = decode_value(int.from_bytes(data[:4]), data[8:])
            if value is not None and value != "":
                yield Tag(path, name, value)


def decode_value(kind: int, raw: bytes) -> str | int | float | None:
    """A value of one of the well-known types of text and number (QTFF, "Well-known types"); `None` for any other."""
    if kind in _UTF8:
        return decode_text(raw)
    if kind in _UTF16:
        return _clean(raw.decode("utf-16-be", "backslashreplace"))
    if kind in (_SIGNED, _UNSIGNED) and len(raw) in (1, 2, 3, 4, 8):
        return int.from_bytes(raw, signed=kind == _SIGNED)
    if kind == _FLOAT32 and len(raw) == 4:
        return float(struct.unpack(">f", raw)[0])
    if kind == _FLOAT64 and len(raw) == 8:
        return float(struct.unpack(">d", raw)[0])
    code = _FIXED_INTEGERS.get(kind)
    if code is not None and len(raw) == struct.calcsize(code):
        return int(struct.unpack(code, raw)[0])
    # Type 0 leaves the meaning to the key: words, for the keys that are read here.
    return decode_text(raw) if kind == 0 and _is_text(raw) else None


def _is_text(raw: bytes) -> bool:
    try:
        return raw.rstrip(b"\0").decode("utf-8").isprintable()
    except UnicodeDecodeError:
        return False


def _name(kind: bytes) -> str:
    """A four-character code as text; its © is byte A9 of the Macintosh character set."""
    return kind.decode("mac_roman")
