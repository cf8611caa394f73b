"""How often a degraded photograph is told to show the right place, or none, and what that costs.

    python benchmarks/visual.py [--shared DIR] [--half tuned|reported|all] [--ways jpeg,video,…] [--peer N] [--rows FILE]

Every query of the set is degraded in each way and looked up among all references; every one is looked up again in an index
without its own site, where any answer is wrong, and so are all negatives. `--peer N` runs brute force on N
queries beside it. `--rows` keeps the figures of each look-up for fit_visual.py.
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

from geoverify.settings import Settings
from geoverify.vision.calibration import weigh_figures
from geoverify.vision.features import extract_features, mirror_features
from geoverify.vision.index import IndexEntry, ReferenceIndex, build_index, open_index
from geoverify.vision.masks import mask_single
from geoverify.vision.matching import match_frame
from geoverify.vision.retrieval import shortlist

FIGURES = ("mirrored", "places", "tried", "strength", "frame_cells", "reference_cells")


def rate(figures: dict) -> float:
    """The model's log10 likelihood ratio of a match."""
    cells = min(figures["frame_cells"], figures["reference_cells"])
    return weigh_figures(figures["strength"], figures["places"], figures["tried"], cells)


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
        figures = {name: getattr(best, name) for name in FIGURES}
        rows.append({"site": code, **figures, "agreeing": len(matches), "log10_lr": rate(figures)})
    # What is measured alone is part of the whole.
    return rows, {"retrieval": middle - start, "verification": (end - middle) - (middle - start)}


def best_of(rows: list[dict]) -> tuple[str, float]:
    """The site that is told and how surely; "" and next to nothing where no match was found."""
    best = max(rows, key=lambda row: row["log10_lr"], default=None)
    return ("", -9.0) if best is None else (best["site"], best["log10_lr"])


def report(results: Sequence[dict], threshold: float) -> None:
    """Print what came out by kind, at the product's own threshold and above the highest value that a wrong answer reached."""
    wrong = [best_of(row["without"] if row["site"] else row["rows"])[1] for row in results]
    # A wrong site beside the right one in the index is wrong too.
    wrong += [best_of([match for match in row["rows"] if match["site"] != row["site"]])[1] for row in results if row["site"]]
    highest = max(wrong, default=-9.0)
    told_wrong = sum(value >= threshold for value in wrong)
    print(f"look-ups where any answer is wrong: {len(wrong)}; highest log10 ratio {highest:.2f}; told: {told_wrong}")
    kinds: dict[str, list[tuple[bool, bool, bool, bool]]] = defaultdict(list)
    for row in results:
        if row["site"]:
            site, value = best_of(row["rows"])
            right, told = site == row["site"], value >= threshold
            kinds[row["kind"]].append((right, right and value > highest, right and told, told and not right))
    print(f"{'kind':10} {'look-ups':>8} {'recall@1':>8} {'at 0 wrong':>10} {'told':>6} {'told wrong':>10}")
    for kind, rows in sorted(kinds.items()):
        first, clean, named = (float(np.mean([row[place] for row in rows])) for place in range(3))
        print(f"{kind:10} {len(rows):8} {first:8.3f} {clean:10.3f} {named:6.3f} {sum(row[3] for row in rows):10}")
    outcomes = list(calls(results))
    if outcomes:
        value, right = (np.array(column, np.float64) for column in zip(*outcomes, strict=True))
        p = 1.0 / (1.0 + 10.0**-value)
        bins = np.minimum((p * 10).astype(int), 9)
        ece = sum(abs(p[bins == b].mean() - right[bins == b].mean()) * (bins == b).mean() for b in range(10) if (bins == b).any())
        print(f"calibration over {len(p)} matches at even odds: ECE {ece:.3f}, Brier {np.mean((p - right) ** 2):.3f}")


def calls(results: Sequence[dict]) -> Iterator[tuple[float, bool]]:
    """Every match with its ratio and whether it is right."""
    for row in results:
        for match in row["rows"]:
            yield match["log10_lr"], match["site"] == row["site"]
        if row["site"]:
            for match in row["without"]:
                yield match["log10_lr"], False


def run_peer(references: Sequence[Photo], queries: Sequence[Photo], way: str) -> None:
    """Print what brute force costs: SIFT, the two nearest of each feature in every reference, ratio test, RANSAC homography."""
    sift, matcher = cv2.SIFT_create(2000), cv2.BFMatcher(cv2.NORM_L2)

    def detect(bgr: np.ndarray) -> tuple:
        scale = min(1.0, 1024 / max(bgr.shape[:2]))
        return sift.detectAndCompute(luma_of(cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)), None)

    described = [(photo.site, *detect(photo.read())) for photo in references]
    seconds, right = [], 0
    for photo in queries:
        picture = degrade(photo.read(), way, photo.file)
        start = time.process_time()
        points, found = detect(picture)
        best = (0, "")
        for site, there, other in described:
            pairs = [pair for pair in matcher.knnMatch(found, other, k=2) if len(pair) == 2]
            kept = [first for first, second in pairs if first.distance < 0.8 * second.distance]
            if len(kept) >= 4:
                here_px = np.float32([points[match.queryIdx].pt for match in kept])
                there_px = np.float32([there[match.trainIdx].pt for match in kept])
                _, inside = cv2.findHomography(here_px, there_px, cv2.RANSAC, 5.0)
                best = max(best, (0 if inside is None else int(inside.sum()), site))
        seconds.append(time.process_time() - start)
        right += best[1] == photo.site
    print(f"brute force: {np.mean(seconds):.2f} s of CPU a query one way round, right {right} of {len(queries)}")


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
    parser.add_argument("--peer", type=int, default=0)
    parser.add_argument("--references-as-queries", action="store_true")
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
    if options.references_as_queries:
        queries = list(references)
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
        costs: dict[str, list[float]] = defaultdict(list)
        results: list[dict] = []
        queries.sort(key=lambda photo: (photo.site or "", photo.file))
        without, without_site = None, None
        for photo in queries:
            if options.references_as_queries:
                path = Path(folder, "others.gvi")
                build_index(entries([r for r in references if r.file != photo.file], masked=options.masks), path, whole)
                index = open_index(path)
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
                told = {"file": photo.file, "kind": photo.kind, "site": photo.site, "tuned": photo.is_tuned, "way": way}
                results.append({**told, "features": len(features), "rows": rows, "without": left})
                if out:
                    out.write(json.dumps(results[-1]) + "\n")
                    out.flush()
        if options.peer:
            with_site = [photo for photo in queries if photo.site]
            run_peer(references, with_site[:: max(1, len(with_site) // options.peer)][: options.peer], "jpeg")
        report(results, Settings().naming_visual_log10)
        print({name: round(float(np.mean(values)), 4) for name, values in costs.items()})


if __name__ == "__main__":
    main()
