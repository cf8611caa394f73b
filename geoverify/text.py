"""Hostile text made safe: decoding of bytes from files, and escapes for people's eyes."""

import unicodedata

MAX_TEXT_CHARS = 4096
_KEEP = {"Zs", "Lo", "Ll", "Lu", "Lt", "Lm", "Mn", "Mc", "Me", "Nd", "Nl", "No"}
# Zero-width joiners are part of correct Khmer, Thai and Indic spelling; everything else in Cf can hide or reorder text.
_JOINERS = {"\u200b", "\u200c", "\u200d"}


def decode_text(raw: bytes) -> str:
    """Decode bytes of a file as UTF-8 with undecodable bytes as `\\xNN`, cut at NUL and at `MAX_TEXT_CHARS`."""
    return raw.split(b"\0", 1)[0][: MAX_TEXT_CHARS * 4].decode("utf-8", "backslashreplace")[:MAX_TEXT_CHARS].strip()


def count_of(number: int, thing: str, things: str | None = None) -> str:
    """A number with what it counts: 1 file, 2 files; the plural is the singular with an s unless it is given."""
    return f"{number} {thing if number == 1 else things or f'{thing}s'}"


def escape_controls(text: str) -> str:
    """Return `text` on one line with control, bidi, invisible and surrogate characters as visible `\\x`, `\\u` escapes."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if _is_visible(char) else _escape(char) for char in text)


def escape_json(encoded: bytes) -> bytes:
    """Return JSON on one line with the same invisible characters as JSON's own `\\uNNNN` escapes: equal data, safe to print."""
    if encoded.isascii():
        return encoded.replace(b"\x7f", b"\\u007f")
    return "".join(char if _is_visible(char) else _escape_utf16(char) for char in encoded.decode("utf-8")).encode("utf-8")


def _escape_utf16(char: str) -> str:
    units = char.encode("utf-16-be")
    return "".join(f"\\u{units[at] << 8 | units[at + 1]:04x}" for at in range(0, len(units), 2))


def _is_visible(char: str) -> bool:
    if char in _JOINERS:
        return True
    category = unicodedata.category(char)
    return category in _KEEP or category[0] in "PS"


def _escape(char: str) -> str:
    code = ord(char)
    # A lone surrogate from the file system stands for one undecodable byte (PEP 383).
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
