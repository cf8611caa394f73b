import pytest
from builders.scenes import CENTRE, SETTINGS, fix, offset, seen
from msgspec.structs import replace

from geoverify.location import best_location, classify_precision, error_radius_m, find_disagreements
from geoverify.model import PlaceClaim, Position, TextSource, Track, TrackPoint, Who
from geoverify.results import PrecisionClass


def numbered(*observations):
    return tuple(replace(item, id=f"o{number}") for number, item in enumerate(observations, start=1))


@pytest.mark.parametrize(
    ("radius_m", "name"),
    [
        (3.0, PrecisionClass.EXACT),
        (10.0, PrecisionClass.EXACT),
        (10.1, PrecisionClass.VICINITY),
        (100.0, PrecisionClass.VICINITY),
        (1000.0, PrecisionClass.LOCALITY),
        (1000.1, PrecisionClass.COARSER),
    ],
)
def test_precision_classes(radius_m, name):
    assert classify_precision(radius_m) is name


def test_stated_error_is_used_but_none_is_better_than_a_receiver_can_be():
    assert error_radius_m(Position(lat_deg=0.0, lon_deg=0.0, horizontal_error_m=40.0), SETTINGS)[0] == 40.0
    assert error_radius_m(Position(lat_deg=0.0, lon_deg=0.0, horizontal_error_m=0.01), SETTINGS)[0] == 3.0
    radius_m, basis = error_radius_m(Position(lat_deg=0.0, lon_deg=0.0), SETTINGS)
    assert (radius_m, basis) == (SETTINGS.default_horizontal_error_m, "assumed, the source states none")


def test_coordinates_of_two_decimals_are_coarse_whatever_error_is_stated():
    radius_m, basis = error_radius_m(Position(lat_deg=0.0, lon_deg=0.0, horizontal_error_m=5.0, resolution_m=1112.0), SETTINGS)
    assert 400.0 < radius_m < 560.0
    assert "few digits" in basis


def test_the_strongest_witness_wins_before_the_smallest_error():
    place = best_location(numbered(fix(0, 0, 5.0, Who.UPLOADER), fix(0, 50, 30.0), fix(0, 0, 10.0)), SETTINGS)
    assert place.observation_id == "o3"
    assert place.precision is PrecisionClass.EXACT
    assert best_location((), SETTINGS) is None


def test_sources_further_apart_than_their_errors_disagree():
    (found,) = find_disagreements(numbered(fix(0, 0), fix(0, 9000)), SETTINGS)
    assert (found.first_id, found.second_id) == ("o1", "o2")
    assert found.problem.code == "positions-disagree"
    assert "9000 m apart" in found.problem.message


def test_near_coarse_or_absent_sources_do_not_disagree():
    for pair in ((fix(0, 0), fix(0, 15)), (fix(0, 0, 3000.0), fix(0, 5000)), (fix(0, 0),), ()):
        assert list(find_disagreements(numbered(*pair), SETTINGS)) == []


def test_a_track_agrees_if_it_passes_the_place_and_a_claim_can_disagree():
    points = tuple(
        TrackPoint(time_s=float(step), position=Position(lat_deg=lat, lon_deg=lon, horizontal_error_m=5.0))
        for step, (lat, lon) in enumerate(offset(*CENTRE, 0.0, 100.0 * step) for step in range(10))
    )
    track = seen(Track(points=points), field="GPS5")
    assert list(find_disagreements(numbered(track, fix(0, 900)), SETTINGS)) == []
    claim = seen(PlaceClaim(position=Position(lat_deg=0.0, lon_deg=0.0), source=TextSource.CAPTION), Who.UPLOADER, "location")
    assert [found.second_id for found in find_disagreements(numbered(track, claim), SETTINGS)] == ["o2"]
