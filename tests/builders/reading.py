"""Bytes read by every reader that needs nothing but bytes."""

from collections.abc import Iterator

from geoverify.media import HEAD_BYTES, MemorySource, sniff_type
from geoverify.model import Digest, Finding, MediaFile
from geoverify.readers import all_readers, guard

# Two readers ask the descriptor itself: OpenCV's streams, and the file system's own times.
ON_BYTES = tuple(reader for reader in all_readers() if reader.name not in ("streams", "filesystem"))


def read(data: bytes) -> Iterator[Finding]:
    """What the bytes say."""
    kind, media_type = sniff_type(data[:HEAD_BYTES])
    digest = Digest(algorithm="sha256", hex="00" * 32)
    media = MediaFile(path="specimen", kind=kind, media_type=media_type, size_bytes=len(data), digest=digest)
    source = MemorySource(data)
    for reader in ON_BYTES:
        if kind in reader.kinds:
            yield from guard(f"readers.{reader.name}", reader.read(media, source))
