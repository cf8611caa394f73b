"""The only door to OpenCV: its limits are set before it is imported, and its failure to load is one clear line."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

from geoverify.errors import MissingToolError

# A 3 kB AVIF can ask for gigabytes: OpenCV reads this limit once, when it is imported.
MAX_IMAGE_PIXELS = 1 << 28
# Real containers only, so that a playlist or script named .mp4 cannot make FFmpeg open other files; no network protocol.
CAPTURE_OPTIONS = (
    "protocol_whitelist;file|format_whitelist;mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,mpegvideo,flv,asf,ogg"
)
KEY_FRAMES_ONLY = "|avdiscard;nonkey"
# Where the header tells all, FFmpeg would still decode pictures to guess at what it leaves open: 180 MB for some.
HEADER_ONLY = "|probesize;32|analyzeduration;1"
# Opening a video of 8K takes 35 MB, the index of one of ten hours 130 MB; one of samples that are not there takes gigabytes.
MAX_OPENING_BYTES = 192 << 20
NEEDED_LIBRARIES = "libgl1 libglib2.0-0 libxcb1"


def load_cv2() -> ModuleType:
    """Import cv2 with its limits set; raises `MissingToolError` naming the system libraries where it cannot load."""
    os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"] = str(MAX_IMAGE_PIXELS)
    os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = CAPTURE_OPTIONS
    os.environ["OPENCV_LOG_LEVEL"] = "SILENT"
    # AV_LOG_QUIET; OpenCV prints FFmpeg's messages to stdout.
    os.environ["OPENCV_FFMPEG_LOGLEVEL"] = "-8"
    try:
        import cv2
    except ImportError as error:
        raise MissingToolError(
            f"OpenCV cannot load ({error}); install its system libraries (apt-get install {NEEDED_LIBRARIES}) "
            "or replace opencv-python by opencv-python-headless of the same version"
        ) from error
    cv2.setNumThreads(1)
    return cv2


def descriptor_path(fd: int, otherwise: str) -> str:
    """A path that opens the very file behind a descriptor, whatever its name is now, on systems that have such paths.

    OpenCV could read from a Python stream, but counts its offsets in 32 bits and crashes where one is larger (5.0).
    """
    folder = next((folder for folder in ("/proc/self/fd", "/dev/fd") if Path(folder).is_dir()), None)
    if folder is None:
        return otherwise
    # On macOS the new descriptor shares its offset with the old one.
    os.lseek(fd, 0, os.SEEK_SET)
    return f"{folder}/{fd}"


@contextmanager
def path_of_bytes(data: bytes) -> Iterator[str]:
    """A path that opens some bytes: in memory on Linux, in a temporary file elsewhere."""
    if sys.platform == "linux":
        with os.fdopen(os.memfd_create("geoverify"), "wb") as file:
            file.write(data)
            file.flush()
            yield f"/proc/self/fd/{file.fileno()}"
    else:
        with TemporaryDirectory() as folder:
            path = Path(folder, "clip")
            path.write_bytes(data)
            yield str(path)


@contextmanager
def limit_growth(extra_bytes: int) -> Iterator[None]:
    """Refuse the process more address space than it has and so many bytes, on Linux; its own limits come back afterwards."""
    if sys.platform != "linux":
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() + extra_bytes
    resource.setrlimit(resource.RLIMIT_AS, (limit if soft == resource.RLIM_INFINITY else min(limit, soft), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


@contextmanager
def open_capture(path: str, *, key_frames_only: bool = False, header_only: bool = False) -> Iterator[Any]:
    """Open a video with one FFmpeg thread; the capture's `isOpened` tells whether it could be.

    Decoders that know how to skip decode only key frames where that is asked for. `header_only` reads no pictures to complete
    what the header says, which suits only containers whose header is complete. Raises `MemoryError` or OpenCV's own error for
    a file whose opening takes over `MAX_OPENING_BYTES`.
    """
    cv2 = load_cv2()
    # OpenCV reads this variable anew for every capture.
    os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = (
        CAPTURE_OPTIONS + (KEY_FRAMES_ONLY if key_frames_only else "") + (HEADER_ONLY if header_only else "")
    )
    with limit_growth(MAX_OPENING_BYTES):
        capture = cv2.VideoCapture(path, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    try:
        yield capture
    finally:
        capture.release()


@contextmanager
def silence_stderr() -> Iterator[None]:
    """Send what C libraries print to stderr to nowhere (libjpeg and libpng have no other switch); whole process, no threads."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
