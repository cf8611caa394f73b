"""Sky, where it can be told: calm, bright or blue, and reaching the upper border."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geoverify.opencv import load_cv2

Picture = NDArray[np.uint8]
Hidden = NDArray[np.bool_]

# OpenCV's hue runs to 180; these bounds take in cyan to blue, and leave out violet fields.
BLUE_HUES = (88, 118)
MIN_BLUE_VALUE, MIN_GREY_VALUE, MAX_GREY_SATURATION = 90, 165, 50
# Sobel's gradient of a smoothed picture: soft clouds stay under the first; roads and fields from above are grey and rougher than
# an overcast sky, which stays under the second.
CALM_GRADIENT, FLAT_GRADIENT = 36.0, 14.0
# Sky takes at least these shares of the upper border and of the picture.
MIN_BORDER_SHARE, MIN_SKY_SHARE = 0.25, 0.03
# The skyline itself is worth matching: so many pixels of sky above it stay.
SKYLINE_PX = 5


def find_sky(picture: Picture) -> Hidden:
    """Which pixels of a picture (BGR, reduced, upright) are sky."""
    cv2 = load_cv2()
    smooth = cv2.GaussianBlur(picture, (5, 5), 0)
    hue, saturation, value = cv2.split(cv2.cvtColor(smooth, cv2.COLOR_BGR2HSV))
    luma = cv2.cvtColor(smooth, cv2.COLOR_BGR2GRAY)
    gradient = cv2.magnitude(cv2.Sobel(luma, cv2.CV_32F, 1, 0), cv2.Sobel(luma, cv2.CV_32F, 0, 1))
    is_blue = (hue >= BLUE_HUES[0]) & (hue <= BLUE_HUES[1]) & (value >= MIN_BLUE_VALUE) & (saturation > 25)
    is_grey = (saturation <= MAX_GREY_SATURATION) & (value >= MIN_GREY_VALUE)
    likely = ((is_blue & (gradient < CALM_GRADIENT)) | (is_grey & (gradient < FLAT_GRADIENT))).astype(np.uint8)
    likely = cv2.morphologyEx(likely, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    count, labels = cv2.connectedComponents(likely, connectivity=4)
    high, wide = picture.shape[:2]
    hidden = np.zeros((high, wide), np.bool_)
    rows = min(3, high)
    for number in range(1, count):
        on_border = float((labels[:rows] == number).any(axis=0).mean())
        own = labels == number
        if on_border >= MIN_BORDER_SHARE and float(own.mean()) >= MIN_SKY_SHARE:
            hidden |= own
    if not hidden.any():
        return hidden
    # Edges of clouds are holes in the sky; what reaches the skyline is none.
    outside = cv2.copyMakeBorder((~hidden).astype(np.uint8), 0, 1, 1, 1, cv2.BORDER_CONSTANT, value=1)
    outside[:high, [0, -1]] = 0
    _, labels = cv2.connectedComponents(outside, connectivity=8)
    sky = labels[:high, 1:-1] != labels[-1, 0]
    sky = cv2.erode(sky.astype(np.uint8), np.ones((2 * SKYLINE_PX + 1,) * 2, np.uint8), borderValue=1)
    return np.asarray(sky, np.bool_)
