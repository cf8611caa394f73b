"""Fit the codebook of descriptors that ships with the package, on the reference photographs of the tuned half alone.

    python benchmarks/fit_codebook.py [--shared DIR]

Writes geoverify/vision/codebook.npz: k-means (Lloyd, 25 rounds, seeded) for the halves and the sub-vectors, and 64 rows of a
Hadamard matrix whose columns change sign at random for the signatures.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import cv2
import numpy as np
from visual_set import load_set

from geoverify.vision import codebook
from geoverify.vision.features import extract_features
from geoverify.vision.index import REFERENCE_FEATURES


def cluster(points: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Middles of `count` clusters, whole numbers (count, dimensions)."""
    rng = np.random.default_rng(seed)
    middles = points[rng.choice(len(points), count, replace=False)].astype(np.float64)
    for _ in range(25):
        words = middles.astype(np.float32)
        nearest = np.concatenate(
            [
                ((words**2).sum(1) - 2.0 * part @ words.T).argmin(1)
                for part in np.array_split(points, max(1, len(points) // 20000))
            ]
        )
        counts = np.bincount(nearest, minlength=count)
        sums = np.stack([np.bincount(nearest, column, minlength=count) for column in points.T], axis=1)
        middles = np.where(
            counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], points[rng.integers(len(points), size=count)]
        )
    return np.clip(np.rint(middles), 0, 255).astype(np.uint8)


def hadamard(size: int) -> np.ndarray:
    """Sylvester's matrix of ± 1."""
    matrix = np.ones((1, 1), np.int8)
    while len(matrix) < size:
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    return matrix


def main() -> None:
    """Read, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("GEOVERIFY_SHARED", "../shared")))
    photos = [photo for photo in load_set(parser.parse_args().shared) if photo.role == "reference" and photo.is_tuned]
    found = [
        extract_features(cv2.cvtColor(photo.read(), cv2.COLOR_BGR2GRAY), count=REFERENCE_FEATURES).descriptors for photo in photos
    ]
    points = np.concatenate(found).astype(np.float32)
    halves = np.stack([cluster(points[:, :64], 256, 1), cluster(points[:, 64:], 256, 2)])
    subwords = np.stack([cluster(np.ascontiguousarray(points[:, 4 * i : 4 * i + 4]), 256, 3 + i) for i in range(32)])
    rng = np.random.default_rng(0)
    rows = np.sort(rng.choice(np.arange(1, 128), 64, replace=False))
    projection = (hadamard(128)[rows] * rng.choice(np.array([-1, 1], np.int8), 128)).T
    np.savez_compressed(codebook.FILE, halves=halves, subwords=subwords, projection=projection.astype(np.int8))
    code = codebook.load_codebook()
    error = np.sqrt(((code.restore(code.shorten(points.astype(np.uint8))) - points) ** 2).sum(1)).mean() / 512.0
    print(f"{len(photos)} photographs, {len(points)} descriptors; codes are off by {error:.3f} of a unit vector on average")


if __name__ == "__main__":
    main()
