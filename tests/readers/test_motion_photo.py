"""Motion photos: where the video lies, what it says, and what is told when it was taken out."""

import datetime as dt
import random

import pytest
from builders import heif, isobmff, jpeg
from builders.findings import absent, observed, problems, read_bytes
from builders.xmp import build_packet, jpeg_segment

from geoverify.model import CaptureTime, Clock, EncodingTrace, Finding, Position, TimeMeaning, TraceKind, Who
from geoverify.readers.motion_photo import READER

CREATED = dt.datetime(2024, 1, 17, 4, 0, 5, tzinfo=dt.UTC)
VIDEO = isobmff.movie_file(
    isobmff.box(b"udta", isobmff.xyz_atom("+11.0654+106.1329/")), created=isobmff.seconds_1904(CREATED), brand=b"mp42"
)


def motion_xmp(*lengths: int, behind: int = 0) -> bytes:
    items = [{"Item:Mime": "image/jpeg", "Item:Semantic": "Primary", "Item:Length": "0"}]
    items += [{"Item:Mime": "image/jpeg", "Item:Semantic": "GainMap", "Item:Length": str(length)} for length in lengths[:-1]]
    items.append({"Item:Mime": "video/mp4", "Item:Semantic": "MotionPhoto", "Item:Length": str(lengths[-1])})
    if behind:
        items.append({"Item:Mime": "image/jpeg", "Item:Semantic": "Depth", "Item:Length": str(behind)})
    directory = [{"Container:Item": item} for item in items]
    return jpeg_segment(build_packet({"GCamera:MotionPhoto": "1", "Container:Directory": directory}))


def samsung_trailer(*records: tuple[int, str, bytes]) -> bytes:
    blocks, rows, at = b"", [], 0
    for kind, name, data in records:
        block = bytes(2) + kind.to_bytes(2, "little") + len(name).to_bytes(4, "little") + name.encode() + data
        rows.append((kind, at, len(block)))
        blocks, at = blocks + block, at + len(block)
    directory = b"SEFH" + (107).to_bytes(4, "little") + len(rows).to_bytes(4, "little")
    for kind, start, size in rows:
        directory += bytes(2) + kind.to_bytes(2, "little") + (at - start).to_bytes(4, "little") + size.to_bytes(4, "little")
    return blocks + directory + len(directory).to_bytes(4, "little") + b"SEFT"


MICRO = jpeg_segment(build_packet({"GCamera:MicroVideo": "1", "GCamera:MicroVideoOffset": str(len(VIDEO))}))
CARRIERS = {
    "container directory": jpeg.build_jpeg(motion_xmp(len(VIDEO)), trailer=VIDEO),
    "behind a gain map": jpeg.build_jpeg(motion_xmp(len(jpeg.build_jpeg()), len(VIDEO)), trailer=jpeg.build_jpeg() + VIDEO),
    "before a depth map": jpeg.build_jpeg(motion_xmp(len(VIDEO), behind=99), trailer=VIDEO + bytes(99)),
    "micro video": jpeg.build_jpeg(MICRO, trailer=VIDEO),
    "samsung": jpeg.build_jpeg(
        trailer=samsung_trailer((0x0A30, "MotionPhoto_Data", VIDEO), (0x0A31, "MotionPhoto_Version", b"mpv3"))
    ),
    "behind the picture": jpeg.build_jpeg(trailer=VIDEO),
    "behind two pictures": jpeg.build_jpeg(trailer=jpeg.build_jpeg(trailer=VIDEO)),
    "mpvd": heif.build_heif(heif.xmp_item(b"<x/>")) + heif.box(b"mpvd", VIDEO),
}


def traces(findings: list[Finding]) -> list[str]:
    return [value.value for value, _, _ in observed(findings, EncodingTrace) if value.kind is TraceKind.EMBEDDED_VIDEO]


@pytest.mark.parametrize("name", CARRIERS)
def test_the_video_is_found_and_read(name: str) -> None:
    data = CARRIERS[name]
    findings = read_bytes(READER, data)
    at = data.index(VIDEO)
    assert traces(findings) == [f"mp4, {len(VIDEO)} bytes at byte {at}"]
    ((position, field, who),) = observed(findings, Position)
    assert (position.lat_deg, position.lon_deg, who) == (11.0654, 106.1329, Who.DEVICE)
    assert field == f"moov/udta/©xyz (video at byte {at})"
    assert CREATED in [time.instant_utc for time, _, _ in observed(findings, CaptureTime)]
    assert problems(findings) == []
    # What the video leaves out is not missing from the picture.
    assert absent(findings, "position") == []
    assert {item.provenance.reader for item in findings if hasattr(item, "provenance")} == {"motion_photo"}


@pytest.mark.parametrize("segment", [motion_xmp(len(VIDEO)), MICRO])
def test_a_video_that_was_taken_out_is_told(segment: bytes) -> None:
    findings = read_bytes(READER, jpeg.build_jpeg(segment))
    assert [item.code for item in problems(findings)] == ["embedded-video-missing"]
    assert traces(findings) == []


def test_a_video_named_twice_is_read_once() -> None:
    data = jpeg.build_jpeg(motion_xmp(len(VIDEO)), trailer=samsung_trailer((0x0A30, "MotionPhoto_Data", VIDEO)))
    findings = read_bytes(READER, data)
    assert len(traces(findings)) == 1
    assert len(observed(findings, Position)) == 1


def test_pictures_without_a_video() -> None:
    for data in (jpeg.build_jpeg(), jpeg.build_jpeg(trailer=b"\0" * 50), jpeg.build_jpeg(trailer=b"junk"), heif.build_heif()):
        assert read_bytes(READER, data) == []


def test_samsungs_utc_time() -> None:
    trailer = samsung_trailer((0x0A01, "Image_UTC_Data", b"1748862470691"))
    ((value, field, who),) = observed(read_bytes(READER, jpeg.build_jpeg(trailer=trailer)), CaptureTime)
    assert value.instant_utc == dt.datetime(2025, 6, 2, 11, 7, 50, 691_000, tzinfo=dt.UTC)
    assert (value.clock, value.meaning, who) == (Clock.DEVICE, TimeMeaning.CAPTURED, Who.DEVICE)
    assert field == "SEF Image_UTC_Data"
    for text in (b"", b"soon", b"9" * 30, "１".encode()):
        trailer = samsung_trailer((0x0A01, "Image_UTC_Data", text))
        assert len(absent(read_bytes(READER, jpeg.build_jpeg(trailer=trailer)), "time")) == 1


@pytest.mark.parametrize("name", CARRIERS)
def test_truncation_and_mutation_never_fail(name: str) -> None:
    data = CARRIERS[name]
    for length in range(12, len(data), 3):
        read_bytes(READER, data[:length])
    generator = random.Random(name)
    for _ in range(300):
        mutant = bytearray(data)
        for _ in range(generator.choice((1, 3, 9))):
            mutant[generator.randrange(12, len(mutant))] = generator.choice((0, 1, 0x7F, 0x80, 0xFF, generator.randrange(256)))
        try:
            read_bytes(READER, bytes(mutant))
        except ValueError as error:
            assert type(error).__name__ in ("MalformedError", "BudgetError")
