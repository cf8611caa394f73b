"""Short films that pan over a photograph, as a hand-held camera would, and what becomes of them on their way: for doubles.py."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import av
import cv2
import numpy as np

Picture = np.ndarray
FPS, SECONDS, SIZE_PX = 10, 12, (640, 360)
# The share of the photograph's width and height that a frame shows, at the start and at the end.
SHOWN = (0.55, 0.7)


def film(bgr: Picture, name: str, path: Path, *, size_px: tuple[int, int] = SIZE_PX, crf: int = 23) -> None:
    """The recording itself: a key frame every second."""
    _encode(_pan(bgr, name, size_px), path, crf=crf, group=FPS)


def recompress(bgr: Picture, name: str, path: Path) -> None:
    """Encoded anew as a platform does: smaller, coarser, hardly any key frames."""
    _encode((cv2.resize(frame, (424, 240), interpolation=cv2.INTER_AREA) for frame in _pan(bgr, name)), path, crf=32, group=250)


def resize(bgr: Picture, name: str, path: Path) -> None:
    """Half as wide and high, as a preview."""
    half = (SIZE_PX[0] // 2, SIZE_PX[1] // 2)
    _encode((cv2.resize(frame, half, interpolation=cv2.INTER_AREA) for frame in _pan(bgr, name)), path, crf=28, group=3 * FPS)


def crop(bgr: Picture, name: str, path: Path) -> None:
    """Nine tenths of either side, from anywhere, but the same in every frame."""
    rng = np.random.default_rng(int.from_bytes(hashlib.sha256(f"crop {name}".encode()).digest()[:8], "big"))
    # The encoder takes even sides alone.
    wide, high = (2 * round(0.45 * side) for side in SIZE_PX)
    left, top = int(rng.integers(0, SIZE_PX[0] - wide + 1)), int(rng.integers(0, SIZE_PX[1] - high + 1))
    _encode((frame[top : top + high, left : left + wide] for frame in _pan(bgr, name)), path, crf=28, group=3 * FPS)


def trim(bgr: Picture, name: str, path: Path) -> None:
    """Without its first 3.3 s and its last two."""
    _encode(list(_pan(bgr, name))[33:-20], path, crf=28, group=2 * FPS)


def mirror(bgr: Picture, name: str, path: Path) -> None:
    """Left and right exchanged."""
    _encode((frame[:, ::-1] for frame in _pan(bgr, name)), path, crf=28, group=2 * FPS)


def mirror_and_trim(bgr: Picture, name: str, path: Path) -> None:
    """Mirrored, and without its first 1.1 s, which shifts the key frames."""
    _encode([frame[:, ::-1] for frame in _pan(bgr, name)][11:], path, crf=28, group=2 * FPS)


def caption(bgr: Picture, name: str, path: Path) -> None:
    """With a banner."""
    _encode(map(_cover, _pan(bgr, name)), path, crf=28, group=3 * FPS)


def caption_and_crop(bgr: Picture, name: str, path: Path) -> None:
    """With a banner, cropped a little at the sides, which stretches what is left."""
    frames = (_cover(cv2.resize(frame[:, 24:-24], SIZE_PX)) for frame in _pan(bgr, name))
    _encode(frames, path, crf=28, group=3 * FPS)


COPIES_OF_CLIPS: dict[str, Callable[[Picture, str, Path], None]] = {
    "recompressed": recompress,
    "resized": resize,
    "cropped 90 %": crop,
    "captioned": caption,
    "mirrored": mirror,
    "trimmed": trim,
    "mirrored, trimmed": mirror_and_trim,
    "captioned, cropped": caption_and_crop,
}


def _cover(frame: Picture) -> Picture:
    frame = frame.copy()
    frame[300:340] = (140, 30, 30)
    cv2.putText(frame, "BREAKING  channel24 news", (20, 328), 2, 0.8, (255, 255, 255), 2)
    return frame


def _pan(bgr: Picture, name: str, size_px: tuple[int, int] = SIZE_PX) -> Iterator[Picture]:
    rng = np.random.default_rng(int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big"))
    height, width = bgr.shape[:2]
    count = FPS * SECONDS
    shown = np.linspace(*SHOWN, count)
    start, end = rng.uniform(0.0, 1.0, (2, 2))
    shake = np.cumsum(rng.normal(0.0, 1.5, (count, 2)), axis=0)
    for number in range(count):
        share = number / (count - 1)
        wide = shown[number] * width
        high = min(wide * size_px[1] / size_px[0], height)
        room = np.array([width - wide, height - high])
        left, top = np.clip((start + (end - start) * share) * room + shake[number], 0.0, room)
        scale = size_px[0] / wide
        moved = np.array([[scale, 0.0, -left * scale], [0.0, size_px[1] / high, -top * size_px[1] / high]])
        yield cv2.warpAffine(bgr, moved, size_px, flags=cv2.INTER_AREA)


def _encode(frames: Iterable[Picture], path: Path, *, crf: int, group: int) -> None:
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": str(crf), "preset": "veryfast", "threads": "1", "g": str(group)}
        for number, frame in enumerate(frames):
            if number == 0:
                stream.height, stream.width = frame.shape[:2]
            for packet in stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="bgr24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
