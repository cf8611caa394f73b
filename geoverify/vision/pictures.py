"""Evidence that a person can look at: a frame beside the reference that it matches, with what agrees and what was hidden."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geoverify.opencv import load_cv2

Picture = NDArray[np.uint8]
Mask = NDArray[np.uint8]
Points = NDArray[np.float32]

# Each half fits into this; above the halves stands what they are, and between them lies a strip of paper.
HEIGHT_PX, WIDTH_PX, GAP_PX, TITLE_PX = 540, 960, 12, 28
# More lines hide the pictures; the points of all are drawn.
MAX_LINES = 80
JPEG_QUALITY = 85
# Noise on both halves stays under half of this.
MAX_PICTURE_BYTES = 2 << 20
# Pictures of one file at most: the best of the sites that it matches.
MAX_PICTURES = 6
SUFFIX = ".jpg"
_JPEG_START = b"\xff\xd8\xff"
_PAPER, _SHADE, _INK = (245, 245, 245), (60, 40, 160), (30, 30, 30)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Side:
    """Half of an evidence picture: BGR, its mask (255 = used) where it has one, the points that agree, (n, 2) in pixels.

    A mirrored side is turned back, so that both halves can be compared. The title is drawn as it is: no text of a file belongs
    there.
    """

    title: str
    bgr: Picture
    points_px: Points
    mask: Mask | None = None
    is_mirrored: bool = False


def draw_match(frame: Side, reference: Side) -> bytes:
    """A JPEG of the frame on the left and the reference on the right; the same input gives the same bytes.

    Hidden areas are hatched; the nth point of one side and of the other are the two ends of a line. Raises `ValueError` where
    their numbers differ.
    """
    if len(frame.points_px) != len(reference.points_px):
        raise ValueError("each point of the frame needs one of the reference")
    cv2 = load_cv2()
    (left, here), (right, there) = _prepare(frame), _prepare(reference)
    start = left.shape[1] + GAP_PX
    height = max(left.shape[0], right.shape[0])
    canvas = np.full((TITLE_PX + height, start + right.shape[1], 3), _PAPER, np.uint8)
    for side, half, x in ((frame, left, 0), (reference, right, start)):
        canvas[TITLE_PX : TITLE_PX + half.shape[0], x : x + half.shape[1]] = half
        cv2.putText(canvas, side.title, (x + 4, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.5, _INK, 1, cv2.LINE_AA)
    ends = np.concatenate([here, there], axis=1) + np.array([0, TITLE_PX, start, TITLE_PX], np.float32)
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
    return bytes(cv2.imencode(SUFFIX, canvas, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1])


def name_picture(data: bytes) -> str:
    """The name of a picture's file: the SHA-256 of its bytes, so that nothing of a footage's name is in it."""
    return hashlib.sha256(data).hexdigest() + SUFFIX


def are_pictures(pictures: Mapping[str, bytes]) -> bool:
    """Whether these can be what a worker drew: few, bounded, JPEG by their first bytes, and each under its own digest.

    Nothing more can be said without decoding them, and who asks is not behind the walls.
    """
    return len(pictures) <= MAX_PICTURES and all(
        len(data) <= MAX_PICTURE_BYTES and data.startswith(_JPEG_START) and name == name_picture(data)
        for name, data in pictures.items()
    )


def write_picture(folder: Path, data: bytes) -> Path:
    """Write a picture under its own SHA-256 and return where; one that is there already stays. Raises `OSError`.

    As a case, it is for its owner alone.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / name_picture(data)
    if not path.exists():
        part = path.with_suffix(f".{os.getpid()}.part")
        try:
            part.touch(mode=0o600)
            part.write_bytes(data)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    return path


def _prepare(side: Side) -> tuple[Picture, Points]:
    """The picture at its size on paper with its hidden areas hatched, and its points there."""
    cv2 = load_cv2()
    height, width = side.bgr.shape[:2]
    scale = min(HEIGHT_PX / height, WIDTH_PX / width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    picture = np.asarray(cv2.resize(side.bgr, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR), np.uint8)
    if side.mask is not None:
        hidden = cv2.resize(side.mask, size, interpolation=cv2.INTER_NEAREST) == 0
        rows, columns = np.indices(hidden.shape)
        hatch = hidden & ((rows + columns) % 12 < 4)
        picture = picture.copy()
        picture[hidden] = picture[hidden] // 2 + np.asarray(_SHADE, np.uint8) // 2
        picture[hatch] = _SHADE
    points = side.points_px.reshape(-1, 2).astype(np.float32) * np.float32(scale)
    if side.is_mirrored:
        picture = picture[:, ::-1]
        points[:, 0] = size[0] - 1 - points[:, 0]
    return picture, points


def _colour(number: int, count: int) -> Sequence[int]:
    """A bright colour for each line, so that the eye can follow it."""
    cv2 = load_cv2()
    hue = np.array([[[round(179 * number / max(1, count)), 255, 255]]], np.uint8)
    return tuple(int(value) for value in cv2.cvtColor(hue, cv2.COLOR_HSV2BGR)[0, 0])
