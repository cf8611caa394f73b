import random
import struct

import pytest
from builders import isobmff as build
from builders.jpeg import APP0, APP13, COM, SOI, build_jpeg, exif_segment, segment
from builders.png import build_png, chunk

from geoverify.containers.jpeg import segments
from geoverify.containers.jpeg_coding import read_coding
from geoverify.errors import MalformedError
from geoverify.media import MemorySource, open_media, sniff_type
from geoverify.model import EncodingTrace, MediaFile, Observation, TraceKind
from geoverify.opencv import load_cv2
from geoverify.readers.fingerprint import MAX_PARTS, READER

JFIF = segment(APP0, b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0")
TIFF = b"II*\0\x08\0\0\0\0\0\0\0\0\0"


def read(data):
    kind, media_type = sniff_type(data[:4096])
    media = MediaFile(path="x", kind=kind, media_type=media_type, size_bytes=len(data), digest=None)
    return list(READER.read(media, MemorySource(data)))


def traces(data):
    found = {}
    for item in read(data):
        assert isinstance(item, Observation)
        assert isinstance(item.value, EncodingTrace)
        found.setdefault(item.value.kind, []).append(item.value.value)
    return found


def encode(quality, *options):
    cv2 = load_cv2()
    import numpy as np

    pixels = (np.random.default_rng(1).random((16, 24, 3)) * 255).astype("uint8")
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality, *options])[1].tobytes()


@pytest.mark.parametrize("quality", [1, 2, 3, 24, 25, 49, 50, 51, 75, 87, 95, 99, 100])
def test_the_quality_of_scaled_tables_is_found_again(quality):
    assert traces(encode(quality))[TraceKind.JPEG_TABLES] == [f"Annex K, quality {quality}"]


def test_other_tables_are_told_apart_by_a_digest():
    table = bytes(range(1, 65))
    first = traces(build_jpeg(segment(0xDB, b"\0" + table)))[TraceKind.JPEG_TABLES]
    again = traces(build_jpeg(JFIF, segment(0xDB, b"\0" + table)))[TraceKind.JPEG_TABLES]
    other = traces(build_jpeg(segment(0xDB, b"\0" + table[::-1])))[TraceKind.JPEG_TABLES]
    assert first == again != other
    assert first[0].startswith("own tables ")


def test_tables_of_sixteen_bits_are_read_whole():
    wide = segment(0xDB, b"\x10" + struct.pack(">64H", *range(300, 364)))
    assert traces(build_jpeg(wide))[TraceKind.JPEG_TABLES][0].startswith("own tables ")


def test_progressive_and_optimised_coding_are_seen():
    cv2 = load_cv2()
    plain = traces(encode(80))[TraceKind.JPEG_CODING][0]
    progressive = traces(encode(80, cv2.IMWRITE_JPEG_PROGRESSIVE, 1))[TraceKind.JPEG_CODING][0]
    optimised = traces(encode(80, cv2.IMWRITE_JPEG_OPTIMIZE, 1))[TraceKind.JPEG_CODING][0]
    assert plain == "baseline, 4:2:0, standard Huffman tables, 24×16"
    assert progressive.startswith("progressive, 4:2:0, optimised")
    assert optimised.startswith("baseline, 4:2:0, optimised")


def test_the_order_of_segments_is_named():
    data = build_jpeg(exif_segment(TIFF), JFIF, segment(0xEE, b"Adobe\0"), segment(0xE5, b"?"), segment(COM, b"hello"))
    assert traces(data)[TraceKind.JPEG_LAYOUT] == ["Exif JFIF Adobe APP5 COM DQT SOF0 DHT×2 SOS"]


def test_a_thumbnail_in_the_exif_is_seen_or_missed():
    assert traces(build_jpeg(exif_segment(TIFF)))[TraceKind.JPEG_THUMBNAIL] == ["absent"]
    assert traces(build_jpeg(exif_segment(TIFF + SOI + b"\xff\xdb")))[TraceKind.JPEG_THUMBNAIL] == ["present"]
    assert TraceKind.JPEG_THUMBNAIL not in traces(build_jpeg(JFIF))


def test_facebook_s_mark_in_iptc():
    number = b"FBMD0a000a6f0100000102030405060708090a0b0c"
    iptc = b"\x1c\x02\x28" + len(number).to_bytes(2) + number
    block = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + len(iptc).to_bytes(4) + iptc
    assert traces(build_jpeg(segment(APP13, block)))[TraceKind.MARK] == [number.decode()]
    assert TraceKind.MARK not in traces(build_jpeg(segment(APP13, block.replace(b"FBMD", b"ABCD"))))


def test_signatures_of_programs_in_comments():
    marks = traces(build_jpeg(segment(COM, b"CREATOR: gd-jpeg v1.0 (using IJG JPEG v80), quality = 82\n")))[TraceKind.MARK]
    assert marks == ["CREATOR: gd-jpeg v1.0 (using IJG JPEG v80), quality = 82"]
    assert TraceKind.MARK not in traces(build_jpeg(segment(COM, b"Anna at the gate")))


def test_png_chunks():
    data = build_png(chunk(b"pHYs", bytes(9)), chunk(b"iDOT", bytes(28)))
    assert traces(data) == {TraceKind.PNG_CHUNKS: ["IHDR pHYs iDOT IDAT IEND"]}


def test_brands_and_order_of_boxes():
    data = build.ftyp(b"isom", b"isom", b"iso2", b"avc1", b"mp41") + build.box(b"free") + build.box(b"mdat", b"12345678")
    found = traces(data + build.box(b"moov", build.mvhd()))
    assert found[TraceKind.BOX_ORDER] == ["ftyp free mdat moov"]
    assert found[TraceKind.BRANDS][0].endswith(": isom iso2 avc1 mp41")


def test_runs_of_boxes_are_counted_and_bounded():
    many = b"".join(build.box(b"%04d" % number) for number in range(200))
    assert traces(build.ftyp() + build.box(b"free") * 5)[TraceKind.BOX_ORDER] == ["ftyp free×5"]
    listed = traces(build.ftyp() + many)[TraceKind.BOX_ORDER][0].split(" ")
    assert len(listed) == MAX_PARTS + 1
    assert listed[-1] == "…"


@pytest.mark.parametrize(
    ("keys", "mark"),
    [
        ({"aigc_info": '{"aigc_label_type":0}'}, "ByteDance key aigc_info"),
        ({"vid_md5": "0" * 32}, "ByteDance key vid_md5"),
        ({"comment": "vid:v0300fg10000ci36ru3c77u5pp0p78gg"}, "ByteDance vid:v0300fg10000ci36ru3c77u5pp0p78gg"),
        ({"com.apple.quicktime.author": "ReplayKitRecording"}, "ReplayKitRecording"),
    ],
)
def test_marks_among_the_keys_of_a_movie(keys, mark):
    assert traces(build.movie_file(build.mdta_meta(keys)))[TraceKind.MARK] == [mark]


def test_bytedance_s_comment_in_itunes_items():
    movie = build.movie_file(build.box(b"udta", build.ilst_meta({b"\xa9cmt": "vid:v0300fg10000ci36ru3c77u5pp0p78gg"})))
    assert traces(movie)[TraceKind.MARK] == ["ByteDance vid:v0300fg10000ci36ru3c77u5pp0p78gg"]


def test_words_of_people_are_no_marks():
    movie = build.movie_file(build.mdta_meta({"comment": "a vid:v0300 of mine", "com.apple.quicktime.author": "Anna"}))
    assert TraceKind.MARK not in traces(movie)


def test_encoders_that_sign_their_first_frame():
    sample = b"\0\0\x02\xad\x06\x05\xff\xff" + bytes(16) + b"x264 - core 164 r3095 baee400 - H.264/MPEG-4 AVC codec"
    data = build.ftyp() + build.box(b"moov", build.mvhd()) + build.box(b"mdat", sample)
    assert traces(data)[TraceKind.MARK] == ["x264 - core 164"]


def samples():
    yield encode(80)
    yield build_jpeg(
        exif_segment(TIFF), segment(APP13, b"Photoshop 3.0\0" + b"\x1c\x02\x28\0\x08FBMD0123"), segment(COM, b"AppleMark")
    )
    yield build_png(chunk(b"pHYs", bytes(9)))
    yield build.movie_file(
        build.mdta_meta({"aigc_info": "{}"}), build.box(b"udta", build.ilst_meta({b"\xa9too": "Lavf60.3.100"}))
    )


@pytest.mark.parametrize("number", range(4))
def test_files_cut_off_anywhere_are_read_as_far_as_they_go(number):
    data = list(samples())[number]
    for end in range(0, len(data), max(1, len(data) // 400)):
        try:
            read(data[:end])
        except MalformedError:
            continue


@pytest.mark.parametrize("number", range(4))
def test_mutated_files_end_in_traces_or_a_refusal(number):
    data = list(samples())[number]
    seed = random.Random(number)
    for _ in range(300):
        broken = bytearray(data)
        for _ in range(seed.randrange(1, 8)):
            broken[seed.randrange(len(broken))] = seed.randrange(256)
        try:
            for item in read(bytes(broken)):
                assert len(item.value.value) < 4096
        except MalformedError:
            continue


def test_impossible_tables_are_left_out():
    for payload in (b"", b"\0", b"\x40" + bytes(64), b"\x0f" + bytes(64), b"\0" + bytes(63)):
        source = MemorySource(SOI + segment(0xDB, payload) + segment(0xC0, b"\x08\0\x01\0\x01\xff"))
        coding = read_coding(source, list(segments(source)))
        assert coding.tables == {}
        assert coding.process == ""


def test_real_pictures_and_films(shared):
    counted = {"image/jpeg": 0, "video/mp4": 0, "image/png": 0}
    for path in sorted((shared / "corpora" / "metadata").rglob("*.*")):
        if path.suffix.lower() in (".jpg", ".mp4", ".png"):
            with open_media(path) as (media, source):
                found = list(READER.read(media, source))
            if media.media_type in counted:
                counted[media.media_type] += 1
                assert found, path
    assert min(counted.values()) >= 5
