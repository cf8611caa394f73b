"""Which rows of a listing speak of a medium: told by its digest, its path from the listing, or its name."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

from geoverify.errors import MediaError
from geoverify.media import open_media

MAX_MATCHES = 20
_ABSOLUTE = re.compile(r"/|[A-Za-z]:/")


@dataclass(slots=True)
class Listing:
    """The paths and SHA-256 digests by which rows name media."""

    _by_path: dict[str, list[int]] = field(default_factory=dict)
    _paths_by_name: dict[str, set[str]] = field(default_factory=dict)
    _by_digest: dict[str, list[int]] = field(default_factory=dict)
    _digests: dict[int, set[str]] = field(default_factory=dict)

    def add(self, number: int, paths: list[str], digests: list[str]) -> None:
        """Note what row `number` names; a row may name several media."""
        for path in {normalise_path(path) for path in paths} - {""}:
            self._by_path.setdefault(path, []).append(number)
            self._paths_by_name.setdefault(posixpath.basename(path), set()).add(path)
        for digest in digests:
            self._by_digest.setdefault(digest, []).append(number)
            self._digests.setdefault(number, set()).add(digest)

    def find(self, listing_path: Path, media_path: Path) -> tuple[list[int], str | None]:
        """The rows of a medium, and why there are none where a row seems to mean it and cannot be trusted to."""
        # The bytes decide where rows state digests; reading them again is worth it only then.
        digest = digest_of(media_path) if self._by_digest else None
        if digest in self._by_digest:
            return self._by_digest[digest][:MAX_MATCHES], None
        rows, fault = self._find_by_path(listing_path, media_path)
        meant = [row for row in rows if row not in self._digests]
        if rows and not meant:
            return [], f"row {rows[0] + 1} names this file, but states the digest of another; compare the two files"
        return meant[:MAX_MATCHES], fault

    def _find_by_path(self, listing_path: Path, media_path: Path) -> tuple[list[int], str | None]:
        full = normalise_path(media_path.as_posix())
        here = normalise_path(listing_path.parent.as_posix())
        for path in (full, full.removeprefix(f"{here}/")):
            if rows := self._by_path.get(path):
                return rows, None
        named = self._paths_by_name.get(posixpath.basename(full), set())
        # The more of the medium's own path a row gives, the surer it is meant.
        endings = [path for path in named if f"/{full}".endswith(f"/{path}")]
        if endings:
            return self._by_path[max(endings, key=len)], None
        # Of an absolute path of another machine only the name counts.
        found = {tuple(self._by_path[path]) for path in named if _ABSOLUTE.match(path)}
        if len(found) > 1:
            return [], f"{len(found)} rows may mean this file; write their paths as seen from the folder that it lies in"
        return list(found.pop()) if found else [], None


def normalise_path(path: str) -> str:
    """A path as it is compared: forward slashes, no `.` and `..`, Unicode composed."""
    path = unicodedata.normalize("NFC", path.strip().replace("\\", "/"))
    return posixpath.normpath(path) if path else ""


def digest_of(media_path: Path) -> str | None:
    """A medium's SHA-256; `None` where it cannot be read."""
    try:
        with open_media(media_path) as (media, _):
            return media.digest.hex if media.digest is not None else None
    except MediaError:
        return None
