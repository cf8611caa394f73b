"""Where the camera of a frame looked, from the heading of the reference that it matches: an estimate with its error."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoverify.opencv import load_cv2

Points = NDArray[np.float32]
Size = tuple[int, int]

MIN_POINTS = 8
# assumed; by how much the true field of view differs from the assumed one, as a share of any angle in the picture.
VIEW_ERROR_SHARE = 0.2
# assumed; how well the heading of a reference is known: read off a map or a compass.
REFERENCE_ERROR_DEG = 10.0
# A view turned further than this round what it shows is another view, and no heading follows.
MAX_TURN_DEG = 50.0


@dataclass(frozen=True, slots=True)
class HeadingEstimate:
    """Degrees clockwise from true north, and the 68 % error of that."""

    angle_deg: float
    error_deg: float


def estimate_heading(
    reference_heading_deg: float,
    reference_size: Size,
    reference_points_px: Points,
    frame_size: Size,
    frame_points_px: Points,
    *,
    view_deg: float,
    is_mirrored: bool = False,
) -> HeadingEstimate | None:
    """The heading of a frame, from points that both pictures show; sizes are (width, height), `view_deg` is of the longer side.

    What stands to the right of the reference's middle and in the middle of the frame was looked at further to the right. That is
    exact for two cameras at one place. If the frame's camera stood elsewhere, the plane that both see is foreshortened; the angle
    of that (Hartley and Zisserman 2004, §2.4: the ratio of the homography's local scales) is added to the error, and over
    `MAX_TURN_DEG` there is no estimate. Nor is there one for fewer than `MIN_POINTS` points.
    """
    here, there = (np.asarray(points, np.float64).reshape(-1, 2) for points in (frame_points_px, reference_points_px))
    if len(here) < MIN_POINTS or len(here) != len(there):
        return None
    if is_mirrored:
        here = here * (-1.0, 1.0) + (frame_size[0], 0.0)
    turn_deg = _measure_turn_deg(there, here)
    if turn_deg is None or turn_deg > MAX_TURN_DEG:
        return None
    seen_deg, known_deg = _bearings_deg(here, frame_size, view_deg), _bearings_deg(there, reference_size, view_deg)
    differences = known_deg - seen_deg
    middle = float(np.median(differences))
    spread = 1.4826 * float(np.median(np.abs(differences - middle)))
    view_error = VIEW_ERROR_SHARE * (float(np.abs(np.median(seen_deg))) + float(np.abs(np.median(known_deg))))
    error = math.hypot(REFERENCE_ERROR_DEG, spread, view_error, turn_deg)
    return HeadingEstimate((reference_heading_deg + middle) % 360.0, error)


def _bearings_deg(points: NDArray[np.float64], size: Size, view_deg: float) -> NDArray[np.float64]:
    """How far to the right of the optical axis points lie, of a camera that looks level."""
    focal_px = max(size) / 2.0 / math.tan(math.radians(view_deg) / 2.0)
    return np.degrees(np.arctan2(points[:, 0] - size[0] / 2.0, focal_px))


def _measure_turn_deg(there: NDArray[np.float64], here: NDArray[np.float64]) -> float | None:
    """By how much the view of the plane has turned, from how unevenly the homography scales around the middle of its points."""
    cv2 = load_cv2()
    found, inside = cv2.findHomography(there, here, cv2.RANSAC, 6.0)
    if found is None or int(inside.sum()) < MIN_POINTS:
        return None
    x, y = there[inside.ravel() > 0].mean(axis=0)
    u, v, w = found @ (x, y, 1.0)
    if abs(w) < 1e-9:
        return None
    local = np.array(
        [
            [found[0, 0] * w - u * found[2, 0], found[0, 1] * w - u * found[2, 1]],
            [found[1, 0] * w - v * found[2, 0], found[1, 1] * w - v * found[2, 1]],
        ]
    )
    larger, smaller = np.linalg.svd(local / w**2, compute_uv=False)
    return math.degrees(math.acos(min(1.0, float(smaller / larger)))) if larger > 0 else None
