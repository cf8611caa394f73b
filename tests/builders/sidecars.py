"""Files beside the media, built from the fields that their programs document; every value is invented."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import lzma
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geoverify.model import Observation, Problem
from geoverify.sidecars import SidecarFindings, read_sidecars

# Enough of a JPEG for its signature; nothing here decodes pictures.
MEDIA = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(16) + b"\xff\xd9"
POSTED_S = 1_705_464_000
POSTED = dt.datetime(2024, 1, 17, 4, 0, tzinfo=dt.UTC)
SAVED_S = POSTED_S + 86_400


def ytdlp_info(**changes: Any) -> dict[str, Any]:
    """An `.info.json` as yt-dlp writes it."""
    info = {
        "id": "Ab3_dE-9xYz",
        "title": "Compound on the river",
        "description": "Filmed this morning near the casino.\n#riverside",
        "uploader": "River Watch",
        "uploader_id": "@riverwatch",
        "channel": "River Watch Channel",
        "channel_id": "UC0123456789",
        "timestamp": POSTED_S,
        "upload_date": "20240117",
        "location": "Bavet, Cambodia",
        "webpage_url": "https://www.youtube.com/watch?v=Ab3_dE-9xYz",
        "extractor": "youtube",
        "extractor_key": "Youtube",
        "tags": ["river", "casino"],
        "epoch": SAVED_S,
        "formats": [{"format_id": "137", "url": "https://media.invalid/137", "width": 1920}],
        "_type": "video",
        "_version": {"version": "2024.01.16"},
    }
    return {**info, **changes}


def gallery_dl_x(**changes: Any) -> dict[str, Any]:
    """A post on X as gallery-dl writes it."""
    post = {
        "category": "twitter",
        "subcategory": "tweet",
        "tweet_id": 1747468800000000000,
        "retweet_id": 0,
        "date": "2024-01-17 04:00:00",
        "author": {"id": 998877, "name": "riverwatch", "nick": "River Watch", "location": "London", "verified": False},
        "content": "Compound on the river #casino",
        "hashtags": ["casino"],
        "lang": "en",
        "filename": "GEAbCdEaUAA",
        "extension": "jpg",
        "num": 1,
    }
    return {**post, **changes}


def gallery_dl_instagram(**changes: Any) -> dict[str, Any]:
    """A post on Instagram as gallery-dl writes it."""
    post = {
        "category": "instagram",
        "subcategory": "post",
        "post_id": "3282000000000000000",
        "post_shortcode": "C2Mabcdefgh",
        "post_url": "https://www.instagram.com/p/C2Mabcdefgh/",
        "description": "By the river",
        "tags": ["#river"],
        "username": "riverwatch",
        "fullname": "River Watch",
        "owner_id": "5566778899",
        "date": "2024-01-17 04:00:00",
        "location_id": "213456789",
        "location_slug": "bavet-cambodia",
        "location_url": "https://www.instagram.com/explore/locations/213456789/bavet-cambodia/",
        "filename": "419_n",
        "extension": "jpg",
    }
    return {**post, **changes}


def gallery_dl_facebook(**changes: Any) -> dict[str, Any]:
    """A photograph on Facebook as gallery-dl writes it."""
    post = {
        "category": "facebook",
        "subcategory": "photo",
        "id": "1122334455",
        "set_id": "a.5544332211",
        "url": "https://scontent.invalid/1122334455_n.jpg",
        "username": "River Watch",
        "user_id": "100064000000000",
        "caption": "By the river",
        "date": "2024-01-17 04:00:00",
        "filename": "1122334455_n",
        "extension": "jpg",
    }
    return {**post, **changes}


def gallery_dl_tiktok(**changes: Any) -> dict[str, Any]:
    """A video on TikTok as gallery-dl writes it: the platform's own item."""
    post = {
        "category": "tiktok",
        "subcategory": "post",
        "id": "7325000000000000000",
        "desc": "By the river #casino",
        "createTime": str(POSTED_S),
        "author": {"id": "6800000000000000000", "uniqueId": "riverwatch", "nickname": "River Watch"},
        "poi": {"name": "Bavet Casino", "address": "National Road 1", "city": "Bavet", "country": "Cambodia", "type": 0},
        "contentLocation": {"address": {"streetAddress": "Bavet", "addressCountry": "KH", "addressRegion": ""}},
        "locationCreated": "KH",
        "extension": "mp4",
    }
    return {**post, **changes}


def instaloader_post(**changes: Any) -> dict[str, Any]:
    """A post's file as instaloader writes it; changes are those of its node."""
    node = {
        "id": "3282000000000000000",
        "shortcode": "C2Mabcdefgh",
        "owner": {"id": "5566778899", "username": "riverwatch"},
        "taken_at_timestamp": POSTED_S,
        "edge_media_to_caption": {"edges": [{"node": {"text": "By the river"}}]},
        "location": {"id": "213456789", "name": "Bavet, Cambodia", "slug": "bavet-cambodia"},
        "iphone_struct": {
            "taken_at": POSTED_S,
            "user": {"pk": "5566778899", "username": "riverwatch"},
            "location": {"pk": 213456789, "name": "Bavet", "address": "", "city": "Bavet", "lat": 11.0654, "lng": 106.1329},
        },
    }
    return {"node": {**node, **changes}, "instaloader": {"version": "4.10.3", "node_type": "Post"}}


def telegram_message(number: int, **changes: Any) -> dict[str, Any]:
    """A message of a Telegram export, a second after the one before it."""
    message = {
        "id": number,
        "type": "message",
        "date": "2024-01-17T11:00:00",
        "date_unixtime": str(POSTED_S + number),
        "from": "River Watch",
        "from_id": "user5566",
        "text": "",
        "text_entities": [],
    }
    return {**message, **changes}


def telegram_place(number: int, **changes: Any) -> dict[str, Any]:
    """A message with a place."""
    place = {"location_information": {"latitude": 11.065412, "longitude": 106.132933}, "place_name": "Casino", "address": "Bavet"}
    return telegram_message(number, **{**place, **changes})


def telegram_chat(*messages: dict[str, Any], name: str = "Tip line") -> dict[str, Any]:
    """A chat's export."""
    return {"name": name, "type": "private_group", "id": 77, "messages": list(messages)}


def telegram_account(*chats: dict[str, Any]) -> dict[str, Any]:
    """A whole account's export."""
    return {"about": "…", "personal_information": {"user_id": 1}, "chats": {"about": "…", "list": list(chats)}}


def takeout_photo(title: str = "IMG_1234.jpg", **changes: Any) -> dict[str, Any]:
    """A picture's file as Takeout writes it, with a place that the owner moved."""
    photo = {
        "title": title,
        "description": "By the river",
        "imageViews": "9",
        "creationTime": {"timestamp": str(SAVED_S), "formatted": "Jan 18, 2024, 4:00:00 AM UTC"},
        "photoTakenTime": {"timestamp": str(POSTED_S), "formatted": "Jan 17, 2024, 4:00:00 AM UTC"},
        "geoData": {"latitude": 11.07, "longitude": 106.14, "altitude": 0.0, "latitudeSpan": 0.0, "longitudeSpan": 0.0},
        "geoDataExif": {"latitude": 11.065412, "longitude": 106.132933, "altitude": 12.5},
        "people": [{"name": "Somebody Private"}],
        "url": "https://photos.google.com/photo/AF1Qip",
        "googlePhotosOrigin": {
            "mobileUpload": {"deviceFolder": {"localFolderName": "WhatsApp Images"}, "deviceType": "ANDROID_PHONE"}
        },
        "appSource": {"androidPackageName": "com.whatsapp"},
    }
    return {**photo, **changes}


def archive_result(*paths: str, digest: str | None = None, **changes: Any) -> dict[str, Any]:
    """A result of auto-archiver as its CSV database holds it: two dicts in the program's own notation."""
    metadata = {
        "_processed_at": dt.datetime(2024, 1, 18, 4, 0, 0, 123456, tzinfo=dt.UTC),
        "url": "https://t.me/riverwatch/123",
        "title": 'Compound\'s "gate"',
        "content": "By the river\n\\o/",
        "timestamp": POSTED,
        "uploader": "River Watch",
        "duration": 12.5,
        "tracking": None,
    }
    media = [
        {
            "filename": f"/tmp/tmpabc/{Path(path).name}",
            "_key": path,
            "urls": [f"./local_archive/{path}"],
            "properties": {"hash": f"SHA-256:{digest}"} if digest else {"id": "image"},
            "_mimetype": "image/jpeg",
        }
        for path in paths
    ]
    return {"status": "telegram: success", "metadata": {**metadata, **changes}, "media": media}


def table_csv(*rows: dict[str, Any]) -> bytes:
    """Rows as CSV, what is not text in Python's notation, as `csv.DictWriter` writes it."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def plain_row(file: str, **changes: Any) -> dict[str, Any]:
    """A row of a table that somebody keeps by hand."""
    row = {
        "file": file,
        "url": "https://x.com/riverwatch/status/1747468800000000000",
        "posted_at": "2024-01-17T11:00:00+07:00",
        "caption": "By the river",
        "uploader": "River Watch",
    }
    return {**row, **changes}


def as_json(value: object) -> bytes:
    """JSON in ASCII, as most of these programs write it."""
    return json.dumps(value).encode()


def as_xz(value: object) -> bytes:
    """JSON packed by xz."""
    return lzma.compress(as_json(value))


@dataclass(frozen=True, slots=True)
class Sample:
    """An honest sidecar: its format, the medium's name, its own name, its content and how that is written."""

    reader: str
    media: str
    file: str
    content: Any
    encode: Callable[[Any], bytes] = as_json
    by_hand: bool = False

    def read(self, folder: Path, data: bytes | None = None) -> SidecarFindings:
        """Write the medium and the sidecar into a folder and read them."""
        media = put(folder / self.media, MEDIA)
        file = put(folder / self.file, self.encode(self.content) if data is None else data)
        return read_sidecars(media, [file] if self.by_hand else [])


FLIGHT = "".join(
    f"{number + 1}\n00:00:0{number},000 --> 00:00:0{number + 1},000\n"
    f'<font size="36">FrameCnt : {number}, DiffTime : 1000ms\n2024-01-17 11:00:0{number}.000\n[iso : 100] [shutter : 1/500.0] '
    f"[latitude : 11.06540{number}] [longitude : 106.132900] [rel_alt: 30.100 abs_alt: 45.200] </font>\n\n"
    for number in range(5)
)

PACKET = """<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 exif:GPSLatitude="11,3.924N" exif:GPSLongitude="106,7.974E" xmp:CreateDate="2024-01-17T11:00:00+07:00"/>
</rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""

SAMPLES = (
    Sample("dji_srt", "DJI_0001.MP4", "DJI_0001.SRT", FLIGHT, str.encode),
    Sample("xmp", "DSC_0001.NEF", "DSC_0001.xmp", PACKET, str.encode),
    Sample("ytdlp", "Compound [Ab3_dE-9xYz].mp4", "Compound [Ab3_dE-9xYz].info.json", ytdlp_info()),
    Sample("ytdlp", "Compound.mp4", "Compound.description", "By the river\n", str.encode),
    Sample("gallery_dl", "1747468800000000000_1.jpg", "1747468800000000000_1.jpg.json", gallery_dl_x()),
    Sample("gallery_dl", "419_n.jpg", "419_n.jpg.json", gallery_dl_instagram()),
    Sample("gallery_dl", "1122334455_n.jpg", "1122334455_n.jpg.json", gallery_dl_facebook()),
    Sample("gallery_dl", "tiktok.mp4", "tiktok.mp4.json", gallery_dl_tiktok()),
    Sample("instaloader", "2024-01-17_04-00-00_UTC_2.jpg", "2024-01-17_04-00-00_UTC.json.xz", instaloader_post(), as_xz),
    Sample("instaloader", "2024-01-17_04-00-00_UTC.jpg", "2024-01-17_04-00-00_UTC.json", instaloader_post()),
    Sample("instaloader", "2024-01-17_04-00-00_UTC.jpg", "2024-01-17_04-00-00_UTC.txt", "By the river", str.encode),
    Sample(
        "instaloader",
        "2024-01-17_04-00-00_UTC_1.jpg",
        "2024-01-17_04-00-00_UTC_location.txt",
        "Bavet, Cambodia\nhttps://maps.google.com/maps?q=11.0654,106.1329&ll=11.0654,106.1329\n",
        str.encode,
    ),
    Sample(
        "telegram",
        "photos/photo_1.jpg",
        "result.json",
        telegram_chat(
            telegram_message(1, photo="photos/photo_1.jpg", text=["By the ", {"type": "hashtag", "text": "#river"}]),
            telegram_place(2),
        ),
    ),
    Sample(
        "telegram",
        "chats/chat_01/video_files/video_1.mp4",
        "result.json",
        telegram_account(
            telegram_chat(
                telegram_message(
                    9,
                    file="chats/chat_01/video_files/video_1.mp4",
                    media_type="video_file",
                    duration_seconds=12,
                    forwarded_from="Somebody",
                )
            )
        ),
    ),
    Sample("takeout", "IMG_1234.jpg", "IMG_1234.jpg.supplemental-metadata.json", takeout_photo()),
    Sample("auto_archiver", "a1/b2.jpg", "db.csv", [archive_result("a1/b2.jpg")], lambda rows: table_csv(*rows)),
    Sample(
        "auto_archiver",
        "b2.jpg",
        "b2.json",
        {**archive_result("b2.jpg"), "metadata": {"url": "https://t.me/x/1", "timestamp": "2024-01-17T04:00:00+00:00"}},
    ),
    Sample("table", "b2.jpg", "posts.csv", [plain_row("b2.jpg")], lambda rows: table_csv(*rows), by_hand=True),
)


def put(path: Path, data: bytes) -> Path:
    """Write a file with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def values_of(result: SidecarFindings, kind: type) -> list[Any]:
    """The values of one type."""
    return [item.value for item in observations_of(result) if isinstance(item.value, kind)]


def observations_of(result: SidecarFindings) -> list[Observation[Any]]:
    """The observations."""
    return [item for item in result.findings if isinstance(item, Observation)]


def problems_of(result: SidecarFindings) -> list[Problem]:
    """The problems."""
    return [item for item in result.findings if isinstance(item, Problem)]


def replace_each(value: Any, other: Any) -> Iterator[Any]:
    """Yield copies of nested dicts and lists in which one value after the other, inner ones too, is replaced."""
    yield other
    if isinstance(value, dict):
        for key, item in value.items():
            yield from ({**value, key: changed} for changed in replace_each(item, other))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from ([*value[:number], changed, *value[number + 1 :]] for changed in replace_each(item, other))
