"""AVI."""

import datetime as dt

import pytest
from builders.avi import build, chunks_of, header_list, nikon
from builders.movies import absences_of, observations_of, read_bytes, values_of
from builders.webp import chunk

from geoverify.model import Camera, CaptureTime, Clock, Reason, Software, TextSnippet, TimeMeaning, VideoInfo
from geoverify.readers.avi import READER


def test_picture_and_rate():
    (video,) = values_of(read_bytes(READER, build(header_list())), VideoInfo)
    assert (video.width_px, video.height_px, video.fps, video.codec, video.frame_count) == (640, 480, 30.0, "MJPG", 300)
    assert video.duration_s == pytest.approx(10.0)


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("Tue Jan 16 11:30:12 2024\n", dt.datetime(2024, 1, 16, 11, 30, 12)),
        ("TUE JAN 16 11:30:12 2024", dt.datetime(2024, 1, 16, 11, 30, 12)),
        ("2024:01:16 11:30:12", dt.datetime(2024, 1, 16, 11, 30, 12)),
        ("2024-01-16  11:30:12", dt.datetime(2024, 1, 16, 11, 30, 12)),
        ("2024/ 1/16  1:42PM", dt.datetime(2024, 1, 16, 13, 42)),
        ("2024/ 1/16 12:05AM", dt.datetime(2024, 1, 16, 0, 5)),
        ("2024/01/16/ 09:19", dt.datetime(2024, 1, 16, 9, 19)),
    ],
)
def test_the_times_that_cameras_write(text, when):
    data = build(header_list(chunk(b"IDIT", text.encode() + b"\0")))
    (time,) = values_of(read_bytes(READER, data), CaptureTime)
    assert (time.local, time.instant_utc, time.offset_minutes) == (when, None, None)
    assert (time.clock, time.meaning) == (Clock.DEVICE, TimeMeaning.CAPTURED)


@pytest.mark.parametrize("text", ["sometime", "2024-13-16 11:30:12", "Tue Jxx 16 11:30:12 2024", "2024:01:16 25:30:12"])
def test_times_that_are_none(text):
    findings = read_bytes(READER, build(header_list(chunk(b"IDIT", text.encode()))))
    assert [absent.reason for absent in absences_of(findings)] == [Reason.NOT_A_DATE]


def test_words_and_program_behind_the_media_data():
    info = chunks_of(
        b"INFO", chunk(b"ISFT", b"CanonMVI01\0"), chunk(b"INAM", b"River\0"), chunk(b"ICRD", b"2024-01-16 11:30:12\0")
    )
    findings = read_bytes(READER, build(header_list(), info))
    assert [item.name for item in values_of(findings, Software)] == ["CanonMVI01"]
    assert [item.text for item in values_of(findings, TextSnippet)] == ["River"]
    assert observations_of(findings, CaptureTime)[0].provenance.field == "INFO.ICRD"
    assert values_of(findings, VideoInfo)[0].writer == "CanonMVI01"


def test_nikon_names_its_camera():
    findings = read_bytes(READER, build(header_list(), nikon("NIKON", "COOLPIX P90", "2024:01:16 11:30:12")))
    assert values_of(findings, Camera) == [Camera(make="NIKON", model="COOLPIX P90")]
    assert values_of(findings, CaptureTime)[0].local == dt.datetime(2024, 1, 16, 11, 30, 12)


def test_headers_that_are_cut_off():
    data = build(header_list(chunk(b"IDIT", b"Tue Jan 16 11:30:12 2024")))
    for length in range(12, len(data)):
        read_bytes(READER, data[:length])
