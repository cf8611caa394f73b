"""Values that were read from a file as figures and words of one language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from enum import Enum

import msgspec
from markupsafe import Markup, escape

from geoverify.model import CaptureTime, Position, Track, Value
from geoverify.pages.catalogue import Catalogue
from geoverify.text import escape_controls

_UNITS = {"deg": "°", "m": "\u00a0m", "s": "\u00a0s", "px": "\u00a0px"}
DAY_S = 86_400.0
# Digests in a value are long, and the custody part or the JSON has them in full.
_DIGEST_CHARS = 12
_DIGESTS = ("_digest", "pdq", "picture")


def name_value(value: Value, words: Catalogue) -> str:
    """What kind of value it is."""
    return words.text(f"value.{value.__struct_config__.tag}")


def word_value(value: Value, words: Catalogue) -> Markup:
    """What is known of it, in one line of HTML: each text of the file's own runs its own way and moves nothing around it."""
    if isinstance(value, Track):
        return escape(_word_track(value, words))
    if isinstance(value, CaptureTime):
        return escape(word_time(value, words))
    return Markup(", ").join(_word_fields(value, words)) or Markup("–")


def word_time(time: CaptureTime, words: Catalogue) -> str:
    """What happened when, by which clock, and how surely the zone is known."""
    if time.local is not None and time.offset_minutes is not None:
        when = f"{words.moment(time.local)} {_word_offset(time.offset_minutes)}"
    elif time.local is not None:
        when = f"{words.moment(time.local)} ({words.text('time.unknown_zone')})"
    elif time.instant_utc is not None:
        when = f"{words.moment(time.instant_utc)} UTC"
    else:
        when = "–"
    clock = words.text(f"clock.{time.clock.value}")
    meaning = words.word(time.meaning.value)
    written = time.local or time.instant_utc
    if time.resolution_s is not None and time.resolution_s >= DAY_S and written is not None:
        line = words.text("time.by", meaning=meaning, when=words.day(written.date()), clock=clock)
        return f"{line}, {words.text('time.to_the_day')}"
    line = words.text("time.by", meaning=meaning, when=when, clock=clock)
    if time.resolution_s is None:
        return line
    return f"{line}, {words.text('time.resolution', seconds=words.number(time.resolution_s))}"


def _word_track(track: Track, words: Catalogue) -> str:
    if not track.points:
        return words.text("number.points", count=0, seconds=0)
    first, last = track.points[0], track.points[-1]
    count = words.text("number.points", count=len(track.points), seconds=round(last.time_s - first.time_s))
    return f"{count}: {_word_point(first.position, words)} → {_word_point(last.position, words)}"


def _word_point(position: Position, words: Catalogue) -> str:
    return words.coordinates(position.lat_deg, position.lon_deg)


def _word_fields(value: msgspec.Struct, words: Catalogue) -> Iterator[Markup]:
    if isinstance(value, Position):
        yield escape(_word_point(value, words))
    for name in value.__struct_fields__:
        item = getattr(value, name)
        if item in (None, "", ()) or name in ("lat_deg", "lon_deg"):
            continue
        yield Markup("{} {}").format(words.text(f"field.{name}"), _word_item(name, item, words)).strip()


def _word_item(name: str, item: object, words: Catalogue) -> str:
    """Figures and words of the catalogue as text, texts of the file as HTML."""
    if isinstance(item, tuple):
        return Markup(", ").join(_word_item(name, part, words) for part in item)
    if isinstance(item, msgspec.Struct):
        return Markup(", ").join(_word_fields(item, words))
    if isinstance(item, Enum):
        return words.word(str(item.value))
    if isinstance(item, dt.datetime):
        return words.instant(item)
    if isinstance(item, bool):
        return words.word("yes" if item else "no")
    if isinstance(item, int | float):
        # A step of millimetres is no step of nothing.
        decimals = 2 if abs(item) >= 0.1 or item == 0 else 4
        return f"{words.number(item, decimals)}{_UNITS.get(name.rpartition('_')[2], '')}"
    text = str(item)[:_DIGEST_CHARS] if name.endswith(_DIGESTS) else str(item)
    return Markup('<bdi dir="auto">{}</bdi>').format(escape_controls(text))


def _word_offset(minutes: int) -> str:
    return f"UTC{'−' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
