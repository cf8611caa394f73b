"""How long `geoverify refs build` takes after a few photographs were added to a register of many references.

    python benchmarks/references.py [--count N] [--added N] [--photo-kb SIZE]

The register's references are made up: small drawn photographs, padded to a size that phones write, and an index of random
features in their names. Then a few more are added. Prints the seconds of a build by the clock and of CPU, those of a second build
with nothing to do, and whether the two are the same bytes. The exit code is 1 where adding takes more CPU time than its target or
the bytes differ.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import numpy as np  # noqa: E402
from builders.overlays import scene  # noqa: E402

from geoverify.opencv import load_cv2  # noqa: E402
from geoverify.register.references import Reference, photo_path, references_folder, save_references  # noqa: E402
from geoverify.vision.features import Features  # noqa: E402
from geoverify.vision.index import (  # noqa: E402
    REFERENCE_FEATURES,
    IndexedReference,
    IndexEntry,
    Postings,
    build_index,
    open_index,
    write_index,
)

TARGET_S = 10.0
# References with features of their own; the others repeat them.
DIFFERENT = 40


def make_features(seed: int) -> Features:
    """As many random features as a reference keeps."""
    rng = np.random.default_rng(seed)
    return Features(
        frame_px=np.array([1024, 768], np.int32),
        xy_px=rng.uniform(0, 760, (REFERENCE_FEATURES, 2)).astype(np.float32),
        size_px=rng.uniform(2, 40, REFERENCE_FEATURES).astype(np.float32),
        angle_deg=rng.uniform(0, 360, REFERENCE_FEATURES).astype(np.float32),
        response=np.linspace(1, 0, REFERENCE_FEATURES, dtype=np.float32),
        descriptors=rng.gamma(0.6, 40.0, (REFERENCE_FEATURES, 128)).clip(0, 255).astype(np.uint8),
        slanted=np.zeros((REFERENCE_FEATURES, 128), np.uint8),
    )


def make_index(references: Sequence[Reference], folder: Path) -> None:
    """Write an index of references, each with the features of one of a few that were made up."""
    few = folder / "few.gvi"
    made = [
        IndexEntry(site_code="DM01", photo_digest=f"{number:064x}", features=make_features(number)) for number in range(DIFFERENT)
    ]
    build_index(made, few)
    ordered = sorted(references, key=lambda item: (item.site_code, item.digest))
    with open_index(few) as base:
        kept = base.read_postings()
        own = [np.flatnonzero(kept.rows["reference"] == number) for number in range(DIFFERENT)]
        chosen = np.concatenate([own[number % DIFFERENT] for number in range(len(ordered))])
        rows = kept.rows[chosen]
        rows["reference"] = np.repeat(np.arange(len(ordered)), [len(own[number % DIFFERENT]) for number in range(len(ordered))])
        order = np.lexsort((rows["reference"], kept.cells[chosen]))
        listed = [
            IndexedReference(
                site_code=item.site_code,
                photo_digest=item.digest,
                part="",
                derived_from="",
                width_px=1024,
                height_px=768,
                feature_count=REFERENCE_FEATURES,
            )
            for item in ordered
        ]
        records = (base.read_record(number % DIFFERENT) for number in range(len(ordered)))
        write_index(listed, records, Postings(kept.cells[chosen][order], rows[order]), folder / "index.gvi")
    few.unlink()


def store(register: Path, data: bytes, site: str) -> Reference:
    """Put a photo where `refs add` puts it."""
    digest = hashlib.sha256(data).hexdigest()
    reference = Reference(site_code=site, digest=digest, media_type="image/jpeg", width_px=1024, height_px=768)
    photo_path(register, reference).write_bytes(data)
    return reference


def build(register: Path) -> tuple[float, float]:
    """Run `geoverify refs build` and return its seconds by the clock and of CPU."""
    start, before = time.monotonic(), os.times()
    command = [sys.executable, "-m", "geoverify", "refs", "build", "--sites", str(register)]
    print(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip())
    after = os.times()
    used_s = after.children_user + after.children_system - before.children_user - before.children_system
    return time.monotonic() - start, used_s


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--added", type=int, default=10)
    parser.add_argument("--photo-kb", type=int, default=100)
    options = parser.parse_args()
    cv2 = load_cv2()
    with TemporaryDirectory() as folder:
        register = Path(folder, "sites.geojson")
        shutil.copy(ROOT / "reference_sites" / "demo.geojson", register)
        codes = ("DM01", "DM02")
        target = references_folder(register)
        (target / "photos").mkdir(parents=True)
        shown = cv2.imencode(".jpg", scene(1, (240, 320)))[1].tobytes()
        padding = bytes(max(0, 1000 * options.photo_kb - len(shown) - 8))
        references = [store(register, shown + number.to_bytes(8) + padding, codes[number % 2]) for number in range(options.count)]
        make_index(references, target)
        for number in range(options.added):
            data = cv2.imencode(".jpg", scene(100 + number))[1].tobytes()
            references.append(store(register, data, codes[number % 2]))
        save_references(register, references)
        clock_s, cpu_s = build(register)
        digest = hashlib.sha256((target / "index.gvi").read_bytes()).hexdigest()
        size_mb = (target / "index.gvi").stat().st_size / 1e6
        print(f"{options.added} added: {clock_s:.1f} s by the clock, {cpu_s:.1f} s CPU; index of {size_mb:.0f} MB")
        again_s, _ = build(register)
        is_same = hashlib.sha256((target / "index.gvi").read_bytes()).hexdigest() == digest
        print(f"nothing added:  {again_s:.1f} s; {'the same bytes' if is_same else 'OTHER BYTES'}")
        print(f"target: at most {TARGET_S:.0f} s of CPU for adding")
    return int(not is_same or cpu_s > TARGET_S)


if __name__ == "__main__":
    sys.exit(main())
