"""Dashcams and Sony: freeGPS blocks, private boxes, NMEA text, trailers."""

import datetime as dt

import pytest
from builders import novatek
from builders.dji import text_sample
from builders.movies import TrackPlan, absences_of, box, build_movie, observations_of, points_of, read_bytes, values_of
from builders.nmea import gga, rmc, sentence

from geoverify.model import Camera, CaptureTime, Reason, Track
from geoverify.readers.blackvue import READER as BLACKVUE
from geoverify.readers.dashcam import READER as DASHCAM
from geoverify.readers.insta360 import READER as INSTA360
from geoverify.readers.nmea_track import READER as NMEA
from geoverify.readers.novatek import READER as NOVATEK
from geoverify.readers.sony_rtmd import READER as SONY

LAT, LON = 11.0654, 106.1329
CORNERS = [(LAT, LON), (-LAT, LON), (LAT, -LON), (-LAT, -LON)]
WHEN = (2024, 1, 16, 4, 30, 12)
UTC = dt.datetime(*WHEN, tzinfo=dt.UTC)
NEAR = {"abs": 2e-5}


def listed(*blocks: bytes) -> bytes:
    """A movie whose `gps ` box lists blocks in its media data."""
    start = 20 + 8
    places = [(start + sum(map(len, blocks[:i])), len(block)) for i, block in enumerate(blocks)]
    return build_movie(media_data=b"".join(blocks), movie_parts=[box(b"gps ", novatek.gps_box(places))])


@pytest.mark.parametrize(("lat", "lon"), CORNERS)
@pytest.mark.parametrize("layout", [novatek.novatek, novatek.viofo_v3, novatek.double_layout])
def test_layouts_of_freegps(layout, lat, lon):
    findings = read_bytes(NOVATEK, listed(layout(lat, lon, WHEN), layout(lat, lon, WHEN)))
    assert points_of(findings) == [(time_s, pytest.approx(lat, **NEAR), pytest.approx(lon, **NEAR)) for time_s in (0.0, 1.0)]
    (track,) = values_of(findings, Track)
    assert 0 < track.points[0].position.resolution_m < 2.5


def test_the_utc_of_a_block_is_the_first_fix():
    findings = read_bytes(NOVATEK, listed(novatek.novatek(LAT, LON, WHEN)))
    assert values_of(findings, CaptureTime)[0].instant_utc == UTC


def test_a_clock_that_may_be_local_is_no_utc():
    findings = read_bytes(NOVATEK, listed(novatek.viofo_v3(LAT, LON, WHEN, full_year=True)))
    assert len(points_of(findings)) == 1
    assert values_of(findings, CaptureTime) == []


def test_blocks_before_the_fix_are_counted():
    findings = read_bytes(NOVATEK, listed(novatek.novatek(0.0, 0.0, WHEN, b"V"), novatek.novatek(LAT, LON, WHEN)))
    assert [point[0] for point in points_of(findings)] == [1.0]
    assert absences_of(findings)[0].reason is Reason.NO_FIX


def test_sentences_in_a_block():
    body = bytes(100) + rmc("043012.00", LAT, LON).encode()
    findings = read_bytes(NOVATEK, listed(novatek.frame(body)))
    assert points_of(findings)[0][1:] == (pytest.approx(LAT, **NEAR), pytest.approx(LON, **NEAR))


def test_shifted_sentences_need_their_checksum():
    shifted = bytes(byte + 16 for byte in rmc("043012.00", LAT, LON, talker="GP").strip().encode())
    findings = read_bytes(NOVATEK, listed(novatek.put(512, (60, shifted))))
    assert len(points_of(findings)) == 1
    without = shifted[: shifted.rindex(ord("*") + 16)]
    findings = read_bytes(NOVATEK, listed(novatek.put(512, (60, without))))
    assert values_of(findings, Track) == []
    assert absences_of(findings)[0].reason is Reason.UNSUPPORTED


@pytest.mark.parametrize(("lat", "lon"), CORNERS)
def test_masked_text_in_a_block_and_in_a_subtitle(lat, lon):
    text = novatek.masked(lat, lon)
    expected = (pytest.approx(lat, **NEAR), pytest.approx(lon, **NEAR))
    assert points_of(read_bytes(NOVATEK, listed(novatek.put(512, (18, text)))))[0][1:] == expected
    movie = build_movie(TrackPlan(b"text", b"text", [text], [1000]))
    assert points_of(read_bytes(NMEA, movie))[0][1:] == expected
    other_name = build_movie(TrackPlan(b"meta", b"gpmd", [text], [1000]))
    assert points_of(read_bytes(NMEA, other_name))[0][1:] == expected


def test_scrambled_positions_are_named_and_never_read():
    findings = read_bytes(NOVATEK, listed(novatek.scrambled()))
    assert values_of(findings, Track) == []
    (absent,) = absences_of(findings)
    assert absent.reason is Reason.UNSUPPORTED
    assert "LIGOGPSINFO" in absent.detail


def test_a_relative_of_a_layout_with_its_angles_elsewhere_is_not_read():
    block = bytearray(novatek.novatek(LAT, LON, WHEN))
    block[75:84] = bytes(9)
    findings = read_bytes(NOVATEK, listed(bytes(block)))
    assert values_of(findings, Track) == []
    assert absences_of(findings)[0].reason is Reason.UNSUPPORTED


@pytest.mark.parametrize("change", [(48, 24), (52, 60), (60, 200), (64, 13), (68, 32)])
def test_a_block_whose_clock_is_none_is_not_read(change):
    at, value = change
    block = bytearray(novatek.novatek(LAT, LON, WHEN))
    block[at : at + 4] = value.to_bytes(4, "little")
    assert values_of(read_bytes(NOVATEK, listed(bytes(block))), Track) == []


def test_blocks_that_no_box_lists_are_found_on_their_boundaries():
    media = bytearray(4 * novatek.BLOCK_BYTES)
    start = 20 + 8
    for second, boundary in enumerate((1, 3)):
        at = boundary * novatek.BLOCK_BYTES - start
        media[at : at + 512] = novatek.novatek(LAT, LON, (*WHEN[:5], 12 + second))
    findings = read_bytes(NOVATEK, build_movie(media_data=bytes(media)))
    assert len(points_of(findings)) == 2
    assert read_bytes(NOVATEK, build_movie(media_data=bytes(len(media)))) == []


def test_nmea_subtitles():
    samples = [text_sample(rmc(f"0430{i + 12}.00", LAT, LON) + gga(f"0430{i + 12}.00", LAT, LON)) for i in range(3)]
    findings = read_bytes(NMEA, build_movie(TrackPlan(b"text", b"text", samples, [1000] * 3)))
    assert [point[0] for point in points_of(findings)] == [0.0, 1.0, 2.0]
    assert values_of(findings, CaptureTime)[0].instant_utc == UTC


def test_text_under_the_name_of_camera_motion():
    sample = b"X0000.0000Y0000.0000Z0000.0000G0000.0000" + rmc("043012.00", LAT, LON).encode()
    findings = read_bytes(NMEA, build_movie(TrackPlan(b"meta", b"camm", [sample], [1000])))
    assert len(points_of(findings)) == 1


def test_void_sentences_are_no_fix():
    sample = text_sample(sentence("GPRMC,043012.00,V,,,,,,,160124,,,N"))
    findings = read_bytes(NMEA, build_movie(TrackPlan(b"text", b"text", [sample], [1000])))
    assert [absent.reason for absent in absences_of(findings)] == [Reason.NO_FIX]


def stamped(start_ms: int) -> bytes:
    return b"".join(f"[{start_ms + 1000 * i}]{rmc(f'0430{i + 12}.00', LAT, LON)}".encode() for i in range(3))


def test_blackvue_times_its_log_by_its_own_clock():
    free = box(
        b"free",
        box(b"cprt", b"\0\0\0\0Pittasoft Co., Ltd.;DR900S-1CH;1.008;English;1;D90HA;"),
        box(b"sttm", (1_705_379_411_500).to_bytes(8)),
        box(b"gps ", stamped(1_705_379_412_000)),
    )
    findings = read_bytes(BLACKVUE, build_movie(before=free))
    assert [point[0] for point in points_of(findings)] == [0.5, 1.5, 2.5]
    (camera,) = values_of(findings, Camera)
    assert (camera.make, camera.model) == ("Pittasoft Co., Ltd.", "DR900S-1CH")


def test_blackvue_without_a_start_counts_from_the_first_sentence():
    findings = read_bytes(BLACKVUE, build_movie(before=box(b"free", box(b"gps ", stamped(1_705_379_412_000)))))
    assert [point[0] for point in points_of(findings)] == [0.0, 1.0, 2.0]
    assert "from the first sentence" in observations_of(findings, Track)[0].provenance.raw
    assert read_bytes(BLACKVUE, build_movie(before=box(b"free", b"gps "))) == []


@pytest.mark.parametrize(("lat", "lon"), CORNERS)
@pytest.mark.parametrize("maker", ["70mai", "gps0", "kenwood", "garmin", "pndm", "ligo"])
def test_private_boxes(maker, lat, lon):
    seconds = int((UTC - dt.datetime(1904, 1, 1, tzinfo=dt.UTC)).total_seconds())
    garmin = bytes.fromhex("9b630f8d637440ec8204bc5ff5091728")
    movie = {
        "70mai": lambda: build_movie(after=box(b"GPS ", novatek.record_70mai(0, lat, lon), bytes(36))),
        "gps0": lambda: build_movie(after=box(b"gps0", novatek.record_gps0(lat, lon, WHEN))),
        "kenwood": lambda: build_movie(after=box(b"udta", b"VIDEO" + b"U" * 22 + novatek.record_kenwood(lat, lon))),
        "garmin": lambda: build_movie(movie_parts=[box(b"uuid", garmin, bytes(17), novatek.record_garmin(seconds, lat, lon))]),
        "ligo": lambda: build_movie(after=box(b"udta", novatek.record_ligo(lat, lon, WHEN))),
        "pndm": lambda: build_movie(TrackPlan(b"text", b"text", [novatek.sample_pndm(lat, lon)], [1000])),
    }[maker]()
    findings = read_bytes(DASHCAM, movie)
    assert points_of(findings) == [(0.0, pytest.approx(lat, **NEAR), pytest.approx(lon, **NEAR))]
    if maker in ("gps0", "garmin", "ligo"):
        assert values_of(findings, CaptureTime)[0].instant_utc == UTC


def test_a_log_of_sentences_in_a_box():
    log = (rmc("235959.00", LAT, LON) + rmc("000001.00", LAT, LON, date="170124")).encode()
    findings = read_bytes(DASHCAM, build_movie(after=box(b"udat", log)))
    assert [point[0] for point in points_of(findings)] == [0.0, 2.0]


def test_a_scrambled_box_is_named():
    findings = read_bytes(DASHCAM, build_movie(after=box(b"skip", b"LIGOGPSINFO\0" + bytes(300))))
    assert [absent.reason for absent in absences_of(findings)] == [Reason.UNSUPPORTED]


def test_insta360_reads_the_trailer_from_its_end():
    seconds = int(UTC.timestamp())
    fixes = [
        (seconds, 0, b"A", LAT, b"N", LON, b"E", 14.5),
        (seconds + 1, 500, b"A", LAT, b"S", LON, b"W", 14.5),
        (seconds + 2, 0, b"V", 0.0, b"N", 0.0, b"E", 0.0),
        (seconds + 3, 0, b"A", LAT, b"N", LON, b"O", 14.5),
    ]
    findings = read_bytes(INSTA360, build_movie(after=novatek.insta360_trailer(fixes)))
    assert points_of(findings) == [(0.0, LAT, LON), (1.5, -LAT, -LON), (3.0, LAT, -LON)]
    assert values_of(findings, CaptureTime)[0].instant_utc == UTC
    (camera,) = values_of(findings, Camera)
    assert (camera.make, camera.model, camera.serial) == ("Insta360", "Insta360 X3", "IXSE000001")
    assert [absent.reason for absent in absences_of(findings)] == [Reason.NO_FIX]


def test_insta360_needs_its_mark_at_the_end():
    trailer = novatek.insta360_trailer([])
    assert read_bytes(INSTA360, build_movie(after=trailer[:-1] + b"0")) == []
    assert read_bytes(INSTA360, build_movie(after=trailer + b"\0")) == []


def test_sony_reads_one_position_a_second():
    sample = novatek.rtmd_sample((11, 3, 55_440), b"N", (106, 7, 58_440), b"E")
    findings = read_bytes(SONY, build_movie(TrackPlan(b"meta", b"rtmd", [sample] * 60, [40] * 60)))
    assert [point[0] for point in points_of(findings)] == [pytest.approx(time_s) for time_s in (0.0, 1.0, 2.0)]
    assert points_of(findings)[0][1:] == (pytest.approx(LAT, abs=1e-7), pytest.approx(LON, abs=1e-7))
    assert values_of(findings, CaptureTime)[0].instant_utc == UTC.replace(microsecond=500_000)
    (track,) = values_of(findings, Track)
    assert track.points[0].position.resolution_m == pytest.approx(0.0309)


@pytest.mark.parametrize(("north", "east", "signs"), [(b"S", b"E", (-1, 1)), (b"N", b"W", (1, -1)), (b"S", b"W", (-1, -1))])
def test_sony_hemispheres(north, east, signs):
    sample = novatek.rtmd_sample((11, 3, 55_440), north, (106, 7, 58_440), east)
    findings = read_bytes(SONY, build_movie(TrackPlan(b"meta", b"rtmd", [sample], [40])))
    assert points_of(findings)[0][1:] == (pytest.approx(signs[0] * LAT, abs=1e-7), pytest.approx(signs[1] * LON, abs=1e-7))


@pytest.mark.parametrize(("north", "status"), [(b"N", b"V"), (b"\0", b"A")])
def test_sony_without_a_fix(north, status):
    sample = novatek.rtmd_sample((0, 0, 0), north, (0, 0, 0), b"E", status)
    findings = read_bytes(SONY, build_movie(TrackPlan(b"meta", b"rtmd", [sample], [40])))
    assert [absent.reason for absent in absences_of(findings)] == [Reason.NO_FIX]


def test_sony_without_gps_tags_says_nothing():
    assert read_bytes(SONY, build_movie(TrackPlan(b"meta", b"rtmd", [(0x1C).to_bytes(2) + bytes(200)], [40]))) == []
