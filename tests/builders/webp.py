"""WebP pictures and RIFF chunks (the WebP container specification)."""

from __future__ import annotations

_EXIF_FLAG = 0x08


def chunk(kind: bytes, data: bytes) -> bytes:
    """A RIFF chunk, padded to an even length."""
    return kind + len(data).to_bytes(4, "little") + data + b"\0" * (len(data) % 2)


def build_riff(form: bytes, *chunks: bytes) -> bytes:
    """A RIFF file."""
    body = form + b"".join(chunks)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def build_picture() -> bytes:
    """The lossless bit stream of one pixel."""
    return chunk(b"VP8L", bytes.fromhex("2f00000000071011118888080000"))


def extended_header(width_px: int, height_px: int, flags: int = _EXIF_FLAG) -> bytes:
    """The VP8X chunk that announces metadata."""
    size = (width_px - 1).to_bytes(3, "little") + (height_px - 1).to_bytes(3, "little")
    return chunk(b"VP8X", bytes((flags, 0, 0, 0)) + size)


def build_webp(exif: bytes | None = None, *, prefix: bytes = b"") -> bytes:
    """A picture of one pixel with an EXIF chunk; `prefix` is what programs write before the block."""
    if exif is None:
        return build_riff(b"WEBP", build_picture())
    return build_riff(b"WEBP", extended_header(1, 1), build_picture(), chunk(b"EXIF", prefix + exif))


def wrap_webp(webp: bytes, exif: bytes, width_px: int, height_px: int) -> bytes:
    """Add an EXIF chunk to a simple (VP8 or VP8L) WebP file."""
    if webp[12:16] == b"VP8X":
        raise ValueError("the WebP file is extended already; add the chunk and its flag to it")
    return build_riff(b"WEBP", extended_header(width_px, height_px), webp[12:], chunk(b"EXIF", exif))
