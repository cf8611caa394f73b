"""Fit the model that turns the figures of a match into a likelihood ratio.

    python benchmarks/visual.py --half tuned --rows tuned.jsonl
    python benchmarks/visual.py --references-as-queries --ways crop --rows references.jsonl
    python benchmarks/fit_visual.py tuned.jsonl references.jsonl

Uses queries and negatives of the tuned half of the places alone, and the references of all places, each looked up among the
others.

Writes geoverify/vision/calibration.json.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import numpy as np

from geoverify.vision.calibration import FILE, Calibration, measure

# Ridge on the weights, so that separable data do not send them to infinity.
RIDGE = 0.05


def inputs(row: dict) -> list[float]:
    """The model's inputs of one match, in the order of their names."""
    cells = min(row["frame_cells"], row["reference_cells"])
    return list(measure(row["strength"], row["places"], row["tried"], cells).values())


def main() -> None:
    """Fit and write."""
    rows = [json.loads(line) for name in sys.argv[1:] for line in Path(name).read_text().splitlines()]
    rows = [row for row in rows if row["tuned"] or row["file"].startswith("reference/")]
    alone = {row["file"] for row in rows if row["file"].startswith("reference/") and row["kind"] != "neg"}
    true, false = [], []
    positives, negatives = 0, set()
    sites = len({row["site"] for row in rows if row["site"]})
    looked_up = 0
    for row in rows:
        negatives.add(row["file"])
        looked_up += 1
        false += [inputs(match) for match in (row["without"] if row["site"] else row["rows"])]
        if row["site"]:
            own = [match for match in row["rows"] if match["site"] == row["site"]]
            # A site of one photograph has none left when that photograph is the query.
            positives += not (row["file"] in alone and not own)
            true += [inputs(match) for match in own[:1]]
    names = list(measure(1.0, 1, 1, 1))
    x = np.array(true + false)
    y = np.array([1.0] * len(true) + [0.0] * len(false))
    # Both classes weigh alike; the shares of looked-up pictures that match at all come in afterwards.
    share = np.where(y == 1.0, 0.5 / len(true), 0.5 / max(len(false), 1)) * len(y)
    design = np.column_stack((np.ones(len(x)), x))
    beta = np.zeros(design.shape[1])
    for _ in range(200):
        p = 1.0 / (1.0 + np.exp(-design @ beta))
        ridge = RIDGE * np.array([0.0] + [1.0] * len(names))
        gradient = design.T @ (share * (y - p)) - ridge * beta
        hessian = (design * (share * p * (1.0 - p))[:, None]).T @ design + np.diag(ridge + 1e-9)
        beta += np.linalg.solve(hessian, gradient)
    recall = len(true) / positives
    false_rate = (len(false) + 1) / (looked_up * sites)
    scale = 1.0 / math.log(10.0)
    model = Calibration(
        intercept=round(float(beta[0]) * scale + math.log10(recall / false_rate), 4),
        weights={name: round(float(value) * scale, 4) for name, value in zip(names, beta[1:], strict=True)},
        max_log10_lr=round(math.log10(recall * len(negatives) * sites), 4),
        negative_pictures=len(negatives),
        site_count=sites,
        provenance=(
            f"benchmarks/fit_visual.py: {len(true)} true matches of {positives} look-ups, {len(false)} false ones of "
            f"{looked_up}; {len(negatives)} pictures of the tuned half of corpora/visual and its references"
        ),
    )
    FILE.write_text(json.dumps({name: getattr(model, name) for name in model.__struct_fields__}, indent=2) + "\n")
    values = (design @ beta) * scale + math.log10(recall / false_rate)
    print(model)
    print("false, highest:", np.sort(values[y == 0.0])[::-1][:6].round(2))
    print("true, lowest:", np.sort(values[y == 1.0])[:12].round(2))


if __name__ == "__main__":
    main()
