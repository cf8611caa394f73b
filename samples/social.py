"""Videos as platforms leave them: a walk past a place, captioned, cropped or mirrored, encoded twice, with no metadata."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from builders.h264 import write_h264
from builders.overlays import blurred_sides, caption_banner, channel_logo
from cases import Walk
from scenes import Image

SIZE, FPS, SECONDS = (848, 480), 15, 6.0
# As uploaded, then as downloaded: constant rate factors, a key frame every second.
QUALITIES = (25, 31)
# A hand that holds a phone: degrees.
SHAKE_DEG = 0.5
Shoot = Callable[[float, float, float], Image]


def write_social_clip(shoot: Shoot, walk: Walk, seed: int) -> bytes:
    """The bytes of a clip; `shoot` takes the share of the walk, and degrees by which the camera shakes right and up."""
    frames: Sequence[Image] = [_lay_over(frame, walk) for frame in _film(shoot, seed)]
    with tempfile.TemporaryDirectory() as folder:
        for number, quality in enumerate(QUALITIES):
            path = write_h264(Path(folder, f"{number}.mp4"), frames, fps=FPS, key_every=FPS, crf=quality)
            frames = _read(path)
        return path.read_bytes()


def _film(shoot: Shoot, seed: int) -> Iterator[Image]:
    dice, shake = np.random.default_rng(seed), np.zeros(2)
    count = round(FPS * SECONDS)
    for number in range(count):
        shake = 0.8 * shake + dice.normal(0.0, 0.4 * SHAKE_DEG, 2)
        yield shoot(number / (count - 1), float(shake[0]), float(shake[1]))


def _lay_over(frame: Image, walk: Walk) -> Image:
    if walk.is_mirrored:
        frame = np.ascontiguousarray(frame[:, ::-1])
    if walk.has_blurred_sides:
        frame = blurred_sides(frame, np.random.default_rng(walk.overlay_seed))[0]
    if walk.has_logo:
        frame = channel_logo(frame, np.random.default_rng(walk.overlay_seed))[0]
    return caption_banner(frame, np.random.default_rng(walk.overlay_seed))[0]


def _read(path: Path) -> list[Image]:
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    frames: list[Image] = []
    while True:
        ok, frame = capture.read()
        if not ok:
            capture.release()
            return frames
        frames.append(np.asarray(frame, np.uint8))
