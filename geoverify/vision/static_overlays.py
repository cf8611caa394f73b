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
STATIC_DEVIATION = 9.0
# Sobel's gradient of an edge, and how much of it must be left in the mean of all frames.
EDGE_GRADIENT, KEPT_GRADIENT = 60.0, 0.75
# Where more than this share of all edges is static, the camera stood still and nothing can be told.
MAX_STATIC_SHARE = 0.45
# Gaps between the edges of an overlay that are closed, and the smallest overlay, as shares of the longer side and of the area.
CLOSED_SHARE, MIN_AREA_SHARE = 0.022, 0.0002


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
    is_static = is_edge & (kept > KEPT_GRADIENT)
    ever = float((np.median(strength, axis=0) > EDGE_GRADIENT).mean()) + float((strength.max(axis=0) > EDGE_GRADIENT).mean())
    if ever == 0.0 or float(is_static.mean()) > MAX_STATIC_SHARE * ever / 2:
        return hidden
    longer = max(hidden.shape)
    reach = max(3, round(CLOSED_SHARE * longer)) | 1
    grown = cv2.morphologyEx(is_static.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(grown, connectivity=8)
    calm = lumas.std(axis=0) < STATIC_DEVIATION
    for number in range(1, count):
        left, top, width, height, area = (int(value) for value in stats[number])
        own = labels[top : top + height, left : left + width] == number
        edges = int((own & is_static[top : top + height, left : left + width]).sum())
        if area < MIN_AREA_SHARE * hidden.size or edges < 12:
            continue
        # The few pixels of a moving scene that happen to agree lie strewn; an overlay's edges are dense and its inside is calm.
        if edges < 0.12 * area and float(calm[top : top + height, left : left + width][own].mean()) < 0.6:
            continue
        pad = reach // 2
        hidden[max(0, top - pad) : top + height + pad, max(0, left - pad) : left + width + pad] = True
    return hidden
