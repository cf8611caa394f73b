"""Whether a case loses or doubles anything when its runs are killed, and what a rerun costs.

    python benchmarks/reliability.py [--files N] [--kills N] [--seed S]

1. A batch of small photos is killed (SIGKILL to the whole process group) at random moments and started again, until it has been
   killed so often; then it runs to its end. Every file must have exactly one row, and the log must be whole. A batch that ends
   before its kill begins anew with an empty case.
2. A finished case is matched again, in turn with `sha256sum` over the same files: CPU seconds of both, median of 5, with and
   without --trust-mtime. The files are as large as phone footage (3 MB); the bar is 1.3 times the CPU of sha256sum.
3. Throughput and size of the store for that batch.

The exit code is 1 where anything was lost, doubled or broken, or the bar is missed.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tests"))

from builders.cases import command, fill, photo, start  # noqa: E402

BAR = 1.3
ROUNDS = 5
LARGE_BYTES = 3 << 20


def run(*args: str | Path) -> float:
    """Run the program to its end and return its CPU seconds, those of its workers included."""
    return _cpu_of(command(*args))


def _cpu_of(arguments: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(arguments, capture_output=True, env=environment, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(arguments[:4])} …: exit code {done.returncode}: {done.stderr.decode()[-500:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def kill_and_resume(folder: Path, count: int, kills: int, seed: int) -> bool:
    """Kill runs at random moments and check what is left; return whether nothing was lost."""
    files = fill(folder / "footage", count)
    rng = random.Random(seed)
    started = time.monotonic()
    run("match", folder / "footage", "--sites", "demo", "--case", folder / "whole.gvcase")
    whole_s = time.monotonic() - started
    print(f"a whole run over {count} photos: {whole_s:.1f} s ({count / whole_s:.0f} files a second)")
    done = batches = broken = 0
    while done < kills:
        batches += 1
        case = folder / f"{batches}.gvcase"
        killed = 0
        while done < kills:
            process = start("match", folder / "footage", "--sites", "demo", "--case", case)
            try:
                process.communicate(timeout=rng.uniform(0.05, 1.0) * min(whole_s, 6.0))
                break
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
                killed, done = killed + 1, done + 1
        rows = folder / "rows.csv"
        run("match", folder / "footage", "--sites", "demo", "--case", case, "--csv", rows)
        with rows.open(newline="", encoding="utf-8") as file:
            named = [row["file"] for row in csv.DictReader(file)]
        verified = subprocess.run(command("custody", "verify", case), capture_output=True, check=False, cwd=ROOT)
        is_whole = len(named) == count and len(set(named)) == count and verified.returncode == 0
        broken += not is_whole
        if not is_whole:
            print(f"  batch {batches}: {len(named)} rows, {len(set(named))} files: {verified.stdout.decode()[:300]}")
        case.unlink()
    told = f"{broken} batches with a row lost or doubled, or a broken log"
    print(f"killed {done} times in {batches} batches of {len(files)} files: {told}")
    return broken == 0


def measure_rerun(folder: Path, count: int) -> bool:
    """Print what a rerun of a finished case costs beside sha256sum; return whether the bar is met."""
    footage = folder / "large"
    footage.mkdir()
    rng = random.Random(1)
    for number in range(count):
        (footage / f"IMG_{number:05d}.jpg").write_bytes(photo(number) + rng.randbytes(LARGE_BYTES))
    case = folder / "large.gvcase"
    first = run("match", footage, "--sites", "demo", "--case", case)
    listed = [str(path) for path in sorted(footage.iterdir())]
    reruns, trusting, sums = [], [], []
    for _ in range(ROUNDS):
        reruns.append(run("match", footage, "--sites", "demo", "--case", case))
        trusting.append(run("match", footage, "--sites", "demo", "--case", case, "--trust-mtime"))
        sums.append(_cpu_of(["sha256sum", *listed]))
    ratios = [own / tool for own, tool in zip(reruns, sums, strict=True)]
    ratio = statistics.median(ratios)
    print(f"\n{count} files of {LARGE_BYTES >> 20} MB, CPU seconds, median of {ROUNDS}: first run {first:.1f}")
    print(f"  rerun {statistics.median(reruns):.2f}, sha256sum {statistics.median(sums):.2f}: {ratio:.2f} × (bar {BAR} ×)")
    print(f"  rerun with --trust-mtime {statistics.median(trusting):.2f}")
    print(f"  the case has {case.stat().st_size / count / 1000:.1f} kB a file")
    return ratio <= BAR


def main() -> int:
    """Kill, then measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=20260117)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        met = kill_and_resume(Path(folder), options.files, options.kills, options.seed)
        met &= measure_rerun(Path(folder), options.files)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
