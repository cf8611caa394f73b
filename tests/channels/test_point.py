"""What a point says of where a site's cameras stand, against places drawn by the same story."""

import numpy as np
import pytest
import shapely
from builders.scenes import CENTRE, SETTINGS, fix, offset, reason, register, site
from msgspec.structs import replace

from geoverify import geo
from geoverify.channels._density import Fixes, Footprints, weigh_rows
from geoverify.channels._point import _scale_i0, weigh_point
from geoverify.places import FootprintKind


def draw_cameras(radius_m, count, random):
    """Distances and directions from the point at which footage of a site is shot that lies wholly within the radius."""
    widths_m = random.uniform(min(100.0, 2 * radius_m), min(500.0, 2 * radius_m), count)
    half_m, scale_m = widths_m / 2, SETTINGS.outside_scale_m
    centre_m = (radius_m - half_m) * np.sqrt(random.random(count))
    # Beside a disc the fall-off is over a ring that grows: of e^-u·(half + u), the second part is a gamma distribution.
    grown = random.random(count) < scale_m / (half_m + scale_m)
    outside_m = np.where(grown, random.gamma(2.0, scale_m, count), random.exponential(scale_m, count))
    is_inside = random.random(count) < SETTINGS.inside_share
    from_centre_m = np.where(is_inside, half_m * np.sqrt(random.random(count)), half_m + outside_m)
    turn = random.uniform(0.0, 2 * np.pi, count)
    return np.column_stack((centre_m + from_centre_m * np.cos(turn), from_centre_m * np.sin(turn)))


@pytest.mark.parametrize("sigma_m", [3.0, 20.0, 200.0, 3000.0])
@pytest.mark.parametrize("radius_m", [30.0, 150.0, 300.0, 5000.0])
def test_fixes_lie_as_densely_as_those_that_are_drawn(radius_m, sigma_m):
    random = np.random.default_rng(1)
    cameras_m = draw_cameras(radius_m, 400_000, random)
    distance_m = np.hypot(*(cameras_m + random.normal(0.0, sigma_m, cameras_m.shape)).T)
    edges_m = np.quantile(distance_m, np.linspace(0.0, 0.95, 7))
    edges_m[0] = 0.0
    drawn = np.histogram(distance_m, edges_m)[0] / len(distance_m) / (np.pi * np.diff(edges_m**2))
    places_m = np.sqrt(edges_m[:-1, None] ** 2 + np.diff(edges_m**2)[:, None] * (np.arange(500) + 0.5) / 500)
    of_site, _, _ = weigh_point(places_m.ravel(), np.full(places_m.size, sigma_m), np.full(places_m.size, radius_m), SETTINGS)
    assert of_site.reshape(places_m.shape).mean(axis=1) == pytest.approx(drawn, rel=0.06)


@pytest.mark.parametrize("sigma_m", [2.0, 60.0, 900.0, 50_000.0])
@pytest.mark.parametrize("radius_m", [1.0, 40.0, 300.0, 20_000.0])
def test_densities_hold_all_footage(radius_m, sigma_m):
    edge_m = radius_m + 8.0 * sigma_m + 12.0 * SETTINGS.neighbourhood_scale_m
    places_m = edge_m * ((np.arange(2000) + 0.5) / 2000) ** 2
    rings_m2 = 2 * np.pi * places_m * np.gradient(places_m)
    sigmas_m, radii_m = np.full(len(places_m), sigma_m), np.full(len(places_m), radius_m)
    for density in weigh_point(places_m, sigmas_m, radii_m, SETTINGS):
        assert np.all(density >= 0.0)
        assert np.sum(density * rings_m2) == pytest.approx(1.0, abs=0.03)


def test_a_point_whose_radius_is_smaller_than_any_compound_is_the_disc_itself():
    at, radius_m, errors_m = (11.5, 104.5), 45.0, np.array([4.0, 15.0, 40.0, 150.0])
    turn = np.linspace(0.0, 2 * np.pi, 181)
    ring = geo.unproject_locally(radius_m * np.column_stack((np.sin(turn), np.cos(turn))), *at)[:, ::-1]
    outline = replace(site("D", at), footprint=shapely.Polygon(ring), boundary_error_m=0.0)
    dot = replace(site("P", at), footprint=geo.point(*at), footprint_kind=FootprintKind.POINT, boundary_error_m=radius_m)
    fix = Fixes(np.zeros(4, dtype=np.int64), np.full(4, at[0] + 0.0003), np.full(4, at[1]), errors_m, np.zeros(4))
    by_outline, by_point = (weigh_rows(Footprints.of([place]), fix, SETTINGS) for place in (outline, dot))
    for one, other in zip(by_point, by_outline, strict=True):
        assert one == pytest.approx(other, rel=0.03, abs=1e-9)


def test_the_nearer_to_the_point_the_likelier_the_site_and_never_like_an_outline():
    places = register(
        site("P", footprint_kind=FootprintKind.POINT, boundary_error_m=300.0), site("Q", offset(*CENTRE, 20_000.0, 0.0))
    )
    scores = [reason(places, fix(east_m, 0))[1]["P"].probability for east_m in (0, 150, 250, 300, 400, 600)]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > SETTINGS.consistent_probability > scores[3]
    assert scores[0] <= 1.0 - SETTINGS.point_only_error_rate
    assert scores[-1] < 0.2


def test_the_bessel_function_is_that_of_numpy():
    x = np.concatenate([np.linspace(0.0, 20.0, 400), [80.0, 600.0]])
    assert _scale_i0(x) == pytest.approx(np.i0(x) * np.exp(-x), abs=2.5e-7)
    assert _scale_i0(np.array([1e12])) == pytest.approx(1.0 / np.sqrt(2 * np.pi * 1e12), rel=1e-6)


def test_the_worked_example_of_the_documentation():
    # docs/reasoning.md
    others = [site(f"X{i}", offset(*CENTRE, 3000.0 * i, 20_000.0)) for i in range(1, 6)]
    places = register(site("P", footprint_kind=FootprintKind.POINT, boundary_error_m=300.0), *others)
    scores = [reason(places, fix(east_m, 0, 15.0))[1]["P"].probability for east_m in (0, 200, 250, 300, 400)]
    assert scores == pytest.approx([0.95, 0.92, 0.87, 0.73, 0.37], abs=0.005)
