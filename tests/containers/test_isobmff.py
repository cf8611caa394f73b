"""Boxes, and the metadata boxes inside them."""

import struct
import zlib

import pytest
from builders import isobmff as build

from geoverify.containers.isobmff import MAX_BOXES, find_box, walk_boxes
from geoverify.containers.quicktime_meta import PlaceTag, Tag, decode_value, read_metadata, read_user_data
from geoverify.containers.quicktime_movie import list_top_boxes, read_movie
from geoverify.errors import MalformedError
from geoverify.media import MemorySource


def tags_of(payload: bytes) -> list[Tag | PlaceTag]:
    data = build.box(b"udta", payload)
    source = MemorySource(data)
    return list(read_user_data(source, next(walk_boxes(source, 0, len(data))), "udta"))


def values_of(meta: bytes) -> dict[str, object]:
    source = MemorySource(meta)
    return {tag.key: tag.value for tag in read_metadata(source, next(walk_boxes(source, 0, len(meta))), "meta")}


def test_sizes_of_all_kinds() -> None:
    data = build.box(b"aaaa", b"1") + build.large_box(b"bbbb", b"22") + b"\0\0\0\0cccc333"
    source = MemorySource(data)
    boxes = list(walk_boxes(source, 0, len(data)))
    assert [(box.type, source.read(box.offset, box.size_bytes)) for box in boxes] == [
        (b"aaaa", b"1"),
        (b"bbbb", b"22"),
        (b"cccc", b"333"),
    ]
    assert not any(box.truncated for box in boxes)


def test_a_box_over_the_end_is_cut_and_marked() -> None:
    data = struct.pack(">I4s", 100, b"moov") + b"abc"
    (box,) = walk_boxes(MemorySource(data), 0, len(data))
    assert (box.size_bytes, box.truncated) == (3, True)


def test_a_large_size_over_the_end_is_cut() -> None:
    data = struct.pack(">I4sQ", 1, b"mdat", 1 << 63) + b"abc"
    (box,) = walk_boxes(MemorySource(data), 0, len(data))
    assert (box.size_bytes, box.truncated) == (3, True)


def test_zero_padding_ends_a_list() -> None:
    data = build.box(b"aaaa") + bytes(32)
    assert [box.type for box in walk_boxes(MemorySource(data), 0, len(data))] == [b"aaaa"]


@pytest.mark.parametrize("size", [1, 2, 7])
def test_impossible_sizes_are_refused(size: int) -> None:
    data = struct.pack(">I4sQ", size, b"aaaa", 3) + bytes(8)
    with pytest.raises(MalformedError, match="says it has"):
        list(walk_boxes(MemorySource(data), 0, len(data)))


def test_endless_boxes_are_refused() -> None:
    data = build.box(b"free") * (MAX_BOXES + 1)
    with pytest.raises(MalformedError, match="more than"):
        list(walk_boxes(MemorySource(data), 0, len(data)))


def test_uuid_gives_its_user_type() -> None:
    data = build.box(b"uuid", b"0123456789abcdef", b"payload")
    (box,) = walk_boxes(MemorySource(data), 0, len(data))
    assert (box.user_type, box.size_bytes) == (b"0123456789abcdef", 7)


def test_find_box_follows_a_path() -> None:
    data = build.movie_file()
    source = MemorySource(data)
    found = find_box(source, 0, len(data), b"moov", b"trak", b"mdia", b"hdlr")
    assert found is not None
    assert find_box(source, 0, len(data), b"moov", b"none") is None


def test_top_boxes_end_at_the_second_fragment() -> None:
    data = build.ftyp() + build.box(b"moov") + (build.box(b"moof") + build.box(b"mdat")) * 3
    boxes = [box.type for box in list_top_boxes(MemorySource(data))]
    assert boxes == [b"ftyp", b"moov", b"moof", b"mdat"]


def test_international_text() -> None:
    assert tags_of(build.international_text(b"\xa9nam", "one", "deux")) == [
        Tag("udta", "©nam", "one"),
        Tag("udta", "©nam", "deux"),
    ]


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (struct.pack(">HH", 16, 0) + b"+40.680-074.500/", "+40.680-074.500/"),
        (struct.pack(">HH", 20, 0x15C7) + b"+40.680-074.500/", "+40.680-074.500/"),
        (b"+40.680-074.500/", "+40.680-074.500/"),
        (b"+40.680-074.500/\0", "+40.680-074.500/"),
        (struct.pack(">HH", 4, 0) + b"caf\x8e", "café"),
        (struct.pack(">HH", 5, 0) + "café".encode(), "café"),
        (struct.pack(">HH", 6, 0x15C7) + "\ufeffab".encode("utf-16-be"), "ab"),
        (struct.pack(">HH", 3, 0x15C7) + b"a\xffb", "a\\xffb"),
        (build.data_box("from a list"), "from a list"),
    ],
)
def test_texts_as_writers_write_them(payload: bytes, text: str) -> None:
    assert tags_of(build.box(b"\xa9xyz", payload)) == [Tag("udta", "©xyz", text)]


@pytest.mark.parametrize("payload", [b"", b"\0", bytes(4), bytes(40)])
def test_empty_texts_are_nothing(payload: bytes) -> None:
    assert tags_of(build.box(b"\xa9xyz", payload)) == []


@pytest.mark.parametrize("utf16", [False, True])
def test_loci(utf16: bool) -> None:
    (place,) = tags_of(build.loci_box(10.5, -103.25, 12.5, name="Ōsaka", body="earth", notes="n", utf16=utf16))
    assert place == PlaceTag("udta", "Ōsaka", 0, 10.5, -103.25, 12.5, "earth", "n")


def test_loci_cut_off() -> None:
    whole = build.loci_box(10.5, 103.25)
    for length in range(8, len(whole)):
        cut = struct.pack(">I", length) + whole[4:length]
        try:
            (place,) = tags_of(cut)
        except MalformedError:
            continue
        assert isinstance(place, PlaceTag) and (place.lat_deg, place.lon_deg) == (10.5, 103.25)


def test_3gpp_and_makers_texts() -> None:
    payload = (
        build.text_3gpp(b"titl", "Título", utf16=True) + build.text_3gpp(b"manu", "Canon") + build.box(b"modl", b"GT-S8530\0")
    )
    assert [(tag.key, tag.value) for tag in tags_of(payload) if isinstance(tag, Tag)] == [
        ("titl", "Título"),
        ("manu", "Canon"),
        ("modl", "GT-S8530"),
    ]


@pytest.mark.parametrize("iso", [False, True])
def test_keys_with_values_of_every_type(iso: bool) -> None:
    keys = {
        "text": build.data_box("Ωmega"),
        "utf16": build.data_box("Ωmega", build.UTF16),
        "signed": build.data_box(-3),
        "byte": build.data_box(b"\xfe", build.SIGNED),
        "unsigned": build.data_box(b"\xff\xfe", build.UNSIGNED),
        "long": build.data_box(struct.pack(">q", -(1 << 40)), 74),
        "float": build.data_box(29.5),
        "double": build.data_box(0.1, build.FLOAT64),
        "untyped": build.data_box(b"plain"),
        "binary": build.data_box(b"\xff\xd8\xff", 13),
        "two": build.data_box("first") + build.data_box("second"),
    }
    values = values_of(build.mdta_meta(keys, iso=iso))
    assert values == {
        "text": "Ωmega",
        "utf16": "Ωmega",
        "signed": -3,
        "byte": -2,
        "unsigned": 65534,
        "long": -(1 << 40),
        "float": 29.5,
        "double": 0.1,
        "untyped": "plain",
        "two": "second",
    }


def test_item_list() -> None:
    values = values_of(build.ilst_meta({b"\xa9too": "Lavf60.3.100", b"tmpo": b"\0\x78"}, ("LOCATION", "here")))
    assert values == {"©too": "Lavf60.3.100", "LOCATION": "here"}


@pytest.mark.parametrize("kind", [21, 22, 23, 24, 65, 66, 67, 74, 75, 76, 77, 78])
def test_numbers_of_wrong_width_are_nothing(kind: int) -> None:
    assert decode_value(kind, bytes(5)) is None


def test_a_key_index_out_of_range_keeps_its_number() -> None:
    meta = build.mdta_meta({"one": "1"}).replace(struct.pack(">II", 25, 1), struct.pack(">II", 25, 9))
    assert list(values_of(meta).values()) == ["1"]
    assert "one" not in values_of(meta)


def test_compressed_movie_box_is_inflated_and_bounded() -> None:
    moov = build.box(b"moov", build.mvhd(created=3_500_000_000))

    def compress(plain: bytes) -> bytes:
        packed = struct.pack(">I", len(plain)) + zlib.compress(plain)
        return build.box(b"moov", build.box(b"cmov", build.box(b"dcom", b"zlib"), build.box(b"cmvd", packed)))

    data = compress(moov)
    source = MemorySource(data)
    movie = read_movie(source, next(walk_boxes(source, 0, len(data))))
    assert movie.header is not None and movie.header.creation == 3_500_000_000
    for plain in (b"", bytes(100), build.box(b"free")):
        broken = MemorySource(compress(plain))
        (damage,) = read_movie(broken, next(walk_boxes(broken, 0, broken.size_bytes))).damage
        assert "compressed movie box" in damage


def test_sizes_rotation_and_rate() -> None:
    track = build.video_track(rotation_deg=270)
    data = build.movie_file(video=track)
    source = MemorySource(data)
    moov = find_box(source, 0, len(data), b"moov")
    assert moov is not None
    video = read_movie(source, moov).video
    assert video is not None
    assert (video.width_px, video.height_px, video.rotation_deg, video.sample_count, video.format) == (
        1920,
        1080,
        270,
        300,
        "avc1",
    )


def test_a_made_up_sample_count_is_not_believed() -> None:
    sizes = struct.pack(">II", 0, 1 << 31)
    track = build.video_track().replace(build.stsz([100] * 300)[8:20], bytes(4) + sizes)
    data = build.movie_file(video=track)
    source = MemorySource(data)
    moov = find_box(source, 0, len(data), b"moov")
    assert moov is not None
    video = read_movie(source, moov).video
    assert video is not None and video.sample_count is None
