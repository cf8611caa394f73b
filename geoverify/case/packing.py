"""Stored parts, each deflated against a text that is like it: the reports of one run share their settings, sites and words."""

from __future__ import annotations

import hashlib
import sqlite3
import zlib
from collections.abc import Sequence

# What deflate can look back on (RFC 1951, 2): more of a sample would never be used.
SAMPLE_BYTES = 32 << 10
# Less is not worth the time.
SMALLEST_PACKED = 128
# A part that claims to be larger was made to fill the memory: the largest honest reports, of long tracks, have some megabytes.
MAX_PART_BYTES = 512 << 20
# The first byte of a packed part; JSON begins with none like it.
_MARK = b"\x01"
_NAME_BYTES = 8
# Level 6 takes a fifth more time for every file and saves two hundredths of the room (benchmarks/case_scale.py).
_LEVEL = 3


class Packer:
    """Packs parts and unpacks them; the samples that they are packed against are rows of the case, named by their digests."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._samples: dict[bytes, bytes] = {}
        self._primed: dict[bytes, zlib._Compress] = {}

    def pack(self, parts: Sequence[bytes], likeness: str) -> list[bytes]:
        """Pack parts that are like each other inside the transaction that is open; the longest of the first ones is the sample.

        `likeness` names what they share: the basis of reports, the kind of reading.
        """
        name = self._name_sample(parts, likeness)
        return [self._deflate(part, name) if name and len(part) >= SMALLEST_PACKED else part for part in parts]

    def unpack(self, stored: bytes | str) -> bytes:
        """Return a part as it was; one that was never packed stays as it is. Raises `sqlite3.DatabaseError` for a damaged one."""
        data = stored.encode() if isinstance(stored, str) else stored
        # SQLite holds any type in any column.
        if not isinstance(data, bytes):
            raise sqlite3.DatabaseError("a stored part is no text")
        if not data.startswith(_MARK):
            return data
        start = len(_MARK) + _NAME_BYTES
        inflater = zlib.decompressobj(zdict=self._read_sample(data[len(_MARK) : start]))
        try:
            part = inflater.decompress(data[start:], MAX_PART_BYTES)
        except zlib.error as error:
            raise sqlite3.DatabaseError(f"a stored part cannot be unpacked: {error}") from error
        if not inflater.eof:
            raise sqlite3.DatabaseError("a stored part is cut off or too large to be one")
        return part

    def _deflate(self, part: bytes, name: bytes) -> bytes:
        if name not in self._primed:
            self._primed[name] = zlib.compressobj(_LEVEL, zdict=self._read_sample(name))
        # A copy has read the sample already.
        deflater = self._primed[name].copy()
        return _MARK + name + deflater.compress(part) + deflater.flush()

    def _name_sample(self, parts: Sequence[bytes], likeness: str) -> bytes | None:
        """The sample of a kind, made of these parts where there is none; none is remembered, as it may be rolled back."""
        row = self._connection.execute("SELECT name, text FROM sample WHERE likeness = ?", (likeness,)).fetchone()
        # Against a damaged one nothing could be unpacked: it is replaced.
        if row is not None and _is_whole(*row):
            return bytes(row[0])
        text = max(parts, key=len, default=b"")[-SAMPLE_BYTES:]
        if len(text) < SMALLEST_PACKED:
            return None
        name = _name(text)
        self._connection.execute("INSERT OR REPLACE INTO sample VALUES (?, ?, ?)", (likeness, name, text))
        return name

    def _read_sample(self, name: bytes) -> bytes:
        if name not in self._samples:
            row = self._connection.execute("SELECT text FROM sample WHERE name = ?", (name,)).fetchone()
            if row is None:
                raise sqlite3.DatabaseError(f"the sample {name.hex()}, against which it is packed, is missing")
            if not _is_whole(name, row[0]):
                raise sqlite3.DatabaseError(f"the sample {name.hex()}, against which it is packed, is damaged")
            self._samples[name] = row[0]
        return self._samples[name]


def _name(text: bytes) -> bytes:
    return hashlib.sha256(text).digest()[:_NAME_BYTES]


def _is_whole(name: object, text: object) -> bool:
    return isinstance(text, bytes) and _name(text) == name
