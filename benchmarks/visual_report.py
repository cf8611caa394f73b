"""What came out of look-ups, by kind: recall, precision and calibration, each with the number of cases and its interval.

    python benchmarks/visual_report.py ROWS…

prints the table of look-ups that `visual.py --rows` has kept, weighed by the product's model as it is now.
"""

from __future__ import annotations

import json
import math
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from geoverify.settings import Settings
from geoverify.vision.calibration import load_calibration, weigh_figures

# Two-sided 95 %.
_Z = 1.96


def wilson(hits: int, cases: int) -> tuple[float, float]:
    """The interval that holds a rate 95 times in 100 (Wilson 1927)."""
    if not cases:
        return 0.0, 1.0
    share, spread = hits / cases, _Z**2 / cases
    middle = (share + spread / 2) / (1 + spread)
    half = _Z * math.sqrt(share * (1 - share) / cases + spread / (4 * cases)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def show_rate(hits: int, cases: int) -> str:
    """A rate with its interval."""
    low, high = wilson(hits, cases)
    return f"{hits / cases:.3f} [{low:.2f}, {high:.2f}]" if cases else "-"


def rate(figures: dict) -> float:
    """The model's log10 likelihood ratio of a match."""
    cells = min(figures["frame_cells"], figures["reference_cells"])
    return weigh_figures(figures["strength"], figures["places"], figures["tried"], cells)


def best_of(rows: Sequence[dict]) -> tuple[str, float]:
    """The site that is told and how surely; "" and next to nothing where no match was found."""
    best = max(rows, key=lambda row: row["log10_lr"], default=None)
    return ("", -9.0) if best is None else (best["site"], best["log10_lr"])


def others_of(row: dict) -> list[list[dict]]:
    """The matches of a look-up that are wrong whatever they say: one list for each index that was looked into."""
    wrong = [[match for match in row["rows"] if match["site"] != row["site"]]]
    return [*wrong, row["without"]] if row["site"] else wrong


def calibrate(results: Sequence[dict], site_count: int, ceiling: float) -> tuple[float, float, int]:
    """ECE over ten bins, Brier score and number of matches, where half of all pictures show some site of the register.

    Each match's probability is its ratio, at most 10 ** `ceiling`, times prior odds of 1 : sites. True matches weigh as one of
    the look-ups that have a right answer, false ones as one of those that have none, so that the halves are equal.
    """
    positives = sum(row["site"] is not None for row in results)
    chances = max(1, sum(len(others_of(row)) for row in results))
    outcomes = []
    for row in results:
        own = [match for match in row["rows"] if match["site"] == row["site"]] if row["site"] else []
        outcomes += [(match["log10_lr"], 1.0, 0.5 / positives) for match in own]
        outcomes += [(match["log10_lr"], 0.0, 0.5 / chances) for wrong in others_of(row) for match in wrong]
    if not outcomes:
        return 0.0, 0.0, 0
    value, right, weight = np.array(outcomes).T
    weight /= weight.sum()
    odds = 10.0 ** np.minimum(value, ceiling) / site_count
    p = odds / (1.0 + odds)
    bins = np.minimum((p * 10).astype(int), 9)
    ece = sum(abs(np.sum(weight[bins == b] * (p[bins == b] - right[bins == b]))) for b in range(10))
    return float(ece), float(np.sum(weight * (p - right) ** 2)), len(outcomes)


def report(results: Sequence[dict], threshold: float, ceiling: float, site_count: int) -> None:
    """Print what came out by kind, at the product's own threshold and above the highest value that a wrong answer reached."""
    wrong = [best_of(rows)[1] for row in results for rows in others_of(row)]
    highest = max(wrong, default=-9.0)
    told_wrong = sum(value >= threshold for value in wrong)
    print(f"look-ups where any answer is wrong: {len(wrong)}; told {show_rate(told_wrong, len(wrong))}")
    print(f"highest log10 ratio of a wrong answer {highest:.2f}; threshold {threshold:.2f}, the same for every kind")
    kinds: dict[str, list[dict]] = defaultdict(list)
    for row in results:
        kinds[row["kind"]].append(row)
    print(f"{'kind':9} {'cases':>5} {'recall@1':20} {'at 0 wrong':20} {'told':20} {'precision':20} {'ECE':>6} {'Brier':>6}")
    for kind, rows in [*sorted(kinds.items()), ("all", list(results))]:
        cases = [(best_of(row["rows"]), row["site"]) for row in rows if row["site"]]
        if not cases:
            continue
        right = [value for (site, value), own in cases if site == own]
        told = [site == own for (site, value), own in cases if value >= threshold]
        told += [False for row in rows for found in others_of(row)[bool(row["site"]) :] if best_of(found)[1] >= threshold]
        ece, brier, _ = calibrate(rows, site_count, ceiling)
        rates = (
            show_rate(len(right), len(cases)),
            show_rate(sum(value > highest for value in right), len(cases)),
            show_rate(sum(told), len(cases)),
            show_rate(sum(told), len(told)),
        )
        print(f"{kind:9} {len(cases):5} " + " ".join(f"{shown:20}" for shown in rates) + f" {ece:6.3f} {brier:6.3f}")


def main() -> None:
    """Read, weigh, print."""
    rows = [json.loads(line) for name in sys.argv[1:] for line in Path(name).read_text().splitlines()]
    for match in (match for row in rows for match in (*row["rows"], *row["without"])):
        match["log10_lr"] = rate(match)
    model = load_calibration()
    report(rows, Settings().naming_visual_log10, model.max_log10_lr, model.site_count)


if __name__ == "__main__":
    main()
