"""Which maps of one picture into another are believed."""

import numpy as np
import pytest

from geoverify.vision.geometry import Points, align


def look(tilt: float, flip: float = 1.0) -> int:
    """At how many places forty features follow the map that makes the picture narrower by a tilt."""
    rng = np.random.default_rng(4)
    xy_px = rng.uniform(100, 700, (40, 2))
    size_px, angle = rng.uniform(4, 20, 40), np.zeros(40)
    moved = xy_px * [flip / tilt, 1.0] + [900.0, 5.0]
    found = align(Points(xy_px, size_px, angle), Points(moved, size_px / np.sqrt(tilt), angle), np.ones(40))
    return 0 if found is None else found.places


@pytest.mark.parametrize("tilt", [1.0, 0.6, 2.0])
def test_a_view_from_the_side_is_followed(tilt: float) -> None:
    assert look(tilt) >= 36


@pytest.mark.parametrize("tilt", [6.0, 0.15])
def test_what_is_pressed_together_more_than_features_survive_is_chance(tilt: float) -> None:
    assert look(tilt) < 20


def test_a_mirrored_map_is_none() -> None:
    assert look(1.0, flip=-1.0) < 20
