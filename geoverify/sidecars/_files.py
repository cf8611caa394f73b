"""Files beside the media: found by name in one look at the folder, and loaded read-only, whole and bounded."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from functools import lru_cache
from pathlib import Path

from geoverify.errors import MediaError
from geoverify.interfaces import Folder, SidecarFile
from geoverify.media import display_path
from geoverify.model import Digest
from geoverify.text import escape_controls

# What one post's description can be, with its comments and stream lists; yt-dlp's largest are a few megabytes.
MAX_POST_BYTES = 32 << 20
# Exports and tables that list many media.
MAX_LISTING_BYTES = 512 << 20
# A folder changed less than this ago can change again within the same tick of its clock.
SETTLED_NS = 2_000_000_000
_LARGE_BYTES = 4 << 20


def list_folder(path: Path) -> Folder:
    """The names in a folder, cached as long as it stays unchanged; none where it cannot be read."""
    try:
        modified_ns = path.stat().st_mtime_ns
    except OSError:
        return Folder(())
    if time.time_ns() - modified_ns < SETTLED_NS:
        return _list(path)
    return _list_settled(path, modified_ns)


@lru_cache(maxsize=8)
def _list_settled(path: Path, _modified_ns: int) -> Folder:
    return _list(path)


def _list(path: Path) -> Folder:
    try:
        with os.scandir(path) as entries:
            return Folder(entry.name for entry in entries)
    except OSError:
        return Folder(())


def show_name(path: Path) -> str:
    """A file's name, safe for people's eyes."""
    return escape_controls(display_path(Path(path.name))[0])


def load_sidecar(path: Path, max_bytes: int) -> SidecarFile:
    """Load a regular file, or return it from the cache while its inode, time and size stay the same.

    Raises `MediaError` for what is not a regular file, is over `max_bytes` or cannot be read. Opening never blocks and never
    follows a symbolic link in the last component.
    """
    try:
        status = os.lstat(path)
    except OSError as error:
        raise MediaError("sidecar-unreadable", f"{show_name(path)}: {error.strerror}; check that you may read it") from error
    if not stat.S_ISREG(status.st_mode):
        raise MediaError("sidecar-unreadable", f"{show_name(path)}: not a regular file; put the file itself beside the media")
    if status.st_size > max_bytes:
        message = f"{show_name(path)}: {status.st_size} bytes, and a file of its kind has at most {max_bytes}; it is not read"
        raise MediaError("sidecar-too-large", message)
    load = _load_large if status.st_size > _LARGE_BYTES else _load_small
    return load(path, status.st_ino, status.st_mtime_ns, status.st_size)


def _load(path: Path, inode: int, _modified_ns: int, size_bytes: int) -> SidecarFile:
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    flags |= getattr(os, "O_BINARY", 0)
    try:
        fd = os.open(path, flags)
        try:
            if not stat.S_ISREG(os.fstat(fd).st_mode) or os.fstat(fd).st_ino != inode:
                raise MediaError("sidecar-unreadable", f"{show_name(path)}: it was replaced while it was opened; run again")
            data = _read_all(fd, size_bytes)
        finally:
            os.close(fd)
    except OSError as error:
        raise MediaError("sidecar-unreadable", f"{show_name(path)}: {error.strerror}; check that you may read it") from error
    return SidecarFile(path=path, data=data, digest=Digest(algorithm="sha256", hex=hashlib.sha256(data).hexdigest()))


def _read_all(fd: int, size_bytes: int) -> bytes:
    # One read returns less than it was asked for above 2 GiB, on some file systems, and where the file shrinks meanwhile.
    pieces: list[bytes] = []
    while size_bytes > 0 and (piece := os.read(fd, size_bytes)):
        pieces.append(piece)
        size_bytes -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


_load_small = lru_cache(maxsize=16)(_load)
_load_large = lru_cache(maxsize=2)(_load)
