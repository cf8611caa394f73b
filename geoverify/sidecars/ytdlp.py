"""yt-dlp and youtube-dl: `NAME.info.json` and `NAME.description` beside `NAME.ext` (their README, "OUTPUT TEMPLATE")."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from geoverify.errors import UnrecognisedError
from geoverify.interfaces import Folder, SidecarFile
from geoverify.model import Clock, Finding, Observation, Post, Provenance, TextSnippet, TextSource, TimeMeaning, Who
from geoverify.sidecars._comments import MAX_COMMENTS, say_own_comments
from geoverify.sidecars._fields import MAX_RAW_CHARS, MAX_WORDS_CHARS, Fields, clean_text
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

_INFO = ".info.json"
# Unfinished downloads, single streams before merging, the file being merged, numbered thumbnails.
_WORK_SUFFIX = re.compile(r"\.(part|ytdl|temp|f[0-9A-Za-z_-]{1,40}|\d{1,4})")
# The default template ends with the identifier in square brackets.
_ID = re.compile(r"\[([^\[\]]{1,200})\]")


class YtDlp:
    """The information that yt-dlp writes with `--write-info-json`, and its `--write-description`."""

    name = "ytdlp"
    covers_many = False
    above = None

    def find(self, media_path: Path, folder: Folder) -> Iterator[str]:
        """Yield files of the same stem, stream numbers and work suffixes taken off, or else of the same `[identifier]`."""
        stems = list(_peel(media_path.name))
        for stem in stems:
            yield stem + _INFO
            yield f"{stem}.description"
        identifiers = _ID.findall(media_path.name)
        if identifiers and not any(stem + _INFO in folder for stem in stems):
            yield from _by_identifier(folder).get(identifiers[-1], ())

    def read(self, media_path: Path, sidecar: SidecarFile) -> Iterator[Finding]:  # noqa: ARG002
        """Yield who posted what, where and when, and when it was saved."""
        if sidecar.path.suffix == ".description":
            yield from _read_description(sidecar)
            return
        members = members_of(sidecar)
        if "id" not in members or not members.keys() & {"extractor", "extractor_key"}:
            raise UnrecognisedError("it has neither an extractor nor an identifier")
        fields = Fields(members, "sidecars.ytdlp", show_name(sidecar.path))
        yield from _read_info(fields)
        yield from fields.take_problems()


def _read_info(fields: Fields) -> Iterator[Finding]:
    keys = ("extractor_key", "extractor", "id", "webpage_url", "uploader", "uploader_id", "channel", "channel_id")
    extractor = fields.text("extractor_key") or fields.text("extractor")
    uploader, uploader_id = fields.text("uploader"), fields.identifier("uploader_id")
    post = Post(
        platform=name_platform(extractor),
        post_id=fields.identifier("id"),
        url=fields.text("webpage_url", 4096),
        uploader=uploader or fields.text("channel"),
        uploader_id=uploader_id or fields.identifier("channel_id"),
        channel=fields.text("channel"),
    )
    yield from say_post(fields, keys, post)
    yield from say_words(fields, "title", "fulltitle", "description")
    yield from say_tags(fields, "tags")
    yield from _say_comments(fields)
    yield from say_place(fields, ("location",), fields.text("location"))
    yield from say_instant(fields, "timestamp")
    if not fields.has("timestamp"):
        yield from _say_upload_date(fields)
    yield from say_instant(fields, "epoch", TimeMeaning.SAVED, Clock.DOWNLOADER, Who.DOWNLOADER)


def _say_comments(fields: Fields) -> Iterator[Finding]:
    # Some extractors mark the uploader's comments, others only give an identifier, of the account or of its channel.
    accounts = {fields.identifier("uploader_id"), fields.identifier("channel_id")} - {None}

    comments = fields.children("comments", MAX_COMMENTS)
    own = (item for item in comments if item.value("author_is_uploader") is True or item.identifier("author_id") in accounts)
    yield from say_own_comments(own)


def _say_upload_date(fields: Fields) -> Iterator[Finding]:
    # YYYYMMDD, in UTC where the platform lets yt-dlp know it and else in the platform's zone: so the offset stays unknown.
    text = fields.text("upload_date")
    if text is None:
        return
    when = parse_time(text, Clock.PLATFORM, TimeMeaning.POSTED) if re.fullmatch(r"\d{8}", text, re.ASCII) else None
    if when is None:
        fields.complain("upload_date", f"reads {text[:80]!r}, which is no date")
    else:
        yield observe(fields, ("upload_date",), when, Who.PLATFORM)


def _read_description(sidecar: SidecarFile) -> Iterator[Finding]:
    text = clean_text(sidecar.data.decode("utf-8", "backslashreplace")[:MAX_WORDS_CHARS])
    if text:
        yield Observation(
            value=TextSnippet(text=text, source=TextSource.CAPTION),
            provenance=Provenance(reader="sidecars.ytdlp", field="description", raw=text[:MAX_RAW_CHARS], who=Who.UPLOADER),
        )


def _peel(name: str) -> Iterator[str]:
    # NAME.f137.mp4.part → NAME.f137.mp4, NAME.f137, NAME: a name can hold dots of its own, so only known suffixes go.
    stem = Path(name).stem
    yield stem
    for _ in range(4):
        end = stem.rfind(".")
        if end < 1 or not (_WORK_SUFFIX.fullmatch(stem[end:]) or Path(name).suffix in {".part", ".ytdl"}):
            return
        stem, name = stem[:end], stem
        yield stem


@lru_cache(maxsize=4)
def _by_identifier(folder: Folder) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in folder.names:
        if name.endswith(_INFO) and (identifiers := _ID.findall(name)):
            found.setdefault(identifiers[-1], []).append(name)
    return found


SIDECAR = YtDlp()
