"""EXIF is found in every container that can carry it."""

import struct
import sys
from types import ModuleType

import pytest
from builders import heif, jpeg, png, tiff, webp

from geoverify.containers import jp2, jxl
from geoverify.containers.exif_blocks import MAX_BLOCKS, ExifBlock, exif_blocks
from geoverify.containers.png import MAX_TEXT_BYTES, MAX_TEXTS_BYTES
from geoverify.errors import MalformedError
from geoverify.media import MemorySource, sniff_type
from geoverify.model import MediaFile, MediaKind

EXIF = tiff.build_exif(ifd0=tiff.camera_tags("Maker", "Model"), gps=tiff.gps_tags(11.5, 104.9))
BIG_EXIF = EXIF + bytes(index % 251 for index in range(150_000))


def find(data: bytes) -> list[ExifBlock]:
    source = MemorySource(data)
    kind, media_type = sniff_type(data[:4096])
    return list(exif_blocks(MediaFile(path="x", kind=kind, media_type=media_type, size_bytes=len(data), digest=None), source))


def blocks(data: bytes) -> list[bytes]:
    return [source.read(0, source.size_bytes) for block in find(data) for _, source in block.parts]


def profile(keyword: str, data: bytes) -> bytes:
    return png.compressed_text_chunk(f"Raw profile type {keyword}", png.raw_profile(keyword, data))


XMP = jpeg.segment(jpeg.APP1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>")
LONG_XMP = jpeg.segment(jpeg.APP1, b"http://ns.adobe.com/xmp/extension/\0" + bytes(60_000))
MAKER = b"".join(jpeg.segment(marker, b"maker's own" * 400) for marker in (0xE7, 0xE8, 0xE9))
DATE_ENTRY = jpeg.exif_segment(EXIF)


@pytest.mark.parametrize(
    "data",
    [
        jpeg.build_jpeg(DATE_ENTRY),
        jpeg.build_jpeg(jpeg.segment(jpeg.APP0, b"JFIF\0" + bytes(9)), DATE_ENTRY),
        jpeg.build_jpeg(XMP, LONG_XMP, LONG_XMP, DATE_ENTRY),
        jpeg.build_jpeg(MAKER, DATE_ENTRY),
        jpeg.build_jpeg(b"\xff\xff\xff" + DATE_ENTRY),
        jpeg.build_jpeg(jpeg.segment(jpeg.APP0, b"JFIF\0"), b"junk", DATE_ENTRY),
        jpeg.build_jpeg(jpeg.segment(jpeg.APP1, b"Exif\0\xff" + EXIF)),
        jpeg.build_jpeg(jpeg.segment(jpeg.APP1, b"\0\0EXIF\0\0" + EXIF)),
        jpeg.insert_exif_jpeg(jpeg.build_jpeg(jpeg.segment(jpeg.APP0, b"JFIF\0")), EXIF),
        png.insert_exif_png(png.build_png(), EXIF),
        png.build_png(after=(png.chunk(b"eXIf", EXIF),)),
        png.build_png(png.chunk(b"eXIf", b"Exif\0\0" + EXIF)),
        png.build_png(profile("exif", EXIF)),
        png.build_png(profile("APP1", b"Exif\0\0" + EXIF)),
        png.build_png(png.text_chunk("Raw profile type exif", png.raw_profile("exif", b"Exif\0\0" + EXIF).decode())),
        png.build_png(png.international_text_chunk("Raw profile type exif", png.raw_profile("exif", EXIF).decode())),
        webp.build_webp(EXIF),
        webp.build_webp(EXIF, prefix=b"Exif\0\0"),
        webp.wrap_webp(webp.build_webp(), EXIF, 1, 1),
        heif.build_heif_with_exif(EXIF),
        heif.build_heif_with_exif(EXIF, brand=b"avif"),
        heif.build_heif(heif.exif_item(EXIF, prefix=b"")),
        heif.build_heif(heif.Item(b"Exif", bytes(4) + b"Exif\0\0" + EXIF)),
        heif.build_heif(heif.Item(b"Exif", EXIF)),
        heif.build_jxl(heif.box(b"Exif", bytes(4), EXIF)),
        heif.build_jp2(heif.box(b"uuid", jp2.EXIF_UUID, EXIF)),
        heif.build_jp2(heif.box(b"uuid", jp2.PHOTOSHOP_EXIF_UUID, EXIF)),
        EXIF,
    ],
)
def test_the_block_is_found(data: bytes) -> None:
    assert blocks(data) == [EXIF]


def test_an_exif_longer_than_a_segment_is_put_together() -> None:
    data = jpeg.insert_exif_jpeg(jpeg.build_jpeg(), BIG_EXIF)
    assert blocks(data) == [BIG_EXIF]


def test_two_blocks_in_one_file_stay_two() -> None:
    other = tiff.build_exif(ifd0=tiff.camera_tags("Other", "Camera"), byte_order=">")
    assert blocks(jpeg.build_jpeg(DATE_ENTRY, XMP, jpeg.exif_segment(other))) == [EXIF, other]
    assert blocks(png.build_png(profile("exif", EXIF), png.chunk(b"eXIf", other))) == [EXIF, other]


def test_a_profile_of_another_kind_is_not_exif() -> None:
    assert blocks(png.build_png(profile("APP1", b"http://ns.adobe.com/xap/1.0/\0<x/>"), profile("icc", EXIF))) == []


@pytest.mark.parametrize(
    "data", [jpeg.build_jpeg(), png.build_png(), webp.build_webp(), heif.build_heif(), b"GIF89a" + bytes(20)]
)
def test_a_file_without_exif_has_no_block(data: bytes) -> None:
    assert find(data) == []


def test_a_canon_raw_file_has_a_structure_for_each_directory() -> None:
    image, exif, gps = (tiff.build_exif(ifd0={1: tiff.short(number)}) for number in (1, 2, 3))
    (block,) = find(heif.build_cr3(image, exif, gps))
    assert [(name, source.read(0, source.size_bytes)) for name, source in block.parts] == [
        ("IFD0", image),
        ("Exif", exif),
        ("GPS", gps),
    ]


def test_a_fujifilm_raw_file_has_the_block_of_its_picture() -> None:
    picture = jpeg.build_jpeg(DATE_ENTRY)
    head = b"FUJIFILMCCD-RAW 0201".ljust(84, b"\0") + struct.pack(">II", 160, len(picture))
    assert blocks(head.ljust(160, b"\0") + picture + bytes(50)) == [EXIF]


def test_a_fujifilm_raw_file_with_a_wrong_pointer_says_so() -> None:
    head = b"FUJIFILMCCD-RAW 0201".ljust(84, b"\0") + struct.pack(">II", 160, 100)
    with pytest.raises(MalformedError, match="RAF"):
        find(head.ljust(400, b"\0"))


def test_a_panasonic_raw_file_has_its_own_directories_and_those_of_its_picture() -> None:
    picture = jpeg.build_jpeg(DATE_ENTRY)
    data = tiff.build_exif(ifd0={0x2E: tiff.undefined(picture), 1: tiff.short(7)}, magic=0x55)
    own, inner = blocks(data)
    assert own == data
    assert inner == EXIF


def test_a_block_found_before_the_damage_comes_out_first() -> None:
    data = jpeg.SOI + DATE_ENTRY + jpeg.segment(jpeg.COM, b"") * 9000
    media = MediaFile(path="x", kind=MediaKind.IMAGE, media_type="image/jpeg", size_bytes=len(data), digest=None)
    walk = exif_blocks(media, MemorySource(data))
    assert next(walk).parts[0][1].size_bytes == len(EXIF)
    with pytest.raises(MalformedError):
        next(walk)


def test_endless_blocks_are_refused_after_the_first_ones() -> None:
    data = jpeg.build_jpeg(*[DATE_ENTRY] * (MAX_BLOCKS + 5))
    media = MediaFile(path="x", kind=MediaKind.IMAGE, media_type="image/jpeg", size_bytes=len(data), digest=None)
    walk = exif_blocks(media, MemorySource(data))
    assert all(next(walk).parts for _ in range(MAX_BLOCKS))
    with pytest.raises(MalformedError):
        next(walk)


def test_endless_profiles_are_given_up() -> None:
    bomb = png.compressed_text_chunk("Raw profile type exif", bytes(MAX_TEXT_BYTES))
    most = MAX_TEXTS_BYTES // MAX_TEXT_BYTES
    assert blocks(png.build_png(*[bomb] * most, profile("exif", EXIF))) == []
    assert blocks(png.build_png(*[bomb] * (most - 1), profile("exif", EXIF))) == [EXIF]


def test_an_item_whose_bytes_are_gone_says_so() -> None:
    data = heif.build_heif_with_exif(EXIF)
    (block,) = find(data[: data.index(b"mdat")])
    assert not block.parts
    assert "original" in block.obstacle


class FakeBrotli(ModuleType):
    """A stand-in for the optional library: it gives back what it was given, a piece at a time."""

    error = ValueError

    def __init__(self, fails: type[Exception] | None = None) -> None:
        super().__init__("brotli")
        self.fails = fails
        self.left = b""

    def Decompressor(self) -> "FakeBrotli":  # noqa: N802
        return self

    def is_finished(self) -> bool:
        return False

    def process(self, data: bytes, output_buffer_limit: int) -> bytes:
        if self.fails:
            raise self.fails("no")
        self.left += data
        part, self.left = self.left[:output_buffer_limit], self.left[output_buffer_limit:]
        return part


PACKED = heif.build_jxl(heif.box(b"brob", b"Exif", bytes(4), BIG_EXIF))


def test_a_compressed_box_needs_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "brotli", None)
    (block,) = find(PACKED)
    assert "brotli" in block.obstacle
    assert not block.parts


def test_a_compressed_box_is_inflated_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "brotli", FakeBrotli())
    assert blocks(PACKED) == [BIG_EXIF]


@pytest.mark.parametrize("failure", [TypeError, ValueError])
def test_a_library_that_fails_or_has_no_bound_is_an_obstacle(monkeypatch: pytest.MonkeyPatch, failure: type[Exception]) -> None:
    monkeypatch.setitem(sys.modules, "brotli", FakeBrotli(failure))
    (block,) = find(PACKED)
    assert block.obstacle
    assert not block.parts


def test_a_naked_code_stream_has_no_boxes() -> None:
    assert list(jxl.metadata_boxes(MemorySource(b"\xff\x0a" + bytes(100)))) == []
