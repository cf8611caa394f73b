"""NMEA 0183 sentences."""

import datetime as dt
import math
import random

import pytest
from builders.nmea import gga, rmc, sentence

from geoverify.containers.fixes import ERROR_PER_DOP_M
from geoverify.containers.nmea import has_sentences, read_epochs

LAT, LON = 11.065412, 106.132987


def one(text: str):
    (epoch,) = read_epochs(text.encode())
    return epoch


def test_sentences_of_one_moment_are_one_epoch():
    epoch = one(rmc("043012.50", LAT, LON) + gga("043012.50", LAT, LON))
    assert (epoch.lat_deg, epoch.lon_deg) == (pytest.approx(LAT, abs=2e-7), pytest.approx(LON, abs=2e-7))
    assert epoch.utc == dt.datetime(2024, 1, 16, 4, 30, 12, 500_000, tzinfo=dt.UTC)
    assert epoch.alt_m == 14.5
    assert epoch.error_m == pytest.approx(1.2 * ERROR_PER_DOP_M)
    assert epoch.resolution_m == pytest.approx(0.0185, rel=0.01)
    assert epoch.fixed


@pytest.mark.parametrize(("lat", "lon"), [(LAT, LON), (-LAT, LON), (LAT, -LON), (-LAT, -LON), (-89.9999, 179.9999)])
def test_hemispheres(lat, lon):
    epoch = one(rmc("043012", lat, lon))
    assert (epoch.lat_deg, epoch.lon_deg) == (pytest.approx(lat, abs=2e-7), pytest.approx(lon, abs=2e-7))


@pytest.mark.parametrize(
    "text",
    [
        rmc("043012", LAT, LON, status="V"),
        rmc("043012", LAT, LON, mode="N"),
        rmc("043012", LAT, LON, mode="S"),
        rmc("043012", LAT, LON, mode="M"),
        gga("043012", LAT, LON, quality=0),
        gga("043012", LAT, LON, quality=8),
        rmc("043012", LAT, LON) + gga("043012", LAT, LON, quality=0),
        sentence("GPRMC,043012.00,V,,,,,,,160124,,,N"),
    ],
)
def test_no_fix_is_said(text):
    assert not one(text).fixed


def test_a_wrong_checksum_leaves_the_sentence_out():
    assert list(read_epochs(sentence("GPRMC,043012,A,1103.9247,N,10607.9792,E,0,0,160124,,,A", checksum=0).encode())) == []


def test_a_missing_checksum_is_taken_unless_proof_is_asked_for():
    text = b"GNRMC,161313.00,A,4529.87489,N,07337.01215,W,6.225,35.34,310819,,,A;CAR,0,0,0"
    (epoch,) = read_epochs(text)
    assert epoch.lat_deg == pytest.approx(45.4979148)
    assert epoch.lon_deg == pytest.approx(-73.6168692)
    assert list(read_epochs(text, need_checksum=True)) == []


def test_stamps_of_the_writer_are_kept():
    (epoch,) = read_epochs(b"[1623057074211]" + rmc("043012", LAT, LON).encode())
    assert epoch.stamp_s == 1_623_057_074.211


def test_two_moments_are_two_epochs():
    text = rmc("043012", LAT, LON) + gga("043012", LAT, LON) + rmc("043013", LAT, LON) + gga("043013", LAT, LON)
    assert [epoch.second_of_day for epoch in read_epochs(text.encode())] == [16212.0, 16213.0]


@pytest.mark.parametrize("angle", ["1160.0000,N", "9100.0000,N", "xx03.9,N", "1103.9247,E", "1103.9247,", ",N", "1103.,N"])
def test_what_is_no_latitude_is_no_fix(angle):
    epoch = one(sentence(f"GPRMC,043012,A,{angle},10607.9792,E,0,0,160124,,,A"))
    assert not epoch.fixed
    assert math.isnan(epoch.lat_deg)


@pytest.mark.parametrize("date", ["320124", "000024", "", "1601", "abcdef"])
def test_a_date_that_is_none_leaves_the_time_unknown(date):
    assert one(sentence(f"GPRMC,043012,A,1103.9247,N,10607.9792,E,0,0,{date},,,A")).utc is None


def test_words_that_are_no_sentences():
    assert not has_sentences(b"Chapter 1: the RMC report, GGA and others")
    assert not has_sentences(b"$GPRMC")
    assert has_sentences(rmc("043012", LAT, LON).encode())


def test_seeded_mutations_never_fail():
    data = (rmc("043012.50", LAT, LON) + gga("043012.50", LAT, LON)).encode() * 3
    rng = random.Random(2)
    for _ in range(3000):
        mutant = bytearray(data)
        for _ in range(rng.randint(1, 8)):
            mutant[rng.randrange(len(mutant))] = rng.choice((rng.randrange(256), ord(","), ord("."), ord("9"), 0))
        for epoch in read_epochs(bytes(mutant)):
            assert not epoch.fixed or (abs(epoch.lat_deg) <= 90 and abs(epoch.lon_deg) <= 180)
