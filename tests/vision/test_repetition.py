"""What repeats itself is told by many points that fit elsewhere after the same move, and by nothing less."""

import numpy as np
import pytest

from geoverify.vision.repetition import MIN_POINTS, find_patterned


def test_windows_in_rows_are_a_pattern_and_what_stands_alone_is_not() -> None:
    # Ten windows, each of which fits one and two windows further on, and two points that fit nowhere else.
    point = np.repeat(np.arange(10), 2)
    moves_px = np.array([[60, 0], [120, 1]] * 10, np.float32) + np.random.default_rng(1).normal(0, 1, (20, 2)).astype(np.float32)
    assert find_patterned(point, moves_px, 12).tolist() == [True] * 10 + [False] * 2


def test_points_that_fit_elsewhere_by_chance_are_no_pattern() -> None:
    rng = np.random.default_rng(2)
    assert not find_patterned(np.arange(60), rng.uniform(-500, 500, (60, 2)).astype(np.float32), 60).any()


def test_one_point_that_fits_in_many_places_is_no_pattern() -> None:
    moves_px = np.tile(np.float32([60, 0]), (20, 1))
    assert not find_patterned(np.zeros(20, np.int64), moves_px, 5).any()


@pytest.mark.parametrize("count", [MIN_POINTS - 1, MIN_POINTS])
def test_a_few_that_agree_are_not_enough(count: int) -> None:
    found = find_patterned(np.arange(count), np.tile(np.float32([0, 40]), (count, 1)), 8)
    assert found.sum() == (count if count >= MIN_POINTS else 0)


def test_nothing_that_fits_elsewhere_is_no_pattern() -> None:
    assert not find_patterned(np.zeros(0, np.int64), np.zeros((0, 2), np.float32), 3).any()
