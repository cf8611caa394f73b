"""Frames against a small index of drawn scenes: the right site or none, and the same answer every time."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from builders.overlays import caption_banner, channel_logo, compress, scene, timestamp

from geoverify.opencv import load_cv2
from geoverify.settings import Settings
from geoverify.vision.calibration import load_calibration, weigh_figures
from geoverify.vision.features import Features, extract_features, mirror_features, turn_features
from geoverify.vision.index import IndexEntry, ReferenceIndex, build_index, open_index
from geoverify.vision.masks import mask_single
from geoverify.vision.matching import ReferenceMatch, match_frame

SITES = 8
NAMING = Settings().naming_visual_log10


def test_the_naming_threshold_is_one_that_the_calibration_can_show():
    assert load_calibration().max_log10_lr >= NAMING


def features_of(picture: np.ndarray, *, masked: bool = False) -> Features:
    luma = load_cv2().cvtColor(picture, load_cv2().COLOR_BGR2GRAY)
    return extract_features(luma, mask_single(picture) if masked else None)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReferenceIndex]:
    path = tmp_path_factory.mktemp("index") / "index.gvi"
    drawn = [(f"S{seed}", features_of(scene(seed))) for seed in range(SITES)]
    build_index([IndexEntry(site_code=code, photo_digest=code * 32, features=found) for code, found in drawn], path)
    with open_index(path) as opened:
        yield opened


def rate(match: ReferenceMatch) -> float:
    return weigh_figures(match.strength, match.places, match.tried, min(match.frame_cells, match.reference_cells))


def named(index: ReferenceIndex, found: list[ReferenceMatch]) -> set[str]:
    return {index.references[match.reference].site_code for match in found if rate(match) >= NAMING}


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_cropped_compressed_frame_shows_its_site_and_which_way_round(index: ReferenceIndex, mirrored: bool):
    picture = compress(np.ascontiguousarray(scene(3)[60:700, 120:900]), 40)
    found = match_frame(index, features_of(np.ascontiguousarray(picture[:, ::-1]) if mirrored else picture))
    assert named(index, found) == {"S3"}
    assert found[0].mirrored is mirrored
    # The points are where they say: the reference's pixel is the frame's, moved by the crop.
    here, there = found[0].points[:, :2], found[0].points[:, 2:]
    x = 779.0 - here[:, 0] if mirrored else here[:, 0]
    assert np.abs(there[:, 0] - (x + 120.0)).max() < 12.0 and np.abs(there[:, 1] - (here[:, 1] + 60.0)).max() < 12.0


def test_mirrored_features_are_those_of_the_mirrored_picture():
    picture = scene(1)
    made, seen = mirror_features(features_of(picture)), features_of(np.ascontiguousarray(picture[:, ::-1]))
    apart = np.hypot(*(made.xy_px[:, None] - seen.xy_px[None]).transpose(2, 0, 1))
    nearest = apart.argmin(axis=1)
    turn = np.abs((made.angle_deg - seen.angle_deg[nearest] + 180.0) % 360.0 - 180.0)
    same = (apart.min(axis=1) < 0.5) & (turn < 2.0)
    assert same.mean() > 0.6
    off = np.linalg.norm(made.descriptors[same].astype(float) - seen.descriptors[nearest[same]], axis=1) / 512.0
    assert np.median(off) < 0.1


@pytest.mark.parametrize("angle_deg", [90.0, 180.0, 137.0, -50.0])
def test_a_turned_frame_shows_its_site_and_where_its_points_are(index: ReferenceIndex, angle_deg: float):
    cv2 = load_cv2()
    picture = scene(3)
    height, width = picture.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle_deg, 0.8)
    found = match_frame(index, features_of(compress(cv2.warpAffine(picture, turn, (width, height)), 60)))
    assert named(index, found) == {"S3"}
    assert not found[0].mirrored
    here, there = found[0].points[:, :2], found[0].points[:, 2:]
    assert np.abs(there @ turn[:, :2].T + turn[:, 2] - here).max() < 12.0
    moved = np.column_stack((here, np.ones(len(here)))) @ found[0].transform.T
    assert np.abs(moved[:, :2] / moved[:, 2:] - there).max() < 15.0


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_turned_features_are_those_of_the_turned_picture(quarters: int):
    picture = scene(1)
    made = turn_features(features_of(picture), quarters)
    seen = features_of(np.ascontiguousarray(np.rot90(picture, -quarters)))
    assert made.frame_px.tolist() == seen.frame_px.tolist()
    nearest = np.hypot(*(made.xy_px[:, None] - seen.xy_px[None]).transpose(2, 0, 1)).argmin(axis=1)
    same = np.hypot(*(made.xy_px - seen.xy_px[nearest]).T) < 0.5
    assert same.mean() > 0.6
    off = np.linalg.norm(made.descriptors[same].astype(float) - seen.descriptors[nearest[same]], axis=1) / 512.0
    assert np.median(off) < 0.1


@pytest.mark.parametrize("seed", range(20, 26))
def test_a_place_that_no_reference_shows_is_none(index: ReferenceIndex, seed: int):
    assert named(index, match_frame(index, features_of(scene(seed)))) == set()


def test_unrelated_scenes_under_one_channel_do_not_match(tmp_path: Path):
    def lay_over(picture: np.ndarray) -> np.ndarray:
        for overlay in (channel_logo, caption_banner, timestamp):
            picture = overlay(picture, np.random.default_rng(5))[0]
        return compress(picture, 60)

    path = tmp_path / "index.gvi"
    drawn = [(f"S{seed}", features_of(lay_over(scene(seed)), masked=True)) for seed in range(SITES)]
    build_index([IndexEntry(site_code=code, photo_digest=code * 32, features=found) for code, found in drawn], path)
    with open_index(path) as index:
        for seed in range(40, 44):
            assert named(index, match_frame(index, features_of(lay_over(scene(seed)), masked=True))) == set()


def test_the_same_fence_before_other_places_does_not_match(tmp_path: Path):
    fence = np.full((768, 1024, 3), 90, np.uint8)
    fence[::16] = fence[:, ::16] = 220

    def fenced(seed: int) -> np.ndarray:
        picture = scene(seed)
        picture[400:] = fence[400:]
        return picture

    path = tmp_path / "index.gvi"
    drawn = [(f"S{seed}", features_of(fenced(seed))) for seed in range(SITES)]
    build_index([IndexEntry(site_code=code, photo_digest=code * 32, features=found) for code, found in drawn], path)
    with open_index(path) as index:
        for seed in range(50, 54):
            assert named(index, match_frame(index, features_of(compress(fenced(seed), 60)))) == set()


BLANKS = {
    "black": np.zeros((480, 640, 3), np.uint8),
    "white": np.full((480, 640, 3), 255, np.uint8),
    "gradient": np.repeat(np.repeat(np.linspace(0, 255, 640).astype(np.uint8)[None, :, None], 480, 0), 3, 2),
    "noise": np.random.default_rng(1).integers(0, 256, (480, 640, 3), dtype=np.uint8),
}


@pytest.mark.parametrize("name", BLANKS)
def test_a_frame_of_nothing_matches_nothing(index: ReferenceIndex, name: str):
    assert named(index, match_frame(index, features_of(BLANKS[name]))) == set()


def test_one_site_alone_in_the_index_is_not_named_for_another_place(tmp_path: Path):
    path = tmp_path / "index.gvi"
    build_index([IndexEntry(site_code="S0", photo_digest="00" * 32, features=features_of(scene(0)))], path)
    with open_index(path) as index:
        assert named(index, match_frame(index, features_of(compress(scene(0), 40)))) == {"S0"}
        for seed in range(60, 66):
            assert named(index, match_frame(index, features_of(scene(seed)))) == set()


def test_the_same_frame_gives_the_same_figures(index: ReferenceIndex):
    frame = features_of(compress(scene(2), 50))
    first, second = match_frame(index, frame), match_frame(index, frame)
    assert [(m.reference, m.places, m.strength, m.points.tobytes()) for m in first] == [
        (m.reference, m.places, m.strength, m.points.tobytes()) for m in second
    ]


def test_real_places_are_told_from_each_other(shared: Path, tmp_path: Path):
    cv2 = load_cv2()
    folder = shared / "corpora" / "visual" / "reference"
    paths = [path for path in sorted(folder.iterdir()) if path.name.split("__")[0] in ("lund", "cyprus", "brighton")]
    held = {path.name: features_of(cv2.imread(str(path))) for path in paths[:12:2]}
    entries = [
        IndexEntry(
            site_code=path.name.split("__")[0], photo_digest=path.name.encode().hex(), features=features_of(cv2.imread(str(path)))
        )
        for path in paths[1::2]
    ]
    build_index(entries, tmp_path / "index.gvi")
    with open_index(tmp_path / "index.gvi") as index:
        for name, frame in held.items():
            assert named(index, match_frame(index, frame)) <= {name.split("__")[0]}
