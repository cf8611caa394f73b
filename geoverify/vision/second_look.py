"""A second look with learned features: references that plain retrieval lists are compared with a frame by a network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from geoverify.settings import Settings
from geoverify.vision.features import Features
from geoverify.vision.gallery import Gallery
from geoverify.vision.geometry import MAX_MATCHES, Alignment, Points, align
from geoverify.vision.keyframes import Picture
from geoverify.vision.learned import LearnedDetector, LearnedFeatures, match_mutually
from geoverify.vision.masks import mask_single
from geoverify.vision.retrieval import UPRIGHT_WAYS, shortlist

Mask = NDArray[np.uint8]
# References of one site that are looked at, so that a frame is always compared with other sites too.
PER_SITE = 3
# Learned features have no size: by how much larger the reference may show things is tried in these steps.
SIZE_STEPS = (0.5, 0.71, 1.0, 1.41, 2.0)
# Features of so many references are kept, some megabytes each.
KEPT_REFERENCES = 64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LearnedSighting:
    """A reference that the network finds in a frame; `points` are pairs of pixels in the frame and in the photograph, (n, 4)."""

    gallery: Gallery
    reference: int
    mirrored: bool
    places: int
    tried: int
    points: NDArray[np.float32]
    photo: Picture


class SecondLook:
    """A network with what it saw of the references last."""

    def __init__(self, detector: LearnedDetector, settings: Settings) -> None:
        self.detector = detector
        self._settings = settings
        self._see = lru_cache(KEPT_REFERENCES)(self._look_at_photo)

    def compare(
        self, galleries: Sequence[Gallery], bgr: Picture, mask: Mask, features: Features, own_digest: str
    ) -> Iterator[LearnedSighting]:
        """Yield the listed references that a frame shows by the network's account, but none taken from the footage itself.

        `features` are those of the frame, by which references are listed; the first of each site is the one that fits best.
        """
        seen: dict[bool, LearnedFeatures] = {}
        for gallery in galleries:
            if not len(features) or not gallery.index.references:
                continue
            listed = shortlist(gallery.index, features, UPRIGHT_WAYS, self._settings.learned_reference_count, PER_SITE)
            found = []
            for item in listed:
                if gallery.is_from(item.reference, own_digest):
                    continue
                mirrored = item.way.mirrored
                if mirrored not in seen:
                    seen[mirrored] = self._look_at_frame(bgr, mask, is_mirrored=mirrored)
                sighting = self._verify(gallery, item.reference, mirrored, seen[mirrored], bgr.shape[1])
                if sighting is not None and sighting.places >= self._settings.learned_least_places:
                    found.append(sighting)
            best: dict[str, LearnedSighting] = {}
            for sighting in sorted(found, key=lambda item: (-item.places, item.reference)):
                best.setdefault(gallery.index.references[sighting.reference].site_code, sighting)
            yield from best.values()

    def _look_at_frame(self, bgr: Picture, mask: Mask, *, is_mirrored: bool) -> LearnedFeatures:
        step = -1 if is_mirrored else 1
        return self.detector.extract(np.ascontiguousarray(bgr[:, ::step]), np.ascontiguousarray(mask[:, ::step]))

    def _look_at_photo(self, gallery: Gallery, digest: str) -> tuple[Picture, LearnedFeatures] | None:
        photo = gallery.open_photo(digest)
        return None if photo is None else (photo, self.detector.extract(photo, mask_single(photo)))

    def _verify(
        self, gallery: Gallery, reference: int, mirrored: bool, frame: LearnedFeatures, width_px: int
    ) -> LearnedSighting | None:
        kept = self._see(gallery, gallery.index.references[reference].photo_digest)
        if kept is None:
            return None
        photo, features = kept
        pairs = match_mutually(frame, features)[:MAX_MATCHES]
        here, there = frame.xy_px[pairs[:, 0]], features.xy_px[pairs[:, 1]]
        alignment = _align(here, there)
        if alignment is None:
            return None
        points = np.column_stack((here, there))[alignment.inliers].astype(np.float32)
        if mirrored:
            # Back into the frame as it is.
            points[:, 0] = width_px - 1.0 - points[:, 0]
        return LearnedSighting(
            gallery=gallery,
            reference=reference,
            mirrored=mirrored,
            places=alignment.places,
            tried=len(pairs),
            points=points,
            photo=photo,
        )


def _align(here: NDArray[np.float32], there: NDArray[np.float32]) -> Alignment | None:
    """The map of one upright view into another that most points follow, at the size step that fits best."""
    count = len(here)
    ones, level = np.ones(count, np.float32), np.zeros(count, np.float32)
    tried = (align(Points.of(here, ones, level), Points.of(there, ones * step, level), np.ones(count)) for step in SIZE_STEPS)
    found = [alignment for alignment in tried if alignment is not None]
    return max(found, key=lambda alignment: alignment.places, default=None)
