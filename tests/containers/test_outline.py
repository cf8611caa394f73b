"""The outline of a movie file."""

import pytest
from builders.movies import TrackPlan, box, build_movie, full_box, u32

from geoverify.containers.isobmff import walk_boxes
from geoverify.containers.outline import find_first, read_outline
from geoverify.containers.quicktime_movie import MAX_TRACKS
from geoverify.media import MemorySource

PLAN = TrackPlan(b"meta", b"gpmd", [b"abc"], [1000])


def test_the_outline_names_boxes_user_data_and_telemetry_tracks():
    uuid = bytes(range(16))
    data = build_movie(
        PLAN,
        TrackPlan(b"text", b"tx3g", [b"\0\x01a"], [500], timescale=90_000),
        user_data=[box(b"\xa9xyz", b"abc"), box(b"GPMF", b"defg")],
        movie_parts=[box(b"uuid", uuid, b"payload"), box(b"gps ", bytes(8))],
        after=box(b"GPS ", bytes(36)),
    )
    source = MemorySource(data)
    outline = read_outline(source)
    assert [part.type for part in outline.top] == [b"ftyp", b"mdat", b"moov", b"GPS "]
    assert [part.type for part in outline.user_data] == [b"\xa9xyz", b"GPMF"]
    assert [(track.handler, track.format, track.timescale) for track in outline.tracks] == [
        (b"meta", b"gpmd", 1000),
        (b"text", b"tx3g", 90_000),
    ]
    garmin = find_first(outline.movie, b"uuid")
    assert garmin is not None
    assert (garmin.user_type, source.read(garmin.offset, garmin.size_bytes)) == (uuid, b"payload")
    assert read_outline(source) is outline


def test_it_agrees_with_the_plain_walk():
    source = MemorySource(build_movie(PLAN, user_data=[box(b"abcd", b"x")], after=box(b"free", bytes(2000)) + box(b"skip")))
    outline = read_outline(source)
    plain = [(item.type, item.offset, item.size_bytes) for item in walk_boxes(source, 0, source.size_bytes)]
    assert [(item.type, item.offset, item.size_bytes) for item in outline.top] == plain
    moov = find_first(outline.top, b"moov")
    assert moov is not None
    inner = [(item.type, item.offset, item.size_bytes) for item in walk_boxes(source, moov.offset, moov.end)]
    assert [(item.type, item.offset, item.size_bytes) for item in outline.movie] == inner


def test_tracks_before_the_damage_are_kept():
    data = build_movie(PLAN, movie_parts=[(3).to_bytes(4) + b"trak"])
    assert len(read_outline(MemorySource(data)).tracks) == 1


@pytest.mark.parametrize("data", [b"", b"\0", bytes(64), b"\0\0\0\x08moov", b"\0\0\0\0moov", b"\0\0\0\x01moov" + b"\xff" * 8])
def test_next_to_nothing_has_no_outline(data):
    outline = read_outline(MemorySource(data))
    assert outline.tracks == ()
    assert outline.user_data == ()


def test_a_fragmented_file_is_walked_to_its_second_fragment():
    fragment = box(b"moof", full_box(b"mfhd", u32(1))) + box(b"mdat", bytes(100))
    source = MemorySource(build_movie(PLAN, after=fragment * 3000))
    outline = read_outline(source)
    assert [item.type for item in outline.top] == [b"ftyp", b"mdat", b"moov", b"moof", b"mdat"]


def test_endless_tracks_are_not_followed():
    many = build_movie(movie_parts=[PLAN.build([0])] * (MAX_TRACKS + 40))
    assert len(read_outline(MemorySource(many)).tracks) <= MAX_TRACKS


def test_few_reads_make_it(monkeypatch):
    source = MemorySource(build_movie(PLAN, user_data=[box(b"abcd", b"x")] * 20))
    calls = []
    plain = source.read
    monkeypatch.setattr(source, "read", lambda at, length: calls.append(at) or plain(at, length))
    read_outline(source)
    assert len(calls) < 8
