"""IPTC-IIM wherever it stands, in whatever character set."""

import datetime as dt
import random

import pytest
from builders import heif, jpeg, png, tiff
from builders.findings import absent, observed, read_bytes
from builders.iptc import build_iim, data_set, jpeg_segment, resource, split_segments

from geoverify.containers.iptc_iim import MAX_DATA_SETS, parse_iim, photoshop_resources
from geoverify.model import CaptureTime, Finding, PlaceClaim, Reason, Software, TextSnippet, TextSource, TimeMeaning, Who
from geoverify.readers.iptc import READER

IIM = build_iim((90, "ភ្នំពេញ"), (101, "Cambodia"))
IPTC_UUID = bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38")
SWAPPED = b"".join(IIM.ljust(-(-len(IIM) // 4) * 4, b"\0")[at : at + 4][::-1] for at in range(0, len(IIM), 4))
CARRIERS = {
    "jpeg": jpeg.build_jpeg(jpeg_segment(IIM)),
    "jpeg in parts": jpeg.build_jpeg(*split_segments(IIM, 20)),
    "png raw iptc": png.build_png(
        png.compressed_text_chunk("Raw profile type iptc", png.raw_profile("iptc", resource(0x0404, IIM)))
    ),
    "png raw iim": png.build_png(png.compressed_text_chunk("Raw profile type iptc", png.raw_profile("iptc", IIM))),
    "png raw 8bim": png.build_png(
        png.text_chunk("Raw profile type 8bim", png.raw_profile("8bim", resource(0x0404, IIM)).decode())
    ),
    "tiff": tiff.build_exif(ifd0={33723: tiff.undefined(IIM)}),
    "tiff swapped": tiff.build_exif(ifd0={33723: tiff.Field(tiff.LONG, SWAPPED)}),
    "tiff photoshop": tiff.build_exif(ifd0={34377: tiff.undefined(resource(0x0404, IIM))}),
    "jp2": heif.build_jp2(heif.box(b"uuid", IPTC_UUID, IIM)),
    "heic": heif.build_heif(heif.Item(b"iptc", IIM)),
}


def read(*values: tuple[int, str], **options: object) -> list[Finding]:
    return read_bytes(READER, jpeg.build_jpeg(jpeg_segment(build_iim(*values, **options))))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", CARRIERS)
def test_every_place_where_it_stands(name: str) -> None:
    ((claim, _, who),) = observed(read_bytes(READER, CARRIERS[name]), PlaceClaim)
    assert claim.name == "ភ្នំពេញ, Cambodia"
    assert who is Who.EDITOR


def test_a_place_from_small_to_large() -> None:
    findings = read((92, "Riverside"), (90, "Bavet"), (95, "Svay Rieng"), (100, "KHM"))
    ((claim, field, _),) = observed(findings, PlaceClaim)
    assert claim.name == "Riverside, Bavet, Svay Rieng, KHM"
    assert field == "2:92 Sub-location+2:90 City+2:95 Province/State+2:100 Country/Primary Location Code"
    assert findings[0].provenance.raw.endswith("Country/Primary Location Code KHM")


def test_places_that_the_picture_speaks_of_are_claims_of_their_own() -> None:
    findings = read((90, "Bavet"), (27, "Phnom Penh"), (27, "Kampot"), (27, "Kampot"))
    assert [(claim.name, field) for claim, field, _ in observed(findings, PlaceClaim)] == [
        ("Bavet", "2:90 City"),
        ("Phnom Penh", "2:27 Content Location Name"),
        ("Kampot", "2:27 Content Location Name"),
    ]


@pytest.mark.parametrize(
    ("encoding", "states", "said"),
    [("utf-8", True, False), ("utf-8", False, True), ("cp1252", False, True), ("ascii", False, False)],
)
def test_character_sets(encoding: str, states: bool, said: bool) -> None:
    name = "Phnom Penh" if encoding == "ascii" else "Benalmádena"
    findings = read((90, name), encoding=encoding, states_encoding=states)
    ((claim, field, _),) = observed(findings, PlaceClaim)
    assert claim.name == name
    assert ("character set not stated" in field) is said


@pytest.mark.parametrize(
    ("date", "clock", "expected"),
    [
        (
            "20240117",
            "110005+0700",
            (dt.datetime(2024, 1, 17, 11, 0, 5), 420, dt.datetime(2024, 1, 17, 4, 0, 5, tzinfo=dt.UTC), None),
        ),
        (
            "20240117",
            "110005-0930",
            (dt.datetime(2024, 1, 17, 11, 0, 5), -570, dt.datetime(2024, 1, 17, 20, 30, 5, tzinfo=dt.UTC), None),
        ),
        ("20240117", "110005", (dt.datetime(2024, 1, 17, 11, 0, 5), None, None, None)),
        ("20240117", "", (dt.datetime(2024, 1, 17), None, None, 86_400.0)),
        (
            "2024-01-17",
            "11:00:05+07:00",
            (dt.datetime(2024, 1, 17, 11, 0, 5), 420, dt.datetime(2024, 1, 17, 4, 0, 5, tzinfo=dt.UTC), None),
        ),
        ("20240100", "110005", (dt.datetime(2024, 1, 1), None, None, 31 * 86_400.0)),
        ("20240000", "", (dt.datetime(2024, 1, 1), None, None, 366 * 86_400.0)),
    ],
)
def test_dates(date: str, clock: str, expected: tuple[object, ...]) -> None:
    ((value, _, _),) = observed(read((55, date), (60, clock)), CaptureTime)
    assert (value.local, value.offset_minutes, value.instant_utc, value.resolution_s) == expected
    assert value.meaning is TimeMeaning.CAPTURED


@pytest.mark.parametrize(
    ("date", "clock"), [("00000000", ""), ("20241301", ""), ("20240230", ""), ("soon", ""), ("20240117", "256000")]
)
def test_what_is_no_date(date: str, clock: str) -> None:
    findings = read((55, date), (60, clock))
    assert observed(findings, CaptureTime) == []
    assert [item.reason for item in absent(findings, "time")] == [Reason.NOT_A_DATE]


def test_digital_creation_is_another_time() -> None:
    ((value, field, _),) = observed(read((62, "20240117"), (63, "110005+0700")), CaptureTime)
    assert value.meaning is TimeMeaning.DIGITIZED
    assert field.startswith("2:62")


def test_words_lists_and_programs() -> None:
    findings = read(
        (120, "By the river"), (105, "H"), (25, "river"), (25, "casino"), (25, "river"), (80, "A"), (65, "Tool"), (70, "3.1")
    )
    assert [(text.text, text.source) for text, _, _ in observed(findings, TextSnippet)] == [
        ("By the river", TextSource.CAPTION),
        ("H", TextSource.TAG),
        ("river\ncasino", TextSource.TAG),
        ("A", TextSource.TAG),
    ]
    assert [value.name for value, _, _ in observed(findings, Software)] == ["Tool 3.1"]


def test_facebooks_mark_is_a_platform_and_no_words() -> None:
    findings = read((40, "FBMD01000a9f0d0000"))
    assert observed(findings, Software) == [(Software(name="Facebook or Instagram"), "2:40 Special Instructions", Who.PLATFORM)]
    assert observed(findings, TextSnippet) == []
    assert len(observed(read((40, "For editorial use only")), TextSnippet)) == 1


def test_blank_values_say_nothing() -> None:
    assert read((90, "  "), (101, "\0"), (120, ""), (55, " ")) == []


def test_extended_data_sets_and_padding() -> None:
    block = parse_iim("x", data_set(2, 90, b"City") + data_set(2, 120, b"x" * 40_000) + data_set(2, 101, b"Land") + bytes(9))
    assert block.texts(2, 90) == ["City"]
    assert block.texts(2, 101) == ["Land"]
    assert len(block.text(2, 120)) == 40_000


def test_hostile_data_sets() -> None:
    for tail in (
        b"\x1c",
        b"\x1c\x02\x5a\xff\xff",
        b"\x1c\x02\x5a\x80\x04\xff\xff\xff\xff",
        b"\x1c\x02\x5a\xff\xfe" + bytes(40),
        b"\x1c\x02\x5a\x80\x00x",
    ):
        assert parse_iim("x", data_set(2, 90, b"City") + tail).texts(2, 90)[0] == "City"
    many = parse_iim("x", data_set(2, 25, b"k") * (MAX_DATA_SETS + 50))
    assert len(many.texts(2, 25)) == MAX_DATA_SETS
    assert list(photoshop_resources(b"8BIM\x04\x04\xff")) == []
    assert list(photoshop_resources(b"8BIM\x04\x04\0\0\xff\xff\xff\xff" + b"x")) == [(0x0404, b"x")]


@pytest.mark.parametrize("name", CARRIERS)
def test_truncation_and_mutation_never_fail(name: str) -> None:
    data = CARRIERS[name]
    for length in range(12, len(data)):
        read_bytes(READER, data[:length])
    generator = random.Random(name)
    for _ in range(300):
        mutant = bytearray(data)
        for _ in range(generator.choice((1, 3, 9))):
            mutant[generator.randrange(len(mutant))] = generator.choice((0, 0x1C, 0x7F, 0x80, 0xFF, generator.randrange(256)))
        mutant[:12] = data[:12]
        read_bytes(READER, bytes(mutant))
