"""Do scores mean what they say? Simulated files with known truth through the program's own candidates, channels and score.

    python benchmarks/calibration.py                        development worlds, printed only: choices are made on these
    python benchmarks/calibration.py --held-out --write     other ranges and seeds; docs/calibration.md and its picture

Nothing in settings.py is fitted to the held-out worlds; one threshold, `consistent_probability`, is chosen on development
worlds. With --shared also real files, none of which was shot at a listed site.
"""

from __future__ import annotations

import argparse
import datetime as dt
import math
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from calibration_run import FILES_A_WORLD, Outcome, simulate
from calibration_world import DEVELOPMENT, HELD_OUT, Ranges
from numpy.typing import NDArray

from geoverify.results import VerdictKind
from geoverify.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
BINS = 10
RESAMPLES = 500
MAX_CALIBRATION_ERROR, MAX_FALSE_SHARE = 0.03, 0.005
Floats = NDArray[np.float64]


def main() -> None:
    """Run the simulation, print the figures and, if asked, write the page and its picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--held-out", action="store_true", help="the ranges and seeds that are reported")
    parser.add_argument(
        "--worlds", type=int, default=200, help="registers with 50 files away from all sites; half as many with a mixture"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--shared", type=Path, help="folder with corpora/metadata: real files with positions")
    parser.add_argument("--write", action="store_true", help="write docs/calibration.md and docs/calibration.svg")
    options = parser.parse_args()
    ranges, seed = (HELD_OUT, 16_000) if options.held_out else (DEVELOPMENT, 200)
    settings = Settings()
    mixed = simulate(ranges, seed, options.worlds // 2, at_site=None, settings=settings, jobs=options.jobs)
    away = simulate(ranges, seed + 1, options.worlds, at_site=False, settings=settings, jobs=options.jobs)
    lines = list(describe(mixed, away, settings))
    if options.shared:
        lines += describe_real(options.shared, settings)
    print("\n".join(lines))
    if options.write:
        command = f"`python benchmarks/calibration.py {' '.join(_arguments(options))}`"
        page = [*introduce(command, options), *lines, *list_ranges(ranges)]
        (ROOT / "docs" / "calibration.md").write_text("\n".join(page) + "\n", encoding="utf-8")
        draw(mixed, ROOT / "docs" / "calibration.svg")


def _arguments(options: argparse.Namespace) -> Iterator[str]:
    if options.held_out:
        yield "--held-out"
    yield f"--worlds {options.worlds}"
    if options.shared:
        yield "--shared FOLDER"
    yield "--write"


# --- figures --------------------------------------------------------------------------------------------------------------


def figures(rows: Sequence[Outcome]) -> tuple[Floats, Floats]:
    """The best site's score of each file, and 1 where it was shot there."""
    scores = np.array([row.best_probability for row in rows])
    return scores, np.array([row.is_right for row in rows], dtype=np.float64)


def brier(rows: Sequence[Outcome]) -> float:
    """Mean squared difference of score and truth (Brier 1950)."""
    scores, truth = figures(rows)
    return float(np.mean((scores - truth) ** 2))


def calibration_error(rows: Sequence[Outcome]) -> float:
    """Expected calibration error over ten bins of equal width (Naeini et al. 2015)."""
    return sum(count * abs(score - share) for count, score, share in reliability(rows)) / len(rows)


def reliability(rows: Sequence[Outcome]) -> Iterator[tuple[int, float, float]]:
    """For each bin: files, mean score, share that is right."""
    scores, truth = figures(rows)
    bins = np.minimum((scores * BINS).astype(int), BINS - 1)
    for number in range(BINS):
        members = bins == number
        if members.any():
            yield int(members.sum()), float(scores[members].mean()), float(truth[members].mean())


def interval(rows: Sequence[Outcome], figure: Callable[[Sequence[Outcome]], float], form: str = ".3f") -> str:
    """A figure with its 95 % interval, from resampling whole worlds, since files of one world share its rates."""
    worlds: dict[int, list[Outcome]] = {}
    for row in rows:
        worlds.setdefault(row.world, []).append(row)
    keys, random = list(worlds), np.random.default_rng(1)
    drawn = [figure([row for key in random.choice(len(keys), len(keys)) for row in worlds[keys[key]]]) for _ in range(RESAMPLES)]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return f"{figure(rows):{form}} ({low:{form}}–{high:{form}})"


def wilson(hits: int, count: int) -> str:
    """A share in per cent with its 95 % interval (Wilson 1927)."""
    if count == 0:
        return "none"
    z, share = 1.96, hits / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return f"{share:.2%} ({max(0.0, middle - half):.2%}–{middle + half:.2%})"


def recall_without_error(rows: Sequence[Outcome]) -> tuple[float, float]:
    """The highest score of a wrong site, and the share of located site files above it."""
    limit = max((row.best_probability for row in rows if row.is_located and not row.is_right), default=0.0)
    wanted = [row for row in rows if row.is_located and row.site_code is not None]
    return limit, sum(row.is_right and row.best_probability > limit for row in wanted) / max(1, len(wanted))


# --- words ----------------------------------------------------------------------------------------------------------------


def describe(mixed: Sequence[Outcome], away: Sequence[Outcome], settings: Settings) -> Iterator[str]:
    """All figures of a simulation as lines of Markdown."""
    located = [row for row in mixed if row.is_located]
    error = calibration_error(located)
    yield from ("## Scores", "")
    at_sites = sum(row.site_code is not None for row in mixed)
    yield f"{len(mixed)} files, {at_sites} of them shot at a listed site. Intervals are 95 %."
    yield from ("", "| files | number | expected calibration error | Brier score |", "| --- | --- | --- | --- |")
    groups: dict[str, Callable[[Outcome], bool]] = {
        "**located** (something in the file says where the camera was)": lambda row: row.is_located,
        "located, best site an outline": lambda row: row.is_located and not row.is_point,
        "located, best site a point": lambda row: row.is_located and row.is_point,
        "located, with words that name a place": lambda row: row.is_located and row.has_words,
        "located, without such words": lambda row: row.is_located and not row.has_words,
        "not located, words alone": lambda row: not row.is_located and row.has_words,
    }
    for name, belongs in groups.items():
        rows = [row for row in mixed if belongs(row) and row.best_code]
        if rows:
            yield f"| {name} | {len(rows)} | {interval(rows, calibration_error)} | {interval(rows, brier)} |"
    yield from ("", f"Bar: at most {MAX_CALIBRATION_ERROR} for located files: {_judge(error <= MAX_CALIBRATION_ERROR)}.", "")
    yield from ("| score | files | mean score | shot there |", "| --- | --- | --- | --- |")
    for count, score, share in reliability(located):
        yield f"| {int(score * BINS) / BINS:.1f}–{int(score * BINS) / BINS + 0.1:.1f} | {count} | {score:.3f} | {share:.3f} |"
    yield from describe_verdicts(mixed, away, settings)


def describe_verdicts(mixed: Sequence[Outcome], away: Sequence[Outcome], settings: Settings) -> Iterator[str]:
    """What the verdicts are worth."""
    wrong = [row for row in away if row.is_false_accusation]
    yield from ("", "## Verdicts", "")
    yield (
        f"{len(away)} files that were shot at no listed site, {sum(row.is_located for row in away)} of them located; a site was "
        f"named alone (“consistent”: a score of {settings.consistent_probability:.2f} and more) for {len(wrong)}: "
        f"{wilson(len(wrong), len(away))}. Bar: at most {MAX_FALSE_SHARE:.1%}: "
        f"{_judge(len(wrong) <= MAX_FALSE_SHARE * len(away))}."
    )
    forged = [row for row in away if row.is_forged]
    fooled = sum(row.is_false_accusation for row in forged)
    points = sum(row.is_point and not row.is_forged for row in wrong)
    in_disc = sum(row.is_in_disc and not row.is_forged for row in wrong)
    beside = sum(not row.is_point and not row.is_forged for row in wrong)
    beside_m = _median([row.beside_m for row in wrong if not row.is_point and not row.is_forged])
    yield from (
        "",
        f"- {fooled} of them had a position that somebody wrote into a listed site ({len(forged)} files had one)",
        f"- {points} were named for a site that the register has only a point for; {in_disc} of these were shot within its disc, "
        "which is what the verdict claims, but not at the site",
        f"- {beside} were shot beside an outline, half of them nearer than {beside_m:.0f} m",
        "",
        "| named from a score of | false of the files from elsewhere | right of the located site files | right of those named |",
        "| --- | --- | --- | --- |",
    )
    wanted = [row for row in mixed if row.site_code is not None and row.is_located]
    named = [row for row in mixed if row.verdict is VerdictKind.CONSISTENT]
    for threshold in (settings.consistent_probability, 0.94, 0.95, 0.96, 0.97):
        false = sum(row.best_probability >= threshold for row in wrong)
        above = [row for row in named if row.best_probability >= threshold]
        right = sum(row.is_right for row in above)
        yield f"| {threshold:g} | {wilson(false, len(away))} | {wilson(right, len(wanted))} | {wilson(right, len(above))} |"
    honest = [row for row in mixed if not row.is_forged]
    yield from (
        "",
        "Recall at zero false accusations, the share of the located site files that score above every wrong site:",
        "",
    )
    for name, rows in (("of all files", mixed), ("where no position is forged", honest)):
        limit, _ = recall_without_error(rows)
        recall = interval(rows, lambda drawn: recall_without_error(drawn)[1], ".1%")
        yield f"- {name}: {recall}, above {limit:.3f}"
    yield from (
        "",
        "Their 95 % intervals, too, are from drawing whole worlds anew, each time with the highest wrong score of those drawn. "
        "That is one file: a draw without it has a lower bar, so that they reach up further than down.",
    )


def _judge(holds: bool) -> str:
    return "**met**" if holds else "**not met**"


def _median(values: Sequence[float]) -> float:
    return float(np.median(values)) if values else 0.0


def describe_real(shared: Path, settings: Settings) -> Iterator[str]:
    """Real files with positions against the shipped registers: none was shot at a listed site."""
    from geoverify.errors import MediaError
    from geoverify.location import best_location, find_disagreements
    from geoverify.media import open_media
    from geoverify.model import Findings, Position
    from geoverify.readers import read_bytes
    from geoverify.register.load import list_shipped, load_registers, resolve_register
    from geoverify.verify import Reading, make_kit, number_observations, verify_reading

    kits = [make_kit(load_registers([resolve_register(name)]), settings) for name in list_shipped()]
    verdicts: Counter[str] = Counter()
    total = located = disagreeing = stating = fixes = 0
    for path in sorted((shared / "corpora" / "metadata").rglob("*")):
        if not path.is_file():
            continue
        try:
            with open_media(path, settings.max_file_bytes) as (media, source):
                findings = Findings.sort(read_bytes(media, source))
        except MediaError:
            continue
        total += 1
        observations = number_observations(findings.observations)
        if best_location(observations, settings) is None:
            continue
        located += 1
        disagreeing += any(find_disagreements(observations, settings))
        positions = [item.value for item in observations if isinstance(item.value, Position)]
        fixes += bool(positions)
        stating += any(position.horizontal_error_m is not None for position in positions)
        for kit in kits:
            report = verify_reading(Reading(media=media, content=findings), kit, dt.datetime.now(dt.UTC))
            verdicts[report.verdict.kind.value] += 1
    yield from ("", "## Real files", "")
    yield (
        f"{located} of {total} real files of `corpora/metadata` hold a position; none was shot at a listed site. Each against "
        f"the {len(kits)} shipped registers: {', '.join(f'{count} {name}' for name, count in verdicts.most_common())}. In "
        f"{disagreeing} the positions of one file disagree; {stating} of the {fixes} with a fix state its error. They tell "
        "nothing of the rate at which footage of a site is recognised: no public footage with surveyed footprints was at hand."
    )


def introduce(command: str, options: argparse.Namespace) -> Iterator[str]:
    """The page's beginning."""
    share = "other seeds and wider ranges than those on which choices were made" if options.held_out else "development worlds"
    yield from (
        "# Do scores mean what they say?",
        "",
        f"Written by {command}: {options.worlds // 2} simulated registers with {FILES_A_WORLD} files each, at listed sites and "
        f"elsewhere, and {options.worlds} more with {FILES_A_WORLD} files that were shot at no listed site ({share}). Do not "
        "edit.",
        "",
        "Each file has a true place, and observations as readers would make them: fixes with errors larger or smaller than they "
        "state, stale and forged fixes, copies, platforms' place tags, tracks, headings, clocks, captions right and wrong, and "
        "frames. Some sites stand 20 m apart, some are listed as points. The files go through the program's own candidates, "
        "channels and score. What the simulation assumes of the world is listed below: no figure here says how often the program "
        "is right on casework, only that its score means what it says if the world is within these ranges.",
        "",
        "![Mean score against the share of files shot there](calibration.svg)",
        "",
    )


def list_ranges(ranges: Ranges) -> Iterator[str]:
    """The page's end: what each world draws."""
    yield from ("", "## What the simulated worlds draw", "", "| rate | from | to |", "| --- | --- | --- |")
    for name, (low, high) in ranges.items():
        yield f"| {name.replace('_', ' ')} | {low:g} | {high:g} |"


def draw(rows: Sequence[Outcome], path: Path) -> None:
    """The reliability diagram as SVG, the same bytes for the same figures."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": "geoverify", "font.size": 9})
    from matplotlib import pyplot as plt

    figure, (main_axes, counts) = plt.subplots(2, 1, figsize=(4.6, 5.6), height_ratios=(3, 1), sharex=True, layout="constrained")
    main_axes.plot([0, 1], [0, 1], color="0.6", linewidth=1, label="as it should be")
    for name, colour, is_point in (("outlines", "#1f77b4", False), ("points", "#d95f02", True)):
        chosen = [row for row in rows if row.is_located and row.is_point is is_point]
        bins = list(reliability(chosen))
        errors = [1.96 * math.sqrt(share * (1 - share) / count) for count, _, share in bins]
        main_axes.errorbar(
            [score for _, score, _ in bins], [share for *_, share in bins], errors, fmt="o", capsize=2, color=colour, label=name
        )
        scores = [row.best_probability for row in chosen]
        counts.hist(scores, bins=BINS, range=(0, 1), histtype="step", color=colour)
    main_axes.set(ylabel="share shot at the best site", xlim=(0, 1), ylim=(0, 1))
    main_axes.legend(frameon=False)
    counts.set(xlabel="score of the best site", ylabel="files")
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
