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
from unittest.mock import patch

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import cv2
import numpy as np
from degrade import WAYS, degrade
from visual_report import rate, report
from visual_set import Photo, load_set

from geoverify.settings import Settings
from geoverify.vision import matching
from geoverify.vision.calibration import load_calibration
from geoverify.vision.features import extract_features
from geoverify.vision.index import IndexEntry, ReferenceIndex, build_index, open_index
from geoverify.vision.masks import mask_single
from geoverify.vision.retrieval import shortlist

FIGURES = ("mirrored", "places", "tried", "strength", "frame_cells", "reference_cells")


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


def time_decoding(bgr: np.ndarray) -> float:
    """Seconds of CPU to decode a picture from JPEG."""
    _, data = cv2.imencode(".jpg", bgr)
    start = time.process_time()
    cv2.imdecode(data, cv2.IMREAD_COLOR)
    return time.process_time() - start


def look_up(index: ReferenceIndex, features) -> tuple[list[dict], dict[str, float]]:
    """The figures of the best match of each site, and seconds of CPU."""
    spent_s = {"retrieval": 0.0}

    def timed(*arguments):
        start = time.process_time()
        found = shortlist(*arguments)
        spent_s["retrieval"] += time.process_time() - start
        return found

    start = time.process_time()
    with patch.object(matching, "shortlist", timed):
        found = matching.match_frame(index, features)
    spent_s["verification"] = time.process_time() - start - spent_s["retrieval"]
    rows, seen = [], {}
    for match in found:
        code = index.references[match.reference].site_code
        seen.setdefault(code, []).append(match)
    for code, matches in seen.items():
        best = matches[0]
        figures = {name: getattr(best, name) for name in FIGURES}
        rows.append({"site": code, **figures, "agreeing": len(matches), "log10_lr": rate(figures)})
    return rows, spent_s


def run_peer(references: Sequence[Photo], queries: Sequence[Photo], way: str) -> None:
    """Print what brute force costs: SIFT, the two nearest of each feature in every reference, ratio test, RANSAC homography.

    Done for the picture and for its mirror image, as the product does; the median of the queries, one way round and both.
    """
    sift, matcher = cv2.SIFT_create(2000), cv2.BFMatcher(cv2.NORM_L2)

    def detect(bgr: np.ndarray) -> tuple:
        scale = min(1.0, 1024 / max(bgr.shape[:2]))
        return sift.detectAndCompute(luma_of(cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)), None)

    def find_best(picture: np.ndarray) -> tuple[int, str]:
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
        return best

    described = [(photo.site, *detect(photo.read())) for photo in references]
    once, twice, right = [], [], 0
    for photo in queries:
        picture = degrade(photo.read(), way, photo.file)
        start = time.process_time()
        best = find_best(picture)
        once.append(time.process_time() - start)
        best = max(best, find_best(np.ascontiguousarray(picture[:, ::-1])))
        twice.append(time.process_time() - start)
        right += best[1] == photo.site
    print(
        f"brute force over {len(references)} references: median of {len(queries)} queries {np.median(once):.2f} s of CPU one way "
        f"round, {np.median(twice):.2f} s with the mirror image; right {right}"
    )


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
                costs["decode"].append(time_decoding(picture))
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
        print(f"held out: fitted on the tuned half of the places and on references; these are {options.half}")
        report(results, Settings().naming_visual_log10, load_calibration().max_log10_lr, len({r.site for r in references}))
        spent = [sum(parts) for parts in zip(*costs.values(), strict=True)]
        print(
            "seconds of CPU a query, median (mean): "
            + ", ".join(f"{name} {np.median(values):.3f} ({np.mean(values):.3f})" for name, values in costs.items())
            + f"; in all {np.median(spent):.3f} ({np.mean(spent):.3f})"
        )


if __name__ == "__main__":
    main()
