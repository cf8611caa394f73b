"""JPEG XL's container (ISO/IEC 18181-2): metadata boxes, the Brotli-compressed ones inflated where a library is at hand."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from msgspec import Struct

from geoverify.containers.isobmff import walk_boxes
from geoverify.media import ByteSource

CONTAINER_SIGNATURE = b"\0\0\0\x0cJXL \r\n\x87\n"
EXIF, XML, JUMBF = b"Exif", b"xml ", b"jumb"
MAX_BOX_BYTES = 4 << 20
_BROTLI_CHUNK_BYTES = 1 << 16


class MetadataBox(Struct, frozen=True):
    """A metadata box and its inflated bytes; `data` is `None` where they cannot be read, and then `obstacle` says why."""

    type: bytes
    offset: int
    data: bytes | None
    obstacle: str = ""


def metadata_boxes(source: ByteSource) -> Iterator[MetadataBox]:
    """Yield the Exif, XML and JUMBF boxes, each at most `MAX_BOX_BYTES`; a naked codestream has none."""
    if source.read(0, len(CONTAINER_SIGNATURE)) != CONTAINER_SIGNATURE:
        return
    for box in walk_boxes(source, 0, source.size_bytes):
        if box.type in (EXIF, XML, JUMBF):
            yield MetadataBox(box.type, box.offset, source.read(box.offset, min(box.size_bytes, MAX_BOX_BYTES)))
        elif box.type == b"brob":
            packed = source.read(box.offset, min(box.size_bytes, MAX_BOX_BYTES))
            if packed[:4] in (EXIF, XML, JUMBF):
                yield _inflate(packed[:4], box.offset, packed[4:])


def _inflate(kind: bytes, offset: int, packed: bytes) -> MetadataBox:
    try:
        brotli: Any = import_module("brotli")
    except ImportError:
        return MetadataBox(kind, offset, None, "the box is Brotli-compressed; install brotli 1.2 or newer to read it")
    decoder = brotli.Decompressor()
    parts: list[bytes] = []
    left = MAX_BOX_BYTES
    try:
        while left > 0 and not decoder.is_finished():
            part = decoder.process(packed, output_buffer_limit=min(left, _BROTLI_CHUNK_BYTES))
            if not part:
                break
            parts.append(part)
            left -= len(part)
            packed = b""
    except TypeError:
        # Before 1.2 the output of one call had no bound: some bytes could ask for gigabytes.
        return MetadataBox(kind, offset, None, "the installed package brotli cannot bound its output; update it to 1.2 or newer")
    except brotli.error as error:
        return MetadataBox(kind, offset, None, f"the box cannot be inflated ({error}); ask for the original file")
    return MetadataBox(kind, offset, b"".join(parts))
