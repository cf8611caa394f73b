"""Local features of one picture: where its distinctive patches are, and what each looks like."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoverify.opencv import load_cv2

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
# A unit vector times this fits bytes: no element of a RootSIFT descriptor of real pictures reaches one half.
DESCRIPTOR_SCALE = 512.0
DESCRIPTOR_SIZE = 128
# Larger pictures show mostly what compression did; more features than this are rarely found again.
SIDE_PX, FEATURE_COUNT = 1024, 2000
# SIFT's own default of 0.04 leaves night frames and fogged ones almost without features.
CONTRAST_THRESHOLD = 0.01


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Features:
    """Features of one picture, the strongest first; every member is an array.

    `frame_px` int32 (2,) is the picture's width and height as it was looked at, `xy_px` float32 (n, 2) from the centre of the
    upper left pixel, `size_px` (n,) the patch's diameter, `angle_deg` (n,) clockwise from the x axis, `response` (n,) the
    detector's contrast, `descriptors` uint8 (n, 128).
    """

    frame_px: NDArray[np.int32]
    xy_px: Floats
    size_px: Floats
    angle_deg: Floats
    response: Floats
    descriptors: Bytes

    def __len__(self) -> int:
        return len(self.xy_px)

    def pick(self, places: NDArray[np.intp]) -> Features:
        """The features at some places, in the order given."""
        return Features(
            frame_px=self.frame_px,
            xy_px=self.xy_px[places],
            size_px=self.size_px[places],
            angle_deg=self.angle_deg[places],
            response=self.response[places],
            descriptors=self.descriptors[places],
        )


Extractor = Callable[[Bytes, Bytes | None, int], Features]


def extract_features(
    luma: Bytes, mask: Bytes | None = None, *, side_px: int = SIDE_PX, count: int = FEATURE_COUNT, name: str = "rootsift"
) -> Features:
    """Return up to `count` features of a picture reduced to `side_px` on its longer side.

    `luma` is uint8 (height, width); `mask`, of the same shape, is 0 where nothing may be looked at. Raises `KeyError` for a
    `name` that is not in `EXTRACTORS`.
    """
    height, width = luma.shape
    scale = side_px / max(height, width)
    if scale < 1.0:
        cv2 = load_cv2()
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        luma = cv2.resize(luma, size, interpolation=cv2.INTER_AREA)
        mask = None if mask is None else cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST)
    return EXTRACTORS[name](luma, mask, count)


def mirror_features(features: Features) -> Features:
    """The features of the same picture seen in a mirror, without looking at it again.

    A patch turned upright by its own angle is flipped top to bottom, so the rows of SIFT's 4 × 4 cells change places and the
    8 directions run the other way (Lowe 2004, §6).
    """
    cells = features.descriptors.reshape(-1, 4, 4, 8)[:, ::-1]
    turned = cells[..., (-np.arange(8)) % 8]
    xy_px = features.xy_px.copy()
    xy_px[:, 0] = features.frame_px[0] - 1.0 - xy_px[:, 0]
    return Features(
        frame_px=features.frame_px,
        xy_px=xy_px,
        size_px=features.size_px,
        angle_deg=(180.0 - features.angle_deg) % np.float32(360.0),
        response=features.response,
        descriptors=np.ascontiguousarray(turned.reshape(-1, DESCRIPTOR_SIZE)),
    )


def _extract_rootsift(luma: Bytes, mask: Bytes | None, count: int) -> Features:
    """SIFT (Lowe 2004) with the Hellinger kernel (Arandjelović & Zisserman 2012)."""
    cv2 = load_cv2()
    sift = cv2.SIFT_create(contrastThreshold=CONTRAST_THRESHOLD, enable_precise_upscale=True)
    # Descriptors are computed for those that are kept alone, which saves half the time.
    points = _strongest(sift.detect(luma, mask), count)
    described = None
    if points:
        points, described = sift.compute(luma, points)
    height, width = luma.shape
    raw = np.zeros((0, DESCRIPTOR_SIZE), np.float32) if described is None else described
    rooted = np.sqrt(raw / np.maximum(raw.sum(axis=1, keepdims=True), 1e-9))
    return Features(
        frame_px=np.array([width, height], np.int32),
        xy_px=np.array([point.pt for point in points], np.float32).reshape(-1, 2),
        size_px=np.array([point.size for point in points], np.float32),
        angle_deg=np.array([point.angle for point in points], np.float32),
        response=np.array([point.response for point in points], np.float32),
        descriptors=np.clip(np.rint(rooted * DESCRIPTOR_SCALE), 0, 255).astype(np.uint8),
    )


def _strongest(points: Any, count: int) -> list[Any]:
    """The `count` points of the highest contrast; equal ones are told apart by their place, so the choice never varies."""
    ranked = sorted(points, key=lambda point: (-point.response, point.pt, point.size, point.angle))
    return ranked[:count]


EXTRACTORS: dict[str, Extractor] = {"rootsift": _extract_rootsift}
