"""Learned features as a plug-in: networks that the user supplies as ONNX files, run by OpenCV; nothing is downloaded.

ALIKED (Zhao et al. 2023) and DISK (Tyszkiewicz et al. 2020), in the exports that OpenCV's own classes read. A file is digested
before and after it is loaded, so that the digest is of what runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoverify.errors import MediaError, UsageError
from geoverify.media import open_media
from geoverify.model import Digest
from geoverify.opencv import load_cv2
from geoverify.text import escape_controls

# The largest of the published exports has 50 MB.
MAX_MODEL_BYTES = 512 << 20
MAX_FEATURES = 2000
DESCRIPTOR_LENGTHS = (64, 128, 256)
# The side of the pattern that a model is tried on; it shows corners, so that any detector finds some.
TRIAL_SIDE_PX = 256

Floats = NDArray[np.float32]
Mask = NDArray[np.uint8]


class LearnedKind(StrEnum):
    """Which network; a model's file name begins with this word."""

    ALIKED = "aliked"
    DISK = "disk"


@dataclass(frozen=True, slots=True, eq=False)
class LearnedFeatures:
    """Places in pixels, (n, 2), the network's score of each, (n,), and descriptors of length 1, (n, d); the best first."""

    xy_px: Floats
    scores: Floats
    descriptors: Floats


class LearnedDetector:
    """A network that was loaded and tried; `digest` is what a case and a report pin."""

    def __init__(self, kind: LearnedKind, digest: Digest, detector: Any) -> None:
        self.kind = kind
        self.digest = digest
        self._detector = detector

    def extract(self, bgr: NDArray[np.uint8], mask: Mask | None = None) -> LearnedFeatures:
        """The features of a picture (BGR) where its mask (255 = used) has them, at most `MAX_FEATURES`."""
        points, found = self._detector.detectAndCompute(bgr, None)
        if not points or found is None:
            return LearnedFeatures(np.zeros((0, 2), np.float32), np.zeros(0, np.float32), np.zeros((0, 0), np.float32))
        places = np.array([point.pt for point in points], np.float32)
        scores = np.array([point.response for point in points], np.float32)
        descriptors = np.asarray(found, np.float32)
        if descriptors.ndim != 2 or len(descriptors) != len(places):
            raise UsageError(
                f"the {self.kind.value} model gives {len(places)} places and descriptors of shape {descriptors.shape}"
            )
        height, width = bgr.shape[:2]
        kept = np.isfinite(places).all(axis=1) & np.isfinite(descriptors).all(axis=1)
        kept &= (places >= 0).all(axis=1) & (places < (width, height)).all(axis=1)
        if mask is not None:
            columns, rows = np.where(kept, places.T, 0).astype(np.int64)
            kept &= mask[rows, columns] > 0
        order = np.flatnonzero(kept)[np.argsort(-scores[kept], kind="stable")][:MAX_FEATURES]
        lengths = np.linalg.norm(descriptors[order], axis=1, keepdims=True)
        return LearnedFeatures(places[order], scores[order], descriptors[order] / np.maximum(lengths, 1e-9))


def load_detector(kind: LearnedKind, path: Path) -> LearnedDetector:
    """Load a model and try it; raises `UsageError` where it cannot be read, is another network or gives other figures."""
    shown = escape_controls(str(path))
    digest = digest_model(path)
    cv2 = load_cv2()
    try:
        # ALIKED's reader goes by the suffix, so that only the file's own path can be given to it.
        name = str(path)
        detector = cv2.ALIKED_create(name) if kind is LearnedKind.ALIKED else cv2.DISK_create(name, MAX_FEATURES)
        loaded = LearnedDetector(kind, digest, detector)
        features = loaded.extract(_draw_trial())
    except cv2.error as error:
        reason = str(error).strip().splitlines()[0].rpartition("error: ")[2]
        cure = "give the export for OpenCV or of LightGlue-ONNX"
        raise UsageError(f"{shown}: OpenCV cannot run it as {kind.value} ({escape_controls(reason)}); {cure}") from error
    if digest_model(path) != digest:
        raise UsageError(f"{shown}: changed while it was loaded; run it again once it is whole")
    if len(features.xy_px) and features.descriptors.shape[1] not in DESCRIPTOR_LENGTHS:
        lengths = ", ".join(map(str, DESCRIPTOR_LENGTHS))
        raise UsageError(f"{shown}: its descriptors have {features.descriptors.shape[1]} numbers, not {lengths}: another network")
    return loaded


def digest_model(path: Path) -> Digest:
    """SHA-256 of a model's file; raises `UsageError` where it cannot be read or is too large for a model."""
    shown = escape_controls(str(path))
    try:
        with open_media(path, MAX_MODEL_BYTES) as (media, _):
            digest = media.digest
    except MediaError as error:
        raise UsageError(f"{shown}: no model that can be used ({error}); give the ONNX export itself") from error
    assert digest is not None
    return digest


def find_model(kind: LearnedKind, folder: Path) -> Path:
    """The one ONNX file in a folder whose name begins with a kind; raises `UsageError` for none and for several."""
    shown = escape_controls(str(folder))
    if not folder.is_dir():
        raise UsageError(f"{shown}: no such folder; give the one that holds your ONNX files with --models")
    found = sorted(
        path for path in folder.iterdir() if path.name.lower().startswith(kind.value) and path.suffix.lower() == ".onnx"
    )
    found = [path for path in found if "lightglue" not in path.name.lower()]
    if not found:
        raise UsageError(f"{shown}: holds no {kind.value}*.onnx; put the model there yourself, nothing is downloaded")
    if len(found) > 1:
        names = ", ".join(escape_controls(path.name) for path in found)
        raise UsageError(f"{shown}: holds several models ({names}); leave the one to be used")
    return found[0]


def match_mutually(one: LearnedFeatures, other: LearnedFeatures) -> NDArray[np.int64]:
    """Pairs of rows, (n, 2), that are each other's nearest descriptors."""
    if not len(one.xy_px) or not len(other.xy_px):
        return np.zeros((0, 2), np.int64)
    likeness = one.descriptors @ other.descriptors.T
    there, here = likeness.argmax(axis=1), likeness.argmax(axis=0)
    rows = np.arange(len(there))
    mutual = here[there] == rows
    return np.stack([rows[mutual], there[mutual]], axis=1).astype(np.int64)


def _draw_trial() -> NDArray[np.uint8]:
    rows, columns = np.indices((TRIAL_SIDE_PX, TRIAL_SIDE_PX))
    return np.repeat((((rows // 32 + columns // 32) % 2) * 160 + 40).astype(np.uint8)[..., None], 3, axis=2)
