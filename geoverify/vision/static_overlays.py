"""What stays as it is over a video's frames while the rest of the picture changes: captions, logos, tickers' boxes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from geoverify.opencv import load_cv2

Picture = NDArray[np.uint8]
Hidden = NDArray[np.bool_]

MIN_FRAMES = 3
# Luma steps by which a static pixel may differ from frame to frame, after compression.
STATIC_DEVIATION, EDGE_DEVIATION = 6.0, 16.0
# Sobel's gradient of an edge, and how much of it must be left in the mean of all frames.
EDGE_GRADIENT, KEPT_GRADIENT = 60.0, 0.75
# Where more than this share of all edges is static, the camera stood still and nothing can be told.
MAX_STATIC_SHARE = 0.45
# Gaps between the edges of an overlay that are closed, and the smallest overlay, as shares of the longer side and of the area.
CLOSED_SHARE, MIN_AREA_SHARE = 0.022, 0.0004
# Static edges take up at least this share of an overlay, and from the other on nothing else is asked of it.
MIN_EDGE_SHARE, DENSE_EDGE_SHARE = 0.10, 0.3


def find_static_overlays(frames: Sequence[Picture]) -> Hidden:
    """Which pixels of frames (BGR, all of one shape, reduced) belong to overlays; none for too few or a still camera."""
    cv2 = load_cv2()
    hidden = np.zeros(frames[0].shape[:2], np.bool_)
    if len(frames) < MIN_FRAMES:
        return hidden
    lumas = np.stack([cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY) for frame in frames]).astype(np.float32)
    across = np.stack([cv2.Sobel(luma, cv2.CV_32F, 1, 0) for luma in lumas])
    down = np.stack([cv2.Sobel(luma, cv2.CV_32F, 0, 1) for luma in lumas])
    strength = np.hypot(across, down)
    # Edges that move cancel in the mean of their gradients; those that stay do not.
    kept = np.hypot(across.mean(axis=0), down.mean(axis=0)) / np.maximum(strength.mean(axis=0), 1.0)
    is_edge = strength.mean(axis=0) > EDGE_GRADIENT
    deviation = lumas.std(axis=0)
    is_static = is_edge & (kept > KEPT_GRADIENT) & (deviation < EDGE_DEVIATION)
    ever = float((np.median(strength, axis=0) > EDGE_GRADIENT).mean()) + float((strength.max(axis=0) > EDGE_GRADIENT).mean())
    if ever == 0.0 or float(is_static.mean()) > MAX_STATIC_SHARE * ever / 2:
        return hidden
    reach = max(3, round(CLOSED_SHARE * max(frames[0].shape[:2]))) | 1
    grown = cv2.morphologyEx(is_static.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(grown, connectivity=8)
    for number in range(1, count):
        left, top, width, height, area = (int(value) for value in stats[number])
        if area < MIN_AREA_SHARE * hidden.size:
            continue
        box = (slice(top, top + height), slice(left, left + width))
        own = labels[box] == number
        # The few edges of a moving scene that happen to agree lie strewn; an overlay's are dense, or its inside is calm.
        dense = float(is_static[box][own].mean())
        if dense < MIN_EDGE_SHARE or (dense < DENSE_EDGE_SHARE and float((deviation[box][own] < STATIC_DEVIATION).mean()) < 0.5):
            continue
        hidden[box] |= own
    return np.asarray(cv2.dilate(hidden.astype(np.uint8), np.ones((reach, reach), np.uint8)), np.bool_)
