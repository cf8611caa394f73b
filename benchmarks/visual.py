"""How often a degraded photograph is told to show the right place, or none, and what that costs.

    python benchmarks/visual.py [--shared DIR] [--half tuned|reported|all] [--ways jpeg,video,…] [--rows FILE]

Every query of the set is degraded in each way and looked up among all references; every one is looked up again in an index
without its own site, where any answer is wrong, and so are all negatives. The strongest of all those wrong answers is the one
threshold at which nothing is accused; recall is given at that, by kind, for all places and for those that nothing was tuned on.
`--rows` keeps the figures of each look-up.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import cv2
import numpy as np
from degrade import WAYS, degrade
from visual_set import Photo, load_set

from geoverify.vision.features import extract_features, mirror_features
from geoverify.vision.index import IndexEntry, ReferenceIndex, build_index, open_index
from geoverify.vision.masks import mask_single
from geoverify.vision.matching import match_frame
from geoverify.vision.retrieval import shortlist


def luma_of(bgr: np.ndarray) -> np.ndarray:
    """Grey values as the product takes them."""
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)


def entries(photos: Sequence[Photo], *, masked: bool) -> Iterator[IndexEntry]:
    """Index entries of references; features are taken when they are asked for."""
    for photo in photos:

        def extract(photo: Photo = photo):
            bgr = photo.read()
            return extract_features(luma_of(bgr), mask_single(bgr) if masked else None)

        yield IndexEntry(site_code=photo.site or "", photo_digest=photo.file.encode().hex(), features=extract)


def look_up(index: ReferenceIndex, features) -> tuple[list[dict], dict[str, float]]:
    """The figures of the best match of each site, and seconds of CPU."""
    start = time.process_time()
    mirror = mirror_features(features)
    shortlist(index, features, mirror, 16, 6)
    middle = time.process_time()
    found = match_frame(index, features)
    end = time.process_time()
    rows, seen = [], {}
    for match in found:
        code = index.references[match.reference].site_code
        seen.setdefault(code, []).append(match)
    for code, matches in seen.items():
        best = matches[0]
        rows.append(
            {
                "site": code,
                "mirrored": best.mirrored,
                "places": best.places,
                "tried": best.tried,
                "strength": best.strength,
                "frame_cells": best.frame_cells,
                "reference_cells": best.reference_cells,
                "agreeing": len(matches),
            }
        )
    # What is measured alone is part of the whole.
    return rows, {"retrieval": middle - start, "verification": (end - middle) - (middle - start)}


def report(records: Sequence[dict]) -> None:
    """Print recall by kind, with the right site first and, over it, stronger than any wrong answer anywhere."""
    false = [row["strength"] for record in records for row in record["without" if record["site"] else "rows"]]
    threshold = max(false, default=0.0)
    blind = sum(1 for record in records if record["site"])
    told = f"{blind} look-ups without their own site, {len(records) - blind} of negatives"
    print(f"strongest wrong answer of {told}: {threshold:.2f}; the threshold throughout")
    for half in ("all places", "places that nothing was tuned on"):
        print(f"{half:34}{'queries':>8}{'recall@1':>10}{'at no false answer':>20}")
        for kind in sorted({record["kind"] for record in records if record["site"]}):
            some = [r for r in records if r["site"] and r["kind"] == kind and (half == "all places" or not r["tuned"])]
            first = [r for r in some if r["rows"] and r["rows"][0]["site"] == r["site"]]
            sure = [r for r in first if r["rows"][0]["strength"] > threshold]
            if some:
                print(f"  {kind:32}{len(some):8}{len(first) / len(some):10.3f}{len(sure) / len(some):20.3f}")


def main() -> None:
    """Build, look up, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("GEOVERIFY_SHARED", "../shared")))
    parser.add_argument("--half", choices=("tuned", "reported", "all"), default="all")
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--kinds", default="")
    parser.add_argument("--rows", type=Path)
    parser.add_argument("--masks", action="store_true")
    parser.add_argument("--features", type=Path)
    options = parser.parse_args()
    photos = load_set(options.shared)
    references = [photo for photo in photos if photo.role == "reference"]
    kinds = options.kinds.split(",") if options.kinds else None
    queries = [
        photo
        for photo in photos
        if photo.role != "reference"
        and (options.half == "all" or photo.is_tuned == (options.half == "tuned"))
        and (kinds is None or photo.kind in kinds)
    ]
    with TemporaryDirectory() as folder:
        whole = Path(folder, "whole.gvi")
        start = time.process_time()
        build_index(entries(references, masked=options.masks), whole, options.features)
        spent_s, size_bytes = time.process_time() - start, whole.stat().st_size / len(references)
        print(f"{len(references)} references: {spent_s:.1f} s of CPU, {size_bytes:.0f} bytes each", flush=True)
        if options.features:
            options.features.write_bytes(whole.read_bytes())
        index = open_index(whole)
        out = options.rows.open("w") if options.rows else None
        costs, records = defaultdict(list), []
        queries.sort(key=lambda photo: (photo.site or "", photo.file))
        without, without_site = None, None
        for photo in queries:
            if photo.site and photo.site != without_site:
                path = Path(folder, "without.gvi")
                build_index(entries([r for r in references if r.site != photo.site], masked=options.masks), path, whole)
                without, without_site = open_index(path), photo.site
            bgr = photo.read()
            for way in options.ways.split(","):
                picture = degrade(bgr, way, photo.file)
                start = time.process_time()
                mask = mask_single(picture) if options.masks else None
                costs["masks"].append(time.process_time() - start)
                start = time.process_time()
                features = extract_features(luma_of(picture), mask)
                costs["features"].append(time.process_time() - start)
                rows, cost = look_up(index, features)
                for name, seconds in cost.items():
                    costs[name].append(seconds)
                left, _ = look_up(without, features) if photo.site else ([], {})
                about = {"file": photo.file, "kind": photo.kind, "site": photo.site, "tuned": photo.is_tuned, "way": way}
                records.append({**about, "features": len(features), "rows": rows, "without": left})
                if out:
                    out.write(json.dumps(records[-1]) + "\n")
                    out.flush()
        spent = ", ".join(f"{name} {np.mean(values):.3f}" for name, values in costs.items())
        print(f"seconds of CPU a query: {spent}")
        report(records)


if __name__ == "__main__":
    main()
