"""Evidence pictures and estimated headings."""

import hashlib
import math
from pathlib import Path

import numpy as np
import pytest
from builders.overlays import scene

from geoverify.opencv import load_cv2
from geoverify.vision.directions import estimate_heading
from geoverify.vision.pictures import (
    GAP_PX,
    HEIGHT_PX,
    MAX_PICTURES,
    TITLE_PX,
    WIDTH_PX,
    Side,
    are_pictures,
    draw_match,
    name_picture,
    write_picture,
)

VIEW_DEG = 69.0
SIZE = (1024, 768)


def side(seed: int, points: list[tuple[float, float]], *, hidden: bool = False, mirrored: bool = False) -> Side:
    picture = scene(seed, (768, 1024))
    mask = np.full((768, 1024), 255, np.uint8)
    if hidden:
        mask[600:] = 0
    places = np.array(points, np.float32).reshape(-1, 2)
    return Side(title="a side", bgr=picture, points_px=places, mask=mask, is_mirrored=mirrored)


def decode(data: bytes) -> np.ndarray:
    return np.asarray(load_cv2().imdecode(np.frombuffer(data, np.uint8), 1))


def test_a_picture_shows_both_sides_the_points_and_what_was_hidden() -> None:
    points = [(100.0, 100.0), (500.0, 300.0), (900.0, 500.0)]
    bare = decode(draw_match(side(1, []), side(2, [])))
    drawn = decode(draw_match(side(1, points, hidden=True), side(2, points[::-1])))
    wide = round(1024 * HEIGHT_PX / 768)
    assert drawn.shape == (TITLE_PX + HEIGHT_PX, 2 * wide + GAP_PX, 3) == bare.shape
    assert (bare[:TITLE_PX, :100] < 100).any()
    changed = np.abs(drawn.astype(int) - bare)[TITLE_PX:].max(axis=2) > 60
    for x, y in points:
        row, column = round(y * HEIGHT_PX / 768), round(x * HEIGHT_PX / 768)
        assert changed[row - 4 : row + 5, column - 4 : column + 5].any()
    assert changed[-60:, :wide].mean() > 0.3
    assert changed[-60:, wide + GAP_PX + 100 :].mean() < 0.05
    # The second point's line crosses the gap level.
    assert changed[round(300 * HEIGHT_PX / 768), wide + GAP_PX // 2]


def test_pictures_are_named_by_their_bytes_and_are_the_same_again(tmp_path: Path) -> None:
    made = [draw_match(side(1, [(1.0, 2.0)]), side(2, [(3.0, 4.0)])) for _ in range(2)]
    assert made[0] == made[1]
    path = write_picture(tmp_path / "new" / "folder", made[0])
    assert path.stem == hashlib.sha256(made[0]).hexdigest() and path.read_bytes() == made[0]
    assert write_picture(path.parent, made[1]) == path
    assert [item.name for item in path.parent.iterdir()] == [path.name]


def test_a_mirrored_side_is_turned_back_with_its_points() -> None:
    wide = round(1024 * HEIGHT_PX / 768)
    upright, turned = (decode(draw_match(side(1, [], mirrored=way), side(2, []))) for way in (False, True))
    difference = np.abs(turned[TITLE_PX:, :wide][:, ::-1].astype(int) - upright[TITLE_PX:, :wide])
    assert difference.mean() < 6.0
    drawn = decode(draw_match(side(1, [(100.0, 400.0)], mirrored=True), side(2, [(1000.0, 700.0)])))
    row, column = TITLE_PX + round(400 * HEIGHT_PX / 768), wide - 1 - round(100 * HEIGHT_PX / 768)
    around = np.abs(drawn.astype(int) - turned).max(axis=2) > 60
    assert around[row - 3 : row + 4, column - 3 : column + 4].any()


@pytest.mark.parametrize("shape", [(10, 1440, 3), (1440, 10, 3), (1, 1, 3)])
def test_pictures_of_any_shape_stay_small(shape: tuple[int, int, int]) -> None:
    noise = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    odd = Side(title="odd", bgr=noise, points_px=np.zeros((0, 2), np.float32))
    data = draw_match(odd, side(1, []))
    assert decode(data).shape[1] <= 2 * WIDTH_PX + GAP_PX and decode(data).shape[0] <= HEIGHT_PX + TITLE_PX
    assert are_pictures({name_picture(data): data})


def test_only_what_can_be_a_workers_pictures_is_taken() -> None:
    data = draw_match(side(1, []), side(2, []))
    name = name_picture(data)
    assert are_pictures({}) and are_pictures({name: data})
    assert not are_pictures({"../../" + name: data})
    assert not are_pictures({name: data + b"x"})
    assert not are_pictures({name_picture(b"<script>"): b"<script>"})
    large = data + bytes(3 << 20)
    assert not are_pictures({name_picture(large): large})
    many = [data + bytes([number]) for number in range(MAX_PICTURES + 1)]
    assert not are_pictures({name_picture(item): item for item in many})


def test_points_come_in_pairs() -> None:
    with pytest.raises(ValueError, match="each point"):
        draw_match(side(1, [(1.0, 1.0)]), side(2, []))


def rotated_points(by_deg: float, count: int = 60, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Points of a camera that looks level, and of the same camera turned right by an angle."""
    dice = np.random.default_rng(seed)
    focal = SIZE[0] / 2 / math.tan(math.radians(VIEW_DEG / 2))
    bearings, heights = dice.uniform(-12, 12, count) + by_deg / 2, dice.uniform(-0.2, 0.2, count)

    def project(turn_deg: float) -> np.ndarray:
        angle = np.radians(bearings - turn_deg)
        return np.stack([SIZE[0] / 2 + focal * np.tan(angle), SIZE[1] / 2 + focal * heights / np.cos(angle)], axis=1)

    return project(0.0), project(by_deg)


@pytest.mark.parametrize("by_deg", [-25.0, -5.0, 0.0, 12.0, 30.0])
def test_a_camera_that_turns_on_the_spot(by_deg: float) -> None:
    reference, frame = rotated_points(by_deg)
    found = estimate_heading(350.0, SIZE, reference, SIZE, frame, view_deg=VIEW_DEG)
    assert found is not None
    off = (found.angle_deg - (350.0 + by_deg) + 180) % 360 - 180
    assert abs(off) < 1.5 and 10.0 <= found.error_deg < 45.0
    assert abs(off) < found.error_deg


def test_a_mirrored_frame_is_turned_back() -> None:
    reference, frame = rotated_points(12.0)
    frame[:, 0] = SIZE[0] - frame[:, 0]
    found = estimate_heading(10.0, SIZE, reference, SIZE, frame, view_deg=VIEW_DEG, is_mirrored=True)
    assert found is not None and found.angle_deg == pytest.approx(22.0, abs=1.5)


def test_a_view_from_elsewhere_is_less_sure_or_none() -> None:
    reference, _ = rotated_points(0.0)
    errors = []
    for squeeze in (1.0, 0.9, 0.8):
        found = estimate_heading(0.0, SIZE, reference, SIZE, reference * (squeeze, 1.0), view_deg=VIEW_DEG)
        assert found is not None
        errors.append(found.error_deg)
    assert errors == sorted(errors) and errors[-1] > 30
    assert estimate_heading(0.0, SIZE, reference, SIZE, reference * (0.4, 1.0), view_deg=VIEW_DEG) is None


def test_few_or_senseless_points_give_no_heading() -> None:
    reference, frame = rotated_points(5.0)
    assert estimate_heading(0.0, SIZE, reference[:7], SIZE, frame[:7], view_deg=VIEW_DEG) is None
    assert estimate_heading(0.0, SIZE, reference, SIZE, np.zeros_like(frame), view_deg=VIEW_DEG) is None
    scattered = np.random.default_rng(2).uniform(0, 700, frame.shape)
    assert estimate_heading(0.0, SIZE, reference, SIZE, scattered, view_deg=VIEW_DEG) is None
