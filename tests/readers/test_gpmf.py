"""GoPro telemetry."""

import datetime as dt
import struct

import pytest
from builders.gpmf import (
    block,
    glpi_stream,
    gopro_track,
    gps5_stream,
    gps9_stream,
    motion_stream,
    nest,
    payload,
    settings_box,
    text,
)
from builders.movies import absences_of, build_movie, observations_of, points_of, problems_of, read_bytes, values_of

from geoverify.containers.fixes import ERROR_PER_DOP_M
from geoverify.containers.gpmf import walk_blocks
from geoverify.errors import MalformedError
from geoverify.model import Camera, CaptureTime, Clock, Reason, Software, TimeMeaning, Track, Who
from geoverify.readers.gpmf import READER
from geoverify.tracks import MAX_POINTS

PLACES = [(11.0654 + i * 1e-4, 106.1329, 14.5 + i) for i in range(4)]


def read(*payloads: bytes, **parts):
    return read_bytes(READER, build_movie(gopro_track(payloads), **parts))


def test_gps5_is_spread_over_its_payload():
    findings = read(payload(motion_stream(), gps5_stream(PLACES)), payload(gps5_stream(PLACES[:2], utc="240116043013.500")))
    assert points_of(findings) == [
        (pytest.approx(time_s), pytest.approx(lat), pytest.approx(lon))
        for time_s, (lat, lon, _) in zip((0.0, 0.25, 0.5, 0.75, 1.0, 1.5), [*PLACES, *PLACES[:2]], strict=True)
    ]
    (track,) = values_of(findings, Track)
    assert track.points[0].position.alt_m == pytest.approx(14.5)
    assert track.points[0].position.horizontal_error_m == pytest.approx(1.5 * ERROR_PER_DOP_M)
    (time,) = values_of(findings, CaptureTime)
    assert time.instant_utc == dt.datetime(2024, 1, 16, 4, 30, 12, 500_000, tzinfo=dt.UTC)
    assert (time.clock, time.meaning, time.offset_minutes) == (Clock.GPS, TimeMeaning.FIXED, None)
    assert problems_of(findings) == []


def test_points_without_a_fix_are_counted_and_never_positions():
    pacific = [(-14.123, -170.6, 0.0)] * 18
    findings = read(payload(gps5_stream(pacific, fix=0, dop=99.99)), payload(gps5_stream(PLACES, fix=3)))
    assert len(points_of(findings)) == 4
    (absent,) = absences_of(findings)
    assert absent.reason is Reason.NO_FIX
    assert "18 of 22 points" in absent.detail
    assert "-14.123, -170.6" in absent.detail
    only = read(payload(gps5_stream(pacific, fix=0, dop=99.99)))
    assert values_of(only, Track) == []
    assert values_of(only, CaptureTime) == []
    assert len(absences_of(only)) == 1


def test_a_dilution_that_was_not_computed_gives_no_precision():
    (track,) = values_of(read(payload(gps5_stream(PLACES, dop=99.99))), Track)
    assert all(point.position.horizontal_error_m is None for point in track.points)


def test_gps9_states_fix_and_time_a_row_at_a_time():
    day = (dt.date(2024, 1, 16) - dt.date(2000, 1, 1)).days
    rows = [(0.5, 0.5, 0.0, day, 16211.0, 99.99, 0), (11.0654, 106.1329, 14.5, day, 16212.5, 1.1, 3)]
    findings = read(payload(gps9_stream(rows), device="HERO11 Black"))
    assert points_of(findings) == [(pytest.approx(0.5), pytest.approx(11.0654), pytest.approx(106.1329))]
    (time,) = values_of(findings, CaptureTime)
    assert time.instant_utc == dt.datetime(2024, 1, 16, 4, 30, 12, 500_000, tzinfo=dt.UTC)
    assert [absent.reason for absent in absences_of(findings)] == [Reason.NO_FIX]


def test_each_device_and_stream_is_a_track_of_its_own():
    both = payload(gps5_stream(PLACES)) + payload(glpi_stream(PLACES[:2]), device="GoPro Karma v1.0")
    findings = read(both)
    tracks = {item.provenance.field: len(item.value.points) for item in observations_of(findings, Track)}
    assert tracks == {"gpmd.GPS5": 4, "gpmd.GLPI": 2}
    assert [camera.model for camera in values_of(findings, Camera)] == ["GoPro Karma v1.0", "Hero6 Black"]


def test_settings_name_the_camera():
    findings = read(payload(gps5_stream(PLACES), device="Camera"), user_data=[settings_box()])
    (camera,) = observations_of(findings, Camera)
    assert (camera.value.make, camera.value.model, camera.value.serial) == ("GoPro", "HERO8 Black", "C3331350000000")
    assert camera.provenance.who is Who.DEVICE
    assert values_of(findings, Software)[0].name == "GoPro firmware HD8.01.01.20.00"


def test_a_long_track_is_thinned_at_equal_times_and_says_so():
    findings = read(*[payload(gps5_stream([PLACES[0]] * 18)) for _ in range(700)])
    (track,) = observations_of(findings, Track)
    assert MAX_POINTS * 0.9 < len(track.value.points) <= MAX_POINTS + 1
    assert "12600 points" in track.provenance.raw
    assert f"thinned to {len(track.value.points)}" in track.provenance.raw
    gaps = [b.time_s - a.time_s for a, b in zip(track.value.points, track.value.points[1:], strict=False)]
    assert max(gaps) < 3 * min(gaps)


def test_a_damaged_payload_costs_only_itself():
    good, bad = payload(gps5_stream(PLACES)), bytearray(payload(gps5_stream(PLACES)))
    bad[bad.index(b"GPS5") + 6] = 0xFF
    findings = read(good, bytes(bad), good)
    assert len(points_of(findings)) == 8
    assert "1 of 3" in problems_of(findings)[0].message


def test_other_formats_under_the_same_name_are_left_alone():
    assert read(b"FMAS" + bytes(200), b"\0\0\xf2\xe1" + bytes(300)) == []


def test_scales_that_do_not_fit_are_refused():
    rows = struct.pack(">5l", 1, 2, 3, 4, 5)
    for scale in (block(b"SCAL", "l", 4, bytes(20)), block(b"SCAL", "l", 4, struct.pack(">3l", 1, 2, 3)), b""):
        stream = nest(b"STRM", scale, block(b"GPS5", "l", 20, rows))
        findings = read(payload(stream))
        assert problems_of(findings) or points_of(findings)


def test_structures_spell_out_their_arrays():
    rows = struct.pack(">5l", 110_654_000, 1_061_329_000, 14_500, 0, 0)
    scale = block(b"SCAL", "l", 4, struct.pack(">5l", 10_000_000, 10_000_000, 1000, 1, 1))
    stream = nest(b"STRM", text(b"TYPE", "l[5]"), scale, block(b"GPS5", "?", 20, rows))
    assert points_of(read(payload(stream)))[0][1:] == (pytest.approx(11.0654), pytest.approx(106.1329))


def test_blocks_that_run_over_their_parent_are_refused():
    with pytest.raises(MalformedError):
        list(walk_blocks(b"DEVC\0\x04\0\x10" + bytes(8)))
    with pytest.raises(MalformedError):
        list(walk_blocks(b"ABCD\0\0\0\0" * 5000))


def test_cut_anywhere_it_never_fails():
    data = build_movie(gopro_track([payload(motion_stream(), gps5_stream(PLACES))]), user_data=[settings_box()])
    for length in range(0, len(data), 3):
        read_bytes(READER, data[:length])
