"""Pictures and key frames decoded by OpenCV, within limits on their sizes; `Film` is how the rest of the room asks for them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from geoverify.errors import MalformedError
from geoverify.media import MAX_READ_BYTES, ByteSource
from geoverify.opencv import limit_growth, load_cv2, open_capture, path_of_bytes, silence_stderr

# JPEGs of 200 million pixels decode within this, WebP of 28 million, AVIF of 16; a PNG's chunk may ask for four gigabytes.
MAX_PICTURE_BYTES = 200 << 20
# An 8K frame has 33 million pixels; the bytes of one in colour stay under 256 MiB here.
MAX_FRAME_PIXELS = 1 << 26
# Frames that are stepped over at most in containers whose tables are not read here; then the rest is sought.
MAX_STEPS = 120
# Pictures that OpenCV's wheels have no decoder for; a raw file's metadata is read all the same.
UNDECODED_TYPES = frozenset(
    {"image/jxl", "image/x-canon-cr3", "image/x-panasonic-rw2", "image/x-olympus-orf", "image/x-fuji-raf"}
)
# Decoded where they are coded in H.265, as phones write them.
HEIF_TYPES = frozenset({"image/heic", "image/heic-sequence", "image/heif", "image/heif-sequence"})
Luma = NDArray[np.uint8]
# Blue, green, red: shape (height, width, 3).
Picture = NDArray[np.uint8]


class NoPicturesError(MalformedError):
    """The file has no stream of pictures that opens, which the reader of streams reports."""


def reduce_picture(picture: Picture | Luma, side_px: int) -> NDArray[np.uint8]:
    """The picture with its longer side at most `side_px`, averaged; itself where it is no larger."""
    cv2 = load_cv2()
    height, width = picture.shape[:2]
    scale = side_px / max(height, width)
    if scale >= 1.0:
        return picture
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def read_encoded(source: ByteSource) -> NDArray[np.uint8]:
    """All bytes of a picture's file; raises `MalformedError` where they are more than are decoded."""
    if source.size_bytes > MAX_READ_BYTES:
        raise MalformedError(f"a picture of {source.size_bytes} bytes is not decoded; reduce a copy to have it looked at")
    return np.frombuffer(source.read(0, source.size_bytes), np.uint8)


def decode_bytes(data: NDArray[np.uint8], flag: int) -> NDArray[np.uint8] | None:
    """OpenCV's picture from bytes, turned upright by its EXIF; it refuses sizes over `MAX_IMAGE_PIXELS` by the header."""
    cv2 = load_cv2()
    try:
        with silence_stderr(), limit_growth(MAX_PICTURE_BYTES):
            return cast("NDArray[np.uint8] | None", cv2.imdecode(data, flag))
    except cv2.error:
        return None


def decode_clip(movie: bytes, count: int) -> Iterator[tuple[int, Picture]]:
    """Decode a movie of `count` key frames, a second each (see `KeySamples.cut`), each with its place."""
    with path_of_bytes(movie) as path, open_capture(path) as capture:
        check_capture(capture)
        for _ in range(count):
            if not capture.grab():
                return
            place = round(tell_time_s(capture))
            if 0 <= place < count:
                ok, frame = capture.retrieve()
                if ok:
                    yield place, frame


def decode_file(path: str, count: int) -> Iterator[tuple[float, Picture]]:
    """Step over key frames and take the first in each of `count` equal parts; seek the parts that stepping does not reach."""
    cv2 = load_cv2()
    with open_capture(path, key_frames_only=True) as capture:
        check_capture(capture)
        fps, frames = capture.get(cv2.CAP_PROP_FPS), capture.get(cv2.CAP_PROP_FRAME_COUNT)
        duration_s = frames / fps if fps > 0 and frames > 0 else 0.0
        parts = [duration_s * part / count for part in range(count)] if math.isfinite(duration_s) and duration_s else [0.0]
        for _ in range(MAX_STEPS):
            if not capture.grab():
                return
            time_s = tell_time_s(capture)
            if time_s >= parts[0]:
                yield from _retrieve(capture, time_s)
                parts = [start_s for start_s in parts if start_s > time_s]
            if not parts:
                return
    with open_capture(path) as capture:
        for start_s in parts:
            capture.set(cv2.CAP_PROP_POS_MSEC, start_s * 1000.0)
            if capture.grab():
                yield from _retrieve(capture, tell_time_s(capture))


def tell_time_s(capture: Any) -> float:
    """The second of the frame that a capture has grabbed, 0 where it does not say."""
    milliseconds = float(capture.get(load_cv2().CAP_PROP_POS_MSEC))
    return max(0.0, milliseconds / 1000.0) if math.isfinite(milliseconds) else 0.0


def _retrieve(capture: Any, time_s: float) -> Iterator[tuple[float, Picture]]:
    ok, frame = capture.retrieve()
    if ok:
        yield time_s, frame


def check_capture(capture: Any) -> None:
    """Raise `NoPicturesError` where nothing opened, `MalformedError` for frames over the limit."""
    cv2 = load_cv2()
    if not capture.isOpened():
        raise NoPicturesError("no stream of pictures opens")
    check_size(capture.get(cv2.CAP_PROP_FRAME_WIDTH), capture.get(cv2.CAP_PROP_FRAME_HEIGHT))


def check_size(width_px: float, height_px: float) -> None:
    """Raise `MalformedError` for frames over the limit."""
    if width_px * height_px > MAX_FRAME_PIXELS:
        raise MalformedError(f"frames of {width_px:.0f}×{height_px:.0f} pixels are over the limit of {MAX_FRAME_PIXELS} pixels")
