"""URLs as users write them: which schemes there are, what they need, and what their files are called in reports."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from geoverify.errors import MissingToolError, UsageError
from geoverify.text import escape_controls
from geoverify.urls import hide_secrets, quote_name

INSTALL = "pip install 'geoverify[remote]'"
# What each scheme needs beside fsspec, and how it is installed. paramiko's licence is the LGPL, so that who wants it chooses it.
_NEEDS = {
    "s3": ("s3fs", INSTALL),
    "gs": ("gcsfs", "pip install 'geoverify[remote-gs]'"),
    "sftp": ("paramiko", "pip install paramiko (licence: LGPL-2.1; it is no part of geoverify's extras)"),
    "file": ("fsspec", INSTALL),
}
SCHEMES = (*_NEEDS, "zip")
_ARCHIVE = re.compile(r"(.*?\.zip)(?:/(.*))?", re.IGNORECASE | re.DOTALL)


class Address(Struct, frozen=True, kw_only=True):
    """A URL: as fsspec opens it, and what stands before a path of its file system in the names of its files."""

    url: str
    """May hold a password: never shown, never stored."""
    before: str

    def show(self, path: str, *, whole: bool = False) -> str:
        """The URL of a path, without anything secret; slashes at its beginning are told only where it is to be shown whole."""
        return self.before + quote_name(path.lstrip("/") if self.before.endswith("/") and not whole else path)


def parse_address(text: str) -> Address:
    """Read a URL; raises `UsageError` for one that is not understood, `MissingToolError` for a library that it needs."""
    scheme, _, rest = text.partition("://")
    if scheme == "zip" or scheme.startswith("zip+"):
        return _parse_archive(text, scheme, rest)
    _require(scheme, text)
    if scheme == "file":
        return Address(url=text, before="file:///")
    return Address(url=text, before=_name_host(scheme, text))


def local_path(text: str) -> Path | None:
    """The path that a `file://` URL names, `None` for any other URL; raises `UsageError` for one of another machine."""
    scheme, _, rest = text.partition("://")
    if scheme != "file":
        return None
    host, slash, path = rest.partition("/")
    if host not in ("", "localhost") or not slash:
        raise UsageError(f"{escape_controls(hide_secrets(text))}: names another machine; write file:///full/path")
    return Path(unquote(f"/{path}"))


def _parse_archive(text: str, scheme: str, rest: str) -> Address:
    inner, chain, target = rest.partition("::")
    if not chain:
        base = scheme.removeprefix("zip").removeprefix("+")
        found = _ARCHIVE.fullmatch(rest)
        if found is None:
            shown = escape_controls(hide_secrets(text))
            raise UsageError(f"{shown}: names no .zip file; write zip://FOLDER::FILE, as in zip://::s3://bucket/export.zip")
        target, inner = found[1], found[2] or ""
        target = f"{base}://{target}" if base else target
    base = target.partition("://")[0] if "://" in target else "file"
    if base == "zip" or "::" in target:
        raise UsageError(f"{escape_controls(hide_secrets(text))}: an archive in an archive is not opened; unpack the outer one")
    _require(base, text)
    if base == "file":
        path = (local_path(target) if "://" in target else None) or Path(target)
        full = path.absolute().as_posix()
        return Address(url=f"zip://{inner}::file://{full}", before=f"zip:///{quote_name(full.lstrip('/'))}/")
    return Address(url=f"zip://{inner}::{target}", before=f"zip+{hide_secrets(target)}/")


def _require(scheme: str, text: str) -> None:
    shown = escape_controls(hide_secrets(text))
    if scheme not in _NEEDS:
        raise UsageError(f"{shown}: no scheme that is read here; there are {', '.join(SCHEMES)}")
    module, cure = _NEEDS[scheme]
    missing = [name for name in ("fsspec", module) if find_spec(name) is None]
    if missing:
        raise MissingToolError(f"{shown}: needs {missing[0]}; {INSTALL if missing[0] == 'fsspec' else cure}")


def _name_host(scheme: str, text: str) -> str:
    if scheme != "sftp":
        # The bucket is the first part of each path.
        return f"{scheme}://"
    parts = urlsplit(hide_secrets(text))
    return f"{scheme}://{parts.netloc}/"
