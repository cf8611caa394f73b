"""Whether matched features lie as those of one scene seen twice: similarity voting, then an affine map, then a homography."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoverify.opencv import load_cv2

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
# A feature's own size and angle tell a similarity only roughly: how far its neighbours may be off it, as a share of their
# distance and in pixels, and how far their sizes may differ (in e-folds).
NEAR_SHARE, NEAR_PX, NEAR_SIZE = 0.25, 8.0, 0.5
# Descriptors are upright, so that matches are turned by little: a larger angle (in radians) between the main directions of two
# patches says that light has changed one of them, and nothing of the pictures.
MAX_TURN = 0.5
# Once a map is fitted: the error that inliers have at most, and how far their size may be off what it says of them.
MAX_ERROR_PX, MAX_SIZE = 10.0, 0.65
# How much more a map may stretch one way than the other: SIFT does not find again what is tilted by more than about 2.5 (Morel &
# Yu 2009), so that maps beyond that are chance.
MAX_TILT = 3.0
# Hypotheses that are refined, rounds of that, and the matches from which on a homography is fitted instead of an affine map.
HYPOTHESES, ROUNDS, HOMOGRAPHY_MATCHES = 10, 6, 8
# Places from which on no other hypothesis is looked at: chance does not come near.
SURE_PLACES = 40
# Features closer than this stand for one place: SIFT finds several in one corner.
SAME_PLACE_PX = 6.0
# Matches that are looked at; the most distinctive ones.
MAX_MATCHES = 400
MIN_PLACES = 4


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Matched features of one picture: `xy_px` (n, 2), `size_px` (n,), `angle` (n,) in radians."""

    xy_px: Floats
    size_px: Floats
    angle: Floats

    @classmethod
    def of(cls, xy_px: NDArray[np.float32], size_px: NDArray[np.float32], angle_deg: NDArray[np.float32]) -> Points:
        """The same of features as they are kept."""
        return cls(xy_px.astype(np.float64), size_px.astype(np.float64), np.deg2rad(angle_deg.astype(np.float64)))

    def pick(self, chosen: Any) -> Points:
        """The chosen ones."""
        return Points(self.xy_px[chosen], self.size_px[chosen], self.angle[chosen])


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """The best map from one picture into the other, 3 × 3, which matches follow it, and at how many distinct places."""

    transform: Floats
    inliers: Bools
    places: int


def align(here: Points, there: Points, weights: Floats) -> Alignment | None:
    """Return the map that most matches follow in place and size; `None` where not even `MIN_PLACES` do.

    Deterministic: every match is a hypothesis (four degrees of freedom, as in Philbin et al. 2007), none is drawn at random.
    """
    if len(weights) < MIN_PLACES:
        return None
    agrees = _find_agreement(here, there)
    best: Alignment | None = None
    seen = np.zeros(len(weights), bool)
    tried = 0
    for place in np.argsort(-(agrees @ weights), kind="stable"):
        if tried == HYPOTHESES or (best is not None and best.places >= SURE_PLACES):
            break
        if seen[place]:
            continue
        members = agrees[place]
        seen |= members
        tried += 1
        if count_places(here.pick(members), there.pick(members)) >= MIN_PLACES:
            found = _refine(here, there, members)
            if found is not None and (best is None or found.places > best.places):
                best = found
    return best


def count_places(here: Points, there: Points) -> int:
    """Distinct places among matched features: the smaller number of the two pictures."""
    if not len(here.size_px):
        return 0
    return min(len(np.unique(np.rint(points.xy_px / SAME_PLACE_PX).astype(np.int64) @ [1 << 20, 1])) for points in (here, there))


def project(transform: Floats, xy_px: Floats) -> tuple[Floats, Floats]:
    """Places under a map, shape (n, 2), and their depths, (n,)."""
    moved = np.column_stack((xy_px, np.ones(len(xy_px)))) @ transform.T
    depth = np.where(np.abs(moved[:, 2]) < 1e-12, 1e-12, moved[:, 2])
    return moved[:, :2] / depth[:, None], depth


def _find_agreement(here: Points, there: Points) -> Bools:
    """Which matches (columns) agree with the similarity that each match (row) makes alone, shape (n, n)."""
    growth = np.log(there.size_px / here.size_px)
    turn = _wrap(there.angle - here.angle)
    turn = np.where(np.abs(turn) < MAX_TURN, turn, 0.0)
    cosine, sine = np.cos(turn) * np.exp(growth), np.sin(turn) * np.exp(growth)
    dx, dy = (here.xy_px[None, :, axis] - here.xy_px[:, None, axis] for axis in (0, 1))
    x = there.xy_px[:, 0, None] + cosine[:, None] * dx - sine[:, None] * dy
    y = there.xy_px[:, 1, None] + sine[:, None] * dx + cosine[:, None] * dy
    error_px = np.hypot(x - there.xy_px[None, :, 0], y - there.xy_px[None, :, 1])
    reach_px = NEAR_PX + NEAR_SHARE * np.hypot(dx, dy) * np.exp(growth)[:, None]
    sizes = np.abs(growth[None, :] - growth[:, None]) < NEAR_SIZE
    return np.asarray((error_px < reach_px) & sizes)


def _refine(here: Points, there: Points, members: Bools) -> Alignment | None:
    transform: Floats | None = _fit_affine(here.xy_px[members], there.xy_px[members])
    tolerance_px = 2.4 * MAX_ERROR_PX
    places = 0
    for turn in range(ROUNDS):
        if transform is None:
            return None
        tolerance_px = max(MAX_ERROR_PX, 0.7 * tolerance_px)
        members = follow(transform, here, there, tolerance_px)
        places = count_places(here.pick(members), there.pick(members))
        if places < MIN_PLACES:
            return None
        if turn < ROUNDS - 1:
            is_rich = turn >= 2 and places >= HOMOGRAPHY_MATCHES
            fit = _fit_homography if is_rich else _fit_affine
            transform = fit(here.xy_px[members], there.xy_px[members])
    return None if transform is None else Alignment(transform, members, places)


def follow(transform: Floats, here: Points, there: Points, tolerance_px: float) -> Bools:
    """Which matches follow a map in place, and in size as it scales the picture there."""
    moved, depth = project(transform, here.xy_px)
    error_px = np.hypot(*(moved - there.xy_px).T)
    # How the map moves what lies about each place: the four derivatives, two for each of its coordinates there.
    of_x = (transform[0, :2] - transform[2, :2] * moved[:, :1]) / depth[:, None]
    of_y = (transform[1, :2] - transform[2, :2] * moved[:, 1:]) / depth[:, None]
    determinant = of_x[:, 0] * of_y[:, 1] - of_x[:, 1] * of_y[:, 0]
    stretch = 0.5 * (of_x**2 + of_y**2).sum(axis=1)
    growth = 0.5 * np.log(np.maximum(np.abs(determinant), 1e-12))
    sizes = np.abs(growth + np.log(here.size_px / there.size_px)) < MAX_SIZE
    is_seen = (determinant > 1e-4) & (stretch <= 0.5 * (MAX_TILT + 1.0 / MAX_TILT) * determinant)
    return np.asarray((error_px < tolerance_px) & sizes & is_seen & (depth * np.median(depth) > 0.0))


def _fit_affine(here: Floats, there: Floats) -> Floats:
    found, *_ = np.linalg.lstsq(np.column_stack((here, np.ones(len(here)))), there, rcond=None)
    return np.vstack((found.T, [0.0, 0.0, 1.0]))


def _fit_homography(here: Floats, there: Floats) -> Floats | None:
    found, _ = load_cv2().findHomography(here, there, 0)
    return None if found is None else np.asarray(found, np.float64)


def _wrap(angle: Floats) -> Floats:
    return np.asarray((angle + np.pi) % (2.0 * np.pi) - np.pi)
