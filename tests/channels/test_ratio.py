"""Ratios of many fixes at once: those of the model written out for one fix and one site, and those of the channel."""

import math

import numpy as np
import pytest
import shapely
from builders.blurring import blur_densely
from builders.scenes import SETTINGS, fix, offset, register, site, weigh
from msgspec.structs import replace

from geoverify import geo
from geoverify.channels._density import Footprints
from geoverify.channels._point import weigh_point
from geoverify.channels._ratio import Elsewhere, score_fixes
from geoverify.location import SIGMAS_PER_68_PERCENT_RADIUS
from geoverify.places import FootprintKind
from geoverify.register.nearness import SiteIndex

REGION_M2 = 1.2e13
ERROR_RATE = SETTINGS.device_error_rate
SCALES_M = (SETTINGS.outside_scale_m, SETTINGS.surroundings_scale_m, SETTINGS.neighbourhood_scale_m)


def make_places(at):
    """Outlines and a point around a place, one of them of two parts."""
    places = [site(f"S{number}", offset(*at, 410.0 * number, -170.0 * number)) for number in range(4)]
    centre = shapely.Point(shapely.get_coordinates(places[1].footprint)[0])
    places[1] = replace(places[1], footprint=centre, footprint_kind=FootprintKind.POINT, boundary_error_m=300.0)
    both = shapely.MultiPolygon([places[2].footprint, places[3].footprint])
    places[2] = replace(places[2], footprint=both, footprint_kind=FootprintKind.DIGITISED, boundary_error_m=25.0)
    return places


def densities_by_hand(shape_m, sigma_m):
    """Of the site, beside it and in its district, as docs/reasoning.md has them, for a fix at the origin."""
    inside, fallen = blur_densely(shape_m, sigma_m, SCALES_M)
    parts = list(getattr(shape_m, "geoms", [shape_m]))
    perimeter_m = sum(part.exterior.length for part in parts)
    outside_m2 = [perimeter_m * scale + 2 * math.pi * len(parts) * scale**2 for scale in SCALES_M]
    share, area_m2 = SETTINGS.inside_share, shape_m.area
    yield share * inside / area_m2 + (1 - share) * fallen[0] / outside_m2[0]
    yield fallen[1] / outside_m2[1]
    yield (inside + fallen[2]) / (area_m2 + outside_m2[2])


def ratios_by_hand(places, lat_deg, lon_deg, radius_m):
    """log10 of P(fix | shot at the site) over P(fix | shot elsewhere), for each site."""
    found = []
    for place in places:
        shape_m = geo.project_locally(place.footprint, lat_deg, lon_deg)
        is_point = place.footprint_kind is FootprintKind.POINT
        if is_point:
            distance_m, sigma_m = math.hypot(shape_m.x, shape_m.y), radius_m / SIGMAS_PER_68_PERCENT_RADIUS
            columns = weigh_point(*(np.array([value]) for value in (distance_m, sigma_m, place.boundary_error_m)), SETTINGS)
            found.append([float(column[0]) for column in columns])
            continue
        sigma_m = math.hypot(radius_m, place.boundary_error_m) / SIGMAS_PER_68_PERCENT_RADIUS
        found.append(list(densities_by_hand(shape_m, sigma_m)))
    near, beside = SETTINGS.neighbourhood_share, SETTINGS.surroundings_share
    sigma_m = radius_m / SIGMAS_PER_68_PERCENT_RADIUS
    background = (1 - near - beside) / (REGION_M2 + 2 * math.pi * sigma_m**2)
    background += sum(near * district + beside * passing for _, passing, district in found) / len(places)
    forged = sum(of_site for of_site, _, _ in found) / len(places)
    for of_site, _, _ in found:
        here = (1 - ERROR_RATE) * of_site + ERROR_RATE * background
        yield math.log10(here / ((1 - ERROR_RATE) * background + ERROR_RATE * forged))


def score(places, lat_deg, lon_deg, radius_m, region_m2=REGION_M2):
    """Every site's ratio for each fix, a row a fix."""
    pairs = SiteIndex(places).find_within(lat_deg, lon_deg, np.full(len(lat_deg), 10_000.0))
    assert len(pairs.site) == len(places) * len(lat_deg)
    elsewhere = Elsewhere(site_count=len(places), region_area_m2=region_m2)
    ratios = score_fixes(pairs, Footprints.of(places), lat_deg, lon_deg, radius_m, ERROR_RATE, elsewhere, SETTINGS)
    return ratios.log10_lr.reshape(len(lat_deg), len(places))


@pytest.mark.parametrize("at", [(10.6, 103.5), (-17.0, 179.999), (78.0, -179.998)])
def test_many_fixes_have_the_ratios_of_the_model_written_out(at):
    places, random = make_places(at), np.random.default_rng(1)
    radius_m = np.array([3.0, 8.0, 20.0, 45.0, 90.0, 150.0, 400.0, 2500.0])
    lat_deg, lon_deg = np.array([offset(*at, *random.uniform(-900.0, 1500.0, 2)) for _ in radius_m]).T
    lon_deg = (lon_deg + 180.0) % 360.0 - 180.0
    found = score(places, lat_deg, lon_deg, radius_m)
    for number in range(len(radius_m)):
        expected = list(ratios_by_hand(places, lat_deg[number], lon_deg[number], radius_m[number]))
        assert found[number].tolist() == pytest.approx(expected, abs=0.01)
    assert np.ptp(found) > 2.0


def test_many_fixes_have_the_ratios_of_the_channel():
    at = (10.6, 103.5)
    places = make_places(at)
    whole = register(*places)
    area_m2 = SETTINGS.default_region_area_m2 if whole.region is None else geo.geodesic_area_m2(whole.region)
    for east_m, north_m, radius_m in ((0.0, 0.0, 5.0), (350.0, -200.0, 30.0), (-800.0, 1500.0, 12.0)):
        item = fix(east_m, north_m, radius_m, at=at)
        lat_deg, lon_deg = np.array([[item.value.lat_deg], [item.value.lon_deg]])
        (found,) = score(places, lat_deg, lon_deg, np.array([radius_m]), area_m2)
        told = {item.site_code: item.log10_lr for item in weigh(whole, item, channel="position")}
        assert dict(zip([place.code for place in places], found.tolist(), strict=True)) == pytest.approx(told, abs=5.1e-5)


def test_no_fixes_have_no_ratios():
    assert score(make_places((10.6, 103.5)), *(np.empty(0) for _ in range(3))).size == 0


@pytest.mark.parametrize("side_m", [3e4, 6e4, 9e4])
@pytest.mark.parametrize("east_m", [0.0, 2e4, 6e4])
def test_a_footprint_wider_than_the_cells_reach_has_a_ratio_too(side_m, east_m):
    found = weigh(register(site("A", side_m=side_m)), fix(east_m, 0, 10_000), channel="position")
    assert all(math.isfinite(item.log10_lr) and item.min_log10_lr <= item.log10_lr <= item.max_log10_lr for item in found)
    assert len(found) == 1
