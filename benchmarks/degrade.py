"""What social media do to a picture, seeded by its name: the degradations of the visual benchmarks."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]


def degrade(bgr: Picture, way: str, name: str) -> Picture:
    """Return a picture as it comes out of one of `WAYS`; the same name gives the same bytes."""
    seed = int.from_bytes(hashlib.sha256(f"{way}/{name}".encode()).digest()[:8], "big")
    return WAYS[way](bgr, np.random.default_rng(seed))


def _jpeg(bgr: Picture, rng: np.random.Generator) -> Picture:
    ok, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 71))])
    assert ok
    return cv2.imdecode(data, cv2.IMREAD_COLOR)


def _video(bgr: Picture, rng: np.random.Generator) -> Picture:
    """One H.264 key frame at CRF 28 to 35, at most 1,280 px wide as platforms send it."""
    import av

    scale = min(1.0, 1280.0 / max(bgr.shape[:2]))
    height, width = (2 * round(side * scale / 2) for side in bgr.shape[:2])
    small = cv2.resize(bgr, (width, height), interpolation=cv2.INTER_AREA)
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"crf": str(int(rng.integers(28, 36))), "preset": "veryfast", "threads": "1"}
        for packet in stream.encode(av.VideoFrame.from_ndarray(small, format="bgr24")):
            container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    file.seek(0)
    with av.open(file) as container:
        return next(container.decode(video=0)).to_ndarray(format="bgr24")


def _crop(bgr: Picture, rng: np.random.Generator) -> Picture:
    height, width = bgr.shape[:2]
    share = rng.uniform(0.7, 0.9)
    high, wide = round(height * share), round(width * share)
    top, left = int(rng.integers(0, height - high + 1)), int(rng.integers(0, width - wide + 1))
    return _jpeg(np.ascontiguousarray(bgr[top : top + high, left : left + wide]), rng)


def _banner(bgr: Picture, rng: np.random.Generator) -> Picture:
    """A channel's caption banner along the bottom and its logo in a corner, the same for everything."""
    picture = bgr.copy()
    height, width = picture.shape[:2]
    top = round(height * 0.84)
    picture[top : round(height * 0.96)] = (140, 30, 30)
    scale = width / 900.0
    cv2.putText(
        picture, "BREAKING  channel24 news  LIVE REPORT", (width // 40, round(height * 0.92)), 2, scale, (255, 255, 255), 2
    )
    x, y, side = round(width * 0.86), round(height * 0.04), round(width * 0.1)
    picture[y : y + side, x : x + side] = (30, 30, 200)
    cv2.putText(picture, "C24", (x + side // 12, y + round(side * 0.65)), 3, side / 70.0, (255, 255, 255), 2)
    return _jpeg(picture, rng)


def _mirror(bgr: Picture, rng: np.random.Generator) -> Picture:
    return _jpeg(np.ascontiguousarray(bgr[:, ::-1]), rng)


def _pillar(bgr: Picture, rng: np.random.Generator) -> Picture:
    """A landscape picture in a portrait frame, with itself blurred behind it; a portrait one in a landscape frame."""
    height, width = bgr.shape[:2]
    wide, high = (720, 1280) if width >= height else (1280, 720)
    scale = min(wide / width, high / height)
    inner = cv2.resize(bgr, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
    frame = cv2.GaussianBlur(cv2.resize(bgr, (wide, high)), (0, 0), 25)
    top, left = (high - inner.shape[0]) // 2, (wide - inner.shape[1]) // 2
    frame[top : top + inner.shape[0], left : left + inner.shape[1]] = inner
    return _jpeg(frame, rng)


WAYS: dict[str, Callable[[Picture, np.random.Generator], Picture]] = {
    "jpeg": _jpeg,
    "video": _video,
    "crop": _crop,
    "banner": _banner,
    "mirror": _mirror,
    "pillar": _pillar,
}
