"""A table that people keep themselves (`--sidecar FILE`): file, url, posted_at, caption and uploader columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import msgspec
from msgspec import Raw

from geoverify.errors import UnrecognisedError
from geoverify.interfaces import Folder, SidecarFile
from geoverify.model import Absent, Clock, Finding, Post, Problem, Reason, TimeMeaning, Who
from geoverify.sidecars._fields import Fields
from geoverify.sidecars._files import show_name
from geoverify.sidecars._listing import Listing
from geoverify.sidecars._rows import Row, read_columns, read_rows
from geoverify.sidecars._statements import name_platform, observe, parse_time, say_post, say_words

# What people call the columns; the first that a table has counts.
COLUMNS = {
    "file": ("file", "filename", "file_name", "path", "file_path", "filepath", "local_path", "media", "media_file"),
    "digest": ("sha256", "sha_256", "digest", "hash"),
    "url": ("url", "link", "post_url", "source_url", "source", "webpage_url", "permalink"),
    "posted_at": (
        "posted_at",
        "posted",
        "post_date",
        "date_posted",
        "published_at",
        "published",
        "upload_timestamp",
        "upload_date",
        "created_at",
        "timestamp",
        "date",
    ),
    "title": ("title", "upload_title"),
    "caption": ("caption", "text", "text_content", "description", "content"),
    "uploader": ("uploader", "author", "username", "user", "account", "posted_by", "channel"),
}
_SHA256 = re.compile(r"(?:sha-?256:)?([0-9a-f]{64})", re.IGNORECASE)


class Table:
    """One row a medium, found by its digest, its path or its name; whoever keeps the table could have written all of it."""

    name = "table"
    covers_many = True
    above = None

    def find(self, media_path: Path, folder: Folder) -> Iterator[str]:  # noqa: ARG002
        """Yield nothing: a table is read only where it is given by hand."""
        return iter(())

    def read(self, media_path: Path, sidecar: SidecarFile) -> Iterator[Finding]:
        """Yield who posted what, where and when, as the table says."""
        columns = read_columns(sidecar.data)
        if _choose("file", columns) is None and _choose("digest", columns) is None:
            raise UnrecognisedError("its first line names no column for the file or its digest")
        rows, listing = _load(sidecar)
        numbers, fault = listing.find(sidecar.path, media_path)
        name = show_name(sidecar.path)
        if fault is not None:
            yield Problem(code="sidecar-mismatch", message=f"{name}: {fault}", where="sidecars.table.file")
        for number in numbers:
            yield from _read_row(rows[number], name)


def _read_row(row: Row, file: str) -> Iterator[Finding]:
    # The row's cells by the agreed names, under which they are reported whatever the table calls them.
    members = {key: row[column] for key in COLUMNS if (column := _choose(key, tuple(row))) is not None and row[column].strip()}
    fields = Fields({key: Raw(msgspec.json.encode(cell)) for key, cell in members.items()}, "sidecars.table", file)
    url = fields.text("url", 4096)
    post = Post(platform=name_platform(url), url=url, uploader=fields.text("uploader"))
    yield from say_post(fields, ("url", "uploader"), post, Who.DOWNLOADER)
    yield from say_words(fields, "title", "caption", who=Who.DOWNLOADER)
    text = fields.text("posted_at")
    if text is not None:
        when = parse_time(text, Clock.PLATFORM, TimeMeaning.POSTED)
        if when is None:
            detail = f"{file}: posted_at reads {text[:80]!r}; write it as 2024-05-17T09:30+07:00"
            yield Absent(what="time", reason=Reason.NOT_A_DATE, detail=detail, reader=fields.reader)
        else:
            yield observe(fields, ("posted_at",), when, Who.DOWNLOADER)
    yield from fields.take_problems()


def _choose(key: str, columns: tuple[str, ...]) -> str | None:
    return next((name for name in COLUMNS[key] if name in columns), None)


@lru_cache(maxsize=2)
def _load(sidecar: SidecarFile) -> tuple[list[Row], Listing]:
    rows, listing = read_rows(sidecar.data), Listing()
    for number, row in enumerate(rows):
        path, digest = (row.get(_choose(key, tuple(row)) or "", "") for key in ("file", "digest"))
        match = _SHA256.fullmatch(digest.strip())
        listing.add(number, [path], [match[1].lower()] if match else [])
    return rows, listing


SIDECAR = Table()
