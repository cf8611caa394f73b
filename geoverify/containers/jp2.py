"""JPEG 2000 files (ISO/IEC 15444-1 Annex I): the UUID boxes in which metadata is carried."""

from __future__ import annotations

from collections.abc import Iterator

from geoverify.containers.isobmff import walk_boxes
from geoverify.media import ByteSource

EXIF_UUID = b"JpgTiffExif->JP2"
PHOTOSHOP_EXIF_UUID = bytes.fromhex("0537cdab9d0c4431a72afa561f2a113e")
XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
IPTC_UUID = bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38")
GEOJP2_UUID = bytes.fromhex("b14bf8bd083d4b43a5ae8cd7d5a6ce03")
MAX_BOX_BYTES = 16 << 20


def uuid_boxes(source: ByteSource, *uuids: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield offset and payload, at most `MAX_BOX_BYTES`, of every file-level UUID box with one of these identifiers."""
    for box in walk_boxes(source, 0, source.size_bytes):
        if box.type == b"uuid" and box.user_type in uuids:
            yield box.offset, source.read(box.offset, min(box.size_bytes, MAX_BOX_BYTES))
