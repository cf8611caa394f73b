"""AVI files, chunk by chunk (Microsoft, “AVI RIFF file reference”)."""

from __future__ import annotations

import struct

from builders.webp import build_riff, chunk


def chunks_of(kind: bytes, *parts: bytes) -> bytes:
    """A LIST."""
    return chunk(b"LIST", kind + b"".join(parts))


def header_list(*more: bytes, width: int = 640, height: int = 480, frames: int = 300) -> bytes:
    """The header list: main header, a sound stream, a picture stream, and what else belongs there."""
    main = struct.pack("<14I", 33_333, 0, 0, 0, frames, 0, 2, 0, width, height, 0, 0, 0, 0)
    sound = struct.pack("<4s4sIHHIIIIIIII", b"auds", bytes(4), 0, 0, 0, 0, 1, 8000, 0, 80_000, 0, 0, 1)
    picture = struct.pack("<4s4sIHHIIIIIIII", b"vids", b"mjpg", 0, 0, 0, 0, 1, 30, 0, frames, 0, 0, 0)
    bitmap = struct.pack("<IiiHH4sIiiII", 40, width, height, 1, 24, b"MJPG", 0, 0, 0, 0, 0)
    return chunks_of(
        b"hdrl",
        chunk(b"avih", main),
        chunks_of(b"strl", chunk(b"strh", sound), chunk(b"strf", bytes(18))),
        chunks_of(b"strl", chunk(b"strh", picture), chunk(b"strf", bitmap)),
        *more,
    )


def build(*parts: bytes) -> bytes:
    """A file: the parts, with media data behind the first."""
    movie = chunks_of(b"movi", chunk(b"00dc", bytes(2000)))
    return build_riff(b"AVI ", *parts[:1], movie, *parts[1:])


def nikon(make: str, model: str, date: str) -> bytes:
    """Nikon's own list."""
    tags = ((0x03, make), (0x04, model), (0x13, date))
    data = b"".join(struct.pack("<HH", tag, len(text) + 1) + text.encode() + b"\0" for tag, text in tags)
    return chunks_of(b"ncdt", chunk(b"nctg", data))
