"""How often copies of a recording are grouped with it, how often different footage is, which is wrong, and what it costs.

    python benchmarks/doubles.py [--shared DIR] [--half tuned|reported|all] [--every N] [--prints FILE] [--pairs FILE]
    python benchmarks/doubles.py --clips N
    python benchmarks/doubles.py --scale 100000

Every photograph of the set is a recording, and every Nth is copied in each way of `COPIES`. All of them go through the product's
own search and grouping at once. Each pair of different photographs in one group is wrong; those of one place are counted apart.
`--clips` does the same with N short films that pan over photographs, at most four of a place, each read as the product reads it.
`--scale` measures the search alone, among made-up frames. `--prints` keeps the prints for another run; `--pairs` keeps the
figures of each comparison.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import math
import os
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import cv2
import msgspec
import numpy as np
from degrade import degrade
from doubles_clips import COPIES_OF_CLIPS, film
from visual_set import Photo, load_set

from geoverify.doubles.groups import group_recordings
from geoverify.doubles.records import FileFacts, Recording
from geoverify.doubles.search import find_candidates
from geoverify.media import open_media
from geoverify.model import FramePrint, MediaKind
from geoverify.results import VerdictKind
from geoverify.settings import Settings
from geoverify.vision.film import Film
from geoverify.vision.print_matching import ReadyPrint, match_frames
from geoverify.vision.printing import take_prints
from geoverify.vision.prints import POINT_COUNT, VERSION, Points, take_print

Picture = np.ndarray
# As large as platforms send pictures.
SIDE_PX = 1024
# Films of one place: enough pairs of different footage, and no place that counts for all.
FILMS_OF_PLACE = 4


def resize(bgr: Picture, name: str) -> Picture:
    """Two fifths of the size, as a preview."""
    small = cv2.resize(bgr, None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA)
    return degrade(small, "jpeg", name)


def crop(bgr: Picture, name: str) -> Picture:
    """Nine tenths of either side, from anywhere."""
    rng = np.random.default_rng(int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big"))
    height, width = bgr.shape[:2]
    high, wide = round(0.9 * height), round(0.9 * width)
    top, left = int(rng.integers(0, height - high + 1)), int(rng.integers(0, width - wide + 1))
    return degrade(np.ascontiguousarray(bgr[top : top + high, left : left + wide]), "jpeg", name)


def letterbox(bgr: Picture, name: str) -> Picture:
    """Black bars above and below, each a sixth."""
    bar = bgr.shape[0] // 6
    return degrade(cv2.copyMakeBorder(bgr, bar, bar, 0, 0, cv2.BORDER_CONSTANT), "jpeg", name)


def rework(bgr: Picture, name: str) -> Picture:
    """Cropped, mirrored and captioned."""
    return degrade(np.ascontiguousarray(crop(bgr, name)[:, ::-1]), "banner", name)


COPIES: dict[str, Callable[[Picture, str], Picture]] = {
    "recompressed": lambda bgr, name: degrade(bgr, "jpeg", name),
    "resized": resize,
    "cropped 90 %": crop,
    "captioned": lambda bgr, name: degrade(bgr, "banner", name),
    "mirrored": lambda bgr, name: degrade(bgr, "mirror", name),
    "letterboxed": letterbox,
    "blurred sides": lambda bgr, name: degrade(bgr, "pillar", name),
    "cropped 70-90 %": lambda bgr, name: degrade(bgr, "crop", name),
    "all three": rework,
}


def wilson(hits: int, count: int) -> str:
    """A share with its 95 % interval (Wilson 1927)."""
    if not count:
        return "none"
    z, share = 1.96, hits / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return f"{hits} of {count}, {share:.3f} ({max(0.0, middle - half):.3f} to {min(1.0, middle + half):.3f})"


def record(name: str, prints: Sequence[FramePrint], kind: MediaKind = MediaKind.IMAGE) -> Recording:
    """A recording as a case has it, its name in place of its digest (so that a group's id says nothing here)."""
    nowhere = VerdictKind.INCONCLUSIVE
    facts = FileFacts(path=Path(name), digest=name, case=None, verdict=nowhere, site_codes=(), captured=None, posted=None)
    return Recording(digest=name, kind=kind, files=(facts,), prints=tuple(prints))


def read_small(photo: Photo) -> Picture:
    """A photograph as large as platforms send it."""
    bgr = photo.read()
    scale = min(1.0, SIDE_PX / max(bgr.shape[:2]))
    return cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1.0 else bgr


def report(recordings: Sequence[Recording], way_of: dict[str, str], place_of: dict[str, str], source_of: dict[str, str]) -> None:
    """Group everything and count what came together."""
    start = time.process_time()
    found = group_recordings(recordings, {})
    spent_s = time.process_time() - start
    group_of = {member.digest: place for place, group in enumerate(found.groups) for member in group.members}
    hits, tried = Counter(), Counter()
    for name, way in way_of.items():
        tried[way] += 1
        hits[way] += name in group_of and group_of[name] == group_of.get(source_of[name])
    print(f"{len(recordings)} recordings grouped in {spent_s:.1f} s of CPU")
    for way in tried:
        print(f"  {way:18} grouped with its source: {wilson(hits[way], tried[way])}")
    copied = sorted({source_of[name] for name in way_of})
    whole = sum(
        len({group_of.get(name) for name in [source, *(copy for copy in way_of if source_of[copy] == source)]} - {None}) == 1
        for source in copied
    )
    print(f"  sources whose grouped copies are all in one group: {wilson(whole, len(copied))}")
    together: dict[int, set[str]] = defaultdict(set)
    for name in place_of:
        if name in group_of:
            together[group_of[name]].add(source_of[name])
    wrong = [pair for sources in together.values() for pair in itertools.combinations(sorted(sources), 2)]
    alike = [
        pair for pair in itertools.combinations(sorted(set(source_of.values())), 2) if place_of[pair[0]] == place_of[pair[1]]
    ]
    same_place = sum(place_of[one] == place_of[other] for one, other in wrong)
    every = math.comb(len(set(source_of.values())), 2)
    print(f"  different footage of one place grouped: {wilson(same_place, len(alike))}")
    print(f"  footage of different places grouped: {wilson(len(wrong) - same_place, every - len(alike))}")
    for one, other in wrong:
        print(f"    wrong: {one} and {other}")


def compare(
    prints: dict[str, FramePrint], way_of: dict[str, str], place_of: dict[str, str], source_of: dict[str, str]
) -> Iterator[dict]:
    """The figures of each copy against its source and of all photographs of one place, either way round."""
    ready = {name: ReadyPrint.of(frame) for name, frame in prints.items()}
    pairs = [(source_of[name], name, way) for name, way in way_of.items()]
    sources = sorted(set(source_of.values()))
    pairs += [(one, other, "one place") for one, other in itertools.combinations(sources, 2) if place_of[one] == place_of[other]]
    for one, other, way in pairs:
        for mirrored in (False, True):
            match = match_frames(ready[one], ready[other], mirrored=mirrored)
            figures = {} if match is None else {name: getattr(match, name) for name in match.__slots__}
            hashes = [prints[one].mirror_pdq if mirrored else prints[one].pdq, prints[other].pdq]
            bits = None if None in hashes else (int(hashes[0] or "0", 16) ^ int(hashes[1] or "0", 16)).bit_count()
            yield {"one": one, "other": other, "way": way, "mirrored": mirrored, "bits": bits, **figures}


def try_photos(photos: Sequence[Photo], every: int, prints_file: Path | None, pairs_file: Path | None) -> None:
    """Copies of photographs."""
    prints: dict[str, FramePrint] = {}
    if prints_file and prints_file.exists():
        prints = msgspec.json.decode(prints_file.read_bytes(), type=dict[str, FramePrint])
    way_of: dict[str, str] = {}
    place_of: dict[str, str] = {}
    source_of: dict[str, str] = {}
    spent: list[float] = []
    for number, photo in enumerate(photos):
        bgr: Picture | None = None
        for way in [""] if number % every else ["", *COPIES]:
            name = f"{photo.file} {way}".strip()
            if name not in prints:
                bgr = read_small(photo) if bgr is None else bgr
                picture = COPIES[way](bgr, photo.file) if way else bgr
                start = time.process_time()
                prints[name] = take_print(picture, 0.0).frame
                spent.append(time.process_time() - start)
            place_of[name], source_of[name] = photo.site or photo.file, photo.file
            if way:
                way_of[name] = way
    prints = {name: prints[name] for name in place_of}
    if prints_file:
        prints_file.write_bytes(msgspec.json.encode(prints))
    size = np.mean([len(item.points) for item in prints.values()])
    taken = f": {1000 * np.mean(spent):.0f} ms of CPU each" if spent else ""
    print(f"{len(photos)} photographs, {len(prints)} pictures{taken}; {size:.0f} bytes of points each", flush=True)
    report([record(name, [frame]) for name, frame in prints.items()], way_of, place_of, source_of)
    if pairs_file:
        rows = compare(prints, way_of, place_of, source_of)
        pairs_file.write_text("".join(json.dumps(row, default=float) + "\n" for row in rows))


def choose_films(photos: Sequence[Photo], count: int) -> list[Photo]:
    """Photographs to film, place after place, so that there is different footage of one place."""
    of_place: dict[str, list[Photo]] = defaultdict(list)
    for photo in photos:
        if photo.site:
            of_place[photo.site].append(photo)
    chosen = [items[:: -(-len(items) // FILMS_OF_PLACE)] for _, items in sorted(of_place.items()) if len(items) > 1]
    return list(itertools.chain.from_iterable(chosen))[:count]


def print_film(photo: Photo, way: str) -> list[FramePrint]:
    """Make a film, or a copy of it, and take its prints as the product does."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "clip.mp4")
        (COPIES_OF_CLIPS[way] if way else film)(read_small(photo), photo.file, path)
        with open_media(path, Settings().max_file_bytes) as (media, source):
            found = take_prints(Film(media, source), Settings().print_frame_count)
            return [item for item in found if isinstance(item, FramePrint)]


def try_clips(photos: Sequence[Photo], count: int, every: int, jobs: int) -> None:
    """Copies of films, read as the product reads them."""
    recordings, way_of, place_of, source_of = [], {}, {}, {}
    chosen = enumerate(choose_films(photos, count))
    films = [(photo, way) for number, photo in chosen for way in ("", *(() if number % every else COPIES_OF_CLIPS))]
    with ProcessPoolExecutor(jobs) as pool:
        for (photo, way), prints in zip(films, pool.map(print_film, *zip(*films, strict=True)), strict=True):
            name = f"{photo.file} {way}".strip()
            recordings.append(record(name, prints, MediaKind.VIDEO))
            place_of[name], source_of[name] = photo.site, photo.file
            if way:
                way_of[name] = way
    sources = set(source_of.values())
    prints_each = np.mean([len(item.prints) for item in recordings])
    print(f"{len(sources)} films of {len(set(place_of.values()))} places, {prints_each:.1f} prints each", flush=True)
    report(recordings, way_of, place_of, source_of)


def try_scale(photos: Sequence[Photo], count: int) -> None:
    """Search among made-up frames: points mixed from real ones, hashes at random, one in a thousand a copy in a few bits."""
    rng = np.random.default_rng(count)
    real = [ReadyPrint.of(take_print(read_small(photo), 0.0).frame) for photo in photos[:: max(1, len(photos) // 24)]]
    pool = np.concatenate([item.plain.bits for item in real])
    hashes = rng.integers(0, 256, (count, 32), dtype=np.uint8)
    copies = rng.choice(count // 2, count // 1000, replace=False)
    hashes[copies + count // 2] = hashes[copies]
    for _ in range(12):
        hashes[copies + count // 2, rng.integers(0, 32, len(copies))] ^= (1 << rng.integers(0, 8, len(copies))).astype(np.uint8)
    texts = [row.tobytes().hex() for row in hashes]
    mirrors = [row.tobytes().hex() for row in rng.integers(0, 256, (count, 32), dtype=np.uint8)]
    frames = [
        FramePrint(version=VERSION, time_s=0.0, width_px=512, height_px=288, pdq=one, mirror_pdq=other, points=b"")
        for one, other in zip(texts, mirrors, strict=True)
    ]
    none = Points(np.zeros((0, 2)), np.zeros(0, np.uint8), np.zeros((0, 2), np.uint64))
    group = np.arange(count)
    for what, own in (("all with each other", np.ones(count, bool)), ("those of one file with all", group < 16)):
        start = time.process_time()
        found = find_candidates(frames, [(none, none)] * count, group, own)
        print(f"{count} hashes, {what}: {time.process_time() - start:.1f} s of CPU, {len(found)} pairs", flush=True)
        if own.all():
            pairs = set(zip(found.one.tolist(), found.other.tolist(), strict=True))
            print(f"  copies found: {wilson(sum((at, at + count // 2) in pairs for at in copies.tolist()), len(copies))}")
    few = count // 10
    points = []
    for _ in range(few):
        turned = np.left_shift(np.uint64(1), rng.integers(0, 64, (POINT_COUNT, 2), dtype=np.uint64))
        bits = pool[rng.integers(0, len(pool), POINT_COUNT)] ^ turned
        plain = Points(none.xy_px, none.level, bits)
        points.append((plain, Points(none.xy_px, none.level, bits[:, ::-1])))
    start = time.process_time()
    found = find_candidates(frames[:few], points, group[:few], np.ones(few, bool))
    print(f"{few} frames with points, all with each other: {time.process_time() - start:.1f} s of CPU, {len(found)} pairs")


def main() -> None:
    """Take prints, group, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("GEOVERIFY_SHARED", "../shared")))
    parser.add_argument("--half", choices=("tuned", "reported", "all"), default="reported")
    parser.add_argument("--every", type=int, default=2)
    parser.add_argument("--clips", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes that make films")
    parser.add_argument("--scale", type=int, default=0)
    parser.add_argument("--prints", type=Path)
    parser.add_argument("--pairs", type=Path)
    options = parser.parse_args()
    photos = [photo for photo in load_set(options.shared) if options.half == "all" or photo.is_tuned == (options.half == "tuned")]
    if options.scale:
        try_scale(photos, options.scale)
        return
    if options.clips:
        try_clips(photos, options.clips, options.every, options.jobs)
        return
    try_photos(photos, options.every, options.prints, options.pairs)


if __name__ == "__main__":
    main()
