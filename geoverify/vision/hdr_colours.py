"""Colours beyond those of common screens, relabelled so that FFmpeg leaves them as they are stored.

OpenCV's FFmpeg maps high dynamic range and wide gamuts to a screen's colours, and the table that it builds for that costs three
seconds of CPU a file. Luma of the values as stored is what the figures here, and matching later, need.
"""

from __future__ import annotations

import re
import struct

# Codes of ITU-T H.273: primaries of BT.2020, DCI and Display P3; BT.2020 with its own curves, PQ and HLG, and Display P3 as the
# pictures of phones have it.
_WIDE_PRIMARIES = (9, 11, 12)
_COMMON = (*((9, curve, 9) for curve in (14, 15, 16, 18)), *((12, 13, matrix) for matrix in (1, 5, 6)))
_BT709 = 1
_BT2020_MATRICES = (9, 10)
# H.265 keeps parameter sets and other words in NAL units from 32 on; pictures have the types below (§7.4.2.2).
_FIRST_OTHER_UNIT = 32
_MAX_HEAD_BYTES = 1024

Codes = tuple[int, int, int]


def find_wide_colours(sample_entry: bytes) -> tuple[Codes, ...]:
    """Primaries, curve and matrix that the entry's `colr` box names, if they are wide; without a box, all that are common."""
    match = re.search(rb"colrncl[xc](.{6})", sample_entry, re.DOTALL)
    if match is None:
        return _COMMON
    primaries, curve, matrix = struct.unpack(">3H", match[1])
    # Matrix 0 is RGB stored as it is; its zeros could begin a start code.
    known = primaries in _WIDE_PRIMARIES and curve < 256 and 0 < matrix < 256
    return ((primaries, curve, matrix),) if known else ()


def flatten_entry(sample_entry: bytes, colours: tuple[Codes, ...]) -> bytes:
    """The entry with its `colr` box and its parameter sets saying BT.709 in place of `colours`."""
    for codes in colours:
        wide, flat = struct.pack(">3H", *codes), struct.pack(">3H", *_flat(codes))
        for box in (b"colrnclc", b"colrnclx"):
            sample_entry = sample_entry.replace(box + wide, box + flat)
    return _flatten_bits(sample_entry, colours)


def flatten_sample(sample: bytes, colours: tuple[Codes, ...]) -> bytes:
    """The same for the parameter sets that stand in front of an H.265 picture, in units behind four bytes of length."""
    at = 0
    while at + 5 <= min(len(sample), _MAX_HEAD_BYTES) and sample[at + 4] >> 1 & 63 >= _FIRST_OTHER_UNIT:
        at += 4 + int.from_bytes(sample[at : at + 4])
    at = min(at, _MAX_HEAD_BYTES)
    return _flatten_bits(sample[:at], colours) + sample[at:]


def _flatten_bits(data: bytes, colours: tuple[Codes, ...]) -> bytes:
    """Replace the codes wherever they stand behind the flag that announces them (H.264 and H.265, §E.2.1), at any bit.

    The 25 bits are too many to occur by chance; neither they nor those written instead can make a start code.
    """
    bits = f"{int.from_bytes(b'1' + data):b}"
    for codes in colours:
        wide, flat = ("1" + "".join(f"{code:08b}" for code in three) for three in (codes, _flat(codes)))
        bits = bits.replace(wide, flat)
    return int(bits, 2).to_bytes(len(data) + 1)[1:]


def _flat(codes: Codes) -> Codes:
    """BT.709 primaries and curve, with the matrix that turns the stored values into colours wherever BT.709 knows it."""
    return _BT709, _BT709, _BT709 if codes[2] in _BT2020_MATRICES else codes[2]
