import math

import numpy as np
import pytest
import shapely
from builders.scenes import square
from hypothesis import given
from hypothesis import strategies as st

from geoverify import geo


def test_distance_and_bearing_of_a_known_line():
    # Flinders Peak to Buninyong, the worked example of the GDA technical manual (Vincenty 1975, test line).
    distance_m, bearing_deg = geo.measure(-37.95103342, 144.42486789, -37.65282114, 143.92649553)
    assert distance_m == pytest.approx(54972.271, abs=0.05)
    assert bearing_deg == pytest.approx(306.868, abs=0.001)


@given(lat=st.floats(-89.5, 89.5), lon=st.floats(-180, 180), east=st.floats(-3000, 3000), north=st.floats(-3000, 3000))
def test_local_metres_round_trip(lat, lon, east, north):
    back = geo.unproject_locally(np.array([[east, north]]), lat, lon)
    there = shapely.get_coordinates(geo.project_locally(shapely.Point(back[0][1], back[0][0]), lat, lon))[0]
    assert math.dist(there, (east, north)) < 1e-3


@pytest.mark.parametrize(("lat", "lon"), [(0.0, 179.9999), (-16.5, -179.9999), (89.99, 10.0), (48.0, 2.0)])
def test_squares_keep_their_size_anywhere(lat, lon):
    shape_m = geo.project_locally(square(lat, lon, 200.0), lat, lon)
    assert shape_m.area == pytest.approx(40_000.0, rel=1e-6)
    assert shapely.distance(shape_m, shapely.Point(0, 0)) == 0.0


@given(
    lat=st.floats(-90, 90),
    lon=st.floats(-180, 179.999),
    radius=st.floats(1, 4_000_000),
    bearing=st.floats(0, 360),
    share=st.floats(0, 1),
)
def test_bounds_hold_every_point_within_the_radius(lat, lon, radius, bearing, share):
    to_lon, to_lat, _ = geo.wgs84().fwd(lon, lat, bearing, radius * share)
    boxes = geo.bounds_around(lat, lon, radius)
    assert any(west <= to_lon <= east and south <= to_lat <= north for west, south, east, north in boxes) or any(
        math.isclose(abs(to_lon), 180.0, abs_tol=1e-6) and south <= to_lat <= north for _, south, _, north in boxes
    )


def test_bounds_across_the_antimeridian_are_two_boxes():
    first, second = geo.bounds_around(0.0, 179.99, 5000.0)
    assert first[2] == 180.0
    assert second[0] == -180.0


@pytest.mark.parametrize(("a", "b", "turn"), [(10, 350, 20), (350, 10, -20), (180, 0, -180), (90, 90, 0)])
def test_turns_go_the_short_way(a, b, turn):
    assert geo.difference_deg(a, b) == turn


def test_bearing_span_of_a_wall_to_the_north():
    bearing_deg, width_deg = geo.bearing_span(shapely.LineString([(-50, 50), (50, 50)]))
    assert bearing_deg == pytest.approx(0.0, abs=1e-9)
    assert width_deg == pytest.approx(90.0)


def test_nothing_spans_a_bearing_around_the_camera():
    assert geo.bearing_span(shapely.box(-10, -10, 10, 10)) is None


def test_area_of_one_square_degree_at_the_equator():
    assert geo.geodesic_area_m2(shapely.box(0, 0, 1, 1)) == pytest.approx(12_308_778_361.0, rel=1e-6)
