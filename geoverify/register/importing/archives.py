"""Zip archives (KMZ, zipped Shapefiles) from strangers: bounded, and nothing is ever unpacked by the archive's own names."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import IO

from geoverify.errors import RegisterError
from geoverify.register.importing.table import MAX_IMPORT_BYTES
from geoverify.text import escape_controls

MAX_MEMBERS = 10_000
# Deflate reaches 1,032 : 1 on zeros; KML and shapes stay under 100 : 1.
MAX_RATIO = 200
_CENTRAL_ENTRY = b"PK\x01\x02"
_CHUNK_BYTES = 1 << 20


class Archive:
    """A zip archive in memory; members are read one by one and never written anywhere."""

    def __init__(self, data: bytes, shown: str) -> None:
        self._shown = shown
        # Python reads the whole directory of an archive before it can be asked how long that is.
        if data.count(_CENTRAL_ENTRY) > MAX_MEMBERS:
            raise RegisterError(f"{shown}: more than {MAX_MEMBERS:,} files in the archive; unpack it and give the one file")
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
            raise RegisterError(f"{shown}: a damaged archive ({error}); download it again") from error
        for info in self._zip.infolist():
            self._refuse_dangerous(info)

    def names(self) -> list[str]:
        """The members that are files, in the order of the archive."""
        return [info.filename for info in self._zip.infolist() if not info.is_dir()]

    def read(self, name: str) -> bytes:
        """Return one member's bytes; raises `RegisterError` for bombs, encryption and damage."""
        try:
            with self._zip.open(name) as file:
                data = b"".join(_read_chunks(file, MAX_IMPORT_BYTES + 1))
        except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError, ValueError) as error:
            raise RegisterError(f"{self._shown}: {escape_controls(name)} cannot be unpacked ({error})") from error
        if len(data) > MAX_IMPORT_BYTES:
            raise RegisterError(f"{self._shown}: {escape_controls(name)} is larger than {MAX_IMPORT_BYTES >> 20} MiB unpacked")
        return data

    def _refuse_dangerous(self, info: zipfile.ZipInfo) -> None:
        path = PurePosixPath(info.filename.replace("\\", "/"))
        name = escape_controls(info.filename)
        if path.is_absolute() or ".." in path.parts or ":" in info.filename:
            raise RegisterError(f"{self._shown}: the archive wants to write to {name!r}, outside itself; do not trust it")
        if info.file_size > _CHUNK_BYTES and info.file_size > MAX_RATIO * max(info.compress_size, 1):
            raise RegisterError(f"{self._shown}: {name!r} is packed {MAX_RATIO} : 1 or more; it is made to fill the memory")


def _read_chunks(file: IO[bytes], limit_bytes: int) -> Iterator[bytes]:
    left = limit_bytes
    while left > 0 and (chunk := file.read(min(left, _CHUNK_BYTES))):
        left -= len(chunk)
        yield chunk
