"""How cameras, apps, platforms and downloaders name the files that they write: patterns, and what their parts mean.

Where a maker publishes its rule, the comment says so. The others are as the programs' own sources or many dated names show them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from geoverify.model import OriginKind, TimeMeaning

_CAMERA, _PLATFORM, _SCREEN = OriginKind.CAMERA_ORIGINAL, OriginKind.PLATFORM, OriginKind.SCREEN_CAPTURE
_EDITED, _DOWNLOADER, _UNKNOWN = OriginKind.EDITED, OriginKind.DOWNLOADER_REMUX, OriginKind.UNKNOWN

# Dates and times in the forms that occur; the groups are read by the filename reader.
_YEAR, _MONTH, _DAY = r"(?P<year>(?:19|20)\d\d)", r"(?P<month>\d\d)", r"(?P<day>\d\d)"
_HOUR, _MINUTE, _SECOND, _MS = r"(?P<hour>\d\d)", r"(?P<minute>\d\d)", r"(?P<second>\d\d)", r"(?P<ms>\d{3})"
_D8, _T6 = _YEAR + _MONTH + _DAY, _HOUR + _MINUTE + _SECOND
_D10, _T8 = f"{_YEAR}-{_MONTH}-{_DAY}", f"{_HOUR}-{_MINUTE}-{_SECOND}"
_SHORT_DAY = rf"(?P<short_year>\d\d){_MONTH}{_DAY}"
# "12.00.00", "9.05.12 PM"; macOS puts a narrow no-break space before the letters.
_DOTTED = rf"(?P<hour>\d{{1,2}})\.{_MINUTE}(?:\.{_SECOND})?(?:[ \u00a0\u202f]?(?P<half>[AaPp])\.?[Mm]\.?)?"
_EPOCH_MS, _EPOCH_S = r"(?P<epoch_ms>1\d{12})", r"(?P<epoch_s>1\d{9})"
# Ranges keep 19 digits apart: X reached 1e18 in 2018 and reaches 3e18 in 2033; 6e18 to 8e18 is TikTok's 2014 to 2029.
_X_ID, _TIKTOK_ID = r"(?P<x_id>[3-9]\d{17}|[12]\d{18})", r"(?P<tiktok_id>[67]\d{18})"


@dataclass(frozen=True, slots=True)
class NameRule:
    """One pattern for the whole stem of a name: who names so, what its date means and whether that is in UTC."""

    app: str
    kind: OriginKind
    pattern: re.Pattern[str]
    meaning: TimeMeaning
    is_utc: bool
    platform: str | None


def _rule(
    app: str, kind: OriginKind, pattern: str, *, posted: bool = False, utc: bool = False, platform: str | None = None
) -> NameRule:
    meaning = TimeMeaning.POSTED if posted else TimeMeaning.SAVED
    return NameRule(app, kind, re.compile(pattern, re.ASCII), meaning, utc, platform)


def _messengers() -> tuple[NameRule, ...]:
    return (
        # A day by the receiving phone's clock, and a number that starts again every day.
        _rule("WhatsApp", _PLATFORM, rf"(?:IMG|VID|GIF|STK)-{_D8}-WA\d{{4,}}", platform="WhatsApp"),
        # "WhatsApp Image 2026-01-17 at 09.00.00_1a2b3c4d", in the words of any language.
        _rule(
            "WhatsApp",
            _PLATFORM,
            rf"\D{{0,24}}WhatsApp\D{{1,24}}{_D10}\D{{1,12}}{_DOTTED}(?:_[0-9a-f]{{8}})?",
            platform="WhatsApp",
        ),
        # Telegram Desktop: its export names by the message's time, its "save as" by the message's or the present one.
        _rule(
            "Telegram",
            _PLATFORM,
            rf"(?:photo|video|animation|round_video_message|file)_\d{{1,7}}@{_DAY}-{_MONTH}-{_YEAR}_{_T8}(?:_thumb)?",
            posted=True,
            platform="Telegram",
        ),
        _rule("Telegram", _PLATFORM, rf"(?:photo|video|doc|file)_{_D10}_{_T8}(?:_\d{{1,3}})?", platform="Telegram"),
        # Signal-Android's SaveAttachmentTask: the message's time; earlier versions without milliseconds.
        _rule("Signal", _PLATFORM, rf"signal-{_D10}-{_T8}(?:-{_MS})?(?:-\d{{1,3}})?", posted=True, platform="Signal"),
        _rule("Signal", _PLATFORM, rf"signal-{_D10}-{_T6}(?:[-_]\d{{1,3}})?", posted=True, platform="Signal"),
        _rule("Viber", _PLATFORM, rf"viber_(?:image|video)_{_D10}_{_T8}(?:-{_MS})?", platform="Viber"),
        _rule("Viber", _PLATFORM, r"IMG-[0-9a-f]{32}-V", platform="Viber"),
        _rule("WeChat", _PLATFORM, rf"(?:mmexport|wx_camera_){_EPOCH_MS}", utc=True, platform="WeChat"),
        _rule(
            "WeChat", _PLATFORM, rf"(?:微信图片|微信视频|WeChat Image|WeChat Video)_{_D8}{_T6}(?:_\d+){{0,2}}", platform="WeChat"
        ),
        _rule("QQ", _PLATFORM, rf"QQ(?:图片|视频){_D8}{_T6}", platform="QQ"),
        _rule("LINE", _PLATFORM, rf"LINE_ALBUM_.{{1,80}}_{_SHORT_DAY}_\d{{1,4}}(?:_\d)?", platform="LINE"),
        _rule("LINE", _PLATFORM, rf"LINE_movie_{_EPOCH_MS}", utc=True, platform="LINE"),
        _rule("LINE", _PLATFORM, r"S__\d{6,12}(?:_\d{1,3})?", platform="LINE"),
        _rule("KakaoTalk", _PLATFORM, rf"KakaoTalk_{_D8}_{_T6}{_MS}(?:_\d{{1,3}})?", platform="KakaoTalk"),
        _rule("KakaoTalk", _PLATFORM, rf"KakaoTalk_(?:Photo|Video)_{_D10}-{_T8}(?:[ _]\d{{1,3}})?", platform="KakaoTalk"),
        _rule("Zalo", _PLATFORM, r"z\d{13}_[0-9a-f]{32}", platform="Zalo"),
        _rule("Snapchat", _PLATFORM, r"Snapchat-\d{5,20}", platform="Snapchat"),
        _rule("Messenger", _PLATFORM, r"received_\d{9,20}", platform="Messenger"),
    )


def _platforms() -> tuple[NameRule, ...]:
    return (
        _rule("Facebook app", _PLATFORM, rf"FB_IMG_{_EPOCH_MS}", utc=True, platform="Facebook"),
        # The names of the content network that Facebook and Instagram share; the last letter is a size.
        _rule("Facebook or Instagram", _PLATFORM, r"\d{5,20}_\d{5,20}_\d{5,20}_[abnoqst]", platform="Facebook or Instagram"),
        # pbs.twimg.com: base64url of the medium's Snowflake number and four letters more.
        _rule(
            "X (Twitter)",
            _PLATFORM,
            r"(?P<x_image>[A-Za-z0-9_-]{9}AA[A-Za-z0-9_-]{4})(?:[-_:](?:orig|large|medium|small|4096x4096))?",
            posted=True,
            utc=True,
            platform="X",
        ),
        # The identifier that ByteDance's video service gives; it also stands in the comment of such files.
        _rule("TikTok", _PLATFORM, r"v[0-9a-f]{2}[0-9a-z]{9}[0-9a-v]{20}", platform="TikTok"),
        _rule("Google video server", _PLATFORM, r"videoplayback", platform="YouTube"),
    )


def _downloaders() -> tuple[NameRule, ...]:
    title = r"(?P<title>.{1,230})"
    # Random letters, told from a word in brackets by a digit among letters, or a capital after a small letter.
    eleven = r"(?=[\w-]{0,10}(?:[a-z_-][A-Z]|[A-Za-z_-]\d|\d[A-Za-z_-]))[\w-]{11}"
    return (
        # yt-dlp's default template "%(title)s [%(id)s].%(ext)s"; the form of the id tells the platform.
        _rule("yt-dlp", _DOWNLOADER, rf"{title} \[{_TIKTOK_ID}\]", posted=True, utc=True, platform="TikTok"),
        _rule("yt-dlp", _DOWNLOADER, rf"{title} \[{_X_ID}\]", posted=True, utc=True, platform="X"),
        _rule(
            "yt-dlp",
            _DOWNLOADER,
            rf"(?P<title>Video by .{{1,80}}) \[(?P<instagram_id>{eleven})\]",
            utc=True,
            platform="Instagram",
        ),
        _rule("yt-dlp", _DOWNLOADER, rf"{title} \[(?P<post_id>{eleven})\]", platform="YouTube"),
        _rule("yt-dlp", _DOWNLOADER, rf"{title} \[(?P<post_id>\d{{15,16}})\]", platform="Facebook"),
        # gallery-dl's defaults for X "{tweet_id}_{num}" and TikTok "{id}_{num} {title}".
        _rule("gallery-dl", _DOWNLOADER, rf"{_X_ID}_\d{{1,2}}", posted=True, utc=True, platform="X"),
        _rule(
            "gallery-dl", _DOWNLOADER, rf"{_TIKTOK_ID}(?:_\d\d)? (?P<title>.{{1,200}})", posted=True, utc=True, platform="TikTok"
        ),
        # Instaloader's default "{date_utc}_UTC", the time of the post.
        _rule(
            "Instaloader",
            _DOWNLOADER,
            rf"{_D10}_{_T8}_UTC(?:_\d{{1,3}}|_profile_pic|_cover)?",
            posted=True,
            utc=True,
            platform="Instagram",
        ),
        _rule("ssstik", _DOWNLOADER, rf"ssstik\.io_(?:.{{1,60}}_)?{_EPOCH_MS}", utc=True, platform="TikTok"),
        _rule("SnapTik", _DOWNLOADER, rf"(?i:snaptik(?:\.app|\.vn)?)_{_TIKTOK_ID}", posted=True, utc=True, platform="TikTok"),
    )


def _screens() -> tuple[NameRule, ...]:
    tail = r"(?:_.{1,80})?"
    return (
        # Android "Screenshot_%s" with the app behind it on many makers' phones.
        _rule("Android screenshot", _SCREEN, rf"Screenshot_{_D8}[-_]{_T6}(?:[-_]?{_MS})?{tail}"),
        _rule("Android screenshot", _SCREEN, rf"Screenshot_{_D10}-{_T8}(?:-\d{{2,3}})?{tail}"),
        _rule("GNOME screenshot", _SCREEN, rf"(?:Screenshot|Screencast) [Ff]rom {_D10} {_T8}"),
        _rule("macOS screenshot", _SCREEN, rf"Screen ?[Ss]hot {_D10} at {_DOTTED}(?: \d)?"),
        _rule("macOS screen recording", _SCREEN, rf"Screen Recording {_D10} at {_DOTTED}(?: \d)?"),
        _rule("Windows screenshot", _SCREEN, rf"Screenshot(?: {_D10} {_T6}| \(\d{{1,4}}\))"),
        _rule("Windows screen recording", _SCREEN, rf"Screen Recording {_D10} {_T6}"),
        _rule("Samsung screen recording", _SCREEN, rf"Screen_Recording_{_D8}[-_]{_T6}{tail}"),
        _rule("Android screen recording", _SCREEN, rf"screen-{_D8}-{_T6}(?:-?{_MS})?"),
        _rule("Xiaomi screen recording", _SCREEN, rf"Screenrecord(?:er|ing)-{_D10}-{_T8}(?:-{_MS})?"),
        # ReplayKit, the recorder of iOS.
        _rule("iOS screen recording", _SCREEN, rf"RPReplay_Final{_EPOCH_S}", utc=True),
    )


def _editors() -> tuple[NameRule, ...]:
    return (
        _rule("InShot", _EDITED, rf"InShot_{_D8}_{_T6}{_MS}"),
        _rule("CapCut", _EDITED, rf"lv_\d{{1,20}}_{_D8}{_T6}"),
        _rule("YouCut", _EDITED, rf"YouCut_{_D8}_{_T6}{_MS}"),
        _rule("PicsArt", _EDITED, r"(?:PicsArt|Picsart)_\d\d-\d\d-\d\d\.\d\d\.\d\d"),
        # Photos of Google keeps an edited copy beside the picture as "…~2"; iOS numbers it IMG_E.
        _rule("Google Photos edit", _EDITED, rf"(?:IMG|VID|MVIMG)_{_D8}_{_T6}\d{{0,3}}.{{0,20}}~\d"),
        _rule("Google Photos edit", _EDITED, rf"PXL_{_D8}_{_T6}{_MS}.{{0,20}}~\d", utc=True),
        _rule("iOS edit", _EDITED, r"IMG_E\d{4}"),
    )


def _cameras() -> tuple[NameRule, ...]:
    return (
        # Pixel phones name in UTC, as their own EXIF beside it shows; every other camera here names in local time.
        _rule("Google Pixel camera", _CAMERA, rf"PXL_{_D8}_{_T6}{_MS}(?:[._-].{{1,40}})?", utc=True),
        # Telegram and Instagram for Android name what they save and send as some makers' cameras do.
        _rule("camera, Telegram or Instagram on Android", _UNKNOWN, rf"(?:IMG|VID)_{_D8}_{_T6}_{_MS}"),
        _rule("Insta360", _CAMERA, rf"(?:VID|IMG|LRV|PRO_VID|PRO_LRV)_{_D8}_{_T6}_\d\d_\d{{3}}"),
        _rule(
            "Android camera", _CAMERA, rf"(?:IMG|VID|MVIMG|PANO|SL_MO_VID)_?{_D8}_?{_T6}(?:{_MS})?(?:_[A-Za-z]{{2,12}}\d{{0,3}})?"
        ),
        _rule("Windows Camera", _CAMERA, rf"WIN_{_D8}_{_HOUR}_{_MINUTE}_{_SECOND}_Pro"),
        _rule("DJI", _CAMERA, rf"DJI_{_D8}{_T6}_\d{{4}}(?:_[A-Z]{{1,3}})?"),
        _rule("DJI app", _CAMERA, rf"dji_(?:fly|mimo)_{_D8}_{_T6}_\d{{1,5}}_\d{{13}}_\w{{1,20}}"),
        _rule("DJI", _CAMERA, r"DJI_\d{4}"),
        # GoPro's published naming convention: codec, chapter, number.
        _rule("GoPro", _CAMERA, r"G[HXLSG](?:\d\d|[A-Z]{2})\d{4}|GOPR\d{4}|GP\d{6}|G\d{7}"),
        # Dashcams put the kind of recording and the camera behind the time; Nextbase's and Thinkware's manuals explain theirs.
        _rule("BlackVue dashcam", _CAMERA, rf"{_D8}_{_T6}_[NEPMIOATBRXGDLYF][FRIO]S?"),
        _rule("Samsung camera", _CAMERA, rf"{_D8}_{_T6}(?:_\d{{1,3}}|_[A-Za-z]{{3,12}}\d{{0,3}})?"),
        _rule("Nextbase dashcam", _CAMERA, rf"{_SHORT_DAY}_{_T6}_\d{{3}}_[FR][HL]"),
        _rule("70mai dashcam", _CAMERA, rf"(?:NO|EV|PA|LA){_D8}-{_T6}-\d{{6}}[FBR]?"),
        _rule("Thinkware dashcam", _CAMERA, rf"(?:REC|EVT|MOT|MANUAL)_{_YEAR}_{_MONTH}_{_DAY}_{_HOUR}_{_MINUTE}_{_SECOND}_[FRI]"),
        _rule("Novatek dashcam", _CAMERA, rf"{_YEAR}_{_MONTH}{_DAY}_{_T6}(?:_\d{{3,6}})?[FRIP]{{0,2}}"),
        _rule("VIOFO dashcam", _CAMERA, rf"{_D8}{_T6}_\d{{6}}[FRIP]{{0,2}}"),
        _rule("Tesla", _CAMERA, rf"{_D10}_{_T8}-(?:front|back|left_repeater|right_repeater|left_pillar|right_pillar)"),
        _rule("Garmin dashcam", _CAMERA, r"GRMN\d{4}"),
        # The free letters and number of the Design rule for Camera File system (JEITA CP-3461).
        _rule("camera (DCF)", _CAMERA, r"(?:IMG_|DSC_|_DSC|DSCN|DSCF|DSC0|_MG_|MVI_|MOV_|IMGP|SAM_|PICT|HPIM|SDIM|P\d{3})\d{4}"),
    )


RULES = (*_messengers(), *_platforms(), *_downloaders(), *_screens(), *_editors(), *_cameras())
# All rules as one pattern with a group for each: most names follow none, and this tells so in one step.
_ANY_RULE = re.compile("|".join(f"({re.sub('[(][?]P<[a-z_0-9]+>', '(?:', rule.pattern.pattern)})" for rule in RULES), re.ASCII)


def match_rules(stem: str) -> Iterator[tuple[NameRule, re.Match[str]]]:
    """Yield the rules that a whole stem follows, in their order."""
    first = _ANY_RULE.fullmatch(stem)
    if first is None or first.lastindex is None:
        return
    for rule in RULES[first.lastindex - 1 :]:
        match = rule.pattern.fullmatch(stem)
        if match:
            yield rule, match
