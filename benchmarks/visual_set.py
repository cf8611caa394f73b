"""The photographs of real places that the visual benchmarks use, and the half of the places that may be tuned on."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """One photograph of the set; `site` is None for a place that no reference shows."""

    file: str
    role: str
    site: str | None
    kind: str
    path: Path

    @property
    def is_tuned(self) -> bool:
        """Whether the photograph belongs to the half that parameters may be chosen on.

        That half holds the places whose name, or for a negative whose file name, has a SHA-256 with an even first byte.
        """
        return hashlib.sha256((self.site or self.file).encode()).digest()[0] % 2 == 0

    def read(self) -> NDArray[np.uint8]:
        """The picture, uint8 (height, width, 3), blue first."""
        picture = cv2.imread(str(self.path))
        assert picture is not None, self.path
        return np.asarray(picture, np.uint8)


def load_set(shared: Path) -> list[Photo]:
    """Every photograph of the manifest, in its order."""
    folder = shared / "corpora" / "visual"
    rows = json.loads((folder / "manifest.json").read_text())
    return [Photo(file=r["file"], role=r["role"], site=r["site"], kind=r["kind"], path=folder / r["file"]) for r in rows]
