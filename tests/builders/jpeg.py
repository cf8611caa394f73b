"""JPEG pictures and segments (ITU-T T.81 Annex B)."""

from __future__ import annotations

SOI, EOI = b"\xff\xd8", b"\xff\xd9"
APP0, APP1, APP2, APP13, COM = 0xE0, 0xE1, 0xE2, 0xED, 0xFE
EXIF_HEADER = b"Exif\0\0"
MAX_PAYLOAD_BYTES = 65_533


def segment(marker: int, payload: bytes) -> bytes:
    """A marker segment."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise ValueError(f"a JPEG segment holds {MAX_PAYLOAD_BYTES} bytes, not {len(payload)}")
    return bytes((0xFF, marker)) + (len(payload) + 2).to_bytes(2) + payload


def build_picture() -> bytes:
    """The tables, frame and scan of an 8 × 8 grey picture, which every decoder opens."""
    quantisation = segment(0xDB, b"\0" + bytes([1]) * 64)
    frame = segment(0xC0, b"\x08" + (8).to_bytes(2) + (8).to_bytes(2) + b"\x01\x01\x11\0")
    # One code of one bit in each table: "no difference" for DC and "end of block" for AC.
    huffman = segment(0xC4, b"\x00" + b"\x01" + bytes(15) + b"\0") + segment(0xC4, b"\x10" + b"\x01" + bytes(15) + b"\0")
    scan = segment(0xDA, b"\x01\x01\0\0\x3f\0") + b"\x3f"
    return quantisation + frame + huffman + scan


def build_jpeg(*segments: bytes, trailer: bytes = b"") -> bytes:
    """A picture with these segments in front and a trailer behind."""
    return SOI + b"".join(segments) + build_picture() + EOI + trailer


def exif_segment(exif: bytes) -> bytes:
    """An APP1 with an EXIF block."""
    return segment(APP1, EXIF_HEADER + exif)


def insert_segment(jpeg: bytes, data: bytes) -> bytes:
    """Put a segment into a picture, behind its SOI and, if it has one, its JFIF segment."""
    at = 2
    if jpeg[2:4] == bytes((0xFF, APP0)):
        at = 4 + int.from_bytes(jpeg[4:6])
    return jpeg[:at] + data + jpeg[at:]


def insert_exif_jpeg(jpeg: bytes, exif: bytes) -> bytes:
    """Put an EXIF block into a picture; one longer than a segment goes on in further ones."""
    room = MAX_PAYLOAD_BYTES - len(EXIF_HEADER)
    parts = [exif[at : at + room] for at in range(0, len(exif), room)]
    return insert_segment(jpeg, b"".join(map(exif_segment, parts)))
