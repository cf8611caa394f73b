"""The QuickTime reader on files of every layout, honest and hostile."""

import datetime as dt
import math

import pytest
from builders import isobmff as build
from builders.findings import absent, observed, problems, read_bytes

from geoverify.model import (
    Camera,
    CaptureTime,
    Clock,
    FieldOfView,
    Finding,
    Heading,
    North,
    Observation,
    PlaceClaim,
    Position,
    Reason,
    Software,
    TextSnippet,
    TimeMeaning,
    VideoInfo,
    Who,
)
from geoverify.readers.quicktime import READER

APPLE = "com.apple.quicktime."
WHEN = dt.datetime(2026, 1, 14, 9, 30, tzinfo=dt.UTC)
CREATED = build.seconds_1904(WHEN)


def read(data: bytes) -> list[Finding]:
    return read_bytes(READER, data)


def udta(*boxes: bytes) -> bytes:
    return build.box(b"udta", *boxes)


def test_user_data_location() -> None:
    ((position, field, who),) = observed(read(build.movie_file(udta(build.xyz_atom("+10.6089+103.5326/")))), Position)
    assert (position.lat_deg, position.lon_deg, position.alt_m) == (10.6089, 103.5326, None)
    assert position.resolution_m == pytest.approx(11.1, abs=0.1)
    assert (field, who) == ("moov/udta/©xyz", Who.DEVICE)


def test_resolution_follows_the_coarser_axis() -> None:
    ((position, _, _),) = observed(read(build.movie_file(udta(build.xyz_atom("+60.00000+025.0/")))), Position)
    assert position.resolution_m == pytest.approx(0.1 * 111_195 * 0.5, rel=1e-3)


def test_loci() -> None:
    ((position, field, _),) = observed(read(build.movie_file(udta(build.loci_box(-33.5, -70.25, 12.5)))), Position)
    assert (position.lat_deg, position.lon_deg, position.alt_m) == (-33.5, -70.25, 12.5)
    assert position.resolution_m == pytest.approx(1.7, abs=0.01)
    assert field == "moov/udta/loci"


def test_loci_altitude_zero_is_not_known() -> None:
    ((position, _, _),) = observed(read(build.movie_file(udta(build.loci_box(10.5, 103.5)))), Position)
    assert position.alt_m is None


def test_loci_roles_and_bodies() -> None:
    real = read(build.movie_file(udta(build.loci_box(10.5, 103.5, role=1, name="Fort"))))
    assert not observed(real, Position)
    ((claim, _, who),) = observed(real, PlaceClaim)
    assert claim.name == "Fort" and claim.position is not None and who is Who.UPLOADER
    for box in (build.loci_box(10.5, 103.5, role=2), build.loci_box(10.5, 103.5, body="moon")):
        (missing,) = absent(read(build.movie_file(udta(box))), "position")
        assert missing.reason is Reason.UNSUPPORTED


def test_apple_keys() -> None:
    keys = {
        APPLE + "location.ISO6709": "+10.6089+103.5326+012.345/",
        APPLE + "location.accuracy.horizontal": "4.748652",
        APPLE + "creationdate": "2026-01-14T16:30:00+0700",
        APPLE + "make": "Apple",
        APPLE + "model": "iPhone 14 Pro",
        APPLE + "software": "17.4.1",
        APPLE + "direction.facing": "271.5M/-3.0",
    }
    found = read(build.movie_file(build.mdta_meta(keys), created=CREATED, brand=b"qt  "))
    ((position, field, who),) = observed(found, Position)
    assert (position.alt_m, position.horizontal_error_m) == (12.345, 4.748652)
    assert (field, who) == (f"moov/meta/{APPLE}location.ISO6709", Who.DEVICE)
    times = {field: time for time, field, _ in observed(found, CaptureTime)}
    taken = times[f"moov/meta/{APPLE}creationdate"]
    assert (taken.local, taken.offset_minutes, taken.instant_utc) == (dt.datetime(2026, 1, 14, 16, 30), 420, WHEN)
    assert (taken.clock, taken.meaning) == (Clock.DEVICE, TimeMeaning.CAPTURED)
    ((camera, _, _),) = observed(found, Camera)
    assert camera == Camera(make="Apple", model="iPhone 14 Pro")
    ((heading, _, _),) = observed(found, Heading)
    assert heading == Heading(angle_deg=271.5, north=North.MAGNETIC)
    assert "17.4.1" in [software.name for software, _, _ in observed(found, Software)]
    assert not problems(found)


def test_track_keys_give_the_field_of_view() -> None:
    meta = build.mdta_meta({APPLE + "camera.focal_length.35mm_equivalent": 26})
    found = read(build.movie_file(video=build.video_track(meta), brand=b"qt  "))
    ((view, field, _),) = observed(found, FieldOfView)
    assert view.long_side_deg == pytest.approx(2 * math.degrees(math.atan(18 / 26)))
    assert field.startswith("moov/trak[1]/meta/")


@pytest.mark.parametrize("where", ["moov/udta/meta", "moov/trak[1]/udta", "udta", "meta"])
def test_location_wherever_it_stands(where: str) -> None:
    point = "+10.6089+103.5326/"
    if where == "moov/udta/meta":
        data = build.movie_file(udta(build.ilst_meta({b"\xa9xyz": point})))
    elif where == "udta":
        data = build.movie_file() + udta(build.xyz_atom(point))
    elif where == "meta":
        data = build.movie_file() + build.ilst_meta({b"\xa9xyz": point})
    else:
        data = build.movie_file(video=build.video_track(udta(build.xyz_atom(point))))
    ((position, field, _),) = observed(read(data), Position)
    assert field == f"{where}/©xyz"
    assert position.lat_deg == 10.6089


def test_sources_that_differ_stay_two() -> None:
    parts = udta(build.xyz_atom("+10.60+103.53/"), build.loci_box(10.75, 103.75))
    found = observed(read(build.movie_file(parts)), Position)
    assert [(position.lat_deg, field) for position, field, _ in found] == [(10.6, "moov/udta/©xyz"), (10.75, "moov/udta/loci")]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("+00.0000+000.0000/", Reason.NULL_ISLAND),
        ("+91.0000+103.0000/", Reason.OUT_OF_RANGE),
        ("+10.0000+181.0000/", Reason.OUT_OF_RANGE),
        ("Phnom Penh", Reason.NOT_A_NUMBER),
        ("+10.6089/", Reason.NOT_A_NUMBER),
        ("+35.6586+139.7454CRSJGD2000/", Reason.UNSUPPORTED),
    ],
)
def test_unusable_positions_are_absent(text: str, reason: Reason) -> None:
    found = read(build.movie_file(udta(build.xyz_atom(text))))
    assert not observed(found, Position)
    (missing,) = absent(found, "position")
    assert missing.reason is reason


def test_no_location_is_said() -> None:
    (missing,) = absent(read(build.movie_file()), "position")
    assert missing.reason is Reason.NOT_PRESENT


def test_an_accuracy_that_is_none() -> None:
    for accuracy in ("-1", "nan", "unknown", "0"):
        keys = {APPLE + "location.ISO6709": "+10.6+103.5/", APPLE + "location.accuracy.horizontal": accuracy}
        ((position, _, _),) = observed(read(build.movie_file(build.mdta_meta(keys))), Position)
        assert position.horizontal_error_m is None


@pytest.mark.parametrize(
    ("writer", "who"),
    [
        (b"Lavf60.3.100", Who.EDITOR),
        (b"HandBrake 1.6.1 2023012300", Who.EDITOR),
        (b"GoPro AVC encoder", Who.DEVICE),
        (b"", Who.DEVICE),
    ],
)
def test_a_re_encoder_makes_it_an_editors_word(writer: bytes, who: Who) -> None:
    meta = build.ilst_meta({b"\xa9too": writer.decode()}) if writer else b""
    found = read(build.movie_file(udta(build.xyz_atom("+10.6+103.5/"), meta)))
    assert [item[2] for item in observed(found, Position)] == [who]


def test_a_platforms_muxer_is_known_by_its_handler() -> None:
    track = build.video_track(name=b"ISO Media file produced by Google Inc. Created on: 01/14/2026.\0")
    found = read(build.movie_file(udta(build.xyz_atom("+10.6+103.5/")), video=track))
    assert [who for _, _, who in observed(found, Position)] == [Who.PLATFORM]


def test_header_times_are_utc_by_the_standard_and_given_once() -> None:
    ((time, field, _),) = observed(read(build.movie_file(created=CREATED)), CaptureTime)
    assert (time.instant_utc, time.local, time.offset_minutes) == (WHEN, None, None)
    assert (time.clock, time.meaning) == (Clock.CONTAINER, TimeMeaning.ENCODED)
    assert field == "moov/mvhd creation_time"


def test_header_times_that_differ_stay_apart() -> None:
    later = build.seconds_1904(WHEN + dt.timedelta(days=1))
    times = observed(read(build.movie_file(video=build.video_track(created=later), created=CREATED)), CaptureTime)
    assert [field for _, field, _ in times] == ["moov/mvhd creation_time", "moov/trak[1]/tkhd creation_time"]


def test_wide_headers() -> None:
    parts = build.mvhd(CREATED, version=1), build.box(b"trak", build.tkhd(CREATED, version=1))
    found = read(build.ftyp() + build.box(b"moov", *parts) + build.box(b"mdat"))
    assert [time.instant_utc for time, _, _ in observed(found, CaptureTime)] == [WHEN]


@pytest.mark.parametrize(
    ("seconds", "reason"),
    [
        (0, Reason.NOT_PRESENT),
        (1_768_383_000, Reason.NOT_A_DATE),
        (2_082_844_800, Reason.NOT_A_DATE),
        (1 << 62, Reason.NOT_A_DATE),
        ((1 << 64) - 1, Reason.NOT_A_DATE),
    ],
)
def test_header_times_that_are_none(seconds: int, reason: Reason) -> None:
    found = read(build.ftyp() + build.box(b"moov", build.mvhd(seconds, version=1)))
    assert not observed(found, CaptureTime)
    (missing,) = absent(found, "time")
    assert missing.reason is reason


def test_unix_seconds_are_named_and_not_used() -> None:
    (missing,) = absent(read(build.ftyp() + build.box(b"moov", build.mvhd(1_768_383_000))), "time")
    assert "1960-01-14" in missing.detail and "2026-01-14 09:30:00" in missing.detail


@pytest.mark.parametrize(
    ("text", "local", "offset", "clock", "meaning"),
    [
        ("2026-01-14T16:30:00+0700", dt.datetime(2026, 1, 14, 16, 30), 420, Clock.DEVICE, TimeMeaning.CAPTURED),
        ("2026-01-14 16:30:00", dt.datetime(2026, 1, 14, 16, 30), None, Clock.DEVICE, TimeMeaning.CAPTURED),
        ("20260114", dt.datetime(2026, 1, 14), None, Clock.PLATFORM, TimeMeaning.POSTED),
    ],
)
def test_days_of_an_item_list(text: str, local: dt.datetime, offset: int | None, clock: Clock, meaning: TimeMeaning) -> None:
    found = read(build.movie_file(udta(build.ilst_meta({b"\xa9day": text}))))
    (time,) = [value for value, field, _ in observed(found, CaptureTime) if field == "moov/udta/meta/©day"]
    assert (time.local, time.offset_minutes, time.clock, time.meaning) == (local, offset, clock, meaning)
    assert time.resolution_s == (86_400 if clock is Clock.PLATFORM else None)


def test_a_bare_year_is_no_time() -> None:
    found = read(build.movie_file(udta(build.ilst_meta({b"\xa9day": "2008"})), created=CREATED))
    (missing,) = absent(found, "time")
    assert missing.reason is Reason.NOT_A_DATE and "2008" in missing.detail


def test_words_are_the_uploaders() -> None:
    meta = build.ilst_meta(
        {b"\xa9nam": "Inside the compound", b"desc": "seen from gate 2", b"\xa9cmt": "https://example.org/v/1"}
    )
    texts = observed(read(build.movie_file(udta(meta, build.text_3gpp(b"titl", "ថ្មី", utf16=True)))), TextSnippet)
    assert [text.text for text, _, _ in texts] == ["Inside the compound", "seen from gate 2", "https://example.org/v/1", "ថ្មី"]
    assert {who for _, _, who in texts} == {Who.UPLOADER}


def test_android_keys() -> None:
    keys = {"com.android.version": "14", "com.android.manufacturer": "Google", "com.android.model": "Pixel 8"}
    found = read(build.movie_file(build.mdta_meta(keys)))
    assert [camera for camera, _, _ in observed(found, Camera)] == [Camera(make="Google", model="Pixel 8")]
    assert "Android 14" in [software.name for software, _, _ in observed(found, Software)]


def test_keys_under_ffmpegs_own_names() -> None:
    keys = {"location": "+10.6089+103.5326/", "make": "Apple", "model": "iPhone 8", "encoder": "Lavf60.16.100"}
    found = read(build.movie_file(build.mdta_meta(keys)))
    assert [(position.lat_deg, who) for position, _, who in observed(found, Position)] == [(10.6089, Who.EDITOR)]
    assert [camera for camera, _, _ in observed(found, Camera)] == [Camera(make="Apple", model="iPhone 8")]


def test_cameras_of_different_boxes_stay_apart() -> None:
    parts = (
        udta(build.international_text(b"\xa9mak", "Canon"), build.box(b"modl", b"EOS R6\0")),
        build.mdta_meta({APPLE + "make": "Apple"}),
    )
    cameras = [camera for camera, _, _ in observed(read(build.movie_file(*parts)), Camera)]
    assert cameras == [Camera(make="Canon", model="EOS R6"), Camera(make="Apple")]


def test_video_info() -> None:
    track = build.video_track(rotation_deg=90)
    ((info, _, _),) = observed(read(build.movie_file(udta(build.ilst_meta({b"\xa9too": "Lavf60"})), video=track)), VideoInfo)
    assert info == VideoInfo(
        duration_s=10.0, fps=30.0, frame_count=300, width_px=1920, height_px=1080, rotation_deg=90, codec="avc1", writer="Lavf60"
    )


def test_a_mirrored_picture_is_said() -> None:
    track = build.box(b"trak", build.tkhd(rotation_deg=90, mirrored=True), build.box(b"mdia", build.mdhd(), build.hdlr()))
    (item,) = [
        item
        for item in read(build.movie_file(video=track))
        if isinstance(item, Observation) and isinstance(item.value, VideoInfo)
    ]
    assert "mirrored" in item.provenance.raw
    assert isinstance(item.value, VideoInfo) and item.value.rotation_deg == 90


def test_sound_alone_has_no_video() -> None:
    track = build.box(b"trak", build.tkhd(), build.box(b"mdia", build.mdhd(), build.hdlr(b"soun", b"SoundHandler\0")))
    (missing,) = absent(read(build.movie_file(video=track)), "video")
    assert missing.reason is Reason.NOT_PRESENT
