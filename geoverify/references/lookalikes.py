"""Pairs of references of different sites that match each other: shared buildings, chains with the same front, swapped photos."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from geoverify.opencv import load_cv2
from geoverify.vision.features import Features

# Of a photo's features so many, evenly picked, are compared: enough to see a shared front, few enough for all pairs.
COMPARED_FEATURES = 500
# Photos that are compared with each other at most: all pairs of so many take about a hundred seconds.
MAX_PHOTOS = 300
# The nearest descriptor must be nearer than this share of the second (Lowe 2004).
MAX_RATIO = 0.8
# Matches that agree on one homography, and how far each may be off; unrelated photos reach about a dozen by chance.
MIN_INLIERS, MAX_ERROR_PX = 20, 6.0


@dataclass(frozen=True, slots=True)
class Lookalike:
    """Two photos, by their places in the list that was compared, and how many of their features agree."""

    first: int
    second: int
    inliers: int


def find_lookalikes(photos: Sequence[tuple[str, Features]]) -> Iterator[Lookalike]:
    """Yield pairs of photos (site code, features) of different sites that show the same thing, of at most `MAX_PHOTOS`."""
    thinned = [(code, _thin(features)) for code, features in photos[:MAX_PHOTOS]]
    for first, (code, features) in enumerate(thinned):
        for second in range(first + 1, len(thinned)):
            other_code, other = thinned[second]
            if other_code != code:
                inliers = count_agreeing(features, other)
                if inliers >= MIN_INLIERS:
                    yield Lookalike(first, second, inliers)


def count_agreeing(features: Features, other: Features) -> int:
    """How many distinctive matches of two photos agree on one homography (MAGSAC++, Baráth et al. 2020)."""
    if min(len(features.xy_px), len(other.xy_px)) < MIN_INLIERS:
        return 0
    cv2 = load_cv2()
    one, two = features.descriptors.astype(np.float32), other.descriptors.astype(np.float32)
    pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(one, two, k=2)
    kept = [first for first, second in pairs if first.distance < MAX_RATIO * second.distance]
    # One feature that many match is a pattern, not a place.
    best = {match.trainIdx: match for match in sorted(kept, key=lambda match: -match.distance)}
    if len(best) < MIN_INLIERS:
        return 0
    here = features.xy_px[[match.queryIdx for match in best.values()]]
    there = other.xy_px[[match.trainIdx for match in best.values()]]
    _, inside = cv2.findHomography(here, there, cv2.USAC_MAGSAC, MAX_ERROR_PX, maxIters=2000, confidence=0.999)
    return 0 if inside is None else int(inside.sum())


def _thin(features: Features) -> Features:
    count = len(features.xy_px)
    if count <= COMPARED_FEATURES:
        return features
    rows = np.linspace(0, count - 1, COMPARED_FEATURES).astype(np.int64)
    return Features(features.xy_px[rows], features.descriptors[rows])
