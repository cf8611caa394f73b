"""Matroska files, element by element (RFC 8794, RFC 9559)."""

from __future__ import annotations

import struct
from collections.abc import Sequence


def element(identifier: int, data: bytes, *, size_bytes: int = 0, is_open: bool = False) -> bytes:
    """An element; its size in `size_bytes` bytes, or in as few as will do, or left unknown."""
    if is_open:
        return _identifier(identifier) + b"\x01" + b"\xff" * 7 + data
    length = size_bytes or next(n for n in range(1, 9) if len(data) < (1 << 7 * n) - 1)
    return _identifier(identifier) + (len(data) | 1 << 7 * length).to_bytes(length) + data


def _identifier(identifier: int) -> bytes:
    return identifier.to_bytes((identifier.bit_length() + 7) // 8)


def unsigned(identifier: int, value: int) -> bytes:
    """An unsigned integer element."""
    return element(identifier, value.to_bytes(max((value.bit_length() + 7) // 8, 1)))


def text(identifier: int, value: str) -> bytes:
    """A text element."""
    return element(identifier, value.encode())


def simple_tag(name: str, value: str, *nested: bytes) -> bytes:
    """A tag with its name and its text."""
    return element(0x67C8, text(0x45A3, name) + text(0x4487, value) + b"".join(nested))


def tags(*simple: bytes, track: int = 0) -> bytes:
    """The tags element, of the whole segment or of one track."""
    targets = element(0x63C0, unsigned(0x63C5, track) if track else b"")
    return element(0x1254C367, element(0x7373, targets + b"".join(simple)))


def info(*, duration_ms: float = 12_500.0, date_ns: int | None = 727_072_212_000_000_000, writer: str = "Lavf60.16.100") -> bytes:
    """The segment's information."""
    parts = unsigned(0x2AD7B1, 1_000_000) + element(0x4489, struct.pack(">d", duration_ms))
    if date_ns is not None:
        parts += element(0x4461, date_ns.to_bytes(8, signed=True))
    return element(0x1549A966, parts + text(0x4D80, "Lavf60.16.100") + text(0x5741, writer))


def tracks(*, width: int = 1920, height: int = 1080) -> bytes:
    """A sound track and a video track."""
    sound = element(0xAE, unsigned(0xD7, 2) + unsigned(0x83, 2) + text(0x86, "A_OPUS"))
    picture = element(0xE0, unsigned(0xB0, width) + unsigned(0xBA, height))
    video = element(0xAE, unsigned(0xD7, 1) + unsigned(0x83, 1) + text(0x86, "V_VP9") + unsigned(0x23E383, 40_000_000) + picture)
    return element(0x1654AE6B, sound + video)


def cluster(*, is_open: bool = False) -> bytes:
    """A cluster with one block of nothing."""
    return element(0x1F43B675, unsigned(0xE7, 0) + element(0xA3, bytes(64)), is_open=is_open)


def build(parts: Sequence[bytes], *, indexed: Sequence[int] = (), is_open: bool = False) -> bytes:
    """A file; `indexed` numbers the parts that the seek head names."""
    kinds = [part[:4] for part in parts]
    entry_bytes = 21
    head_bytes = 4 + 1 + entry_bytes * len(indexed)
    entries = b""
    for number in indexed:
        position = head_bytes + sum(len(part) for part in parts[:number])
        inner = element(0x53AB, kinds[number]) + element(0x53AC, position.to_bytes(8))
        entries += element(0x4DBB, inner)
    head = element(0x114D9B74, entries) if indexed else b""
    assert not indexed or len(head) == head_bytes, len(head)
    ebml = element(0x1A45DFA3, text(0x4282, "matroska"))
    return ebml + element(0x18538067, head + b"".join(parts), size_bytes=0 if is_open else 8, is_open=is_open)
