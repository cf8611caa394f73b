"""The stage: a folder that only its user can read, where a file from elsewhere lies as long as it is looked at.

The folders elsewhere are mirrored in it, so that listings find media by the paths that they name. What a killed run has left
there is deleted by the next one.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from geoverify.errors import MediaError
from geoverify.remote.catalogue import RemoteFile, RemotePart
from geoverify.remote.fetching import Fetcher
from geoverify.settings import Settings
from geoverify.sidecars import limit_of
from geoverify.temporary import hold_folder
from geoverify.text import escape_controls
from geoverify.urls import show_remote

PREFIX = "geoverify-stage-"
# What file systems take, with room for a suffix.
MAX_NAME_BYTES = 240


class Held:
    """A staged file: where it lies, and the SHA-256 of what came."""

    def __init__(self, path: Path, digest: str) -> None:
        self.path, self.digest = path, digest


class Stage:
    """Fetches files into its folder for as long as somebody holds them; several threads may."""

    def __init__(self, files: Mapping[Path, RemoteFile], folder: Path, fetcher: Fetcher, max_bytes: int) -> None:
        self.folder = folder
        self._files, self._fetcher, self._max_bytes = files, fetcher, max_bytes
        self._schemes = {path.parts[0] for path in files}
        self._holders: Counter[Path] = Counter()
        self._locks: dict[Path, threading.Lock] = {}
        self._digests: dict[Path, str] = {}
        self._guard = threading.Lock()

    def __contains__(self, path: Path) -> bool:
        return path in self._files

    @contextmanager
    def hold(self, path: Path) -> Iterator[Held]:
        """Have a file and those beside it on the stage; raises `MediaError` for what cannot be fetched."""
        file = self._files[path]
        if file.part.is_link:
            shown = escape_controls(show_remote(path))
            raise MediaError("link", f"{shown}: a symbolic link, which is never followed; give the file that it points to")
        wanted = [(path, file.part, self._max_bytes)]
        wanted += [(Path(item.path), item.part, limit_of(lists_many=item.lists_many)) for item in file.beside]
        kept = {self._mirror(Path(item.path)) for item in file.beside if item.lists_many}
        staged = []
        try:
            for where, part, max_bytes in wanted:
                staged.append(self._mirror(where))
                with self._guard:
                    self._holders[staged[-1]] += 1
                self._fetch(where, staged[-1], part, max_bytes)
            yield Held(staged[0], self._digests[staged[0]])
        finally:
            for place in staged:
                # What lists many media is wanted again by the next one.
                self._leave(place, keep=place in kept)

    def restore(self, encoded: bytes) -> bytes:
        """JSON with the names that files have elsewhere in the place of those that they have on the stage."""
        for scheme in self._schemes:
            staged = msgspec.json.encode(f"{self._mirror(Path(scheme))}{os.sep}")[1:-1]
            encoded = encoded.replace(staged, show_remote(Path(scheme, "x"))[:-1].encode())
        return encoded

    def stop(self) -> None:
        """Fetch no more; whoever waits for a file gets an error."""
        self._fetcher.stop()

    def _mirror(self, where: Path) -> Path:
        """The place of a file on the stage; names that no file system takes are cut, and keep their suffix."""
        scheme, *rest = where.parts
        return self.folder.joinpath(scheme.rstrip(":"), *map(_cut, rest))

    def _copy(self, where: Path, part: RemotePart, staged: Path) -> str:
        try:
            return self._fetcher.copy(part, staged)
        except MediaError as error:
            shown = escape_controls(show_remote(where))
            raise MediaError(error.code, f"{shown}: {error}; check connection and rights, then run it again") from error

    def _fetch(self, where: Path, staged: Path, part: RemotePart, max_bytes: int) -> None:
        with self._guard:
            lock = self._locks.setdefault(staged, threading.Lock())
        with lock:
            if staged in self._digests:
                return
            try:
                self._digests[staged] = self._put(where, staged, part, max_bytes)
            except (OSError, ValueError, OverflowError) as error:
                # One name, time or size that no disk takes must not end the run of its neighbours.
                reason = getattr(error, "strerror", None) or error
                shown = escape_controls(show_remote(where))
                raise MediaError(
                    "cannot-fetch", f"{shown}: cannot be staged ({reason}); unpack or download it yourself"
                ) from error

    def _put(self, where: Path, staged: Path, part: RemotePart, max_bytes: int) -> str:
        staged.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if part.size_bytes > max_bytes:
            # Its reader refuses it by its size, and says so: as many bytes that take no room are enough.
            with staged.open("wb") as file:
                file.truncate(part.size_bytes)
            return ""
        digest = self._copy(where, part, staged)
        if part.modified_ns:
            os.utime(staged, ns=(part.modified_ns, part.modified_ns))
        return digest

    def _leave(self, staged: Path, *, keep: bool) -> None:
        with self._guard:
            self._holders[staged] -= 1
            if self._holders[staged] or (keep and staged in self._digests):
                return
            del self._holders[staged]
            self._digests.pop(staged, None)
            self._locks.pop(staged, None)
            with suppress(OSError):
                staged.unlink(missing_ok=True)


@contextmanager
def open_stage(
    files: Mapping[Path, RemoteFile], settings: Settings, fetchers: int, folder: Path | None = None
) -> Iterator[Stage | None]:
    """A stage for some files from elsewhere, `None` where there are none; everything on it is deleted in the end."""
    if not files:
        yield None
        return
    with hold_folder(PREFIX, folder) as root, Fetcher(settings, fetchers) as fetcher:
        yield Stage(files, root, fetcher, settings.max_file_bytes)


def _cut(name: str) -> str:
    data = os.fsencode(name)
    if len(data) <= MAX_NAME_BYTES:
        return name
    suffix = Path(name).suffix if len(os.fsencode(Path(name).suffix)) < 16 else ""
    mark = hashlib.sha256(data).hexdigest()[:12]
    return f"{data[: MAX_NAME_BYTES - 40].decode('utf-8', 'ignore')}~{mark}{suffix}"
