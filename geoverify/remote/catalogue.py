"""Which files lie elsewhere, as they were listed, and which of them lie beside footage so that sidecar readers look for them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from msgspec import Struct

from geoverify.errors import UsageError
from geoverify.media import FileStamp
from geoverify.remote.addresses import Address
from geoverify.remote.fetcher import Entry, Listed
from geoverify.sidecars import RemoteFolder
from geoverify.text import escape_controls


class RemotePart(Struct, frozen=True, kw_only=True):
    """One file elsewhere: where it lies, and what was listed of it."""

    url: str
    """Of its file system; may hold a password."""
    path: str
    """In its file system."""
    size_bytes: int
    modified_ns: int
    version: str = ""
    is_link: bool = False


class Beside(Struct, frozen=True, kw_only=True):
    """A file that is read with footage, under the path that stands for its URL."""

    path: str
    part: RemotePart
    lists_many: bool


class RemoteFile(Struct, frozen=True, kw_only=True):
    """Footage elsewhere with what is read beside it."""

    part: RemotePart
    beside: tuple[Beside, ...] = ()


def _order(entry: Entry) -> tuple[bool, str]:
    """Plain names first: of two that would be called the same, the one with a slash before it is shown with that."""
    return entry.path.startswith("/"), entry.path


class Catalogue(Mapping[Path, RemoteFile]):
    """Files elsewhere by the paths that stand for their URLs."""

    def __init__(self) -> None:
        self._parts: dict[Path, RemotePart] = {}
        self._wanted: dict[Path, None] = {}

    def add(self, address: Address, listed: Listed) -> None:
        """Take in a listing; what was listed beside a single file is known, but not wanted."""
        for entry in sorted(listed.siblings, key=_order):
            self._add(address, entry)
        for path in sorted(self._add(address, entry) for entry in sorted(listed.entries, key=_order)):
            self._wanted.setdefault(path)

    def _add(self, address: Address, entry: Entry) -> Path:
        path = Path(address.show(entry.path))
        part = RemotePart(
            url=address.url,
            path=entry.path,
            size_bytes=entry.size_bytes,
            modified_ns=entry.modified_ns,
            version=entry.version,
            is_link=entry.is_link,
        )
        known = self._parts.setdefault(path, part)
        if known.path != part.path:
            # An archive can hold both `a.jpg` and `/a.jpg`.
            path = Path(address.show(entry.path, whole=True))
            known = self._parts.setdefault(path, part)
        if known.path != part.path:
            raise UsageError(f"{escape_controls(str(path))}: two files would have this name in reports; rename one of them")
        return path

    def __getitem__(self, path: Path) -> RemoteFile:
        return RemoteFile(part=self._parts[path], beside=tuple(self._find_beside(path)))

    def __contains__(self, path: object) -> bool:
        return path in self._parts

    def __iter__(self) -> Iterator[Path]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    @property
    def files(self) -> list[Path]:
        """The files that were asked for, in the order of their names."""
        return list(self._wanted)

    def stamp_of(self, path: Path) -> FileStamp:
        """What the listing says of a file; as long as it stays, the bytes are taken to be the same."""
        part = self._parts[path]
        version = int.from_bytes(hashlib.sha256(part.version.encode()).digest()[:7])
        return FileStamp(0, version, part.size_bytes, part.modified_ns, 0)

    def describe_surroundings(self, path: Path) -> str:
        """A file's name and the files beside it with their sizes, times and versions, as one digest."""
        state = hashlib.sha256(path.name.encode("utf-8", "surrogateescape"))
        for item in self._find_beside(path):
            part = item.part
            state.update(f"{item.path}\0{part.size_bytes} {part.modified_ns} {part.version}\0".encode("utf-8", "surrogateescape"))
        return state.hexdigest()

    def _find_beside(self, path: Path) -> Iterator[Beside]:
        found: dict[Path, bool] = {}
        for where, lists_many in self._folders[path.parent].name_candidates(path):
            if where in self._parts and where != path:
                found[where] = found.get(where, False) or lists_many
        yield from (Beside(path=str(where), part=self._parts[where], lists_many=found[where]) for where in sorted(found))

    @cached_property
    def _folders(self) -> dict[Path, RemoteFolder]:
        names: dict[Path, list[str]] = {}
        for path in self._parts:
            names.setdefault(path.parent, []).append(path.name)
        return {folder: RemoteFolder(folder, listed) for folder, listed in names.items()}
