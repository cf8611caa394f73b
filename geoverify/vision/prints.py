"""A frame's print: its hashes and a few dozen distinctive points in few bytes, by which copies of the same recording are known.

Copies are scaled, cropped, covered and mirrored, but not turned: points are described upright, by a pattern of comparisons that
is its own mirror image, so that a print tells what the mirror image's print would be.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from geoverify.model import FramePrint
from geoverify.opencv import load_cv2
from geoverify.vision.bars import find_bars
from geoverify.vision.keyframes import reduce_picture
from geoverify.vision.perceptual import MIN_QUALITY, PictureDigest, hash_picture

Picture = NDArray[np.uint8]
Luma = NDArray[np.uint8]
Words = NDArray[np.uint64]

VERSION = 1
# The longer side at which points are taken, and that at which bars are looked for.
SIDE_PX, BARS_SIDE_PX = 512, 400
# Points are detected at sizes this far apart, and so many are kept, spread evenly over so many cells either way.
SCALE_STEP, LEVELS = 1.2, 8
POINT_COUNT, CELLS = 160, 8
DETECTED = 1500
# FAST's own default of 20 leaves night frames and fogged ones without points.
FAST_THRESHOLD = 8
# Half of a described patch, in pixels of its level, and the blur before its pixels are compared.
PATCH_PX, BLUR_PX = 14, 2.0
BITS = 128
# Less than this beside the bars is no picture.
MIN_INNER_SHARE = 0.1
# Places are kept in eighths of a pixel.
_STEPS = 8.0
_LAYOUT = np.dtype([("x", "<u2"), ("y", "<u2"), ("level", "u1"), ("bits", "<u8", (BITS // 64,))])


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """The points of a print: `xy_px` (n, 2), `level` (n,) from 0 for the finest, `bits` uint64 (n, 2)."""

    xy_px: NDArray[np.float64]
    level: NDArray[np.uint8]
    bits: Words

    def __len__(self) -> int:
        return len(self.level)


@dataclass(frozen=True, slots=True, eq=False)
class Print:
    """A frame's print with the hash of the whole frame, and that of what its bars leave where it has any."""

    frame: FramePrint
    whole: PictureDigest
    inner: PictureDigest | None


def take_print(bgr: Picture, time_s: float) -> Print:
    """Take the print of an upright frame, uint8 (height, width, 3)."""
    cv2 = load_cv2()
    luma = np.asarray(cv2.cvtColor(reduce_picture(bgr, 2 * SIDE_PX), cv2.COLOR_BGR2GRAY), np.uint8)
    inner = _cut_bars(reduce_picture(bgr, BARS_SIDE_PX), luma)
    whole_digest = hash_picture(luma)
    inner_digest = None if inner.shape == luma.shape else hash_picture(inner)
    small = reduce_picture(inner, SIDE_PX)
    digest = inner_digest or whole_digest
    is_flat = digest.quality < MIN_QUALITY
    frame = FramePrint(
        version=VERSION,
        time_s=round(time_s, 3),
        width_px=small.shape[1],
        height_px=small.shape[0],
        pdq=None if is_flat else digest.pdq,
        mirror_pdq=None if is_flat else digest.mirror_pdq,
        points=_take_points(small),
    )
    return Print(frame, whole_digest, inner_digest)


def unpack_points(frame: FramePrint) -> Points:
    """The points of a print; none for a layout of another version or bytes that are no whole points."""
    if frame.version != VERSION or len(frame.points) % _LAYOUT.itemsize:
        return Points(np.zeros((0, 2)), np.zeros(0, np.uint8), np.zeros((0, BITS // 64), np.uint64))
    packed = np.frombuffer(frame.points, _LAYOUT)
    xy_px = np.column_stack((packed["x"], packed["y"])) / _STEPS
    return Points(xy_px, packed["level"].copy(), packed["bits"].astype(np.uint64))


def mirror_points(points: Points, width_px: int) -> Points:
    """The points of the same picture seen in a mirror."""
    xy_px = points.xy_px.copy()
    xy_px[:, 0] = width_px - 1.0 - xy_px[:, 0]
    # The first half of the comparisons is the second half in the mirror.
    return Points(xy_px, points.level, points.bits[:, ::-1].copy())


def _cut_bars(bgr: Picture, luma: Luma) -> Luma:
    """The part of a picture that no bars cover, all of it where there are none or hardly anything is left."""
    hidden = find_bars(bgr)
    rows, columns = (np.flatnonzero(~hidden.all(axis=axis)) for axis in (1, 0))
    if not len(rows) or not len(columns):
        return luma
    (top, bottom), (left, right) = ((int(at[0]), int(at[-1]) + 1) for at in (rows, columns))
    high, wide = hidden.shape
    if (top, bottom, left, right) == (0, high, 0, wide) or (bottom - top) * (right - left) < MIN_INNER_SHARE * hidden.size:
        return luma
    scale = luma.shape[0] / high, luma.shape[1] / wide
    return np.ascontiguousarray(
        luma[round(top * scale[0]) : round(bottom * scale[0]), round(left * scale[1]) : round(right * scale[1])]
    )


def _take_points(luma: Luma) -> bytes:
    cv2 = load_cv2()
    detector = cv2.ORB_create(
        DETECTED, scaleFactor=SCALE_STEP, nlevels=LEVELS, edgeThreshold=PATCH_PX + 2, fastThreshold=FAST_THRESHOLD
    )
    found = sorted(detector.detect(luma, None), key=lambda point: (-point.response, point.octave, point.pt))
    if not found:
        return b""
    xy_px = np.array([point.pt for point in found], np.float64)
    level = np.array([point.octave for point in found], np.uint8)
    chosen = _spread(xy_px, luma.shape)
    xy_px, level = xy_px[chosen], level[chosen]
    packed = np.zeros(len(chosen), _LAYOUT)
    packed["x"], packed["y"] = np.rint(xy_px * _STEPS).astype(np.uint16).T
    packed["level"], packed["bits"] = level, _describe(luma, xy_px, level)
    return packed.tobytes()


def _spread(xy_px: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.intp]:
    """The places of the points to keep of some in the order of their strength: from each cell in turn its next strongest."""
    side = np.array([shape[1], shape[0]], np.float64)
    cells = np.minimum((xy_px * CELLS / side).astype(np.intp), CELLS - 1) @ np.array([1, CELLS])
    order = np.argsort(cells, kind="stable")
    starts = np.searchsorted(cells[order], cells[order])
    turn = np.empty(len(cells), np.intp)
    turn[order] = np.arange(len(cells)) - starts
    return np.argsort(turn, kind="stable")[:POINT_COUNT]


def _describe(luma: Luma, xy_px: NDArray[np.float64], level: NDArray[np.uint8]) -> Words:
    """128 comparisons of pixels around each point, at the size of its level, as uint64 (n, 2)."""
    cv2 = load_cv2()
    height, width = luma.shape
    pairs = _choose_pairs()
    bits = np.zeros((len(xy_px), BITS), np.bool_)
    for number in np.unique(level):
        shrink = SCALE_STEP ** float(number)
        size = (max(1, round(width / shrink)), max(1, round(height / shrink)))
        picture = cv2.GaussianBlur(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), (0, 0), BLUR_PX)
        rows = np.flatnonzero(level == number)
        scale = np.array(size, np.float64) / (width, height)
        middle = np.rint((xy_px[rows] + 0.5) * scale - 0.5).astype(np.intp)
        at = middle[:, None, None, :] + pairs[None]
        values = picture[np.clip(at[..., 1], 0, size[1] - 1), np.clip(at[..., 0], 0, size[0] - 1)]
        bits[rows] = values[..., 0] < values[..., 1]
    return np.packbits(bits, axis=1).view(np.uint64)


@cache
def _choose_pairs() -> NDArray[np.intp]:
    """Pairs of pixels to compare, x and y from the middle, (128, 2, 2): the second half is the mirror image of the first.

    Each coordinate is the mean of two evenly drawn ones, so that pixels near the middle are taken more often (Calonder et al.
    2010); they are drawn from SHA-256, which is the same everywhere and for ever.
    """
    stream = b"".join(hashlib.sha256(b"geoverify print %d" % number).digest() for number in range(BITS))
    drawn = np.frombuffer(stream, np.uint8)[: BITS // 2 * 8].reshape(BITS // 2, 2, 2, 2).astype(np.float64)
    half = np.rint((drawn.mean(axis=-1) / 255.0 * 2.0 - 1.0) * PATCH_PX).astype(np.intp)
    mirrored = half * np.array([-1, 1])
    return np.concatenate((half, mirrored))
