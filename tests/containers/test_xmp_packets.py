"""Where XMP stands in every format, and extended XMP put together again."""

import pytest
from builders import heif, jpeg, png, webp
from builders.xmp import CARRIERS, build_gif, build_packet, extension_segments, gif_extension, guid_of, jpeg_segment

from geoverify.containers.xmp_packets import MAX_PACKETS, XmpDocument, xmp_documents
from geoverify.containers.xmp_tree import MAX_PACKET_BYTES
from geoverify.media import MemorySource, sniff_type
from geoverify.model import MediaFile

PACKET = build_packet({"exif:GPSLatitude": "11,30.5N"})
EXTENSION = build_packet({"dc:title": "from the extension", "exif:GPSLatitude": "99,0N"} | {"dc:creator": ["x" * 500]})


def documents(data: bytes) -> tuple[XmpDocument, ...]:
    kind, media_type = sniff_type(data[:4096])
    media = MediaFile(path="x", kind=kind, media_type=media_type, size_bytes=len(data), digest=None)
    return xmp_documents(media, MemorySource(data))


def extended(*segments: bytes, guid: str = guid_of(EXTENSION)) -> XmpDocument:
    main = build_packet({"xmpNote:HasExtendedXMP": guid, "exif:GPSLatitude": "11,30.5N"})
    (document,) = documents(jpeg.build_jpeg(jpeg_segment(main), *segments))
    return document


@pytest.mark.parametrize("name", CARRIERS)
def test_every_format(name: str) -> None:
    (document,) = documents(CARRIERS[name](PACKET))
    assert document.properties["exif:GPSLatitude"].value == "11,30.5N"
    assert document.problems == ()
    assert document.where


@pytest.mark.parametrize("name", CARRIERS)
def test_a_packet_over_the_limit_is_told_and_not_read(name: str) -> None:
    if name in ("jpeg", "png", "png raw profile", "gif", "jxl"):
        pytest.skip("this format's own parts are smaller than the limit, or are cut at it")
    (document,) = documents(CARRIERS[name](PACKET + b" " * MAX_PACKET_BYTES))
    assert document.properties == {}
    assert f"over {MAX_PACKET_BYTES}" in document.problems[0]


def test_files_without_xmp() -> None:
    plain = (
        jpeg.build_jpeg(),
        png.build_png(),
        webp.build_webp(),
        build_gif(),
        heif.build_heif(),
        heif.build_jxl(),
        heif.build_jp2(),
    )
    assert all(documents(data) == () for data in plain)


def test_a_document_type_is_a_problem() -> None:
    (document,) = documents(jpeg.build_jpeg(jpeg_segment(b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>')))
    assert document.properties == {}
    assert "document type" in document.problems[0]


@pytest.mark.parametrize("order", [1, -1])
def test_extended_xmp_in_any_order(order: int) -> None:
    document = extended(*extension_segments(EXTENSION)[::order])
    assert document.problems == ()
    assert document.properties["dc:title"].value == "from the extension"
    # What stands in the packet itself comes before its extension.
    assert document.properties["exif:GPSLatitude"].value == "11,30.5N"


def test_an_extension_with_another_guid_is_not_used() -> None:
    document = extended(*extension_segments(EXTENSION, guid="0" * 32))
    assert "dc:title" not in document.properties
    assert "not used" in document.problems[0]


def test_an_extension_that_was_changed_is_told() -> None:
    document = extended(*extension_segments(EXTENSION.replace(b"from", b"FROM")[::1], guid=guid_of(EXTENSION)))
    assert document.properties["dc:title"].value == "FROM the extension"
    assert "changed" in document.problems[0]


def test_a_missing_part_is_told() -> None:
    document = extended(*extension_segments(EXTENSION)[1:])
    assert "dc:title" not in document.properties
    assert "put together" in document.problems[0]


def test_parts_that_overlap_or_repeat() -> None:
    parts = extension_segments(EXTENSION)
    assert extended(*parts, *parts).properties["dc:title"].value == "from the extension"
    overlapping = [*parts, *extension_segments(EXTENSION, step=300)]
    assert "put together" in extended(*overlapping).problems[0]


def test_bogus_extension_headers_are_harmless() -> None:
    head = b"http://ns.adobe.com/xmp/extension/\0"
    for payload in (b"", b"x" * 20, guid_of(EXTENSION).encode() + b"\xff" * 8, guid_of(EXTENSION).encode() + bytes(8)):
        document = extended(jpeg.segment(jpeg.APP1, head + payload))
        assert document.properties["exif:GPSLatitude"].value == "11,30.5N"


def test_many_guids_and_much_data_are_bounded() -> None:
    many = [extension_segments(EXTENSION, guid=f"{number:032X}")[0] for number in range(500)]
    big = extension_segments(b"<x>" + b"y" * (20 << 20), guid="1" * 32, step=65_000)
    assert extended(*many).properties["exif:GPSLatitude"].value == "11,30.5N"
    assert any("not read" in problem for problem in extended(*big, guid="1" * 32).problems)


def test_the_number_of_packets_is_bounded() -> None:
    assert len(documents(jpeg.build_jpeg(*[jpeg_segment(PACKET)] * 100))) == MAX_PACKETS


def test_documents_are_parsed_once_for_a_source() -> None:
    data = CARRIERS["jpeg"](PACKET)
    kind, media_type = sniff_type(data)
    media = MediaFile(path="x", kind=kind, media_type=media_type, size_bytes=len(data), digest=None)
    source = MemorySource(data)
    assert xmp_documents(media, source) is xmp_documents(media, source)


def test_a_gif_extension_among_others() -> None:
    looping = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"
    (document,) = documents(build_gif(looping, gif_extension(PACKET)))
    assert document.properties["exif:GPSLatitude"].value == "11,30.5N"
