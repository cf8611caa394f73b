"""The traces that a file's writer leaves in its structure: order of parts, tables, brands, and strings of one program."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from geoverify.containers import jpeg, walks
from geoverify.containers.isobmff import Box
from geoverify.containers.jpeg import Segment
from geoverify.containers.jpeg_coding import DHT, DQT, FRAMES, read_coding
from geoverify.containers.quicktime_meta import Tag, list_tags
from geoverify.containers.quicktime_movie import read_movie, read_top
from geoverify.containers.samples import MOVIE_TYPES
from geoverify.media import ByteSource
from geoverify.model import EncodingTrace, Finding, MediaFile, MediaKind, Observation, Provenance, TraceKind, Who
from geoverify.text import decode_text

NAME = "fingerprint"
MAX_PARTS = 64
MAX_MARK_CHARS = 120
MAX_TAGS = 2048
MAX_BRANDS = 32
MAX_TRACKS = 8
# Encoders write their names into the first frame, behind parameter sets at most; interleaved sound before it is far smaller
# than the second number.
SAMPLE_HEAD_BYTES = 1 << 10
MEDIA_HEAD_BYTES = 1 << 16
COMMENT_BYTES = 4096

_PICTURE_START = b"\xff\xd8\xff"
_NAMED = {
    DQT: "DQT",
    DHT: "DHT",
    jpeg.SOS: "SOS",
    jpeg.COM: "COM",
    0xDD: "DRI",
    **{frame: f"SOF{frame & 15}" for frame in FRAMES},
}
_APP_NAMES = {
    jpeg.APP0: ((b"JFIF\0", "JFIF"), (b"JFXX\0", "JFXX")),
    jpeg.APP1: (
        (b"Exif\0", "Exif"),
        (b"http://ns.adobe.com/xap/1.0/\0", "XMP"),
        (b"http://ns.adobe.com/xmp/extension/\0", "XMP extension"),
    ),
    jpeg.APP2: ((b"ICC_PROFILE\0", "ICC"), (b"MPF\0", "MPF")),
    jpeg.APP11: ((b"JP", "JUMBF"),),
    0xEC: ((b"Ducky", "Ducky"),),
    jpeg.APP13: ((b"Photoshop 3.0\0", "Photoshop"),),
    0xEE: ((b"Adobe", "Adobe"),),
}
# IPTC-IIM record 2, data set 40 (special instructions), where Facebook and Instagram leave a number that begins so.
_FBMD = re.compile(rb"\x1c\x02\x28..(FBMD[0-9a-f]{2,40})", re.DOTALL)
_COMMENT_MARKS = re.compile(
    rb"CREATOR: gd-jpeg[ -~]{0,80}|Lavc[0-9.]{3,20}|File written by Adobe Photoshop[ -~]{0,20}|LEAD Technologies[ -~]{0,20}"
    rb"|Intel\(R\) [ -~]{0,60}|AppleMark|Processed By eBay[ -~]{0,60}|ScreenShot|Created with GIMP"
)
_SAMPLE_MARKS = re.compile(rb"x264 - core \d{1,4}|x265 \(build \d{1,4}\)|Lavc\d{1,3}\.\d{1,3}\.\d{1,3}|HandBrake [0-9.]{3,20}")
_SAMPLE_WORDS = (b"x264 - core ", b"x265 (build ", b"Lavc", b"HandBrake ")
# ByteDance's own keys in files from TikTok, Douyin and CapCut.
_BYTEDANCE_KEYS = ("aigc_info", "vid_md5", "TEEditor")
_COMMENT_KEYS = ("©cmt", "comment", "com.apple.quicktime.comment", "com.apple.quicktime.information")
_VID = re.compile(r"vid:v[0-9a-z]{8,60}")


class FingerprintReader:
    """What the structure shows; each trace is one observation, and what they mean together is for `origin` to say."""

    name = NAME
    kinds = frozenset({MediaKind.IMAGE, MediaKind.VIDEO})

    def read(self, media: MediaFile, source: ByteSource) -> Iterator[Finding]:
        """Yield the traces of a JPEG, a PNG or a film in boxes; other formats have none that tell writers apart."""
        if media.media_type == "image/jpeg":
            yield from _read_jpeg(source)
        elif media.media_type == "image/png":
            yield from _trace_order(TraceKind.PNG_CHUNKS, "chunks", [_name_type(chunk.type) for chunk in walks.walk_png(source)])
        elif media.media_type in MOVIE_TYPES:
            yield from _read_movie(source)


READER = FingerprintReader()


def _trace(kind: TraceKind, field: str, value: str) -> Finding:
    # Whoever wrote the file last wrote its structure: a device, a platform, or any program in between.
    return Observation(
        value=EncodingTrace(kind=kind, value=value), provenance=Provenance(reader=NAME, field=field, raw=value, who=Who.EDITOR)
    )


def _trace_order(kind: TraceKind, field: str, names: Sequence[str]) -> Iterator[Finding]:
    """The order of a file's parts; a file that breaks off before the first has none."""
    if names:
        yield _trace(kind, field, _list_runs(names))


def _list_runs(names: Sequence[str]) -> str:
    """The names in their order, a run of one name as "DQT×2", at most `MAX_PARTS` runs."""
    runs: list[tuple[str, int]] = []
    for name in names:
        if runs and runs[-1][0] == name:
            runs[-1] = (name, runs[-1][1] + 1)
        elif len(runs) == MAX_PARTS:
            runs.append(("…", 1))
            break
        else:
            runs.append((name, 1))
    return " ".join(name if count == 1 else f"{name}×{count}" for name, count in runs)


# A few dozen types make up nearly all files.
@lru_cache(maxsize=1024)
def _name_type(kind: bytes) -> str:
    text = kind.decode("latin-1")
    return text if text.isascii() and text.isprintable() and " " not in text.strip() else f"0x{kind.hex()}"


def _read_jpeg(source: ByteSource) -> Iterator[Finding]:
    segments = list(walks.walk_jpeg(source))
    names = [_name_segment(segment) for segment in segments]
    yield from _trace_order(TraceKind.JPEG_LAYOUT, "segments", names)
    coding = read_coding(source, segments)
    if coding.process:
        size = f"{coding.width_px or '?'}×{coding.height_px or '?'}"
        value = f"{coding.process}, {coding.sampling}, {coding.huffman} Huffman tables, {size}"
        yield _trace(TraceKind.JPEG_CODING, "SOF, DHT", value)
    if coding.tables:
        yield _trace(TraceKind.JPEG_TABLES, "DQT", coding.quality)
    if "Exif" in names:
        exifs = (segment.read(source) for name, segment in zip(names, segments, strict=True) if name == "Exif")
        has_thumbnail = any(_PICTURE_START in exif for exif in exifs)
        yield _trace(TraceKind.JPEG_THUMBNAIL, "APP1 Exif", "present" if has_thumbnail else "absent")
    for name, segment in zip(names, segments, strict=True):
        if name == "Photoshop":
            match = _FBMD.search(segment.read(source))
            if match:
                yield _trace(TraceKind.MARK, "APP13 IPTC 2:40", match[1].decode())
        elif name == "COM":
            match = _COMMENT_MARKS.search(segment.read(source)[:COMMENT_BYTES])
            if match:
                yield _trace(TraceKind.MARK, "COM", decode_text(match[0])[:MAX_MARK_CHARS])


def _name_segment(segment: Segment) -> str:
    marker = segment.marker
    if marker in _NAMED:
        return _NAMED[marker]
    for head, name in _APP_NAMES.get(marker, ()):
        if segment.head.startswith(head):
            return name
    return f"APP{marker & 15}" if 0xE0 <= marker <= 0xEF else f"0x{marker:02x}"


def _read_movie(source: ByteSource) -> Iterator[Finding]:
    # The reader of the format reports the damage; the order up to it still tells something.
    boxes = read_top(source).sound
    yield from _trace_order(TraceKind.BOX_ORDER, "first level", [_name_type(box.type) for box in boxes])
    for box in boxes:
        if box.type == b"ftyp":
            data = source.peek(box.offset, min(box.size_bytes, 8 + 4 * MAX_BRANDS))
            brands = " ".join(_name_type(data[at : at + 4]).strip() for at in range(8, len(data) - 3, 4))
            yield _trace(TraceKind.BRANDS, "ftyp", f"{_name_type(data[:4]).strip()} {int.from_bytes(data[4:8])}: {brands}")
        elif box.type == b"moov":
            yield from _read_tag_marks(source, box)
    yield from _read_sample_marks(source, boxes)


def _read_tag_marks(source: ByteSource, moov: Box) -> Iterator[Finding]:
    seen: set[str] = set()
    for tag in _list_words(source, moov):
        mark = _find_mark(tag)
        if mark and mark not in seen:
            seen.add(mark)
            yield _trace(TraceKind.MARK, tag.field, mark)


def _list_words(source: ByteSource, moov: Box) -> Iterator[Tag]:
    left = MAX_TAGS
    movie = read_movie(source, moov)
    for path, box in movie.metadata:
        for tag in list_tags(movie.source, box, path).tags[:left]:
            left -= 1
            if isinstance(tag, Tag):
                yield tag


def _find_mark(tag: Tag) -> str | None:
    text = str(tag.value)
    if tag.key in _BYTEDANCE_KEYS:
        return f"ByteDance key {tag.key}"
    if "com.bytedance" in tag.key or "com.bytedance" in text:
        return "ByteDance key com.bytedance"
    if tag.key in _COMMENT_KEYS:
        match = _VID.match(text)
        return f"ByteDance {match[0]}" if match else None
    # What the screen recorder of iOS writes in the place of an author.
    return "ReplayKitRecording" if "ReplayKit" in text and tag.key.endswith("author") else None


def _read_sample_marks(source: ByteSource, boxes: tuple[Box, ...]) -> Iterator[Finding]:
    heads = b"\n".join([source.read(at, size_bytes) for at, size_bytes in _list_sample_heads(source, boxes)])
    for mark in dict.fromkeys(_find_sample_marks(heads)):
        yield _trace(TraceKind.MARK, "mdat, first samples", mark)


def _find_sample_marks(data: bytes) -> Iterator[str]:
    """The marks, found by their first words, which is much cheaper than to try the pattern everywhere."""
    for word in _SAMPLE_WORDS:
        at = data.find(word)
        while at >= 0:
            match = _SAMPLE_MARKS.match(data, at)
            if match:
                yield match[0].decode()
            at = data.find(word, at + len(word))


def _list_sample_heads(source: ByteSource, boxes: tuple[Box, ...]) -> list[tuple[int, int]]:
    """Where each track's samples begin; where no table says so (fragments, a cut file), the beginning of the media data."""
    moov = next((box for box in boxes if box.type == b"moov"), None)
    tracks = read_movie(source, moov).tracks[:MAX_TRACKS] if moov else ()
    starts = sorted({track.first_chunk for track in tracks if track.first_chunk and track.first_chunk < source.size_bytes})
    if starts:
        return [(at, SAMPLE_HEAD_BYTES) for at in starts]
    return [(box.offset, min(box.size_bytes, MEDIA_HEAD_BYTES)) for box in boxes if box.type == b"mdat" and box.size_bytes][:1]
