"""Masks: what is laid over a picture is hidden, what is of the place is not."""

from pathlib import Path

import numpy as np
import pytest
from builders import overlays
from builders.overlays import OVERLAYS, Covered, Picture, channel_logo, compress, moving_frames, scene

from geoverify.opencv import load_cv2
from geoverify.vision.masks import mask_frames, mask_single


def features_in(picture: Picture, where: Covered) -> np.ndarray:
    """The rows and columns of the features that lie on some pixels."""
    cv2 = load_cv2()
    points = cv2.SIFT_create(2000).detect(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), None)
    places = np.array([point.pt for point in points]).astype(int).reshape(-1, 2)[:, ::-1]
    return places[where[places[:, 0], places[:, 1]]]


def test_a_plain_scene_is_left_alone() -> None:
    for seed in range(5):
        mask = mask_single(scene(seed))
        assert mask.shape == (768, 1024) and mask.dtype == np.uint8
        assert set(np.unique(mask)) <= {0, 255}
        assert (mask == 0).mean() < 0.01


@pytest.mark.parametrize("name", OVERLAYS)
def test_overlays_are_hidden_and_the_rest_is_not(name: str) -> None:
    hidden_features = all_features = 0
    for seed in range(6):
        drawn, over = OVERLAYS[name](scene(seed), np.random.default_rng(seed))
        shown = compress(drawn, 40)
        hidden = mask_single(shown) == 0
        places = features_in(shown, over)
        all_features += len(places)
        hidden_features += int(hidden[places[:, 0], places[:, 1]].sum())
        assert hidden[~over].mean() < 0.1
    assert hidden_features >= 0.8 * all_features


def test_a_logo_is_told_by_staying_while_the_camera_moves() -> None:
    for seed in range(4):
        drawn = [channel_logo(frame, np.random.default_rng(7)) for frame in moving_frames(scene(seed), 8, seed)]
        frames, over = [compress(frame, 50) for frame, _ in drawn], drawn[0][1]
        hidden = mask_frames(frames)[0] == 0
        assert hidden[over].mean() > 0.9
        assert hidden[~over].mean() < 0.05


def test_a_still_camera_hides_nothing() -> None:
    dice = np.random.default_rng(3)
    still = scene(1)
    frames = [np.asarray(np.clip(still + dice.normal(0, 3, still.shape), 0, 255), np.uint8) for _ in range(6)]
    assert all((mask == 0).mean() < 0.01 for mask in mask_frames(frames))


def test_too_few_frames_are_masked_one_by_one() -> None:
    frames = moving_frames(scene(2), 2, 5)
    assert all(np.array_equal(mask, mask_single(frame)) for mask, frame in zip(mask_frames(frames), frames, strict=True))
    assert mask_frames([]) == []


def test_frames_of_two_shapes_are_told_apart() -> None:
    frames = [*moving_frames(scene(1), 4, 1), scene(2, (400, 300))]
    assert [mask.shape for mask in mask_frames(frames)] == [frame.shape[:2] for frame in frames]


def test_sky_is_hidden_and_the_skyline_is_not() -> None:
    picture = scene(4)
    # Real sky grows paler towards the horizon, which a bar of a screen does not.
    picture[:300] = np.linspace((190, 120, 60), (230, 200, 170), 300)[:, None]
    picture[260:300, 400:600] = scene(5)[260:300, 400:600]
    hidden = mask_single(picture) == 0
    assert hidden[:240].mean() > 0.95
    assert hidden[296:300].mean() < 0.1 and hidden[264:300, 404:596].mean() < 0.1


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (7, 500), (500, 7), (64, 64)])
def test_any_size_has_a_mask(shape: tuple[int, int]) -> None:
    dice = np.random.default_rng(1)
    for picture in (np.zeros((*shape, 3), np.uint8), np.asarray(dice.integers(0, 256, (*shape, 3)), np.uint8)):
        assert mask_single(picture).shape == shape
        assert [mask.shape for mask in mask_frames([picture] * 4)] == [shape] * 4


def test_the_same_picture_has_the_same_mask() -> None:
    picture = overlays.sheer_banner(scene(8), np.random.default_rng(1))[0]
    assert np.array_equal(mask_single(picture), mask_single(picture.copy()))


def test_real_photographs_keep_their_fronts(shared: Path) -> None:
    """Sky apart, of real references hardly anything is taken for an overlay; benchmarks/masks.py prints the figures of all."""
    cv2 = load_cv2()
    folder = shared / "corpora" / "visual" / "reference"
    shares = []
    for path in sorted(folder.iterdir())[::10]:
        lower = cv2.imread(str(path))
        # The lower half, which has no sky.
        shares.append(float((mask_single(lower[lower.shape[0] // 2 :]) == 0).mean()))
    assert np.median(shares) < 0.01 and np.mean(shares) < 0.05
