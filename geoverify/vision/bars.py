"""What stands beside the picture proper: letterbox bars, blurred pillarbox sides, the bars of a recorded screen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geoverify.opencv import load_cv2

Picture = NDArray[np.uint8]
Hidden = NDArray[np.bool_]
Floats = NDArray[np.float32]

# A bar of one colour stays within this many steps of it after strong compression (JPEG at quality 30, measured).
COLOUR_STEPS = 12
# Of a plain bar's line at least this share has its colour; of a bar with text or icons at least the other.
PLAIN_SHARE, BAR_SHARE = 0.97, 0.5
# A bar with text ends in an edge along this share of the picture; horizons and roofs do not.
EDGE_SHARE = 0.85
MAX_BAR_SHARE = 0.45
# A blurred side has at most this share of the picture's detail, and the picture begins within so many pixels.
BLURRED_SHARE, STEP_PX = 0.3, 3
# Where it begins, so many columns beside the seam have so many times the detail of those across it, on either side.
BESIDE_PX, MIN_JUMP = 8, 3.0
# The narrowest side that is looked for, as a share of the width.
MIN_SIDE_SHARE = 0.06
# Smaller pictures have no sides to tell.
MIN_WIDTH_PX = 100
MAX_COVERED_SHARE = 0.3


def find_bars(picture: Picture, captions: Hidden | None = None) -> Hidden:
    """Which pixels of a picture (BGR, reduced) lie in bars or blurred sides along its borders.

    A banner crosses blurred sides: rows and columns that `captions` cover mostly are not asked about those.
    """
    hidden = np.zeros(picture.shape[:2], np.bool_)
    # Upside down and transposed, every border is the top one.
    for turns in range(4):
        turned, part = np.rot90(picture, turns), np.rot90(hidden, turns)
        part[: _measure_bar(turned)] = True
    covered = hidden if captions is None else hidden | captions
    for view, part, over in ((picture, hidden, covered), (picture.transpose(1, 0, 2), hidden.T, covered.T)):
        first, last = _find_sharp_middle(view, over.mean(axis=1) < MAX_COVERED_SHARE)
        part[:, :first] = True
        part[:, last:] = True
    return hidden


def _measure_bar(picture: Picture) -> int:
    """How many rows from the top are a bar of one colour, with or without text on it."""
    limit = round(MAX_BAR_SHARE * picture.shape[0])
    colour = np.median(picture[0], axis=0).astype(np.int16)

    def is_bar(rows: Picture) -> Hidden:
        return np.asarray(np.abs(rows.astype(np.int16) - colour).max(axis=2) <= COLOUR_STEPS)

    # Most pictures have no bar, which their first rows tell.
    if is_bar(picture[:3]).mean(axis=1).min() < BAR_SHARE:
        return 0
    alike = is_bar(picture[: limit + 2])
    share = alike.mean(axis=1)
    plain = int(np.argmax(share < PLAIN_SHARE)) if (share < PLAIN_SHARE).any() else limit
    bar = int(np.argmax(share < BAR_SHARE)) if (share < BAR_SHARE).any() else 0
    if plain < bar <= limit and (alike[bar - 2] & ~alike[min(bar + 1, len(alike) - 1)]).mean() >= EDGE_SHARE * share[bar - 2]:
        return bar + 1
    return plain + 1 if plain > 1 else 0


def _find_sharp_middle(picture: Picture, shown: Hidden) -> tuple[int, int]:
    """The first and last column of a sharp strip between two blurred sides, in some rows; all columns where there is none."""
    cv2 = load_cv2()
    width = picture.shape[1]
    if width < MIN_WIDTH_PX or shown.sum() < MIN_WIDTH_PX:
        return 0, width
    luma = cv2.cvtColor(np.ascontiguousarray(picture[shown]), cv2.COLOR_BGR2GRAY)
    detail = np.abs(cv2.Laplacian(luma, cv2.CV_32F)).mean(axis=0)
    total = np.concatenate([[0.0], np.cumsum(detail)])

    def mean_of(first: int, last: int) -> float:
        return float(total[last] - total[first]) / (last - first)

    best, best_jump = (0, width), MIN_JUMP
    for side in range(round(MIN_SIDE_SHARE * width), round(MAX_BAR_SHARE * width)):
        # The Laplacian of the seam itself lies within `STEP_PX` of it and counts for neither.
        out, into = side - STEP_PX, side + STEP_PX
        inner = mean_of(into, width - into)
        if max(mean_of(0, out), mean_of(width - out, width)) > BLURRED_SHARE * inner:
            continue
        beside = min(BESIDE_PX, out)
        left = mean_of(into, into + BESIDE_PX) / (mean_of(out - beside, out) + 1.0)
        right = mean_of(width - into - BESIDE_PX, width - into) / (mean_of(width - out, width - out + beside) + 1.0)
        if min(left, right) > best_jump:
            best, best_jump = (side, width - side), min(left, right)
    first, last = best
    if first == 0:
        return best
    # Blur has no sharp columns at all, which a calm sky beside a building may have.
    calm = np.concatenate([detail[: first - STEP_PX], detail[last + STEP_PX :]])
    if float(np.percentile(calm, 95)) > float(np.median(detail[first:last])):
        return 0, width
    # What is found at the seam is of the seam.
    return first + STEP_PX, last - STEP_PX
