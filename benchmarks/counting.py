"""What it costs to count a large case: `geoverify summary` over rows of facts as match writes them.

    python benchmarks/counting.py [--files 1000000]

Makes a case of so many files (one in twelve a copy, one in three in a post of three), without reports, and prints the time of
each command in a process of its own.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from geoverify.case.facts import _INSERT, FactRow
from geoverify.case.schema import connect

SITES = [f"ZZ{number:02d}" for number in range(1, 99)]
EPOCH_S = 1_760_000_000


def main() -> None:
    """Build, count, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1_000_000)
    count = parser.parse_args().files
    with tempfile.TemporaryDirectory() as folder:
        case = Path(folder, "large.gvcase")
        build(case, count)
        print(f"{count} files, {case.stat().st_size / 2**20:.0f} MiB of facts")
        for options in ((), ("--last", "36h", "--now", "2026-01-17 09:00+07:00"), ("--by", "source", "--by", "day")):
            start, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
            command = [sys.executable, "-m", "geoverify", "summary", str(case), *options]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            took = f"{time.monotonic() - start:.1f} s, {cpu_s:.1f} s of CPU"
            print(f"summary {' '.join(options)}: {took}, {after.ru_maxrss >> 10} MiB")
            print(f"  {done.stdout.splitlines()[0][:160]}")


def build(path: Path, count: int) -> None:
    """A case with facts and rows of files, and no reports."""
    connection = connect(path, is_lasting=False)
    connection.execute("BEGIN")
    connection.executemany(_INSERT, (tuple(getattr(row, name) for name in row.__struct_fields__) for row in make_rows(count)))
    connection.execute("INSERT INTO file (path, size_bytes, digest, is_reported) SELECT path, 0, digest, 1 FROM fact")
    connection.execute("COMMIT")
    connection.close()


def make_rows(count: int) -> Iterator[FactRow]:
    """Rows as of a folder of downloads: most say nothing of the place, some lie at sites."""
    rng = random.Random(20260117)
    for at in range(count):
        digest = hashlib.sha256(b"%d" % (at if at % 12 else max(at - 1, 0))).hexdigest()
        verdict = rng.choices(("inconclusive", "consistent", "inconsistent", "ambiguous", "contradictory"), (80, 12, 5, 2, 1))[0]
        codes = {"consistent": rng.choice(SITES), "ambiguous": "\n".join(rng.sample(SITES, 2))}.get(verdict, "")
        has_time = rng.random() < 0.4
        filmed_s = EPOCH_S + rng.randrange(9_000_000) if has_time else None
        posted_s = EPOCH_S + rng.randrange(9_000_000) if rng.random() < 0.6 else None
        yield FactRow(
            path=b"/f/%08d.jpg" % at,
            digest=digest,
            verdict=verdict,
            site_codes=codes,
            editions="\n".join("A register\t2025" for _ in codes.split("\n")) if codes else "",
            is_footage=1,
            filmed_from=filmed_s,
            filmed_to=filmed_s,
            filmed_day=time.strftime("%Y-%m-%d", time.gmtime(filmed_s)) if filmed_s else None,
            filmed_clock="device" if filmed_s else None,
            filmed_zone="stated" if filmed_s else None,
            filmed_shown=time.strftime("%Y-%m-%d %H:%M:%S +00:00", time.gmtime(filmed_s)) if filmed_s else None,
            is_disputed=0,
            posted_from=posted_s,
            posted_to=posted_s,
            posted_day=None,
            posted_shown=time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(posted_s)) if posted_s else None,
            source=f"telegram: channel {at % 700}" if at % 3 else None,
            post=f"telegram channel {at % 700} {at // 3}" if at % 9 < 3 else None,
            lat_deg=None,
            lon_deg=None,
            error_radius_m=None,
        )


if __name__ == "__main__":
    main()
