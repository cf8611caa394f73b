"""Logs given with the footage: GPX, KML, NMEA, CSV."""

import datetime as dt
import random

import pytest
from builders.nmea import gga, rmc

from geoverify.containers.fixes import ERROR_PER_DOP_M
from geoverify.errors import MalformedError, UsageError
from geoverify.tracklogs import load_track_log, parse_track_log

LAT, LON = 11.0654, 106.1329
UTC = dt.datetime(2024, 1, 16, 4, 30, 12, tzinfo=dt.UTC)
GPX = """<?xml version="1.0" encoding="UTF-8"?>
<gpx version="1.1" creator="test" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>
<trkpt lat="11.06540" lon="106.13290"><ele>14.5</ele><time>2024-01-16T04:30:12Z</time><hdop>1.2</hdop></trkpt>
<trkpt lat="11.06550" lon="106.13290"><time>2024-01-16T04:30:22</time></trkpt>
<trkpt lat="11.06560" lon="106.13290"><time>2024-01-16T11:30:32+07:00</time></trkpt>
<trkpt lat="11.06570" lon="106.13290"><time>2024-01-16T04:30:42Z</time><fix>none</fix></trkpt>
<trkpt lat="0" lon="0"><time>2024-01-16T04:30:52Z</time></trkpt>
<trkpt lat="95" lon="0"><time>2024-01-16T04:31:02Z</time></trkpt>
<trkpt lat="11.06580" lon="106.13290"></trkpt>
</trkseg></trk></gpx>"""
GX_TRACK = """<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2"><Document><Placemark><gx:Track>
<when>2024-01-16T04:30:12Z</when><when>2024-01-16T04:30:22Z</when><when>2024-01-16T04:30:32</when>
<gx:coord>106.1329 11.0654 14.5</gx:coord><gx:coord>106.1329 11.0655 14.5</gx:coord><gx:coord>106.1329 11.0656 14.5</gx:coord>
</gx:Track></Placemark></Document></kml>"""
PLACEMARKS = """<kml xmlns="http://www.opengis.net/kml/2.2"><Folder>
<Placemark><TimeStamp><when>2024-01-16T11:30:12+07:00</when></TimeStamp><Point><coordinates>106.1329,11.0654,14.5</coordinates></Point></Placemark>
<Placemark><LineString><coordinates>106.1329,11.0654 106.1330,11.0655</coordinates></LineString></Placemark>
</Folder></kml>"""


def points(data: str | bytes) -> list[tuple[dt.datetime | None, float, float]]:
    log = parse_track_log(data.encode() if isinstance(data, str) else data, "log")
    return [(fix.utc, fix.lat_deg, fix.lon_deg) for fix in log.fixes]


def test_gpx_times_are_utc_by_the_standard():
    log = parse_track_log(GPX.encode(), "a.gpx")
    assert log.form == "GPX"
    assert [fix.utc for fix in log.fixes] == [UTC + dt.timedelta(seconds=10 * i) for i in range(3)]
    assert log.fixes[0].error_m == pytest.approx(1.2 * ERROR_PER_DOP_M)
    assert log.fixes[0].resolution_m == pytest.approx(1.11, rel=0.01)
    assert sorted(log.notes) == [
        "1 points left out: 0/0",
        "1 points left out: no position on Earth",
        "1 points left out: no satellite fix",
        "1 points left out: no time",
    ]


def test_kml_tracks_and_placemarks():
    log = parse_track_log(GX_TRACK.encode(), "a.kml")
    assert log.form == "KML"
    assert points(GX_TRACK) == [(UTC, 11.0654, 106.1329), (UTC + dt.timedelta(seconds=10), 11.0655, 106.1329)]
    assert log.notes == ("1 points left out: no time",)
    placemarks = parse_track_log(PLACEMARKS.encode(), "b.kml")
    assert [(fix.utc, fix.lat_deg, fix.lon_deg, fix.alt_m) for fix in placemarks.fixes] == [(UTC, LAT, LON, 14.5)]
    assert placemarks.notes == ("1 points left out: a line without times",)


def test_nmea_logs_and_sentences_without_a_date():
    text = rmc("235958.00", LAT, LON) + gga("235958.00", LAT, LON) + gga("235959.00", LAT, LON) + gga("000001.00", LAT, LON)
    log = parse_track_log(text.encode(), "a.nmea")
    assert log.form == "NMEA"
    day = dt.datetime(2024, 1, 16, 23, 59, 58, tzinfo=dt.UTC)
    assert [fix.utc for fix in log.fixes] == [day, day + dt.timedelta(seconds=1), day + dt.timedelta(seconds=3)]


@pytest.mark.parametrize(
    "text",
    [
        "time,latitude,longitude\n2024-01-16T04:30:12Z,11.0654,106.1329\n",
        "Latitude;Longitude;Timestamp\n11,0654;106,1329;2024-01-16T11:30:12+07:00\n",
        "lat\tlng\ttime\n11.0654\t106.1329\t1705379412\n",
        "gps_latitude,gps_longitude,timestamp\n11.0654,106.1329,1705379412000\n",
        "\ufeffDate,Time,Lat,Lon\n2024-01-16,04:30:12Z,11.0654,106.1329\n",
        "Lat (deg),Lon (deg),UTC Time,Accuracy (m)\n11.0654,106.1329,2024-01-16 04:30:12Z,5\n",
    ],
)
def test_csv(text):
    assert points(text) == [(UTC, LAT, LON)]


def test_csv_accuracy():
    log = parse_track_log(
        b"time,lat,lon,accuracy,hdop\n1705379412,11.0654,106.1329,7.5,1\n1705379413,11.0654,106.1329,,2\n", "a.csv"
    )
    assert [fix.error_m for fix in log.fixes] == [7.5, 2 * ERROR_PER_DOP_M]


def test_a_time_without_its_zone_is_never_taken_for_utc():
    with pytest.raises(MalformedError, match="does not state its zone"):
        points("time,lat,lon\n2024-01-16 04:30:12,11.0654,106.1329\n")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "names no latitude"),
        (b"a,b\n1,2\n", "names no latitude"),
        (b"lat,lon\n1,2\n", "no time"),
        (b"\x89PNG\r\n\x1a\n\0\0", "neither GPX"),
        (b"PK\x03\x04rest", "ZIP"),
        (b"<gpx><trk></gpx>", "well-formed"),
        (b"<gpx></gpx>", "holds no points"),
        (b"<!DOCTYPE gpx [<!ENTITY a 'b'>]><gpx>&a;</gpx>", "well-formed"),
        (b"<kml><Placemark><LineString></LineString></Placemark></kml>", "line without times"),
    ],
)
def test_what_is_no_log_says_why(data, words):
    with pytest.raises(MalformedError, match=words):
        parse_track_log(data, "log")


def test_a_bomb_of_entities_is_refused():
    entities = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10 if i else "x"}">' for i in range(10))
    with pytest.raises(MalformedError):
        parse_track_log(f"<!DOCTYPE gpx [{entities}]><gpx><name>&a9;</name></gpx>".encode(), "log")


def test_two_points_at_one_time_are_one():
    text = "time,lat,lon\n1705379412,11.0654,106.1329\n1705379412,12,107\n"
    assert points(text) == [(UTC, LAT, LON)]


def test_files_are_loaded_by_content(tmp_path):
    path = tmp_path / "track.bin"
    path.write_text(GPX, encoding="utf-8")
    assert load_track_log(path).name == "track.bin"
    with pytest.raises(UsageError, match=r"missing\.gpx"):
        load_track_log(tmp_path / "missing.gpx")
    path.write_bytes(b"nothing here")
    with pytest.raises(UsageError, match=r"track\.bin"):
        load_track_log(path)


@pytest.mark.parametrize("text", [GPX, GX_TRACK, PLACEMARKS, "time,lat,lon\n2024-01-16T04:30:12Z,11.0654,106.1329\n"])
def test_seeded_mutations_end_in_a_log_or_a_refusal(text):
    data = text.encode()
    rng = random.Random(4)
    for _ in range(300):
        mutant = bytearray(data)
        for _ in range(rng.randint(1, 5)):
            at = rng.randrange(len(mutant))
            mutant[at : at + rng.randint(0, 3)] = rng.choice((b"", b"<", b">", b'"', b"9", b"\xff", b"\0", b"-", b"e999"))
        try:
            log = parse_track_log(bytes(mutant), "log")
        except MalformedError:
            continue
        assert all(abs(fix.lat_deg) <= 90 and abs(fix.lon_deg) <= 180 for fix in log.fixes)
