"""DJI's flight text: notations, the order of the axes, and how sure it is."""

import datetime as dt
import random
import time

import pytest
from builders.dji import cue, flight_text

from geoverify.containers.dji_srt import Certainty, looks_like_flight_text, parse_cues, steady_yaw
from geoverify.containers.srt import Cue, decode_srt, read_cues
from geoverify.geo import measure


def parse(*texts: str, known=None):
    return parse_cues(read_cues("".join(cue(i + 1, float(i), text) for i, text in enumerate(texts))), known)


def test_labelled_coordinates_are_certain():
    log = parse_cues(read_cues(flight_text([(11.0654, 106.1329), (-34.8, -57.8)])))
    assert [(fix.lat_deg, fix.lon_deg) for fix in log.fixes] == [(11.0654, 106.1329), (-34.8, -57.8)]
    assert log.order is None
    assert log.fixes[0].alt_m == 52.3
    assert log.fixes[0].resolution_m == pytest.approx(0.111, rel=0.01)
    assert log.local == dt.datetime(2024, 1, 16, 11, 30, 0, 500_000)


@pytest.mark.parametrize(
    "text",
    [
        "[latitude : -20.2533] [longtitude : 149.0251]",
        "[latitude: -20.2533] [longitude: 149.0251] [altitude: 117.000000]",
        "GPS(149.0251,-20.2533,16) BAROMETER:1.9",
        "F/2.8, SS 30.15, ISO 260, EV -1.7, GPS (149.0251, -20.2533, 17), D 221.21m, H 200.70m, H.S n/a, V.S n/a",
        "GPS(-20.2533,149.0251,0.0M) BAROMETER:0.3M",
    ],
)
def test_every_notation_gives_the_same_place(text):
    log = parse(text)
    assert (log.fixes[0].lat_deg, log.fixes[0].lon_deg) == (-20.2533, 149.0251)
    assert log.order is None or log.order.certainty is Certainty.CERTAIN


def test_the_model_that_writes_latitude_first_is_known_by_its_unit():
    log = parse("2022.06.21 16:06:17\nGPS(36.6146,-6.1120,0.0M) BAROMETER:0.3M")
    assert (log.fixes[0].lat_deg, log.fixes[0].lon_deg) == (36.6146, -6.112)
    assert log.order.certainty is Certainty.ASSUMED


def test_two_small_numbers_without_a_unit_are_read_longitude_first_and_called_assumed():
    log = parse("GPS(8.2090,47.4692,18)")
    assert (log.fixes[0].lat_deg, log.fixes[0].lon_deg) == (47.4692, 8.209)
    assert log.order.certainty is Certainty.ASSUMED


@pytest.mark.parametrize("latitude_first", [False, True])
def test_the_flown_distance_proves_the_order(latitude_first):
    # A flight to the east at 47 degrees north: a degree of longitude is two thirds of one of latitude.
    home, places = (47.4692, 8.209), [(47.4692 + i * 1e-4, 8.209 + 0.002 + i * 1e-3) for i in range(5)]
    texts = []
    for lat, lon in places:
        distance_m, _ = measure(*home, lat, lon)
        pair, base = ((lat, lon), home) if latitude_first else ((lon, lat), home[::-1])
        texts.append(f"GPS ({pair[0]:.6f}, {pair[1]:.6f}, 16), HOME ({base[0]:.6f}, {base[1]:.6f}, 7.60m), D {distance_m:.2f}m")
    log = parse(*texts)
    assert log.order.certainty is Certainty.SUPPORTED
    assert log.order.latitude_first is latitude_first
    assert log.fixes[0].lat_deg == pytest.approx(47.4692)


@pytest.mark.parametrize("latitude_first", [False, True])
def test_the_position_of_the_file_proves_the_order(latitude_first):
    pair = "47.4692, 8.2090" if latitude_first else "8.2090, 47.4692"
    log = parse(f"GPS ({pair}, 18)", known=(47.47, 8.21))
    assert log.order.certainty is Certainty.CERTAIN
    assert (log.fixes[0].lat_deg, log.fixes[0].lon_deg) == (47.4692, 8.209)


def test_a_position_of_the_file_that_fits_neither_order_proves_nothing():
    assert parse("GPS (8.2090, 47.4692, 18)", known=(-33.0, 151.0)).order.certainty is Certainty.ASSUMED


def test_zeros_before_the_fix_are_no_positions():
    log = parse("GPS(0.0000,0.0000,0)", "GPS(149.0251,-20.2533,12)", "[latitude: 0.000000] [longitude: 0.000000]")
    assert [fix.fixed for fix in log.fixes] == [False, True, False]
    assert log.order.certainty is Certainty.CERTAIN


def test_cues_without_times_count_from_the_first_date():
    text = "1\n2017.08.05 14:11:51,393,525\n[latitude : -20.2533] [longtitude : 149.0251]\n\n"
    text += "2\n2017.08.05 14:11:53,393,525\n[latitude : -20.2534] [longtitude : 149.0252]\n\n"
    log = parse_cues(read_cues(text))
    assert [fix.time_s for fix in log.fixes] == [0.0, 2.0]


@pytest.mark.parametrize("text", ["[latitude : 1.5]", "[longitude : 1.5]", "GPS(n/a)", "GPS(1.5)", "[latit", "GPS(149.02"])
def test_half_a_position_is_none(text):
    assert parse(text).fixes == ()


def test_the_yaw_is_a_heading_only_while_the_camera_holds_still():
    assert steady_yaw([350.0, 10.0, 0.0], 15.0) == pytest.approx(0.0, abs=1e-6)
    assert steady_yaw([-76.0, -75.0], 15.0) == pytest.approx(284.5)
    assert steady_yaw([0.0, 90.0], 15.0) is None
    assert steady_yaw([0.0, 180.0], 15.0) is None
    assert steady_yaw([], 15.0) is None


def test_ordinary_subtitles_have_no_marks():
    assert not looks_like_flight_text("We drove to the house at noon.")
    assert not looks_like_flight_text("GPS told us to turn left; home (at last)")
    assert looks_like_flight_text("HOME(149.0251,-20.2532) 2017.08.05 14:11:51")


def test_subtitles_are_split_by_their_times():
    text = "\ufeff1\r\n00:00:01,000 --> 00:00:02,000\r\nfirst\r\n\r\nline\r\n\r\n2\r\n01:00:02.5 --> 01:00:03,000\r\nsecond"
    cues = list(read_cues(text))
    assert [cue.time_s for cue in cues] == [1.0, 3602.5]
    assert cues[0].text.strip() == "first\n\nline"
    assert cues[1].text.strip() == "second"
    assert list(read_cues("")) == [Cue(None, "")]


def test_encodings():
    assert decode_srt("é".encode("utf-16")) == "é"
    assert decode_srt(b"\xef\xbb\xbf1\n") == "1\n"
    assert decode_srt(b"\xff\x00bad") == "\\xff\x00bad"


@pytest.mark.parametrize(
    "text",
    [
        "\n" * 500_000,
        "00:00:00,000 --> 1\n" + " " * 1_000_000,
        "GPS(1,1," + " " * 1_000_000,
        "latitude" * 200_000,
        "1:00:00,0 -->" * 100_000,
        "2020-1-1" + " " * 1_000_000,
    ],
)
def test_no_text_takes_long(text):
    started = time.process_time()
    parse_cues(read_cues(text))
    assert time.process_time() - started < 2.0


def test_seeded_mutations_never_fail():
    data = (
        flight_text() + cue(9, 9.0, "GPS (8.2, 47.4, 18), HOME (8.1, 47.3, 7m), D 153.32m, G.PRY (-27.3°, 0.0°, -76.0°)")
    ).encode()
    rng = random.Random(3)
    for _ in range(1000):
        mutant = bytearray(data)
        for _ in range(rng.randint(1, 10)):
            at = rng.randrange(len(mutant))
            mutant[at : at + rng.randint(0, 3)] = rng.choice((b"", b"9", b"-", b".", b"\n", b"\xff", b"999999"))
        parse_cues(read_cues(decode_srt(bytes(mutant))))
