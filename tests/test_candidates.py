import shapely
from builders.scenes import CENTRE, SETTINGS, camera, fix, gate, looking, offset, register, site
from hypothesis import given, settings
from hypothesis import strategies as st

from geoverify.candidates import CandidateFinder
from geoverify.places import FootprintKind


def find(places, *observations):
    return CandidateFinder(places, SETTINGS).find(observations)


def test_no_position_no_candidates():
    assert find(register(site("A")), camera()) == ()


def test_near_sites_come_first_and_far_ones_are_named_as_far():
    places = register(site("FAR", offset(*CENTRE, 40_000, 0)), site("A"), site("B", offset(*CENTRE, 300, 0)))
    found = find(places, fix(0, 0))
    assert [item.site_code for item in found] == ["A", "B", "FAR"]
    assert [item.distance_m for item in found[:2]] == [0.0, 225.0]
    assert found[2].why == "nearest listed site, but far"


def test_nearest_sites_are_found_from_the_other_side_of_the_earth():
    found = find(register(site("A")), fix(0, 0, at=(-10.6, -76.4)))
    assert found[0].distance_m > 19_000_000


def test_site_across_the_antimeridian_is_found_however_it_is_drawn():
    cut = shapely.union(shapely.box(179.999, -17.0, 180.0, -16.998), shapely.box(-180.0, -17.0, -179.999, -16.998))
    uncut = shapely.Polygon([(179.999, -17.0), (-179.999, -17.0), (-179.999, -16.998), (179.999, -16.998)])
    for shape in (cut, uncut):
        places = register(site("A", footprint=shape))
        for lon in (179.9995, -179.9995):
            (found,) = find(places, fix(0, 0, at=(-16.999, lon)))
            assert found.distance_m == 0.0
        (beside,) = find(places, fix(0, 0, at=(-16.999, -179.998)))
        assert 90.0 < beside.distance_m < 120.0


def test_site_at_the_pole_is_found_from_every_longitude():
    places = register(site("POLE", (89.999, 0.0)))
    for lon in (0.0, 120.0, -120.0, 180.0):
        (found,) = find(places, fix(0, 0, at=(89.9999, lon)))
        assert found.distance_m < 130.0


def test_a_point_is_measured_to_the_edge_of_its_disc():
    places = register(site("P", footprint_kind=FootprintKind.POINT, boundary_error_m=300.0))
    assert find(places, fix(0, 200))[0].distance_m == 0.0
    assert abs(find(places, fix(0, 450))[0].distance_m - 150.0) < 0.2


def test_parts_carry_distance_and_whether_they_are_in_view():
    parts = (gate("North gate", offset(*CENTRE, 0, 75)), gate("South gate", offset(*CENTRE, 0, -75)))
    (found,) = find(register(site("A", parts=parts)), fix(0, 120), *looking(180))
    assert [(part.name, round(part.distance_m), part.in_view) for part in found.parts] == [
        ("North gate", 45, True),
        ("South gate", 195, True),
    ]
    (away,) = find(register(site("A", parts=parts)), fix(0, 120), *looking(0))
    assert [part.in_view for part in away.parts] == [False, False]
    (unknown,) = find(register(site("A", parts=parts)), fix(0, 120))
    assert [part.in_view for part in unknown.parts] == [None, None]


@settings(max_examples=40, deadline=None)
@given(east=st.floats(-4000, 4000), north=st.floats(-4000, 4000))
def test_the_index_finds_what_measuring_every_site_finds(east, north):
    sites = [site(f"S{i}{j}", offset(*CENTRE, 2000 * i, 2000 * j)) for i in range(-2, 3) for j in range(-2, 3)]
    found = {item.site_code for item in find(register(*sites), fix(east, north))}
    near = {one.code for one in sites if find(register(one), fix(east, north))[0].distance_m <= SETTINGS.candidate_radius_m}
    assert near <= found
