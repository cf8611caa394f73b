"""Local features of one picture: where its distinctive patches are, and what each looks like."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoverify.opencv import load_cv2

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
# Sine and cosine of an eighth of a turn.
SLANT = math.sqrt(0.5)
# A unit vector times this fits bytes: no element of a RootSIFT descriptor of real pictures reaches one half.
DESCRIPTOR_SCALE = 512.0
DESCRIPTOR_SIZE = 128
# Larger pictures show mostly what compression did; more features than this are rarely found again.
SIDE_PX, FEATURE_COUNT = 1024, 1600
# SIFT's own default of 0.04 leaves night frames and fogged ones almost without features.
CONTRAST_THRESHOLD = 0.01
# Most pictures have enough features above this one, and weaker ones take a quarter of the time. OpenCV passes over what differs
# from its neighbours by no more than threshold x 255 / 6 steps, rounded down: none up to 0.0235, and beyond that strong ones too.
USUAL_CONTRAST_THRESHOLD = 0.023
# Features that are described turned by an eighth of a turn too: the strongest ones, since few pictures are that far off level.
SLANTED_COUNT = 500


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Features:
    """Features of one picture, the strongest first; every member is an array.

    `frame_px` int32 (2,) is the picture's width and height as it was looked at, `xy_px` float32 (n, 2) from the centre of the
    upper left pixel, `size_px` (n,) the patch's diameter, `angle_deg` (n,) its main direction, clockwise from the x axis,
    `response` (n,) the detector's contrast, `descriptors` uint8 (n, 128), not turned by the patch's direction.
    `slanted` (n, 128) are those of the picture turned clockwise by an eighth of a turn, and 0 for all but the strongest features.
    """

    frame_px: NDArray[np.int32]
    xy_px: Floats
    size_px: Floats
    angle_deg: Floats
    response: Floats
    descriptors: Bytes
    slanted: Bytes

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
            slanted=self.slanted[places],
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

    Descriptors are upright, so the columns of SIFT's 4 × 4 cells change places and the 8 directions run the other way.
    """
    cells = _cells_of(features)[:, :, ::-1]
    xy_px = features.xy_px.copy()
    xy_px[:, 0] = features.frame_px[0] - 1.0 - xy_px[:, 0]
    return replace(
        features,
        xy_px=xy_px,
        angle_deg=(180.0 - features.angle_deg) % np.float32(360.0),
        descriptors=_flatten(cells[..., (4 - np.arange(8)) % 8]),
        slanted=np.zeros_like(features.descriptors),
    )


def slant_features(features: Features) -> Features:
    """The strongest features of the same picture turned clockwise by an eighth of a turn, in a frame that just holds it."""
    features = features.pick(np.flatnonzero(features.slanted.any(axis=1)))
    width, height = (float(side) for side in features.frame_px)
    side_px = (width + height) * SLANT
    x, y = features.xy_px.astype(np.float64).T
    return replace(
        features,
        frame_px=np.full(2, math.ceil(side_px), np.int32),
        xy_px=np.column_stack(((x - y + height - 1.0) * SLANT, (x + y) * SLANT)).astype(np.float32),
        angle_deg=(features.angle_deg + 45.0) % np.float32(360.0),
        descriptors=features.slanted,
        slanted=np.zeros_like(features.slanted),
    )


def turn_features(features: Features, quarters: int) -> Features:
    """The features of the same picture turned clockwise by quarters of a turn, without looking at it again."""
    for _ in range(quarters % 4):
        cells = np.rot90(_cells_of(features), -1, axes=(1, 2))
        x, y = features.xy_px.T
        features = replace(
            features,
            frame_px=features.frame_px[::-1].copy(),
            xy_px=np.column_stack((features.frame_px[1] - 1.0 - y, x)).astype(np.float32),
            angle_deg=(features.angle_deg + 90.0) % np.float32(360.0),
            descriptors=_flatten(cells[..., (np.arange(8) + 2) % 8]),
            slanted=np.zeros_like(features.descriptors),
        )
    return features


def _cells_of(features: Features) -> Bytes:
    """Descriptors as rows and columns of cells of 8 directions, counterclockwise from the x axis (Lowe 2004, §6)."""
    return features.descriptors.reshape(-1, 4, 4, 8)


def _flatten(cells: Bytes) -> Bytes:
    return np.ascontiguousarray(cells).reshape(-1, DESCRIPTOR_SIZE)


def _extract_rootsift(luma: Bytes, mask: Bytes | None, count: int) -> Features:
    """SIFT (Lowe 2004), upright, pooled over two domain sizes (Dong & Soatto 2015), with the Hellinger kernel (Arandjelović &
    Zisserman 2012).

    Footage and references are nearly always the right way up, where a patch's own direction only adds error: upright pairs of
    different light or season have about twice as many matches. Quarter turns are made by `turn_features`.
    """
    cv2 = load_cv2()
    points: list[Any] = []
    for threshold in (USUAL_CONTRAST_THRESHOLD, CONTRAST_THRESHOLD):
        sift = cv2.SIFT_create(contrastThreshold=threshold, enable_precise_upscale=True)
        points = _strongest(sift.detect(luma, mask), count)
        if len(points) == count:
            break
    height, width = luma.shape
    descriptors, slanted = (np.zeros((len(points), DESCRIPTOR_SIZE), np.uint8) for _ in range(2))
    if points:
        # The larger domain is measured one octave up, which costs no more than the smaller one.
        top = max(0, round(math.log2(min(height, width))) - 3)
        wanted = [(point, 0.0) for point in points] + [(point, 315.0) for point in points[:SLANTED_COUNT]]
        described = [_aim(cv2, point, angle_deg, ups, top) for ups in (0, 1) for point, angle_deg in wanted]
        pooled = _pool(sift.compute(luma, described)[1])
        descriptors, slanted[: len(pooled) - len(points)] = pooled[: len(points)], pooled[len(points) :]
    return Features(
        frame_px=np.array([width, height], np.int32),
        xy_px=np.array([point.pt for point in points], np.float32).reshape(-1, 2),
        size_px=np.array([point.size for point in points], np.float32),
        angle_deg=np.array([point.angle for point in points], np.float32),
        response=np.array([point.response for point in points], np.float32),
        descriptors=descriptors,
        slanted=slanted,
    )


def _pool(raw: Floats) -> Bytes:
    """One descriptor from both domain sizes, which follow each other in `raw`."""
    lengths = np.maximum(np.linalg.norm(raw, axis=1, keepdims=True), 1e-9)
    pooled = (raw / lengths).reshape(2, -1, DESCRIPTOR_SIZE).sum(axis=0)
    rooted = np.sqrt(pooled / np.maximum(pooled.sum(axis=1, keepdims=True), 1e-9))
    return np.asarray(np.clip(np.rint(rooted * DESCRIPTOR_SCALE), 0, 255), np.uint8)


def _aim(cv2: Any, point: Any, angle_deg: float, ups: int, top: int) -> Any:
    """The same point for SIFT to describe at an angle, over a domain 2 ** `ups` times as large, in octave `top` at most."""
    octave = point.octave & 255
    octave = min(octave - 256 * (octave > 127) + ups, top)
    packed = (point.octave & ~255) | (octave & 255)
    return cv2.KeyPoint(*point.pt, point.size * 2**ups, angle_deg, point.response, packed)


def _strongest(points: Any, count: int) -> list[Any]:
    """The `count` points of the highest contrast, one at each place and size; equal ones are told apart by their place, so the
    choice never varies."""
    response = np.array([point.response for point in points], np.float32)
    # SIFT gives a place once for each of its directions: few have more than two, and sorting all of them takes long.
    least = np.partition(response, -2 * count)[-2 * count] if len(points) > 2 * count else -np.inf
    unique: dict[tuple[Any, float], Any] = {}
    for point in sorted(
        (points[place] for place in np.flatnonzero(response >= least)),
        key=lambda point: (-point.response, point.pt, point.size, point.angle),
    ):
        unique.setdefault((point.pt, point.size), point)
    if len(unique) < count and least > -np.inf:
        return _strongest(points, 2 * count)[:count]
    return list(unique.values())[:count]


EXTRACTORS: dict[str, Extractor] = {"rootsift": _extract_rootsift}
