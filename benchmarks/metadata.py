"""How right and how dear the reading of metadata is, beside ExifTool, on real files with known answers.

    python benchmarks/metadata.py [--shared DIR] [--rounds N] [--skip-cost]

Prints truth, agree, wrong and missing for each field and program, then what built files show that no real one can, then CPU
seconds per 1,000 files, images, JPEG and video apart. The exit code is 1 where a bar is missed or a reader fails.

The truth is what ExifTool 13.58 reads; where that is known to be wrong the file is named and set aside. A position of 0/0 counts
as agreed where it is reported as "unknown" (null island).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
# Built files come from the tests' own builders.
sys.path.append(str(ROOT / "tests"))

import metadata_built as built  # noqa: E402
import metadata_cost as cost  # noqa: E402
import metadata_exiftool as exiftool  # noqa: E402
from metadata_answers import Values  # noqa: E402
from metadata_fields import MEASURES, SET_ASIDE, Measure  # noqa: E402

from geoverify.model import Finding, Problem  # noqa: E402
from geoverify.readers import read_findings  # noqa: E402

ALL_PLACES, ALL_PLACES_BAR = "all but tracks", 0.99
Counts = tuple[int, int, int]


def judge(measure: Measure, answers: dict[str, Values], truths: dict[str, Any]) -> Counts:
    """Count agreeing, wrong and missing answers."""
    agree = wrong = missing = 0
    for name, truth in truths.items():
        values = answers[name]
        if any(measure.same(value, truth) for value in values):
            agree += 1
        elif any(value is not None for value in values):
            wrong += 1
        else:
            missing += 1
    return agree, wrong, missing


def compare(folder: Path, truth: dict[str, dict[str, Any]]) -> bool:
    """Print the table of fields and what differs; return whether every bar is met."""
    ours = {name: _read(folder / name) for name in truth}
    tool: dict[str, dict[str, Any]] = {}
    if exiftool.is_installed():
        records = exiftool.ask([folder / name for name in truth], exiftool.CORE_TAGS)
        tool = {str(Path(record["SourceFile"]).relative_to(folder)): record for record in records}
    title = f"ExifTool {exiftool.version()}" if tool else "ExifTool: not installed"
    print(f"{'field':24}{'truth':>6}   {'this tool':>22}   {title:>22}")
    print(f"{'':24}{'':6}" + f"   {'agree':>8}{'wrong':>6}{'missing':>8}" * 2)
    met, notes = True, []
    places = [(0, 0, 0), (0, 0, 0)]
    for measure in MEASURES:
        every = {name: value for name, record in truth.items() if (value := measure.truth(record)) is not None}
        aside = {name: why for (field, name), why in SET_ASIDE.items() if field == measure.name and name in every}
        truths = {name: value for name, value in every.items() if name not in aside}
        answers = {name: measure.ours(ours[name]) for name in truths}
        counts = [judge(measure, answers, truths)]
        counts.append(judge(measure, {name: measure.exiftool(tool.get(name, {})) for name in truths}, truths))
        if measure.is_place:
            places = [_add(total, count) for total, count in zip(places, counts, strict=True)]
        met &= _print_row(measure.name, counts, measure.bar, no_wrong=measure.no_wrong)
        notes += [f"set aside: {measure.name}: {name}: {why}" for name, why in aside.items()]
        for name, value in truths.items():
            if not any(measure.same(answer, value) for answer in answers[name]):
                notes.append(f"differs: {measure.name}: {name}: truth {value!r}, ours {answers[name]!r}")
    met &= _print_row(ALL_PLACES, places, ALL_PLACES_BAR)
    problems = [(name, item) for name, found in ours.items() for item in found if isinstance(item, Problem)]
    failed = [f"failed: {name}: {item.where}: {item.message}" for name, item in problems if item.code == "reader-failed"]
    disputes = sorted({name for name, item in problems if item.code == "witnesses-disagree"})
    notes.append(f"files on which the two EXIF decoders disagree: {', '.join(disputes) or 'none'}")
    print("\n" + "\n".join(notes + failed))
    return met and not failed


def _read(path: Path) -> list[Finding]:
    with cost.open_undigested(path) as (media, source):
        return read_findings(media, source)


def _add(one: Counts, other: Counts) -> Counts:
    return one[0] + other[0], one[1] + other[1], one[2] + other[2]


def _print_row(name: str, counts: list[Counts], bar: float | None, *, no_wrong: bool = False) -> bool:
    """Print a field's counts and whether its bar is met."""
    agree, wrong, missing = counts[0]
    total = agree + wrong + missing
    share = agree / total if total else 1.0
    is_met = bar is None or (share >= bar and not (no_wrong and wrong))
    shown = "" if bar is None else f"   {share:6.1%} (bar {bar * 100:g} %{', 0 wrong' if no_wrong else ''})"
    cells = "".join(f"   {a:8}{w:6}{m:8}" for a, w, m in counts)
    print(f"{name:24}{total:6}{cells}{shown}{'' if is_met else '  MISSED'}")
    return is_met


def main() -> int:
    """Compare, then measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("GEOVERIFY_SHARED", ROOT.parent / "shared")))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--skip-cost", action="store_true")
    options = parser.parse_args()
    folder = options.shared / "corpora" / "metadata"
    if not (folder / "truth.json").is_file():
        print(f"{folder}: no truth.json; give the folder of real media with --shared", file=sys.stderr)
        return 2
    truth: dict[str, dict[str, Any]] = json.loads((folder / "truth.json").read_text("utf-8"))
    met = [compare(folder, truth), built.compare_sidecars(), built.compare_fixes()]
    if not options.skip_cost:
        met.append(cost.compare([folder / name for name in truth], options.rounds))
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
