from pathlib import Path

import numpy as np
import pytest
from builders.overlays import scene

from geoverify.errors import UsageError
from geoverify.opencv import load_cv2
from geoverify.vision.features import Features, extract_features
from geoverify.vision.index import IndexEntry, build_index, open_index


def features_of(seed: int) -> Features:
    return extract_features(load_cv2().cvtColor(scene(seed), load_cv2().COLOR_BGR2GRAY))


@pytest.fixture(scope="module")
def entries() -> list[IndexEntry]:
    return [
        IndexEntry(site_code=f"S{seed % 3}", photo_digest=f"{seed:064x}", part=f"wall {seed}", features=features_of(seed))
        for seed in range(5)
    ]


def refuse() -> Features:
    raise AssertionError("the features are in the previous index")


def test_the_same_pictures_are_the_same_bytes_in_any_order_and_built_bit_by_bit(entries, tmp_path: Path):
    whole, turned, first, second = (tmp_path / name for name in ("whole", "turned", "first", "second"))
    build_index(entries, whole)
    build_index(entries[::-1], turned)
    build_index(entries[1:4], first)
    build_index(entries, second, first)
    assert whole.read_bytes() == turned.read_bytes() == second.read_bytes()


def test_what_is_taken_out_leaves_no_trace(entries, tmp_path: Path):
    whole, few, less = (tmp_path / name for name in ("whole", "few", "less"))
    build_index(entries, whole)
    build_index(entries[:2], few)
    known = [IndexEntry(site_code=e.site_code, photo_digest=e.photo_digest, part=e.part, features=refuse) for e in entries[:2]]
    build_index(known, less, whole)
    assert less.read_bytes() == few.read_bytes()


def test_features_come_back_as_they_were_as_near_as_their_steps_allow(entries, tmp_path: Path):
    build_index(entries, tmp_path / "index")
    with open_index(tmp_path / "index") as index:
        number = next(at for at, item in enumerate(index.references) if item.photo_digest == entries[0].photo_digest)
        kept, given = index.read_features(number), entries[0].features
        assert isinstance(given, Features)
        count = len(kept.xy_px)
        assert index.references[number].part == "wall 0" and count > 300
        assert np.abs(kept.xy_px - given.xy_px[:count]).max() <= 1 / 8 + 1e-4
        turn = np.abs((kept.angle_deg - given.angle_deg[:count] + 180.0) % 360.0 - 180.0)
        assert turn.max() <= 360.0 / 512.0 + 1e-3
        assert np.abs(np.log2(kept.size_px / given.size_px[:count])).max() <= 1 / 32 + 1e-3
        off = np.linalg.norm(kept.descriptors - given.descriptors[:count], axis=1) / 512.0
        assert off.mean() < 0.25


def test_a_reference_takes_at_most_sixty_kilobytes_beside_the_table_of_cells(entries, tmp_path: Path):
    one, two = tmp_path / "one", tmp_path / "two"
    build_index(entries[:1], one)
    build_index(entries[:2], two)
    assert two.stat().st_size - one.stat().st_size <= 60_000


@pytest.mark.parametrize("keep", [0, 10, 300, -1])
def test_a_cut_file_is_refused(entries, tmp_path: Path, keep: int):
    path = tmp_path / "index"
    build_index(entries[:1], path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(UsageError, match="refs build"):
        open_index(path)


def test_any_changed_head_or_table_is_refused_or_opens_whole(entries, tmp_path: Path):
    path = tmp_path / "index"
    build_index(entries[:1], path)
    whole = path.read_bytes()
    for at in range(0, 400, 7):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        try:
            open_index(path).close()
        except UsageError:
            continue


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path):
    with pytest.raises(UsageError, match="cannot be opened"):
        open_index(tmp_path / "none")


def test_an_index_of_nothing_opens(tmp_path: Path):
    build_index([], tmp_path / "index")
    with open_index(tmp_path / "index") as index:
        assert index.references == ()
