"""What `geoverify --help` costs beside its floor, `python -c "import typer, rich"`: prints both and their ratio.

    python benchmarks/startup.py [ROUNDS]

The two are run in turn, so that a slow moment of the machine falls on both; the figures are medians of wall time. The exit code
is 1 where the ratio is over its target.
"""

import statistics
import subprocess
import sys
import time

TARGET_RATIO = 3.0
FLOOR = "import typer, rich"
HELP = "import sys; sys.argv[1:] = ['--help']; from geoverify.cli import run; run()"


def measure_s(code: str) -> float:
    """Wall time of one fresh interpreter that runs `code`."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> int:
    """Run both in turn and print the medians."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    for code in (FLOOR, HELP):  # the first run of each compiles bytecode and fills the file cache
        measure_s(code)
    pairs = [(measure_s(FLOOR), measure_s(HELP)) for _ in range(rounds)]
    floor_s, help_s = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = help_s / floor_s
    print(f"import typer, rich   {floor_s * 1000:6.0f} ms")
    print(f"geoverify --help     {help_s * 1000:6.0f} ms")
    print(f"ratio                {ratio:6.2f}   (target: at most {TARGET_RATIO:g}; median of {rounds})")
    return int(ratio > TARGET_RATIO)


if __name__ == "__main__":
    sys.exit(main())
