"""instaloader: `…_UTC.json.xz`, `….txt` and `…_location.txt` beside `…_UTC.jpg` (its documentation, "Basic Usage")."""

from __future__ import annotations

import lzma
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec
from msgspec import Raw

from geoverify.errors import BudgetError, MalformedError, UnrecognisedError
from geoverify.interfaces import Folder, SidecarFile
from geoverify.model import Finding, Post
from geoverify.sidecars._comments import MAX_COMMENTS, say_own_comments
from geoverify.sidecars._fields import MAX_NAME_CHARS, MAX_WORDS_CHARS, Fields
from geoverify.sidecars._files import show_name
from geoverify.sidecars._json import members_of, parse_members
from geoverify.sidecars._statements import read_position, say_instant, say_place, say_post, say_words

_XZ_MAGIC = b"\xfd7zXZ\0"
# A post's own data is tens of kilobytes; xz's default needs 9 MB to unpack, its strongest 65 MB.
_MAX_UNPACKED_BYTES = 16 << 20
_MAX_XZ_MEMORY_BYTES = 80 << 20
# Several pictures of one post are numbered; all of them share the post's files.
_NUMBERED = re.compile(r"(.+)_\d{1,3}")
_DEFAULT_STEM = re.compile(r"\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d_UTC.*", re.ASCII)


class Instaloader:
    """A post or story as Instagram described it to instaloader, its caption, and its place as a map link (`--geotags`)."""

    name = "instaloader"
    covers_many = False
    above = None

    def find(self, media_path: Path, folder: Folder) -> Iterator[str]:
        """Yield the post's files under the medium's stem, and under that without the picture's number."""
        stem = media_path.stem
        match = _NUMBERED.fullmatch(stem)
        for base in (stem, match[1]) if match else (stem,):
            for ending in (".json.xz", ".json", "_location.txt"):
                yield base + ending
            # Any program writes NAME.txt: it is a caption where instaloader's pattern or its other file says so.
            if _DEFAULT_STEM.fullmatch(base) or f"{base}.json.xz" in folder:
                yield f"{base}.txt"

    def read(self, media_path: Path, sidecar: SidecarFile) -> Iterator[Finding]:  # noqa: ARG002
        """Yield who posted what, where and when."""
        name = sidecar.path.name
        if name.endswith("_location.txt"):
            members, read = _read_location(sidecar), _say_location
        elif name.endswith(".txt"):
            members, read = _members(caption=sidecar.data.decode("utf-8-sig", "replace")), _say_caption
        else:
            members, read = _unpack_members(sidecar), _read_node
            if not {"node", "instaloader"} <= members.keys():
                raise UnrecognisedError("it has no node and no instaloader")
        fields = Fields(members, "sidecars.instaloader", show_name(sidecar.path))
        yield from read(fields)
        yield from fields.take_problems()


def _say_location(fields: Fields) -> Iterator[Finding]:
    place = read_position(fields, "latitude", "longitude")
    yield from say_place(fields, ("name", "q"), fields.text("name"), place)


def _say_caption(fields: Fields) -> Iterator[Finding]:
    yield from say_words(fields, "caption")


def _read_node(fields: Fields) -> Iterator[Finding]:
    node = fields.child("node")
    # The web's description of a post, and within it the app's, which alone holds the place's coordinates.
    app = node.child("iphone_struct")
    owner, user = node.child("owner"), app.child("user")
    post = Post(
        platform="instagram",
        post_id=node.text("shortcode") or app.text("code"),
        uploader=owner.text("username") or user.text("username"),
        uploader_id=owner.identifier("id") or user.identifier("pk"),
    )
    raw = f"{node.raw('shortcode')}, owner {owner.raw('id', 'username')}, user {user.raw('pk', 'username')}"
    yield from say_post(node, ("shortcode", "owner", "iphone_struct"), post, raw=raw)
    yield from _read_caption(node, app)
    if post.uploader_id is not None:
        own = (comment for comment in _comments_of(node) if comment.child("owner").identifier("id") == post.uploader_id)
        yield from say_own_comments(own)
    when = [*say_instant(node, "taken_at_timestamp")] or [*say_instant(node, "date")] or [*say_instant(app, "taken_at")]
    yield from when
    for holder in (node, app):
        place = holder.child("location")
        name = ", ".join(filter(None, (place.text("name"), place.text("address"), place.text("city"))))
        yield from say_place(holder, ("location",), name or None, read_position(place, "lat", "lng"))


def _comments_of(node: Fields) -> Iterator[Fields]:
    # The first page of comments with their answers, or the preview that a feed shows; the same comment can stand in both.
    for key in ("edge_media_to_parent_comment", "edge_media_to_comment", "edge_media_preview_comment"):
        for edge in node.child(key).children("edges", MAX_COMMENTS):
            comment = edge.child("node")
            yield comment
            for answer in comment.child("edge_threaded_comments").children("edges"):
                yield answer.child("node")


def _read_caption(node: Fields, app: Fields) -> Iterator[Finding]:
    edges = node.child("edge_media_to_caption").children("edges")
    for edge in edges[:1]:
        yield from say_words(edge.child("node"), "text")
    if not edges:
        if node.raw("caption").startswith("{"):
            yield from say_words(node.child("caption"), "text")
        elif node.has("caption"):
            yield from say_words(node, "caption")
        else:
            yield from say_words(app.child("caption"), "text")


@lru_cache(maxsize=4)
def _unpack_members(sidecar: SidecarFile) -> Mapping[str, Raw]:
    if not sidecar.data.startswith(_XZ_MAGIC):
        return members_of(sidecar)
    unpacker = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MAX_XZ_MEMORY_BYTES)
    try:
        data = unpacker.decompress(sidecar.data, _MAX_UNPACKED_BYTES)
    except lzma.LZMAError as error:
        raise MalformedError(f"it is no xz file ({error}); download it again") from error
    if not unpacker.eof:
        if len(data) < _MAX_UNPACKED_BYTES:
            raise MalformedError("it is cut off; download it again")
        raise BudgetError(f"it unpacks to more than {_MAX_UNPACKED_BYTES} bytes, which no post has")
    return parse_members(data)


def _read_location(sidecar: SidecarFile) -> Mapping[str, Raw]:
    # The place's name, and on the last line https://maps.google.com/maps?q=LAT,LNG&ll=LAT,LNG
    lines = sidecar.data[: 4 * MAX_NAME_CHARS].decode("utf-8-sig", "replace").split("\n")
    link = next((line.strip() for line in reversed(lines) if line.strip().startswith(("http://", "https://"))), "")
    try:
        query = parse_qs(urlsplit(link).query)
    except ValueError:
        query = {}
    target = (query.get("q") or query.get("ll") or [""])[0]
    lat, _, lng = target.partition(",")
    name = " ".join(line.strip() for line in lines if line.strip() and line.strip() != link)
    if not target and not name:
        raise UnrecognisedError("it holds no place")
    return _members(name=name, latitude=lat.strip(), longitude=lng.strip(), q=target)


def _members(**texts: str) -> Mapping[str, Raw]:
    """Plain text as the members of an object, so that it is read by the same rules as JSON."""
    return {key: Raw(msgspec.json.encode(text[: MAX_WORDS_CHARS + 1])) for key, text in texts.items() if text}


SIDECAR = Instaloader()
