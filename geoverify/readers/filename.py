"""The file's name: whose rule it follows, the date and the post that the rule puts into it, and the words of a title."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from itertools import islice

from geoverify.media import ByteSource
from geoverify.model import (
    Absent,
    CaptureTime,
    Clock,
    FileNaming,
    Finding,
    MediaFile,
    MediaKind,
    Observation,
    OriginKind,
    Post,
    Provenance,
    Reason,
    TextSnippet,
    TextSource,
    Value,
    Who,
)
from geoverify.readers._filename_rules import NameRule, match_rules
from geoverify.readers._post_ids import date_instagram, date_tiktok, date_unix_ms, date_x, date_x_image

NAME = "filename"
# What cameras give is written at the recording; any other name's date may come long after it.
CAMERA_FIELD = "name given by the camera"
MAX_NAME_CHARS = 255
DAY_S, MINUTE_S = 86_400.0, 60.0

_SUFFIX = re.compile(r"\.(?=[A-Za-z0-9]*[A-Za-z])[A-Za-z0-9]{2,5}$")
# What file managers and browsers add to a second copy.
_COPY = re.compile(r"(?: ?\(\d{1,3}\)| - Copy(?: \(\d{1,3}\))?| copy(?: \d{1,3})?)$")
_NUMBERS_ONLY = re.compile(r"[0-9A-Fa-f_. -]+")

_IDS: tuple[tuple[str, Callable[[str], dt.datetime | None]], ...] = (
    ("x_id", lambda text: date_x(int(text))),
    ("x_image", date_x_image),
    ("tiktok_id", lambda text: date_tiktok(int(text))),
    ("instagram_id", date_instagram),
    ("epoch_ms", lambda text: date_unix_ms(int(text))),
    ("epoch_s", lambda text: date_unix_ms(int(text) * 1000)),
)
_POST_IDS = ("x_id", "tiktok_id", "instagram_id", "post_id")


class FilenameReader:
    """The last component of the path, which anybody who handled the file could have chosen."""

    name = NAME
    kinds = frozenset({MediaKind.IMAGE, MediaKind.VIDEO})

    def read(self, media: MediaFile, source: ByteSource) -> Iterator[Finding]:  # noqa: ARG002
        """Yield the naming rule with its date and post; for a name of no known rule, its words."""
        name = last_component(media.path)[:MAX_NAME_CHARS]
        stem = _SUFFIX.sub("", name)
        for candidate in dict.fromkeys((stem, _COPY.sub("", stem))):
            for rule, match in match_rules(candidate):
                if not _is_chance(match):
                    yield from _read_match(rule, match, name)
                    return
        if _has_words(stem):
            yield _observe(TextSnippet(text=stem, source=TextSource.FILENAME), "name", name, Who.DOWNLOADER)


READER = FilenameReader()


def last_component(path: str) -> str:
    """The name behind the last separator of any system."""
    return path.replace("\\", "/").rsplit("/", 1)[-1]


def _has_words(text: str) -> bool:
    """At least three letters of any script, in what is no hexadecimal number."""
    return len(list(islice(filter(str.isalpha, text), 3))) == 3 and not _NUMBERS_ONLY.fullmatch(text)


def _is_chance(match: re.Match[str]) -> bool:
    """A pattern of letters that only a decoded time can tell from a word."""
    letters = match.groupdict().get("x_image")
    return letters is not None and date_x_image(letters) is None


def _read_match(rule: NameRule, match: re.Match[str], name: str) -> Iterator[Finding]:
    groups = {key: text for key, text in match.groupdict().items() if text is not None}
    time = _read_time(rule, groups)
    if isinstance(time, Absent):
        yield time
        return
    field = CAMERA_FIELD if rule.kind is OriginKind.CAMERA_ORIGINAL else f"name given by {rule.app}"
    yield _observe(FileNaming(app=rule.app, kind=rule.kind), "name", name, Who.DOWNLOADER)
    if time is not None:
        yield _observe(time, field, name, Who.DOWNLOADER)
    post_id = next((groups[key] for key in _POST_IDS if key in groups), None)
    if post_id is not None:
        yield _observe(Post(platform=rule.platform, post_id=post_id), field, name, Who.DOWNLOADER)
    if _has_words(groups.get("title", "")):
        # The downloader took the title from the post.
        yield _observe(TextSnippet(text=groups["title"], source=TextSource.FILENAME), field, name, Who.UPLOADER)


def _read_time(rule: NameRule, groups: dict[str, str]) -> CaptureTime | Absent | None:
    for key, decode in _IDS:
        if key in groups:
            instant = decode(groups[key])
            if instant is None:
                return _no_date(rule, f"{groups[key]} holds no time that {rule.platform or rule.app} can have written")
            return CaptureTime(instant_utc=instant, clock=Clock.FILENAME, meaning=rule.meaning)
    if "day" not in groups:
        return None
    try:
        moment, resolution_s = _combine(groups)
    except ValueError:
        return _no_date(rule, "the digits in the place of its date are no date")
    if rule.is_utc:
        return CaptureTime(
            instant_utc=moment.replace(tzinfo=dt.UTC), resolution_s=resolution_s, clock=Clock.FILENAME, meaning=rule.meaning
        )
    return CaptureTime(local=moment, resolution_s=resolution_s, clock=Clock.FILENAME, meaning=rule.meaning)


def _combine(groups: dict[str, str]) -> tuple[dt.datetime, float | None]:
    """A date of the calendar with the step of its notation; raises `ValueError` where there is no such time."""
    year = int(groups["year"]) if "year" in groups else 2000 + int(groups["short_year"])
    day = dt.datetime(year, int(groups["month"]), int(groups["day"]))
    if "hour" not in groups:
        return day, DAY_S
    hour = int(groups["hour"])
    if "half" in groups:
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        hour = hour % 12 + (12 if groups["half"] in "pP" else 0)
    microsecond = int(groups.get("ms", 0)) * 1000
    moment = day.replace(hour=hour, minute=int(groups["minute"]), second=int(groups.get("second", 0)), microsecond=microsecond)
    return moment, None if "second" in groups else MINUTE_S


def _no_date(rule: NameRule, why: str) -> Absent:
    detail = f"the name looks like one of {rule.app}, but {why}; it was made up or changed"
    return Absent(what="time", reason=Reason.NOT_A_DATE, detail=detail, reader=NAME)


def _observe(value: Value, field: str, raw: str, who: Who) -> Observation[Value]:
    return Observation(value=value, provenance=Provenance(reader=NAME, field=field, raw=raw, who=who))
