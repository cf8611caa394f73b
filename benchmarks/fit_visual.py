"""Fit the model that turns the figures of a match into a likelihood ratio.

    python benchmarks/visual.py --half tuned --ways jpeg,crop,mirror --rows tuned.jsonl
    python benchmarks/visual.py --references-as-queries --ways crop --rows references.jsonl
    python benchmarks/fit_visual.py tuned.jsonl references.jsonl

Uses queries and negatives of the tuned half of the places alone, and the references of all places, each looked up among the
others.

Writes geoverify/vision/calibration.json. Prints the same for five parts of the places, each with a model fitted on the others.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from visual_report import calibrate, others_of

from geoverify.vision.calibration import FILE, Calibration, measure

# Ridge on the weights, so that separable data do not send them to infinity.
RIDGE = 0.05


def inputs(row: dict) -> list[float]:
    """The model's inputs of one match, in the order of their names."""
    cells = min(row["frame_cells"], row["reference_cells"])
    return list(measure(row["strength"], row["places"], row["tried"], cells).values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A model, and what it was fitted on."""

    intercept: float
    weights: np.ndarray
    true: int
    false: int
    positives: int
    lookups: int
    pictures: int
    sites: int

    @property
    def recall(self) -> float:
        """The share of the pictures of a site that match it at all."""
        return self.true / self.positives

    @property
    def max_log10_lr(self) -> float:
        """No ratio can be shown to be larger: with no false match in so many independent pairs of a picture and a site, the
        rate of false matches is at most 3 in as many (rule of three, 95 %). Degradations of one picture are one picture."""
        return math.log10(self.recall * self.pictures * self.sites / 3.0)

    def weigh(self, row: dict) -> float:
        """log10 of the ratio of one match."""
        return self.intercept + float(self.weights @ inputs(row))


def fit(rows: Sequence[dict]) -> Fit:
    """A logistic model with weights that are not negative: more of anything is never worse."""
    alone = {row["file"] for row in rows if row["file"].startswith("reference/")}
    true, false, positives, lookups = [], [], 0, 0
    for row in rows:
        lists = others_of(row)
        lookups += len(lists)
        false += [inputs(match) for found in lists for match in found]
        if row["site"]:
            own = [match for match in row["rows"] if match["site"] == row["site"]]
            # A site of one photograph has none left when that photograph is the query.
            positives += not (row["file"] in alone and not own)
            true += [inputs(match) for match in own[:1]]
    y = np.array([1.0] * len(true) + [0.0] * len(false))
    # Both classes weigh alike; the shares of looked-up pictures that match at all come in afterwards.
    share = np.where(y == 1.0, 0.5 / len(true), 0.5 / max(len(false), 1)) * len(y)
    design = np.column_stack((np.ones(len(y)), np.array(true + false)))
    kept = np.ones(design.shape[1], bool)
    while True:
        beta = np.zeros(design.shape[1])
        used = design[:, kept]
        ridge = RIDGE * np.array([0.0] + [1.0] * (kept.sum() - 1))
        for _ in range(200):
            p = 1.0 / (1.0 + np.exp(-used @ beta[kept]))
            gradient = used.T @ (share * (y - p)) - ridge * beta[kept]
            hessian = (used * (share * p * (1.0 - p))[:, None]).T @ used + np.diag(ridge + 1e-9)
            beta[kept] += np.linalg.solve(hessian, gradient)
        if (beta[1:] >= 0.0).all():
            break
        kept[1:] &= beta[1:] >= 0.0
    sites = len({row["site"] for row in rows if row["site"]})
    scale = 1.0 / math.log(10.0)
    rates = math.log10((len(true) / positives) / ((len(false) + 1) / (lookups * sites)))
    return Fit(
        intercept=float(beta[0]) * scale + rates,
        weights=beta[1:] * scale,
        true=len(true),
        false=len(false),
        positives=positives,
        lookups=lookups,
        pictures=len({row["file"] for row in rows}),
        sites=sites,
    )


def rated(rows: Sequence[dict], model: Fit) -> list[dict]:
    """The same look-ups with the values of a model."""

    def rate(matches: Sequence[dict]) -> list[dict]:
        return [{**match, "log10_lr": model.weigh(match)} for match in matches]

    return [{**row, "rows": rate(row["rows"]), "without": rate(row["without"])} for row in rows]


def main() -> None:
    """Fit, write, and print how the model does on what it was not fitted on."""
    rows = [json.loads(line) for name in sys.argv[1:] for line in Path(name).read_text().splitlines()]
    rows = [row for row in rows if row["tuned"] or row["file"].startswith("reference/")]
    model = fit(rows)
    names = list(measure(1.0, 1, 1, 1))
    written = Calibration(
        intercept=round(model.intercept, 4),
        weights={name: round(float(value), 4) for name, value in zip(names, model.weights, strict=True)},
        max_log10_lr=round(model.max_log10_lr, 4),
        negative_pictures=model.pictures,
        site_count=model.sites,
        provenance=(
            f"benchmarks/fit_visual.py: {model.true} true matches of {model.positives} look-ups, {model.false} false ones of "
            f"{model.lookups}; {model.pictures} pictures of the tuned half of corpora/visual and its references"
        ),
    )
    FILE.write_text(json.dumps({name: getattr(written, name) for name in written.__struct_fields__}, indent=2) + "\n")
    print(written)
    parts = [sha256((row["site"] or row["file"]).encode()).digest()[1] % 5 for row in rows]
    held: list[dict] = []
    for part in range(5):
        others = fit([row for row, number in zip(rows, parts, strict=True) if number != part])
        held += rated([row for row, number in zip(rows, parts, strict=True) if number == part], others)
    for name, told in (("fitted", rated(rows, model)), ("held out by place", held)):
        ece, brier, count = calibrate(told, model.sites, model.max_log10_lr)
        wrong = sorted((match["log10_lr"] for row in told for found in others_of(row) for match in found), reverse=True)
        right = sorted(m["log10_lr"] for row in told if row["site"] for m in row["rows"] if m["site"] == row["site"])
        print(f"{name}: {count} matches, ECE {ece:.3f}, Brier {brier:.3f}")
        print("  false, highest:", np.round(wrong[:6], 2), "true, lowest:", np.round(right[:14], 2))


if __name__ == "__main__":
    main()
