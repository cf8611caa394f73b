"""The QuickTime reader on damaged, hostile and real files."""

import json
import random
import struct
import zlib
from pathlib import Path

import pytest
from builders import isobmff as build
from builders.findings import observed, problems, read_bytes

from geoverify.media import MemorySource, open_media
from geoverify.model import Absent, Finding, MediaFile, MediaKind, Observation, Position, Problem, VideoInfo
from geoverify.readers.quicktime import READER

APPLE = "com.apple.quicktime."
CREATED = 3_851_228_400


def read(data: bytes) -> list[Finding]:
    return read_bytes(READER, data)


def udta(*boxes: bytes) -> bytes:
    return build.box(b"udta", *boxes)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (build.ftyp() + build.box(b"mdat", bytes(32)), "no moov box (file is cut off); ask for the original or re-download"),
        (build.ftyp() + struct.pack(">I4s", 9999, b"mdat") + bytes(32), "the mdat box runs over the end (file is cut off)"),
        (build.ftyp() + build.box(b"moof") + build.box(b"mdat"), "no moov box (a later segment of a stream"),
    ],
)
def test_damaged_files_say_what_to_do(data: bytes, message: str) -> None:
    assert any(message in problem.message for problem in problems(read(data)))


def test_a_large_mdat_before_the_movie_box() -> None:
    movie = build.box(b"moov", build.mvhd(CREATED), build.video_track(), udta(build.xyz_atom("+10.6+103.5/")))
    found = read(build.ftyp() + build.large_box(b"mdat", bytes(100)) + movie)
    assert observed(found, Position) and not problems(found)


def test_fragments() -> None:
    extends = build.box(b"mvex", build.full_box(b"mehd", struct.pack(">I", 5000)))
    movie = build.box(b"moov", build.mvhd(duration=0), build.video_track(samples=0), extends, udta(build.loci_box(10.5, 103.5)))
    found = read(build.ftyp() + movie + (build.box(b"moof") + build.box(b"mdat", bytes(8))) * 9000)
    ((info, _, _),) = observed(found, VideoInfo)
    assert (info.duration_s, info.fps, info.frame_count) == (5.0, None, None)
    assert observed(found, Position) and not problems(found)


def test_a_compressed_movie_box() -> None:
    moov = build.box(b"moov", build.mvhd(CREATED), build.video_track(), udta(build.xyz_atom("+10.6+103.5/")))
    packed = build.box(b"cmvd", struct.pack(">I", len(moov)), zlib.compress(moov))
    data = build.ftyp(b"qt  ") + build.box(b"moov", build.box(b"cmov", build.box(b"dcom", b"zlib"), packed))
    assert [field for _, field, _ in observed(read(data), Position)] == ["moov/udta/©xyz"]


def test_damage_in_one_place_costs_only_that() -> None:
    broken = udta(struct.pack(">I4s", 3, b"\xa9xyz"))
    found = read(build.movie_file(broken, build.mdta_meta({APPLE + "location.ISO6709": "+10.6+103.5/"})))
    assert len(observed(found, Position)) == 1
    assert [problem.code for problem in problems(found)] == ["malformed"]


def test_bytes_after_the_last_box_cost_nothing_else() -> None:
    found = read(build.movie_file(udta(build.xyz_atom("+10.6+103.5/"))) + struct.pack(">I4s", 5, b"junk"))
    assert len(observed(found, Position)) == 1 and len(problems(found)) == 1


def test_other_containers_are_left_to_others() -> None:
    media = MediaFile(path="clip", kind=MediaKind.VIDEO, media_type="video/x-matroska", size_bytes=4, digest=None)
    assert list(READER.read(media, MemorySource(b"\x1aE\xdf\xa3"))) == []


EVERYTHING = build.movie_file(
    udta(
        build.xyz_atom("+10.6089+103.5326/"),
        build.loci_box(10.6089, 103.5326, 5, name="n", notes="m", utf16=True),
        build.international_text(b"\xa9mak", "Maker"),
        build.ilst_meta({b"\xa9too": "Lavf60", b"\xa9day": "2026-01-14T16:30:00+0700"}, ("free", "form")),
    ),
    build.mdta_meta({APPLE + "location.ISO6709": "+10.6+103.5+3/", APPLE + "location.accuracy.horizontal": "4.7"}),
    created=CREATED,
)


def check_sound(findings: list[Finding]) -> None:
    for item in findings:
        assert isinstance(item, Observation | Absent | Problem)
        if isinstance(item, Observation) and isinstance(item.value, Position):
            assert -90 <= item.value.lat_deg <= 90 and -180 <= item.value.lon_deg <= 180


def test_cut_at_every_byte() -> None:
    whole = read(EVERYTHING)
    assert len(observed(whole, Position)) == 3
    for length in range(16, len(EVERYTHING)):
        check_sound(read(EVERYTHING[:length]))


def test_seeded_mutations() -> None:
    rng = random.Random(1904)
    for _ in range(1500):
        data = bytearray(EVERYTHING)
        for _ in range(rng.randrange(1, 12)):
            data[rng.randrange(8, len(data))] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
        check_sound(read(bytes(data)))


def test_agrees_with_exiftool_on_real_media(shared: Path) -> None:
    folder = shared / "corpora" / "metadata"
    places = {
        "qt_udta": "udta/©xyz",
        "qt_loci": "udta/loci",
        "qt_ilst": "udta/meta/©xyz",
        "qt_keys": f"meta/{APPLE}location.ISO6709",
    }
    checked = 0
    for name, record in json.loads((folder / "truth.json").read_text()).items():
        if not name.lower().endswith((".mp4", ".mov")):
            continue
        with open_media(folder / name) as (media, source):
            found = list(READER.read(media, source))
        positions = {field.removeprefix("moov/"): position for position, field, _ in observed(found, Position)}
        expected = {places[key]: value for key, value in record.items() if key in places}
        assert set(positions) == set(expected), name
        for field, (lat_deg, lon_deg) in expected.items():
            position = positions[field]
            assert position.lat_deg == pytest.approx(lat_deg, abs=1e-5), name
            assert position.lon_deg == pytest.approx(lon_deg, abs=1e-5), name
            assert record.get("hpos") in (None, position.horizontal_error_m), name
        turns = [info.rotation_deg for info, _, _ in observed(found, VideoInfo)]
        assert turns in ([], [record.get("rot", 0)]), name
        checked += len(expected)
    assert checked >= 40
