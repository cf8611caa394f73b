import math

import pytest
from builders.scenes import CENTRE, SETTINGS, fix, offset, reason, register, seen, site, weigh
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from geoverify.model import FixCaveat, Position, Track, TrackPoint, Who
from geoverify.places import FootprintKind
from geoverify.results import Direction, VerdictKind

FAR = [site(f"X{i}", offset(*CENTRE, 3000.0 * i, 20_000.0)) for i in range(1, 6)]
PAIR = register(site("A"), site("B", offset(*CENTRE, 210.0, 0.0)), *FAR)
ALONE = register(site("A"), *FAR)


def ratio(places, *observations, code="A"):
    return next(item.log10_lr for item in weigh(places, *observations, channel="position") if item.site_code == code)


def test_fix_inside_a_surveyed_footprint_names_the_site():
    evidence, scores, elsewhere, verdict = reason(ALONE, fix(0, 0))
    assert verdict.kind is VerdictKind.CONSISTENT
    assert verdict.site_codes == ("A",)
    assert scores["A"].probability > 0.95
    assert elsewhere < 0.05
    assert "inside the surveyed footprint of A" in evidence[0].explanation


def test_fix_between_two_sites_60_m_apart_is_ambiguous():
    _, scores, _, verdict = reason(PAIR, fix(105, 0, 15.0))
    assert verdict.kind is VerdictKind.AMBIGUOUS
    assert verdict.site_codes == ("A", "B")
    assert scores["A"].probability == pytest.approx(scores["B"].probability, rel=0.02)


def test_fix_two_kilometres_off_is_inconsistent_with_every_site():
    assert reason(ALONE, fix(0, -2000))[3].kind is VerdictKind.INCONSISTENT


def test_two_fixes_far_apart_contradict_each_other():
    verdict = reason(ALONE, fix(0, 0), fix(0, 0, at=offset(*CENTRE, 3000.0, 20_000.0)))[3]
    assert verdict.kind is VerdictKind.CONTRADICTORY
    assert set(verdict.site_codes) == {"A", "X1"}


def test_copies_of_one_fix_count_once():
    once = reason(ALONE, fix(0, 0))[1]["A"].log10_lr
    thrice = reason(ALONE, fix(0, 0), fix(0, 0, who=Who.EDITOR), fix(0, 0))[1]["A"].log10_lr
    assert thrice <= once


def test_ratio_falls_with_distance_and_stays_bounded():
    ratios = [ratio(ALONE, fix(0, north)) for north in (0, 90, 150, 300, 600, 1200, 4000)]
    assert ratios == sorted(ratios, reverse=True)
    n = len(ALONE.sites)
    rate = SETTINGS.device_error_rate
    assert ratios[0] <= math.log10(n / rate)
    assert ratios[-1] >= math.log10(rate) - 1e-3


def test_weaker_witness_gives_weaker_evidence_on_both_sides():
    for north in (0, 3000):
        strengths = [abs(ratio(ALONE, fix(0, north, who=who))) for who in (Who.DEVICE, Who.PLATFORM, Who.UPLOADER)]
        assert strengths == sorted(strengths, reverse=True)


def test_point_only_site_is_never_as_sure_as_a_polygon():
    surveyed = register(site("P"), *FAR)
    point = register(site("P", footprint_kind=FootprintKind.POINT, boundary_error_m=300.0), *FAR)
    for east in (0, 50, 200):
        on_point = reason(point, fix(east, 0))[1]["P"].probability
        assert on_point < reason(surveyed, fix(0, 0))[1]["P"].probability
    evidence, _, _, verdict = reason(point, fix(0, 0))
    assert "not a boundary" in evidence[0].explanation
    assert "only a point" in verdict.wording


@pytest.mark.parametrize("error_m", [300.0, 1000.0, 5000.0])
def test_coarse_fix_names_no_site(error_m):
    assert reason(ALONE, fix(0, 0, error_m))[3].kind is VerdictKind.INCONCLUSIVE


def test_few_digits_make_a_fix_coarse():
    rough = seen(Position(lat_deg=CENTRE[0], lon_deg=CENTRE[1], resolution_m=1100.0))
    evidence, _, _, verdict = reason(ALONE, rough)
    assert verdict.kind is VerdictKind.INCONCLUSIVE
    assert "few digits" in evidence[0].explanation


@pytest.mark.parametrize("caveat", list(FixCaveat))
def test_what_the_source_says_against_its_fix_widens_it(caveat):
    plain, flagged = (
        seen(Position(lat_deg=CENTRE[0], lon_deg=CENTRE[1], horizontal_error_m=5.0, caveats=caveats))
        for caveats in ((), (caveat,))
    )
    assert ratio(ALONE, flagged) < ratio(ALONE, plain)
    evidence, _, _, verdict = reason(ALONE, flagged)
    assert "widened because the source calls the fix" in evidence[0].explanation
    assert verdict.kind is (VerdictKind.CONSISTENT if caveat is FixCaveat.MANUAL else VerdictKind.INCONCLUSIVE)


@settings(max_examples=60, deadline=None)
@given(small=st.floats(3.0, 400.0), factor=st.floats(1.0, 20.0), north=st.floats(-40.0, 40.0))
def test_a_smaller_error_radius_never_weakens_containment(small, factor, north):
    # 1.5 % of slack is what the two integration rules may differ by where one takes over from the other.
    assert ratio(ALONE, fix(0, north, small)) >= ratio(ALONE, fix(0, north, small * factor)) - 0.0065


@settings(max_examples=30, deadline=None)
@given(lat=st.floats(-89.0, 89.0), lon=st.floats(-180.0, 180.0))
def test_the_place_on_earth_does_not_change_the_evidence(lat, lon):
    here = register(site("A", (lat, lon)))
    at_equator = register(site("A", (0.0, 0.0)))
    for east in (0.0, 100.0):
        moved = ratio(here, fix(east, 0, at=(lat, lon)))
        assert moved == pytest.approx(ratio(at_equator, fix(east, 0, at=(0.0, 0.0))), abs=0.02)


def test_track_tells_its_share_of_time_inside():
    steps = [offset(*CENTRE, 0.0, 20.0 * step) for step in range(-10, 11)]
    points = tuple(
        TrackPoint(time_s=float(i), position=Position(lat_deg=lat, lon_deg=lon, horizontal_error_m=5.0))
        for i, (lat, lon) in enumerate(steps)
    )
    evidence, _, _, verdict = reason(ALONE, seen(Track(points=points), field="GPS5"))
    item = next(one for one in evidence if one.site_code == "A")
    # Seven of twenty seconds: the first and last point stand for half a second each.
    assert "35% of its time inside" in item.explanation
    assert "first at 7 s, last at 13 s" in item.explanation
    assert item.finding is Direction.SUPPORTS
    assert verdict.kind is not VerdictKind.INCONSISTENT


def test_track_that_passes_by_names_its_nearest_approach():
    points = tuple(
        TrackPoint(time_s=float(i), position=Position(lat_deg=lat, lon_deg=lon, horizontal_error_m=5.0))
        for i, (lat, lon) in enumerate(offset(*CENTRE, 500.0, 100.0 * step) for step in range(-5, 6))
    )
    item = next(one for one in weigh(ALONE, seen(Track(points=points))) if one.site_code == "A")
    assert "never inside; nearest approach 425 m at 5 s" in item.explanation


def test_a_short_visit_on_a_long_track_is_not_overlooked():
    steps = [offset(*CENTRE, 0.0, 3000.0) for _ in range(995)] + [CENTRE] * 5
    points = tuple(
        TrackPoint(time_s=float(i), position=Position(lat_deg=lat, lon_deg=lon, horizontal_error_m=5.0))
        for i, (lat, lon) in enumerate(steps)
    )
    evidence, _, _, verdict = reason(ALONE, seen(Track(points=points), field="GPS5"))
    item = next(one for one in evidence if one.site_code == "A")
    assert "0% of its time inside (first at 995 s, last at 999 s)" in item.explanation
    assert verdict.kind is not VerdictKind.INCONSISTENT


def test_shares_are_of_time_and_not_of_points():
    outside = [(float(step), offset(*CENTRE, 0.0, 2000.0)) for step in range(1, 601)]
    times = [(step / 60.0, CENTRE) for step in range(60)] + outside
    points = tuple(
        TrackPoint(time_s=time_s, position=Position(lat_deg=lat, lon_deg=lon, horizontal_error_m=5.0))
        for time_s, (lat, lon) in times
    )
    item = next(one for one in weigh(ALONE, seen(Track(points=points))) if one.site_code == "A")
    assert "0% of its time inside" in item.explanation


@settings(max_examples=40, deadline=None)
@given(side=st.floats(1.0, 10_000.0), error=st.floats(3.0, 30.0))
def test_a_fine_fix_in_the_middle_is_never_held_against_a_site_whatever_its_size(side, error):
    places = register(site("A", side_m=side), *FAR)
    assert ratio(places, fix(0, 0, error)) > 0.5
    assert reason(places, fix(0, 0, error))[3].kind is not VerdictKind.INCONSISTENT


@settings(max_examples=40, deadline=None)
@given(side=st.floats(1.0, 400.0), small=st.floats(3.0, 200.0), factor=st.floats(1.0, 10.0))
def test_a_smaller_error_never_weakens_a_site_of_any_size(side, small, factor):
    places = register(site("A", side_m=side), *FAR)
    assert ratio(places, fix(0, 0, small)) >= ratio(places, fix(0, 0, small * factor)) - 0.02


@pytest.mark.parametrize("error_m", [20_000.0, 100_000.0, 1_000_000.0])
def test_a_fix_that_knows_nothing_says_nothing(error_m):
    assert abs(ratio(ALONE, fix(0, 0, error_m))) < 0.5
    assert reason(ALONE, fix(0, 0, error_m))[3].kind is VerdictKind.INCONCLUSIVE


def test_a_platforms_copy_of_the_devices_fix_is_the_same_witness():
    once = reason(ALONE, fix(0, 0))[1]["A"].log10_lr
    assert reason(ALONE, fix(0, 0), fix(0, 0, who=Who.PLATFORM))[1]["A"].log10_lr <= once
    # Another witness that agrees says once more where the camera was, not once more at which site.
    assert reason(ALONE, fix(0, 0), fix(8, 0, who=Who.ANALYST))[1]["A"].log10_lr == once


def test_many_witnesses_make_a_point_no_polygon():
    point = register(site("P", footprint_kind=FootprintKind.POINT, boundary_error_m=300.0), *FAR)
    witnesses = [fix(20.0 * number, 0, who=who) for number, who in enumerate(Who)]
    assert reason(point, *witnesses)[1]["P"].probability < 0.951


def test_what_stands_in_a_file_beside_the_footage_is_a_weaker_witness():
    beside = fix(0, 0, who=Who.EDITOR)
    beside = replace(beside, provenance=replace(beside.provenance, file="clip.xmp"))
    assert ratio(ALONE, beside) < ratio(ALONE, fix(0, 0, who=Who.EDITOR))
    assert "position written by editor" in weigh(ALONE, beside)[0].explanation


def test_a_stated_error_that_is_no_number_is_not_used():
    for error_m in (math.nan, math.inf):
        assert ratio(ALONE, fix(0, 0, error_m)) == ratio(ALONE, fix(0, 0, None))


def test_empty_track_says_nothing():
    assert reason(ALONE, seen(Track(points=())))[3].kind is VerdictKind.INCONCLUSIVE


def test_a_coarse_position_beside_a_finer_one_does_not_prove_the_site_again():
    # The fix stands 150 m away from the wall; a place tag that covers both says nothing of which of the two is right.
    outside = fix(-225, 0, 15.0)
    alone = reason(ALONE, outside)
    both = reason(ALONE, outside, fix(-200, 50, 250.0, who=Who.PLATFORM))
    assert both[1]["A"].log10_lr == alone[1]["A"].log10_lr
    assert both[3].kind is alone[3].kind is not VerdictKind.CONSISTENT
    noted = [item for item in both[0] if item.dependence_group == "platform-position-agreeing"]
    assert {item.log10_lr for item in noted} == {0.0}
    assert "says nothing more" in noted[0].explanation


def test_positions_that_disagree_are_both_weighed():
    far = fix(4000, 0, 50.0, who=Who.PLATFORM)
    assert reason(ALONE, fix(0, 0), far)[1]["A"].log10_lr < reason(ALONE, fix(0, 0))[1]["A"].log10_lr
