"""Which features of a picture are kept."""

import numpy as np
import pytest
from builders.overlays import scene

from geoverify.opencv import load_cv2
from geoverify.vision.features import extract_features


def draw_crosses() -> np.ndarray:
    """Crosses of falling contrast, each of them the same in four directions."""
    luma = np.full((480, 480), 40, np.uint8)
    for number in range(100):
        y, x = (24 + 48 * place for place in divmod(number, 10)[::-1])
        luma[y - 3 : y + 4, x - 9 : x + 10] = luma[y - 9 : y + 10, x - 3 : x + 4] = 240 - number
    return luma


@pytest.mark.parametrize("drawn", ["scene", "crosses"])
def test_fewer_features_are_the_strongest_of_all_each_at_a_place_and_size_of_its_own(drawn: str):
    luma = draw_crosses() if drawn == "crosses" else load_cv2().cvtColor(scene(3), load_cv2().COLOR_BGR2GRAY)
    every = extract_features(luma, count=100_000)
    assert (np.diff(every.response) <= 0).all()
    assert len(np.unique(np.column_stack((every.xy_px, every.size_px)), axis=0)) == len(every)
    for count in (1, 10, 40, len(every) // 2, len(every) - 1):
        some = extract_features(luma, count=count)
        assert len(some) == count
        for name in ("xy_px", "size_px", "angle_deg", "response", "descriptors"):
            assert np.array_equal(getattr(some, name), getattr(every, name)[:count]), name
