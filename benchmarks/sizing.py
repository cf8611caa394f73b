"""How long a collection takes, on how many cores, with how much memory and disk: measured here, then multiplied.

    python benchmarks/sizing.py [--image-s S] [--video-s S] [--videos SHARE]

Measures what a worker needs of CPU time for the samples' pictures and videos (the time of one file taken off that of several, so
that the start does not count), its peak memory, and what the case grows by. Videos of the samples last some seconds: give what
yours take with --video-s. What the client needs for each file is that of benchmarks/case_scale.py (stage match), by --client-ms.
Nothing here is measured on more than one machine.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MEDIA = ROOT / "samples" / "media"
KINDS = {"image": (".jpg", ".jpeg", ".png", ".heic", ".webp"), "video": (".mp4", ".mov", ".mkv", ".webm")}
FILES = (10_000, 100_000, 1_000_000, 10_000_000)
CORES = (4, 64, 512)


def measure(files: list[Path]) -> tuple[float, float, int]:
    """CPU seconds of `match` over some files by one worker, the largest process's peak memory in megabytes, bytes of the case."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "geoverify", "match", *map(str, files), "--sites", "demo", "--jobs", "1"]
        command += ["--case", f"{folder}/my.gvcase"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(done.stderr[-800:])
        size_bytes = Path(folder, "my.gvcase").stat().st_size
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    unit = 1 if sys.platform == "darwin" else 1024
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, after.ru_maxrss * unit / 1e6, size_bytes


def measure_kind(kind: str) -> tuple[float, float, float, int]:
    """CPU seconds and bytes of the case for one more file of a kind, a worker's peak memory, and how many files that rests on."""
    files = sorted(path for path in MEDIA.iterdir() if path.suffix.lower() in KINDS[kind])
    one_s, _, one_bytes = measure(files[:1])
    all_s, peak_mb, all_bytes = measure(files)
    more = len(files) - 1
    return max(all_s - one_s, 0.0) / more, (all_bytes - one_bytes) / more, peak_mb, more


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--image-s", type=float, help="CPU seconds for a picture, instead of the samples'")
    parser.add_argument("--video-s", type=float, help="CPU seconds for a video, instead of the samples'")
    parser.add_argument("--videos", type=float, default=0.3, help="share of videos")
    parser.add_argument("--client-ms", type=float, default=2.0, help="CPU milliseconds of the client for a file: stage match")
    options = parser.parse_args()
    shares = {"image": 1.0 - options.videos, "video": options.videos}
    seconds: dict[str, float] = {}
    memory_gb = case_bytes = 0.0
    for kind in KINDS:
        measured_s, size_bytes, peak_mb, count = measure_kind(kind)
        given_s = getattr(options, f"{kind}_s")
        seconds[kind] = measured_s if given_s is None else given_s
        memory_gb = max(memory_gb, peak_mb / 1000.0)
        case_bytes += shares[kind] * size_bytes
        told = f"{measured_s:.2f} s of CPU and {size_bytes / 1000:.0f} kB of the case a file ({count} samples)"
        print(f"{kind}: {told}, a worker's peak {peak_mb:.0f} MB")
    mean_s = sum(shares[kind] * seconds[kind] for kind in KINDS)
    print(f"{options.videos:.0%} videos: {mean_s:.2f} s of CPU a file; this machine has {os.cpu_count()} cores\n")
    print("| files | cores | minutes | memory of all workers, GB | case on disk, GB |")
    print("|---:|---:|---:|---:|---:|")
    for files in FILES:
        for cores in CORES:
            workers_s, client_s = files * mean_s / cores, files * options.client_ms / 1000.0
            bound = " (the client)" if client_s > workers_s else ""
            minutes = max(workers_s, client_s) / 60.0
            disk_gb = files * case_bytes / 1e9
            print(f"| {files:,} | {cores} | {minutes:,.0f}{bound} | {cores * memory_gb:,.0f} | {disk_gb:,.1f} |")


if __name__ == "__main__":
    main()
