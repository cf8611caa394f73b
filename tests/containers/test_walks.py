"""Walks that several readers share: made once for a source, and gone with it."""

import gc
import weakref

import pytest
from builders import heif, jpeg, png, tiff
from builders.xmp import CARRIERS, build_packet

from geoverify.containers import walks
from geoverify.media import MemorySource, sniff_type
from geoverify.model import MediaFile
from geoverify.readers import c2pa, comments, iptc, motion_photo, png_texts, xmp

READERS = (c2pa.READER, comments.READER, iptc.READER, motion_photo.READER, png_texts.READER, xmp.READER)
PACKET = build_packet({"tiff:Make": "Maker"})


def media_of(data: bytes) -> MediaFile:
    kind, media_type = sniff_type(data[:4096])
    return MediaFile(path="x", kind=kind, media_type=media_type, size_bytes=len(data), digest=None)


@pytest.mark.parametrize("name", CARRIERS)
def test_nothing_keeps_a_source_alive(name: str) -> None:
    data = CARRIERS[name](PACKET)
    source = MemorySource(data)
    for reader in READERS:
        list(reader.read(media_of(data), source))
    known = weakref.ref(source)
    del source
    gc.collect()
    assert known() is None


def test_a_walk_is_made_once() -> None:
    data = jpeg.build_jpeg(jpeg.segment(jpeg.COM, b"x"))
    source = MemorySource(data)
    assert walks.jpeg_segments(media_of(data), source) is walks.jpeg_segments(media_of(data), source)
    assert walks.jpeg_segments(media_of(png.build_png()), source) == ()


def test_damage_ends_a_walk_quietly() -> None:
    boxes = heif.build_heif(heif.xmp_item(PACKET))
    cut = boxes[: boxes.index(b"iloc") + 6]
    assert walks.heif_items(MemorySource(cut)) == ()
    assert walks.first_directory(MemorySource(b"II*\0")) is None
    directory = walks.first_directory(MemorySource(tiff.build_exif(ifd0={700: tiff.undefined(b"x")})))
    assert directory is not None
    assert 700 in directory.entries


def test_the_picture_inside_a_panasonic_raw_file() -> None:
    inner = jpeg.build_jpeg(jpeg.segment(jpeg.COM, b"inside"))
    data = b"IIU\0" + tiff.build_exif(ifd0={0x2E: tiff.undefined(inner)})[4:]
    assert media_of(data).media_type == walks.RW2
    assert jpeg.COM in [segment.marker for segment in walks.jpeg_segments(media_of(data), MemorySource(data))]
