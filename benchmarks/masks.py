"""How much of clean photographs the masks hide, and how much of what is laid over pictures they cover.

    python benchmarks/masks.py [--shared DIR] [--seed N] [--every N] [--only KIND]

Clean: the shared reference photographs as they are; sky is counted apart, since hiding it is meant. Overlaid: each reference with
each kind of overlay, drawn at random from the seed and compressed (JPEG 30 to 70). Of the SIFT features that lie on the overlay
`hidden` is the share that is hidden and `left` the mean number that is not; `area` is the share of the overlay's pixels (the
flat inside of a box has no features and need not be hidden), `beyond` the share of the rest of the picture that is hidden and was
not in the clean one. Frames: eight frames of a sweep over each reference under one logo and one banner. The exit code is 1 where
a bar is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import cv2  # noqa: E402
import numpy as np  # noqa: E402
from builders.overlays import (  # noqa: E402
    OVERLAYS,
    Covered,
    Overlaid,
    Picture,
    caption_banner,
    channel_logo,
    compress,
    moving_frames,
)

from geoverify.vision import masks  # noqa: E402

MAX_CLEAN_MEDIAN, MAX_CLEAN_MEAN = 0.005, 0.03
MIN_HIDDEN = 0.80
FRAMES_EACH = 8
SIFT = cv2.SIFT_create(2000)


def list_references(folder: Path) -> list[Path]:
    """The reference photographs of the corpus, in its own order."""
    manifest = json.loads((folder / "manifest.json").read_text())
    return [folder / entry["file"] for entry in manifest if entry["role"] == "reference"]


def lay_over(frame: Picture, seed: int) -> Overlaid:
    """A frame under the logo and the banner of one channel."""
    with_logo, logo = channel_logo(frame, np.random.default_rng(seed))
    drawn, banner = caption_banner(with_logo, np.random.default_rng(seed))
    return drawn, logo | banner


class Tally:
    """The figures of one kind of overlay."""

    def __init__(self) -> None:
        self.features, self.hidden_features, self.left = 0, 0, []
        self.area, self.beyond = [], []

    def add(self, shown: Picture, hidden: Covered, before: Covered, over: Covered) -> None:
        """Count one picture."""
        points = np.array([point.pt for point in SIFT.detect(cv2.cvtColor(shown, cv2.COLOR_BGR2GRAY), None)]).astype(int)
        points = points.reshape(-1, 2)
        points = points[over[points[:, 1], points[:, 0]]]
        count = int(hidden[points[:, 1], points[:, 0]].sum())
        self.features += len(points)
        self.hidden_features += count
        self.left.append(len(points) - count)
        self.area.append(float(hidden[over].mean()))
        self.beyond.append(float((hidden & ~before)[~over].mean()))

    def print(self, name: str) -> float:
        """Print one line and return the share of features that is hidden."""
        share = self.hidden_features / max(1, self.features)
        print(
            f"{name:20} {share:6.3f}  {np.mean(self.left):6.1f}  {np.mean(self.area):6.3f}  {np.mean(self.beyond):6.3f}",
            flush=True,
        )
        return share


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("GEOVERIFY_SHARED", ROOT.parent / "shared")))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", type=int, default=1, help="take only every nth reference")
    parser.add_argument("--only", choices=[*OVERLAYS, "frames"], help="measure one kind of overlay")
    options = parser.parse_args()
    pictures = [cv2.imread(str(path)) for path in list_references(options.shared / "corpora" / "visual")[:: options.every]]
    cv2.setNumThreads(1)
    start = time.process_time()
    clean = [masks.mask_single(picture) == 0 for picture in pictures]
    cost_s = (time.process_time() - start) / len(pictures)
    overlays = []
    for picture in pictures:
        hidden = masks.find_overlays(picture)
        overlays.append(float(hidden.mean()))
    print(f"{len(pictures)} clean references, {1000 * cost_s:.0f} ms CPU each")
    print(f"  taken for overlays: mean {np.mean(overlays):.3f}, median {np.median(overlays):.3f}, largest {max(overlays):.3f}")
    print(f"  hidden with sky:    mean {np.mean([part.mean() for part in clean]):.3f}")
    print(f"{'overlay':20} hidden    left    area  beyond")
    totals: list[float] = []
    for name, overlay in OVERLAYS.items():
        if options.only not in (None, name):
            continue
        tally = Tally()
        for number, (picture, before) in enumerate(zip(pictures, clean, strict=True)):
            dice = np.random.default_rng((options.seed, number))
            drawn, over = overlay(picture, dice)
            shown = compress(drawn, int(dice.integers(30, 71)))
            tally.add(shown, masks.mask_single(shown) == 0, before, over)
        totals.append(tally.print(name))
    tally = Tally()
    for number, picture in enumerate(pictures if options.only in (None, "frames") else []):
        plain = moving_frames(picture, FRAMES_EACH, options.seed + number)
        drawn_frames = [lay_over(frame, options.seed) for frame in plain]
        shown_frames = [compress(frame, 50) for frame, _ in drawn_frames]
        found = masks.mask_frames(shown_frames)
        bare = masks.mask_frames(plain)
        # One frame stands for all: the overlays' places are the same.
        tally.add(shown_frames[0], found[0] == 0, bare[0] == 0, drawn_frames[0][1])
    if options.only in (None, "frames"):
        totals.append(tally.print("frames: logo, banner"))
    is_clean = float(np.median(overlays)) <= MAX_CLEAN_MEDIAN and float(np.mean(overlays)) <= MAX_CLEAN_MEAN
    return int(not is_clean or min(totals) < MIN_HIDDEN)


if __name__ == "__main__":
    sys.exit(main())
