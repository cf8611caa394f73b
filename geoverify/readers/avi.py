"""AVI: picture, the camera's clock, and the words of the INFO list."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

from geoverify.containers.avi import Avi, read_avi
from geoverify.media import ByteSource
from geoverify.model import (
    Absent,
    Camera,
    CaptureTime,
    Clock,
    Finding,
    MediaFile,
    MediaKind,
    Observation,
    Provenance,
    Reason,
    Software,
    TextSnippet,
    TextSource,
    TimeMeaning,
    Value,
    VideoInfo,
    Who,
)

NAME = "avi"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# The form of C's asctime, which the format asks for, and the forms that cameras write instead.
_ASCTIME = re.compile(r"[A-Za-z]{3,9}\s+([A-Za-z]{3})[a-z]*\s+(\d{1,2})\s+(\d{1,2}):(\d\d):(\d\d)\s+(\d{4})")
_NUMERIC = re.compile(
    r"(\d{4})[-:/.]\s?(\d{1,2})[-:/.]\s?(\d{1,2})/?[ T]{1,3}(\d{1,2}):\s?(\d\d)(?::\s?(\d\d))?\s?([AP]M)?", re.IGNORECASE
)
_TIMES = ("hdrl.IDIT", "IDIT", "INFO.IDIT", "INFO.ICRD", "INFO.DTIM", "nctg.date", "exif.etim")
_WORDS = ("INFO.INAM", "INFO.ISBJ", "INFO.ICMT", "INFO.IKEY", "INFO.ITCH", "INFO.ICOP", "INFO.IART")


class AviReader:
    """The headers and lists of an AVI; the format's clock has no zone."""

    name = NAME
    kinds = frozenset({MediaKind.VIDEO})

    def read(self, media: MediaFile, source: ByteSource) -> Iterator[Finding]:
        """Yield picture size and rate, local time, camera, program and words."""
        if media.media_type != "video/x-msvideo":
            return
        avi = read_avi(source)
        texts = avi.texts
        yield from _report_picture(avi)
        for name in _TIMES:
            if name in texts:
                yield _report_time(texts[name], name)
        make, model = texts.get("nctg.make") or texts.get("exif.ecor"), texts.get("nctg.model") or texts.get("exif.emdl")
        if make or model:
            yield _observe(Camera(make=make, model=model), "nctg" if "nctg.model" in texts else "LIST exif", f"{make} {model}")
        if "INFO.ISFT" in texts:
            yield _observe(Software(name=texts["INFO.ISFT"]), "INFO.ISFT", texts["INFO.ISFT"], Who.EDITOR)
        for name in _WORDS:
            if name in texts:
                value = TextSnippet(text=texts[name], source=TextSource.TAG)
                yield _observe(value, name, texts[name], Who.UPLOADER)


READER = AviReader()


def _observe(value: Value, field: str, raw: str, who: Who = Who.DEVICE) -> Observation[Value]:
    return Observation(value=value, provenance=Provenance(reader=NAME, field=field, raw=raw, who=who))


def _report_picture(avi: Avi) -> Iterator[Finding]:
    if avi.width_px is None and avi.fps is None:
        return
    duration_s = avi.frame_count / avi.fps if avi.frame_count and avi.fps else None
    yield _observe(
        VideoInfo(
            duration_s=duration_s,
            fps=avi.fps,
            frame_count=avi.frame_count,
            width_px=avi.width_px,
            height_px=avi.height_px,
            codec=avi.codec or None,
            writer=avi.texts.get("INFO.ISFT"),
        ),
        "avih+strh",
        f"{avi.width_px} x {avi.height_px} {avi.codec}",
    )


def _report_time(text: str, field: str) -> Finding:
    local = _read_time(text)
    if local is None:
        return Absent(what="time", reason=Reason.NOT_A_DATE, detail=f"{field}: {text[:60]!r} is no date and time", reader=NAME)
    value = CaptureTime(local=local, clock=Clock.DEVICE, meaning=TimeMeaning.CAPTURED)
    return _observe(value, field, text)


def _read_time(text: str) -> dt.datetime | None:
    named = _ASCTIME.fullmatch(text.strip())
    numeric = _NUMERIC.match(text.strip())
    try:
        if named and named[1].lower() in _MONTHS:
            month = _MONTHS.index(named[1].lower()) + 1
            return dt.datetime(int(named[6]), month, int(named[2]), int(named[3]), int(named[4]), int(named[5]))
        if numeric:
            year, month, day, hour, minute, second = (int(part or 0) for part in numeric.groups()[:6])
            half = (numeric[7] or "").upper()
            hour = hour % 12 + (12 if half == "PM" else 0) if half else hour
            return dt.datetime(year, month, day, hour, minute, second)
    except ValueError:
        return None
    return None
