"""TIFF directories: what was written is read, in both byte orders and every type, and nothing is read without a bound."""

import struct
from typing import Any

import pytest
from builders import tiff as build
from hypothesis import given
from hypothesis import strategies as st

from geoverify.containers.tiff import MAX_DIRECTORIES, MAX_ENTRIES, MAX_FIELD_BYTES, Directory, Field, Tiff
from geoverify.errors import MalformedError
from geoverify.media import MemorySource

ORDERS = pytest.mark.parametrize("byte_order", ["<", ">"])
RANGES = {
    build.BYTE: (0, 255),
    build.SHORT: (0, 65_535),
    build.LONG: (0, 2**32 - 1),
    build.SSHORT: (-(2**15), 2**15 - 1),
    build.SLONG: (-(2**31), 2**31 - 1),
}


def open_tiff(data: bytes) -> Tiff:
    return Tiff(MemorySource(data))


def first(data: bytes) -> Directory:
    return next(open_tiff(data).walk())


def field(data: bytes, tag: int) -> Field:
    found = first(data).field(tag)
    assert found is not None
    return found


@ORDERS
@given(data=st.data())
def test_integers_come_back_in_every_type(byte_order: str, data: Any) -> None:
    kind = data.draw(st.sampled_from(sorted(RANGES)))
    values = tuple(data.draw(st.lists(st.integers(*RANGES[kind]), min_size=1, max_size=20)))
    found = field(build.build_exif(ifd0={0x1234: build.Field(kind, values)}, byte_order=byte_order), 0x1234)
    assert found.integers() == values
    assert found.rationals() == tuple((value, 1) for value in values)


@ORDERS
@given(pairs=st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)), min_size=1, max_size=5))
def test_rationals_come_back_unreduced(byte_order: str, pairs: list[tuple[int, int]]) -> None:
    found = field(build.build_exif(ifd0={7: build.rational(*pairs)}, byte_order=byte_order), 7)
    assert found.rationals() == tuple(pairs)


@ORDERS
def test_signed_rationals_keep_their_sign(byte_order: str) -> None:
    found = field(build.build_exif(ifd0={7: build.srational((-7, 2))}, byte_order=byte_order), 7)
    assert found.rationals() == ((-7, 2),)


@ORDERS
def test_floating_point_numbers_become_exact_fractions_and_infinity_none(byte_order: str) -> None:
    data = build.build_exif(ifd0={7: build.Field(build.DOUBLE, (0.5, float("inf"), float("nan")))}, byte_order=byte_order)
    assert field(data, 7).rationals() == ((1, 2), (0, 0), (0, 0))
    assert field(data, 7).integers() == ()


def test_whole_rationals_are_integers_and_others_are_not() -> None:
    assert field(build.build_exif(ifd0={7: build.rational((6, 2))}), 7).integers() == (3,)
    assert field(build.build_exif(ifd0={7: build.rational((5, 2))}), 7).integers() == ()
    assert field(build.build_exif(ifd0={7: build.rational((0, 0))}), 7).integers() == ()


def test_text_is_no_number() -> None:
    found = field(build.build_exif(ifd0={7: build.ascii_text("12")}), 7)
    assert found.is_text
    assert found.data == b"12\0"
    assert found.integers() == ()
    assert found.rationals() == ()


@ORDERS
@pytest.mark.parametrize("is_big", [False, True])
def test_every_directory_is_found_under_its_name(byte_order: str, is_big: bool) -> None:
    data = build.build_exif(
        ifd0={1: build.short(1)},
        exif={2: build.rational((2, 3))},
        gps={3: build.ascii_text("a text that does not fit the entry")},
        interop={4: build.short(4)},
        ifd1={5: build.short(5)},
        byte_order=byte_order,
        is_big=is_big,
    )
    found = {directory.name: directory for directory in open_tiff(data).walk()}
    assert list(found) == ["IFD0", "Exif", "GPS", "Interop", "IFD1"]
    assert found["Exif"].field(2).rationals() == ((2, 3),)  # type: ignore[union-attr]
    assert found["GPS"].field(3).data.startswith(b"a text that does")  # type: ignore[union-attr]
    assert found["IFD1"].field(5).integers() == (5,)  # type: ignore[union-attr]
    assert not any(directory.is_cut for directory in found.values())


@pytest.mark.parametrize("magic", [0x55, 0x4F52, 0x5352])
def test_raw_files_with_another_version_number_are_tiff(magic: int) -> None:
    assert field(build.build_exif(ifd0={1: build.short(9)}, magic=magic), 1).integers() == (9,)


@pytest.mark.parametrize("data", [b"", b"II", b"II*\0", b"XX*\0\x08\0\0\0", b"II\x2c\0\x08\0\0\0", b"II+\0\x08\0\0\0\x10\0\0\0"])
def test_what_is_no_tiff_says_so(data: bytes) -> None:
    with pytest.raises(MalformedError):
        open_tiff(data)


def test_of_two_entries_with_one_tag_the_first_counts() -> None:
    data = bytearray(build.build_exif(ifd0={1: build.short(11), 2: build.short(22)}))
    data[8 + 2 + 12 : 8 + 2 + 14] = b"\x01\0"
    assert field(bytes(data), 1).integers() == (11,)


def test_an_unknown_type_is_left_out_and_the_rest_is_read() -> None:
    data = build.build_exif(ifd0={1: build.Field(99, b"abcd"), 2: build.short(22)})
    assert first(data).field(1) is None
    assert field(data, 2).integers() == (22,)


def test_a_directory_that_points_to_itself_ends() -> None:
    data = bytearray(build.build_exif(ifd0={1: build.short(1)}))
    data[8 + 2 + 12 : 8 + 2 + 16] = struct.pack("<I", 8)
    assert [directory.name for directory in open_tiff(bytes(data)).walk()] == ["IFD0"]


def test_directories_that_point_to_each_other_end() -> None:
    data = build.build_exif(ifd0={build.EXIF_POINTER: build.long(8), build.GPS_POINTER: build.long(8)})
    assert [directory.name for directory in open_tiff(data).walk()] == ["IFD0"]


def test_a_chain_without_end_is_cut() -> None:
    block = b"II*\0\x08\0\0\0" + b"".join(struct.pack("<HI", 0, 8 + 6 * (number + 1)) for number in range(1000))
    assert len(list(open_tiff(block).walk())) == MAX_DIRECTORIES


def test_a_directory_that_claims_more_than_there_is_says_so() -> None:
    data = bytearray(build.build_exif(ifd0={1: build.short(1), 2: build.short(2)}))
    data[8:10] = struct.pack("<H", 500)
    directory = first(bytes(data))
    assert directory.is_cut
    assert directory.field(1) is not None
    assert directory.next_offset == 0


def test_a_directory_outside_the_block_is_empty_and_cut() -> None:
    directory = first(b"II*\0\xf0\xff\xff\xff")
    assert directory.is_cut
    assert not directory.entries


def test_an_endless_directory_is_read_to_a_bound() -> None:
    entry = struct.pack("<HHII", 0, 3, 1, 0)
    block = (
        b"II*\0\x08\0\0\0"
        + struct.pack("<H", 65_535)
        + b"".join(entry.replace(b"\0\0", struct.pack("<H", i), 1) for i in range(1500))
    )
    directory = first(block)
    assert directory.is_cut
    assert len(directory.entries) <= MAX_ENTRIES


def test_a_value_outside_the_block_is_cut() -> None:
    found = field(build.build_exif(ifd0={7: build.Field(build.RATIONAL, (1, 2), offset=0xFFFFFF00)}), 7)
    assert found.is_cut
    assert found.data == b""
    assert found.rationals() == ()


def test_a_value_that_claims_gigabytes_is_read_to_a_bound() -> None:
    data = build.build_exif(ifd0={7: build.Field(build.BYTE, bytes(8), count=0xFFFFFFFF)}) + bytes(2 * MAX_FIELD_BYTES)
    found = field(data, 7)
    assert found.is_cut
    assert len(found.data) == MAX_FIELD_BYTES


@ORDERS
def test_truncation_at_every_offset_ends_in_a_value_or_an_error(byte_order: str) -> None:
    data = build.build_exif(
        ifd0=build.camera_tags("Maker", "Model"),
        exif={0x9003: build.ascii_text("2026:01:01 00:00:00")},
        gps=build.gps_tags(11.5, 104.9),
        byte_order=byte_order,
    )
    for length in range(len(data)):
        try:
            for directory in open_tiff(data[:length]).walk():
                for tag in directory.entries:
                    found = directory.field(tag)
                    assert found is not None
                    found.integers()
                    found.rationals()
        except MalformedError:
            assert length < 8
