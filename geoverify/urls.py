"""Addresses of files elsewhere: how they are told from paths, held as paths, and shown without what opens them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

_SCHEME = r"[a-z][a-z0-9.-]+(?:\+[a-z][a-z0-9.-]+)*"
_URL = re.compile(rf"({_SCHEME})://", re.IGNORECASE | re.ASCII)
_FIRST_PART = re.compile(rf"{_SCHEME}:", re.ASCII)
# User and password stand between the slashes and the host; one with a bare slash in it is no number of a port, at least.
_USER = re.compile(r"(?:(?<=://)|(?<=\w:/)(?!/))(?:[^/?#]*@|[^/?#@]*:(?!\d*(?:[/?#]|$))\S*@)")
# What follows a question mark may be a signature.
_QUERY = re.compile(r"[?#].*", re.DOTALL)
# Between the URLs of a chain.
_LINK = "::"
# In a name that was listed these would be read as something else; a percent sign only where it seems to stand for a character.
_UNSAFE = re.compile(r"[?#]|%(?=[0-9A-Fa-f]{2})")
# A path would lose these parts, or take them for steps.
_ODD_PARTS = {"": "%2F", ".": "%2E", "..": "%2E%2E"}
# Archives of this machine: what follows is a full path.
_LOCAL_ARCHIVE = "zip"


def is_url(text: str) -> bool:
    """Whether an argument names a file by a URL; a drive letter is none."""
    return _URL.match(text) is not None


def hide_secrets(text: str) -> str:
    """A text with each URL in it without user, password, query and fragment; any other text as it is."""
    return _LINK.join(_QUERY.sub("", _USER.sub("", part)) if ":/" in part else part for part in text.split(_LINK))


def blot_out(message: str, url: str) -> str:
    """A library's message about a URL without what `hide_secrets` takes from that, in whatever form it is repeated."""
    secrets: set[str] = set()
    for found in (match for part in url.split(_LINK) for match in (*_USER.findall(part), *_QUERY.findall(part))):
        secrets |= {found, found.strip("?#@"), *re.split(r"[:@?#&=]", found)}
    secrets |= {unquote(secret) for secret in secrets}
    for secret in sorted(secrets, key=len, reverse=True):
        message = message.replace(secret, "…") if len(secret) > 2 else message
    return hide_secrets(message)


def quote_name(name: str) -> str:
    """A path below a listed folder, so that it stays one path of as many parts however odd its names are."""
    parts = (_UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", part) for part in name.split("/"))
    return "/".join(_ODD_PARTS.get(part, part) for part in parts)


def is_remote(path: Path) -> bool:
    """Whether a path stands for a URL, as `Path("s3://bucket/a.jpg")` does; a path of this machine never begins so."""
    return bool(path.parts) and _FIRST_PART.fullmatch(path.parts[0]) is not None


def show_remote(path: Path) -> str:
    """The URL that a path stands for."""
    scheme, rest = path.parts[0].rstrip(":"), "/".join(path.parts[1:])
    return f"{scheme}:///{rest}" if scheme == _LOCAL_ARCHIVE else f"{scheme}://{rest}"


def archive_candidates(path: Path) -> Iterator[Path]:
    """Paths of this machine that may be the archive in which a path's file lies; none for a path of any other kind."""
    if not path.parts or path.parts[0] != f"{_LOCAL_ARCHIVE}:":
        return
    # A drive's letter is a root of its own.
    at = Path() if path.parts[1].endswith(":") else Path("/")
    for part in path.parts[1:-1]:
        at /= unquote(part)
        yield at


def keep_local(path: Path) -> Path:
    """A path of this machine in a form that stands for no URL, whatever its folders are called."""
    return path.absolute() if is_remote(path) else path


def name_of(url: str) -> str:
    """The last part of a URL without its query."""
    return PurePosixPath(hide_secrets(url)).name
