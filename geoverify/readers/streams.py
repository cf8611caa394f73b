"""What OpenCV's decoder says of a video's stream: a second witness beside the container's own boxes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from geoverify.containers.samples import MOVIE_TYPES
from geoverify.media import ByteSource
from geoverify.model import Finding, MediaFile, MediaKind, Observation, Problem, Provenance, VideoInfo, Who
from geoverify.opencv import descriptor_path, load_cv2, open_capture

NAME = "streams"
# No camera or screen recorder reaches these; beyond them a figure is a default or a wrong division.
MAX_FPS = 100_000.0
MAX_SIDE_PX = 1 << 16
MAX_DURATION_S = 400 * 24 * 3600.0


class StreamsReader:
    """The properties that OpenCV's FFmpeg capture gives before any frame is asked for."""

    name = NAME
    kinds = frozenset({MediaKind.VIDEO})

    def read(self, media: MediaFile, source: ByteSource) -> Iterator[Finding]:
        """Yield one `VideoInfo`, or a problem where no stream of pictures opens; nothing for bytes that are no file.

        A figure out of bounds is `None`.
        """
        if source.fileno() < 0:
            return
        cv2 = load_cv2()
        path = descriptor_path(source.fileno(), media.path)
        try:
            with open_capture(path, header_only=media.media_type in MOVIE_TYPES) as capture:
                figures = _read_figures(cv2, capture) if capture.isOpened() else None
        except (MemoryError, cv2.error):
            figures = None
        if figures is None:
            message = (
                f"OpenCV opens no stream of pictures in it ({media.media_type}); play it, and ask for the original if it fails"
            )
            yield Problem(code="no-video-stream", message=message, where=f"readers.{NAME}")
            return
        raw = ", ".join(f"{name} {value:g}" for name, value in figures.items())
        # Whoever encoded the file last wrote these figures, and the decoder does not say who that was.
        provenance = Provenance(reader=NAME, field="CAP_PROP_*", raw=raw, who=Who.EDITOR)
        yield Observation(value=_to_info(figures), provenance=provenance)


READER = StreamsReader()


def _read_figures(cv2: ModuleType, capture: Any) -> dict[str, float]:
    names = ("FRAME_COUNT", "FPS", "FRAME_WIDTH", "FRAME_HEIGHT", "ORIENTATION_META", "FOURCC")
    return {name: float(capture.get(getattr(cv2, f"CAP_PROP_{name}"))) for name in names}


def _to_info(figures: dict[str, float]) -> VideoInfo:
    fps = _within(figures["FPS"], MAX_FPS)
    count = _within(figures["FRAME_COUNT"], 2.0**31)
    width, height = (_within(figures[f"FRAME_{side}"], MAX_SIDE_PX) for side in ("WIDTH", "HEIGHT"))
    turn = figures["ORIENTATION_META"]
    # OpenCV turns the frames upright itself and gives the size after that; the container's own is that before.
    if turn in (90.0, 270.0):
        width, height = height, width
    duration_s = None if fps is None or count is None else _within(count / fps, MAX_DURATION_S)
    return VideoInfo(
        duration_s=duration_s,
        fps=fps,
        frame_count=None if count is None else int(count),
        width_px=None if width is None else int(width),
        height_px=None if height is None else int(height),
        rotation_deg=int(turn) % 360 if math.isfinite(turn) else None,
        codec=_to_fourcc(figures["FOURCC"]),
    )


def _within(value: float, limit: float) -> float | None:
    return value if math.isfinite(value) and 0 < value <= limit else None


def _to_fourcc(value: float) -> str | None:
    """FFmpeg's codec name or tag as four characters, the first in the lowest byte."""
    if not math.isfinite(value) or not 0 < value < 2**32:
        return None
    raw = int(value).to_bytes(4, "little").rstrip(b"\0 ")
    return raw.decode("ascii") if raw and raw.isascii() and raw.decode("ascii").isprintable() else None
