"""HEIF items: every version of the tables, and every way in which an item can be stored."""

import itertools

import pytest
from builders import heif as build

from geoverify.containers import heif
from geoverify.errors import MalformedError
from geoverify.media import MemorySource

DATA = bytes(range(256)) * 3


@pytest.mark.parametrize(("iloc_version", "infe_version", "wide"), list(itertools.product((0, 1, 2), (2, 3), (False, True))))
def test_items_come_back_in_every_version(iloc_version: int, infe_version: int, wide: bool) -> None:
    packet = b"<x:xmpmeta/>"
    source = MemorySource(
        build.build_heif(
            build.Item(b"hvc1", b"picture"),
            build.exif_item(DATA),
            build.xmp_item(packet),
            iloc_version=iloc_version,
            infe_version=infe_version,
            wide=wide,
        )
    )
    picture, exif, xmp = heif.items(source)
    assert (picture.id, picture.type) == (1, b"hvc1")
    assert exif.type == b"Exif"
    assert heif.read_item(source, exif) == b"\0\0\0\x06Exif\0\0" + DATA
    assert (xmp.type, xmp.content_type) == (b"mime", "application/rdf+xml")
    assert heif.read_item(source, xmp) == packet


@pytest.mark.parametrize("iloc_version", [1, 2])
def test_items_in_the_meta_box_are_read(iloc_version: int) -> None:
    items = (build.Item(b"Exif", b"first", method=1), build.Item(b"Exif", b"second", method=1), build.Item(b"Exif", b"third"))
    source = MemorySource(build.build_heif(*items, iloc_version=iloc_version))
    assert [heif.read_item(source, item) for item in heif.items(source)] == [b"first", b"second", b"third"]


@pytest.mark.parametrize("extents", [1, 2, 7])
def test_extents_are_put_together(extents: int) -> None:
    source = MemorySource(build.build_heif(build.Item(b"Exif", DATA, extents=extents)))
    (item,) = heif.items(source)
    assert len(item.extents) == extents
    assert heif.read_item(source, item) == DATA
    assert heif.read_item(source, item, max_bytes=100) == DATA[:100]


def test_an_item_made_of_other_items_is_not_read() -> None:
    source = MemorySource(build.build_heif(build.Item(b"Exif", DATA, method=2)))
    (item,) = heif.items(source)
    assert heif.read_item(source, item) == b""


def test_an_item_without_a_place_has_no_bytes() -> None:
    meta = build.full_box(b"meta", 0, build.full_box(b"iinf", 0, b"\0\1", build.full_box(b"infe", 2, b"\0\1\0\0Exif\0")))
    source = MemorySource(build.file_type(b"heic") + meta)
    (item,) = heif.items(source)
    assert heif.read_item(source, item) == b""


def test_old_entries_have_a_content_type() -> None:
    entry = build.full_box(b"infe", 0, b"\0\1\0\0name\0text/plain\0\0")
    source = MemorySource(build.file_type(b"mif1") + build.full_box(b"meta", 0, build.full_box(b"iinf", 0, b"\0\1", entry)))
    (item,) = heif.items(source)
    assert (item.name, item.content_type) == ("name", "text/plain")


def test_a_file_without_items_has_none() -> None:
    assert heif.items(MemorySource(build.file_type(b"heic"))) == ()
    assert heif.items(MemorySource(build.file_type(b"heic") + build.full_box(b"meta", 0))) == ()


def test_tables_that_lie_are_refused() -> None:
    def with_iloc(payload: bytes) -> MemorySource:
        iinf = build.full_box(b"iinf", 0, b"\0\1", build.full_box(b"infe", 2, b"\0\1\0\0Exif\0"))
        return MemorySource(build.file_type(b"heic") + build.full_box(b"meta", 0, iinf, build.full_box(b"iloc", 1, payload)))

    for payload in (b"\x44\0\xff\xff", b"\x44\0\0\x01\0\1\0\0\0\0\xff\xff" + bytes(100)):
        with pytest.raises(MalformedError):
            heif.items(with_iloc(payload))
    # No sizes at all: a million extents of nothing would fit into no bytes.
    with pytest.raises(MalformedError):
        heif.items(with_iloc(b"\0\0\xff\xff" + b"\0\1\0\0\0\0\xff\xff" * 100))


def test_endless_items_are_refused() -> None:
    entry = build.full_box(b"infe", 2, b"\0\1\0\0Exif\0")
    iinf = build.full_box(b"iinf", 0, b"\0\1", entry * (heif.MAX_ITEMS + 1))
    with pytest.raises(MalformedError):
        heif.items(MemorySource(build.file_type(b"heic") + build.full_box(b"meta", 0, iinf)))


def test_truncation_at_every_offset_ends_in_items_or_an_error() -> None:
    data = build.build_heif(build.exif_item(DATA), build.xmp_item(b"<x/>"), wide=True)
    for length in range(len(data)):
        source = MemorySource(data[:length])
        try:
            for item in heif.items(source):
                heif.read_item(source, item)
        except MalformedError:
            pass
