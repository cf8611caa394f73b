"""Damaged and hostile images: every finding is a value of the model, within time, whatever the bytes are."""

import math
import random
import time
from pathlib import Path

import pytest
from builders import heif, jpeg, png, tiff, webp

from geoverify.errors import MalformedError
from geoverify.media import MemorySource, open_media, sniff_type
from geoverify.model import Absent, Heading, MediaFile, MediaKind, Observation, Position, Problem
from geoverify.readers.exif import READER

EXIF = tiff.build_exif(
    ifd0=tiff.camera_tags("Maker", "Model", "Software", orientation=1) | {0x9C9B: tiff.Field(tiff.BYTE, b"a\0b\0")},
    exif=tiff.lens_tags(26, 4000, 3000)
    | {0x9003: tiff.ascii_text("2026:01:01 10:00:00"), 0x9286: tiff.undefined(b"ASCII\0\0\0hello")},
    gps=tiff.gps_tags(11.55, 104.92, alt_m=10, heading_deg=90, error_m=5),
)
FILES = {
    "jpeg": jpeg.build_jpeg(jpeg.exif_segment(EXIF)),
    "png": png.build_png(
        png.chunk(b"eXIf", EXIF), png.compressed_text_chunk("Raw profile type exif", png.raw_profile("exif", EXIF))
    ),
    "webp": webp.build_webp(EXIF),
    "heic": heif.build_heif(heif.exif_item(EXIF), heif.xmp_item(b"<x/>")),
    "jxl": heif.build_jxl(heif.box(b"Exif", bytes(4), EXIF)),
    "cr3": heif.build_cr3(EXIF, EXIF, EXIF),
    "tiff": EXIF,
}


def check(data: bytes, media_type: str) -> int:
    """Read the bytes as this type, and check that nothing came out that cannot be."""
    media = MediaFile(path="x", kind=MediaKind.IMAGE, media_type=media_type, size_bytes=len(data), digest=None)
    count = 0
    start = time.process_time()
    try:
        for item in READER.read(media, MemorySource(data)):
            count += 1
            assert isinstance(item, Observation | Absent | Problem)
            if isinstance(item, Observation) and isinstance(item.value, Position):
                assert abs(item.value.lat_deg) <= 90
                assert abs(item.value.lon_deg) <= 180
                assert all(value is None or math.isfinite(value) for value in (item.value.alt_m, item.value.horizontal_error_m))
            if isinstance(item, Observation) and isinstance(item.value, Heading):
                assert 0 <= item.value.angle_deg < 360
    except MalformedError:
        count += 1
    assert time.process_time() - start < 2
    return count


@pytest.mark.parametrize("name", FILES)
def test_truncation_at_every_offset(name: str) -> None:
    data = FILES[name]
    media_type = sniff_type(data)[1]
    for length in range(len(data)):
        assert check(data[:length], media_type)


@pytest.mark.parametrize("name", FILES)
def test_seeded_mutations(name: str) -> None:
    generator = random.Random(name)
    media_type = sniff_type(FILES[name])[1]
    for _ in range(400):
        data = bytearray(FILES[name])
        for _ in range(generator.choice((1, 2, 5, 20))):
            at = generator.randrange(len(data))
            data[at] = generator.choice((0, 1, 0x7F, 0x80, 0xFF, generator.randrange(256)))
        check(bytes(data), media_type)


def test_directories_that_share_all_their_bytes_are_read_once() -> None:
    block = tiff.build_exif(ifd0={tiff.EXIF_POINTER: tiff.long(8), tiff.GPS_POINTER: tiff.long(8)})
    assert check(jpeg.build_jpeg(jpeg.exif_segment(block)), "image/jpeg")


def test_fields_that_fill_the_block_are_read_in_time() -> None:
    huge = tiff.Field(tiff.RATIONAL, bytes(8), count=1 << 20, offset=8)
    block = tiff.build_exif(gps=dict.fromkeys(range(1, 32), huge), exif={0x9286: huge, 0xA405: huge})
    data = heif.build_heif(*[heif.exif_item(block + bytes(1 << 20))] * 16)
    assert check(data, "image/heic")


def test_as_many_blocks_as_are_read_at_all_are_read_in_time() -> None:
    assert check(jpeg.build_jpeg(*[jpeg.exif_segment(EXIF)] * 300), "image/jpeg")


def test_real_files_mutated(shared: Path) -> None:
    folder = shared / "corpora" / "metadata"
    paths = sorted(
        path for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".heic", ".png", ".webp", ".avif", ".jxl")
    )
    generator = random.Random(20260117)
    for _ in range(300):
        path = generator.choice(paths)
        data = bytearray(path.read_bytes()[:120_000])
        for _ in range(generator.choice((1, 3, 10))):
            data[generator.randrange(min(len(data), 4000))] = generator.randrange(256)
        check(bytes(data), sniff_type(path.read_bytes()[:4096])[1])


def test_real_files_are_read_without_a_failure(shared: Path) -> None:
    folder = shared / "corpora" / "metadata"
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.stat().st_size:
            with open_media(path) as (media, source):
                if media.kind is MediaKind.IMAGE:
                    assert list(READER.read(media, source))
