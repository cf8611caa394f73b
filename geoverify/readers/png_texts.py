"""PNG's text chunks and its tIME chunk (W3C PNG, third edition, §11.3.3 and §11.3.5)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

from geoverify.containers import walks
from geoverify.containers.png import Text
from geoverify.containers.xmp_tree import Node, Properties
from geoverify.media import ByteSource
from geoverify.model import (
    Camera,
    CaptureTime,
    Clock,
    Finding,
    MediaFile,
    MediaKind,
    Reason,
    Software,
    TextSnippet,
    TextSource,
    TimeMeaning,
    Who,
)
from geoverify.speech import Speaker, UnusableError
from geoverify.text import MAX_TEXT_CHARS
from geoverify.xmp.findings import say_properties
from geoverify.xmp.numbers import parse_time

NAME = "png_texts"
# Read by other readers, or nothing but colours and sizes.
_ELSEWHERE = ("xml:com.adobe.xmp", "raw profile type ", "icc:", "png:", "exif:thumbnail", "exif:icc")
# ImageMagick copies EXIF into text chunks, TIFF's own fields under EXIF's name too.
_COPIED = "exif:"
_RENAMED = {
    "exif:Make": "tiff:Make",
    "exif:Model": "tiff:Model",
    "exif:Software": "tiff:Software",
    "exif:DateTime": "tiff:DateTime",
}
_TIMES = {
    "creation time": (Clock.DEVICE, TimeMeaning.CAPTURED),
    "create-date": (Clock.DEVICE, TimeMeaning.CAPTURED),
    # ImageMagick's: the times of the file that it read, and when it wrote this one.
    "date:create": (Clock.FILESYSTEM, TimeMeaning.MODIFIED),
    "date:modify": (Clock.FILESYSTEM, TimeMeaning.MODIFIED),
    "date:timestamp": (Clock.DEVICE, TimeMeaning.MODIFIED),
}
_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, start=1)}
# RFC 1123, which the PNG standard recommends for "Creation Time".
_RFC1123 = re.compile(r"(?:\w{3}, ?)?(\d{1,2}) (\w{3}) (\d{4}) (\d\d:\d\d(?::\d\d)?) ?(GMT|UTC|Z|[+-]\d{4})?", re.ASCII)


class PngTextsReader:
    """Words, programs, times, and the EXIF that ImageMagick writes out as text."""

    name = NAME
    kinds = frozenset({MediaKind.IMAGE})

    def read(self, media: MediaFile, source: ByteSource) -> Iterator[Finding]:
        """Yield what the chunks say; whatever wrote the file last could have written them."""
        if media.media_type != walks.PNG:
            return
        speaker = Speaker(reader=NAME, who=Who.EDITOR)
        copied: Properties = {}
        texts: dict[str, str] = {}
        for chunk in walks.png_chunks(source):
            if chunk.type == b"tIME":
                data = source.read(chunk.offset, 7)
                yield from speaker.attempt("time", "tIME", data.hex(" "), _parse_time_chunk, data)
        listed = walks.walk_png_texts(source)
        for text in listed.sound:
            words = "" if text.keyword.lower().startswith(_ELSEWHERE) else _decode(text)
            if not words:
                continue
            texts[text.keyword.lower()] = words
            if text.keyword.startswith(_COPIED):
                name = _RENAMED.get(text.keyword, text.keyword)
                copied[name] = Node(name, words)
            else:
                yield from _say_text(text, words, speaker)
        make, model = texts.get("make"), texts.get("model")
        if make or model:
            raw = " / ".join(word for word in (make, model) if word)
            yield speaker.observe(Camera(make=make, model=model), "Make+Model", raw)
        if copied:
            yield from say_properties(copied, speaker)
        if listed.damage is not None:
            raise listed.damage


READER = PngTextsReader()


def _decode(text: Text) -> str:
    """The words; Latin-1 is the standard's for tEXt and zTXt, but many writers put UTF-8 there."""
    raw = text.data[: MAX_TEXT_CHARS * 4]
    try:
        words = raw.decode("utf-8")
    except UnicodeDecodeError:
        words = raw.decode(text.encoding, "backslashreplace")
    return words.strip("\0 \r\n\t")[:MAX_TEXT_CHARS]


def _say_text(text: Text, words: str, speaker: Speaker) -> Iterator[Finding]:
    keyword = text.keyword.lower()
    field = f"{text.chunk.type.decode('ascii')} {text.keyword[:79]}"
    if keyword in ("make", "model"):
        return
    if keyword == "software":
        yield speaker.observe(Software(name=words), field, words)
    elif keyword in _TIMES:
        yield from speaker.attempt("time", field, words, _parse_time_text, words, text.keyword, *_TIMES[keyword])
    else:
        source = TextSource.CAPTION if keyword in ("description", "caption") else TextSource.TAG
        yield speaker.observe(TextSnippet(text=words, lang=text.lang, source=source), field, words)


def _parse_time_text(words: str, name: str, clock: Clock, meaning: TimeMeaning) -> CaptureTime:
    match = _RFC1123.fullmatch(words)
    month = _MONTHS.get(match[2].lower()) if match else None
    if match and month:
        zone = {"GMT": "Z", "UTC": "Z", None: ""}.get(match[5], match[5])
        words = f"{match[3]}-{month:02d}-{int(match[1]):02d} {match[4]}{zone}"
    return parse_time(words, name, clock, meaning)


def _parse_time_chunk(data: bytes) -> CaptureTime:
    """The time of the last change in UTC: year, month, day, hour, minute, second (§11.3.5.1)."""
    if len(data) < 7:
        raise UnusableError(Reason.TRUNCATED, "the tIME chunk is cut off")
    # 60 is a leap second, which Python's calendar has not got.
    second = 59 if data[6] == 60 else data[6]
    try:
        instant = dt.datetime(int.from_bytes(data[:2]), data[2], data[3], data[4], data[5], second, tzinfo=dt.UTC)
    except ValueError as error:
        raise UnusableError(Reason.NOT_A_DATE, f"tIME {data.hex(' ')} is no date that exists ({error})") from error
    return CaptureTime(instant_utc=instant, clock=Clock.CONTAINER, meaning=TimeMeaning.MODIFIED)
