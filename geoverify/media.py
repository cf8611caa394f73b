"""A file as evidence: opened once and read-only, typed by its signature, digested, read in bounded pieces."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TypeVar, cast

from msgspec import Struct, structs

from geoverify.errors import BudgetError, MediaError
from geoverify.model import Digest, MediaFile, MediaKind
from geoverify.text import escape_controls
from geoverify.urls import is_remote, show_remote

HEAD_BYTES = 4096
DIGEST_CHUNK_BYTES = 1 << 20
MAX_READ_BYTES = 64 << 20
READ_BUDGET_BYTES = 512 << 20
READ_BUDGET_CALLS = 200_000
# Reading less than this costs the system as much.
WINDOW_BYTES = 1 << 13

_HEIF_BRANDS = {
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"heim": "image/heic",
    b"heis": "image/heic",
    b"hevc": "image/heic-sequence",
    b"hevx": "image/heic-sequence",
    b"mif1": "image/heif",
    b"msf1": "image/heif-sequence",
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"crx ": "image/x-canon-cr3",
    b"jxl ": "image/jxl",
    b"jp2 ": "image/jp2",
    b"jpx ": "image/jpx",
}
_SIGNATURES: tuple[tuple[int, bytes, MediaKind, str], ...] = (
    (0, b"\xff\xd8\xff", MediaKind.IMAGE, "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", MediaKind.IMAGE, "image/png"),
    (0, b"GIF87a", MediaKind.IMAGE, "image/gif"),
    (0, b"GIF89a", MediaKind.IMAGE, "image/gif"),
    (0, b"II*\0", MediaKind.IMAGE, "image/tiff"),
    (0, b"MM\0*", MediaKind.IMAGE, "image/tiff"),
    (0, b"II+\0", MediaKind.IMAGE, "image/tiff"),
    (0, b"MM\0+", MediaKind.IMAGE, "image/tiff"),
    (0, b"IIU\0", MediaKind.IMAGE, "image/x-panasonic-rw2"),
    (0, b"IIRO", MediaKind.IMAGE, "image/x-olympus-orf"),
    (0, b"IIRS", MediaKind.IMAGE, "image/x-olympus-orf"),
    (0, b"MMOR", MediaKind.IMAGE, "image/x-olympus-orf"),
    (0, b"FUJIFILMCCD-RAW", MediaKind.IMAGE, "image/x-fuji-raf"),
    (0, b"\xff\x0a", MediaKind.IMAGE, "image/jxl"),
    (0, b"\0\0\0\x0cJXL \r\n\x87\n", MediaKind.IMAGE, "image/jxl"),
    (0, b"\0\0\0\x0cjP  \r\n\x87\n", MediaKind.IMAGE, "image/jp2"),
    (0, b"\x1aE\xdf\xa3", MediaKind.VIDEO, "video/x-matroska"),
    (0, b"FLV\x01", MediaKind.VIDEO, "video/x-flv"),
    (0, b"0&\xb2u\x8ef\xcf\x11\xa6\xd9\0\xaa\0b\xcel", MediaKind.VIDEO, "video/x-ms-asf"),
    (0, b"\0\0\x01\xba", MediaKind.VIDEO, "video/mpeg"),
    (0, b"\0\0\x01\xb3", MediaKind.VIDEO, "video/mpeg"),
    (0, b"OggS", MediaKind.VIDEO, "video/ogg"),
)
_ENDLESS = "the file makes its reader go round for ever; it is damaged or made to harm"
T = TypeVar("T")
# Files that begin straight with one of these boxes are QuickTime from before `ftyp` existed.
_OLD_QUICKTIME = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")


class ByteSource:
    """Positioned, bounded, read-only reads of one open file; honest files stay far under the budgets."""

    def __init__(self, fd: int, size_bytes: int) -> None:
        self._fd = fd
        self.size_bytes = size_bytes
        # What a container's walker has found, so that the next reader need not walk again; keys are the walker's own.
        self.memo: dict[Hashable, object] = {}
        self._bytes_left = READ_BUDGET_BYTES
        self._calls_left = READ_BUDGET_CALLS
        self._window = b""
        self._window_at = 0

    def read(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`, fewer at the end of the file, none outside it.

        Raises `BudgetError` for a single read over `MAX_READ_BYTES` or when the file's budget is used up.
        """
        left = self.size_bytes - offset
        if offset < 0 or length <= 0 or left <= 0:
            return b""
        if length > left:
            length = left
        if length > MAX_READ_BYTES:
            raise BudgetError(f"a block of {length} bytes at byte {offset} is larger than metadata can be")
        self._bytes_left -= length
        self._calls_left -= 1
        if self._bytes_left < 0 or self._calls_left < 0:
            raise BudgetError(_ENDLESS)
        return self._pread(offset, length)

    def window(self, offset: int, length: int) -> tuple[bytes, int]:
        """Return a stretch of the file and the place in it where `offset` is, with `length` bytes from there if there are any.

        For the headers of small parts that stand close together: one read of the file serves many. Raises `BudgetError`.
        """
        self._calls_left -= 1
        if self._calls_left < 0:
            raise BudgetError(_ENDLESS)
        place = offset - self._window_at
        if place < 0 or place + length > len(self._window):
            self._window, self._window_at, place = self.read(offset, max(length, WINDOW_BYTES)), offset, 0
        return self._window, place

    def peek(self, offset: int, length: int) -> bytes:
        """Return the same bytes as `read`, for a few bytes of something small: out of the window."""
        if length <= 0:
            return b""
        window, place = self.window(offset, length)
        return window[place : place + length]

    def fileno(self) -> int:
        """The open descriptor, for decoders that read `/proc/self/fd/N` instead of a path."""
        return self._fd

    def _pread(self, offset: int, length: int) -> bytes:
        return os.pread(self._fd, length, offset)


class MemorySource(ByteSource):
    """The same reads over bytes in memory (a block that one format wraps in another)."""

    def __init__(self, data: bytes) -> None:
        super().__init__(-1, len(data))
        self._data = data

    def _pread(self, offset: int, length: int) -> bytes:
        return self._data[offset : offset + length]


def keep(walk: Callable[[ByteSource], T]) -> Callable[[ByteSource], T]:
    """Make a walk over a source on the first call and keep what it returns as long as the source is in use."""

    @wraps(walk)
    def kept(source: ByteSource) -> T:
        memo = source.memo
        if walk not in memo:
            memo[walk] = walk(source)
        return cast("T", memo[walk])

    return kept


def sniff_type(head: bytes) -> tuple[MediaKind, str]:
    """Tell kind and media type from a file's first bytes; the suffix is never asked."""
    if head[4:8] == b"ftyp":
        return _sniff_ftyp(head)
    if head[:4] == b"RIFF":
        if head[8:12] == b"WEBP":
            return MediaKind.IMAGE, "image/webp"
        if head[8:12] == b"AVI ":
            return MediaKind.VIDEO, "video/x-msvideo"
    for offset, magic, kind, media_type in _SIGNATURES:
        if head.startswith(magic, offset):
            return kind, media_type
    if head[4:8] in _OLD_QUICKTIME and int.from_bytes(head[:4]) >= 8:
        return MediaKind.VIDEO, "video/quicktime"
    # BMP's two letters alone would claim any text that starts with "BM": the reserved fields must be zero too.
    if head[:2] == b"BM" and head[6:10] == bytes(4) and len(head) > 18:
        return MediaKind.IMAGE, "image/bmp"
    # MPEG transport streams: a sync byte every 188 bytes (192 with a time code before each packet).
    for start, step in ((0, 188), (4, 192)):
        if len(head) > start + 4 * step and all(head[start + i * step] == 0x47 for i in range(5)):
            return MediaKind.VIDEO, "video/mp2t"
    return MediaKind.UNKNOWN, "application/octet-stream"


def _sniff_ftyp(head: bytes) -> tuple[MediaKind, str]:
    size = min(int.from_bytes(head[:4]), len(head))
    brands = [head[8:12], *(head[i : i + 4] for i in range(16, size - 3, 4))]
    for brand in brands:
        if brand in _HEIF_BRANDS:
            return MediaKind.IMAGE, _HEIF_BRANDS[brand]
    if brands[0] == b"qt  ":
        return MediaKind.VIDEO, "video/quicktime"
    if brands[0].startswith((b"3gp", b"3g2")):
        return MediaKind.VIDEO, "video/3gpp"
    return MediaKind.VIDEO, "video/mp4"


def display_path(path: Path) -> tuple[str, str | None]:
    """Return a path, or the URL that it stands for, as safe UTF-8 text, and the hexadecimal of bytes that are not UTF-8."""
    raw = os.fsencode(show_remote(path) if is_remote(path) else path)
    try:
        return raw.decode("utf-8"), None
    except UnicodeDecodeError:
        return raw.decode("utf-8", "backslashreplace"), raw.hex()


def name_media(media: MediaFile, path: Path) -> MediaFile:
    """The same file under another path."""
    text, path_hex = display_path(path)
    return structs.replace(media, path=text, path_bytes_hex=path_hex)


def digest_source(fd: int) -> Digest:
    """SHA-256 (FIPS 180-4) of all bytes of an open file."""
    state = hashlib.sha256()
    offset = 0
    while chunk := os.pread(fd, DIGEST_CHUNK_BYTES, offset):
        state.update(chunk)
        offset += len(chunk)
    return Digest(algorithm="sha256", hex=state.hexdigest())


class FileStamp(Struct, frozen=True):
    """What the system says of a file; as long as it stays, the bytes are taken to be the same."""

    device: int
    inode: int
    size_bytes: int
    modified_ns: int
    changed_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> FileStamp:
        """The stamp in what `stat` returns."""
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


@contextmanager
def open_regular(path: Path, max_bytes: int | None = None) -> Iterator[tuple[int, os.stat_result]]:
    """Open a regular file read-only and yield its descriptor and status.

    Raises `MediaError` for what is not a regular file, cannot be opened, is empty or is over `max_bytes`. Opening never blocks
    and never follows a symbolic link in the last component.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    flags |= getattr(os, "O_BINARY", 0)
    shown = escape_controls(display_path(path)[0])
    try:
        fd = os.open(path, flags)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise MediaError(
                "link", f"{shown}: a symbolic link, which is never followed; give the file that it points to"
            ) from error
        raise MediaError("cannot-open", f"{shown}: {error.strerror}; check that it exists and that you may read it") from error
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            raise MediaError("not-a-file", f"{shown}: not a regular file; give a file or a folder of files")
        if status.st_size == 0:
            raise MediaError("empty-file", f"{shown}: the file is empty; download it again or ask for the original")
        if max_bytes is not None and status.st_size > max_bytes:
            message = (
                f"{status.st_size} bytes, over the limit of {max_bytes}; look at it by hand, or match it with a larger --max-size"
            )
            raise MediaError("too-large", f"{shown}: {message}")
        yield fd, status
    finally:
        os.close(fd)


@contextmanager
def open_media(
    path: Path, max_bytes: int | None = None, known: tuple[FileStamp, Digest] | None = None
) -> Iterator[tuple[MediaFile, ByteSource]]:
    """Open a regular file as `open_regular` does and yield what it is and a source of its bytes.

    The bytes are digested, unless the file still has the stamp that it had when its digest became known.
    """
    with open_regular(path, max_bytes) as (fd, status):
        text, path_hex = display_path(path)
        kind, media_type = sniff_type(os.pread(fd, HEAD_BYTES, 0))
        digest = known[1] if known is not None and known[0] == FileStamp.of(status) else digest_source(fd)
        media = MediaFile(
            path=text,
            path_bytes_hex=path_hex,
            kind=kind,
            media_type=media_type,
            size_bytes=status.st_size,
            digest=digest,
        )
        source = ByteSource(fd, status.st_size)
        yield media, source
        # Walks keep what refers back to the source: broken here, the circle need not wait for the garbage collector.
        source.memo.clear()
