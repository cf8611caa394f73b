"""What wrote a file last: camera, editor, platform or downloader, weighed from the traces in its observations.

A trace shows that a writer had the file in its hands; the judgement asks who had it last. Strong traces are a writer's own
signature, fair ones its habits, weak ones mere hints. Nothing here is proof, and the wording says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from geoverify.model import (
    Camera,
    CaptureTime,
    Clock,
    EncodingTrace,
    FileNaming,
    ImageInfo,
    MediaFile,
    MediaKind,
    Observation,
    OriginKind,
    Position,
    Post,
    Software,
    TextSnippet,
    TimeMeaning,
    TraceKind,
    Track,
    Value,
    VideoInfo,
    Who,
)
from geoverify.results import Origin, OriginReason

Observations = Sequence[Observation[Value]]
SIGNATURE, HABIT, HINT = 3, 2, 1
# A named device, its capture time, and two habits of cameras more.
ENOUGH_FOR_CAMERA = 4
# The file carries a change time this much later than its capture time.
CHANGED_LATER_S = 60.0
WRITTEN_ANEW_S = 86_400.0
# Photo sizes of Telegram's API (1280, 2560); what WhatsApp (1600) and Facebook (960, 2048) scale to: Moltisanti et al. 2015,
# "Image Manipulation on Facebook for Forensics Evidence", and the applications' own guides.
SCALED_SIDES_PX = frozenset({960, 1280, 1600, 2048, 2560})

_CAMERA, _EDITED, _PLATFORM = OriginKind.CAMERA_ORIGINAL, OriginKind.EDITED, OriginKind.PLATFORM
_DOWNLOADER, _SCREEN, _REWRITTEN = OriginKind.DOWNLOADER_REMUX, OriginKind.SCREEN_CAPTURE, OriginKind.REWRITTEN

# Words in the names of programs, handlers and encoders, in lower case; the platform's name where they tell it.
_PLATFORM_WORDS = (
    ("media file produced by google", "YouTube or another service of Google"),
    ("isomedia file produced by google", "YouTube or another service of Google"),
    ("google/video-file", "YouTube or another service of Google"),
    ("twitter-vork", "X"),
    ("vimeo", "Vimeo"),
    ("instagram", "Instagram"),
    ("facebook", "Facebook"),
    ("whatsapp", "WhatsApp"),
    ("telegram", "Telegram"),
    ("snapchat", "Snapchat"),
    ("bytedance", "TikTok or another service of ByteDance"),
    ("tiktok", "TikTok"),
)
_EDITOR_WORDS = (
    *("adobe", "photoshop", "lightroom", "gimp", "snapseed", "picasa", "paint.net", "capture one", "acdsee", "affinity"),
    *("darktable", "rawtherapee", "pixelmator", "microsoft windows photo", "windows photo editor", "picsart", "vsco", "meitu"),
    *("digikam", "gthumb", "xnview", "irfanview", "photoscape", "polarr", "canva", "exiftool", "nikon transfer", "viewnx"),
    *("capture nx", "digital photo professional", "dxo", "luminar", "aperture", "iphoto", "krita", "inkscape", "magix"),
    *("inshot", "capcut", "kinemaster", "imovie", "final cut", "premiere", "davinci", "vegas", "handbrake", "filmora"),
    *("movavi", "avidemux", "shotcut", "kdenlive", "openshot", "camtasia", "videopad", "powerdirector", "vn video"),
)
_SHARED_WORDS = (
    *("lavf", "lavc", "libav", "x264", "x265", "gpac", "l-smash", "bento4", "mp4box", "mp4parser", "isoparser", "shaka"),
    *("mkvmerge", "libwebm", "libebml", "gstreamer", "imagemagick", "graphicsmagick", "libformat", "pillow", "gd-jpeg"),
    *("mainconcept", "elemental", "eti iso", "intel(r) jpeg", "lead technologies", "libvips"),
)
_SCREEN_WORDS = (
    "screenshot",
    "screen recorder",
    "gnome-screenshot",
    "spectacle",
    "greenshot",
    "sharex",
    "obs studio",
    "replaykit",
)
_CAMERA_WORDS = ("gopro", "dji.", "dji ", "ambarella", "ins.hvc", "ins.avc", "garmin", "novatek")
_APPLE_PHOTOS = re.compile(r"photos \d")
_COMPUTERS = re.compile(r"(?:i?Mac|MacBook)")
# Box paths that name a file's type and not a program.
_NO_PROGRAM_FIELDS = ("ftyp major_brand",)
_FFMPEG_BRANDS = re.compile(r"\S* 512: (?:isom iso2|qt\b)")
_NOT_BY_CAMERAS = frozenset({"image/png", "image/webp", "image/gif", "image/bmp", "image/avif", "image/jxl", "image/jp2"})
_PHONE_FORMATS = frozenset({"image/heic", "image/heif"})
_RAW_FORMATS = frozenset({"image/x-canon-cr3", "image/x-panasonic-rw2", "image/x-olympus-orf", "image/x-fuji-raf"})


@dataclass(frozen=True, slots=True)
class _Trace:
    """A reason, how much it weighs, and the platform that it names."""

    text: str
    kind: OriginKind
    weight: int
    ids: tuple[str, ...] = ()
    platform: str | None = None


def judge_origin(media: MediaFile, observations: Observations) -> Origin:
    """Weigh the traces of one file; pure, and unknown where nothing strong enough speaks."""
    traces = list(_find_traces(media, observations))
    weights = {kind: sum(trace.weight for trace in traces if trace.kind is kind) for kind in OriginKind}
    kind = _decide(traces, weights)
    platform = None
    if kind in (_PLATFORM, _DOWNLOADER):
        named = [trace for trace in traces if trace.platform and trace.kind in (_PLATFORM, _DOWNLOADER)]
        platform = max(named, key=lambda trace: trace.weight).platform if named else None
    is_located = any(isinstance(item.value, Position | Track) and item.provenance.file is None for item in observations)
    reasons = sorted(traces, key=lambda trace: (trace.kind is not kind, -trace.weight))
    return Origin(
        kind=kind,
        platform=platform,
        wording=_word(kind, platform, is_located),
        reasons=tuple(OriginReason(text=one.text, speaks_for=one.kind, observation_ids=one.ids) for one in reasons),
    )


def _decide(traces: list[_Trace], weights: dict[OriginKind, int]) -> OriginKind:
    signed = {trace.kind for trace in traces if trace.weight >= SIGNATURE}
    named = {trace.kind for trace in traces if trace.weight >= HABIT}
    if _SCREEN in named and weights[_CAMERA] < ENOUGH_FOR_CAMERA:
        return _SCREEN
    if _PLATFORM in signed:
        # ByteDance's servers write with FFmpeg themselves; over another platform's mark it is a later hand.
        own = any(trace.platform and "ByteDance" in trace.platform for trace in traces)
        return _DOWNLOADER if _REWRITTEN in signed and not own else _PLATFORM
    if _EDITED in signed:
        return _EDITED
    if weights[_CAMERA] >= ENOUGH_FOR_CAMERA and weights[_REWRITTEN] + weights[_EDITED] < HABIT:
        # A name that any hand can give does not outweigh what platforms take away.
        return OriginKind.UNKNOWN if named & {_PLATFORM, _DOWNLOADER} else _CAMERA
    if _DOWNLOADER in named:
        return _DOWNLOADER if _REWRITTEN in signed else _PLATFORM
    if _PLATFORM in named:
        return _PLATFORM
    if weights[_EDITED] >= SIGNATURE and weights[_EDITED] >= weights[_REWRITTEN]:
        return _EDITED
    return _REWRITTEN if weights[_REWRITTEN] >= SIGNATURE else OriginKind.UNKNOWN


def _word(kind: OriginKind, platform: str | None, is_located: bool) -> str:
    by = f" ({platform})" if platform else ""
    says_nothing = (
        "its position need not be the camera's own" if is_located else "missing GPS says nothing about the place"
    )  # fmt: skip
    if kind is _CAMERA:
        gps = "" if is_located else "; it has no GPS: location was off, there was no fix, or it was taken out"
        return f"looks like the camera's own file: nothing shows that it was rewritten{gps}"
    if kind is _EDITED:
        return f"looks saved by an editor: ask for the original; {says_nothing}"
    if kind is _PLATFORM:
        return f"looks re-encoded by a platform{by}: {says_nothing}"
    if kind is _DOWNLOADER:
        return f"looks rewritten by a downloader after a platform{by} had re-encoded it: {says_nothing}"
    if kind is _SCREEN:
        return "looks like a picture of a screen: its time and device are those of the screenshot, not of what it shows"
    if kind is _REWRITTEN:
        return f"not as a camera writes it: some program converted or re-encoded it; {says_nothing}"
    return f"nothing tells what wrote this file last: {says_nothing}"


def _find_traces(media: MediaFile, observations: Observations) -> Iterator[_Trace]:
    yield from _trace_programs(observations)
    yield from _trace_name(observations)
    structure = {item.value.kind: (item.value.value, item.id) for item in observations if isinstance(item.value, EncodingTrace)}
    yield from _trace_device(media, observations)
    if media.media_type == "image/jpeg":
        yield from _trace_jpeg(structure, observations)
    elif media.kind is MediaKind.VIDEO:
        yield from _trace_movie(structure, observations)
    elif media.media_type in _NOT_BY_CAMERAS:
        yield _Trace(f"cameras do not write {media.media_type}", _REWRITTEN, SIGNATURE)
    elif media.media_type in _PHONE_FORMATS | _RAW_FORMATS:
        yield _Trace(f"cameras write {media.media_type}, platforms and editors rarely", _CAMERA, HINT)


def _trace_programs(observations: Observations) -> Iterator[_Trace]:
    for item in observations:
        value, ids = item.value, (item.id,)
        if isinstance(value, Software) and item.provenance.field not in _NO_PROGRAM_FIELDS:
            yield from _classify(value.name, item.provenance.field, ids)
        elif isinstance(value, EncodingTrace) and value.kind is TraceKind.MARK:
            if value.value.startswith("FBMD"):
                text = f"{item.provenance.field} begins with FBMD, which Facebook and Instagram write"
                yield _Trace(text, _PLATFORM, SIGNATURE, ids, "Facebook or Instagram")
            else:
                yield from _classify(value.value, item.provenance.field, ids)
        elif isinstance(value, TextSnippet) and value.text.strip().lower() == "screenshot":
            yield _Trace(f"{item.provenance.field} says {value.text.strip()!r}", _SCREEN, SIGNATURE, ids)


def _classify(name: str, field: str, ids: tuple[str, ...]) -> Iterator[_Trace]:
    lowered = name.lower()
    text = f"{field} names {name[:80]!r}"
    for word, platform in _PLATFORM_WORDS:
        if word in lowered:
            yield _Trace(text, _PLATFORM, SIGNATURE, ids, platform)
            return
    if any(word in lowered for word in _EDITOR_WORDS) or _APPLE_PHOTOS.match(lowered):
        yield _Trace(text, _EDITED, SIGNATURE, ids)
    elif any(word in lowered for word in _SCREEN_WORDS):
        yield _Trace(text, _SCREEN, SIGNATURE, ids)
    elif any(word in lowered for word in _SHARED_WORDS):
        yield _Trace(f"{text}, which platforms, downloaders and editors share", _REWRITTEN, SIGNATURE, ids)
    elif any(word in lowered for word in _CAMERA_WORDS):
        yield _Trace(text, _CAMERA, HABIT, ids)


def _trace_name(observations: Observations) -> Iterator[_Trace]:
    posts = [item for item in observations if isinstance(item.value, Post)]
    for item in observations:
        if not isinstance(item.value, FileNaming):
            continue
        naming = item.value
        post = next((one for one in posts if one.provenance.reader == item.provenance.reader), None)
        platform = post.value.platform if post is not None and isinstance(post.value, Post) else None
        if naming.kind is _PLATFORM:
            platform = platform or naming.app
        if naming.kind is not OriginKind.UNKNOWN:
            weight = HINT if naming.kind in (_CAMERA, _EDITED) else HABIT
            yield _Trace(f"the file is named as {naming.app} names files", naming.kind, weight, (item.id,), platform)
    for item in posts:
        if item.provenance.file is not None and isinstance(item.value, Post):
            text = f"{item.provenance.file} beside it describes it as a post"
            yield _Trace(text, _DOWNLOADER, HABIT, (item.id,), item.value.platform)


def _trace_device(media: MediaFile, observations: Observations) -> Iterator[_Trace]:
    inside = [item for item in observations if item.provenance.file is None]
    cameras = [(item.value, item.id) for item in inside if isinstance(item.value, Camera)]
    named = [(camera, identifier) for camera, identifier in cameras if camera.make or camera.model]
    if named and _COMPUTERS.match(named[0][0].model or ""):
        yield _Trace("a computer recorded it: its camera or its screen", _SCREEN, HINT, (named[0][1],))
    elif named:
        words = " ".join(word for word in (named[0][0].make, named[0][0].model) if word)
        yield _Trace(f"it names its camera, {words!r}", _CAMERA, HABIT, (named[0][1],))
    elif media.media_type == "image/jpeg":
        # DCF (JEITA CP-3461) has every camera write an Exif file with its maker and model.
        yield _Trace("no EXIF names a camera, as cameras' JPEGs do", _REWRITTEN, HABIT)
    times = [item for item in inside if isinstance(item.value, CaptureTime)]
    captured = [item for item in times if _is_capture(item)]
    if captured:
        yield _Trace("it carries a capture time", _CAMERA, HINT, (captured[0].id,))
        lengths = [item.value.duration_s or 0.0 for item in inside if isinstance(item.value, VideoInfo)]
        yield from _trace_change(captured[0], times, max(lengths, default=0.0))
    fixes = [item for item in inside if isinstance(item.value, Position | Track) and item.provenance.who is not Who.UPLOADER]
    if fixes:
        is_track = any(isinstance(item.value, Track) for item in fixes)
        text = "it carries the telemetry of a recording" if is_track else "it carries a position, which most platforms take out"
        yield _Trace(text, _CAMERA, HABIT if is_track or media.kind is MediaKind.VIDEO else HINT, (fixes[0].id,))


def _is_capture(item: Observation[Value]) -> bool:
    time = item.value
    return isinstance(time, CaptureTime) and time.meaning is TimeMeaning.CAPTURED and time.clock is Clock.DEVICE


def _trace_change(captured: Observation[Value], times: list[Observation[Value]], duration_s: float) -> Iterator[_Trace]:
    """A change or an encoding that came later than the recording."""
    film = captured.value
    for item in times:
        time = item.value
        if not isinstance(time, CaptureTime) or not isinstance(film, CaptureTime):
            continue
        if time.meaning is TimeMeaning.MODIFIED and time.clock is Clock.DEVICE and time.local and film.local:
            later_s = (time.local - film.local).total_seconds()
            trace = _Trace("its own change time is later than its capture time", _EDITED, HINT, (captured.id, item.id))
        elif time.meaning is TimeMeaning.ENCODED and time.instant_utc and film.instant_utc:
            later_s = (time.instant_utc - film.instant_utc).total_seconds() - duration_s
            # A recorder that is slow to finish, or a trim in the phone, does not take days.
            weight = SIGNATURE if later_s > WRITTEN_ANEW_S else HABIT
            trace = _Trace("its boxes were written after the recording", _REWRITTEN, weight, (captured.id, item.id))
        else:
            continue
        if later_s > CHANGED_LATER_S:
            yield trace
            return


def _trace_jpeg(structure: dict[TraceKind, tuple[str, str]], observations: Observations) -> Iterator[_Trace]:
    layout, layout_id = structure.get(TraceKind.JPEG_LAYOUT, ("", ""))
    parts = layout.split(" ")
    if parts[0] == "Exif":
        yield _Trace("EXIF comes first, as the standard has cameras write it", _CAMERA, HINT, (layout_id,))
    elif "Exif" in parts:
        yield _Trace(f"{parts[0]} stands before EXIF, as programs write it", _REWRITTEN, HINT, (layout_id,))
    if {"Adobe", "Ducky"} & set(parts):
        yield _Trace("it has a segment that Adobe's programs write", _EDITED, HINT, (layout_id,))
    if "Photoshop" in parts:
        yield _Trace("it has a segment for IPTC, which programs and few cameras write", _EDITED, HABIT, (layout_id,))
    coding, coding_id = structure.get(TraceKind.JPEG_CODING, ("", ""))
    if coding.startswith("progressive"):
        yield _Trace("it is a progressive JPEG, which cameras do not write", _REWRITTEN, HABIT, (coding_id,))
    yield from _trace_size(coding, coding_id, "Exif" in parts, observations)
    tables, tables_id = structure.get(TraceKind.JPEG_TABLES, ("", ""))
    if tables.startswith("Annex K") and "Exif" not in parts:
        yield _Trace(f"its tables are those of common libraries ({tables})", _REWRITTEN, HINT, (tables_id,))
    thumbnail, thumbnail_id = structure.get(TraceKind.JPEG_THUMBNAIL, ("", ""))
    if thumbnail == "present":
        yield _Trace("its EXIF holds a thumbnail", _CAMERA, HINT, (thumbnail_id,))
    elif thumbnail == "absent":
        yield _Trace("its EXIF lacks the thumbnail that cameras write", _REWRITTEN, HINT, (thumbnail_id,))


def _trace_size(coding: str, coding_id: str, has_exif: bool, observations: Observations) -> Iterator[_Trace]:
    match = re.search(r"(\d+)×(\d+)$", coding)
    if match is None:
        return
    stored = {int(match[1]), int(match[2])}
    for item in observations:
        info = item.value
        if isinstance(info, ImageInfo) and item.provenance.field.startswith("PixelX") and info.width_px and info.height_px:
            if {info.width_px, info.height_px} != stored:
                text = f"it has {match[0]} pixels where its EXIF says {info.width_px}×{info.height_px}"
                yield _Trace(text, _REWRITTEN, SIGNATURE, (item.id, coding_id))
            return
    if not has_exif and max(stored) in SCALED_SIDES_PX:
        yield _Trace(f"its longer side of {max(stored)} pixels is one that platforms scale to", _PLATFORM, HINT, (coding_id,))


def _trace_movie(structure: dict[TraceKind, tuple[str, str]], observations: Observations) -> Iterator[_Trace]:
    brands, brands_id = structure.get(TraceKind.BRANDS, ("", ""))
    if _FFMPEG_BRANDS.match(brands):
        yield _Trace("its type box is the one that FFmpeg writes", _REWRITTEN, HABIT, (brands_id,))
    order, order_id = structure.get(TraceKind.BOX_ORDER, ("", ""))
    boxes = [part.split("×")[0] for part in order.split(" ")]
    if "moof" in boxes:
        yield _Trace("it is cut into fragments, as streaming services deliver", _REWRITTEN, HABIT, (order_id,))
    elif "moov" in boxes and "mdat" in boxes:
        if boxes.index("moov") < boxes.index("mdat"):
            yield _Trace("its index comes first, as is done for the web", _REWRITTEN, HINT, (order_id,))
        else:
            yield _Trace("its index comes last, as recorders write it", _CAMERA, HINT, (order_id,))
    has_device = any(isinstance(item.value, Camera) for item in observations)
    for item in observations:
        if isinstance(item.value, Software) and item.value.name.startswith("Core Media") and not has_device:
            text = "an Apple program wrote it without the device that Apple's camera names"
            yield _Trace(text, _REWRITTEN, HABIT, (item.id,))
            return
        if isinstance(item.value, Software) and item.value.name.startswith("Android "):
            yield _Trace("an Android phone wrote it: its camera, or an app that re-encoded it", _CAMERA, HINT, (item.id,))
            return
