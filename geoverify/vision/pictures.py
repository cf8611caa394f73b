"""Evidence that a person can look at: a frame beside the reference that it matches, with what agrees and what was hidden."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geoverify.opencv import load_cv2

Picture = NDArray[np.uint8]
Mask = NDArray[np.uint8]
Points = NDArray[np.float32]

# Both pictures are brought to this height; between them lies a strip of paper.
HEIGHT_PX, GAP_PX = 540, 12
# More lines hide the pictures; the points of all are drawn.
MAX_LINES = 80
JPEG_QUALITY = 88
_PAPER, _SHADE, _INK = (245, 245, 245), (60, 40, 160), (30, 30, 30)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Side:
    """Half of an evidence picture: BGR, its mask (255 = used) where it has one, the points that agree, (n, 2) in pixels."""

    bgr: Picture
    points_px: Points
    mask: Mask | None = None


def draw_match(frame: Side, reference: Side) -> bytes:
    """A JPEG of the frame on the left and the reference on the right; the same input gives the same bytes.

    Hidden areas are hatched; the nth point of one side and of the other are the two ends of a line. Raises `ValueError` where
    their numbers differ.
    """
    if len(frame.points_px) != len(reference.points_px):
        raise ValueError("each point of the frame needs one of the reference")
    cv2 = load_cv2()
    (left, here), (right, there) = _prepare(frame), _prepare(reference)
    canvas = np.full((HEIGHT_PX, left.shape[1] + GAP_PX + right.shape[1], 3), _PAPER, np.uint8)
    canvas[:, : left.shape[1]] = left
    canvas[:, left.shape[1] + GAP_PX :] = right
    there = there + np.array([left.shape[1] + GAP_PX, 0.0], np.float32)
    ends = np.concatenate([here, there], axis=1)
    order = np.argsort(here[:, 1], kind="stable")
    lined = set(order[np.linspace(0, len(order) - 1, min(MAX_LINES, len(order))).astype(int)].tolist()) if len(order) else set()
    for number, row in enumerate(ends.tolist()):
        colour = _colour(number, len(ends))
        one, two = (round(row[0]), round(row[1])), (round(row[2]), round(row[3]))
        if number in lined:
            cv2.line(canvas, one, two, colour, 1, cv2.LINE_AA)
        for place in (one, two):
            cv2.circle(canvas, place, 4, _INK, -1, cv2.LINE_AA)
            cv2.circle(canvas, place, 3, colour, -1, cv2.LINE_AA)
    return bytes(cv2.imencode(".jpg", canvas, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1])


def write_picture(folder: Path, data: bytes) -> Path:
    """Write a picture under its own SHA-256 and return where; one that is there already stays. Raises `OSError`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{hashlib.sha256(data).hexdigest()}.jpg"
    if not path.exists():
        part = path.with_suffix(f".{os.getpid()}.part")
        try:
            part.write_bytes(data)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    return path


def _prepare(side: Side) -> tuple[Picture, Points]:
    """The picture at `HEIGHT_PX` with its hidden areas hatched, and its points there."""
    cv2 = load_cv2()
    height, width = side.bgr.shape[:2]
    scale = HEIGHT_PX / height
    size = (max(1, round(width * scale)), HEIGHT_PX)
    picture = np.asarray(cv2.resize(side.bgr, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR), np.uint8)
    if side.mask is not None:
        hidden = cv2.resize(side.mask, size, interpolation=cv2.INTER_NEAREST) == 0
        rows, columns = np.indices(hidden.shape)
        hatch = hidden & ((rows + columns) % 12 < 4)
        picture = picture.copy()
        picture[hidden] = picture[hidden] // 2 + np.asarray(_SHADE, np.uint8) // 2
        picture[hatch] = _SHADE
    return picture, side.points_px.reshape(-1, 2).astype(np.float32) * np.float32(scale)


def _colour(number: int, count: int) -> Sequence[int]:
    """A bright colour for each line, so that the eye can follow it."""
    cv2 = load_cv2()
    hue = np.array([[[round(179 * number / max(1, count)), 255, 255]]], np.uint8)
    return tuple(int(value) for value in cv2.cvtColor(hue, cv2.COLOR_HSV2BGR)[0, 0])
