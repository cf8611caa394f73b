"""Unrelated scenes under one logo, one banner and one time: without masks they match each other for those, with masks not."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from builders.overlays import Picture, caption_banner, channel_logo, compress, moving_frames, scene, timestamp

from geoverify.opencv import load_cv2
from geoverify.references.lookalikes import MIN_INLIERS, count_agreeing
from geoverify.vision.features import Features, extract_features
from geoverify.vision.masks import mask_frames, mask_single

SEED = 11


def lay_over(frame: Picture) -> Picture:
    """A frame of one channel: its logo, its banner, its camera's time."""
    for overlay in (channel_logo, caption_banner, timestamp):
        frame = overlay(frame, np.random.default_rng(SEED))[0]
    return compress(frame, 60)


def features_of(picture: Picture, mask: np.ndarray | None = None) -> Features:
    cv2 = load_cv2()
    return extract_features(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), mask)


def most_agreeing(features: list[Features]) -> int:
    return max(count_agreeing(one, other) for one, other in combinations(features, 2))


def check_channel(pictures: list[Picture]) -> None:
    videos = [[lay_over(frame) for frame in moving_frames(picture, 6, seed)] for seed, picture in enumerate(pictures)]
    bare = most_agreeing([features_of(frames[0]) for frames in videos])
    masked = most_agreeing([features_of(frames[0], mask_frames(frames)[0]) for frames in videos])
    assert bare >= MIN_INLIERS, "the overlays must be strong enough for the test to mean something"
    assert masked < MIN_INLIERS


def test_drawn_scenes_under_one_channel_do_not_match() -> None:
    check_channel([scene(seed) for seed in range(4)])


def test_real_places_under_one_channel_do_not_match(shared: Path) -> None:
    folder = shared / "corpora" / "visual" / "reference"
    first_of_each = {path.name.split("__")[0]: path for path in sorted(folder.iterdir(), reverse=True)}
    cv2 = load_cv2()
    check_channel([cv2.imread(str(path)) for _, path in sorted(first_of_each.items())[::6]])


@pytest.mark.parametrize("overlay", [caption_banner, timestamp])
def test_single_pictures_under_one_overlay_do_not_match(overlay: object) -> None:
    assert callable(overlay)
    drawn = [compress(overlay(scene(seed), np.random.default_rng(SEED))[0], 60) for seed in range(4)]
    assert most_agreeing([features_of(picture) for picture in drawn]) >= MIN_INLIERS // 2
    assert most_agreeing([features_of(picture, mask_single(picture)) for picture in drawn]) < MIN_INLIERS // 2
