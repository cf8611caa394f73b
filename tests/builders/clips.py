"""Small videos and pictures, encoded by OpenCV's own encoders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from geoverify.opencv import load_cv2

FPS = 25.0
WIDTH, HEIGHT = 320, 240


def grey(number: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """A flat frame whose brightness tells its number."""
    return np.full((HEIGHT, WIDTH, 3), 2 * number, np.uint8)


def checkers(number: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """A sharp pattern with a bright top, so that blur and rotation show."""
    rows, columns = np.indices((HEIGHT, WIDTH))
    pattern = np.where((rows // 8 + columns // 8) % 2, 160, 60)
    pattern[: HEIGHT // 4] = 250
    return np.repeat(pattern[:, :, None], 3, axis=2).astype(np.uint8)


def write_clip(
    path: Path, frames: int = 100, paint: Callable[[int], np.ndarray[Any, np.dtype[np.uint8]]] = grey, fourcc: str = "mp4v"
) -> Path:
    """Encode a clip in the container that the suffix names; MPEG-4 part 2 has a key frame every 12 frames here."""
    cv2 = load_cv2()
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter_fourcc(*fourcc), FPS, (WIDTH, HEIGHT))
    if not writer.isOpened():
        raise RuntimeError(f"OpenCV has no encoder for {fourcc} in {path.suffix}")
    for number in range(frames):
        writer.write(paint(number))
    writer.release()
    return path


def encode_picture(suffix: str, pixels: np.ndarray[Any, np.dtype[np.uint8]]) -> bytes:
    """A picture's file in the format that the suffix names."""
    ok, data = load_cv2().imencode(suffix, pixels)
    if not ok:
        raise RuntimeError(f"OpenCV has no encoder for {suffix}")
    return bytes(data)
