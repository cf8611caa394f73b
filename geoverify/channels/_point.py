"""What a point says of where a site's cameras stand: the whole site lies within its radius, and nobody says where or how wide.

The site is taken as a disc of unknown width around an unknown centre. Averaged over both, its footage is densest at the
point and thins out towards the radius; that of other things in the same street does the opposite.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.polynomial.polynomial import polyval
from numpy.typing import NDArray

from geoverify.geo import Floats
from geoverify.settings import Settings

# Beyond this many of its scales a fall-off holds 2 % of its mass.
REACH_SCALES = 6.0
# Chosen for accuracy: nodes of the profile within the radius and beyond, of each stretch of the integral over the centre,
# widths of the site, nodes over either side of a fix's error.
RADII, OFFSETS, WIDTHS, ERRORS = 128, 40, 8, 12
# A normal error holds less than 4e-6 beyond so many of its sigmas.
ERROR_SIGMAS = 5.0
# Beyond so many of its scales a fall-off holds less than 0.1 % of its mass.
LAST_SCALES = 10.0
# An error of so few scales leaves a fall-off in closed form within 1 %, and beyond so many nothing is left that counts.
SMOOTH_SCALES, GONE_SCALES = 0.5, 25.0
_I0_LIMIT = 3.75
_I0_NEAR = (1.0, 3.5156229, 3.0899424, 1.2067492, 0.2659732, 0.0360768, 0.0045813)
_I0_FAR = (0.39894228, 0.01328592, 0.00225319, -0.00157565, 0.00916281, -0.02057706, 0.02635537, -0.01647633, 0.00392377)


class _Fixes(NamedTuple):
    """Fixes: how far they are from their points, their errors on one axis, and the radii of the points; shape (n,)."""

    distance_m: Floats
    sigma_m: Floats
    radius_m: Floats

    def take(self, rows: NDArray[np.bool_]) -> _Fixes:
        return _Fixes(*(column[rows] for column in self))


class _Profile(NamedTuple):
    """A density per m² at distances from the point, with the scale by which it falls off beyond the last of them."""

    distance_m: Floats
    density: Floats
    scale_m: float

    def at(self, distance_m: Floats, log_lift: Floats | float = 0.0) -> Floats:
        """The density at distances, times e^`log_lift`."""
        last_m = self.distance_m[-1]
        inner = np.interp(np.minimum(distance_m, last_m), self.distance_m, self.density)
        return np.asarray(inner * np.exp(log_lift - np.maximum(distance_m - last_m, 0.0) / self.scale_m))

    def blur(self, fixes: _Fixes) -> Floats:
        """The mean over the errors of fixes, shape (n,)."""
        distance_m, sigma_m, radius_m = fixes
        clear_m = radius_m + ERROR_SIGMAS * sigma_m + sigma_m**2 / self.scale_m
        is_smooth = (sigma_m <= SMOOTH_SCALES * self.scale_m) | (distance_m >= clear_m + GONE_SCALES * self.scale_m)
        is_far = (distance_m >= clear_m) & is_smooth
        found = np.empty(len(distance_m))
        for rows, blur in ((is_far, self._blur_far), (~is_far, self._blur_near)):
            found[rows] = blur(fixes.take(rows))
        return found

    def _blur_far(self, fixes: _Fixes) -> Floats:
        """Where the error ends before the radius: what falls off by e over λ from afar grows by e^(σ²/2λ²) / √(1 + σ²/λr)."""
        slope = fixes.sigma_m / self.scale_m
        bend = slope * fixes.sigma_m / np.maximum(fixes.distance_m, 1.0)
        return self.at(fixes.distance_m, 0.5 * slope**2 - 0.5 * np.log1p(bend))

    def _blur_near(self, fixes: _Fixes) -> Floats:
        """Summed over the distances at which there are both an error and a density."""
        distance_m, sigma_m, radius_m = fixes
        last_m = np.minimum(distance_m + ERROR_SIGMAS * sigma_m, radius_m + LAST_SCALES * self.scale_m)
        first_m = np.clip(distance_m - ERROR_SIGMAS * sigma_m, 0.0, last_m)
        is_met = (first_m < radius_m) & (radius_m < last_m)
        nodes_m, lengths_m = _lay_nodes([first_m, np.where(is_met, radius_m, 0.5 * (first_m + last_m)), last_m], ERRORS)
        weights = lengths_m * _meet(nodes_m, distance_m[:, np.newaxis], sigma_m[:, np.newaxis])
        return np.asarray(np.sum(weights * self.at(nodes_m), axis=1))


def weigh_point(distance_m: Floats, sigma_m: Floats, radius_m: Floats, settings: Settings) -> tuple[Floats, Floats, Floats]:
    """Densities per m² of fixes at distances from points: of footage of the site, shot beside it, shot in its district.

    `sigma_m` is the error of each fix on one axis, `radius_m` that within which the site of its point lies; shapes (n,).
    """
    found = (np.empty(len(distance_m)), np.empty(len(distance_m)), np.empty(len(distance_m)))
    spans = (settings.point_least_width_m, settings.point_most_width_m)
    kinds = (
        (settings.inside_share, settings.outside_scale_m),
        (0.0, settings.surroundings_scale_m),
        (None, settings.neighbourhood_scale_m),
    )
    given, owners = np.unique(np.maximum(radius_m, 1.0), return_inverse=True)
    # No uncertainty is known to four digits, and each has a profile that is made once.
    radii_m = np.array([float(f"{radius:.3g}") for radius in given])[owners]
    fixes = _Fixes(distance_m, sigma_m, radii_m)
    for radius in np.unique(radii_m):
        rows = radii_m == radius
        some = fixes.take(rows)
        for column, (share, scale_m) in zip(found, kinds, strict=True):
            column[rows] = _make_profile(float(radius), share, scale_m, spans).blur(some)
    return found


def _lay_nodes(bends_m: Sequence[Floats], count: int) -> tuple[Floats, Floats]:
    """So many nodes of each stretch between bends of shape (n,), with their weights (Gauss and Legendre); shapes (n, m)."""
    nodes, weights = _find_legendre(count)
    stretches = [(begin_m[:, np.newaxis], (end_m - begin_m)[:, np.newaxis]) for begin_m, end_m in pairwise(bends_m)]
    nodes_m = np.concatenate([begin_m + length_m * nodes for begin_m, length_m in stretches], axis=1)
    return nodes_m, np.concatenate([length_m * weights for _, length_m in stretches], axis=1)


@cache
def _find_legendre(count: int) -> tuple[Floats, Floats]:
    """Nodes and weights of the interval from 0 to 1."""
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return 0.5 * (nodes + 1.0), 0.5 * weights


def _meet(nodes_m: Floats, distance_m: Floats, sigma_m: Floats) -> Floats:
    """How likely an error moves a camera from each distance to that of the fix, per metre: the Rice distribution."""
    variance_m2 = sigma_m**2
    along = np.exp(-((nodes_m - distance_m) ** 2) / (2.0 * variance_m2)) * _scale_i0(nodes_m * distance_m / variance_m2)
    return np.asarray(nodes_m / variance_m2 * along)


def _scale_i0(x: Floats) -> Floats:
    """e^-x times the modified Bessel function of order 0, within 2e-7 (Abramowitz and Stegun 1964, 9.8.1 and 9.8.2)."""
    near, far = np.minimum(x, _I0_LIMIT), np.maximum(x, _I0_LIMIT)
    by_powers = polyval((near / _I0_LIMIT) ** 2, _I0_NEAR) * np.exp(-near)
    return np.where(x < _I0_LIMIT, by_powers, polyval(_I0_LIMIT / far, _I0_FAR) / np.sqrt(far))


@lru_cache(maxsize=4096)
def _make_profile(radius_m: float, share: float | None, scale_m: float, spans: tuple[float, float]) -> _Profile:
    """The density at distances from a point, averaged over the site's width and centre."""
    # Where the site is as wide as its radius allows, the density jumps there: a node on either side.
    within_m = np.append(np.linspace(0.0, radius_m, RADII, endpoint=False), radius_m * (1.0 - 1e-9))
    distance_m = np.append(within_m, radius_m + np.linspace(0.0, REACH_SCALES * scale_m, RADII))
    least_m, most_m = (min(span, 2.0 * radius_m) for span in spans)
    widths_m = least_m + (most_m - least_m) * (np.arange(WIDTHS) + 0.5) / WIDTHS
    density = sum(_average_centres(distance_m, radius_m, float(width) / 2.0, share, scale_m) for width in widths_m) / WIDTHS
    return _Profile(distance_m, np.asarray(density), scale_m)


def _average_centres(distance_m: Floats, radius_m: float, half_m: float, share: float | None, scale_m: float) -> Floats:
    """The mean over centres so near to the point that the whole site lies within the radius.

    Of the circle of t metres around a camera at r metres from the point, 2·t·acos((t² + r² − ρ²) / (2·t·r)) lie within the ρ
    metres around the point where centres can be.
    """
    offset_m = radius_m - half_m
    if offset_m <= 1e-3 * radius_m:
        return _spread(distance_m, half_m, share, scale_m)
    at_m = np.maximum(distance_m, 1e-6 * radius_m)
    first_m, last_m = np.maximum(at_m - offset_m, 0.0), at_m + offset_m
    # The density jumps at the site's edge and is nearly nothing beyond some scales.
    bends_m = [first_m, np.clip(half_m, first_m, last_m), np.clip(half_m + REACH_SCALES * scale_m, first_m, last_m), last_m]
    centre_m, lengths_m = _lay_nodes(bends_m, OFFSETS)
    at_m = at_m[:, np.newaxis]
    cosine = (centre_m**2 + at_m**2 - offset_m**2) / (2.0 * np.maximum(centre_m, 1e-9) * at_m)
    arc_m2 = 2.0 * centre_m * np.arccos(np.clip(cosine, -1.0, 1.0)) * lengths_m
    return np.asarray(np.sum(arc_m2 * _spread(centre_m, half_m, share, scale_m), axis=1) / np.sum(arc_m2, axis=1))


def _spread(from_centre_m: Floats, half_m: float, share: float | None, scale_m: float) -> Floats:
    """The density at distances from a site's centre: a share level inside, the rest falling off by e for each scale outside.

    Without a share it is the same inside as at the edge, as with outlines (`_density.py`).
    """
    inside_m2, outside_m2 = math.pi * half_m**2, 2.0 * math.pi * scale_m * (half_m + scale_m)
    share = inside_m2 / (inside_m2 + outside_m2) if share is None else share
    fallen = (1.0 - share) / outside_m2 * np.exp(-np.maximum(from_centre_m - half_m, 0.0) / scale_m)
    return np.asarray(np.where(from_centre_m < half_m, share / inside_m2, fallen))
