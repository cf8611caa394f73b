"""Whether a frame shows anything that could be recognised: noise and plain text have corners, and show no place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geoverify.opencv import load_cv2
from geoverify.vision.features import SIDE_PX

Luma = NDArray[np.uint8]
# Of a picture's variance so much remains in the means of its cells of this side. Of 98 photographs of the shared corpus and the
# demo register the poorest keeps 0.59, of noise, even enlarged three times or compressed, at most 0.10 remains.
CELL_PX, MIN_STRUCTURE = 8, 0.2
# The share of a picture that lies within so many steps of its two commonest shades. Of 113 photographs (night scenes among them)
# the plainest has 0.84, pages of text have 0.94 and more.
SHADE_STEPS, MAX_TWO_SHADES = 8, 0.90


def is_mere_texture(luma: Luma) -> bool:
    """Whether a picture is grain without structure, or marks of one shade on a ground of another; uint8 (height, width)."""
    cv2 = load_cv2()
    height, width = luma.shape
    scale = min(1.0, SIDE_PX / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), np.uint8)
    cells = cv2.resize(small, (max(1, size[0] // CELL_PX), max(1, size[1] // CELL_PX)), interpolation=cv2.INTER_AREA)
    has_structure = float(cells.astype(np.float64).var()) >= MIN_STRUCTURE * float(small.astype(np.float64).var())
    return not has_structure or _share_of_two_shades(small) > MAX_TWO_SHADES


def _share_of_two_shades(luma: Luma) -> float:
    counts = np.bincount(luma.ravel(), minlength=256) / luma.size
    window = np.ones(2 * SHADE_STEPS + 1)
    near = np.convolve(counts, window, "same")
    first = int(near.argmax())
    counts[max(0, first - SHADE_STEPS) : first + SHADE_STEPS + 1] = 0.0
    return float(near[first] + np.convolve(counts, window, "same").max())
