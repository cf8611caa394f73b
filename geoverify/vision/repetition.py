"""Whether matched points are of a pattern that repeats itself: rows of like windows, fences, bricks fit wherever they are put."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Longs = NDArray[np.int64]
# Other places that are looked at for each point, the nearest in looks.
MAX_FITS = 24
# Two points are moved alike where they end this close to each other, in pixels and as a share of the way.
ALIKE_PX, ALIKE_SHARE = 6.0, 0.04
# A pattern is what so many points show, and such a share of all that follow the map: as many agree by chance on no move.
MIN_POINTS, MIN_SHARE = 4, 0.15


def find_patterned(point: Longs, moves_px: Floats, count: int) -> NDArray[np.bool_]:
    """Tell which of `count` points belong to a pattern: they fit elsewhere as well, all of them moved by the same way.

    Each row of `moves_px` (n, 2) is the way from where a point (`point`, (n,)) was matched to another place where it fits.
    """
    found = np.zeros(count, bool)
    needed = max(MIN_POINTS, round(MIN_SHARE * count))
    for row in range(len(point)):
        if found[point[row]]:
            continue
        way_px = moves_px[row]
        near = np.hypot(*(moves_px - way_px).T) < ALIKE_PX + ALIKE_SHARE * np.hypot(*way_px)
        alike = np.unique(point[near])
        if len(alike) >= needed:
            found[alike] = True
    return found
