import datetime as dt
import random
import time

import pytest

from geoverify.media import MemorySource
from geoverify.model import (
    Absent,
    CaptureTime,
    Clock,
    FileNaming,
    MediaFile,
    MediaKind,
    Observation,
    OriginKind,
    Post,
    Reason,
    TextSnippet,
    TimeMeaning,
    Who,
)
from geoverify.readers.filename import CAMERA_FIELD, READER, last_component

CAMERA, PLATFORM, SCREEN = OriginKind.CAMERA_ORIGINAL, OriginKind.PLATFORM, OriginKind.SCREEN_CAPTURE
EDITED, DOWNLOADER, UNKNOWN = OriginKind.EDITED, OriginKind.DOWNLOADER_REMUX, OriginKind.UNKNOWN
NINE = dt.datetime(2026, 1, 17, 9, 0, 5)


def read(path):
    media = MediaFile(path=path, kind=MediaKind.IMAGE, media_type="image/jpeg", size_bytes=1, digest=None)
    return list(READER.read(media, MemorySource(b"")))


def values(path, kind):
    return [item.value for item in read(path) if isinstance(item, Observation) and isinstance(item.value, kind)]


def utc(*parts):
    return dt.datetime(*parts, tzinfo=dt.UTC)


LOCAL = [
    # name, app, kind, local time, resolution
    ("IMG-20260117-WA0004.jpg", "WhatsApp", PLATFORM, dt.datetime(2026, 1, 17), 86400),
    ("VID-20260117-WA0012.mp4", "WhatsApp", PLATFORM, dt.datetime(2026, 1, 17), 86400),
    ("WhatsApp Image 2026-01-17 at 09.00.05.jpeg", "WhatsApp", PLATFORM, NINE, None),
    ("WhatsApp Image 2026-01-17 at 9.00.05 AM(1).jpeg", "WhatsApp", PLATFORM, NINE, None),
    ("WhatsApp Image 2026-01-17 at 9.00.05 PM (2).jpeg", "WhatsApp", PLATFORM, NINE.replace(hour=21), None),
    ("WhatsApp Video 2026-01-17 at 12.30.00 AM.mp4", "WhatsApp", PLATFORM, dt.datetime(2026, 1, 17, 0, 30), None),
    ("WhatsApp Image 2026-01-17 at 09.00.05_1a2b3c4d.jpg", "WhatsApp", PLATFORM, NINE, None),
    ("Imagem do WhatsApp de 2026-01-17 à(s) 09.00.05_1a2b3c4d.jpg", "WhatsApp", PLATFORM, NINE, None),
    ("photo_12@17-01-2026_09-00-05.jpg", "Telegram", PLATFORM, NINE, None),
    ("photo_12@17-01-2026_09-00-05_thumb.jpg", "Telegram", PLATFORM, NINE, None),
    ("video_3@17-01-2026_09-00-05.mp4", "Telegram", PLATFORM, NINE, None),
    ("photo_2026-01-17_09-00-05.jpg", "Telegram", PLATFORM, NINE, None),
    ("photo_2026-01-17_09-00-05 (3).jpg", "Telegram", PLATFORM, NINE, None),
    ("signal-2026-01-17-090005.jpg", "Signal", PLATFORM, NINE, None),
    ("signal-2026-01-17-090005_002.jpg", "Signal", PLATFORM, NINE, None),
    ("signal-2026-01-17-09-00-05-123.mp4", "Signal", PLATFORM, NINE.replace(microsecond=123000), None),
    ("signal-2026-01-17-09-00-05-123-1.jpg", "Signal", PLATFORM, NINE.replace(microsecond=123000), None),
    ("viber_image_2026-01-17_09-00-05-123.jpg", "Viber", PLATFORM, NINE.replace(microsecond=123000), None),
    ("微信图片_20260117090005.jpg", "WeChat", PLATFORM, NINE, None),
    ("KakaoTalk_20260117_090005123_02.jpg", "KakaoTalk", PLATFORM, NINE.replace(microsecond=123000), None),
    ("LINE_ALBUM_ตลาด_260117_12.jpg", "LINE", PLATFORM, dt.datetime(2026, 1, 17), 86400),
    ("Screenshot_20260117-090005.png", "Android screenshot", SCREEN, NINE, None),
    ("Screenshot_20260117-090005_Facebook.jpg", "Android screenshot", SCREEN, NINE, None),
    ("Screenshot_2026-01-17-09-00-05-123_org.telegram.messenger.jpg", "Android screenshot", SCREEN, NINE, None),
    ("Screenshot 2026-01-17 at 09.00.05.png", "macOS screenshot", SCREEN, NINE, None),
    ("Screen Shot 2026-01-17 at 9.00.05 PM.png", "macOS screenshot", SCREEN, NINE.replace(hour=21), None),
    ("Screenshot 2026-01-17 at 9.00.05\u202fPM.png", "macOS screenshot", SCREEN, NINE.replace(hour=21), None),
    ("Screenshot 2026-01-17 090005.png", "Windows screenshot", SCREEN, NINE, None),
    ("Screenshot from 2026-01-17 09-00-05.png", "GNOME screenshot", SCREEN, NINE, None),
    ("Screen Recording 2026-01-17 at 09.00.05.mov", "macOS screen recording", SCREEN, NINE, None),
    ("Screen_Recording_20260117-090005_TikTok.mp4", "Samsung screen recording", SCREEN, NINE, None),
    ("IMG_20260117_090005.jpg", "Android camera", CAMERA, NINE, None),
    ("IMG20260117090005.jpg", "Android camera", CAMERA, NINE, None),
    ("VID_20260117_090005.mp4", "Android camera", CAMERA, NINE, None),
    ("IMG_20260117_090005_HDR.jpg", "Android camera", CAMERA, NINE, None),
    ("IMG_20260117_090005_123.jpg", "camera, Telegram or Instagram on Android", UNKNOWN, NINE.replace(microsecond=123000), None),
    ("20260117_090005.mp4", "Samsung camera", CAMERA, NINE, None),
    ("20260117_090005(0).jpg", "Samsung camera", CAMERA, NINE, None),
    ("DJI_20260117090005_0001_D.MP4", "DJI", CAMERA, NINE, None),
    ("VID_20260117_090005_00_007.insv", "Insta360", CAMERA, NINE, None),
    ("20260117_090005_NF.mp4", "BlackVue dashcam", CAMERA, NINE, None),
    ("260117_090005_001_FH.MP4", "Nextbase dashcam", CAMERA, NINE, None),
    ("NO20260117-090005-000123F.MP4", "70mai dashcam", CAMERA, NINE, None),
    ("2026_0117_090005_012.MP4", "Novatek dashcam", CAMERA, NINE, None),
    ("2026-01-17_09-00-05-front.mp4", "Tesla", CAMERA, NINE, None),
    ("InShot_20260117_090005123.mp4", "InShot", EDITED, NINE.replace(microsecond=123000), None),
]


@pytest.mark.parametrize(("name", "app", "kind", "local", "resolution_s"), LOCAL)
def test_a_date_whose_zone_the_rule_does_not_say_stays_local(name, app, kind, local, resolution_s):
    (naming,) = values(name, FileNaming)
    assert (naming.app, naming.kind) == (app, kind)
    (time,) = values(name, CaptureTime)
    assert (time.local, time.instant_utc, time.offset_minutes, time.resolution_s) == (local, None, None, resolution_s)


UTC = [
    ("PXL_20260117_090005123.jpg", "Google Pixel camera", utc(2026, 1, 17, 9, 0, 5, 123000)),
    ("PXL_20260117_090005123.MP.jpg", "Google Pixel camera", utc(2026, 1, 17, 9, 0, 5, 123000)),
    ("PXL_20260117_090005123.PORTRAIT-01.COVER.jpg", "Google Pixel camera", utc(2026, 1, 17, 9, 0, 5, 123000)),
    ("PXL_20260117_090005123~2.jpg", "Google Photos edit", utc(2026, 1, 17, 9, 0, 5, 123000)),
    ("2026-01-17_09-00-05_UTC.jpg", "Instaloader", utc(2026, 1, 17, 9, 0, 5)),
    ("2026-01-17_09-00-05_UTC_3.jpg", "Instaloader", utc(2026, 1, 17, 9, 0, 5)),
    ("FB_IMG_1609459200123.jpg", "Facebook app", utc(2021, 1, 1, 0, 0, 0, 123000)),
    ("mmexport1609459200123.jpg", "WeChat", utc(2021, 1, 1, 0, 0, 0, 123000)),
    ("RPReplay_Final1609459200.mp4", "iOS screen recording", utc(2021, 1, 1)),
    ("ssstik.io_@someone_1609459200123.mp4", "ssstik", utc(2021, 1, 1, 0, 0, 0, 123000)),
    # A status of X, the picture in another and a TikTok video, with the times that their pages show.
    ("Some title [608576484588945408].mp4", "yt-dlp", utc(2015, 6, 10, 10, 8, 35, 387000)),
    ("608576484588945408_1.jpg", "gallery-dl", utc(2015, 6, 10, 10, 8, 35, 387000)),
    ("CHIZFl5U0AAENRU.png", "X (Twitter)", utc(2015, 6, 10, 10, 8, 35, 130000)),
    ("CHIZFl5U0AAENRU-large.jpg", "X (Twitter)", utc(2015, 6, 10, 10, 8, 35, 130000)),
    ("A dance [6854717870488702213].mp4", "yt-dlp", utc(2020, 7, 29, 2, 6, 13)),
    ("6854717870488702213 A dance.mp4", "gallery-dl", utc(2020, 7, 29, 2, 6, 13)),
    ("Video by someone [CEWsh68Kc5C].mp4", "yt-dlp", utc(2020, 8, 26, 13, 43, 27, 313000)),
]


@pytest.mark.parametrize(("name", "app", "instant"), UTC)
def test_a_date_in_utc_by_its_rule(name, app, instant):
    (naming,) = values(name, FileNaming)
    assert naming.app == app
    (time,) = values(name, CaptureTime)
    assert (time.instant_utc, time.local, time.offset_minutes) == (instant, None, None)


DATELESS = [
    ("IMG_1234.HEIC", "camera (DCF)", CAMERA),
    ("IMG_E1234.JPG", "iOS edit", EDITED),
    ("DSC_0042.JPG", "camera (DCF)", CAMERA),
    ("DJI_0042.MP4", "DJI", CAMERA),
    ("GX010123.MP4", "GoPro", CAMERA),
    ("GOPR0123.MP4", "GoPro", CAMERA),
    ("Snapchat-1234567890.jpg", "Snapchat", PLATFORM),
    ("received_1234567890123456.jpeg", "Messenger", PLATFORM),
    ("12345678_1234567890123456_1234567890123456789_n.jpg", "Facebook or Instagram", PLATFORM),
    ("12345678_1234567890123456_1234567890123456789_o.jpg", "Facebook or Instagram", PLATFORM),
    ("IMG-0123456789abcdef0123456789abcdef-V.jpg", "Viber", PLATFORM),
    ("v0300fg10000ci36ru3c77u5pp0p78gg.mp4", "TikTok", PLATFORM),
    ("videoplayback.mp4", "Google video server", PLATFORM),
    ("A market at noon [dQw4w9WgXcQ].mp4", "yt-dlp", DOWNLOADER),
]


@pytest.mark.parametrize(("name", "app", "kind"), DATELESS)
def test_a_rule_without_a_date(name, app, kind):
    (naming,) = values(name, FileNaming)
    assert (naming.app, naming.kind) == (app, kind)
    assert values(name, CaptureTime) == []


@pytest.mark.parametrize("name", [row[0] for row in LOCAL + UTC])
def test_no_name_dates_the_recording(name):
    for item in read(name):
        if isinstance(item, Observation) and isinstance(item.value, CaptureTime):
            assert item.value.clock is Clock.FILENAME
            assert item.value.meaning in (TimeMeaning.SAVED, TimeMeaning.POSTED)
            assert item.provenance.who is Who.DOWNLOADER


def test_a_camera_s_name_is_marked_as_such():
    fields = {name: {item.provenance.field for item in read(name)} for name in ("20260117_090005.mp4", "IMG-20260117-WA0004.jpg")}
    assert CAMERA_FIELD in fields["20260117_090005.mp4"]
    assert CAMERA_FIELD not in fields["IMG-20260117-WA0004.jpg"]


@pytest.mark.parametrize(
    "name",
    [
        "IMG-20261341-WA0004.jpg",
        "IMG_20260230_090005.jpg",
        "20260117_250005.mp4",
        "photo_1@31-02-2026_09-00-05.jpg",
        "WhatsApp Image 2026-01-17 at 13.00.05 PM.jpeg",
        "WhatsApp Image 2026-01-17 at 0.00.05 AM.jpeg",
        "Title [9999999999999999999].mp4",
        "mmexport1000000000123.jpg",
    ],
)
def test_an_impossible_date_is_absent_and_names_no_app(name):
    assert values(name, CaptureTime) == []
    absent = [item for item in read(name) if isinstance(item, Absent)]
    if name != "Title [9999999999999999999].mp4":
        assert [item.reason for item in absent] == [Reason.NOT_A_DATE]
    assert values(name, FileNaming) == []


def test_a_downloader_s_name_carries_post_and_title():
    name = "Compound gate at dusk [6854717870488702213].mp4"
    (post,) = values(name, Post)
    assert (post.platform, post.post_id) == ("TikTok", "6854717870488702213")
    (title,) = [item for item in read(name) if isinstance(item, Observation) and isinstance(item.value, TextSnippet)]
    assert title.value.text == "Compound gate at dusk"
    assert title.provenance.who is Who.UPLOADER


@pytest.mark.parametrize(
    "name",
    [
        "Trip [restoration].mp4",
        "Trip [Documentary].mp4",
        "Trip [1080p].mp4",
        "Song [Official Video].mp4",
        "Clip [20240101120000].mp4",
        "internationale.jpg",
        "ABCDEFGHIAAJKLM.jpg",
        "6289485098765432109.jpg",
    ],
)
def test_words_and_numbers_that_only_look_like_ids(name):
    assert values(name, FileNaming) == []
    assert values(name, Post) == []
    assert values(name, CaptureTime) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("KK Park gate 2.mp4", "KK Park gate 2"),
        ("ស្រុកបាវិត.mp4", "ស្រុកបាវិត"),
        ("market.final.jpg", "market.final"),
        ("IMG_1234.jpg", None),
        ("3f2a9c0d1e.jpg", None),
        ("01.jpg", None),
    ],
)
def test_words_of_a_name_without_a_rule(name, text):
    assert [snippet.text for snippet in values(name, TextSnippet)] == ([] if text is None else [text])


@pytest.mark.parametrize("path", ["/a/b/IMG_1.jpg", "C:\\a\\IMG_1.jpg", "../IMG_1.jpg", "IMG_1.jpg", "a/b\\IMG_1.jpg"])
def test_only_the_last_component_counts(path):
    assert last_component(path) == "IMG_1.jpg"


def test_the_folder_is_never_read():
    assert values("/IMG-20260117-WA0004/x1.jpg", FileNaming) == []


def test_hostile_names_neither_crash_nor_stall():
    seed = random.Random(20260117)
    stems = [row[0] for row in LOCAL + UTC] + [row[0] for row in DATELESS]
    began = time.perf_counter()
    for _ in range(3000):
        letters = list(seed.choice(stems))
        for _ in range(seed.randrange(1, 6)):
            letters[seed.randrange(len(letters))] = seed.choice(
                ["\0", "\n", "٣", "\ud800", "9", "[", "]", "_", "-", " ", "\u202e"]
            )
        read("".join(letters))
    for hostile in ("a" * 100_000, "[" * 300, " " * 300, "-" * 300, "_1" * 200, "WhatsApp" * 100, "9" * 5000, "", ".", "/", "\\"):
        read(hostile)
        read(f"{hostile} [dQw4w9WgXcQ].mp4")
    assert time.perf_counter() - began < 20


def test_digits_of_other_scripts_are_no_date():
    assert values("IMG-٢٠٢٦٠١١٧-WA0004.jpg", CaptureTime) == []
