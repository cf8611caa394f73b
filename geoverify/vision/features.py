"""Features of a picture: where it has corners and blobs, and what each looks like."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoverify.opencv import load_cv2
from geoverify.vision.keyframes import reduce_picture

FEATURE_COUNT, SIDE_PX = 2000, 1024


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Places in pixels of the reduced picture, (n, 2), and RootSIFT descriptors (Arandjelović and Zisserman 2012), (n, 128)."""

    xy_px: NDArray[np.float32]
    descriptors: NDArray[np.uint8]


def extract_features(luma: NDArray[np.uint8], mask: NDArray[np.uint8] | None = None) -> Features:
    """Features of a picture's unmasked parts, at most `FEATURE_COUNT`."""
    cv2 = load_cv2()
    small = reduce_picture(luma, SIDE_PX)
    where = None if mask is None else cv2.resize(mask, small.shape[::-1], interpolation=cv2.INTER_NEAREST)
    points, found = cv2.SIFT_create(FEATURE_COUNT).detectAndCompute(small, where)
    if found is None:
        return Features(np.zeros((0, 2), np.float32), np.zeros((0, 128), np.uint8))
    root = np.sqrt(found / np.maximum(found.sum(axis=1, keepdims=True), 1e-9))
    return Features(np.array([point.pt for point in points], np.float32), np.round(root * 512).clip(0, 255).astype(np.uint8))
