"""Seeded damage to media: each mutant is made by one number, so that the number alone makes it again."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

MAX_GROWTH_BYTES = 1 << 20
MAX_STEPS = 4
# Sizes, counts and offsets at which arithmetic turns over, signs change or loops do not advance.
EXTREMES = (0, 1, 2, 7, 8, 0x7FFF, 0x8000, 0xFFFF, 0x00FFFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFF)
WIDTHS = (1, 2, 2, 4, 4, 4, 8)

# Marks beside which a format keeps its sizes, counts, types and offsets.
_BOXES = (
    *(b"ftyp", b"moov", b"mvhd", b"trak", b"tkhd", b"mdia", b"mdhd", b"hdlr", b"minf", b"stbl", b"stsd", b"stts", b"stsc"),
    *(b"stsz", b"stz2", b"stco", b"co64", b"stss", b"ctts", b"elst", b"udta", b"meta", b"keys", b"ilst", b"data", b"moof"),
    *(b"mdat", b"free", b"uuid", b"loci", b"\xa9xyz", b"gps ", b"iinf", b"infe", b"iloc", b"iref", b"ipco", b"ispe", b"idat"),
    *(b"Exif", b"CMT1", b"CMT4", b"jumb", b"jumd", b"brob", b"xml ", b"mpvd", b"GPMF", b"DEVC", b"STRM", b"GPS5", b"GPS9"),
)
_OTHERS = (
    *(b"IHDR", b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME", b"IDAT", b"VP8X", b"EXIF", b"XMP ", b"LIST", b"avih", b"strh"),
    *(b"II\\*\0", b"MM\0\\*", b"http://ns\\.adobe", b"<x:xmpmeta", b"rdf:", b"Photoshop 3\\.0", b"8BIM", b"SEFH", b"SEFT"),
    *(b"MPF\0", b"ICC_PROFILE", b"freeGPS ", b"\\$G[NP]", b"\x1aE\xdf\xa3"),
)
_MARKS = re.compile(b"|".join((*_BOXES, *_OTHERS)))
_JPEG_MARKS = re.compile(b"|".join((rb"\xff[\xc0-\xcf\xda-\xef\xfe]", *_OTHERS)))
MAX_MARKS = 4096


@dataclass(frozen=True, slots=True)
class Victim:
    """A sound file: its name, its bytes, and where its marks stand."""

    name: str
    data: bytes
    marks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A damaged file: its number, the name of the file that it was, what was done to it, and its bytes."""

    number: int
    name: str
    recipe: tuple[str, ...]
    data: bytes


def prepare(name: str, data: bytes) -> Victim:
    """Find the marks of a file once for all the mutants that are made of it."""
    pattern = _JPEG_MARKS if data.startswith(b"\xff\xd8") else _MARKS
    marks = tuple(match.start() for match, _ in zip(pattern.finditer(data), range(MAX_MARKS), strict=False))
    return Victim(name, data, marks or (0,))


def mutate(victims: Sequence[Victim], seed: int, number: int) -> Mutant:
    """Make mutant `number` of a seed: one to `MAX_STEPS` steps of damage to one of the files."""
    rng = random.Random(f"{seed}:{number}")
    victim = rng.choice(victims)
    data = bytearray(victim.data)
    recipe = []
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, MAX_STEPS))):
        step = rng.choice(_STEPS)
        recipe.append(step(rng, data, victim, victims))
        if not data:
            data += victim.data[:1]
    return Mutant(number, victim.name, tuple(recipe), bytes(data))


def _place(rng: random.Random, data: bytearray, victim: Victim) -> int:
    """An offset where damage is likely to be read: beside a mark, near the start or the end, and sometimes anywhere."""
    size = len(data)
    roll = rng.random()
    if roll < 0.55:
        # Boxes and chunks of PNG have their size before the mark; RIFF, TIFF and counts of tables have it behind.
        at = rng.choice(victim.marks) + rng.choice((-4, -4, 4, 4, 8, 12, rng.randrange(-8, 64), rng.randrange(0, 1024)))
    elif roll < 0.75:
        at = rng.randrange(4096)
    elif roll < 0.85:
        at = rng.randrange(1 << 16)
    elif roll < 0.92:
        at = size - 1 - rng.randrange(4096)
    else:
        at = rng.randrange(size)
    return min(max(at, 0), size - 1)


def flip_bits(rng: random.Random, data: bytearray, victim: Victim, _victims: Sequence[Victim]) -> str:
    """Turn single bits over."""
    places = [_place(rng, data, victim) for _ in range(rng.choice((1, 2, 5, 16, 64)))]
    for at in places:
        data[at] ^= 1 << rng.randrange(8)
    return f"{len(places)} bits from byte {min(places)}"


def overwrite_run(rng: random.Random, data: bytearray, victim: Victim, _victims: Sequence[Victim]) -> str:
    """Write a run of one byte, or of random ones, over what is there."""
    at, length = _place(rng, data, victim), rng.choice((1, 2, 4, 8, 16, 64, 512, 4096))
    length = min(length, len(data) - at)
    filler = rng.choice((b"\0", b"\xff", b"\x7f", b" ", b"9", b"<", None))
    data[at : at + length] = rng.randbytes(length) if filler is None else filler * length
    return f"{length} bytes of {filler or 'noise'} at {at}"


def resize_run(rng: random.Random, data: bytearray, victim: Victim, _victims: Sequence[Victim]) -> str:
    """Take bytes out, or put some in, so that everything behind them moves."""
    at, length = _place(rng, data, victim), rng.choice((1, 2, 3, 4, 8, 12, 100, 5000))
    if rng.random() < 0.5:
        del data[at : at + length]
        return f"{length} bytes out at {at}"
    data[at:at] = rng.choice((bytes(length), b"\xff" * length, rng.randbytes(length)))
    return f"{length} bytes in at {at}"


def truncate(rng: random.Random, data: bytearray, victim: Victim, _victims: Sequence[Victim]) -> str:
    """Cut the file off."""
    at = max(_place(rng, data, victim), 1)
    del data[at:]
    return f"cut at {at}"


def exaggerate(rng: random.Random, data: bytearray, victim: Victim, _victims: Sequence[Victim]) -> str:
    """Write extreme numbers where sizes, counts and offsets stand."""
    told = []
    for _ in range(rng.choice((1, 1, 2, 4))):
        at, width = _place(rng, data, victim), rng.choice(WIDTHS)
        number = rng.choice(EXTREMES) if rng.random() < 0.8 else rng.choice((len(data), len(data) - at, at))
        number &= (1 << 8 * width) - 1
        data[at : at + width] = number.to_bytes(width, rng.choice(("big", "little")))[: len(data) - at]
        told.append(f"{number:#x} in {width} bytes at {at}")
    return ", ".join(told)


def splice(rng: random.Random, data: bytearray, victim: Victim, victims: Sequence[Victim]) -> str:
    """Go on with another file, or put a piece of one in."""
    other = rng.choice(victims)
    at, start = _place(rng, data, victim), rng.choice(other.marks)
    start = max(start - rng.choice((0, 4, 8)), 0)
    if rng.random() < 0.5:
        data[at:] = other.data[start:]
        return f"from {at} on {other.name} from {start}"
    length = rng.choice((16, 256, 4096, 1 << 16))
    data[at:at] = other.data[start : start + length]
    return f"{length} bytes of {other.name} from {start} in at {at}"


def duplicate(rng: random.Random, data: bytearray, victim: Victim, _victims: Sequence[Victim]) -> str:
    """Repeat a block, once or as often as `MAX_GROWTH_BYTES` allows."""
    first, second = sorted((_place(rng, data, victim), _place(rng, data, victim)))
    block = bytes(data[first : max(second, first + 1)])[:MAX_GROWTH_BYTES]
    most = max(MAX_GROWTH_BYTES // len(block), 1)
    times = min(rng.choice((1, 2, 20, 1000, 60_000)), most)
    data[first:first] = block * times
    return f"{times} times {len(block)} bytes again at {first}"


_STEPS: tuple[Callable[[random.Random, bytearray, Victim, Sequence[Victim]], str], ...] = (
    flip_bits,
    overwrite_run,
    resize_run,
    truncate,
    exaggerate,
    exaggerate,
    splice,
    duplicate,
)
