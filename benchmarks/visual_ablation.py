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
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import cv2
import numpy as np
from degrade import degrade
from visual_set import Photo, load_set
from visual_variants import VARIANTS

from geoverify.vision.features import Features
from geoverify.vision.geometry import MAX_ERROR_PX, MAX_MATCHES, Points, align, project
from geoverify.vision.matching import MAX_RATIO


def gather(frame: Features, reference: Features, transform: np.ndarray, background: np.ndarray) -> tuple[float, int]:
    """Strength and places once more: of all features that a found map puts close together, those nearer than other sites'."""
    moved, _ = project(transform, frame.xy_px.astype(np.float64))
    here, there = np.nonzero(((moved[:, None, :] - reference.xy_px[None, :, :]) ** 2).sum(axis=2) < MAX_ERROR_PX**2)
    apart = frame.descriptors[here].astype(np.float64) - reference.descriptors[there]
    ratio = np.sqrt((apart**2).sum(axis=1)) / np.maximum(background[here], 1e-6)
    order = [place for place in np.argsort(ratio, kind="stable") if ratio[place] < 1.0]
    taken_here, taken_there, strength = set(), set(), 0.0
    for place in order:
        if here[place] not in taken_here and there[place] not in taken_there:
            taken_here.add(here[place])
            taken_there.add(there[place])
            strength += 1.0 - float(ratio[place])
    return strength, len(taken_here)


def compare(
    frame: Features, references: Sequence[tuple[str, Features]], own: str, *, is_guided: bool = False
) -> tuple[float, int, float]:
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
        background = distance[sites != site].min(axis=0)
        ratio = distance[number] / np.maximum(background, 1e-6)
        rows = np.flatnonzero((ratio < MAX_RATIO) & mutual[number])
        rows = np.sort(rows[np.argsort(ratio[rows], kind="stable")[:MAX_MATCHES]])
        at = places[number][rows]
        here = Points.of(frame.xy_px[rows], frame.size_px[rows], frame.angle_deg[rows])
        there_points = Points.of(features.xy_px[at], features.size_px[at], features.angle_deg[at])
        found = align(here, there_points, 1.0 - 0.7 * ratio[rows].astype(np.float64))
        strength = 0.0 if found is None else float((1.0 - ratio[rows][found.inliers]).sum())
        count = 0 if found is None else found.places
        if found is not None and is_guided:
            strength, count = gather(frame, features, found.transform, background)
        if site != own:
            wrong = max(wrong, strength)
        elif strength > best:
            best, best_places = strength, count
    return best, best_places, wrong


def luma_of(bgr: np.ndarray) -> np.ndarray:
    """Grey values as the product takes them."""
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)


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
        describe, describe_reference, meaning = VARIANTS[name]
        start = time.process_time()
        kept = [(photo, describe_reference(luma_of(photo.read()))) for photo in references]
        rows = []
        for photo, way in queries:
            beside = [(other.site or "", features) for other, features in kept if other.file != photo.file]
            rows.append(
                (
                    photo.kind,
                    *compare(
                        describe(luma_of(degrade(photo.read(), way, photo.file))),
                        beside,
                        photo.site or "-",
                        is_guided=name == "guided",
                    ),
                )
            )
        highest = max(row[3] for row in rows)
        print(f"{name}: {meaning}; strongest wrong match {highest:.2f}; {time.process_time() - start:.0f} s of CPU")
        for kind in ("hard", "pair", "landmark"):
            chosen = [row for row in rows if row[0] == kind]
            above = sum(row[1] > highest for row in chosen)
            print(f"  {kind}: {above} of {len(chosen)} above it, {sum(min(row[2], 60) for row in chosen)} places", flush=True)


if __name__ == "__main__":
    main()
