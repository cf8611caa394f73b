"""The densities of docs/reasoning.md by dense sums, for one fix and one footprint: what quadrature must come to."""

import math

import numpy as np
import shapely

SIGMAS = 7.0
SCALES = 16.0


def blur_densely(shape_m, sigma_m, scales_m, steps=140):
    """The share of an error at the origin inside a shape, and of each scale the mean of e^-(distance / scale) outside it."""
    inside = _sum_box(shape_m, sigma_m, shape_m.bounds, lambda points: shapely.contains_xy(shape_m, points), 5 * steps)
    outside = []
    for scale_m in scales_m:
        west, south, east, north = shape_m.bounds
        # Beside a far fix that is less steep than the fall-off, it is summed where the error is.
        away_m = shapely.distance(shape_m, shapely.Point(0.0, 0.0))
        reach_m = max(SCALES * scale_m, away_m - sigma_m**2 / scale_m + SIGMAS * sigma_m)
        box = (west - reach_m, south - reach_m, east + reach_m, north + reach_m)

        def fall(points, scale_m=scale_m):
            return np.exp(-shapely.distance(shape_m, shapely.points(points)) / scale_m)

        # It is 1 inside, where it has no step; the share inside is taken off.
        outside.append(_sum_box(shape_m, sigma_m, box, fall, steps) - inside)
    return inside, outside


def _sum_box(shape_m, sigma_m, box, weigh, steps):
    west, south, east, north = box
    reach_m = SIGMAS * sigma_m
    xs, x_m = _middles(max(west, -reach_m), min(east, reach_m), steps)
    ys, y_m = _middles(max(south, -reach_m), min(north, reach_m), steps)
    if x_m <= 0.0 or y_m <= 0.0:
        return 0.0
    x, y = (axis.ravel() for axis in np.meshgrid(xs, ys))
    bell = np.exp(-(x**2 + y**2) / (2 * sigma_m**2)) / (2 * math.pi * sigma_m**2)
    met = bell > 1e-14 * np.max(bell)
    shapely.prepare(shape_m)
    return float(np.sum(bell[met] * weigh(np.column_stack((x, y))[met]))) * x_m * y_m


def _middles(low, high, steps):
    step = (high - low) / steps
    return low + (np.arange(steps) + 0.5) * step, step
