import datetime as dt

import msgspec
import pytest
from builders.scenes import camera, captured, fix, seen

from geoverify.media import open_media
from geoverify.model import (
    Camera,
    CaptureTime,
    Clock,
    EncodingTrace,
    FileNaming,
    ImageInfo,
    MediaFile,
    MediaKind,
    OriginKind,
    Post,
    Provenance,
    Software,
    TextSnippet,
    TextSource,
    TimeMeaning,
    TraceKind,
    Who,
)
from geoverify.origin import judge_origin
from geoverify.readers import read_findings
from geoverify.verify import number_observations

WHEN = dt.datetime(2026, 1, 17, 9, 0, 5)
NOTHING_ABOUT_PLACE = "missing GPS says nothing about the place"


def judge(media_type, *observations):
    kind = MediaKind(media_type.split("/")[0])
    media = MediaFile(path="x", kind=kind, media_type=media_type, size_bytes=1, digest=None)
    return judge_origin(media, number_observations(list(observations)))


def trace(kind, value):
    return seen(EncodingTrace(kind=kind, value=value), Who.EDITOR, "x", "fingerprint")


def named(app, kind, platform=None, post_id=None):
    found = [seen(FileNaming(app=app, kind=kind), Who.DOWNLOADER, "name", "filename")]
    if post_id:
        found.append(seen(Post(platform=platform, post_id=post_id), Who.DOWNLOADER, "name", "filename"))
    return found


def program(name, field="Software"):
    return seen(Software(name=name), field=field)


LAYOUT, CODING, TABLES, THUMBNAIL = (
    TraceKind.JPEG_LAYOUT,
    TraceKind.JPEG_CODING,
    TraceKind.JPEG_TABLES,
    TraceKind.JPEG_THUMBNAIL,
)
PHONE_JPEG = (
    camera(),
    captured(WHEN),
    trace(LAYOUT, "Exif ICC DQT×2 SOF0 DHT×4 SOS"),
    trace(CODING, "baseline, 4:2:0, standard Huffman tables, 4000×3000"),
    trace(TABLES, "own tables 0123456789ab"),
    trace(THUMBNAIL, "present"),
)
STRIPPED_JPEG = (
    trace(LAYOUT, "JFIF DQT×2 SOF2 DHT SOS"),
    trace(CODING, "progressive, 4:2:0, optimised Huffman tables, 1280×960"),
    trace(TABLES, "Annex K, quality 80"),
)
PHONE_FILM = (
    camera(),
    captured(WHEN, 420),
    trace(TraceKind.BRANDS, "qt 0: qt"),
    trace(TraceKind.BOX_ORDER, "ftyp wide mdat moov"),
    fix(0, 0),
)
WEB_FILM = (
    program("Lavf60.3.100", "moov/udta/meta/©too"),
    program("VideoHandler", "moov/trak[1]/mdia/hdlr name"),
    program("isom", "ftyp major_brand"),
    trace(TraceKind.BRANDS, "isom 512: isom iso2 avc1 mp41"),
    trace(TraceKind.BOX_ORDER, "ftyp moov free mdat"),
)


def test_a_camera_s_own_picture():
    origin = judge("image/jpeg", *PHONE_JPEG)
    assert origin.kind is OriginKind.CAMERA_ORIGINAL
    assert "no GPS" in origin.wording
    assert "no GPS" not in judge("image/jpeg", *PHONE_JPEG, fix(0, 0)).wording


def test_a_camera_s_own_film():
    assert judge("video/quicktime", *PHONE_FILM).kind is OriginKind.CAMERA_ORIGINAL


@pytest.mark.parametrize("program_name", ["Adobe Photoshop 26.5 (Macintosh)", "GIMP 2.10", "Snapseed 2.0", "Photos 4.0"])
def test_an_editor_that_signs(program_name):
    origin = judge("image/jpeg", *PHONE_JPEG, program(program_name))
    assert origin.kind is OriginKind.EDITED
    assert "editor" in origin.wording


@pytest.mark.parametrize("firmware", ["17.4.1", "HDR+ 1.0.585804401zdh", "Ver.1.00", "S928BXXU1AXB5", "01.15.00.59"])
def test_a_camera_s_firmware_is_no_editor(firmware):
    assert judge("image/jpeg", *PHONE_JPEG, program(firmware)).kind is OriginKind.CAMERA_ORIGINAL


def test_a_stripped_picture_is_not_as_cameras_write_it():
    origin = judge("image/jpeg", *STRIPPED_JPEG)
    assert origin.kind is OriginKind.REWRITTEN
    assert NOTHING_ABOUT_PLACE in origin.wording


def test_a_messenger_s_name_on_a_stripped_picture():
    origin = judge("image/jpeg", *STRIPPED_JPEG, *named("WhatsApp", OriginKind.PLATFORM))
    assert (origin.kind, origin.platform) == (OriginKind.PLATFORM, "WhatsApp")
    assert origin.wording == f"looks re-encoded by a platform (WhatsApp): {NOTHING_ABOUT_PLACE}"


def test_a_messenger_s_name_on_an_untouched_picture_decides_nothing():
    assert judge("image/jpeg", *PHONE_JPEG, *named("WhatsApp", OriginKind.PLATFORM)).kind is OriginKind.UNKNOWN


def test_a_camera_s_name_does_not_save_a_stripped_picture():
    origin = judge("image/jpeg", *STRIPPED_JPEG, *named("camera (DCF)", OriginKind.CAMERA_ORIGINAL))
    assert origin.kind is OriginKind.REWRITTEN


def test_facebook_s_mark():
    origin = judge("image/jpeg", *STRIPPED_JPEG, trace(TraceKind.MARK, "FBMD0a000a6f"))
    assert (origin.kind, origin.platform) == (OriginKind.PLATFORM, "Facebook or Instagram")


@pytest.mark.parametrize(
    ("handler", "platform"),
    [
        ("ISO Media file produced by Google Inc. Created on: 07/30/2025.", "YouTube or another service of Google"),
        ("Twitter-vork muxer", "X"),
    ],
)
def test_a_platform_s_handler_alone_and_under_a_later_hand(handler, platform):
    mark = program(handler, "moov/trak[1]/mdia/hdlr name")
    as_served = judge("video/mp4", mark, trace(TraceKind.BOX_ORDER, "ftyp moov mdat"))
    assert (as_served.kind, as_served.platform) == (OriginKind.PLATFORM, platform)
    merged = judge("video/mp4", mark, *WEB_FILM)
    assert (merged.kind, merged.platform) == (OriginKind.DOWNLOADER_REMUX, platform)


def test_tiktok_writes_with_ffmpeg_itself():
    origin = judge("video/mp4", *WEB_FILM, trace(TraceKind.MARK, "ByteDance vid:v0300fg10000ci36ru3c77u5pp0p78gg"))
    assert origin.kind is OriginKind.PLATFORM
    assert "TikTok" in (origin.platform or "")


def test_a_downloader_s_name_with_and_without_a_remux():
    name = named("yt-dlp", OriginKind.DOWNLOADER_REMUX, "TikTok", "6854717870488702213")
    assert judge("video/mp4", *WEB_FILM, *name).kind is OriginKind.DOWNLOADER_REMUX
    as_served = judge("video/mp4", trace(TraceKind.BOX_ORDER, "ftyp moov mdat"), *name)
    assert (as_served.kind, as_served.platform) == (OriginKind.PLATFORM, "TikTok")


def test_ffmpeg_alone_names_nobody():
    origin = judge("video/mp4", *WEB_FILM)
    assert (origin.kind, origin.platform) == (OriginKind.REWRITTEN, None)


def test_a_remuxed_phone_film_is_no_original():
    assert judge("video/mp4", *PHONE_FILM, program("Lavf60.3.100")).kind is OriginKind.REWRITTEN


def test_an_apple_program_without_a_device():
    origin = judge("video/quicktime", program("Core Media Video", "hdlr"), trace(TraceKind.BOX_ORDER, "ftyp moov mdat"))
    assert origin.kind is OriginKind.REWRITTEN


def test_an_android_recorder_without_a_position_stays_open():
    film = (program("Android 14"), trace(TraceKind.BRANDS, "mp42 0: isom mp42"), trace(TraceKind.BOX_ORDER, "ftyp mdat moov"))
    assert judge("video/mp4", *film).kind is OriginKind.UNKNOWN


def test_pixels_that_contradict_the_exif():
    stated = seen(ImageInfo(width_px=8000, height_px=6000), field="PixelXDimension+PixelYDimension")
    assert judge("image/jpeg", *PHONE_JPEG, stated).kind is OriginKind.REWRITTEN
    turned = seen(ImageInfo(width_px=3000, height_px=4000), field="PixelXDimension+PixelYDimension")
    assert judge("image/jpeg", *PHONE_JPEG, turned).kind is OriginKind.CAMERA_ORIGINAL


@pytest.mark.parametrize(
    "clue",
    [
        named("Android screenshot", OriginKind.SCREEN_CAPTURE)[0],
        seen(TextSnippet(text="Screenshot", source=TextSource.TAG), field="UserComment"),
        seen(Software(name="gnome-screenshot"), field="tEXt Software"),
    ],
)
def test_a_screenshot(clue):
    origin = judge("image/png", clue)
    assert origin.kind is OriginKind.SCREEN_CAPTURE
    assert "screen" in origin.wording


def test_a_picture_of_a_camera_that_was_renamed_to_a_screenshot():
    assert judge("image/jpeg", *PHONE_JPEG, *named("Android screenshot", OriginKind.SCREEN_CAPTURE)).kind is not (
        OriginKind.SCREEN_CAPTURE
    )


def test_a_screen_recording_of_ios():
    assert judge("video/mp4", trace(TraceKind.MARK, "ReplayKitRecording")).kind is OriginKind.SCREEN_CAPTURE


def test_a_computer_is_no_camera():
    mac = seen(Camera(make="Apple", model="Mac15,9"))
    film = (mac, captured(WHEN, 420), trace(TraceKind.BOX_ORDER, "ftyp wide mdat moov"))
    assert judge("video/quicktime", *film).kind is OriginKind.UNKNOWN


@pytest.mark.parametrize(("days", "kind"), [(2, OriginKind.REWRITTEN), (0, OriginKind.CAMERA_ORIGINAL)])
def test_boxes_written_long_after_the_recording(days, kind):
    utc = (WHEN - dt.timedelta(hours=7) + dt.timedelta(days=days)).replace(tzinfo=dt.UTC)
    box = seen(CaptureTime(instant_utc=utc, clock=Clock.CONTAINER, meaning=TimeMeaning.ENCODED), field="moov/mvhd")
    assert judge("video/quicktime", *PHONE_FILM, box).kind is kind


def test_a_picture_changed_later_is_a_hint_only():
    changed = seen(CaptureTime(local=WHEN + dt.timedelta(days=1), clock=Clock.DEVICE, meaning=TimeMeaning.MODIFIED))
    reasons = judge("image/jpeg", *PHONE_JPEG, changed).reasons
    assert any(reason.speaks_for is OriginKind.EDITED and len(reason.observation_ids) == 2 for reason in reasons)


def test_what_stands_beside_the_file_is_not_in_it():
    beside = Provenance(reader="sidecars.takeout", field="geoData", raw="raw", who=Who.PLATFORM, file="x.json")
    position = msgspec.structs.replace(fix(0, 0), provenance=beside)
    assert judge("image/jpeg", *STRIPPED_JPEG, position).wording.endswith(NOTHING_ABOUT_PLACE)
    assert "need not be the camera's own" in judge("image/jpeg", *STRIPPED_JPEG, fix(0, 0)).wording


def test_a_post_beside_the_file_names_the_platform():
    beside = Provenance(reader="sidecars.ytdlp", field="id", raw="raw", who=Who.PLATFORM, file="x.info.json")
    post = msgspec.structs.replace(seen(Post(platform="TikTok", post_id="1")), provenance=beside)
    assert judge("video/mp4", *WEB_FILM, post).platform == "TikTok"


def test_nothing_known_is_a_fine_answer():
    origin = judge("video/mp4")
    assert (origin.kind, origin.platform, origin.reasons) == (OriginKind.UNKNOWN, None, ())
    assert NOTHING_ABOUT_PLACE in origin.wording


def test_every_reason_leads_to_its_observations():
    for facts in (PHONE_JPEG, STRIPPED_JPEG, PHONE_FILM, WEB_FILM):
        media_type = "image/jpeg" if facts in (PHONE_JPEG, STRIPPED_JPEG) else "video/mp4"
        ids = {f"o{number}" for number in range(1, len(facts) + 1)}
        origin = judge(media_type, *facts)
        assert all(set(reason.observation_ids) <= ids for reason in origin.reasons)
        assert origin.reasons[0].speaks_for is origin.kind


@pytest.mark.parametrize("text", ["\0\u202e[red]", "x" * 5000, "(Adobe", "\ud800"])
def test_hostile_names_of_programs(text):
    origin = judge("video/mp4", program(text), trace(TraceKind.BRANDS, text), trace(TraceKind.BOX_ORDER, text))
    assert all(len(reason.text) < 300 for reason in origin.reasons)


def test_real_files_by_their_makers(shared):
    """Files whose history their own repositories tell."""
    told = {
        "exif-samples/heic/IMG_5195.HEIC": OriginKind.CAMERA_ORIGINAL,
        "Pillow/Tests/images/ultrahdr.jpg": OriginKind.CAMERA_ORIGINAL,
        "nom-exif/testdata/canon-r6.cr3": OriginKind.CAMERA_ORIGINAL,
        "nom-exif/testdata/exif.png": OriginKind.REWRITTEN,
        "media/libraries/test_data/src/test/assets/media/mp4/sample_simple.mp4": OriginKind.REWRITTEN,
        "imagemeta/testdata/images/mushroom.jpg": OriginKind.EDITED,
    }
    for name, kind in told.items():
        with open_media(shared / "corpora" / "metadata" / name) as (media, source):
            assert judge_origin(media, number_observations(read_findings(media, source))).kind is kind, name
