"""The index of reference pictures: one file that is looked up without reading more of it than a query needs.

After a fixed head and a JSON table of the references come, for each reference, its record (places of its features and their
codes), and then the postings of its strongest features, cell by cell: reference and signature. Everything follows from the set of
references and the codebook alone, so that the same input gives the same bytes, built at once or bit by bit.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from geoverify.errors import UsageError
from geoverify.text import escape_controls
from geoverify.vision.codebook import CELLS, CODE_BYTES, load_codebook
from geoverify.vision.features import Features, Floats

MAGIC = b"GVINDEX2"
# Magic, bytes of the table, bytes of all records, number of postings.
_HEAD = struct.Struct("<8sQQQ")
# As many features of a reference as fit 60 kB with its share of the cells' table: 5 bytes of place and 32 of code for each, and
# 12 of posting for the strongest, which are the ones that are found again in other pictures.
REFERENCE_FEATURES, POSTED_FEATURES = 1250, 960
_GEOMETRY = np.dtype([("xy", "u1", (3,)), ("size", "u1"), ("angle", "u1")])
# Places are two numbers of 12 bits in quarters of a pixel, angles in 256ths of a turn, sizes in sixteenths of an octave.
_PLACE_STEPS, _ANGLE_STEPS, _SIZE_STEPS = 4.0, 256.0, 16.0
_POSTING = np.dtype([("reference", "<u4"), ("signature", "<u8")])
_MAX_TABLE_BYTES = 1 << 30
Longs = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexEntry:
    """A picture for the index; `features` may be a function that is called only where the previous index lacks the picture."""

    site_code: str
    photo_digest: str
    part: str = ""
    derived_from: str = ""
    features: Features | Callable[[], Features]


class IndexedReference(Struct, frozen=True, kw_only=True, array_like=True):
    """What the index's table says of a reference; `derived_from` is the digest of the footage that it was taken from."""

    site_code: str
    photo_digest: str
    part: str
    derived_from: str
    width_px: int
    height_px: int
    feature_count: int

    @property
    def origin(self) -> str:
        """What the picture came from in the end: references that share it are one witness."""
        return self.derived_from or self.photo_digest


class _Table(Struct, frozen=True, kw_only=True):
    codebook: str
    references: tuple[IndexedReference, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReferenceFeatures:
    """A reference's features as the index keeps them: places in pixels, and restored descriptors as float32 (n, 128)."""

    xy_px: Floats
    size_px: Floats
    angle_deg: Floats
    descriptors: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Postings:
    """Postings in the order of their cells, then references, then features: cells int64 (n,), rows of reference and signature."""

    cells: Longs
    rows: NDArray[Any]


class ReferenceIndex:
    """An open index; `close` it, or use it as a context."""

    def __init__(self, path: Path) -> None:
        shown = escape_controls(str(path))
        cure = "build it again with geoverify refs build"
        try:
            self._file: BinaryIO = path.open("rb")
        except OSError as error:
            raise UsageError(f"{shown}: cannot be opened ({error.strerror}); {cure}") from error
        try:
            size_bytes = os.fstat(self._file.fileno()).st_size
            magic, table_bytes, record_bytes, self.posting_count = _HEAD.unpack(self._file.read(_HEAD.size))
            self._offsets_at = _HEAD.size + table_bytes + record_bytes
            self._postings_at = self._offsets_at + 4 * (CELLS + 1)
            if magic != MAGIC or table_bytes > _MAX_TABLE_BYTES:
                raise ValueError("not an index of this version")
            if self._postings_at + self.posting_count * _POSTING.itemsize != size_bytes:
                raise ValueError("cut off or changed")
            raw = self._file.read(table_bytes)
            table = msgspec.json.decode(raw, type=_Table)
            if table.codebook != load_codebook().digest:
                raise ValueError("made with another codebook")
            counts = np.array([item.feature_count for item in table.references], np.int64)
            posted = np.minimum(counts, POSTED_FEATURES).sum()
            if (counts < 0).any() or posted != self.posting_count or counts.sum() * _RECORD_BYTES != record_bytes:
                raise ValueError("its table does not fit its records")
            self.references = table.references
            # The table names every reference by its digest, so its own digest stands for the whole.
            self.digest = hashlib.sha256(raw).hexdigest()
            self._records_at = _HEAD.size + table_bytes
            self._first_feature = np.concatenate(([0], np.cumsum(counts)))
            self.feature_counts = counts
            # The table of offsets and the postings alone: the records are many times as large, and read as they are needed.
            start = self._offsets_at // mmap.ALLOCATIONGRANULARITY * mmap.ALLOCATIONGRANULARITY
            self._map = mmap.mmap(self._file.fileno(), size_bytes - start, offset=start, access=mmap.ACCESS_READ)
            self.offsets: Longs = np.frombuffer(self._map, "<u4", CELLS + 1, self._offsets_at - start).astype(np.int64)
            self.postings: NDArray[Any] = np.frombuffer(self._map, _POSTING, self.posting_count, self._postings_at - start)
            if self.offsets[0] != 0 or self.offsets[-1] != self.posting_count or (np.diff(self.offsets) < 0).any():
                raise ValueError("its cells are out of order")
        except (ValueError, struct.error, OSError, msgspec.MsgspecError) as error:
            self._file.close()
            raise UsageError(f"{shown}: no index that can be read ({error}); {cure}") from error
        self.site_codes: tuple[str, ...] = tuple(dict.fromkeys(item.site_code for item in self.references))
        numbers = {code: number for number, code in enumerate(self.site_codes)}
        self.site_numbers: Longs = np.array([numbers[item.site_code] for item in self.references], np.int64)

    def __enter__(self) -> ReferenceIndex:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; arrays that were taken of it keep their part of it alive."""
        self._file.close()

    def read_record(self, number: int) -> bytes:
        """The bytes of a reference's record."""
        count = int(self.feature_counts[number])
        start = self._records_at + int(self._first_feature[number]) * _RECORD_BYTES
        return os.pread(self._file.fileno(), count * _RECORD_BYTES, start)

    def read_features(self, number: int) -> ReferenceFeatures:
        """The features of the reference at a place of `references`."""
        data = self.read_record(number)
        count = int(self.feature_counts[number])
        geometry = np.frombuffer(data, _GEOMETRY, count)
        codes = np.frombuffer(data, np.uint8, count * CODE_BYTES, count * _GEOMETRY.itemsize).reshape(count, CODE_BYTES)
        x, y, mixed = geometry["xy"].T.astype(np.int64)
        return ReferenceFeatures(
            xy_px=np.column_stack((x | (mixed & 15) << 8, y | mixed >> 4 << 8)).astype(np.float32) / np.float32(_PLACE_STEPS),
            size_px=np.exp2(geometry["size"].astype(np.float32) / np.float32(_SIZE_STEPS)),
            angle_deg=geometry["angle"].astype(np.float32) * np.float32(360.0 / _ANGLE_STEPS),
            descriptors=load_codebook().restore(codes),
        )

    def read_postings(self) -> Postings:
        """All postings with their cells."""
        return Postings(np.repeat(np.arange(CELLS), np.diff(self.offsets)), self.postings)


_RECORD_BYTES = _GEOMETRY.itemsize + CODE_BYTES


def open_index(path: Path) -> ReferenceIndex:
    """Open an index; raises `UsageError` for a file that is none, is damaged, or was made with another codebook."""
    return ReferenceIndex(path)


def build_index(entries: Iterable[IndexEntry], path: Path, previous: Path | None = None) -> None:
    """Write the index of `entries` to `path`; features of pictures that the `previous` one holds are taken from there.

    A `previous` index that cannot be read is not used. Pictures of a site that are given twice are kept once.
    """
    old = _open_previous(previous)
    known = {} if old is None else {item.photo_digest: number for number, item in enumerate(old.references)}
    unique = {(entry.site_code, entry.photo_digest): entry for entry in entries}
    ordered = [unique[key] for key in sorted(unique)]
    references: list[IndexedReference] = []
    records: list[bytes] = []
    # Where each new reference's postings come from: a reference of the previous index, or made here.
    taken: dict[int, list[int]] = {}
    made: list[Postings] = []
    for number, entry in enumerate(ordered):
        at = known.get(entry.photo_digest)
        if old is not None and at is not None:
            taken.setdefault(at, []).append(number)
            records.append(old.read_record(at))
            base = old.references[at]
            size, count = (base.width_px, base.height_px), base.feature_count
        else:
            features = entry.features if isinstance(entry.features, Features) else entry.features()
            features = features.pick(np.arange(min(len(features), REFERENCE_FEATURES)))
            records.append(_pack_record(features))
            made.append(_make_postings(features, number))
            size, count = (int(features.frame_px[0]), int(features.frame_px[1])), len(features)
        references.append(
            IndexedReference(
                site_code=entry.site_code,
                photo_digest=entry.photo_digest,
                part=entry.part,
                derived_from=entry.derived_from,
                width_px=size[0],
                height_px=size[1],
                feature_count=count,
            )
        )
    if old is not None:
        made += _take_postings(old, taken)
    try:
        write_index(references, records, _sort_postings(made), path)
    finally:
        if old is not None:
            old.close()


def list_digests(path: Path | None) -> frozenset[str]:
    """The photos whose features an index holds; none where there is no index that can be read."""
    index = _open_previous(path)
    if index is None:
        return frozenset()
    with index:
        return frozenset(item.photo_digest for item in index.references)


def write_index(references: Sequence[IndexedReference], records: Iterable[bytes], postings: Postings, path: Path) -> None:
    """Write the parts of an index as one file; `postings` are in the order of their cells."""
    table = msgspec.json.encode(_Table(codebook=load_codebook().digest, references=tuple(references)))
    offsets = np.searchsorted(postings.cells, np.arange(CELLS + 1)).astype("<u4")
    record_bytes = sum(item.feature_count for item in references) * _RECORD_BYTES
    with path.open("wb") as file:
        file.write(_HEAD.pack(MAGIC, len(table), record_bytes, len(postings.rows)))
        file.write(table)
        file.writelines(records)
        file.write(offsets.tobytes())
        file.write(np.ascontiguousarray(postings.rows).data)


def _open_previous(path: Path | None) -> ReferenceIndex | None:
    if path is None:
        return None
    try:
        return open_index(path)
    except UsageError:
        return None


def _pack_record(features: Features) -> bytes:
    geometry = np.empty(len(features), _GEOMETRY)
    x, y = np.clip(np.rint(features.xy_px * _PLACE_STEPS), 0, 4095).astype(np.int64).T
    geometry["xy"] = np.column_stack((x & 255, y & 255, x >> 8 | y >> 8 << 4))
    geometry["size"] = np.clip(np.rint(np.log2(np.maximum(features.size_px, 1.0)) * _SIZE_STEPS), 0, 255)
    geometry["angle"] = np.rint(features.angle_deg / 360.0 * _ANGLE_STEPS).astype(np.int64) % 256
    return geometry.tobytes() + load_codebook().shorten(features.descriptors).tobytes()


def _make_postings(features: Features, number: int) -> Postings:
    codebook = load_codebook()
    features = features.pick(np.arange(min(len(features), POSTED_FEATURES)))
    cells = codebook.assign_cells(features.descriptors)
    rows = np.empty(len(features), _POSTING)
    rows["reference"] = number
    rows["signature"] = codebook.sign(features.descriptors, np.arange(len(features)), cells)
    return Postings(cells, rows)


def _take_postings(old: ReferenceIndex, taken: dict[int, list[int]]) -> list[Postings]:
    """The postings of references that are kept, under their new numbers; one list for each time that one is used."""
    kept = old.read_postings()
    parts = []
    for turn in range(max((len(numbers) for numbers in taken.values()), default=0)):
        renumbered = np.full(len(old.references), -1, np.int64)
        for at, numbers in taken.items():
            if turn < len(numbers):
                renumbered[at] = numbers[turn]
        numbers_now = renumbered[kept.rows["reference"]]
        chosen = np.flatnonzero(numbers_now >= 0)
        rows = kept.rows[chosen]
        rows["reference"] = numbers_now[chosen]
        parts.append(Postings(kept.cells[chosen], rows))
    return parts


def _sort_postings(parts: Sequence[Postings]) -> Postings:
    if not parts:
        return Postings(np.zeros(0, np.int64), np.zeros(0, _POSTING))
    cells = np.concatenate([part.cells for part in parts])
    rows = np.concatenate([part.rows for part in parts])
    # Within a reference and a cell the order of the features is kept by every step, since the sort is stable. Of parts that are
    # in order already, as those of a previous index are, it is a merge.
    order = np.argsort(cells << 32 | rows["reference"], kind="stable")
    return Postings(cells[order], rows[order])
