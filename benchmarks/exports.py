"""What each export format costs: peak memory, time and size for many reports, each format in a process of its own.

    python benchmarks/exports.py [--reports N] [--share] [FORMAT…]

The reports are a few that the real reasoning made (located, with a track and a direction, without anything, hostile), repeated
under other names, digests and positions. What is measured is the writing alone: the same reports are made for every format, and
the process's peak includes the program and its libraries. The bar is 500 MB; the exit code is 1 where a format needs more.
"""

from __future__ import annotations

import argparse
import hashlib
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

BAR_MB = 500.0
TRACK_POINTS = 60


def make_reports(count: int) -> Iterator[object]:
    """Yield so many reports, no two of one file."""
    from builders.reports import hostile_report, report_of
    from builders.scenes import fix, looking, said, seen

    from geoverify.model import Digest, Position, Track, TrackPoint

    points = (Position(lat_deg=10.6 + step * 1e-5, lon_deg=103.5 + step * 1e-5) for step in range(TRACK_POINTS))
    track = Track(points=tuple(TrackPoint(time_s=float(step), position=point) for step, point in enumerate(points)))
    kinds = [
        report_of(fix(3, 5), *looking(30.0), said("shot in front of the gate")),
        report_of(fix(400, 0), seen(track, reader="gpmf")),
        report_of(said("no place at all")),
        hostile_report(),
    ]
    for number in range(count):
        report = kinds[number % len(kinds)]
        digest = Digest(algorithm="sha256", hex=hashlib.sha256(number.to_bytes(8)).hexdigest())
        media = msgspec.structs.replace(report.media, path=f"footage/{number // 1000:03d}/{number:07d}.mp4", digest=digest)
        place = report.location
        if place is not None:
            place = msgspec.structs.replace(place, lat_deg=10.6 + number % 1000 * 1e-6)
        yield msgspec.structs.replace(report, media=media, location=place)


def measure(name: str, count: int, share: bool) -> None:
    """Write one format and print what it cost, for the parent to read."""
    from builders.scenes import site

    from geoverify.exports import all_exporters
    from geoverify.interfaces import Background
    from geoverify.sharing.sharer import Sharer

    places = (site("A", sensitivity="public"),)
    sharer = Sharer(places, bytes(32)) if share else None
    with tempfile.TemporaryFile() as out:
        started = time.perf_counter()
        cpu_started = time.process_time()
        _write(count, out, Background(sites=places), sharer, all_exporters()[name])
        seconds, cpu_s = time.perf_counter() - started, time.process_time() - cpu_started
        size_mb = out.seek(0, 2) / 1e6
    # Linux counts in kilobytes, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
    print(f"{peak_mb} {cpu_s} {seconds} {size_mb}")


def _write(count: int, out: BinaryIO, background: object, sharer: object, exporter: object) -> None:
    sink = exporter.start(out, background)
    for report in make_reports(count):
        sink.add(sharer.share(report) if sharer else report)
    sink.finish()
    sink.close()


def main() -> int:
    """Measure the formats one after the other and print a table."""
    from geoverify.exports import all_exporters

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("formats", nargs="*", metavar="FORMAT")
    parser.add_argument("--reports", type=int, default=100_000)
    parser.add_argument("--share", action="store_true", help="reduce each report first")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        measure(options.formats[0], options.reports, options.share)
        return 0
    met = True
    print(f"{options.reports} reports{', reduced for sharing' if options.share else ''}; the bar is {BAR_MB:.0f} MB")
    print(f"{'format':<13} {'peak MB':>8} {'CPU s':>7} {'wall s':>7} {'file MB':>8}", flush=True)
    for name in options.formats or sorted(all_exporters()):
        more = ["--share"] if options.share else []
        command = [sys.executable, __file__, "--alone", "--reports", str(options.reports), *more, name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"{name}: {done.stderr[-800:]}")
        peak_mb, cpu_s, wall_s, size_mb = map(float, done.stdout.split())
        met &= peak_mb < BAR_MB
        print(f"{name:<13} {peak_mb:8.0f} {cpu_s:7.0f} {wall_s:7.0f} {size_mb:8.0f}", flush=True)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
