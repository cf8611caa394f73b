"""What reading metadata costs: CPU seconds per 1,000 files of our readers and of `exiftool -fast2`, in turn on the same files.

Both are measured warm: the start of either program is not counted, and the files are listed so often that the loading of
modules does not count much. Opening a file counts, its digest does not, which ExifTool does not make. The two take turns, and the
best round of each is compared, because what else the machine does can only add to either.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import metadata_exiftool as exiftool

from geoverify.interfaces import Reader
from geoverify.media import HEAD_BYTES, ByteSource, sniff_type
from geoverify.model import MediaFile, MediaKind
from geoverify.readers import all_readers, c2pa, guard

# The decoder of videos does what no reader of metadata does: it is told apart and not compared.
DECODERS = ("streams",)
BAR = 20.0
LISTED_FILES = 250


@contextmanager
def open_undigested(path: Path) -> Iterator[tuple[MediaFile, ByteSource]]:
    """A file as the readers get it, without its digest."""
    fd = os.open(path, os.O_RDONLY)
    try:
        size = os.fstat(fd).st_size
        kind, media_type = sniff_type(os.pread(fd, HEAD_BYTES, 0))
        source = ByteSource(fd, size)
        yield MediaFile(path=str(path), kind=kind, media_type=media_type, size_bytes=size, digest=None), source
        source.memo.clear()
    finally:
        os.close(fd)


def compare(paths: Sequence[Path], rounds: int) -> bool:
    """Print the table for images, JPEG and video; return whether both bars are met."""
    groups: dict[str, list[Path]] = {"images": [], "JPEG alone": [], "video": []}
    for path in paths:
        with open_undigested(path) as (media, _):
            label = "images" if media.kind is MediaKind.IMAGE else "video"
            groups[label].append(path)
            if media.media_type == "image/jpeg":
                groups["JPEG alone"].append(path)
    print("\nCPU seconds per 1,000 files, without the start of either program; the readers without C2PA's signature check")
    met = [_compare_group(label, group, rounds) for label, group in groups.items() if group]
    return all(met)


def _compare_group(label: str, paths: list[Path], rounds: int) -> bool:
    kind = MediaKind.VIDEO if label == "video" else MediaKind.IMAGE
    readers = [reader for reader in all_readers() if kind in reader.kinds and reader.name not in DECODERS]
    with _without_signature_check():
        _read_all(paths, readers)
        listed = list(paths) * -(-LISTED_FILES // len(paths))
        ours: list[float] = []
        tools: dict[tuple[str, ...], list[float]] = {exiftool.READ_TAGS: [], exiftool.CORE_TAGS: []}
        for _ in range(rounds):
            turns = [_read_all(listed, readers)]
            if exiftool.is_installed():
                start_s = exiftool.time_ask((), exiftool.READ_TAGS)
                for tags, seconds in tools.items():
                    seconds.append((exiftool.time_ask(listed, tags) - start_s) / len(listed) * 1000)
                    turns.append(_read_all(listed, readers))
            ours.append(statistics.mean(turns) / len(listed) * 1000)
        shares = _read_apart(paths, readers)
    print(f"\n{label}: {len(paths)} files, listed {len(listed) // len(paths)} times, best of {rounds} rounds in turn")
    own = min(ours)
    print(f"  {'this tool, all readers':54}{own:8.2f}   (median {statistics.median(ours):.2f})")
    met = True
    for tags, seconds in tools.items():
        if not seconds:
            print("  ExifTool: not installed, so the bar is not judged")
            break
        ratio = min(seconds) / own
        has_bar = tags is exiftool.READ_TAGS and label != "JPEG alone"
        met &= not has_bar or ratio >= BAR
        note = f" (bar {BAR:.0f} ×){'' if ratio >= BAR else '  MISSED'}" if has_bar else ""
        asked = (
            f"the {len(tags)} tags that our readers report" if tags is exiftool.READ_TAGS else f"{len(tags)} of them, the table's"
        )
        figures = f"{min(seconds):8.2f}   (median {statistics.median(seconds):.2f})"
        print(f"  {f'ExifTool -fast2, {asked}':54}{figures}   {ratio:5.1f} × ours{note}")
    print(f"  by reader: {', '.join(f'{name} {seconds:.3f}' for name, seconds in shares.items() if seconds >= 0.001)}")
    apart = [reader for reader in all_readers() if kind in reader.kinds and reader.name in (*DECODERS, c2pa.NAME)]
    for name, seconds in _read_apart(paths, apart).items():
        what = "with its signature check" if name == c2pa.NAME else "decodes the video"
        print(f"  apart: {name}, which {what}: {seconds:.2f}" if name in DECODERS else f"  apart: {name} {what}: {seconds:.2f}")
    return met


@contextmanager
def _without_signature_check() -> Iterator[None]:
    """Leave the optional package that verifies signatures out, which is no reading of metadata."""
    known = sys.modules.pop("c2pa", None)
    sys.modules["c2pa"] = None  # type: ignore[assignment]
    c2pa._load_library.cache_clear()
    try:
        yield
    finally:
        del sys.modules["c2pa"]
        if known is not None:
            sys.modules["c2pa"] = known
        c2pa._load_library.cache_clear()


def _read_all(paths: Sequence[Path], readers: Sequence[Reader]) -> float:
    """CPU seconds of reading files with all readers, as the program does it."""
    start = time.process_time()
    for path in paths:
        with open_undigested(path) as (media, source):
            for reader in readers:
                for _ in guard(reader.name, reader.read(media, source)):
                    pass
    return time.process_time() - start


def _read_apart(paths: Sequence[Path], readers: Sequence[Reader], rounds: int = 5) -> dict[str, float]:
    """CPU seconds per 1,000 files of each reader, the dearest first; the first to touch a structure pays for its walk."""
    best = dict.fromkeys((reader.name for reader in readers), float("inf"))
    for _ in range(rounds):
        spent = dict.fromkeys(best, 0.0)
        for path in paths:
            with open_undigested(path) as (media, source):
                for reader in readers:
                    start = time.process_time()
                    for _ in guard(reader.name, reader.read(media, source)):
                        pass
                    spent[reader.name] += time.process_time() - start
        best = {name: min(seconds, best[name]) for name, seconds in spent.items()}
    scaled = {name: seconds / len(paths) * 1000 for name, seconds in best.items()}
    return dict(sorted(scaled.items(), key=lambda item: -item[1]))
