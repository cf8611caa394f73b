"""Whether damaged files can harm: seeded mutants of real files through every reader, with what each costs.

    python benchmarks/mutations.py [--count N] [--seed S] [--first N] [--shared DIR] [--jobs N]
    python benchmarks/mutations.py --batch N          N mutants as files through the batch and its workers, with their pictures
    python benchmarks/mutations.py --first 4711 --count 1 --keep mutant.bin

Prints the worst time and memory and everything that went wrong with the number that makes the mutant again. The exit code is 1
where a reader failed, a finding is unsound, a process died, a file took over 2 s of CPU or 300 MB, or a file of the batch has no
row. A decoder that crashes in a worker is counted: that row says so, which is what workers are for.

Without the real files of --shared, the specimens of the tests are mutated.
"""

# ruff: noqa: E402  (the builders lie in the folder of the tests, which has to be put on the path first)

from __future__ import annotations

import argparse
import datetime as dt
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from builders.examination import Examination, MutantTask, examine, list_victims
from builders.mutations import Mutant, mutate

from geoverify.batch import verify_batch
from geoverify.media import display_path
from geoverify.model import Problem
from geoverify.register.load import resolve_register
from geoverify.settings import Settings
from geoverify.worker import Job

MAX_CPU_S = 2.0
MAX_GROWTH_BYTES = 300 << 20
SHOWN_FAULTS = 20


def run_readers(folder: Path | None, options: argparse.Namespace) -> bool:
    """Read the mutants in child processes, print what came of them and return whether all is well."""
    tasks = [MutantTask(options.seed, options.first + number) for number in range(options.count)]
    started_s = time.perf_counter()
    results = list(examine(tasks, folder, options.jobs))
    wall_s = time.perf_counter() - started_s
    slowest = max(results, key=lambda result: result.cpu_s)
    largest = max(results, key=lambda result: result.growth_bytes)
    cpu_s = sum(result.cpu_s for result in results)
    print(
        f"{len(results)} mutants, seed {options.seed}, from number {options.first}: {wall_s:.0f} s with {options.jobs} processes"
    )
    print(f"CPU of the readers     {cpu_s:8.1f} s, {1000 * cpu_s / len(results):.2f} s for 1,000 files")
    print(f"worst CPU              {slowest.cpu_s:8.2f} s   (bar {MAX_CPU_S:g} s)   {_show(slowest)}")
    print(f"worst peak of memory   {largest.growth_bytes / 2**20:8.0f} MB  (bar {MAX_GROWTH_BYTES >> 20} MB)  {_show(largest)}")
    faults = [f"{_show(result)}\n    {fault}" for result in results for fault in _list_faults(result)]
    print(f"faults                 {len(faults):8}")
    for fault in faults[:SHOWN_FAULTS]:
        print(f"  {fault}")
    return not faults


def _list_faults(result: Examination) -> list[str]:
    faults = list(result.faults)
    if result.cpu_s > MAX_CPU_S:
        faults.append(f"took {result.cpu_s:.2f} s of CPU")
    if result.growth_bytes > MAX_GROWTH_BYTES:
        faults.append(f"took {result.growth_bytes >> 20} MB")
    return faults


def _show(item: Examination | Mutant) -> str:
    return f"{item.name} ({'; '.join(item.recipe)})"


def run_batch(folder: Path | None, options: argparse.Namespace) -> bool:
    """Send mutants as files through the batch, print what became of them and return whether each has its row."""
    victims = list_victims(folder)
    mutants = [mutate(victims, options.seed, options.first + number) for number in range(options.batch)]
    job = Job(registers=[str(resolve_register("demo"))], settings=Settings(), examined_at=dt.datetime.now(dt.UTC))
    codes: Counter[str] = Counter()
    slowest = (0.0, "")
    faults: list[str] = []
    with tempfile.TemporaryDirectory() as temporary:
        paths = [Path(temporary, f"{mutant.number:06d}{Path(mutant.name).suffix or '.bin'}") for mutant in mutants]
        for path, mutant in zip(paths, mutants, strict=True):
            path.write_bytes(mutant.data)
        started_s = last_s = time.perf_counter()
        reports: list[tuple[str, tuple[Problem, ...]]] = []
        for report in verify_batch(paths, job, options.jobs):
            waited_s, last_s = time.perf_counter() - last_s, time.perf_counter()
            # The wait for a row is the time of its file, or of one that was still being read beside it.
            slowest = max(slowest, (waited_s, _show(mutants[len(reports)])))
            reports.append((report.media.path, report.problems))
    wall_s = time.perf_counter() - started_s
    if [path for path, _ in reports] != [display_path(path)[0] for path in paths]:
        faults.append("the rows are not those of the files, in their order")
    for (_, problems), mutant in zip(reports, mutants, strict=False):
        codes.update({problem.code for problem in problems})
        faults += [
            f"{_show(mutant)}\n    {problem.where}: {problem.message}"
            for problem in problems
            if problem.code in ("reader-failed", "time-limit")
        ]
    print(
        f"{len(paths)} files, {len(reports)} rows: {wall_s:.0f} s with {options.jobs} workers, {len(paths) / wall_s:.0f} a second"
    )
    print(f"longest wait for a row {slowest[0]:8.2f} s   {slowest[1]}")
    print(f"crashed a decoder      {codes['decoder-crashed']:8}")
    print(f"over the time limit    {codes['time-limit']:8}")
    print("rows with a problem    " + ", ".join(f"{code} {count}" for code, count in codes.most_common()))
    for fault in faults[:SHOWN_FAULTS]:
        print(f"  {fault}")
    return not faults


def main() -> int:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--batch", type=int, default=0)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("GEOVERIFY_SHARED", ROOT.parent / "shared")))
    options = parser.parse_args()
    folder: Path | None = options.shared / "corpora" / "metadata"
    if folder is not None and not folder.is_dir():
        print(f"{folder}: no real media; the specimens of the tests are mutated instead", file=sys.stderr)
        folder = None
    if options.keep:
        mutant = mutate(list_victims(folder), options.seed, options.first)
        options.keep.write_bytes(mutant.data)
        print(f"{options.keep}: {_show(mutant)}")
        return 0
    met = run_batch(folder, options) if options.batch else run_readers(folder, options)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
