"""Densities in closed forms and few nodes against dense sums: whatever the shape, the error and the distance."""

import math

import numpy as np
import pytest
import shapely
from builders.blurring import blur_densely
from builders.scenes import SETTINGS, offset, site

from geoverify import geo
from geoverify.channels._density import Fixes, Footprints, weigh_rows
from geoverify.channels._fix import distances_to
from geoverify.channels._ratio import Elsewhere, compare
from geoverify.location import SIGMAS_PER_68_PERCENT_RADIUS
from geoverify.model import Position

AT = (10.6, 103.5)
SCALES_M = (SETTINGS.outside_scale_m, SETTINGS.surroundings_scale_m, SETTINGS.neighbourhood_scale_m)
# The greatest deviation in log10 of a likelihood ratio.
TOLERANCE = 0.01


def place_shape(shape_m, at=AT, **fields):
    """A site with an outline in metres around a place."""
    rows = geo.unproject_locally(shapely.get_coordinates(shape_m), *at)
    drawn = shapely.set_coordinates(shapely.from_wkb(shapely.to_wkb(shape_m)), (rows[:, ::-1] + 180.0) % [360.0, 1000.0] - 180.0)
    return site("A", footprint=drawn, **({"boundary_error_m": 0.0} | fields))


def weigh(place, at, radius_m):
    """The three densities of one fix."""
    (distance_m,) = distances_to(place, [Position(lat_deg=at[0], lon_deg=at[1])])
    row = Fixes(np.array([0]), np.array([at[0]]), np.array([at[1]]), np.array([radius_m]), np.array([distance_m]))
    return [float(column[0]) for column in weigh_rows(Footprints.of([place]), row, SETTINGS)]


def weigh_densely(place, at, radius_m, steps=140):
    footprints = Footprints.of([place])
    shape_m = geo.project_locally(place.footprint, *at)
    if footprints.disc_m[0] > 0.0:
        shape_m = shapely.buffer(shape_m, footprints.disc_m[0], quad_segs=64)
    sigma_m = math.hypot(radius_m, footprints.boundary_m[0]) / SIGMAS_PER_68_PERCENT_RADIUS
    inside, fallen = blur_densely(shape_m, sigma_m, SCALES_M, steps)
    outside_m2 = [float(footprints.outside_m2(scale_m)[0]) for scale_m in SCALES_M]
    area_m2, share = float(footprints.area_m2[0]), SETTINGS.inside_share
    return [
        share * inside / area_m2 + (1 - share) * fallen[0] / outside_m2[0],
        fallen[1] / outside_m2[1],
        (inside + fallen[2]) / (area_m2 + outside_m2[2]),
    ]


def ratio(densities, radius_m, site_count=6, region_m2=1e12):
    from geoverify.channels._density import Densities

    rows = Densities(*(np.array([value]) for value in densities))
    sigma_m = np.array([radius_m / SIGMAS_PER_68_PERCENT_RADIUS])
    elsewhere = Elsewhere(site_count=site_count, region_area_m2=region_m2)
    found = compare(rows, np.array([0]), sigma_m, SETTINGS.device_error_rate, elsewhere, SETTINGS)
    return float(found.log10_lr[0])


def assert_alike(place, at, radius_m, steps=140):
    found, expected = weigh(place, at, radius_m), weigh_densely(place, at, radius_m, steps)
    assert ratio(found, radius_m) == pytest.approx(ratio(expected, radius_m), abs=TOLERANCE), (found, expected)


def star(random, size_m):
    corners = int(random.integers(3, 13))
    turns = (np.arange(corners) + random.uniform(0.0, 0.8, corners)) / corners * 2 * math.pi
    radius_m = size_m * random.uniform(0.4, 1.0, corners)
    return shapely.Polygon(np.column_stack((radius_m * np.cos(turns), radius_m * np.sin(turns))))


def draw_shape(random):
    """An outline of any sort: one, two that are one site, with a hole, narrow, bent."""
    size_m = 10 ** random.uniform(0.7, 2.5)
    one = star(random, size_m)
    other = shapely.transform(star(random, size_m), lambda xy: xy + random.uniform(-2, 2, 2) * size_m)
    hole = shapely.transform(one, lambda xy: xy * 0.5)
    bent = shapely.LineString([(0, 0), (size_m, 0), (random.uniform(0, size_m), size_m)])
    shapes = [
        one,
        shapely.union(one, other),
        one.difference(hole),
        shapely.box(0, 0, size_m, size_m / 8),
        bent.buffer(size_m / 10),
    ]
    return shapes[random.integers(len(shapes))]


@pytest.mark.parametrize("seed", range(24))
def test_any_outline_has_the_ratio_of_dense_sums(seed):
    random = np.random.default_rng(seed)
    shape_m = draw_shape(random)
    radius_m = 10 ** random.uniform(0.5, 2.7)
    corner = shapely.get_coordinates(shape_m)[random.integers(len(shapely.get_coordinates(shape_m)))]
    away = random.normal(0.0, 1.0, 2) * random.choice([0.7, 1.5, 4.0]) * (radius_m + random.choice([0.0, 60.0, 300.0]))
    assert_alike(place_shape(shape_m), offset(*AT, *(corner + away)), radius_m)


@pytest.mark.parametrize("radius_m", [3.0, 40.0, 300.0])
@pytest.mark.parametrize("shape_m", [shapely.LineString([(0, 0), (90, 10), (100, 200)]), shapely.MultiPoint([(0, 0), (150, 40)])])
def test_lines_and_several_points_are_taken_with_their_discs(shape_m, radius_m):
    place = place_shape(shape_m, boundary_error_m=15.0)
    for east_m in (-20.0, 40.0, 500.0):
        assert_alike(place, offset(*AT, east_m, 30.0), radius_m)


@pytest.mark.parametrize(("side_m", "radius_m"), [(50_000.0, 3.0), (50_000.0, 900.0), (50_000.0, 50_000.0), (200.0, 50_000.0)])
def test_footprints_and_errors_of_tens_of_kilometres(side_m, radius_m):
    shape_m = shapely.box(-side_m / 2, -side_m / 2, side_m / 2, side_m / 2)
    for east_m in (0.0, 0.5 * side_m + 1.5 * min(radius_m, 30_000.0)):
        assert_alike(place_shape(shape_m), offset(*AT, east_m, 10.0), radius_m, steps=400)


@pytest.mark.parametrize("at", [(89.9995, 20.0), (-89.9, -170.0), (-17.0, 179.9995), (52.0, -180.0), (0.0, 0.0)])
def test_poles_and_the_antimeridian_are_places_like_others(at):
    shape_m = star(np.random.default_rng(3), 150.0)
    for east_m, north_m in ((20.0, -10.0), (160.0, 30.0), (-300.0, 500.0)):
        here, there = offset(*at, east_m, north_m), offset(*AT, east_m, north_m)
        found = weigh(place_shape(shape_m, at), (here[0], geo.wrap_lon_deg(here[1])), 12.0)
        assert found == pytest.approx(weigh(place_shape(shape_m), there, 12.0), rel=1e-3)


@pytest.mark.parametrize("radius_m", [0.1, 15.0, 50_000.0])
def test_nothing_is_left_of_a_site_at_the_antipode(radius_m):
    place = place_shape(star(np.random.default_rng(4), 150.0))
    found = weigh(place, (-AT[0], AT[1] - 180.0), radius_m)
    assert found == pytest.approx([0.0, 0.0, 0.0], abs=1e-30)


def test_an_error_of_decimetres_deep_inside_has_the_even_density():
    place = place_shape(shapely.box(-100, -100, 100, 100))
    of_site, beside, district = weigh(place, AT, 0.1)
    assert of_site == pytest.approx(SETTINGS.inside_share / 40_000.0, rel=1e-6)
    assert beside == 0.0
    assert district == pytest.approx(1 / (40_000.0 + 800.0 * 1000.0 + 2 * math.pi * 1e6), rel=1e-6)


@pytest.mark.parametrize("radius_m", [3.0, 30.0, 120.0, 700.0])
def test_densities_have_no_steps_between_one_way_of_summing_and_the_next(radius_m):
    place = place_shape(star(np.random.default_rng(5), 120.0))
    far_m = np.linspace(0.0, 6_000.0, 300)
    lat_deg, lon_deg = np.array([offset(*AT, 40.0 + metres, 25.0) for metres in far_m]).T
    distance_m = distances_to(place, [Position(lat_deg=lat, lon_deg=lon) for lat, lon in zip(lat_deg, lon_deg, strict=True)])
    rows = Fixes(np.zeros(300, dtype=np.int64), lat_deg, lon_deg, np.full(300, radius_m), distance_m)
    found = weigh_rows(Footprints.of([place]), rows, SETTINGS)
    shown = np.array([ratio([column[row] for column in found], radius_m) for row in range(300)])
    assert np.all(np.diff(shown) < TOLERANCE)
