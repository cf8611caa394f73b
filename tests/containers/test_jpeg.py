"""JPEG segments: found wherever they stand, and never past their bounds."""

import pytest
from builders import jpeg as build

from geoverify.containers import jpeg
from geoverify.errors import MalformedError
from geoverify.media import MemorySource


def markers(data: bytes) -> list[int]:
    return [segment.marker for segment in jpeg.segments(MemorySource(data))]


def payloads(data: bytes, marker: int) -> list[bytes]:
    source = MemorySource(data)
    return [segment.read(source) for segment in jpeg.segments(source) if segment.marker == marker]


def test_segments_come_in_order_and_end_with_the_scan() -> None:
    data = build.build_jpeg(build.segment(build.APP0, b"JFIF\0"), build.segment(build.COM, b"words"))
    assert markers(data) == [build.APP0, build.COM, 0xDB, 0xC0, 0xC4, 0xC4, jpeg.SOS]
    assert payloads(data, build.COM) == [b"words"]


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 65_533])
def test_payloads_of_every_size_are_whole(size: int) -> None:
    payload = bytes(index % 251 for index in range(size))
    source = MemorySource(build.build_jpeg(build.segment(build.APP2, payload)))
    segment = next(jpeg.segments(source))
    assert segment.read(source) == payload
    assert segment.read(source, 6) == payload[6:]
    assert segment.head == payload[: jpeg.HEAD_BYTES]
    assert not segment.is_cut


@pytest.mark.parametrize("fill", [1, 2, 7, 300])
def test_fill_bytes_are_skipped(fill: int) -> None:
    data = build.build_jpeg(b"\xff" * fill + build.segment(build.COM, b"words"))
    assert payloads(data, build.COM) == [b"words"]


@pytest.mark.parametrize("junk", [b"\0", b"junk of odd length", bytes(100_000), b"\xff\0\xff\x7f"])
def test_junk_between_segments_is_skipped(junk: bytes) -> None:
    data = build.build_jpeg(build.segment(build.APP0, b"JFIF\0"), junk, build.segment(build.COM, b"words"))
    assert payloads(data, build.COM) == [b"words"]


def test_junk_without_end_is_given_up() -> None:
    data = build.SOI + bytes(jpeg.MAX_JUNK_BYTES + 10) + build.segment(build.COM, b"words")
    assert markers(data) == []


def test_markers_without_a_length_are_passed() -> None:
    assert payloads(build.build_jpeg(b"\xff\xd0\xff\x01", build.segment(build.COM, b"words")), build.COM) == [b"words"]


def test_nothing_is_found_behind_the_end() -> None:
    data = build.SOI + build.EOI + build.segment(build.COM, b"trailer")
    assert markers(data) == []


def test_a_segment_that_runs_over_the_end_is_cut_and_marked() -> None:
    data = build.SOI + build.segment(build.COM, b"0123456789")[:-4]
    source = MemorySource(data)
    (segment,) = jpeg.segments(source)
    assert segment.is_cut
    assert segment.read(source) == b"012345"


def test_a_picture_inside_another_file_ends_where_it_is_said_to() -> None:
    inner = build.build_jpeg(build.segment(build.COM, b"inner"))
    data = b"wrapper" + inner + build.segment(build.COM, b"outer")
    found = list(jpeg.segments(MemorySource(data), 7, 7 + len(inner)))
    assert [segment.head for segment in found if segment.marker == build.COM] == [b"inner"]


def test_endless_segments_are_refused() -> None:
    data = build.SOI + build.segment(build.COM, b"") * (jpeg.MAX_SEGMENTS + 1)
    with pytest.raises(MalformedError):
        markers(data)


@pytest.mark.parametrize("trailer", [b"", b"a motion photo's video", b"\xff\xd9"])
def test_the_picture_ends_before_its_trailer(trailer: bytes) -> None:
    data = build.build_jpeg(build.segment(build.APP1, b"thumbnail \xff\xd9 inside"), trailer=trailer)
    assert jpeg.end_of_image(MemorySource(data)) == len(data) - len(trailer)


def test_the_end_is_found_behind_several_scans() -> None:
    table = build.segment(0xC4, b"\x11\xff\xd9 in a table, not the end")
    scan = build.segment(0xDA, b"\x01\x01\0\0\x3f\0") + b"\x3f\xff\0\xff\xd0\x12\xff\xff\0"
    data = build.SOI + scan + table + scan + build.EOI + b"trailer"
    assert jpeg.end_of_image(MemorySource(data)) == len(data) - len(b"trailer")


def test_a_picture_without_end_has_none() -> None:
    assert jpeg.end_of_image(MemorySource(build.SOI + build.build_picture())) is None
    assert jpeg.end_of_image(MemorySource(build.SOI)) is None


def test_the_end_is_found_on_a_chunk_border() -> None:
    head = build.SOI + build.segment(0xDA, b"\x01\x01\0\0\x3f\0")
    for shift in range(-3, 4):
        data = head + bytes((1 << 20) + shift) + build.EOI + b"tail"
        assert jpeg.end_of_image(MemorySource(data)) == len(data) - 4


def test_truncation_at_every_offset_never_fails() -> None:
    data = build.build_jpeg(build.exif_segment(b"II*\0"), build.segment(build.COM, b"words"), trailer=b"video")
    for length in range(len(data)):
        source = MemorySource(data[:length])
        for segment in jpeg.segments(source):
            assert len(segment.read(source)) == segment.size_bytes
        jpeg.end_of_image(source)
