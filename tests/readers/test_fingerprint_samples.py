"""Encoders' names in the first samples: where the tables say that they begin, and without tables where the media data does."""

from builders.movies import TrackPlan, box, build_movie, read_bytes

from geoverify.model import EncodingTrace, Observation, TraceKind
from geoverify.readers.fingerprint import MEDIA_HEAD_BYTES, READER

X264 = b"\0\0\x02\xad\x06\x05\xff\xff" + bytes(16) + b"x264 - core 164 r3095 baee400 - H.264/MPEG-4 AVC codec"
AAC = b"\xde\x04\x00Lavc60.3.100\x00"


def marks(data: bytes) -> list[str]:
    traces = (item.value for item in read_bytes(READER, data) if isinstance(item, Observation))
    return [trace.value for trace in traces if isinstance(trace, EncodingTrace) and trace.kind is TraceKind.MARK]


def test_each_track_is_looked_at_where_it_begins():
    sound = TrackPlan(b"soun", b"mp4a", [AAC, bytes(2 * MEDIA_HEAD_BYTES)], [1000, 1000])
    pictures = TrackPlan(b"vide", b"avc1", [X264 + bytes(5000)], [1000])
    assert sorted(marks(build_movie(sound, pictures))) == ["Lavc60.3.100", "x264 - core 164"]
    assert sorted(marks(build_movie(pictures, sound))) == ["Lavc60.3.100", "x264 - core 164"]


def test_words_that_only_begin_like_a_mark_are_none():
    track = TrackPlan(b"vide", b"avc1", [b"Lavc, x264 - core , HandBrake 1 and x265 (build x)" + bytes(64)], [1000])
    assert marks(build_movie(track)) == []


def test_one_mark_is_told_once_and_two_versions_are_two():
    track = TrackPlan(b"vide", b"avc1", [b"Lavc58.1.100 Lavc58.1.100 Lavc60.3.100"], [1000])
    assert marks(build_movie(track)) == ["Lavc58.1.100", "Lavc60.3.100"]


def test_without_tables_the_beginning_of_the_media_data_is_searched():
    near, far = bytes(MEDIA_HEAD_BYTES // 2) + X264, bytes(MEDIA_HEAD_BYTES) + X264
    assert marks(box(b"ftyp", b"isom") + box(b"mdat", near)) == ["x264 - core 164"]
    assert marks(box(b"ftyp", b"isom") + box(b"mdat", far)) == []


def test_a_table_that_points_out_of_the_file_does_not_hide_the_media_data():
    whole = build_movie(TrackPlan(b"vide", b"avc1", [X264], [1000]))
    at = whole.index(b"stco") + 12
    assert marks(whole[:at] + b"\xff" * 4 + whole[at + 4 :]) == ["x264 - core 164"]
