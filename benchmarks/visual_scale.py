"""How time, memory and recall change with the number of references: real ones among many that were made up.

    python benchmarks/visual_scale.py [--shared DIR] [--sizes 1000,10000,100000] [--queries N] [--features INDEX]

A made-up reference has features mixed from those of real ones: the first half of a descriptor's cell from one, the second from
another, with other places, codes and some bits of the signature changed. `--features` is an index of the real references that
spares extracting them again.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import numpy as np
from degrade import degrade
from visual import entries, look_up, luma_of
from visual_report import best_of
from visual_set import load_set

from geoverify.vision.codebook import HALF_WORDS
from geoverify.vision.features import extract_features
from geoverify.vision.index import (
    POSTED_FEATURES,
    REFERENCE_FEATURES,
    IndexedReference,
    Postings,
    ReferenceIndex,
    build_index,
    open_index,
    write_index,
)

# Of a signature's 64 bits so many at most are turned in a made-up feature.
TURNED_BITS = 8


def enlarge(real: ReferenceIndex, size: int, path: Path) -> None:
    """Write an index of the real references and made-up ones, `size` in all."""
    rng = np.random.default_rng(size)
    made = size - len(real.references)
    kept = real.read_postings()
    pool = np.concatenate([np.frombuffer(real.read_record(n), np.uint8) for n in range(len(real.references))])
    count = made * POSTED_FEATURES
    first, second = (rng.integers(0, len(kept.cells), count, dtype=np.int64) for _ in range(2))
    cells = kept.cells[first] // HALF_WORDS * HALF_WORDS + kept.cells[second] % HALF_WORDS
    rows = kept.rows[first]
    for _ in range(TURNED_BITS):
        rows["signature"] ^= np.left_shift(np.uint64(1), rng.integers(0, 64, count, dtype=np.uint64))
    del first, second
    # The real ones keep their numbers; the made-up ones come behind them.
    rows["reference"] = np.repeat(np.arange(made, dtype=np.uint32) + np.uint32(len(real.references)), POSTED_FEATURES)
    cells, rows = np.concatenate((kept.cells, cells)), np.concatenate((kept.rows, rows))
    order = np.argsort(cells.astype(np.uint16), kind="stable")
    listed = [
        IndexedReference(
            site_code=f"made-up {number // 3}",
            photo_digest=f"{number:064x}",
            part="",
            derived_from="",
            width_px=1024,
            height_px=768,
            feature_count=REFERENCE_FEATURES,
        )
        for number in range(made)
    ]

    def records() -> Iterator[bytes]:
        yield from (real.read_record(number) for number in range(len(real.references)))
        record_bytes = len(pool) // int(real.feature_counts.sum()) * REFERENCE_FEATURES
        for _ in range(made):
            start = int(rng.integers(0, len(pool) - record_bytes))
            yield pool[start : start + record_bytes].tobytes()

    write_index([*real.references, *listed], records(), Postings(cells[order], rows[order]), path)


def main() -> None:
    """Measure each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("GEOVERIFY_SHARED", "../shared")))
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--queries", type=int, default=24)
    parser.add_argument("--features", type=Path)
    options = parser.parse_args()
    photos = load_set(options.shared)
    queries = [photo for photo in photos if photo.role == "query" and photo.kind != "hard"]
    queries = queries[:: max(1, len(queries) // options.queries)][: options.queries]
    frames = [(photo.site, extract_features(luma_of(degrade(photo.read(), "crop", photo.file)))) for photo in queries]
    with TemporaryDirectory() as folder:
        base = Path(folder, "real.gvi")
        build_index(entries([photo for photo in photos if photo.role == "reference"], masked=False), base, options.features)
        with open_index(base) as real:
            for size in map(int, options.sizes.split(",")):
                path = Path(folder, "large.gvi")
                enlarge(real, size, path)
                start = time.process_time()
                with open_index(path) as index:
                    opened_s = time.process_time() - start
                    right, seconds = 0, {"retrieval": 0.0, "verification": 0.0}
                    for site, features in frames:
                        rows, cost = look_up(index, features)
                        right += best_of(rows)[0] == site
                        seconds = {name: total + cost[name] for name, total in seconds.items()}
                    total = sum(seconds.values()) / len(frames)
                    mapped = len(index.postings) * index.postings.itemsize
                print(
                    f"{size} references: {path.stat().st_size / 1e6:.0f} MB, {mapped / 1e6:.0f} MB of it mapped; opened in "
                    f"{opened_s:.2f} s; {total:.3f} s of CPU a frame ({seconds['retrieval'] / len(frames):.3f} retrieval); "
                    f"right {right} of {len(frames)}; peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:.0f} MB "
                    "with the making of the index",
                    flush=True,
                )
                path.unlink()


if __name__ == "__main__":
    main()
