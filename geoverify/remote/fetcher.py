"""The child process that reaches elsewhere: it lists folders and copies files, and never looks into what it copies.

It runs without the walls that forbid the network, but with the limits on memory, time, files and written bytes; the directory of
a ZIP archive is read here, behind them. One task a line, one answer a line, as with every guarded child.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO
from zipfile import ZipFile, ZipInfo

import msgspec
from msgspec import Struct

from geoverify.isolation.child import Handler, serve
from geoverify.urls import blot_out

# At the least rate that is waited for, a piece and what a library reads ahead take half of a minute.
PIECE_BYTES = 1 << 20
# More entries than any archive of footage has; a listing of so many is held in memory.
MAX_ENTRIES = 2_000_000
# Footage is compressed already: a large member that shrank to less than a hundredth is made to fill the disk.
BOMB_RATIO, BOMB_BYTES = 100, 64 << 20


class Call(Struct, frozen=True, kw_only=True):
    """A task: list what lies at `url`, begin to copy a path of its file system to `target`, or go on with that copy."""

    verb: str
    url: str = ""
    path: str = ""
    target: str = ""
    max_bytes: int = 0


class Entry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One listed file: its path in its file system, and what is known of it without opening it."""

    path: str
    size_bytes: int = 0
    modified_ns: int = 0
    version: str = ""
    """What the store itself says of the bytes: an ETag, or a checksum of the archive's."""
    packed_bytes: int | None = None
    is_link: bool = False


class Listed(Struct, frozen=True, kw_only=True):
    """What lies at a URL: the files there, and those beside a single file."""

    entries: tuple[Entry, ...] = ()
    siblings: tuple[Entry, ...] = ()


class Copied(Struct, frozen=True, kw_only=True):
    """How far a copy is; with the digest it is whole."""

    size_bytes: int = 0
    digest: str = ""


# What a signed number of eight bytes holds: no file is larger, whatever an archive says.
_MAX_SIZE_BYTES = (1 << 63) - 1


class Failed(Struct, frozen=True, kw_only=True):
    """Why a task failed, in words that hold neither user, password nor query."""

    message: str
    is_missing_tool: bool = False


class Said(Struct, frozen=True, kw_only=True):
    """The answer to a call; one of the members is there."""

    listed: Listed | None = None
    copied: Copied | None = None
    failed: Failed | None = None


def main() -> None:
    """Serve calls until stdin closes."""
    serve(_prepare)


def _prepare(greeting: bytes) -> Handler:  # noqa: ARG001
    copier = Copier()
    # Names are looked up only now, and the libraries that reach elsewhere are loaded by the first call that needs them.
    verbs: dict[str, Callable[[Call], Said]] = {"list": list_url, "begin": copier.begin, "more": copier.copy_piece}

    def handle(line: bytes) -> bytes:
        call = msgspec.json.decode(line, type=Call)
        try:
            said = verbs[call.verb](call)
        except MemoryError:
            raise
        except Exception as error:
            said = Said(failed=_explain(error, call.url))
        return msgspec.json.encode(said)

    return handle


def _explain(error: Exception, url: str) -> Failed:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    message = blot_out(f"{type(error).__name__}: {reason}".splitlines()[0], url)[:500]
    return Failed(message=message, is_missing_tool=isinstance(error, ImportError))


def list_url(call: Call) -> Said:
    """List a folder in full, or a file with the names beside it."""
    import fsspec

    fs, root = fsspec.url_to_fs(call.url)
    archive_ns = _archive_time_ns(fs)
    if (archive := getattr(fs, "zip", None)) is not None:
        return Said(listed=_list_archive(archive, root, archive_ns))
    info = fs.info(root) if root else {"type": "directory"}
    if info["type"] == "directory":
        return Said(listed=Listed(entries=tuple(_take(fs.find(root, detail=True).values(), archive_ns))))
    parent = str(PurePosixPath(root).parent).removeprefix(".")
    beside = (item for item in fs.ls(parent, detail=True) if item["type"] != "directory")
    return Said(listed=Listed(entries=tuple(_take([info], archive_ns)), siblings=tuple(_take(beside, archive_ns))))


def _list_archive(archive: ZipFile, root: str, archive_ns: int) -> Listed:
    """The members of an archive under their own names: `/a.jpg` and `a.jpg` are two, which fsspec takes for one."""
    doubled = [name for name, count in Counter(archive.namelist()).items() if count > 1]
    if doubled:
        raise ValueError(
            f"{doubled[0]}: is in the archive more than once; unpack it with a tool that keeps both, and match that folder"
        )
    parts = _split(root)
    found = [member for member in archive.infolist() if _split(member.filename)[: len(parts)] == parts]
    if parts and not found:
        raise FileNotFoundError(f"{root}: not in the archive")
    files = [member for member in archive.infolist() if not member.is_dir()]
    single = [member for member in files if parts and member.filename == root]
    siblings = [member for member in files if single and _split(member.filename)[:-1] == parts[:-1]]
    entries = single or [member for member in found if not member.is_dir()]
    return Listed(
        entries=tuple(_take(map(_describe_member, entries), archive_ns)),
        siblings=tuple(_take(map(_describe_member, siblings), archive_ns)),
    )


def _split(name: str) -> list[str]:
    return [part for part in name.replace("\\", "/").split("/") if part]


def _describe_member(member: ZipInfo) -> dict[str, object]:
    return {"name": member.filename, "size": member.file_size, "CRC": member.CRC, "compress_size": member.compress_size}


def _archive_time_ns(fs: Any) -> int:
    """When the archive was last changed: members state a local time of an unknown zone, which is no time."""
    archive = getattr(fs, "fo", None)
    if archive is None:
        return 0
    try:
        inner = archive.fs
        return _to_ns(inner.info(archive.path))
    except (AttributeError, OSError):
        return 0


def _take(infos: Any, archive_ns: int) -> Iterator[Entry]:
    for number, info in enumerate(infos):
        if number >= MAX_ENTRIES:
            raise ValueError(f"more than {MAX_ENTRIES} files; give a folder inside it")
        if str(info["name"]).endswith("/") and not info.get("size"):
            # Stores without folders mark them so.
            continue
        yield Entry(
            path=str(info["name"]),
            size_bytes=min(int(info.get("size") or 0), _MAX_SIZE_BYTES),
            modified_ns=archive_ns or _to_ns(info),
            version=str(info.get("ETag") or info.get("etag") or info.get("CRC") or info.get("md5Hash") or "").strip('"'),
            packed_bytes=info.get("compress_size"),
            is_link=info.get("type") == "link" or bool(info.get("islink")),
        )


def _to_ns(info: Any) -> int:
    modified = info.get("LastModified") or info.get("mtime") or info.get("updated") or info.get("last_modified")
    if isinstance(modified, str):
        modified = dt.datetime.fromisoformat(modified)
    if isinstance(modified, dt.datetime):
        # Stores give UTC, with or without saying so.
        modified = (modified if modified.tzinfo else modified.replace(tzinfo=dt.UTC)).timestamp()
    return int(modified * 1_000_000_000) if isinstance(modified, int | float) else 0


class Copier:
    """Copies one file at a time, piece by piece, so that each piece has a time limit of its own; hashes it on the way."""

    def __init__(self) -> None:
        self._source: BinaryIO | None = None
        self._target: BinaryIO | None = None
        self._file_system: Any = None

    def begin(self, call: Call) -> Said:
        """Open source and target and copy the first piece."""
        import fsspec

        self._close()
        fs, _ = fsspec.url_to_fs(call.url)
        archive = getattr(fs, "zip", None)
        info = fs.info(call.path) if archive is None else _describe_member(archive.getinfo(call.path))
        if (refusal := _refuse_bomb(info)) is not None:
            return Said(failed=Failed(message=refusal))
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        self._target = os.fdopen(os.open(Path(call.target), flags, 0o600), "wb")
        self._source = fs.open(call.path, "rb", block_size=PIECE_BYTES) if archive is None else archive.open(call.path)
        # The archive lives as long as its file system.
        self._file_system = fs
        self._state = hashlib.sha256()
        self._max_bytes, self._size_bytes = call.max_bytes, 0
        return self.copy_piece(call)

    def copy_piece(self, call: Call) -> Said:  # noqa: ARG002
        """Copy the next piece of the file that was begun."""
        assert self._source is not None and self._target is not None
        piece = self._source.read(PIECE_BYTES)
        self._size_bytes += len(piece)
        if self._size_bytes > self._max_bytes:
            self._close()
            return Said(failed=Failed(message=f"more than {self._max_bytes} bytes come, which is more than was listed"))
        self._state.update(piece)
        self._target.write(piece)
        if piece:
            return Said(copied=Copied(size_bytes=self._size_bytes))
        self._close()
        return Said(copied=Copied(size_bytes=self._size_bytes, digest=self._state.hexdigest()))

    def _close(self) -> None:
        source, target, self._source, self._target = self._source, self._target, None, None
        try:
            if target is not None:
                target.close()
        finally:
            if source is not None:
                source.close()


def _refuse_bomb(info: Any) -> str | None:
    packed, size = info.get("compress_size"), int(info.get("size") or 0)
    if packed is None or size < BOMB_BYTES or size <= BOMB_RATIO * max(1, int(packed)):
        return None
    return f"its {size} bytes are packed into {packed}: a bomb that is made to fill the disk"


if __name__ == "__main__":
    main()
