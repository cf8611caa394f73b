"""PNG's text chunks and time of change."""

import datetime as dt
import random

import pytest
from builders import jpeg, png
from builders.findings import absent, observed, read_bytes
from builders.png import chunk, compressed_text_chunk, international_text_chunk, text_chunk

from geoverify.model import (
    Camera,
    CaptureTime,
    Clock,
    Finding,
    Heading,
    Position,
    Software,
    TextSnippet,
    TextSource,
    TimeMeaning,
    Who,
)
from geoverify.readers.png_texts import READER

COPIED = {
    "exif:GPSLatitude": "36/1, 358465000/10000000, 0/1",
    "exif:GPSLatitudeRef": "N",
    "exif:GPSLongitude": "4/1, 305076000/10000000, 0/1",
    "exif:GPSLongitudeRef": "W",
    "exif:GPSImgDirection": "700/100",
    "exif:GPSDateStamp": "2017:10:27",
    "exif:GPSTimeStamp": "6/1, 38/1, 52000/1000",
    "exif:Make": "Maker",
    "exif:Model": "Model 1",
    "exif:DateTimeOriginal": "2017:10:27 08:38:52",
}


def read(*chunks: bytes) -> list[Finding]:
    return read_bytes(READER, png.build_png(*chunks))


def test_words_with_their_language() -> None:
    findings = read(
        text_chunk("Title", "A"),
        compressed_text_chunk("Description", b"By the river"),
        international_text_chunk("Comment", "មាត់ទន្លេ", "km", is_compressed=True),
    )
    assert [(value.text, value.lang, value.source, field) for value, field, _ in observed(findings, TextSnippet)] == [
        ("A", None, TextSource.TAG, "tEXt Title"),
        ("By the river", None, TextSource.CAPTION, "zTXt Description"),
        ("មាត់ទន្លេ", "km", TextSource.TAG, "iTXt Comment"),
    ]


def test_latin1_and_the_utf8_that_writers_put_in_its_place() -> None:
    raw = [chunk(b"tEXt", b"Author\0" + "Bjørn".encode(encoding)) for encoding in ("latin-1", "utf-8")]
    assert [value.text for value, _, _ in observed(read(*raw), TextSnippet)] == ["Bjørn", "Bjørn"]


def test_programs_and_cameras() -> None:
    findings = read(text_chunk("Software", "Tool 3"), text_chunk("Make", "Maker"), text_chunk("Model", "Model 1"))
    assert [value for value, _, _ in observed(findings, Software)] == [Software(name="Tool 3")]
    assert [value for value, _, _ in observed(findings, Camera)] == [Camera(make="Maker", model="Model 1")]


@pytest.mark.parametrize(
    ("text", "local", "offset"),
    [
        ("Wed, 17 Jan 2024 11:00:05 +0700", dt.datetime(2024, 1, 17, 11, 0, 5), 420),
        ("17 Jan 2024 11:00:05", dt.datetime(2024, 1, 17, 11, 0, 5), None),
        ("2024-01-17T11:00:05+07:00", dt.datetime(2024, 1, 17, 11, 0, 5), 420),
        ("2024:01:17 11:00:05", dt.datetime(2024, 1, 17, 11, 0, 5), None),
        ("Wed, 17 Jan 2024 04:00:05 GMT", None, None),
    ],
)
def test_creation_time(text: str, local: dt.datetime | None, offset: int | None) -> None:
    ((value, _, _),) = observed(read(text_chunk("Creation Time", text)), CaptureTime)
    assert (value.local, value.offset_minutes) == (local, offset)
    assert (value.clock, value.meaning) == (Clock.DEVICE, TimeMeaning.CAPTURED)


def test_file_times_that_were_copied_are_no_capture_times() -> None:
    ((value, _, _),) = observed(read(text_chunk("date:modify", "2023-08-10T16:01:00+00:00")), CaptureTime)
    assert (value.clock, value.meaning) == (Clock.FILESYSTEM, TimeMeaning.MODIFIED)


def test_a_creation_time_that_is_none() -> None:
    findings = read(text_chunk("Creation Time", "last summer"))
    assert observed(findings, CaptureTime) == []
    assert len(absent(findings, "time")) == 1


def test_the_time_of_change() -> None:
    ((value, _, _),) = observed(read(chunk(b"tIME", (2024).to_bytes(2) + bytes((1, 17, 4, 0, 60)))), CaptureTime)
    assert value.instant_utc == dt.datetime(2024, 1, 17, 4, 0, 59, tzinfo=dt.UTC)
    for data in (b"", bytes(7), (2024).to_bytes(2) + bytes((13, 1, 0, 0, 0)), (2024).to_bytes(2) + bytes((1, 1, 0, 0, 99))):
        assert len(absent(read(chunk(b"tIME", data)), "time")) == 1


def test_exif_that_imagemagick_wrote_out_as_text() -> None:
    findings = read(*(text_chunk(name, text) for name, text in COPIED.items()))
    ((position, _, who),) = observed(findings, Position)
    assert (round(position.lat_deg, 7), round(position.lon_deg, 7)) == (36.5974417, -4.50846)
    assert who is Who.EDITOR
    assert [value.angle_deg for value, _, _ in observed(findings, Heading)] == [7.0]
    assert [value for value, _, _ in observed(findings, Camera)] == [Camera(make="Maker", model="Model 1")]
    assert [value.meaning for value, _, _ in observed(findings, CaptureTime)] == [TimeMeaning.FIXED, TimeMeaning.CAPTURED]


def test_what_others_read_is_left_to_them() -> None:
    chunks = (
        international_text_chunk("XML:com.adobe.xmp", "<x/>"),
        text_chunk("Raw profile type exif", "x"),
        text_chunk("icc:description", "sRGB"),
    )
    assert read(*chunks) == []
    assert read_bytes(READER, jpeg.build_jpeg()) == []


def test_truncation_and_mutation_never_fail() -> None:
    data = png.build_png(*(text_chunk(name, text) for name, text in COPIED.items()), chunk(b"tIME", bytes(7)))
    for length in range(8, len(data)):
        read_bytes(READER, data[:length])
    generator = random.Random(1)
    for _ in range(500):
        mutant = bytearray(data)
        for _ in range(generator.choice((1, 4))):
            mutant[generator.randrange(8, len(mutant))] = generator.randrange(256)
        read_bytes(READER, bytes(mutant))
