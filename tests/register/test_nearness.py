"""The index over sites against measuring every site by geodesics: anywhere on Earth, for one position and for many."""

import numpy as np
import pytest
import shapely
from builders.scenes import offset, site, square
from hypothesis import given, settings
from hypothesis import strategies as st

from geoverify import geo
from geoverify.places import FootprintKind
from geoverify.register.nearness import CHUNK_POSITIONS, SiteIndex

UNCUT = shapely.Polygon([(179.99, -17.01), (-179.99, -17.01), (-179.99, -16.99), (179.99, -16.99)])
HALVES = shapely.union(shapely.box(179.9, 50.0, 180.0, 50.1), shapely.box(-180.0, 50.0, -179.9, 50.1))
RING = square(48.0, 11.0, 900.0).difference(square(48.0, 11.0, 700.0))


def make_sites():
    """Sites of every sort around places where degrees mislead."""
    sites = [site("UNCUT", footprint=UNCUT), site("HALVES", footprint=HALVES), site("RING", footprint=RING)]
    sites += [site("LARGE", footprint=square(20.0, 30.0, 60_000.0)), site("POLE", (89.999, 0.0)), site("SOUTH", (-89.99, 77.0))]
    for number, at in enumerate([(10.6, 103.5), (48.0, 11.0), (85.0, -20.0), (-16.9, 179.99), (20.0, 30.4)]):
        for east_m, north_m in ((0, 0), (800, 300), (-4_000, 2_500), (0, -9_000)):
            place = offset(*at, east_m, north_m)
            sites.append(site(f"S{number} {east_m}", place, side_m=40.0 + 60.0 * number))
            kind = {"footprint_kind": FootprintKind.POINT, "boundary_error_m": 300.0 + 700.0 * number}
            sites.append(site(f"P{number} {east_m}", offset(*place, 120, 80), **kind))
    return sites


SITES = make_sites()
INDEX = SiteIndex(SITES)
PLACES = [
    (10.6, 103.5),
    (48.0, 11.0),
    (85.0, -20.0),
    (-16.9, 179.99),
    (-17.0, -179.995),
    (20.2, 30.3),
    (89.9995, 120.0),
    (50.05, 180.0),
]
anywhere = st.tuples(st.floats(-90, 90), st.floats(-180, 180))
beside = st.builds(
    lambda at, east_m, north_m: offset(*at, east_m, north_m),
    st.sampled_from(PLACES),
    st.floats(-12_000, 12_000),
    st.floats(-12_000, 12_000),
)


def measure(one, lat_deg, lon_deg):
    metres = geo.measure_to(one.footprint, lat_deg, lon_deg)
    return max(0.0, metres - one.boundary_error_m) if one.footprint_kind is FootprintKind.POINT else metres


def within(index, position, reach_m):
    lat_deg, lon_deg = position
    pairs = index.find_within(np.array([lat_deg]), np.array([lon_deg]), np.array([reach_m]))
    return dict(zip(pairs.site.tolist(), pairs.distance_m.tolist(), strict=True))


@settings(max_examples=150, deadline=None)
@given(position=beside | anywhere, reach_m=st.sampled_from([100.0, 5_000.0, 30_000.0, 100_000.0]))
def test_it_finds_what_measuring_every_site_finds(position, reach_m):
    found = within(INDEX, position, reach_m)
    for number, one in enumerate(SITES):
        metres = measure(one, *position)
        if abs(metres - reach_m) > 0.01:
            assert (number in found) == (metres < reach_m), (one.code, metres)
        if number in found:
            assert found[number] == pytest.approx(metres, abs=0.006), one.code
            assert (found[number] == 0.0) == (metres == 0.0) or metres < 0.001


@settings(max_examples=60, deadline=None)
@given(position=beside | anywhere, count=st.sampled_from([1, 3, 10, 1000]))
def test_the_nearest_are_those_of_measuring_every_site(position, count):
    found = INDEX.find_nearest(*position, count)
    exact = sorted(measure(one, *position) for one in SITES)[:count]
    assert [metres for _, metres in found] == pytest.approx(exact, abs=1e-6)
    assert len({number for number, _ in found}) == min(count, len(SITES))


def test_many_positions_are_looked_up_as_one_by_one():
    random = np.random.default_rng(3)
    rows = np.array(PLACES * (CHUNK_POSITIONS // len(PLACES) + 3)) + random.normal(0.0, 0.02, (CHUNK_POSITIONS + 24, 2))
    lat_deg, lon_deg = np.clip(rows[:, 0], -90, 90), (rows[:, 1] + 180) % 360 - 180
    reach_m = random.choice([300.0, 5_000.0, 20_000.0], len(rows))
    pairs = INDEX.find_within(lat_deg, lon_deg, reach_m)
    assert (np.diff(pairs.position) >= 0).all()
    for at in (*range(0, len(rows), 1_500), len(rows) - 1):
        chosen = pairs.position == at
        alone = within(INDEX, (lat_deg[at], lon_deg[at]), reach_m[at])
        assert dict(zip(pairs.site[chosen].tolist(), pairs.distance_m[chosen].tolist(), strict=True)) == pytest.approx(alone)


def test_a_disc_that_reaches_nearer_than_its_point_is_found():
    at = offset(10.6, 103.5, 5_200, 0)
    index = SiteIndex([site("P", at, footprint_kind=FootprintKind.POINT, boundary_error_m=300.0)])
    assert within(index, (10.6, 103.5), 5_000.0) == pytest.approx({0: 4_900.0}, abs=0.01)
    assert within(index, (10.6, 103.5), 4_890.0) == {}


def test_a_disc_at_the_antimeridian_is_found_from_both_sides():
    index = SiteIndex([site("P", (0.0, 179.999), footprint_kind=FootprintKind.POINT, boundary_error_m=400.0)])
    for lon_deg in (179.9975, -179.9985):
        assert within(index, (0.0, lon_deg), 1.0) == {0: 0.0}


def test_no_sites_and_no_positions():
    nothing = SiteIndex([])
    assert within(nothing, (0.0, 0.0), 1e6) == {} and nothing.find_nearest(0.0, 0.0, 3) == []
    assert len(INDEX.find_within(np.empty(0), np.empty(0), np.empty(0)).site) == 0
