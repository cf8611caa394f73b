import pytest
from builders.scenes import CENTRE, SETTINGS, fix, offset, reason, register, site, weigh
from builders.sightings import CHANCE, STRONG, sighting

from geoverify.results import Basis, Direction, VerdictKind

PLACES = register(site("A"), site("B", offset(*CENTRE, 5000, 0)), site("C", offset(*CENTRE, 0, 9000)))


def ratio(*sightings) -> float:
    (evidence,) = weigh(PLACES, *sightings, channel="visual")
    return evidence.log10_lr


def test_a_strong_match_names_its_site_without_any_position():
    evidence, scores, _, verdict = reason(PLACES, sighting())
    assert verdict.kind is VerdictKind.CONSISTENT and verdict.site_codes == ("A",)
    assert [item.basis for item in evidence] == [Basis.CALIBRATED]
    assert scores["A"].probability >= SETTINGS.consistent_probability


def test_five_frames_and_three_references_name_a_site():
    seen = [sighting(time_s=float(second), frame_count=5, agreeing=3) for second in range(5)]
    verdict = reason(PLACES, *seen)[3]
    assert verdict.kind is VerdictKind.CONSISTENT and verdict.site_codes == ("A",)


@pytest.mark.parametrize("count", [1, 3, 100])
def test_a_chance_match_names_nothing_however_few_the_sites(count):
    few = register(*(site(f"S{number}", offset(*CENTRE, 5000.0 * number, 0)) for number in range(count)))
    verdict = reason(few, sighting(CHANCE, site_code="S0"))[3]
    assert verdict.kind is VerdictKind.INCONCLUSIVE and verdict.site_codes == ()


def test_the_ratio_is_bounded_by_what_was_tested_and_by_lookalikes():
    (evidence,) = weigh(PLACES, sighting(strength=1e6, places=2000, tried=2000), channel="visual")
    assert evidence.log10_lr == evidence.max_log10_lr <= 4.0
    assert evidence.finding is Direction.SUPPORTS and evidence.locates


@pytest.mark.parametrize("change", [{"strength": 1.5}, {"places": 6, "strength": 2.0}, {"frame_cells": 1, "strength": 1.0}])
def test_a_weaker_match_is_weaker_evidence(change):
    assert ratio(sighting(CHANCE, strength=1.0)) <= ratio(sighting(CHANCE, strength=3.0))
    assert ratio(sighting(**change)) <= ratio(sighting())


def test_one_frame_of_many_is_less_than_one_of_one_and_frames_that_agree_take_that_back():
    # Among so many sites that no bound is reached.
    many = register(*(site("A" if number == 0 else f"S{number}", offset(*CENTRE, 3000.0 * number, 0)) for number in range(300)))
    medium = {"strength": 3.9, "places": 8, "tried": 60, "frame_cells": 2}

    def weighed(*seen) -> float:
        (evidence,) = weigh(many, *seen, channel="visual")
        return evidence.log10_lr

    alone, one_of_many = weighed(sighting(**medium)), weighed(sighting(**medium, frame_count=24))
    agreeing = weighed(*(sighting(**medium, frame_count=24, time_s=float(second)) for second in range(24)))
    assert one_of_many < alone == agreeing


def test_a_match_never_speaks_against_a_site():
    (evidence,) = weigh(PLACES, sighting(CHANCE, strength=0.01, frame_count=24), channel="visual")
    assert evidence.log10_lr == 0.0 and not evidence.locates


def test_a_picture_of_one_site_with_a_position_at_another_is_contradictory():
    verdict = reason(PLACES, fix(0, 0, at=offset(*CENTRE, 5000, 0)), sighting())[3]
    assert verdict.kind is VerdictKind.CONTRADICTORY


def test_mirror_image_and_part_are_told():
    (evidence,) = weigh(PLACES, sighting(mirrored=True, part="North gate"), channel="visual")
    assert "in mirror image" in evidence.explanation and "North gate" in evidence.explanation
    assert STRONG.part is None


def test_a_site_that_the_register_does_not_list_is_left_out():
    assert weigh(PLACES, sighting(site_code="Z")) == []


@pytest.mark.parametrize(("site_count", "is_held"), [(3, True), (53, True), (200, False)])
def test_what_holds_the_weight_is_told_where_it_is_no_data(site_count, is_held):
    # With many sites the bound by look-alikes lies above what the calibration's pictures can show.
    many = register(*(site(f"S{number}", offset(*CENTRE, 5000.0 * number, 0)) for number in range(site_count)))
    (evidence,) = weigh(many, sighting(strength=1e6, places=2000, tried=2000, site_code="S0"), channel="visual")
    assert evidence.log10_lr == evidence.max_log10_lr
    assert ("assumed rate of look-alike places (2 %)" in evidence.explanation) == is_held


def test_a_weight_that_nothing_holds_says_nothing_of_bounds():
    (evidence,) = weigh(PLACES, sighting(CHANCE), channel="visual")
    assert "bound" not in evidence.explanation
