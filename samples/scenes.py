"""A small perspective renderer: flat textured patches in metres east, north and up, drawn through a depth buffer."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Floats = NDArray[np.float64]

EYE_HEIGHT_M = 1.6
FULL_FRAME_MM = 36.0
# Edges are drawn at this multiple of the size and averaged.
SUPERSAMPLING = 1.5
NEAR_M = 0.4
# A patch that runs into the distance is cut here, so that each piece can have its own level of detail.
PIECE_M = 12.0
WHOLE_BEYOND_M = 130.0
# The grain of the ground: a tile that repeats, too fine for the map that it lies on.
GRAIN_M, GRAIN_PX = 8.0, 512
# One standard deviation, in steps of 256.
SENSOR_NOISE = np.float32(1.7)
# Extinction: at this distance a wall has lost 63 % of its contrast to the haze.
HAZE_SCALE_M = 900.0
HAZE_BGR = np.array([216.0, 208.0, 198.0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """Where the camera stands in metres, and how it looks: heading and pitch in degrees, focal length as of a 35 mm film."""

    east_m: float
    north_m: float
    heading_deg: float
    pitch_deg: float = 4.0
    focal_35mm: float = 26.0
    width_px: int = 960
    height_px: int = 720

    def axes(self) -> Floats:
        """Rows: the camera's right, down and forward directions."""
        heading, pitch = math.radians(self.heading_deg), math.radians(self.pitch_deg)
        forward = np.array(
            [math.sin(heading) * math.cos(pitch), math.cos(heading) * math.cos(pitch), math.sin(pitch)], dtype=np.float64
        )
        right = np.array([math.cos(heading), -math.sin(heading), 0.0])
        return np.stack([right, -np.cross(right, forward), forward])

    def intrinsics(self, scale: float = 1.0) -> Floats:
        """The pinhole matrix for a picture that is `scale` times as large."""
        focal_px = scale * max(self.width_px, self.height_px) * self.focal_35mm / FULL_FRAME_MM
        return np.array([[focal_px, 0, scale * self.width_px / 2], [0, focal_px, scale * self.height_px / 2], [0, 0, 1.0]])


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """A rectangle in space: its first corner, the directions of its texture's rows and columns, its size and texture (BGRA)."""

    corner_m: tuple[float, float, float]
    along: tuple[float, float, float]
    down: tuple[float, float, float]
    width_m: float
    height_m: float
    texture: Image
    is_two_sided: bool = False
    # Its texture has gaps; such patches are laid over the others from back to front.
    has_gaps: bool = False
    # How much light falls on it, by its direction to the sun.
    light: float = 1.0


def wall(start: Sequence[float], end: Sequence[float], top_m: float, bottom_m: float, texture: Image, **fields: float) -> Patch:
    """A vertical patch whose texture reads from `start` to `end` (east, north) on its visible side."""
    east, north = end[0] - start[0], end[1] - start[1]
    length_m = math.hypot(east, north)
    return Patch(
        corner_m=(start[0], start[1], top_m),
        along=(east / length_m, north / length_m, 0.0),
        down=(0.0, 0.0, -1.0),
        width_m=length_m,
        height_m=top_m - bottom_m,
        texture=texture,
        **fields,  # type: ignore[arg-type]
    )


def render(camera: Camera, ground: Patch, patches: Iterable[Patch], seed: int) -> Image:
    """The picture (BGR) of the patches over the ground, with haze and sensor noise."""
    canvas = _Canvas(camera)
    canvas.paint_sky()
    canvas.paint_ground(ground)
    pieces = [piece for patch in patches for piece in _cut(patch, canvas.eye_m)]
    pieces.sort(key=lambda piece: _distance_m(piece, canvas.eye_m))
    # From front to back, what is hidden costs no texture.
    for piece in pieces:
        if not piece.has_gaps:
            canvas.paint(piece)
    for piece in reversed(pieces):
        if piece.has_gaps:
            canvas.paint(piece)
    return _expose(canvas.colour, camera, seed)


class _Canvas:
    """The picture in work, larger than its end size, with the inverse depth of each pixel."""

    def __init__(self, camera: Camera) -> None:
        self.width_px = round(camera.width_px * SUPERSAMPLING)
        self.height_px = round(camera.height_px * SUPERSAMPLING)
        self.camera = camera
        self.eye_m = np.array([camera.east_m, camera.north_m, EYE_HEIGHT_M])
        self.axes = camera.axes()
        self.project = camera.intrinsics(SUPERSAMPLING) @ self.axes
        self.focal_px = float(camera.intrinsics(SUPERSAMPLING)[0, 0])
        self.colour = np.zeros((self.height_px, self.width_px, 3), np.uint8)
        self.nearness = np.zeros((self.height_px, self.width_px), np.float32)

    def paint_sky(self) -> None:
        """A gradient with soft clouds that stay where they are when the camera turns."""
        x, y = np.meshgrid(np.arange(0, self.width_px, 4.0), np.arange(0, self.height_px, 4.0))
        rays = np.linalg.inv(self.project) @ np.stack([x.ravel(), y.ravel(), np.ones(x.size)])
        rays /= np.linalg.norm(rays, axis=0)
        azimuth, height = np.arctan2(rays[0], rays[1]), np.arcsin(np.clip(rays[2], -1, 1))
        blue = np.clip(height / 0.9, 0, 1)[:, None] ** 0.6
        sky = HAZE_BGR * (1 - blue) + np.array([206.0, 150.0, 92.0]) * blue
        cloud = sum(
            np.sin(azimuth * turns + 3.1 * height * turns + shift) * np.sin(height * 9 * turns**0.5 + shift * 2) / turns**0.4
            for turns, shift in ((2, 0.3), (5, 1.7), (9, 4.0), (17, 2.2), (31, 5.1))
        )
        white = np.clip(cloud * 0.55 - 0.1, 0, 1)[:, None] * np.clip(height * 4, 0, 1)[:, None]
        sky = sky * (1 - white) + 246.0 * white
        small = sky.reshape(*x.shape, 3).clip(0, 255).astype(np.uint8)
        self.colour = np.asarray(cv2.resize(small, (self.width_px, self.height_px), interpolation=cv2.INTER_CUBIC), np.uint8)

    def paint_ground(self, ground: Patch) -> None:
        """The ground in bands of rows, each with the level of detail of its distance; beyond the patch its mean colour."""
        horizon_px = self.height_px / 2 + self.focal_px * math.tan(math.radians(self.camera.pitch_deg))
        first = max(0, math.ceil(horizon_px))
        if first >= self.height_px:
            return
        mean = ground.texture[::16, ::16, :3].reshape(-1, 3).mean(axis=0)
        rows = np.arange(first, self.height_px)
        depth_m = EYE_HEIGHT_M * self.focal_px / np.maximum(rows - horizon_px, 0.3)
        self.colour[first:] = _veil(np.broadcast_to(mean, (len(rows), 1, 3)), depth_m[:, None])
        texture, per_m = ground.texture, ground.texture.shape[1] / ground.width_m
        grain = np.random.default_rng(0).normal(1.0, 0.10, (GRAIN_PX, GRAIN_PX)).astype(np.float32)
        at = first + len(rows)
        while at > first:
            nearest_m = float(depth_m[at - 1 - first])
            # Along the view a pixel covers depth²/(focal · eye height), across it depth/focal: the texel is their mean.
            wanted = self.focal_px / nearest_m * math.sqrt(EYE_HEIGHT_M / nearest_m)
            while GRAIN_M * wanted < 0.7 * grain.shape[0] and grain.shape[0] > 4:
                grain = cv2.resize(grain, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
            while per_m > 1.5 * wanted and min(texture.shape[:2]) > 64:
                texture = cv2.resize(texture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
                per_m /= 2
            until = int(np.searchsorted(-depth_m, -nearest_m * 1.5)) + first
            until = min(max(until, first), at - 1)
            self._paint_band(ground, texture, grain, until, at, depth_m[until - first : at - first])
            at = until

    def _paint_band(self, ground: Patch, texture: Image, grain: Floats, top: int, bottom: int, depth_m: Floats) -> None:
        plane = _shift(0, -top) @ self._plane(ground)
        size = (self.width_px, bottom - top)
        step_m = GRAIN_M / grain.shape[0]
        fine = cv2.warpPerspective(grain, plane @ np.diag([step_m, step_m, 1.0]), size, borderMode=cv2.BORDER_WRAP)
        matrix = plane @ _texels(ground, texture)
        drawn = cv2.warpPerspective(texture, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        # Behind the camera the plane projects upside down; bands lie below the horizon, where it never does.
        inside = np.where(drawn[..., 3] > 127, np.uint8(255), np.uint8(0))
        cv2.copyTo(_veil(drawn[..., :3] * fine[..., None], depth_m[:, None]), inside, self.colour[top:bottom])

    def paint(self, patch: Patch) -> None:
        """Draw a patch where it is nearer than what is there."""
        if not patch.is_two_sided and not _faces(patch, self.eye_m):
            return
        plane = self._plane(patch)
        outline = self._clip(plane, patch)
        if len(outline) < 3:
            return
        points = outline @ plane.T
        corners = points[:, :2] / points[:, 2:]
        left, top = np.floor(corners.min(axis=0)).astype(int).clip(0)
        right = min(math.ceil(corners[:, 0].max()) + 1, self.width_px)
        bottom = min(math.ceil(corners[:, 1].max()) + 1, self.height_px)
        if right - left < 1 or bottom - top < 1:
            return
        mask = np.zeros((bottom - top, right - left), np.uint8)
        cv2.fillConvexPoly(mask, np.round((corners - (left, top)) * 16).astype(np.int32), 255, shift=4)
        # The inverse depth of a plane is linear over the picture: the last row of the inverse homography.
        a, b, c = np.linalg.inv(plane)[2]
        x, y = np.arange(left, right), np.arange(top, bottom)
        nearness = (a * x[None, :] + b * y[:, None] + c).astype(np.float32)
        seen = (mask > 0) & (nearness > self.nearness[top:bottom, left:right])
        if not seen.any():
            return
        texture = self._reduce(patch, float(points[:, 2].min()))
        matrix = _shift(-left, -top) @ plane @ _texels(patch, texture)
        drawn = cv2.warpPerspective(
            texture, matrix, (right - left, bottom - top), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        colour = _veil(drawn[seen][:, :3] * np.float32(patch.light), 1.0 / nearness[seen])
        below = self.colour[top:bottom, left:right]
        if patch.has_gaps:
            cover = drawn[seen][:, 3:] / np.float32(255.0)
            below[seen] = (colour * cover + below[seen] * (1.0 - cover)).astype(np.uint8)
        else:
            below[seen] = colour
            self.nearness[top:bottom, left:right][seen] = nearness[seen]

    def _plane(self, patch: Patch) -> Floats:
        """The homography from metres on the patch to pixels; its third component is the depth in metres."""
        corner = np.asarray(patch.corner_m) - self.eye_m
        return self.project @ np.column_stack([patch.along, patch.down, corner])

    def _clip(self, plane: Floats, patch: Patch) -> Floats:
        """The outline, as homogeneous metres on the patch, of what lies before the camera and within the picture."""
        w, h = patch.width_m, patch.height_m
        outline = np.array([[0, 0, 1.0], [w, 0, 1.0], [w, h, 1.0], [0, h, 1.0]])
        x, y, depth = plane
        near = depth - np.array([0, 0, NEAR_M])
        for side in (near, x, self.width_px * depth - x, y, self.height_px * depth - y):
            outline = _clip_side(outline, side)
            if len(outline) < 3:
                break
        return outline

    def _reduce(self, patch: Patch, nearest_m: float) -> Image:
        """The texture at about the size at which it will be seen."""
        ratio = patch.texture.shape[1] / patch.width_m * nearest_m / self.focal_px
        if ratio <= 1.2:
            return patch.texture
        height, width = patch.texture.shape[:2]
        size = (max(2, round(width / ratio)), max(2, round(height / ratio)))
        return cv2.resize(patch.texture, size, interpolation=cv2.INTER_AREA)


def _clip_side(outline: Floats, side: Floats) -> Floats:
    """Sutherland and Hodgman 1974: what of a polygon lies where `side` is not negative."""
    values = outline @ side
    kept: list[Floats] = []
    closed = [*range(len(outline)), 0]
    for here, there in pairwise(closed):
        if values[here] >= 0:
            kept.append(outline[here])
        if (values[here] >= 0) != (values[there] >= 0):
            share = values[here] / (values[here] - values[there])
            kept.append(outline[here] + share * (outline[there] - outline[here]))
    return np.array(kept)


def _texels(patch: Patch, texture: Image) -> Floats:
    """From texel indices, whose centres lie at halves, to metres on the patch."""
    across, along = patch.width_m / texture.shape[1], patch.height_m / texture.shape[0]
    return np.array([[across, 0, across / 2], [0, along, along / 2], [0, 0, 1.0]])


def _shift(x: float, y: float) -> Floats:
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])


def _faces(patch: Patch, eye_m: Floats) -> bool:
    """The visible side is the one on which the texture is not mirrored."""
    (a, b, c), (d, e, f) = patch.down, patch.along
    outward = (b * f - c * e, c * d - a * f, a * e - b * d)
    return sum(n * (eye - corner) for n, eye, corner in zip(outward, eye_m, patch.corner_m, strict=True)) > 0


def _distance_m(patch: Patch, eye_m: Floats) -> float:
    half_m = patch.width_m / 2
    east_m, north_m = (patch.corner_m[axis] + patch.along[axis] * half_m - eye_m[axis] for axis in (0, 1))
    return math.hypot(east_m, north_m)


def _cut(patch: Patch, eye_m: Floats) -> list[Patch]:
    """Cut a long patch near the camera into pieces of about `PIECE_M`."""
    if patch.width_m <= PIECE_M or _distance_m(patch, eye_m) - patch.width_m / 2 > WHOLE_BEYOND_M:
        return [patch]
    count = math.ceil(patch.width_m / PIECE_M)
    edges = [round(patch.texture.shape[1] * number / count) for number in range(count + 1)]
    step_m = patch.width_m / patch.texture.shape[1]
    pieces = []
    for first, last in pairwise(edges):
        corner = np.asarray(patch.corner_m) + np.asarray(patch.along) * first * step_m
        pieces.append(
            Patch(
                corner_m=(float(corner[0]), float(corner[1]), float(corner[2])),
                along=patch.along,
                down=patch.down,
                width_m=(last - first) * step_m,
                height_m=patch.height_m,
                texture=patch.texture[:, first:last],
                is_two_sided=patch.is_two_sided,
                has_gaps=patch.has_gaps,
                light=patch.light,
            )
        )
    return pieces


def _veil(colour: Floats, depth_m: Floats) -> Image:
    """Lay the haze over colours by their distance."""
    clear = np.exp(np.asarray(depth_m, np.float32) / np.float32(-HAZE_SCALE_M))[..., None]
    veiled = colour * clear
    veiled += HAZE_BGR.astype(np.float32) * (1 - clear)
    # Lit and grainy colours can lie a little over white.
    return np.minimum(veiled, 255.0).astype(np.uint8)


def _expose(colour: Image, camera: Camera, seed: int) -> Image:
    size = (camera.width_px, camera.height_px)
    picture = cv2.resize(colour, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    x, y = (np.linspace(-1.0, 1.0, count, dtype=np.float32) for count in size)
    picture *= (1.04 - 0.12 * (x[None, :] ** 2 + y[:, None] ** 2))[..., None]
    picture += SENSOR_NOISE * np.random.default_rng(seed).standard_normal((*picture.shape[:2], 1), np.float32)
    return np.asarray(cv2.convertScaleAbs(np.maximum(picture, 0.0)), np.uint8)


def turn(picture: Image, camera: Camera, by_deg: float, size: tuple[int, int], focal_35mm: float) -> Image:
    """The picture that the same camera takes when it turns right by an angle: exact, since nothing moves but the axes."""
    view = Camera(
        east_m=0.0,
        north_m=0.0,
        heading_deg=camera.heading_deg + by_deg,
        pitch_deg=camera.pitch_deg,
        focal_35mm=focal_35mm,
        width_px=size[0],
        height_px=size[1],
    )
    turned = view.intrinsics() @ view.axes() @ np.linalg.inv(camera.intrinsics() @ camera.axes())
    return np.asarray(cv2.warpPerspective(picture, turned, size, flags=cv2.INTER_AREA), np.uint8)
