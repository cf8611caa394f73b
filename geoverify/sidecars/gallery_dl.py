"""gallery-dl: `NAME.ext.json` beside `NAME.ext` (its configuration reference, post-processor `metadata`)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

from geoverify.errors import UnrecognisedError
from geoverify.interfaces import Folder, SidecarFile
from geoverify.model import CaptureTime, Clock, Finding, Post, TimeMeaning, Who
from geoverify.sidecars._fields import Fields
from geoverify.sidecars._files import show_name
from geoverify.sidecars._json import members_of
from geoverify.sidecars._statements import (
    name_platform,
    observe,
    parse_time,
    say_instant,
    say_place,
    say_post,
    say_tags,
    say_words,
)

# The options' other names: the whole folder's metadata in one file.
_FOLDER_FILE = "info.json"
_ID_KEYS = ("tweet_id", "post_shortcode", "shortcode", "post_id", "id")


class GalleryDl:
    """What gallery-dl writes with `--write-metadata`; fields differ by site, and the same words mean the same on all."""

    name = "gallery_dl"
    covers_many = False
    above = None

    def find(self, media_path: Path, folder: Folder) -> Iterator[str]:  # noqa: ARG002
        """Yield `NAME.ext.json`, `NAME.json` and the folder's `info.json`."""
        yield f"{media_path.name}.json"
        yield f"{media_path.stem}.json"
        yield _FOLDER_FILE

    def read(self, media_path: Path, sidecar: SidecarFile) -> Iterator[Finding]:
        """Yield who posted what, where and when; a folder's file counts only for media whose name holds its post's identifier."""
        members = members_of(sidecar)
        if "category" not in members or not members.keys() & {"subcategory", "extension", "filename"}:
            raise UnrecognisedError("it has no category and subcategory")
        fields = Fields(members, "sidecars.gallery_dl", show_name(sidecar.path))
        post_id = next((value for key in _ID_KEYS if (value := fields.identifier(key))), None)
        if sidecar.path.name == _FOLDER_FILE and (post_id is None or post_id not in media_path.name):
            raise UnrecognisedError("it speaks of another post of the folder")
        yield from _say_post(fields, post_id)
        yield from say_words(fields, "title", "content", "description", "caption", "desc")
        yield from say_tags(fields, "hashtags", "tags")
        yield from _say_places(fields)
        yield from _say_date(fields)
        yield from fields.take_problems()


def _say_post(fields: Fields, post_id: str | None) -> Iterator[Finding]:
    raw = None
    if _is_object(fields, "author"):
        # X: `name` is the account and `nick` what it calls itself; TikTok: `uniqueId` is the account.
        author = fields.child("author")
        account = author.text("uniqueId") or author.text("name")
        name = author.text("nick") or account
        uploader_id = account if author.has("nick") else author.identifier("id")
        # The rest of the author's profile is about a person and not about this footage.
        raw = author.raw("id", "name", "nick", "uniqueId")
    else:
        name = next((text for key in ("username", "author", "user") if (text := _text(fields, key))), None)
        uploader_id = next((value for key in ("owner_id", "user_id") if (value := fields.identifier(key))), None)
    post = Post(
        platform=name_platform(fields.text("category")),
        post_id=post_id,
        url=fields.text("post_url", 4096),
        uploader=name,
        uploader_id=uploader_id,
    )
    keys = ("category", *_ID_KEYS, "post_url", "username", "fullname", "owner_id", "user_id")
    if raw is not None:
        raw = f"{fields.raw(*keys)}, author {raw}"
    yield from say_post(fields, (*keys, "author"), post, raw=raw)


def _is_object(fields: Fields, key: str) -> bool:
    return fields.raw(key).startswith("{")


def _text(fields: Fields, key: str) -> str | None:
    return None if _is_object(fields, key) else fields.text(key)


def _say_places(fields: Fields) -> Iterator[Finding]:
    # Instagram gives the place that the uploader picked as part of an address: phnom-penh-cambodia.
    slug = fields.text("location_slug")
    keys = ("location_slug", "location_id", "location_url")
    yield from say_place(fields, keys, slug.replace("-", " ") if slug else None)
    # TikTok's place of interest, and the same in the words of schema.org.
    poi = fields.child("poi")
    yield from say_place(fields, ("poi",), _join(poi, "name", "address", "city", "province", "country"))
    location = fields.child("contentLocation")
    address = location.child("address")
    inner = _join(address, "streetAddress", "addressLocality", "addressRegion", "addressCountry")
    yield from say_place(fields, ("contentLocation",), ", ".join(filter(None, (location.text("name"), inner))) or None)


def _join(fields: Fields, *keys: str) -> str | None:
    parts = dict.fromkeys(text for key in keys if (text := fields.text(key)))
    return ", ".join(parts) or None


def _say_date(fields: Fields) -> Iterator[Finding]:
    for key in ("date", "post_date"):
        text = fields.text(key)
        if text is None:
            continue
        when = parse_time(text, Clock.PLATFORM, TimeMeaning.POSTED)
        if when is None:
            fields.complain(key, f"reads {text[:80]!r}, which is no time")
            continue
        yield observe(fields, (key,), _in_utc(when), Who.PLATFORM)
        return
    yield from say_instant(fields, "createTime")


def _in_utc(when: CaptureTime) -> CaptureTime:
    """The program's dates are in UTC by its own definition, and are written without an offset."""
    if when.instant_utc is not None or when.local is None:
        return when
    instant = when.local.replace(tzinfo=dt.UTC)
    return CaptureTime(instant_utc=instant, resolution_s=when.resolution_s, clock=when.clock, meaning=when.meaning)


SIDECAR = GalleryDl()
