"""Matroska and WebM."""

import datetime as dt

import pytest
from builders.matroska import build, cluster, element, info, simple_tag, tags, tracks
from builders.movies import absences_of, observations_of, problems_of, read_bytes, values_of

from geoverify.model import (
    Camera,
    CaptureTime,
    Clock,
    PlaceClaim,
    Position,
    Reason,
    Software,
    TextSnippet,
    TimeMeaning,
    VideoInfo,
    Who,
)
from geoverify.readers.matroska import READER

LOCATION = simple_tag("LOCATION", "+11.0654+106.1329+014.5/")


def read(*parts: bytes, **options):
    return read_bytes(READER, build(parts, **options))


def test_information_and_video_track():
    findings = read(info(), tracks(), cluster())
    (video,) = values_of(findings, VideoInfo)
    assert (video.width_px, video.height_px, video.codec, video.fps) == (1920, 1080, "V_VP9", 25.0)
    assert video.duration_s == pytest.approx(12.5)
    assert {item.name for item in values_of(findings, Software)} == {"Lavf60.16.100"}
    (time,) = values_of(findings, CaptureTime)
    assert time.instant_utc == dt.datetime(2001, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=727_072_212)
    assert (time.clock, time.meaning) == (Clock.CONTAINER, TimeMeaning.ENCODED)


@pytest.mark.parametrize("name", ["LOCATION", "location", "LOCATION-ENG", "COM.APPLE.QUICKTIME.LOCATION.ISO6709"])
def test_positions(name):
    findings = read(info(), tags(simple_tag(name, "+11.0654+106.1329+014.5/")), cluster())
    (position,) = observations_of(findings, Position)
    assert (position.value.lat_deg, position.value.lon_deg, position.value.alt_m) == (11.0654, 106.1329, 14.5)
    assert position.value.resolution_m == pytest.approx(11.1, rel=0.01)
    assert position.provenance.who is Who.EDITOR


@pytest.mark.parametrize(
    ("text", "reason"),
    [("+00.0000+000.0000/", Reason.NULL_ISLAND), ("+99.0000+106.0000/", Reason.OUT_OF_RANGE), ("Bavet", Reason.NOT_A_NUMBER)],
)
def test_positions_that_are_none(text, reason):
    findings = read(info(), tags(simple_tag("LOCATION", text)))
    assert [absent.reason for absent in absences_of(findings)] == [reason]


@pytest.mark.parametrize(
    ("name", "text", "local", "offset", "meaning"),
    [
        ("DATE_RECORDED", "2024-01-16 11:30:12", dt.datetime(2024, 1, 16, 11, 30, 12), None, TimeMeaning.CAPTURED),
        (
            "COM.APPLE.QUICKTIME.CREATIONDATE",
            "2024-01-16T11:30:12+0700",
            dt.datetime(2024, 1, 16, 11, 30, 12),
            420,
            TimeMeaning.CAPTURED,
        ),
        ("DATE_DIGITIZED", "2024-01-16", dt.datetime(2024, 1, 16), None, TimeMeaning.DIGITIZED),
    ],
)
def test_times(name, text, local, offset, meaning):
    findings = read(info(date_ns=None), tags(simple_tag(name, text)))
    (time,) = values_of(findings, CaptureTime)
    assert (time.local, time.offset_minutes, time.meaning) == (local, offset, meaning)
    assert time.resolution_s == (86_400.0 if len(text) == 10 else None)
    assert (time.instant_utc is None) == (offset is None)


@pytest.mark.parametrize("text", ["yesterday", "2024", "2024-13-01", "2024-02-30", "20240116"])
def test_times_that_are_none(text):
    findings = read(info(date_ns=None), tags(simple_tag("DATE_RECORDED", text)))
    assert [absent.reason for absent in absences_of(findings)] == [Reason.NOT_A_DATE]


def test_places_words_and_camera():
    findings = read(
        info(),
        tags(
            simple_tag("RECORDING_LOCATION", "KH, Svay Rieng, Bavet"),
            simple_tag("TITLE", "By the river"),
            simple_tag("COM.APPLE.QUICKTIME.MAKE", "Apple"),
            simple_tag("COM.APPLE.QUICKTIME.MODEL", "iPhone 14"),
            simple_tag("ENCODER", "Lavf58.29.100"),
        ),
        tags(simple_tag("TITLE", "of a track"), track=7),
    )
    assert values_of(findings, PlaceClaim)[0].name == "KH, Svay Rieng, Bavet"
    assert [text.text for text in values_of(findings, TextSnippet)] == ["By the river"]
    assert values_of(findings, Camera) == [Camera(make="Apple", model="iPhone 14")]
    assert "Lavf58.29.100" in {item.name for item in values_of(findings, Software)}


def test_nested_tags_carry_their_path():
    findings = read(info(), tags(simple_tag("ACTOR", "somebody", simple_tag("TITLE", "not the file's title"))))
    assert values_of(findings, TextSnippet) == []


def test_tags_behind_the_clusters_are_found_by_the_index():
    parts = (info(), tracks(), cluster(), cluster(), tags(LOCATION))
    assert len(values_of(read(*parts, indexed=[0, 4]), Position)) == 1
    assert len(values_of(read(*parts), Position)) == 1
    assert len(values_of(read(info(), tags(LOCATION), cluster(), indexed=[0, 1]), Position)) == 1


def test_a_live_recording_of_unknown_size():
    findings = read(info(), tracks(), tags(LOCATION), cluster(is_open=True), is_open=True)
    assert len(values_of(findings, Position)) == 1


def test_an_index_that_points_nowhere_is_ignored():
    seek = element(0x4DBB, element(0x53AB, b"\x12\x54\xc3\x67") + element(0x53AC, (1 << 40).to_bytes(8)))
    findings = read(element(0x114D9B74, seek), info(), cluster())
    assert problems_of(findings) == []
    assert len(values_of(findings, VideoInfo)) == 1


@pytest.mark.parametrize(
    "data", [b"\x1aE\xdf\xa3", b"\x1aE\xdf\xa3\x80", b"\x1aE\xdf\xa3" + bytes(50), b"\x1aE\xdf\xa3\x80\x18S\x80g\x80"]
)
def test_next_to_nothing(data):
    assert not values_of(read_bytes(READER, data), VideoInfo)


def test_damage_behind_the_information_keeps_the_information():
    data = build((info(), tracks(), b"\0\0\0\0\0\0\0\0"))
    findings = read_bytes(READER, data)
    assert len(values_of(findings, VideoInfo)) == 1
    assert [problem.code for problem in problems_of(findings)] == ["malformed"]


def test_a_date_outside_the_calendar():
    findings = read(info(date_ns=-(2**63)))
    assert len(values_of(findings, CaptureTime)) + len(absences_of(findings)) == 1
