"""Telegram Desktop's `result.json` (https://core.telegram.org/import-export), of one chat or of a whole account."""

from __future__ import annotations

import bisect
import posixpath
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Raw, Struct

from geoverify.errors import MalformedError, UnrecognisedError
from geoverify.interfaces import Folder, SidecarFile
from geoverify.model import Finding, Post, TextSnippet, TextSource, VideoInfo, Who
from geoverify.sidecars._comments import MAX_OWN_COMMENTS
from geoverify.sidecars._fields import MAX_WORDS_CHARS, Fields, clean_text
from geoverify.sidecars._files import show_name
from geoverify.sidecars._json import decode_value, members_of, parse_items, parse_members
from geoverify.sidecars._statements import observe, read_position, say_instant, say_place, say_post

_FILE = "result.json"
# chats/chat_001/photos/NAME, left_chats/chat_001/photos/NAME, photos/NAME.
# People send a place within minutes of the picture, before or after it; assumed.
LINK_WINDOW_S = 600
_MAX_SAME = 10
_MAX_ENTITIES = 10_000
_NO_RAW = Raw(b"")


class _Head(Struct, rename={"from_name": "from"}):
    """The members that the index needs; the rest of a message is not even looked at."""

    photo: Raw = _NO_RAW
    file: Raw = _NO_RAW
    thumbnail: Raw = _NO_RAW
    date_unixtime: Raw = _NO_RAW
    from_name: Raw = _NO_RAW
    from_id: Raw = _NO_RAW
    forwarded_from: Raw = _NO_RAW
    location_information: Raw = _NO_RAW
    reply_to_message_id: Raw = _NO_RAW


_HEAD = msgspec.json.Decoder(_Head)


@dataclass(frozen=True, slots=True)
class _Message:
    """A message of the export, still as bytes; `sender` tells senders of one chat, and whom they forwarded, apart."""

    chat: str | None
    sender: tuple[int, bytes, bytes]
    time_s: int | None
    raw: Raw


@dataclass(frozen=True, slots=True)
class _Index:
    """An export's messages by the file that they hold, the places that senders sent in the order of time, and their answers."""

    by_path: dict[str, list[_Message]] = field(default_factory=dict)
    by_tail: dict[str, set[str]] = field(default_factory=dict)
    places: dict[tuple[int, bytes, bytes], list[tuple[int, Raw]]] = field(default_factory=dict)
    replies: dict[tuple[tuple[int, bytes, bytes], bytes], list[Raw]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def find(self, sidecar_path: Path, media_path: Path) -> list[_Message]:
        """The messages that hold a medium: by its path from the export, or by folder and name where the export was moved."""
        if media_path.is_relative_to(sidecar_path.parent):
            return self.by_path.get(_normalise(media_path.relative_to(sidecar_path.parent).as_posix()) or "", [])
        paths = self.by_tail.get(_normalise("/".join(media_path.parts[-2:])) or "", set())
        return self.by_path[next(iter(paths))] if len(paths) == 1 else []


class Telegram:
    """A chat as Telegram Desktop exports it; a place is often a message of its own, and is linked by sender and time."""

    name = "telegram"
    covers_many = True
    above = (_FILE, 4)

    def find(self, media_path: Path, folder: Folder) -> Iterator[str]:  # noqa: ARG002
        """Yield nothing: a chat is found by what `above` says."""
        return iter(())

    def read(self, media_path: Path, sidecar: SidecarFile) -> Iterator[Finding]:
        """Yield what the messages that hold this file say, and the place that their sender sent nearest in time."""
        index = _index(sidecar)
        messages = index.find(sidecar.path, media_path)
        for message in messages[:_MAX_SAME]:
            fields = Fields(parse_members(message.raw), "sidecars.telegram", show_name(sidecar.path))
            yield from _read_message(fields, message.chat)
            yield from _link_place(fields, message, index)
            yield from _say_replies(fields, message, index)
            yield from fields.take_problems()
        if messages and index.faults:
            raise MalformedError(f"parts of the export could not be read: {'; '.join(index.faults)}")


def _read_message(fields: Fields, chat: str | None) -> Iterator[Finding]:
    post = Post(
        platform="telegram",
        post_id=fields.identifier("id"),
        uploader=fields.text("from") or fields.text("actor"),
        uploader_id=fields.identifier("from_id") or fields.identifier("actor_id"),
        channel=chat,
        forwarded_from=fields.text("forwarded_from") or fields.text("saved_from"),
    )
    keys = ("id", "from", "from_id", "actor", "actor_id", "forwarded_from", "saved_from")
    yield from say_post(fields, keys, post)
    text = _read_text(fields)
    if text:
        yield observe(fields, ("text",), TextSnippet(text=text, source=TextSource.CAPTION), Who.UPLOADER)
    yield from say_instant(fields, "date_unixtime")
    duration_s = fields.number("duration_seconds")
    if duration_s is not None and duration_s > 0:
        # The sender's program states it; one that differs from the file's own duration means another file.
        yield observe(fields, ("media_type", "duration_seconds"), VideoInfo(duration_s=float(duration_s)), Who.UPLOADER)


def _read_text(fields: Fields) -> str | None:
    raw = fields.raw("text")
    if not raw.startswith("["):
        return fields.text("text", MAX_WORDS_CHARS)
    value: Any = fields.value("text")
    parts = [item.get("text") if isinstance(item, dict) else item for item in value[:_MAX_ENTITIES]]
    words = "".join(part for part in parts if isinstance(part, str))
    if len(value) > _MAX_ENTITIES or not all(isinstance(part, str) for part in parts):
        fields.complain("text", "has parts that are no text")
    return clean_text(words[:MAX_WORDS_CHARS])


def _link_place(fields: Fields, message: _Message, index: _Index) -> Iterator[Finding]:
    yield from _say_place(fields, None)
    places = index.places.get(message.sender, [])
    if message.time_s is None or fields.has("location_information") or not places:
        return
    at = bisect.bisect_left(places, message.time_s, key=lambda place: place[0])
    time_s, raw = min(places[max(at - 1, 0) : at + 1], key=lambda place: abs(place[0] - (message.time_s or 0)))
    apart_s = time_s - message.time_s
    if abs(apart_s) <= LINK_WINDOW_S:
        place = Fields(parse_members(raw), fields.reader, fields.file)
        number = place.identifier("id") or "without a number"
        side = "after" if apart_s >= 0 else "before"
        yield from _say_place(
            place,
            f"message {number} of the same sender, {abs(apart_s)} s {side} this file's message {fields.identifier('id')}: "
            "a link by sender and time, which the sender did not state",
        )
        yield from place.take_problems()


def _say_replies(fields: Fields, message: _Message, index: _Index) -> Iterator[Finding]:
    """What the sender answered to the message that holds the file: others' answers are not their words."""
    for raw in index.replies.get((message.sender, fields.raw("id").encode()), [])[:MAX_OWN_COMMENTS]:
        reply = Fields(parse_members(raw), fields.reader, fields.file)
        text = _read_text(reply)
        if text:
            shown = f"{reply.raw('id', 'reply_to_message_id', 'text')}; an answer of the sender to this file's message"
            yield observe(reply, ("text",), TextSnippet(text=text, source=TextSource.CAPTION), Who.UPLOADER, shown)
        yield from reply.take_problems()


def _say_place(fields: Fields, link: str | None) -> Iterator[Finding]:
    if not fields.has("location_information"):
        return
    position = read_position(fields.child("location_information"), "latitude", "longitude")
    name = ", ".join(filter(None, (fields.text("place_name"), fields.text("address"))))
    keys = ("location_information", "place_name", "address", "live_location_period_seconds")
    shown = fields.raw(*keys)
    yield from say_place(fields, keys, name or None, position, Who.UPLOADER, f"{shown}; {link}" if link else shown)


@lru_cache(maxsize=2)
def _index(sidecar: SidecarFile) -> _Index:
    members = members_of(sidecar)
    chats = [members] if "messages" in members else []
    index = _Index()
    for key in ("chats", "left_chats"):
        try:
            listed = parse_items(parse_members(members[key])["list"]) if key in members else []
            chats += [parse_members(chat) for chat in listed]
        except (MalformedError, KeyError):
            index.faults.append(f"{key} is no list of chats")
    if not chats and not index.faults:
        raise UnrecognisedError("it has neither messages nor chats")
    for number, chat in enumerate(chats):
        try:
            name = decode_value(chat["name"]) if "name" in chat else None
            messages = parse_items(chat["messages"])
        except (MalformedError, KeyError):
            index.faults.append(f"the messages of chat {number + 1} are no list")
            continue
        _add_chat(index, number, clean_text(name[:1024]) if isinstance(name, str) else None, messages)
    for places in index.places.values():
        places.sort(key=lambda place: place[0])
    return index


def _add_chat(index: _Index, number: int, name: str | None, messages: list[Raw]) -> None:
    broken = 0
    for raw in messages:
        try:
            head = _HEAD.decode(raw)
            time_s = _read_time(head.date_unixtime)
            sender = (number, _key(head.from_id) or _key(head.from_name), _key(head.forwarded_from))
            if head.location_information != _NO_RAW and time_s is not None:
                index.places.setdefault(sender, []).append((time_s, raw))
            if head.reply_to_message_id != _NO_RAW:
                index.replies.setdefault((sender, bytes(head.reply_to_message_id)), []).append(raw)
            for value in (head.photo, head.file, head.thumbnail):
                path = _normalise(decode_value(value)) if value != _NO_RAW else None
                if path is not None:
                    index.by_path.setdefault(path, []).append(_Message(name, sender, time_s, raw))
                    index.by_tail.setdefault("/".join(path.split("/")[-2:]), set()).add(path)
        except (MalformedError, msgspec.DecodeError, RecursionError):
            broken += 1
    if broken:
        index.faults.append(f"{broken} of {len(messages)} messages of chat {number + 1}")


def _key(raw: Raw) -> bytes:
    text = bytes(raw)
    return b"" if text == b"null" else text


def _read_time(raw: Raw) -> int | None:
    text = bytes(raw).strip(b'"')
    return int(text) if 0 < len(text) < 18 and text.isdigit() else None


def _normalise(path: object) -> str | None:
    # "(File not included. …)" stands where the export left the file out; nothing outside the export is ever meant.
    if not isinstance(path, str) or not path or path.startswith(("/", "(")) or "\0" in path:
        return None
    clean = posixpath.normpath(unicodedata.normalize("NFC", path.replace("\\", "/")))
    return None if clean.startswith("..") else clean


SIDECAR = Telegram()
