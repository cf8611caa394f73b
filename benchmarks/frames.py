"""What sampling a phone's clip costs beside decoding all of it: 60 s of 1080p H.264 at 30 frames a second.

    python benchmarks/frames.py [--seconds N] [--rounds N] [--key-every FRAMES] [--mbit RATE]

The clip is a hand-held sweep over a rendered texture with a cut in its middle, encoded by PyAV (libx264, 14 Mbit/s and a key
frame a second, as phones write; platforms write a fifth of that with key frames further apart). Prints the CPU seconds of
decoding every frame with OpenCV on one thread, of `sample_frames`, and their ratio (medians, run in turn), and which frames were
chosen; then of all that looks at frames (figures, prints, matching, words), each with a `Film` of its own and all with one. The
exit code is 1 where the ratio is over its target.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import numpy as np  # noqa: E402
from builders.h264 import write_h264  # noqa: E402
from builders.overlays import Picture  # noqa: E402

from geoverify.media import open_media  # noqa: E402
from geoverify.opencv import load_cv2, open_capture  # noqa: E402
from geoverify.settings import Settings  # noqa: E402
from geoverify.vision.film import Film  # noqa: E402
from geoverify.vision.frames import candidates_for, sample_frames  # noqa: E402
from geoverify.vision.printing import MIN_KEY_FRAMES, STEPPED_FRAMES  # noqa: E402

TARGET_RATIO = 0.15
FPS, SIZE, COUNT = 30, (1080, 1920), 24


def sweep(seconds: int, seed: int) -> Iterator[Picture]:
    """Frames of a sweep over two textures, one after the other."""
    cv2 = load_cv2()
    dice = np.random.default_rng(seed)
    high, wide = SIZE
    for _ in range(2):
        coarse = dice.integers(0, 256, (90, 160, 3)).astype(np.uint8)
        wall = cv2.resize(coarse, (2 * wide, 2 * high), interpolation=cv2.INTER_CUBIC)
        wall = np.clip(wall + dice.normal(0, 4, wall.shape), 0, 255).astype(np.uint8)
        # A sensor's noise is another one in each frame.
        noise = dice.normal(12, 3, (8, *SIZE, 3)).clip(0, 255).astype(np.uint8)
        total = seconds * FPS // 2
        for number in range(total):
            x = round(wide * number / total)
            y = round(high * (0.5 + 0.3 * np.sin(number / 40)) + 4 * np.sin(number * 1.7))
            yield cv2.subtract(cv2.add(wall[y : y + high, x : x + wide], noise[number % 8]), (12.0, 12.0, 12.0, 0.0))


def decode_all_s(path: Path) -> float:
    """CPU seconds of decoding and converting every frame."""
    start = time.process_time()
    with open_capture(str(path)) as capture:
        while capture.read()[0]:
            pass
    return time.process_time() - start


def look_s(path: Path, shared: bool) -> float:
    """CPU seconds of sampling for figures, prints, matching and words."""
    settings = Settings()
    counts = [candidates_for(count) for count in (STEPPED_FRAMES, settings.match_frame_count, settings.ocr_frame_count)]
    start = time.process_time()
    with open_media(path) as (media, source):
        one = Film(media, source, counts)
        films = [one if shared else Film(media, source) for _ in range(4)]
        for _ in films[0].key_pictures(settings.keyframe_count):
            pass
        if sum(1 for _ in films[1].key_pictures(settings.print_frame_count)) < MIN_KEY_FRAMES:
            sample_frames(films[1], STEPPED_FRAMES)
        sample_frames(films[2], settings.match_frame_count)
        sample_frames(films[3], settings.ocr_frame_count)
    return time.process_time() - start


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--key-every", type=int, default=FPS)
    parser.add_argument("--mbit", type=float, default=14.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = write_h264(
            Path(folder, "clip.mp4"), sweep(options.seconds, 1), fps=FPS, key_every=options.key_every, mbit_s=options.mbit
        )
        print(
            f"{options.seconds} s, {SIZE[1]}x{SIZE[0]}, {path.stat().st_size / 1e6:.1f} MB, a key frame every {options.key_every}"
        )
        whole_s, sampled_s, apart_s, shared_s, frames = [], [], [], [], []
        for _ in range(options.rounds):
            whole_s.append(decode_all_s(path))
            with open_media(path) as (media, source):
                start = time.process_time()
                frames = sample_frames(Film(media, source), COUNT)
                sampled_s.append(time.process_time() - start)
            apart_s.append(look_s(path, shared=False))
            shared_s.append(look_s(path, shared=True))
    ratio = statistics.median(sampled_s) / statistics.median(whole_s)
    print(f"decode all      {statistics.median(whole_s):6.2f} s CPU")
    print(f"sample_frames   {statistics.median(sampled_s):6.2f} s CPU, {len(frames)} frames")
    print(f"ratio           {ratio:6.3f}   (target: at most {TARGET_RATIO})")
    print(f"all looks       {statistics.median(apart_s):6.2f} s CPU, each decoding for itself")
    print(f"with one film   {statistics.median(shared_s):6.2f} s CPU")
    print("seconds chosen:", " ".join(f"{frame.time_s:.1f}" for frame in frames))
    return int(ratio > TARGET_RATIO)


if __name__ == "__main__":
    sys.exit(main())
