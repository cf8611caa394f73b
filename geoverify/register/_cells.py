"""A coarse map of the cells of the Earth that have sites: most positions lie in none, and need no look at an index."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geoverify.geo import Floats

CELLS_PER_DEGREE = 10


class CellMap:
    """Which cells of a tenth of a degree some boxes (west, south, east, north) touch."""

    def __init__(self, boxes: Floats) -> None:
        self._is_taken = np.zeros((180 * CELLS_PER_DEGREE + 1, 360 * CELLS_PER_DEGREE + 1), dtype=bool)
        columns, rows = _find_cells(boxes)
        is_small = (columns[1] - columns[0] <= 1) & (rows[1] - rows[0] <= 1)
        for column in columns:
            for row in rows:
                self._is_taken[row[is_small], column[is_small]] = True
        for index in np.flatnonzero(~is_small).tolist():
            first, last = columns[:, index]
            low, high = rows[:, index]
            self._is_taken[low : high + 1, first : last + 1] = True

    def may_touch(self, boxes: Floats) -> NDArray[np.bool_]:
        """Whether boxes can touch those of the map, shape (n,); boxes wider than a cell are taken to."""
        columns, rows = _find_cells(boxes)
        found: NDArray[np.bool_] = (columns[1] - columns[0] > 1) | (rows[1] - rows[0] > 1)
        for column in columns:
            for row in rows:
                found |= self._is_taken[row, column]
        return found


def _find_cells(boxes: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Columns of the western and eastern edges, and rows of the southern and northern ones, shape (2, n) each."""
    west, south, east, north = boxes.T
    columns = np.clip((np.stack((west, east)) + 180.0) * CELLS_PER_DEGREE, 0, 360 * CELLS_PER_DEGREE)
    rows = np.clip((np.stack((south, north)) + 90.0) * CELLS_PER_DEGREE, 0, 180 * CELLS_PER_DEGREE)
    return columns.astype(np.int64), rows.astype(np.int64)
