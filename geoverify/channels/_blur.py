"""What a circular normal error meets of footprints and of what falls off around them, by quadrature in plain arrays.

The error of a fix is split into a coarse part, a sum over nodes, and a fine one of `FINE_SHARE` of its width, for which the edge
of the footprint is taken as straight; that has a closed form, so that few nodes do. Arrays hold a fix a row, in its site's frame.
"""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geoverify.geo import Floats
from geoverify.register.outlines import Outlines, Rows, find_segments

Singles = NDArray[np.float32]
# Of a fix's error, what the closed form takes.
FINE_SHARE = 0.3
# Beyond this many sigmas an error puts nothing that counts.
REACH_SIGMAS = 5.5
# An error that is wide beside what falls off around footprints shows farther out.
WIDE_M, WIDE_REACH_SIGMAS = 50.0, 9.0
# Of a grid's step, what the closed form takes: what its midpoints then miss is e^-(2π·0.55)²/2, 0.3 %.
FINE_STEPS = 0.55
# How far the closed form reaches back to a footprint, in its sigmas.
FINE_SIGMAS = 3.5
# How far beyond a footprint, in its scales, a fall-off is summed: what lies farther holds e^-8.
REACH_SCALES = 8.0
EDGE_NODES = 24


class Blurred(NamedTuple):
    """Fixes in the frames of their sites: places, errors, and the radius of the disc around a point or line; shape (n,)."""

    outlines: Outlines
    site: Rows
    x_m: Floats
    y_m: Floats
    sigma_m: Floats
    disc_m: Floats

    def take(self, rows: Rows) -> Blurred:
        """Some of the rows."""
        return Blurred(self.outlines, self.site[rows], self.x_m[rows], self.y_m[rows], self.sigma_m[rows], self.disc_m[rows])

    def measure(self, x_m: Floats, y_m: Floats, *, signed: bool = True) -> Singles:
        """Distances of points, shape (k, n), from the edges of footprints, below 0 inside if signed."""
        return self.outlines.measure_edges(self.site, x_m, y_m, signed=signed) - self.disc_m.astype(np.float32)


def blur_far(away_m: Floats, sigma_m: Floats, scale_m: float) -> Floats:
    """The mean of e^-(distance / scale) for errors that end well before a footprint, `away_m` off, which is all but straight.

    Around a corner it falls off by √(1 + σ²/λr) less than about an edge; which of them is nearest is not asked, and half of
    that, in logarithms, is off by no more than the other half.
    """
    slope = sigma_m / scale_m
    bend = slope * sigma_m / np.maximum(away_m, 1.0)
    return np.asarray(np.exp(np.minimum(slope * slope * 0.5 - away_m * (1.0 / scale_m) - 0.25 * np.log1p(bend), 0.0)))


def blur_clear(rows: Blurred, scales_m: tuple[float, ...], order: int) -> list[Floats]:
    """The means of e^-(distance / scale), for errors that do not reach the footprint."""
    east, north, weights = _find_nodes(order)
    away_m = rows.measure(rows.x_m + east * rows.sigma_m, rows.y_m + north * rows.sigma_m, signed=False)
    return [weights @ np.exp(away_m * (-1.0 / scale_m)) for scale_m in scales_m]


def blur_edge(rows: Blurred, scales_m: tuple[float, ...], order: int) -> list[Floats]:
    """The means of e^-(distance / scale), 1 inside, for errors up to the size of the scale."""
    east, north, weights = _find_nodes(order)
    fine_m, coarse_m = FINE_SHARE * rows.sigma_m, math.sqrt(1.0 - FINE_SHARE**2) * rows.sigma_m
    edge = _Edge.at(rows.measure(rows.x_m + east * coarse_m, rows.y_m + north * coarse_m), fine_m)
    return [weights @ (edge.inside + edge.fall_off(scale_m)) for scale_m in scales_m]


def blur_grid(rows: Blurred, away_m: Floats, inside: Floats, scale_m: float, cells: int) -> Floats:
    """The mean of e^-(distance / scale) outside footprints, 0 inside, for errors wider than the scale.

    It is summed over a grid where both the error and the fall-off are; `inside` is the share of each error inside.
    """
    sigma_m = rows.sigma_m
    pull_m = sigma_m**2 / scale_m
    # The product of both peaks where the error's bell is as steep as the fall-off, or at the edge.
    beyond_m = np.maximum(REACH_SCALES * scale_m, away_m - pull_m + 3.2 * sigma_m)
    around_m = 5.0 * sigma_m + pull_m
    fine_m = np.zeros(len(sigma_m))
    # The fine part reaches back from beyond the margin: it is known only from a grid's step.
    for _ in range(2):
        lows, steps = _span_grid(rows, around_m, beyond_m + FINE_SIGMAS * fine_m, cells)
        fine_m = np.minimum(FINE_STEPS * np.maximum(*steps), 0.7 * sigma_m)
    centres = np.arange(cells)[:, np.newaxis] + 0.5
    x = np.tile(lows[0] + centres * steps[0], (cells, 1))
    y = np.repeat(lows[1] + centres * steps[1], cells, axis=0)
    rest_m2 = sigma_m**2 - fine_m**2
    squared_m2 = (x - rows.x_m) ** 2 + (y - rows.y_m) ** 2
    weights = np.exp(-squared_m2 / (2.0 * rest_m2)) * (steps[0] * steps[1] / (2.0 * math.pi * rest_m2))
    edge = _Edge.at(rows.measure(x, y), np.maximum(fine_m, 1e-9))
    fallen = edge.fall_off(scale_m)
    outside = np.sum(weights * fallen, axis=0)
    # Where the fine part is small beside the scale, the whole, which is continuous at the edge, is more exact than its part.
    whole = np.sum(weights * (fallen + edge.inside), axis=0) - inside
    return np.asarray(np.where(fine_m < scale_m / 2.0, np.maximum(whole, 0.0), outside))


def _span_grid(rows: Blurred, around_m: Floats, beyond_m: Floats, cells: int) -> tuple[list[Floats], list[Floats]]:
    """Where the cells of each fix's grid begin, and their steps: over what is near both the fix and the footprint."""
    west, south, east, north = rows.outlines.bounds_m[rows.site].T
    margin_m = beyond_m + rows.disc_m
    lows = [np.maximum(at - around_m, low - margin_m) for at, low in ((rows.x_m, west), (rows.y_m, south))]
    highs = [np.minimum(at + around_m, high + margin_m) for at, high in ((rows.x_m, east), (rows.y_m, north))]
    return lows, [np.maximum(high - low, 0.0) / cells for low, high in zip(lows, highs, strict=True)]


def find_inside(rows: Blurred, away_m: Floats) -> Floats:
    """The share of each error that lies inside the footprint, from whose edge fixes are `away_m` off, below 0 inside."""
    found = np.where(away_m < 0.0, 1.0, 0.0)
    reach = np.where(rows.sigma_m > WIDE_M, WIDE_REACH_SIGMAS, REACH_SIGMAS)
    is_met = np.abs(away_m) < reach * rows.sigma_m
    discs = np.flatnonzero(is_met & (rows.disc_m > 0.0))
    outlines = np.flatnonzero(is_met & (rows.disc_m == 0.0))
    for chosen, segments in rows.outlines.visit_segments(rows.site[outlines]):
        some = outlines[chosen]
        found[some] -= _sum_segments(rows.take(some), segments, away_m[some])
    for row in discs.tolist():
        one = rows.take(np.array([row]))
        segments, _ = find_segments(one.outlines.draw_discs(one.site, one.disc_m))
        found[row] -= _sum_segments(one, segments[np.newaxis], away_m[[row]])[0]
    return np.clip(found, 0.0, 1.0)


class _Edge(NamedTuple):
    """A straight edge `away` sigmas off (below 0 inside), under an error of `sigma_m`."""

    away: Singles
    sigma_m: Singles
    bell: Singles
    inside: Singles
    """The share of the error inside."""

    @classmethod
    def at(cls, away_m: Singles, sigma_m: Floats) -> _Edge:
        sigma = sigma_m.astype(np.float32)
        away = away_m / sigma
        bell = np.exp(-0.5 * away * away)
        tail = bell * _find_tail(np.abs(away))
        return cls(away, sigma, bell, np.where(away > 0.0, tail, 1.0 - tail))

    def fall_off(self, scale_m: float) -> Singles:
        """The mean of e^-(distance / scale) over the error outside."""
        slope = self.sigma_m / scale_m
        turn = slope - self.away
        tail = self.bell * _find_tail(np.abs(turn))
        return np.where(turn >= 0.0, tail, np.exp(np.minimum(slope * (0.5 * slope - self.away), 0.0)) - tail)


def _find_tail(z: Singles) -> Singles:
    """The normal distribution's tail beyond z ≥ 0, over e^-z²/2, to 0.3 % (Börjesson & Sundberg 1979, eq. 13)."""
    root = z * z
    root += 5.510
    np.sqrt(root, out=root)
    root *= 0.339 * math.sqrt(2.0 * math.pi)
    root += z * (0.661 * math.sqrt(2.0 * math.pi))
    found: Singles = np.divide(1.0, root, out=root)
    return found


@cache
def _find_nodes(order: int) -> tuple[Floats, Floats, Floats]:
    """Nodes of the normal distribution of a plane, shape (order², 1) each, and their weights (Gauss and Hermite)."""
    nodes, weights = _find_hermite(order)
    east, north = np.meshgrid(nodes, nodes)
    return east.reshape(-1, 1), north.reshape(-1, 1), np.outer(weights, weights).ravel().astype(np.float32)


@cache
def _find_hermite(order: int) -> tuple[Floats, Floats]:
    """Nodes and weights of the normal distribution."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(order)
    return nodes, weights / np.sum(weights)


@cache
def _find_legendre(order: int) -> tuple[Floats, Floats]:
    """Nodes and weights of the interval from −1 to 1."""
    nodes, weights = np.polynomial.legendre.leggauss(order)
    return nodes, weights


def _sum_segments(rows: Blurred, segments: Floats, away_m: Floats) -> Floats:
    """What the error misses behind each segment, seen from the fix, summed over the segments, shape (n, segments, 6), of a row.

    Of the sector that a segment cuts off, the part beyond it is ∫ h / (h² + t²)·e^-(h² + t²)/2 dt / 2π, where h is how far it
    passes the fix, and t runs along it, both in sigmas (Owen 1956). The Lorentzian is integrated by itself; the rest is smooth.
    """
    start_x, start_y, run_x, run_y, per_m2 = np.moveaxis(segments, -1, 0)[:5]
    sigma_m = rows.sigma_m[:, np.newaxis]
    per_m = np.sqrt(per_m2) / sigma_m
    x, y = start_x - rows.x_m[:, np.newaxis], start_y - rows.y_m[:, np.newaxis]
    # To the left of an edge of an outer ring, which runs against the clock, is the inside.
    passes = (x * run_y - y * run_x) * per_m
    first = (x * run_x + y * run_y) * per_m
    last = first + np.divide(1.0, per_m * sigma_m**2, out=np.zeros_like(per_m), where=per_m > 0.0)
    nearest = np.clip(0.0, first, last)
    reach = np.where(rows.sigma_m > WIDE_M, WIDE_REACH_SIGMAS, REACH_SIGMAS)[:, np.newaxis]
    active = np.nonzero((passes**2 + nearest**2 < reach**2) & (per_m > 0.0))
    h, near = passes[active], nearest[active]
    low, high = np.maximum(first[active], near - 5.0), np.minimum(last[active], near + 5.0)
    side = np.where((h > 0.0) | ((h == 0.0) & (away_m[active[0]] < 0.0)), 1.0, -1.0)
    h = np.abs(h)
    nodes, weights = _find_legendre(EDGE_NODES)
    squared = (0.5 * (high + low) + 0.5 * (high - low) * nodes[:, np.newaxis]) ** 2
    rest = np.expm1(-0.5 * squared) / (h * h + squared)
    whole = np.arctan2(high, h) - np.arctan2(low, h) + h * 0.5 * (high - low) * (weights @ rest)
    missed = side * np.exp(-0.5 * h * h) * whole / (2.0 * math.pi)
    return np.bincount(active[0], weights=missed, minlength=len(sigma_m)).astype(np.float64)
