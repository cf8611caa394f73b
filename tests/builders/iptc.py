"""IPTC-IIM data sets, Photoshop's image resources, and the segments that carry them."""

from __future__ import annotations

from builders import jpeg

PHOTOSHOP = b"Photoshop 3.0\0"
UTF8 = b"\x1b%G"


def data_set(record: int, number: int, value: bytes) -> bytes:
    """A data set (IIM §1.5.2), extended where its value is too long for 15 bits (§1.5.3)."""
    head = bytes((0x1C, record, number))
    if len(value) < 0x8000:
        return head + len(value).to_bytes(2) + value
    return head + (0x8004).to_bytes(2) + len(value).to_bytes(4) + value


def build_iim(*values: tuple[int, str], encoding: str = "utf-8", states_encoding: bool = True) -> bytes:
    """Data sets of the second record, behind their character set where it is UTF-8 and stated."""
    head = data_set(1, 90, UTF8) if states_encoding else b""
    return head + data_set(2, 0, b"\0\4") + b"".join(data_set(2, number, text.encode(encoding)) for number, text in values)


def resource(number: int, data: bytes, name: bytes = b"") -> bytes:
    """An image resource block."""
    pascal = bytes([len(name)]) + name
    pascal += b"\0" * (len(pascal) % 2)
    return b"8BIM" + number.to_bytes(2) + pascal + len(data).to_bytes(4) + data + b"\0" * (len(data) % 2)


def jpeg_segment(iim: bytes) -> bytes:
    """An APP13 with the data sets between two other resources."""
    body = resource(0x03ED, bytes(16), b"resolution") + resource(0x0404, iim) + resource(0x0425, bytes(16))
    return jpeg.segment(jpeg.APP13, PHOTOSHOP + body)


def split_segments(iim: bytes, step: int) -> list[bytes]:
    """APP13 segments over which one resource is spread."""
    body = resource(0x0404, iim)
    return [jpeg.segment(jpeg.APP13, PHOTOSHOP + body[at : at + step]) for at in range(0, len(body), step)]
