"""Folders of small footage, and runs of the program over them in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from builders.jpeg import build_jpeg, insert_exif_jpeg
from builders.tiff import build_exif, gps_tags

ROOT = Path(__file__).resolve().parents[2]
INSIDE = (9.6, 101.9)


def photo(number: int) -> bytes:
    """A JPEG with a position and bytes of its own."""
    data = insert_exif_jpeg(build_jpeg(), build_exif(gps=gps_tags(INSIDE[0] + number * 1e-6, INSIDE[1], error_m=5.0)))
    return data + number.to_bytes(4)


def fill(folder: Path, count: int) -> list[Path]:
    """So many photos in a new folder."""
    folder.mkdir()
    paths = [folder / f"IMG_{number:05d}.jpg" for number in range(count)]
    for number, path in enumerate(paths):
        path.write_bytes(photo(number))
    return paths


def command(*args: str | Path) -> list[str]:
    """The program with arguments, as a command of the shell."""
    return [sys.executable, "-m", "geoverify", *map(os.fspath, args)]


def start(*args: str | Path) -> subprocess.Popen[bytes]:
    """Start the program in a process group of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    return subprocess.Popen(command(*args), stdout=pipe, stderr=pipe, env=environment, start_new_session=True)
