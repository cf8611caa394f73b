"""How often a clip is told to show the right place, or none, and what its frames say together that the best of them does not.

    python benchmarks/visual_clips.py [--shared DIR] [--half tuned|reported|all] [--kinds KINDS] [--every N] [--features INDEX]

Each photograph becomes a hand-held clip that pans and zooms over it, encoded as platforms do (H.264, CRF 30). It is sampled,
masked and looked up as the product does it, among all references, and again without its own site, where any answer is wrong, as
is any for a negative. Prints what the product tells, and how many true clips lie above the highest wrong one by the best frame,
by the second best (so that two must agree) and by the sum over all frames. `--features` is an index of the references that spares
extracting them again.
"""

from __future__ import annotations

import argparse
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import numpy as np
from doubles_clips import film
from visual import entries, luma_of
from visual_report import show_rate
from visual_set import Photo, load_set

from geoverify.channels.visual import weigh_frames
from geoverify.media import open_media
from geoverify.settings import Settings
from geoverify.vision.calibration import weigh_figures
from geoverify.vision.features import Features, extract_features
from geoverify.vision.film import Film
from geoverify.vision.frames import sample_frames
from geoverify.vision.index import ReferenceIndex, build_index, open_index
from geoverify.vision.masks import mask_frames
from geoverify.vision.matching import match_frame

# Of each site: for each frame its best match, as the model's log10 ratio and as strength.
Seen = Mapping[str, list[tuple[float, float]]]
SETTINGS = Settings()
SIZE_PX, CRF = (1280, 720), 30


def sample(photo: Photo, folder: Path) -> list[Features]:
    """The features of the frames that the product would look at."""
    path = folder / "clip.mp4"
    film(photo.read(), photo.file, path, size_px=SIZE_PX, crf=CRF)
    with open_media(path) as (media, source):
        pictures = [frame.bgr for frame in sample_frames(Film(media, source), SETTINGS.match_frame_count)]
    return [extract_features(luma_of(bgr), mask) for bgr, mask in zip(pictures, mask_frames(pictures), strict=True)]


def look_up(index: ReferenceIndex, frames: Iterable[Features]) -> Seen:
    """The best match of each frame with each site; upright, as the clips are."""
    seen: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for features in frames:
        best: dict[str, tuple[float, float]] = {}
        for match in match_frame(index, features, looks_turned=False):
            cells = min(match.frame_cells, match.reference_cells)
            value = (weigh_figures(match.strength, match.places, match.tried, cells), match.strength)
            code = index.references[match.reference].site_code
            best[code] = max(best.get(code, value), value)
        for code, value in best.items():
            seen[code].append(value)
    return seen


def tell(matches: list[tuple[float, float]], frame_count: int) -> float:
    """The product's log10 ratio."""
    return weigh_frames(((float(number), value) for number, (value, _) in enumerate(matches)), frame_count, SETTINGS)[0]


WAYS: dict[str, Callable[[list[tuple[float, float]], int], float]] = {
    "product": tell,
    "best frame": lambda matches, _: max(strength for _, strength in matches),
    "second best": lambda matches, _: sorted((0.0, *(strength for _, strength in matches)))[-2],
    "sum": lambda matches, _: sum(strength for _, strength in matches),
}


def main() -> None:
    """Film, look up, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("GEOVERIFY_SHARED", "../shared")))
    parser.add_argument("--half", choices=("tuned", "reported", "all"), default="reported")
    parser.add_argument("--kinds", default="hard,landmark,pair,sfm,aerial")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--features", type=Path)
    options = parser.parse_args()
    photos = load_set(options.shared)
    chosen = [
        photo
        for photo in photos
        if (photo.role == "negative" or (photo.role == "query" and photo.kind in options.kinds.split(",")))
        and (options.half == "all" or photo.is_tuned == (options.half == "tuned"))
    ][:: options.every]
    references = [photo for photo in photos if photo.role == "reference"]
    true: dict[str, list[tuple[str, float]]] = defaultdict(list)
    wrong: dict[str, list[float]] = defaultdict(list)
    frames = []
    with TemporaryDirectory() as name:
        whole, without = Path(name, "whole.gvi"), Path(name, "without.gvi")
        build_index(entries(references, masked=False), whole, options.features)
        for photo in chosen:
            sampled = sample(photo, Path(name))
            frames.append(len(sampled))
            with open_index(whole) as index:
                found = look_up(index, sampled)
            others = {code: matches for code, matches in found.items() if code != photo.site}
            lists = [others]
            if photo.site:
                build_index(entries([item for item in references if item.site != photo.site], masked=False), without, whole)
                with open_index(without) as index:
                    lists.append(look_up(index, sampled))
            for way, measure in WAYS.items():
                least = -9.0
                for seen in lists:
                    wrong[way].append(max((measure(matches, len(sampled)) for matches in seen.values()), default=least))
                if photo.site:
                    own = found.get(photo.site)
                    true[way].append((photo.kind, measure(own, len(sampled)) if own else least))
    told = sum(value >= SETTINGS.naming_visual_log10 for value in wrong["product"])
    print(f"{len(chosen)} clips of the half {options.half}, {np.mean(frames):.1f} frames each")
    print(f"look-ups where any answer is wrong: {len(wrong['product'])}; told {show_rate(told, len(wrong['product']))}")
    for way in WAYS:
        highest = max(wrong[way])
        print(f"{way}: highest wrong value {highest:.2f}")
        for kind in sorted({kind for kind, _ in true[way]}):
            values = [value for its_kind, value in true[way] if its_kind == kind]
            line = f"  {kind:9} above it {show_rate(sum(value > highest for value in values), len(values))}"
            if way == "product":
                line += f", told {show_rate(sum(value >= SETTINGS.naming_visual_log10 for value in values), len(values))}"
            print(line, flush=True)


if __name__ == "__main__":
    main()
