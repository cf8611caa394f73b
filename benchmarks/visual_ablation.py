"""What each part of the features brings: frames compared with every reference, without retrieval, part by part.

    python benchmarks/visual_ablation.py [--shared DIR] [--variants NAME,…]

Looks at the hard and pair queries of the tuned half (JPEG), at the landmark references of sites that have several (cropped, each
without itself), and at every second negative of the tuned half; at most two references of a site, and all those of landmarks. A
match is distinctive against the references of all other sites. Prints how many pictures match their own site more strongly than
any picture matches a wrong one, and the sum of their matched places, at most 60 of each.
"""

from __future__ import annotations

import argparse
import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import cv2
import numpy as np
from degrade import degrade
from visual_set import Photo, load_set

from geoverify.vision.codebook import load_codebook
from geoverify.vision.features import CONTRAST_THRESHOLD, DESCRIPTOR_SCALE, Features, extract_features
from geoverify.vision.geometry import MAX_MATCHES, Points, align
from geoverify.vision.matching import MAX_RATIO


def describe_plainly(luma: np.ndarray, count: int, *, upright: bool) -> Features:
    """RootSIFT over one domain, turned by each patch's own direction or not."""
    made = extract_features(luma, count=count)
    scale = min(1.0, 1024 / max(luma.shape))
    small = cv2.resize(luma, tuple(made.frame_px.tolist()), interpolation=cv2.INTER_AREA) if scale < 1.0 else luma
    sift = cv2.SIFT_create(contrastThreshold=CONTRAST_THRESHOLD, enable_precise_upscale=True)
    points = sorted(sift.detect(small, None), key=lambda point: (-point.response, point.pt, point.size, point.angle))
    if upright:
        points = list({(point.pt, point.size): point for point in reversed(points)}.values())[::-1]
    points = points[:count]
    angles = np.array([point.angle for point in points], np.float32)
    for point in points:
        point.angle = 0.0 if upright else point.angle
    _, raw = sift.compute(small, points)
    rooted = np.sqrt(raw / np.maximum(raw.sum(axis=1, keepdims=True), 1e-9))
    descriptors = np.clip(np.rint(rooted * DESCRIPTOR_SCALE), 0, 255).astype(np.uint8)
    return replace(
        made,
        xy_px=np.array([point.pt for point in points], np.float32),
        size_px=np.array([point.size for point in points], np.float32),
        angle_deg=angles,
        response=np.array([point.response for point in points], np.float32),
        descriptors=descriptors,
        slanted=np.zeros_like(descriptors),
    )


def keep_codes(features: Features, count: int) -> Features:
    """A reference as the index keeps it."""
    kept = features.pick(np.arange(min(count, len(features))))
    codebook = load_codebook()
    return replace(kept, descriptors=codebook.restore(codebook.shorten(kept.descriptors)).astype(np.uint8))


Describe = Callable[[np.ndarray], Features]
# For the query, for the reference, and what is said of them.
VARIANTS: dict[str, tuple[Describe, Callable[[Features], Features], str]] = {
    "turned": (lambda luma: describe_plainly(luma, 2000, upright=False), lambda f: f, "each patch turned by its own direction"),
    "upright": (lambda luma: describe_plainly(luma, 2000, upright=True), lambda f: f, "upright"),
    "pooled": (lambda luma: extract_features(luma, count=2000), lambda f: f, "upright, two domain sizes"),
    "kept": (extract_features, lambda f: keep_codes(f, 1250), "the same, 1,600 against 1,250 as the index keeps them"),
}


def compare(frame: Features, references: Sequence[tuple[str, Features]], own: str) -> tuple[float, int, float]:
    """Strength and places of the best match with the own site, and the strength of the best with another."""
    values = frame.descriptors.astype(np.float32)
    squares = (values * values).sum(axis=1)
    places, distances, mutual = [], [], []
    for _, features in references:
        there = features.descriptors.astype(np.float32)
        closeness = values @ there.T - (there * there).sum(axis=1) / 2.0
        place = closeness.argmax(axis=1)
        nearest = closeness[np.arange(len(values)), place]
        places.append(place)
        mutual.append(nearest == closeness.max(axis=0)[place])
        distances.append(np.sqrt(np.maximum(squares - 2.0 * nearest, 0.0)))
    sites = np.array([site for site, _ in references])
    distance = np.stack(distances)
    best, best_places, wrong = 0.0, 0, 0.0
    for number, (site, features) in enumerate(references):
        ratio = distance[number] / np.maximum(distance[sites != site].min(axis=0), 1e-6)
        rows = np.flatnonzero((ratio < MAX_RATIO) & mutual[number])
        rows = np.sort(rows[np.argsort(ratio[rows], kind="stable")[:MAX_MATCHES]])
        at = places[number][rows]
        here = Points.of(frame.xy_px[rows], frame.size_px[rows], frame.angle_deg[rows])
        there_points = Points.of(features.xy_px[at], features.size_px[at], features.angle_deg[at])
        found = align(here, there_points, 1.0 - 0.7 * ratio[rows].astype(np.float64))
        strength = 0.0 if found is None else float((1.0 - ratio[rows][found.inliers]).sum())
        if site != own:
            wrong = max(wrong, strength)
        elif found is not None and strength > best:
            best, best_places = strength, found.places
    return best, best_places, wrong


def main() -> None:
    """Print a line for each variant."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("GEOVERIFY_SHARED", "../shared")))
    parser.add_argument("--variants", default=",".join(VARIANTS))
    options = parser.parse_args()
    photos = load_set(options.shared)
    counts: Counter[str | None] = Counter()
    references: list[Photo] = []
    for photo in photos:
        if photo.role == "reference":
            counts[photo.site] += 1
            if counts[photo.site] <= 2 or photo.kind == "landmark":
                references.append(photo)
    queries = [(p, "jpeg") for p in photos if p.role == "query" and p.is_tuned and p.kind in ("hard", "pair")]
    queries += [(p, "crop") for p in references if p.kind == "landmark" and counts[p.site] > 1]
    queries += [(p, "jpeg") for p in photos if p.role == "negative" and p.is_tuned][::2]
    for name in options.variants.split(","):
        describe, keep, meaning = VARIANTS[name]

        def look(bgr: np.ndarray, describe: Describe = describe) -> Features:
            return describe(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY))

        start = time.process_time()
        kept = [(photo, keep(look(photo.read()))) for photo in references]
        rows = []
        for photo, way in queries:
            beside = [(other.site or "", features) for other, features in kept if other.file != photo.file]
            rows.append((photo.kind, *compare(look(degrade(photo.read(), way, photo.file)), beside, photo.site or "-")))
        highest = max(row[3] for row in rows)
        print(f"{name}: {meaning}; strongest wrong match {highest:.2f}; {time.process_time() - start:.0f} s of CPU")
        for kind in ("hard", "pair", "landmark"):
            chosen = [row for row in rows if row[0] == kind]
            above = sum(row[1] > highest for row in chosen)
            print(f"  {kind}: {above} of {len(chosen)} above it, {sum(min(row[2], 60) for row in chosen)} places", flush=True)


if __name__ == "__main__":
    main()
