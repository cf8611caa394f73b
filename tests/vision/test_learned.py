"""The plug-in for learned features: found, pinned, tried, run; tiny models stand in for the real ones."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from builders.models import build_model
from builders.overlays import scene

from geoverify.errors import UsageError
from geoverify.vision.learned import LearnedDetector, LearnedKind, find_model, load_detector, match_mutually

KINDS = list(LearnedKind)


def load(kind: LearnedKind, folder: Path, data: bytes) -> LearnedDetector:
    path = folder / f"{kind.value}-tiny.onnx"
    path.write_bytes(data)
    return load_detector(kind, find_model(kind, folder))


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_is_pinned_by_its_digest_and_gives_features(kind: LearnedKind, tmp_path: Path) -> None:
    data = build_model(kind.value)
    detector = load(kind, tmp_path, data)
    assert detector.digest.hex == hashlib.sha256(data).hexdigest()
    picture = scene(1, (480, 640))
    features = detector.extract(picture)
    assert features.xy_px.shape == (40, 2) and features.descriptors.shape == (40, 128)
    assert np.allclose(np.linalg.norm(features.descriptors, axis=1), 1.0, atol=1e-5)
    assert (np.diff(features.scores) <= 0).all()
    assert (features.xy_px >= 0).all() and (features.xy_px < (640, 480)).all()
    again = detector.extract(picture)
    assert np.array_equal(again.xy_px, features.xy_px) and np.array_equal(again.descriptors, features.descriptors)


@pytest.mark.parametrize("kind", KINDS)
def test_masked_places_have_no_features(kind: LearnedKind, tmp_path: Path) -> None:
    detector = load(kind, tmp_path, build_model(kind.value))
    mask = np.full((480, 640), 255, np.uint8)
    mask[:, :320] = 0
    features = detector.extract(scene(1, (480, 640)), mask)
    assert 5 < len(features.xy_px) < 35 and (features.xy_px[:, 0] >= 320).all()
    mask[:] = 0
    assert len(detector.extract(scene(1, (480, 640)), mask).xy_px) == 0


def test_the_same_picture_matches_itself_row_by_row(tmp_path: Path) -> None:
    features = load(LearnedKind.ALIKED, tmp_path, build_model("aliked")).extract(scene(1))
    assert match_mutually(features, features).tolist() == [[row, row] for row in range(40)]


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        find_model(LearnedKind.DISK, tmp_path / "none")
    (tmp_path / "aliked_lightglue.onnx").touch()
    with pytest.raises(UsageError, match=r"no aliked\*\.onnx; put the model there yourself, nothing is downloaded"):
        find_model(LearnedKind.ALIKED, tmp_path)
    for name in ("aliked-a.onnx", "ALIKED-b.onnx"):
        (tmp_path / name).touch()
    with pytest.raises(UsageError, match="several models"):
        find_model(LearnedKind.ALIKED, tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_such_model_is_refused_in_words(kind: LearnedKind, tmp_path: Path) -> None:
    other = "disk" if kind is LearnedKind.ALIKED else "aliked"
    whole = build_model(kind.value)
    for data in (b"no model", whole[: len(whole) // 2], build_model(other), build_model(kind.value, outputs=("scores",))):
        with pytest.raises(UsageError, match=f"OpenCV cannot run it as {kind.value}"):
            load(kind, tmp_path, data)
    with pytest.raises(UsageError, match=r"another network|cannot run it"):
        load(kind, tmp_path, build_model(kind.value, length=17))
