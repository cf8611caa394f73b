"""auto-archiver: its CSV database (`db.csv`: status, metadata, media) and its result as JSON (its `Metadata` and `Media`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import msgspec
from msgspec import Raw

from geoverify.errors import MalformedError, UnrecognisedError
from geoverify.interfaces import Folder, SidecarFile
from geoverify.model import Absent, Clock, Finding, Post, Problem, Reason, TimeMeaning, Who
from geoverify.sidecars._fields import Fields
from geoverify.sidecars._files import show_name
from geoverify.sidecars._json import members_of, parse_items, parse_members
from geoverify.sidecars._listing import Listing
from geoverify.sidecars._literal import read_literal
from geoverify.sidecars._rows import read_columns, read_rows
from geoverify.sidecars._statements import name_platform, observe, parse_time, say_post, say_tags, say_words

_COLUMNS = frozenset({"status", "metadata", "media"})
_READER = "sidecars.auto_archiver"
# The index takes every quoted file name and digest of a row, so that only the rows of one medium are parsed in full.
_QUOTED_FILE = re.compile(r"""["']([^"'\n]{1,400}\.[A-Za-z0-9]{2,5})["']""")
_SHA256 = re.compile(r"\bSHA-256:([0-9a-f]{64})\b")


class AutoArchiver:
    """What auto-archiver found at a web address, and the media that it stored for it, by path or by digest."""

    name = "auto_archiver"
    covers_many = True
    above = ("db.csv", 3)

    def find(self, media_path: Path, folder: Folder) -> Iterator[str]:  # noqa: ARG002
        """Yield a result named like the medium."""
        yield f"{media_path.name}.json"
        yield f"{media_path.stem}.json"

    def read(self, media_path: Path, sidecar: SidecarFile) -> Iterator[Finding]:
        """Yield who posted what, where and when, and when it was archived."""
        archive = _load(sidecar)
        numbers, fault = archive.listing.find(sidecar.path, media_path)
        if not numbers and len(archive.rows) == 1 and sidecar.path.stem in (media_path.name, media_path.stem):
            # A result that carries the medium's own name speaks of it, whatever the medium was called in the store.
            numbers = [0]
        name = show_name(sidecar.path)
        if fault is not None:
            yield Problem(code="sidecar-mismatch", message=f"{name}: {fault}", where=f"{_READER}.media")
        for number in numbers:
            fields = Fields(_parse_metadata(archive.rows[number]), _READER, name)
            yield from _read_metadata(fields)
            yield from fields.take_problems()


def _read_metadata(fields: Fields) -> Iterator[Finding]:
    url = fields.text("url", 4096)
    post = Post(
        platform=name_platform(url),
        post_id=fields.identifier("id"),
        url=url,
        uploader=fields.text("uploader") or _text(fields, "author") or fields.text("username"),
        uploader_id=fields.identifier("uploader_id"),
        channel=fields.text("channel"),
    )
    yield from say_post(fields, ("id", "url", "uploader", "author", "username", "uploader_id", "channel"), post)
    yield from say_words(fields, "title", "content", "description")
    yield from say_tags(fields, "tags")
    yield from _say_time(fields, "timestamp", TimeMeaning.POSTED, Clock.PLATFORM, Who.PLATFORM)
    yield from _say_time(fields, "_processed_at", TimeMeaning.SAVED, Clock.DOWNLOADER, Who.DOWNLOADER)


def _text(fields: Fields, key: str) -> str | None:
    return None if fields.raw(key).startswith("{") else fields.text(key)


def _say_time(fields: Fields, key: str, meaning: TimeMeaning, clock: Clock, who: Who) -> Iterator[Finding]:
    text = fields.identifier(key)
    if text is None:
        return
    when = parse_time(text, clock, meaning)
    if when is None:
        detail = f"{fields.file}: {key} reads {text[:80]!r}, which is no time"
        yield Absent(what="time", reason=Reason.NOT_A_DATE, detail=detail, reader=fields.reader)
    else:
        yield observe(fields, (key,), when, who)


@dataclass(frozen=True, slots=True)
class _Archive:
    """The results' metadata, still as text, and which media each one names."""

    rows: list[str | Raw] = field(default_factory=list)
    listing: Listing = field(default_factory=Listing)

    def add(self, metadata: str | Raw, media: str) -> None:
        """Note one result."""
        self.listing.add(len(self.rows), _QUOTED_FILE.findall(media), _SHA256.findall(media))
        self.rows.append(metadata)


@lru_cache(maxsize=2)
def _load(sidecar: SidecarFile) -> _Archive:
    archive = _Archive()
    if sidecar.path.suffix.lower() == ".csv":
        if not set(read_columns(sidecar.data)) >= _COLUMNS:
            raise UnrecognisedError("its first line does not name status, metadata and media")
        for row in read_rows(sidecar.data):
            archive.add(row.get("metadata", ""), row.get("media", ""))
    elif sidecar.data.lstrip()[:1] not in (b"{", b"["):
        raise UnrecognisedError("it is neither CSV nor JSON")
    else:
        for result in _read_results(sidecar):
            if not result.keys() >= _COLUMNS:
                raise UnrecognisedError("it does not hold status, metadata and media")
            archive.add(result["metadata"], bytes(result["media"]).decode("utf-8", "replace"))
    return archive


def _read_results(sidecar: SidecarFile) -> list[Mapping[str, Raw]]:
    if sidecar.data.lstrip()[:1] == b"[":
        return [parse_members(item) for item in parse_items(sidecar.data)]
    return [members_of(sidecar)]


def _parse_metadata(row: str | Raw) -> Mapping[str, Raw]:
    if isinstance(row, Raw):
        return parse_members(row)
    # The CSV holds the program's own notation of a dict, and not JSON.
    value = read_literal(row)
    if not isinstance(value, dict):
        raise MalformedError("its metadata column holds no object")
    return parse_members(msgspec.json.encode(value))


SIDECAR = AutoArchiver()
