"""The index of a register's reference photographs: one file, the same for the same photos."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from geoverify.vision.features import Features


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexEntry:
    """One photo: what is known of it, and its features or what gives them where an earlier index does not have them."""

    site_code: str
    photo_digest: str
    part: str = ""
    derived_from: str = ""
    features: Features | Callable[[], Features]


def build_index(entries: Iterable[IndexEntry], path: Path, previous: Path | None = None) -> None:
    """Write the index of `entries`; features of photos that `previous` holds are taken from there."""
    known = {} if previous is None else {row[0]: row for row in msgspec.msgpack.decode(previous.read_bytes())}
    rows = []
    for entry in entries:
        row = known.get(entry.photo_digest)
        if row is None:
            features = entry.features if isinstance(entry.features, Features) else entry.features()
            row = [entry.photo_digest, features.xy_px.tobytes(), features.descriptors.tobytes()]
        rows.append([*row[:3], entry.site_code, entry.part, entry.derived_from])
    path.write_bytes(msgspec.msgpack.encode(sorted(rows)))


def read_features(path: Path) -> dict[str, Features]:
    """The features of each photo in an index, by its digest."""
    return {
        row[0]: Features(np.frombuffer(row[1], np.float32).reshape(-1, 2), np.frombuffer(row[2], np.uint8).reshape(-1, 128))
        for row in msgspec.msgpack.decode(path.read_bytes())
    }
