"""How a JPEG was coded: its quantisation and Huffman tables and its frame header (ITU-T T.81 Annex B and K)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from geoverify.containers.jpeg import MAX_TABLE_BYTES, Segment
from geoverify.media import ByteSource

DQT, DHT = 0xDB, 0xC4
# SOF0 to SOF15 but DHT, JPG and DAC.
FRAMES = frozenset(range(0xC0, 0xD0)) - {DHT, 0xC8, 0xCC}
_COEFFICIENTS = 64

# Tables K.1 (luminance) and K.2 (chrominance), row by row.
_LUMINANCE = (
    *(16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55),
    *(14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62),
    *(18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92),
    *(49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99),
)
_CHROMINANCE = (
    *(17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99),
    *(24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99),
    *(99 for _ in range(32)),
)
# Diagonal by diagonal, those of an even number upwards and the others downwards (figure A.6).
_ZIGZAG = sorted(
    range(64), key=lambda place: (place // 8 + place % 8, place % 8 if (place // 8 + place % 8) % 2 == 0 else place // 8)
)
# How many codes of each length the Huffman tables K.3 to K.6 have; libraries use these unless they are asked to optimise.
_STANDARD_COUNTS = frozenset(
    bytes.fromhex(counts)
    for counts in (
        "00010501010101010100000000000000",
        "00030101010101010101010000000000",
        "0002010303020403050504040000017d",
        "00020102040403040705040400010277",
    )
)
_SAMPLINGS = {(1, 1): "4:4:4", (2, 1): "4:2:2", (2, 2): "4:2:0", (1, 2): "4:4:0", (4, 1): "4:1:1"}
_PROCESSES = {0xC0: "baseline", 0xC1: "extended sequential", 0xC2: "progressive", 0xC3: "lossless"}


@dataclass(slots=True)
class JpegCoding:
    """What the segments before the first scan say; a table is `None` until it was seen, sizes are in pixels."""

    tables: dict[int, bytes]
    huffman_counts: list[bytes]
    process: str = ""
    sampling: str = ""
    width_px: int | None = None
    height_px: int | None = None

    @property
    def quality(self) -> str:
        """The libjpeg quality whose scaling of Annex K gives these tables, or that they are others, with a digest of them."""
        first, *others = [self.tables[slot] for slot in sorted(self.tables)[:2]] or [b""]
        luminance = _scaled_tables(True).get(first)
        if luminance is not None and all(_scaled_tables(False).get(table) for table in others):
            # The coarsest qualities share their chrominance table, so that its own number may be another.
            own = [_scaled_tables(False)[table] for table in others if table != _scale(_CHROMINANCE, luminance)]
            return "Annex K, quality " + " and ".join(str(quality) for quality in (luminance, *own))
        digest = hashlib.sha256(b"".join(self.tables[slot] for slot in sorted(self.tables))).hexdigest()
        return f"own tables {digest[:12]}"

    @property
    def huffman(self) -> str:
        """Whether the Huffman tables are those of Annex K."""
        return "standard" if all(counts in _STANDARD_COUNTS for counts in self.huffman_counts) else "optimised"


def read_coding(source: ByteSource, segments: Sequence[Segment]) -> JpegCoding:
    """Read the tables and the frame header among the segments; what is cut off or makes no sense is left out."""
    coding = JpegCoding(tables={}, huffman_counts=[])
    for segment in segments:
        if segment.is_cut or segment.size_bytes > MAX_TABLE_BYTES:
            continue
        if segment.marker == DQT:
            _read_quantisation(segment.read(source), coding)
        elif segment.marker == DHT:
            _read_huffman(segment.read(source), coding)
        elif segment.marker in FRAMES and not coding.process:
            _read_frame(segment.marker, segment.read(source), coding)
    return coding


def _read_quantisation(data: bytes, coding: JpegCoding) -> None:
    at = 0
    while at < len(data):
        wide, slot = data[at] >> 4, data[at] & 15
        size = _COEFFICIENTS * (2 if wide else 1)
        table = data[at + 1 : at + 1 + size]
        if wide > 1 or slot > 3 or len(table) < size:
            return
        coding.tables.setdefault(slot, table)
        at += 1 + size


def _read_huffman(data: bytes, coding: JpegCoding) -> None:
    at = 0
    while at + 17 <= len(data):
        counts = data[at + 1 : at + 17]
        coding.huffman_counts.append(counts)
        at += 17 + sum(counts)


def _read_frame(marker: int, data: bytes, coding: JpegCoding) -> None:
    if len(data) < 6 or len(data) < 6 + 3 * data[5]:
        return
    coding.process = _PROCESSES.get(marker, f"SOF{marker & 15}")
    coding.height_px = int.from_bytes(data[1:3]) or None
    coding.width_px = int.from_bytes(data[3:5]) or None
    factors = [(data[6 + 3 * part + 1] >> 4, data[6 + 3 * part + 1] & 15) for part in range(data[5])]
    if len(factors) == 1:
        coding.sampling = "grey"
    elif len(factors) == 3 and factors[1] == factors[2] == (1, 1):
        coding.sampling = _SAMPLINGS.get(factors[0], "")
    coding.sampling = coding.sampling or " ".join(f"{across}×{down}" for across, down in factors)


@cache
def _scaled_tables(is_luminance: bool) -> dict[bytes, int]:
    """The quality of each table that libjpeg's `jpeg_set_quality` can make."""
    base = _LUMINANCE if is_luminance else _CHROMINANCE
    return {_scale(base, quality): quality for quality in range(1, 101)}


def _scale(base: tuple[int, ...], quality: int) -> bytes:
    """A table at a quality of 1 to 100 as libjpeg scales it, in the order of a DQT segment."""
    percent = 5000 // quality if quality < 50 else 200 - 2 * quality
    return bytes(min(max((base[place] * percent + 50) // 100, 1), 255) for place in _ZIGZAG)
