"""A track's passage by a footprint: how long inside, when, and how near."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geoverify.geo import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Share of time inside a footprint, the first and last moment there, and the nearest approach."""

    inside_share: float
    first_inside_s: float | None
    last_inside_s: float | None
    nearest_m: float
    nearest_s: float


def weigh_times(times_s: Sequence[float]) -> Floats:
    """The share of the whole time that each point stands for: half-way to its neighbours on both sides."""
    times = np.asarray(times_s, dtype=np.float64)
    if len(times) < 2 or times[-1] <= times[0]:
        return np.full(len(times), 1.0 / len(times))
    edges = np.concatenate(([times[0]], (times[1:] + times[:-1]) / 2.0, [times[-1]]))
    spans: Floats = np.maximum(np.diff(edges), 0.0)
    shares: Floats = spans / np.sum(spans)
    return shares


def pass_by(times_s: Sequence[float], shares: Floats, distance_m: Floats) -> Visit:
    """Tell a passage from the points' times, their shares of the time and their distances to a footprint."""
    inside = np.flatnonzero(distance_m == 0.0)
    nearest = int(np.argmin(distance_m))
    return Visit(
        inside_share=float(np.sum(shares[inside])),
        first_inside_s=times_s[inside[0]] if inside.size else None,
        last_inside_s=times_s[inside[-1]] if inside.size else None,
        nearest_m=float(distance_m[nearest]),
        nearest_s=times_s[nearest],
    )
