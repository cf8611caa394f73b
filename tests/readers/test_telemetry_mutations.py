"""Hostile videos: every telemetry reader over damaged files of every kind it knows, and over damaged real ones."""

import math
import random
import time
from importlib import import_module

import pytest
from builders import avi, camm, dji, gpmf, matroska, nmea, novatek, parrot
from builders.movies import TrackPlan, box, build_movie, read_bytes
from builders.webp import chunk

from geoverify.model import Absent, Heading, Observation, Position, Problem, Track, VideoInfo

NAMES = (
    "avi",
    "blackvue",
    "camm",
    "dashcam",
    "dji_protobuf",
    "dji_subtitles",
    "dji_udta",
    "gpmf",
    "insta360",
    "matroska",
    "nmea_track",
    "novatek",
    "parrot",
    "sony_rtmd",
)
READERS = [import_module(f"geoverify.readers.{name}").READER for name in NAMES]
LIMIT_S = 2.0
LAT, LON, WHEN = 11.0654, 106.1329, (2024, 1, 16, 4, 30, 12)


def movie_with(handler: bytes, kind: bytes, *samples: bytes, **parts) -> bytes:
    return build_movie(TrackPlan(handler, kind, samples, [1000] * len(samples)), **parts)


def build_all() -> dict[str, bytes]:
    """A small file of every kind."""
    sentences = nmea.rmc("043012.00", LAT, LON) + nmea.gga("043012.00", LAT, LON)
    block = novatek.novatek(LAT, LON, WHEN)
    day = 8781
    return {
        "gpmf": build_movie(
            gpmf.gopro_track(
                [
                    gpmf.payload(gpmf.motion_stream(), gpmf.gps5_stream([(LAT, LON, 1.0)] * 3)),
                    gpmf.payload(gpmf.gps9_stream([(LAT, LON, 1.0, day, 16212.0, 1.1, 3)])),
                    gpmf.payload(gpmf.glpi_stream([(LAT, LON, 1.0)])),
                ]
            ),
            user_data=[gpmf.settings_box(), dji.text_atom(b"\xa9gyw", "+12.3"), dji.text_atom(b"\xa9xyz", "+11.0654+106.1329/")],
        ),
        "camm": movie_with(
            b"camm", b"camm", camm.gyroscope(), camm.fix(1.4e9, 3, LAT, LON, 1.0, 4.0), camm.position(LAT, LON, 1.0)
        ),
        "djmd": movie_with(
            b"meta",
            b"djmd",
            dji.header("dvtm_Air3"),
            dji.place((3, 3, 4, 1), 0.19, 1.85, 100, degrees=False, when="2024-01-16 04:30:12"),
        ),
        "subtitles": movie_with(b"sbtl", b"tx3g", *[dji.text_sample(part) for part in dji.flight_text().split("\n\n") if part]),
        "nmea": movie_with(b"text", b"text", dji.text_sample(sentences), novatek.masked(LAT, LON), novatek.sample_pndm(LAT, LON)),
        "rtmd": movie_with(b"meta", b"rtmd", novatek.rtmd_sample((11, 3, 55_440), b"N", (106, 7, 58_440), b"E")),
        "parrot": build_movie(parrot.drone_track(3, [(LAT, LON, 14.5, 9)] * 3)),
        "novatek": build_movie(media_data=block, movie_parts=[box(b"gps ", novatek.gps_box([(28, len(block))]))]),
        "boxes": build_movie(
            before=box(b"free", box(b"cprt", b"a;b"), box(b"gps ", f"[1705379412000]{sentences}".encode())),
            after=box(b"GPS ", novatek.record_70mai(0, LAT, LON))
            + box(b"gps0", novatek.record_gps0(LAT, LON, WHEN))
            + box(b"udat", sentences.encode())
            + box(b"skip", novatek.record_ligo(LAT, LON, WHEN))
            + box(b"udta", b"VIDEO" + b"U" * 22 + novatek.record_kenwood(LAT, LON))
            + novatek.insta360_trailer([(1_705_379_412, 0, b"A", LAT, b"N", LON, b"E", 1.0)]),
        ),
        "matroska": matroska.build(
            (
                matroska.info(),
                matroska.tracks(),
                matroska.cluster(),
                matroska.tags(
                    matroska.simple_tag("LOCATION", "+11.0654+106.1329/"), matroska.simple_tag("DATE_RECORDED", "2024-01-16")
                ),
            ),
            indexed=[0, 3],
        ),
        "avi": avi.build(
            avi.header_list(chunk(b"IDIT", b"Tue Jan 16 11:30:12 2024\n")), avi.nikon("N", "M", "2024:01:16 11:30:12")
        ),
    }


FILES = build_all()


def check(data: bytes) -> None:
    """No exception, no hang, no position that is none."""
    for reader in READERS:
        started = time.process_time()
        findings = read_bytes(reader, data)
        assert time.process_time() - started < LIMIT_S, reader.name
        for item in findings:
            if isinstance(item, Observation):
                check_value(item.value)
                assert len(item.provenance.raw) < 20_000
            else:
                assert isinstance(item, Absent | Problem)


def check_value(value) -> None:
    positions = (
        [point.position for point in value.points] if isinstance(value, Track) else [value] if isinstance(value, Position) else []
    )
    for position in positions:
        assert abs(position.lat_deg) <= 90.0
        assert abs(position.lon_deg) <= 180.0
        assert (position.lat_deg, position.lon_deg) != (0.0, 0.0)
        assert position.alt_m is None or math.isfinite(position.alt_m)
        assert position.horizontal_error_m is None or 0.0 < position.horizontal_error_m < math.inf
    if isinstance(value, Track):
        assert all(math.isfinite(point.time_s) for point in value.points)
    if isinstance(value, Heading):
        assert 0.0 <= value.angle_deg < 360.0
    if isinstance(value, VideoInfo):
        assert all(number is None or math.isfinite(number) for number in (value.duration_s, value.fps))


def mutate(data: bytes, rng: random.Random) -> bytes:
    mutant = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(mutant))
        match rng.randrange(4):
            case 0:
                mutant[at] = rng.choice((0, 1, 0x7F, 0x80, 0xFF))
            case 1:
                mutant[at] ^= 1 << rng.randrange(8)
            case 2:
                mutant[at : at + 4] = rng.choice((b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\x01"))
            case _:
                del mutant[at : at + rng.randint(1, 16)]
    return bytes(mutant)


@pytest.mark.parametrize("name", FILES)
def test_every_built_file_is_read_by_somebody(name):
    found = [item for reader in READERS for item in read_bytes(reader, FILES[name]) if isinstance(item, Observation)]
    assert any(isinstance(item.value, Track | Position | VideoInfo) for item in found)
    check(FILES[name])


@pytest.mark.parametrize("name", FILES)
def test_seeded_mutations(name):
    rng = random.Random(name)
    for _ in range(120):
        check(mutate(FILES[name], rng))


@pytest.mark.parametrize("name", FILES)
def test_cut_off(name):
    data = FILES[name]
    for length in range(0, len(data), max(1, len(data) // 150)):
        check(data[:length])


def test_mutations_of_real_videos(shared):
    files = sorted(path for path in (shared / "corpora" / "metadata").rglob("*") if path.suffix.lower() in (".mp4", ".mov"))
    assert files
    rng = random.Random(20)
    for path in files:
        data = path.read_bytes()
        check(data)
        start = max(data.find(b"moov"), 0)
        for _ in range(10):
            # The movie box is where the numbers are that a reader follows.
            check(data[:start] + mutate(data[start : start + 20_000], rng) + data[start + 20_000 :])
