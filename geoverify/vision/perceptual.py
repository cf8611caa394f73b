"""PDQ, a published perceptual hash: copies of a picture differ in few of its 256 bits, others in about half.

Facebook, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", 2019.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoverify.opencv import load_cv2

Luma = NDArray[np.uint8]
Floats = NDArray[np.float32]
# The picture is reduced to this first, as the paper has it for large ones.
INPUT_PX = 512
GRID, FREQUENCIES = 64, 16
HASH_BYTES = FREQUENCIES * FREQUENCIES // 8
# Pictures below this quality are so flat that their hashes say nothing (the paper's own bound).
MIN_QUALITY = 50
# Rows of the discrete cosine transform of 64 values, without the first one, which is the mean.
_COSINES = (
    np.sqrt(2.0 / GRID) * np.cos(np.pi / (2 * GRID) * np.outer(np.arange(1, FREQUENCIES + 1), 2 * np.arange(GRID) + 1))
).astype(np.float64)


@dataclass(frozen=True, slots=True)
class PictureDigest:
    """The hash of a picture, that of its mirror image, and its quality from 0 (flat) to 100; hashes in lower-case hexadecimal."""

    pdq: str
    mirror_pdq: str
    quality: int


def hash_picture(luma: Luma) -> PictureDigest:
    """Hash a picture, uint8 (height, width)."""
    grid = _reduce(luma)
    waves = np.einsum("ij,jk,lk->il", _COSINES, grid, _COSINES)
    # In a mirror, waves that are odd about the middle change their sign: the 1st, 3rd … of the rows above.
    mirrored = waves * np.where(np.arange(FREQUENCIES) % 2 == 0, -1.0, 1.0)
    return PictureDigest(_encode(waves), _encode(mirrored), _rate(grid))


def _reduce(luma: Luma) -> NDArray[np.float64]:
    """The picture as 64 × 64 means: two passes of a box filter either way, then every so manieth value."""
    height, width = luma.shape
    if max(height, width) > INPUT_PX:
        size = (min(width, INPUT_PX), min(height, INPUT_PX))
        luma = np.asarray(load_cv2().resize(luma, size, interpolation=load_cv2().INTER_AREA), np.uint8)
    smooth = luma.astype(np.float64)
    for _ in range(2):
        smooth = _average(_average(smooth.T).T)
    rows, columns = (((np.arange(GRID) + 0.5) * side / GRID).astype(np.intp) for side in smooth.shape)
    return smooth[np.ix_(rows, columns)]


def _average(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means down the columns over a window of a 128th of the height, cut at the borders."""
    height = len(values)
    window = (height + 2 * GRID - 1) // (2 * GRID)
    after = (window + 2) // 2
    first = np.maximum(np.arange(height) - (window - after), 0)
    last = np.minimum(np.arange(height) + after, height)
    sums = np.vstack((np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)))
    return np.asarray((sums[last] - sums[first]) / (last - first)[:, None])


def _rate(grid: NDArray[np.float64]) -> int:
    """The sum of steps between neighbours, in hundredths of the range, over 90; at most 100."""
    steps = sum(float(np.abs(np.trunc(np.diff(grid, axis=axis) * 100.0 / 255.0)).sum()) for axis in (0, 1))
    return min(100, int(steps / 90.0))


def _encode(waves: NDArray[np.float64]) -> str:
    """One bit a wave, set above the median, the first wave in the last bit."""
    # Of 256 values the reference takes the lower of the middle two.
    median = np.partition(waves, waves.size // 2 - 1, axis=None)[waves.size // 2 - 1]
    return np.packbits((waves > median).ravel()[::-1]).tobytes().hex()
