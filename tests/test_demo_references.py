"""The demo register's references, and the stripped clips that show its sites: rendered alike, told by the picture alone."""

import importlib.util
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from geoverify.media import open_media
from geoverify.opencv import load_cv2
from geoverify.references.building import build_references
from geoverify.references.checks import check_references
from geoverify.references.lookalikes import MIN_INLIERS, count_agreeing
from geoverify.register.load import load_register, resolve_register
from geoverify.register.references import (
    find_references,
    is_intact,
    load_references,
    photo_path,
    references_folder,
    save_references,
)
from geoverify.settings import Settings
from geoverify.vision.features import Features, extract_features
from geoverify.vision.film import Film
from geoverify.vision.frames import sample_frames
from geoverify.vision.index import open_index
from geoverify.vision.masks import mask_frames

ROOT = Path(__file__).resolve().parent.parent
REGISTER = resolve_register("demo")
pytestmark = pytest.mark.references
CLIPS = {"VID-20251013-WA0002.mp4": ("DM01", False), "snaptik_7559210384412.mp4": ("DM05", True), "VID-20251014-WA0005.mp4": None}


@pytest.fixture(scope="module")
def generator() -> Iterator[ModuleType]:
    path, writes_bytecode = list(sys.path), sys.dont_write_bytecode
    spec = importlib.util.spec_from_file_location("generate", ROOT / "samples" / "generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.path[:], sys.dont_write_bytecode = path, writes_bytecode


@pytest.fixture(scope="module")
def references() -> list[tuple[str, Features]]:
    cv2 = load_cv2()
    found = []
    for reference in load_references(REGISTER):
        picture = cv2.imread(str(photo_path(REGISTER, reference)))
        found.append((reference.site_code, extract_features(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY))))
    return found


def test_they_are_whole_and_say_where_they_are_from() -> None:
    references = load_references(REGISTER)
    assert len(references) >= 10 and len({reference.site_code for reference in references}) >= 5
    for reference in references:
        assert is_intact(REGISTER, reference)
        assert reference.by and reference.licence == "Apache-2.0" and reference.heading_deg is not None and reference.part


def test_nothing_is_wrong_with_them() -> None:
    assert check_references(REGISTER, load_register(REGISTER), Settings()) == []


def test_the_generator_draws_them(generator: ModuleType, tmp_path: Path, references: list[tuple[str, Features]]) -> None:
    """One of them: all take ten seconds. Arithmetic differs between processors, so pictures are alike, not equal."""
    generator.VIEWS = generator.VIEWS[:1]
    generator.write_references(load_register(REGISTER), tmp_path)
    (again,) = load_references(tmp_path / "demo.geojson")
    cv2 = load_cv2()
    drawn = cv2.imread(str(photo_path(tmp_path / "demo.geojson", again)))
    kept = [item for item in load_references(REGISTER) if (item.lat_deg, item.lon_deg) == (again.lat_deg, again.lon_deg)]
    (reference,) = kept
    committed = cv2.imread(str(photo_path(REGISTER, reference)))
    assert np.abs(drawn.astype(int) - committed).mean() < 1.0


def test_their_index_is_up_to_date(tmp_path: Path) -> None:
    """Brought up to date, nothing of it changes; `make demo-index` builds it anew."""
    register, shipped = Path(shutil.copy(REGISTER, tmp_path / "demo.geojson")), find_references(REGISTER)
    assert shipped is not None
    shutil.copytree(references_folder(REGISTER), references_folder(register))
    built = build_references(register, Settings())
    assert built.new_count == 0 and built.path.read_bytes() == shipped.read_bytes(), "run `make demo-index`"


def test_their_index_holds_what_is_seen_in_them_today(tmp_path: Path) -> None:
    """Two of them: all take five seconds. Arithmetic differs between processors, so that a few features may differ."""
    register, shipped = Path(shutil.copy(REGISTER, tmp_path / "demo.geojson")), find_references(REGISTER)
    assert shipped is not None
    shutil.copytree(references_folder(REGISTER), references_folder(register))
    save_references(register, load_references(REGISTER)[:2])
    with open_index(build_references(register, Settings(), afresh=True).path) as now, open_index(shipped) as kept:
        places = {item.photo_digest: number for number, item in enumerate(kept.references)}
        for number, item in enumerate(now.references):
            seen, stored = now.read_features(number), kept.read_features(places[item.photo_digest])
            same = {tuple(row) for row in seen.xy_px.round().tolist()} & {tuple(row) for row in stored.xy_px.round().tolist()}
            assert len(same) > 0.8 * len({tuple(row) for row in stored.xy_px.round().tolist()}), "run `make demo-index`"


@pytest.mark.parametrize("name", CLIPS)
def test_a_stripped_clip_matches_its_own_site_alone(name: str, references: list[tuple[str, Features]]) -> None:
    cv2 = load_cv2()
    with open_media(ROOT / "samples" / "media" / name) as (media, source):
        frames = sample_frames(Film(media, source), 24)[:3]
    assert len(frames) == 3
    for frame, mask in zip(frames, mask_frames([frame.bgr for frame in frames]), strict=True):
        luma = cv2.cvtColor(frame.bgr, cv2.COLOR_BGR2GRAY)
        for is_mirrored in (False, True):
            step = -1 if is_mirrored else 1
            features = extract_features(np.ascontiguousarray(luma[:, ::step]), np.ascontiguousarray(mask[:, ::step]))
            matched = {code for code, other in references if count_agreeing(features, other) >= MIN_INLIERS}
            expected = CLIPS[name]
            assert matched == ({expected[0]} if expected is not None and expected[1] is is_mirrored else set())
