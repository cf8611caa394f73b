"""From a sidecar's fields to observations: words, times, places and posts, each with where it stood and who wrote it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

from geoverify.geo import METRES_PER_DEGREE
from geoverify.model import (
    Absent,
    CaptureTime,
    Clock,
    Finding,
    Observation,
    PlaceClaim,
    Position,
    Post,
    Provenance,
    Reason,
    TextSnippet,
    TextSource,
    TimeMeaning,
    Value,
    Who,
)
from geoverify.sidecars._fields import MAX_RAW_CHARS, MAX_WORDS_CHARS, Fields

# One spelling of each platform for all downloaders, so that uploaders can be told apart and brought together.
_PLATFORMS = (
    ("youtu", "youtube"),
    ("twitter", "twitter"),
    ("x.com", "twitter"),
    ("tiktok", "tiktok"),
    ("instagram", "instagram"),
    ("facebook", "facebook"),
    ("fb.", "facebook"),
    ("telegram", "telegram"),
    ("t.me", "telegram"),
    ("reddit", "reddit"),
    ("vk.c", "vk"),
)
_DECIMAL = re.compile(r"-?\d+(?:\.(\d+))?")


def observe(fields: Fields, keys: tuple[str, ...], value: Value, who: Who, raw: str | None = None) -> Observation[Value]:
    """An observation that stood in the fields `keys`."""
    field = ", ".join(fields.name(key) for key in keys)
    shown = fields.raw(*keys) if raw is None else raw[:MAX_RAW_CHARS]
    return Observation(value=value, provenance=Provenance(reader=fields.reader, field=field, raw=shown, who=who))


def say_words(fields: Fields, *keys: str, who: Who = Who.UPLOADER, lang: str | None = None) -> Iterator[Finding]:
    """The caption-like texts among the fields; a text that repeats an earlier one says nothing new."""
    seen: set[str] = set()
    for key in keys:
        text = fields.text(key, MAX_WORDS_CHARS)
        if text is not None and text not in seen:
            seen.add(text)
            yield observe(fields, (key,), TextSnippet(text=text, lang=lang, source=TextSource.CAPTION), who)


def say_tags(fields: Fields, *keys: str) -> Iterator[Finding]:
    """The uploader's tags, a list each, as one text with a tag to a line."""
    for key in keys:
        if texts := fields.texts(key):
            yield observe(fields, (key,), TextSnippet(text="\n".join(texts), source=TextSource.TAG), Who.UPLOADER)


def say_instant(
    fields: Fields,
    key: str,
    meaning: TimeMeaning = TimeMeaning.POSTED,
    clock: Clock = Clock.PLATFORM,
    who: Who = Who.PLATFORM,
) -> Iterator[Finding]:
    """A time in seconds since 1970 UTC."""
    instant = fields.instant(key)
    if instant is not None:
        yield observe(fields, (key,), CaptureTime(instant_utc=instant, clock=clock, meaning=meaning), who)


def say_post(
    fields: Fields, keys: tuple[str, ...], post: Post, who: Who = Who.PLATFORM, raw: str | None = None
) -> Iterator[Finding]:
    """Who posted it and where, if the file says anything of that beside the platform's name."""
    if any((post.post_id, post.url, post.uploader, post.uploader_id, post.channel, post.forwarded_from)):
        yield observe(fields, tuple(key for key in keys if fields.has(key)), post, who, raw)


def say_place(
    fields: Fields,
    keys: tuple[str, ...],
    name: str | None,
    position: Position | Absent | None = None,
    who: Who = Who.UPLOADER,
    raw: str | None = None,
) -> Iterator[Finding]:
    """A place that somebody attached to the post, by name or position or both; an unusable position says why."""
    if isinstance(position, Absent):
        yield position
        position = None
    if name is not None or position is not None:
        claim = PlaceClaim(name=name, position=position, source=TextSource.TAG)
        yield observe(fields, tuple(key for key in keys if fields.has(key)), claim, who, raw)


def read_position(fields: Fields, lat_key: str, lon_key: str, alt_key: str | None = None) -> Position | Absent | None:
    """A position in decimal degrees; `None` where neither coordinate is there, `Absent` where they cannot be used."""
    lat_deg, lon_deg = fields.number(lat_key), fields.number(lon_key)
    if lat_deg is None or lon_deg is None:
        if not fields.has(lat_key) and not fields.has(lon_key):
            return None
        return _absent(fields, lat_key, lon_key, Reason.NOT_A_NUMBER, "are not two numbers")
    if abs(lat_deg) > 90.0 or abs(lon_deg) > 180.0:
        return _absent(fields, lat_key, lon_key, Reason.OUT_OF_RANGE, "lie outside the range of latitude and longitude")
    if lat_deg == 0.0 and lon_deg == 0.0:
        return _absent(fields, lat_key, lon_key, Reason.NULL_ISLAND, "read 0/0, which programs write for “unknown”")
    return Position(
        lat_deg=float(lat_deg),
        lon_deg=float(lon_deg),
        # These programs write an altitude of 0.0 where they know none.
        alt_m=float(alt) if alt_key is not None and (alt := fields.number(alt_key)) else None,
        resolution_m=measure_step(fields.raw(lat_key).strip('"'), fields.raw(lon_key).strip('"')),
    )


def measure_step(lat_text: str, lon_text: str) -> float | None:
    """The step of two decimal degrees' notation in metres; the finer counts, as programs leave trailing zeros out."""
    digits = [len(match[1] or "") for text in (lat_text, lon_text) if (match := _DECIMAL.fullmatch(text))]
    return METRES_PER_DEGREE * 10.0 ** -max(digits) if len(digits) == 2 else None


def parse_time(text: str, clock: Clock, meaning: TimeMeaning) -> CaptureTime | None:
    """A date or time in ISO 8601, or in seconds since 1970; without an offset it stays local time of an unknown zone."""
    text = re.sub(r"\s*(UTC|GMT|Z)$", "+00:00", text.strip(), flags=re.IGNORECASE)
    if re.fullmatch(r"\d{9,11}(\.\d{1,9})?", text, re.ASCII):
        return CaptureTime(instant_utc=dt.datetime.fromtimestamp(float(text), dt.UTC), clock=clock, meaning=meaning)
    try:
        when = dt.datetime.fromisoformat(text)
        offset = when.utcoffset()
        instant = None if offset is None else when.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None
    return CaptureTime(
        instant_utc=instant,
        local=when.replace(tzinfo=None),
        offset_minutes=None if offset is None else round(offset.total_seconds() / 60),
        resolution_s=_measure_time_step(text),
        clock=clock,
        meaning=meaning,
    )


def _measure_time_step(text: str) -> float | None:
    # What stands after the ten characters of the date and before the offset: nothing, hours, or hours and minutes.
    clock = re.sub(r"[+-]\d{2}(:?\d{2})*$", "", text[10:])
    return {0: 86_400.0, 2: 3600.0, 4: 60.0}.get(sum(char.isdigit() for char in clock))


def name_platform(hint: str | None) -> str | None:
    """One name for a platform, from an extractor's name or a web address."""
    if hint is None:
        return None
    host = re.sub(r"^[a-z]+://(www\.|m\.)?", "", hint.lower()).partition("/")[0]
    return next((name for part, name in _PLATFORMS if host.startswith(part) or f".{part}" in host), host or None)


def _absent(fields: Fields, lat_key: str, lon_key: str, reason: Reason, words: str) -> Absent:
    names = f"{fields.name(lat_key)} {fields.raw(lat_key)[:40]} and {fields.name(lon_key)} {fields.raw(lon_key)[:40]}"
    return Absent(what="position", reason=reason, detail=f"{fields.file}: {names} {words}", reader=fields.reader)
