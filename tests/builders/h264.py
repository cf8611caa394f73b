"""H.264 clips as phones and platforms write them, by PyAV, whose encoder the product itself never uses."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray


def write_h264(
    path: Path, frames: Iterable[NDArray[np.uint8]], *, fps: int = 30, key_every: int = 30, crf: int = 23, mbit_s: float = 0.0
) -> Path:
    """Encode BGR frames of one shape, at a quality or a bit rate; skips the test where PyAV is not installed."""
    av: Any = pytest.importorskip("av", reason="needs PyAV to encode H.264 (dev group)")
    with av.open(str(path), "w") as out:
        stream = None
        for picture in frames:
            if stream is None:
                rate = {"b": f"{mbit_s}M"} if mbit_s else {"crf": str(crf)}
                options = {**rate, "preset": "veryfast", "sc_threshold": "0", "threads": "1"}
                stream = out.add_stream("h264", rate=Fraction(fps), options=options)
                stream.height, stream.width = picture.shape[:2]
                stream.pix_fmt, stream.gop_size = "yuv420p", key_every
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")):
                out.mux(packet)
        assert stream is not None
        for packet in stream.encode():
            out.mux(packet)
    return path
