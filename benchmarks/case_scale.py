"""What a large case costs: so many files with twenty evidence items each, through the real store.

    python benchmarks/case_scale.py [--files 10000 100000 1000000] [--folder DIR] [--stages insert,csv,…]

What a worker would answer for each file is simulated (reports that the real reasoning made, under other names, digests and
times); the rest is the product's own:

- insert: `Case.keep` in batches of 64, with its custody log and facts, and nothing else; `file` is the size of the case
- csv, parquet: `geoverify export`; summary, doubles: the commands of these names (no frame of the made-up files has a print)
- match: all of `match --case` but the workers, over files of some kilobytes in folders of a thousand; without the time in which
  the answers are made up, as for insert
- resume: the same command again, with `--trust-mtime`, where every file has its report already

Each stage runs in a process of its own, so that its peak memory is its own. With `--folder`, what stages cost in earlier runs is
taken from there: `--stages insert` today, `--stages csv,parquet` tomorrow, and the exponents of all. The growth exponent of a
cost between two sizes is log(c2 / c1) / log(n2 / n1): 1 is linear. The exit code is 1 where a bar is missed.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import itertools
import json
import math
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

EVIDENCE_ITEMS = 20
KINDS_OF_REPORT = 400
FILES_PER_FOLDER = 1000
FILES_OF_ONE_SIZE, MAX_FILE_BYTES = 10, 100_000
EXAMINED_AT = dt.datetime(2026, 1, 17, 9, 0, tzinfo=dt.UTC)
MAX_EXPONENT, MAX_EXPORT_MB, MAX_SUMMARY_S = 1.1, 1000.0, 5.0
STAGES = ("insert", "csv", "parquet", "summary", "doubles", "match", "resume")
KEEP_COUNT = 64
COMMANDS = {
    "csv": ["export", "{case}", "-o", "{folder}/out.csv"],
    "parquet": ["export", "{case}", "-o", "{folder}/out.parquet"],
    "summary": ["summary", "{case}"],
    "doubles": ["doubles", "{case}"],
}


def make_answers() -> Iterator[Any]:
    """Yield answers of a worker without end: what the real reasoning says of footage in a district of five listed sites."""
    from builders.scenes import SETTINGS, captured, fix, looking, offset, register, said, seen, site

    from geoverify.facts import facts_of
    from geoverify.model import Digest, Findings, MediaFile, MediaKind, Post
    from geoverify.verify import Reading, make_kit, verify_reading
    from geoverify.worker import Done

    rng = random.Random(20260117)
    places = [site(f"ZZ{number:02d}", offset(10.6, 103.5, 240.0 * number, 90.0 * number)) for number in range(5)]
    kit = make_kit(register(*places), SETTINGS)
    digest = Digest(algorithm="sha256", hex="00" * 32)
    kinds = []
    for number in itertools.count():
        if len(kinds) == KINDS_OF_REPORT:
            break
        code = f"ZZ{rng.randrange(5):02d}"
        day = dt.datetime(2025, 1, 1) + dt.timedelta(minutes=rng.randrange(500_000))
        observations = (
            fix(rng.uniform(-300.0, 1300.0), rng.uniform(-300.0, 800.0), rng.uniform(4.0, 30.0)),
            *looking(rng.uniform(0.0, 360.0)),
            captured(day, 420),
            said(f"behind {code} at {day:%H:%M}, view {number} of the yard"),
            seen(Post(platform="telegram", post_id=str(number), channel=f"channel {number % 70}")),
        )
        media = MediaFile(path="clip.mp4", kind=MediaKind.VIDEO, media_type="video/mp4", size_bytes=1, digest=digest)
        reading = Reading(media=media, content=Findings(observations=observations))
        report = verify_reading(reading, kit, EXAMINED_AT)
        if len(report.evidence) == EVIDENCE_ITEMS:
            kinds.append((reading, report, facts_of(report)))
    for number in itertools.count():
        reading, report, facts = kinds[number % KINDS_OF_REPORT]
        path, size_bytes, digest_hex = yield
        digest = Digest(algorithm="sha256", hex=digest_hex)
        media = msgspec.structs.replace(report.media, path=path, size_bytes=size_bytes, digest=digest)
        report = msgspec.structs.replace(report, media=media, created_at=EXAMINED_AT + dt.timedelta(seconds=number))
        encode = msgspec.json.encode
        yield Done(
            media=media,
            content=msgspec.Raw(encode(reading.content)),
            around=msgspec.Raw(encode(reading.around)),
            sidecars=msgspec.Raw(encode(reading.sidecars)),
            report=msgspec.Raw(encode(report)),
            verdict=report.verdict.kind.value,
            problem_codes=(),
            facts=msgspec.structs.replace(facts, post=f"telegram channel {number // 3 % 70} {number // 3}"),
        )


def run_insert(folder: Path, count: int) -> dict[str, float]:
    """Put so many results into a new case."""
    from geoverify.case.store import Need, open_case
    from geoverify.casework import make_result
    from geoverify.media import FileStamp

    results: list[Any] = []
    answers = make_answers()
    keeping_s = keeping_cpu_s = 0.0
    with open_case(folder / "insert.gvcase") as case:
        for number in range(count):
            next(answers)
            path = Path(f"/archive/{number // FILES_PER_FOLDER:04d}/VID_{number:07d}.mp4")
            done = answers.send((str(path), 1000 + number, hashlib.sha256(number.to_bytes(8)).hexdigest()))
            stamp = FileStamp(1, number, 1000 + number, number, number)
            digest = done.media.digest
            surroundings = " ".join(hashlib.sha256(word.encode()).hexdigest() for word in ("by hand", str(path)))
            acquisition: dict[str, Any] = {"path": str(path), "size_bytes": stamp.size_bytes, "digests": {"sha256": digest.hex}}
            need = Need(
                path=path,
                stamp=stamp,
                digest=digest,
                reading="format 2, 6 key frames, 16 prints",
                surroundings=surroundings,
                basis=hashlib.sha256(b"basis").hexdigest(),
            )
            acquisition |= {"path_hex": bytes(path).hex(), "source_url": None}
            results.append(make_result(need, done, acquisition))
            if len(results) == KEEP_COUNT or number == count - 1:
                before, cpu_before = time.monotonic(), time.process_time()
                case.keep(results, {})
                keeping_s += time.monotonic() - before
                keeping_cpu_s += time.process_time() - cpu_before
                results = []
        (packed_bytes,) = case.connection.execute(
            "SELECT avg(length(report)) FROM (SELECT report FROM document LIMIT 10000)"
        ).fetchone()
        one = case.read_encoded(Path("/archive/0000/VID_0000001.mp4")) or b""
    # Without the time in which the answers were made up.
    return {"took_s": keeping_s, "cpu_s": keeping_cpu_s, "report_bytes": len(one), "packed_bytes": packed_bytes}


class SimulatedEngine:
    """Stands in for the workers, and keeps account of the time in which it makes up what they would say."""

    took_s = cpu_s = 0.0

    def answer(self, tasks: Iterable[tuple[Path, Any]], *_: Any) -> Iterator[tuple[Path, Any]]:
        """Yield what would have been found of each file, without a look at it."""
        answers = make_answers()
        for path, _task in tasks:
            before, cpu_before = time.monotonic(), time.process_time()
            next(answers)
            data = path.read_bytes()
            done = answers.send((str(path), len(data), hashlib.sha256(data).hexdigest()))
            self.took_s += time.monotonic() - before
            self.cpu_s += time.process_time() - cpu_before
            yield path, done


def make_files(folder: Path, count: int) -> None:
    """Files of different bytes, sparse but for their beginning, of up to 100 kB; ten at a time have one size.

    That is more than footage has: nine of ten are digested first, since they could be copies.
    """
    size_count = max(1, count // FILES_OF_ONE_SIZE)
    step_bytes = max(1, MAX_FILE_BYTES // size_count)
    for number in range(count):
        if number % FILES_PER_FOLDER == 0:
            (folder / f"{number // FILES_PER_FOLDER:04d}").mkdir(parents=True)
        path = folder / f"{number // FILES_PER_FOLDER:04d}" / f"VID_{number:07d}.mp4"
        fd = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
        os.write(fd, number.to_bytes(8))
        os.truncate(fd, 1000 + number % size_count * step_bytes)
        os.close(fd)


def run_match(folder: Path, step: str) -> dict[str, float]:
    """Bring the case up to date with the folder, as `match --case --trust-mtime` does, and see that every file needed `step`."""
    from unittest import mock

    from geoverify import basis, casework
    from geoverify.batch import discover_files
    from geoverify.case.custody import Kind
    from geoverify.case.store import Case, open_case
    from geoverify.register.load import default_register_path
    from geoverify.settings import Settings
    from geoverify.worker import Job

    job = Job(registers=[str(default_register_path())], settings=Settings(), examined_at=EXAMINED_AT)
    started = time.monotonic()
    files = discover_files([folder / "media"])
    discovered_s = time.monotonic() - started
    keeping_s = 0.0
    keep = Case.keep

    def timed(case: Case, *rest: Any) -> None:
        nonlocal keeping_s
        before = time.monotonic()
        keep(case, *rest)
        keeping_s += time.monotonic() - before

    engine = SimulatedEngine()
    with (
        mock.patch.object(Case, "keep", timed),
        open_case(folder / "match.gvcase") as case,
    ):
        basis.log_run(case, Kind.RUN, job, {"files": len(files)})
        plan = casework.Plan(trusts_stamps=True)
        steps = Counter(done.step.value for done in casework.update_case(case, files, job, engine, plan))
    if steps != {step: len(files)}:
        raise SystemExit(f"not every file was {step}: {steps}")
    return {"discovered_s": discovered_s, "keeping_s": keeping_s, "simulated_s": engine.took_s, "simulated_cpu_s": engine.cpu_s}


def run_stage(stage: str, folder: Path, count: int) -> dict[str, float]:
    """Run one stage in this process or a child and return what it cost."""
    case = folder / "insert.gvcase"
    more: dict[str, float] = {}
    started = time.monotonic()
    if stage in COMMANDS:
        words = [word.format(case=case, folder=folder) for word in COMMANDS[stage]]
        done = subprocess.run([sys.executable, "-m", "geoverify", *words], cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{stage}: {done.stderr[-800:]}")
    elif stage == "insert":
        more = run_insert(folder, count)
    else:
        more = run_match(folder, "read" if stage == "match" else "kept")
    took_s = time.monotonic() - started
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)][stage in COMMANDS]
    unit = 1 if sys.platform == "darwin" else 1024
    cpu_s = usage.ru_utime + usage.ru_stime - more.pop("simulated_cpu_s", 0.0)
    took_s -= more.pop("simulated_s", 0.0)
    return {"took_s": took_s, "cpu_s": cpu_s, "peak_mb": usage.ru_maxrss * unit / 1e6, **more}


def measure(count: int, folder: Path, stages: list[str]) -> dict[str, dict[str, float]]:
    """Run the stages for one size, each in a process of its own, and print a line for each."""
    print(f"\n{count} files × {EVIDENCE_ITEMS} evidence items", flush=True)
    if "match" in stages and not (folder / "media").exists():
        make_files(folder / "media", count)
    # With --folder the stages may be measured one by one, in several runs.
    kept = folder / "costs.json"
    found: dict[str, dict[str, float]] = json.loads(kept.read_text()) if kept.is_file() else {}
    for stage in stages:
        command = [sys.executable, __file__, "--alone", stage, "--folder", str(folder), "--files", str(count)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{stage}: {done.stderr[-1500:]}")
        cost = found[stage] = json.loads(done.stdout)
        files = {"csv": "out.csv", "parquet": "out.parquet", "match": "match.gvcase", "resume": "match.gvcase"}
        size_mb = (folder / files.get(stage, "insert.gvcase")).stat().st_size / 1e6
        rest = "".join(
            f", {name.removesuffix('_s')} {cost[name]:.1f} s" for name in ("discovered_s", "keeping_s") if name in cost
        )
        print(
            f"  {stage:<8} {cost['took_s']:8.1f} s ({cost['cpu_s']:.1f} s of CPU{rest}), "
            f"{count / cost['took_s']:8.0f} files/s, peak {cost['peak_mb']:.0f} MB, file {size_mb:.0f} MB",
            flush=True,
        )
        if stage == "insert":
            print(f"           a report of {cost['report_bytes']} bytes takes {cost['packed_bytes']:.0f}", flush=True)
            found["size"] = {"took_s": size_mb, "cpu_s": size_mb}
        kept.write_text(json.dumps(found))
    return found


def judge(costs: dict[int, dict[str, dict[str, float]]]) -> bool:
    """Print the growth exponents and say whether the bars are met."""
    met = True
    sizes = sorted(costs)
    for small, large in itertools.pairwise(sizes):
        print(f"\ngrowth exponents {small} → {large} (wall, CPU; at most {MAX_EXPONENT})")
        for stage in costs[large]:
            if stage not in costs[small]:
                continue
            exponents = [
                math.log(costs[large][stage][name] / costs[small][stage][name]) / math.log(large / small)
                for name in ("took_s", "cpu_s")
            ]
            met &= min(exponents) <= MAX_EXPONENT
            print(f"  {stage:<8} {exponents[0]:.2f} {exponents[1]:.2f}")
    largest = costs[sizes[-1]]
    for stage in ("csv", "parquet"):
        met &= largest.get(stage, {}).get("peak_mb", 0.0) <= MAX_EXPORT_MB
    met &= largest.get("summary", {}).get("cpu_s", 0.0) <= MAX_SUMMARY_S
    bars = f"exponents, exports under {MAX_EXPORT_MB:.0f} MB, summary under {MAX_SUMMARY_S:.0f} s of CPU"
    print(f"\nbars ({bars}): {'met' if met else 'missed'}")
    return met


def main() -> int:
    """Measure each size, print the exponents."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--folder", type=Path, help="where the cases and costs are, and stay; else in a temporary folder")
    parser.add_argument("--stages", default=",".join(STAGES))
    parser.add_argument("--alone", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        print(json.dumps(run_stage(options.alone, options.folder, options.files[0])))
        return 0
    costs = {}
    with tempfile.TemporaryDirectory() as temporary:
        for count in options.files:
            folder = (options.folder or Path(temporary)) / f"{count}"
            folder.mkdir(parents=True, exist_ok=True)
            costs[count] = measure(count, folder, options.stages.split(","))
            if options.folder is None:
                shutil.rmtree(folder)
    return 0 if judge(costs) else 1


if __name__ == "__main__":
    sys.exit(main())
