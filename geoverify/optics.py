"""What the frame covers from left to right, from the angle over its longer side and how the camera was held."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from geoverify.model import FieldOfView, ImageInfo, Observation, Value, VideoInfo
from geoverify.settings import Settings

# EXIF orientations that turn the stored picture by a quarter (CIPA DC-008, tag Orientation).
QUARTER_TURNS = (5, 6, 7, 8)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The angle across the upright frame, the observations that it was made from, and whether it is assumed."""

    across_deg: float
    observation_ids: tuple[str, ...]
    is_assumed: bool


def view_of(observations: Sequence[Observation[Value]], settings: Settings) -> View:
    """Return the view of the first stated field of view, or the assumed one; narrower where the picture stands upright."""
    stated = next((item for item in observations if isinstance(item.value, FieldOfView)), None)
    long_side_deg = settings.default_field_of_view_deg
    ids: tuple[str, ...] = ()
    if stated is not None and isinstance(stated.value, FieldOfView):
        long_side_deg, ids = stated.value.long_side_deg, (stated.id,)
    for item in observations:
        size = _upright_size(item.value)
        if size is not None:
            across_deg = long_side_deg if size[0] >= size[1] else _short_side_deg(long_side_deg, size[0] / size[1])
            return View(across_deg=across_deg, observation_ids=(*ids, item.id) if ids else (), is_assumed=not ids)
    return View(across_deg=long_side_deg, observation_ids=ids, is_assumed=not ids)


def _upright_size(value: Value) -> tuple[int, int] | None:
    if not isinstance(value, ImageInfo | VideoInfo) or not value.width_px or not value.height_px:
        return None
    is_turned = value.orientation in QUARTER_TURNS if isinstance(value, ImageInfo) else (value.rotation_deg or 0) % 180 == 90
    return (value.height_px, value.width_px) if is_turned else (value.width_px, value.height_px)


def _short_side_deg(long_side_deg: float, ratio: float) -> float:
    # Past half a turn there is no flat frame: a panorama's sides do not follow the tangent.
    if long_side_deg >= 180.0:
        return long_side_deg * ratio
    return math.degrees(2.0 * math.atan(math.tan(math.radians(long_side_deg) / 2.0) * ratio))
