"""The XMP reader: everything that a packet says, in every format, and whose word it is."""

import math
import random
import time
from pathlib import Path

import pytest
from builders import jpeg
from builders.findings import absent, observed, problems, read_bytes
from builders.xmp import CARRIERS, build_packet, jpeg_segment

from geoverify.media import open_media
from geoverify.model import (
    Absent,
    Camera,
    CaptureTime,
    Finding,
    Heading,
    Observation,
    PlaceClaim,
    Position,
    Problem,
    Software,
    TextSnippet,
    Who,
)
from geoverify.readers.xmp import READER

EVERYTHING = {
    "exif:GPSLatitude": "11,3.9N",
    "exif:GPSLongitude": "106,8.0E",
    "exif:GPSAltitude": "12/1",
    "exif:GPSTimeStamp": "2024-01-17T04:00:00Z",
    "exif:GPSImgDirection": "90/1",
    "exif:GPSImgDirectionRef": "T",
    "exif:DateTimeOriginal": "2024-01-17T11:00:00+07:00",
    "tiff:Make": "Maker",
    "tiff:Model": "Model 1",
    "xmp:CreatorTool": "Adobe Photoshop Lightroom 6.1",
    "photoshop:City": "Bavet",
    "dc:description": ["By the river"],
    "drone-dji:GimbalYawDegree": "-10.5",
    "drone-dji:GimbalPitchDegree": "-30.0",
    "Iptc4xmpExt:LocationShown": [{"Iptc4xmpExt:City": "Elsewhere", "exif:GPSLatitude": "1,2N", "exif:GPSLongitude": "3,4W"}],
    "xmpMM:History": [{"stEvt:action": "saved", "stEvt:softwareAgent": "Editor", "stEvt:when": "2024-01-18T00:00:00Z"}],
}
PACKET = build_packet(EVERYTHING)


def check(findings: list[Finding]) -> None:
    """Nothing came out that cannot be."""
    for item in findings:
        assert isinstance(item, Observation | Absent | Problem)
        if not isinstance(item, Observation):
            continue
        position = item.value.position if isinstance(item.value, PlaceClaim) else item.value
        if isinstance(position, Position):
            assert abs(position.lat_deg) <= 90
            assert abs(position.lon_deg) <= 180
            assert position.alt_m is None or math.isfinite(position.alt_m)
        if isinstance(item.value, Heading):
            assert 0 <= item.value.angle_deg < 360


@pytest.mark.parametrize("name", CARRIERS)
def test_everything_in_every_format(name: str) -> None:
    findings = read_bytes(READER, CARRIERS[name](PACKET))
    check(findings)
    assert problems(findings) == []
    kinds = {type(item.value) for item in findings if isinstance(item, Observation)}
    assert {Position, Heading, CaptureTime, Camera, Software, PlaceClaim, TextSnippet} <= kinds
    assert {item.provenance.reader for item in findings if isinstance(item, Observation)} == {"xmp"}
    assert {item.provenance.who for item in findings if isinstance(item, Observation)} == {Who.EDITOR}


def test_a_drones_packet_is_its_own_word() -> None:
    packet = build_packet({"drone-dji:GpsLatitude": "11.065", "drone-dji:GpsLongitude": "106.133"})
    ((position, _, who),) = observed(read_bytes(READER, jpeg.build_jpeg(jpeg_segment(packet))), Position)
    assert (position.lat_deg, position.lon_deg, who) == (11.065, 106.133, Who.DEVICE)


def test_a_second_packet_is_named_by_where_it_stands() -> None:
    findings = read_bytes(READER, jpeg.build_jpeg(jpeg_segment(PACKET), jpeg_segment(PACKET)))
    fields = [field for _, field, _ in observed(findings, Position)]
    assert fields[0] == "exif:GPSLatitude+exif:GPSLongitude"
    assert fields[1].startswith("exif:GPSLatitude+exif:GPSLongitude (APP1 at byte ")


def test_no_packet_says_nothing_and_an_empty_one_little() -> None:
    assert read_bytes(READER, jpeg.build_jpeg()) == []
    assert read_bytes(READER, jpeg.build_jpeg(jpeg_segment(b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"))) == []
    findings = read_bytes(READER, jpeg.build_jpeg(jpeg_segment(build_packet({"tiff:Make": "Maker"}))))
    assert len(absent(findings, "position")) == 1


def test_a_damaged_packet_is_a_problem_and_keeps_what_came_first() -> None:
    findings = read_bytes(READER, jpeg.build_jpeg(jpeg_segment(PACKET[: PACKET.index(b"<drone-dji")])))
    assert [item.code for item in problems(findings)] == ["malformed"]
    assert len(observed(findings, Position)) == 1


@pytest.mark.parametrize("name", CARRIERS)
def test_truncation_never_fails(name: str) -> None:
    data = CARRIERS[name](PACKET)
    for length in range(12, len(data), 11):
        check(read_bytes(READER, data[:length]))


@pytest.mark.parametrize("name", CARRIERS)
def test_seeded_mutations_never_fail(name: str) -> None:
    data = CARRIERS[name](PACKET)
    generator = random.Random(name)
    started = time.process_time()
    for _ in range(150):
        mutant = bytearray(data)
        for _ in range(generator.choice((1, 2, 5, 20))):
            at = generator.randrange(12, len(mutant))
            mutant[at : at + generator.randint(0, 2)] = generator.choice(
                (
                    b"<",
                    b">",
                    b"&",
                    b'"',
                    b"\0",
                    b"\xff",
                    b"]]>",
                    b"<!--",
                    b"<![CDATA[",
                    b"&#0;",
                    b"9" * 40,
                    bytes([generator.randrange(256)]),
                )
            )
        check(read_bytes(READER, bytes(mutant)))
    assert time.process_time() - started < 20


def test_real_files_mutated(shared: Path) -> None:
    folder = shared / "corpora" / "metadata"
    suffixes = (".jpg", ".heic", ".png", ".webp", ".avif", ".tiff", ".dng", ".jp2", ".jxl", ".mp4", ".mov")
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in suffixes)
    generator = random.Random(20260117)
    for _ in range(300):
        data = bytearray(generator.choice(paths).read_bytes()[:150_000])
        for _ in range(generator.choice((1, 3, 10))):
            data[generator.randrange(12, min(len(data), 30_000))] = generator.randrange(256)
        started = time.process_time()
        check(read_bytes(READER, bytes(data)))
        assert time.process_time() - started < 2


def test_real_files_are_read_without_a_failure(shared: Path) -> None:
    for path in sorted((shared / "corpora" / "metadata").rglob("*")):
        if path.is_file() and path.stat().st_size:
            with open_media(path) as (media, source):
                if media.kind in READER.kinds:
                    check(list(READER.read(media, source)))
