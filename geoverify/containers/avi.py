"""AVI (Microsoft, “AVI RIFF file reference”): picture, clock and the words of its INFO list."""

from __future__ import annotations

import struct

from msgspec import Struct, field

from geoverify.containers.riff import Chunk, chunks
from geoverify.media import ByteSource
from geoverify.text import decode_text

MAX_VALUE_BYTES = 4096
MAX_STREAMS = 16
_MAIN_HEADER = struct.Struct("<IIIIIIIIII")
_STREAM_HEADER = struct.Struct("<4s4sIHHIIIII")
# Nikon's own list: 16-bit tag, 16-bit length, value (public readers of the format).
_NIKON_MAKE, _NIKON_MODEL, _NIKON_DATE = 0x03, 0x04, 0x13


class Avi(Struct, kw_only=True):
    """What the headers and lists say; `texts` by chunk type, each prefixed with the list it stood in."""

    width_px: int | None = None
    height_px: int | None = None
    fps: float | None = None
    frame_count: int | None = None
    codec: str = ""
    texts: dict[str, str] = field(default_factory=dict)


def read_avi(source: ByteSource) -> Avi:
    """Read every list of an AVI but the media data; raises `MalformedError` where its chunks never end."""
    avi = Avi()
    for chunk in chunks(source):
        if chunk.type == b"LIST":
            _read_list(source, chunk, avi)
        elif chunk.type == b"IDIT":
            _keep_text(source, chunk, "", avi)
    return avi


def _read_list(source: ByteSource, chunk: Chunk, avi: Avi) -> None:
    kind = source.read(chunk.offset, 4)
    inside = chunks(source, chunk.offset + 4, chunk.end)
    if kind == b"hdrl":
        streams = 0
        for part in inside:
            if part.type == b"avih":
                _read_main_header(source.read(part.offset, min(part.size_bytes, 64)), avi)
            elif part.type == b"LIST" and source.read(part.offset, 4) == b"strl" and streams < MAX_STREAMS:
                streams += 1
                _read_stream(source, part, avi)
            elif part.type == b"IDIT":
                _keep_text(source, part, "hdrl", avi)
    elif kind in (b"INFO", b"exif"):
        for part in inside:
            _keep_text(source, part, kind.decode("ascii"), avi)
    elif kind == b"ncdt":
        for part in inside:
            if part.type == b"nctg":
                _read_nikon(source.read(part.offset, min(part.size_bytes, MAX_VALUE_BYTES)), avi)


def _read_main_header(data: bytes, avi: Avi) -> None:
    if len(data) < _MAIN_HEADER.size:
        return
    step_us, _, _, _, frames, _, _, _, width, height = _MAIN_HEADER.unpack_from(data)
    avi.width_px, avi.height_px = width or None, height or None
    avi.frame_count = frames or None
    avi.fps = 1e6 / step_us if step_us else None


def _read_stream(source: ByteSource, stream: Chunk, avi: Avi) -> None:
    is_video = False
    for part in chunks(source, stream.offset + 4, stream.end):
        if part.type == b"strh":
            data = source.read(part.offset, min(part.size_bytes, 64))
            if len(data) < _STREAM_HEADER.size:
                return
            kind, handler, _, _, _, _, scale, rate, _, length = _STREAM_HEADER.unpack_from(data)
            is_video = kind == b"vids"
            # The first video stream is the picture.
            if not is_video or avi.codec:
                return
            avi.codec = decode_text(handler)
            avi.fps = rate / scale if scale and rate else avi.fps
            avi.frame_count = length or avi.frame_count
        elif part.type == b"strf" and is_video:
            codec = decode_text(source.read(part.offset, min(part.size_bytes, 20))[16:20])
            avi.codec = codec or avi.codec


def _read_nikon(data: bytes, avi: Avi) -> None:
    at = 0
    names = {_NIKON_MAKE: "make", _NIKON_MODEL: "model", _NIKON_DATE: "date"}
    while at + 4 <= len(data):
        tag, length = int.from_bytes(data[at : at + 2], "little"), int.from_bytes(data[at + 2 : at + 4], "little")
        if tag in names:
            avi.texts.setdefault(f"nctg.{names[tag]}", decode_text(data[at + 4 : at + 4 + length]))
        at += 4 + length


def _keep_text(source: ByteSource, chunk: Chunk, prefix: str, avi: Avi) -> None:
    name = decode_text(chunk.type)
    text = decode_text(source.read(chunk.offset, min(chunk.size_bytes, MAX_VALUE_BYTES)))
    if text and len(avi.texts) < 64:
        avi.texts.setdefault(f"{prefix}.{name}" if prefix else name, text)
