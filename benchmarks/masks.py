"""How much of clean photographs the masks hide, and how much of what is laid over pictures they cover.

    python benchmarks/masks.py [--shared DIR] [--seed N]

Clean: the shared reference photographs as they are; sky is counted apart, since hiding it is meant. Overlaid: each reference with
each kind of overlay, drawn at random from the seed and compressed (JPEG 30 to 70); `covered` is the share of the overlay's pixels that is
hidden, `beyond` the share of the rest that is hidden and was not in the clean picture. Frames: eight frames of a sweep over each
reference under one logo and banner. The exit code is 1 where a bar is missed.
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
from builders.overlays import OVERLAYS, caption_banner, channel_logo, compress, moving_frames  # noqa: E402

from geoverify.vision import masks  # noqa: E402

MAX_CLEAN_MEDIAN, MAX_CLEAN_MEAN = 0.005, 0.03
FRAMES_EACH = 8


def list_references(folder: Path) -> list[Path]:
    """The reference photographs of the corpus, in its own order."""
    manifest = json.loads((folder / "manifest.json").read_text())
    return [folder / entry["file"] for entry in manifest if entry["role"] == "reference"]


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("GEOVERIFY_SHARED", ROOT.parent / "shared")))
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    pictures = [cv2.imread(str(path)) for path in list_references(options.shared / "corpora" / "visual")]
    cv2.setNumThreads(1)
    start = time.process_time()
    clean = [masks.mask_single(picture) == 0 for picture in pictures]
    cost_s = (time.process_time() - start) / len(pictures)
    overlays = []
    for picture in pictures:
        hidden = masks._find_overlays(masks._reduce(picture))
        overlays.append(float(hidden.mean()))
    print(f"{len(pictures)} clean references, {1000 * cost_s:.0f} ms CPU each")
    print(f"  taken for overlays: mean {np.mean(overlays):.3f}, median {np.median(overlays):.3f}, largest {max(overlays):.3f}")
    print(f"  hidden with sky:    mean {np.mean([part.mean() for part in clean]):.3f}")
    print(f"{'overlay':18} covered  pictures with < half covered  beyond")
    for name, overlay in OVERLAYS.items():
        covered, beyond = [], []
        for number, (picture, before) in enumerate(zip(pictures, clean, strict=True)):
            dice = np.random.default_rng((options.seed, number))
            drawn, over = overlay(picture, dice)
            hidden = masks.mask_single(compress(drawn, int(dice.integers(30, 71)))) == 0
            covered.append(float(hidden[over].mean()))
            beyond.append(float((hidden & ~before)[~over].mean()))
        few = sum(share < 0.5 for share in covered)
        print(f"{name:18} {np.mean(covered):7.3f}  {few:4} of {len(covered)}  {np.mean(beyond):27.3f}")
    covered, beyond = [], []
    for number, picture in enumerate(pictures):
        frames, over = [], None
        for frame in moving_frames(picture, FRAMES_EACH, options.seed + number):
            with_logo, logo = channel_logo(frame, np.random.default_rng(options.seed))
            drawn, banner = caption_banner(with_logo, np.random.default_rng(options.seed))
            frames.append(compress(drawn, 50))
            over = logo | banner
        bare = masks.mask_frames(moving_frames(picture, FRAMES_EACH, options.seed + number))
        for mask, plain in zip(masks.mask_frames(frames), bare, strict=True):
            covered.append(float((mask == 0)[over].mean()))
            beyond.append(float(((mask == 0) & (plain > 0))[~over].mean()))
    few = sum(share < 0.5 for share in covered)
    print(f"{'frames: logo+banner':18} {np.mean(covered):6.3f}  {few:4} of {len(covered)} {np.mean(beyond):27.3f}")
    return int(float(np.median(overlays)) > MAX_CLEAN_MEDIAN or float(np.mean(overlays)) > MAX_CLEAN_MEAN)


if __name__ == "__main__":
    sys.exit(main())
