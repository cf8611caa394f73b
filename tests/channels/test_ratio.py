"""Ratios of many fixes at once: those of the model written out for one fix and one site, and those of the channel."""

import math

import numpy as np
import pytest
import shapely
from builders.scenes import SETTINGS, fix, offset, register, site, weigh
from msgspec.structs import replace

from geoverify import geo
from geoverify.channels._density import Footprints
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


def blur_by_hand(shape_m, sigma_m, share, scale_m):
    """The density of one footprint at the origin, as docs/reasoning.md has it; without a share that of a district."""

    def density(x, y):
        return np.exp(-(x**2 + y**2) / (2 * sigma_m**2)) / (2 * math.pi * sigma_m**2)

    def grid(margin_m):
        west, south, east, north = shape_m.bounds
        steps = (np.arange(SETTINGS.error_cells) + 0.5) / SETTINGS.error_cells
        across_m, along_m = east - west + 2 * margin_m, north - south + 2 * margin_m
        x, y = np.meshgrid(west - margin_m + across_m * steps, south - margin_m + along_m * steps)
        return x.ravel(), y.ravel(), max(across_m, along_m) / SETTINGS.error_cells

    parts = list(getattr(shape_m, "geoms", [shape_m]))
    outside_m2 = sum(part.exterior.length for part in parts) * scale_m + 2 * math.pi * len(parts) * scale_m**2
    share = shape_m.area / (shape_m.area + outside_m2) if share is None else share
    cloud_m = np.array([shape_m.distance(shapely.Point(*point)) for point in cloud_of(sigma_m)])
    x, y, step_m = grid(0.0)
    within = shapely.contains_xy(shape_m, x, y)
    inside = np.mean(density(x, y)[within]) if within.any() else 0.0
    if sigma_m < step_m:
        inside = np.mean(cloud_m == 0.0) / shape_m.area
    x, y, step_m = grid(6.0 * scale_m)
    distance_m = shapely.distance(shape_m, shapely.points(x, y))
    weight = np.where(distance_m > 0.0, np.exp(-distance_m / scale_m), 0.0)
    outside = np.sum(weight * density(x, y)) / np.sum(weight)
    if sigma_m < max(step_m, scale_m / 2):
        outside = np.mean(np.where(cloud_m > 0.0, np.exp(-cloud_m / scale_m), 0.0)) / outside_m2
    return share * inside + (1 - share) * outside


def cloud_of(sigma_m):
    for ring in range(SETTINGS.error_rings):
        radius_m = sigma_m * math.sqrt(-2 * math.log1p(-(ring + 0.5) / SETTINGS.error_rings))
        for spoke in range(SETTINGS.error_spokes):
            turn = 2 * math.pi * (spoke + ring % 2 / 2) / SETTINGS.error_spokes
            yield radius_m * math.sin(turn), radius_m * math.cos(turn)


def ratios_by_hand(places, lat_deg, lon_deg, radius_m):
    """log10 of P(fix | shot at the site) over P(fix | shot elsewhere), for each site."""
    found = []
    for place in places:
        shape_m = geo.project_locally(place.footprint, lat_deg, lon_deg)
        is_point = place.footprint_kind is FootprintKind.POINT
        shape_m = shape_m.buffer(place.boundary_error_m, quad_segs=16) if is_point else shape_m
        sigma_m = math.hypot(radius_m, 0.0 if is_point else place.boundary_error_m) / SIGMAS_PER_68_PERCENT_RADIUS
        shares = (SETTINGS.inside_share, 0.0, None)
        found.append([blur_by_hand(shape_m, sigma_m, share, scale) for share, scale in zip(shares, SCALES_M, strict=True)])
    near, beside = SETTINGS.neighbourhood_share, SETTINGS.surroundings_share
    sigma_m = radius_m / SIGMAS_PER_68_PERCENT_RADIUS
    background = (1 - near - beside) / (REGION_M2 + 2 * math.pi * sigma_m**2)
    background += sum(near * district + beside * passing for _, passing, district in found) / len(places)
    forged = sum(of_site for of_site, _, _ in found) / len(places)
    for place, (of_site, _, _) in zip(places, found, strict=True):
        point_rate = SETTINGS.point_only_error_rate if place.footprint_kind is FootprintKind.POINT else 0.0
        rate = 1 - (1 - ERROR_RATE) * (1 - point_rate)
        here = (1 - ERROR_RATE) * of_site + ERROR_RATE * background
        yield math.log10(here / ((1 - rate) * background + rate * forged))


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
        assert found[number].tolist() == pytest.approx(expected, abs=1e-9)
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
