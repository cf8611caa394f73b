"""One frame that matches a site's reference: how surely, the direction that the camera looked in, and its picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoverify.opencv import load_cv2
from geoverify.vision.calibration import weigh_figures
from geoverify.vision.directions import HeadingEstimate, estimate_heading
from geoverify.vision.frames import SampledFrame
from geoverify.vision.gallery import Gallery
from geoverify.vision.index import IndexedReference
from geoverify.vision.keyframes import Picture
from geoverify.vision.masks import mask_single
from geoverify.vision.matching import ReferenceMatch
from geoverify.vision.pictures import MAX_PICTURES, Side, draw_match, name_picture

Mask = NDArray[np.uint8]
# Pictures of one site: the best match of each of so many independent references.
PER_SITE = 3
# A match that weighs less supports nothing (`Direction.of`), and nobody need look at it.
MIN_DRAWN_LOG10 = 0.1
SHOWN_DIGEST_CHARS = 12
# A logo stands where it stands in every picture of a channel, and covers little: points that are moved by no more than this share
# of the pictures' sides, in so many of 16 cells at most. Two views of a place from one spot agree over more of the picture.
IN_PLACE_SHARE, IN_PLACE_CELLS = 0.01, 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sighting:
    """A frame's best match with one site; `frame_px` is the frame's size (width, height) when its features were taken."""

    gallery: Gallery
    match: ReferenceMatch
    rival_strength: float
    agreeing: int
    frame: SampledFrame
    mask: Mask
    frame_px: tuple[int, int]

    @property
    def reference(self) -> IndexedReference:
        """The reference that it matches."""
        return self.gallery.index.references[self.match.reference]

    @property
    def log10_lr(self) -> float:
        """What the match alone weighs, before any bound."""
        match = self.match
        return weigh_figures(match.strength, match.places, match.tried, min(match.frame_cells, match.reference_cells))


def is_laid_over(match: ReferenceMatch, frame_px: tuple[int, int], reference: IndexedReference) -> bool:
    """Whether all that a frame and a reference share is what a channel laid over both; masks miss logos on single pictures."""
    if match.mirrored or max(match.frame_cells, match.reference_cells) > IN_PLACE_CELLS:
        return False
    sizes = np.array([*frame_px, reference.width_px, reference.height_px], np.float64)
    shares = match.points / sizes
    return bool(np.median(np.abs(shares[:, :2] - shares[:, 2:]).max(axis=1)) <= IN_PLACE_SHARE)


def estimate_direction(sighting: Sighting, view_deg: float) -> HeadingEstimate | None:
    """Where the frame's camera looked, if it is known where the reference's camera stood and looked."""
    heading_deg = sighting.gallery.headings_deg.get(sighting.reference.photo_digest)
    if heading_deg is None:
        return None
    return estimate_heading(
        heading_deg,
        (sighting.reference.width_px, sighting.reference.height_px),
        sighting.match.points[:, 2:],
        sighting.frame_px,
        sighting.match.points[:, :2],
        view_deg=view_deg,
        is_mirrored=sighting.match.mirrored,
    )


def draw_sightings(sightings: Sequence[Sighting], album: dict[str, bytes]) -> dict[Sighting, str]:
    """Draw the best sightings of each site and put their pictures into `album`; returns the name of each one that was drawn."""
    drawn: dict[Sighting, str] = {}
    seen: set[tuple[str, str]] = set()
    counts: Counter[str] = Counter()
    for sighting in sorted(sightings, key=lambda item: -item.log10_lr):
        reference = sighting.reference
        witness = (reference.site_code, reference.origin)
        if len(drawn) == MAX_PICTURES or sighting.log10_lr <= MIN_DRAWN_LOG10:
            break
        if witness in seen or counts[reference.site_code] == PER_SITE:
            continue
        picture = _draw(sighting)
        if picture is not None:
            seen.add(witness)
            counts[reference.site_code] += 1
            name = name_picture(picture)
            drawn[sighting] = name
            album[name] = picture
    return drawn


def _draw(sighting: Sighting) -> bytes | None:
    reference, match, frame = sighting.reference, sighting.match, sighting.frame
    photo = sighting.gallery.open_photo(reference.photo_digest)
    if photo is None:
        return None
    here = _scale(match.points[:, :2], sighting.frame_px, frame.bgr)
    there = _scale(match.points[:, 2:], (reference.width_px, reference.height_px), photo)
    points = np.hstack((here, there))
    try:
        return draw_pair(frame, sighting.mask, photo, reference.photo_digest, points, mirrored=match.mirrored)
    except load_cv2().error:
        # The finding stands without its picture.
        return None


def draw_pair(
    frame: SampledFrame, mask: Mask, photo: Picture, digest: str, points: NDArray[np.float32], *, mirrored: bool
) -> bytes:
    """The picture of a frame and the photograph of a digest that it matches at pairs of their pixels, (n, 4)."""
    turned = ", turned back: it is mirrored" if mirrored else ""
    left = Side(
        title=f"frame at {frame.time_s:.1f} s{turned}",
        bgr=frame.bgr,
        points_px=points[:, :2],
        mask=mask,
        is_mirrored=mirrored,
    )
    title = f"reference {digest[:SHOWN_DIGEST_CHARS]}"
    return draw_match(left, Side(title=title, bgr=photo, points_px=points[:, 2:], mask=mask_single(photo)))


def _scale(points: NDArray[np.float32], size_px: tuple[int, int], picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Points of a picture of some size in the same picture at its size here."""
    height, width = picture.shape[:2]
    return points * np.array([width / size_px[0], height / size_px[1]], np.float32)
