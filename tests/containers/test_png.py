"""PNG chunks and texts."""

import zlib
from collections.abc import Iterator

import pytest
from builders import png as build

from geoverify.containers import png
from geoverify.containers.png import Text
from geoverify.errors import MalformedError
from geoverify.media import MemorySource


def read(data: bytes) -> Iterator[Text]:
    source = MemorySource(data)
    return png.texts(source, png.chunks(source))


def texts(data: bytes) -> list[tuple[str, str, str | None]]:
    return [(text.keyword, text.text, text.lang) for text in read(data)]


def test_chunks_before_and_behind_the_data_are_found() -> None:
    data = build.build_png(build.chunk(b"gAMA", bytes(4)), after=(build.chunk(b"eXIf", b"II*\0"),))
    assert [chunk.type for chunk in png.chunks(MemorySource(data))] == [b"IHDR", b"gAMA", b"IDAT", b"eXIf", b"IEND"]


def test_nothing_is_found_behind_the_end() -> None:
    data = build.build_png() + build.chunk(b"eXIf", b"II*\0")
    assert b"eXIf" not in [chunk.type for chunk in png.chunks(MemorySource(data))]


def test_texts_of_every_kind_are_decoded() -> None:
    data = build.build_png(
        build.text_chunk("Author", "Zoë"),
        build.compressed_text_chunk("Comment", b"packed"),
        build.international_text_chunk("Title", "ភ្នំពេញ", "km"),
        build.international_text_chunk("Description", "金边", "zh", is_compressed=True),
    )
    assert texts(data) == [
        ("Author", "Zoë", None),
        ("Comment", "packed", None),
        ("Title", "ភ្នំពេញ", "km"),
        ("Description", "金边", "zh"),
    ]


@pytest.mark.parametrize(
    "bad",
    [
        build.chunk(b"tEXt", b"no separator"),
        build.chunk(b"zTXt", b"key\0\0not deflate"),
        build.chunk(b"zTXt", b"key\0\x07" + zlib.compress(b"unknown method")),
        build.chunk(b"zTXt", b"key\0"),
        build.chunk(b"iTXt", b"key\0"),
        build.chunk(b"iTXt", b"key\0\0\0lang only"),
        build.chunk(b"tEXt", b""),
    ],
)
def test_a_broken_text_costs_only_itself(bad: bytes) -> None:
    assert texts(build.build_png(bad, build.text_chunk("Author", "me"))) == [("Author", "me", None)]


def test_a_bomb_is_inflated_to_a_bound() -> None:
    data = build.build_png(build.compressed_text_chunk("bomb", bytes(png.MAX_TEXT_BYTES * 4)))
    (text,) = read(data)
    assert len(text.data) == png.MAX_TEXT_BYTES


def test_a_chunk_that_runs_over_the_end_is_cut_and_marked() -> None:
    data = build.SIGNATURE + (1000).to_bytes(4) + b"eXIf" + b"II*\0"
    (chunk,) = png.chunks(MemorySource(data))
    assert (chunk.size_bytes, chunk.is_cut) == (4, True)


def test_endless_chunks_are_refused() -> None:
    data = build.SIGNATURE + build.chunk(b"tEXt", b"") * (png.MAX_CHUNKS + 1)
    with pytest.raises(MalformedError):
        list(png.chunks(MemorySource(data)))


def test_endless_texts_are_refused() -> None:
    data = build.build_png(*[build.text_chunk("a", "b")] * (png.MAX_TEXTS + 1))
    with pytest.raises(MalformedError):
        list(read(data))


@pytest.mark.parametrize("length", [0, 1, 35, 36, 37, 1000])
def test_raw_profiles_come_back(length: int) -> None:
    data = bytes(index % 256 for index in range(length))
    assert png.parse_raw_profile(build.raw_profile("exif", data)) == data


@pytest.mark.parametrize("text", [b"", b"exif", b"exif twelve 00"])
def test_what_is_no_raw_profile_is_none(text: bytes) -> None:
    assert png.parse_raw_profile(text) is None


def test_a_raw_profile_ends_at_its_own_length_and_at_a_wrong_digit() -> None:
    assert png.parse_raw_profile(b"\nexif\n 2\n00112233") == b"\x00\x11"
    assert png.parse_raw_profile(b"\nexif\n 9\n001zz") == b"\x00"
    assert png.parse_raw_profile(b"\nexif\n 99999999999999999999999999\n0011") == b"\x00\x11"


def test_texts_are_bounded_together() -> None:
    bombs = (build.compressed_text_chunk(f"bomb {number}", bytes(png.MAX_TEXT_BYTES)) for number in range(20))
    with pytest.raises(MalformedError, match="bytes of text"):
        list(read(build.build_png(*bombs)))
