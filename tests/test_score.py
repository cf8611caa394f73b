import math

import msgspec
import pytest
from builders.scenes import SETTINGS, camera, fix, reason, register, site
from hypothesis import given
from hypothesis import strategies as st

from geoverify.places import FootprintKind
from geoverify.results import PICTURE_GROUP, WORDS_GROUP, Basis, Candidate, Direction, Evidence, Score, VerdictKind
from geoverify.score import judge, pool, score_sites, show_score

CODES = ("A", "B", "C")


def candidate(code):
    return Candidate(
        site_code=code,
        site_name=code,
        register_title="t",
        register_edition="1",
        footprint_kind=FootprintKind.SURVEYED,
        why="near a fix",
        distance_m=10.0,
    )


def evidence(code, log10_lr, group="g", locates=True):
    return Evidence(
        channel="test",
        site_code=code,
        log10_lr=log10_lr,
        min_log10_lr=-4.0,
        max_log10_lr=4.0,
        basis=Basis.ASSUMED,
        dependence_group=group,
        finding=Direction.of(log10_lr),
        explanation="",
        observation_ids=(),
        locates=locates,
    )


def verdict(*items, codes=CODES, site_count=3):
    candidates = [candidate(code) for code in codes]
    scores, elsewhere = score_sites(candidates, items, site_count, SETTINGS)
    return judge(candidates, items, scores, elsewhere, SETTINGS)


def test_a_group_counts_once_and_groups_add_up():
    items = [evidence("A", 1.0), evidence("A", 1.0), evidence("A", 0.5, group="other")]
    assert pool(items) == {"A": 1.5}


def test_copies_that_disagree_weaken_each_other():
    assert pool([evidence("A", 2.0), evidence("A", -2.0)]) == {"A": 0.0}


@given(ratios=st.lists(st.floats(-3, 3), min_size=1, max_size=3), site_count=st.integers(3, 500))
def test_probabilities_never_add_up_to_more_than_one(ratios, site_count):
    codes = CODES[: len(ratios)]
    items = [evidence(code, ratio) for code, ratio in zip(codes, ratios, strict=True)]
    scores, elsewhere = score_sites([candidate(code) for code in codes], items, site_count, SETTINGS)
    total = elsewhere + sum(score.probability for score in scores)
    assert 0.0 < total <= 1.0 + 1e-5
    assert [score.probability for score in scores] == sorted((score.probability for score in scores), reverse=True)


def test_sites_that_are_no_candidates_keep_their_prior():
    scores, elsewhere = score_sites([], [], 7, SETTINGS)
    assert scores == ()
    assert elsewhere == pytest.approx(SETTINGS.prior_elsewhere)


def test_more_listed_sites_make_the_same_evidence_weaker():
    few = score_sites([candidate("A")], [evidence("A", 2.0)], 5, SETTINGS)[0][0].probability
    many = score_sites([candidate("A")], [evidence("A", 2.0)], 500, SETTINGS)[0][0].probability
    assert many < few


def test_evidence_that_does_not_locate_is_inconclusive_however_strong():
    result = verdict(evidence("A", 3.0, locates=False))
    assert result.kind is VerdictKind.INCONCLUSIVE
    assert result.site_codes == ()


@pytest.mark.parametrize(
    ("items", "kind"),
    [
        ([evidence("A", 2.5), evidence("B", -1.5), evidence("C", -1.5)], VerdictKind.CONSISTENT),
        ([evidence("A", 2.0), evidence("B", 2.0), evidence("C", -1.5)], VerdictKind.AMBIGUOUS),
        ([evidence(code, -1.5) for code in CODES], VerdictKind.INCONSISTENT),
        ([evidence(code, 0.0) for code in CODES], VerdictKind.INCONCLUSIVE),
        ([evidence("A", 2.0), evidence("A", -1.5, group="other")], VerdictKind.CONTRADICTORY),
        ([evidence("A", 2.5), evidence("A", -0.5, group="other", locates=False)], VerdictKind.CONSISTENT),
    ],
)
def test_verdicts(items, kind):
    assert verdict(*items).kind is kind


def test_many_sites_in_one_place_are_ambiguous_and_all_named():
    codes = tuple(f"S{number:02d}" for number in range(12))
    result = verdict(*(evidence(code, 2.0) for code in codes), codes=codes, site_count=12)
    assert result.kind is VerdictKind.AMBIGUOUS
    assert result.site_codes == codes


def test_no_verdict_uses_the_words_of_a_person():
    for observations in ((), (camera(),), (fix(0, 0),), (fix(0, 3000),), (fix(0, 100),)):
        wording = reason(register(site("A")), *observations)[3].wording
        assert not any(word in wording for word in ("verified", "confirmed", "taken at"))


def test_a_score_is_never_shown_as_certainty():
    assert show_score(0.9999) == 99
    assert show_score(0.0) == 0


@pytest.mark.parametrize("footprint", [FootprintKind.SURVEYED, FootprintKind.POINT])
def test_an_outline_and_a_point_are_named_from_the_same_score(footprint):
    def kind(probability):
        score = [Score(site_code="A", log10_lr=1.0, probability=probability)]
        place = msgspec.structs.replace(candidate("A"), footprint_kind=footprint)
        return judge([place], [evidence("A", 1.0)], score, 1.0 - probability, SETTINGS).kind

    assert kind(0.92) is VerdictKind.INCONCLUSIVE
    assert kind(0.94) is VerdictKind.CONSISTENT


def test_words_never_make_a_verdict_and_can_unmake_one():
    fix_alone = verdict(evidence("A", 1.3))
    lifted = verdict(evidence("A", 1.3), evidence("A", 0.9, group=WORDS_GROUP, locates=False))
    assert fix_alone.kind is lifted.kind is VerdictKind.INCONCLUSIVE
    assert "only somebody's words bring A to" in lifted.wording
    strong = evidence("A", 2.2)
    assert verdict(strong).kind is VerdictKind.CONSISTENT
    assert verdict(strong, evidence("A", 0.9, group=WORDS_GROUP, locates=False)).kind is VerdictKind.CONSISTENT
    assert verdict(strong, evidence("A", -0.9, group=WORDS_GROUP, locates=False)).kind is VerdictKind.INCONCLUSIVE


@pytest.mark.parametrize("site_count", [1, 3, 6, 98, 500])
def test_a_picture_of_a_site_names_it_even_where_only_a_point_is_known(site_count):
    """What stands beside a point may be meant by a fix, not by a picture that shows what a reference of the site shows."""
    codes = tuple(f"S{number:03d}" for number in range(site_count))
    points = [msgspec.structs.replace(candidate(code), footprint_kind=FootprintKind.POINT) for code in codes]
    bound = math.log10((1.0 - SETTINGS.lookalike_error_rate) * site_count / SETTINGS.lookalike_error_rate)

    def judged(*items):
        scores, elsewhere = score_sites(points, items, site_count, SETTINGS)
        return scores[0], judge(points, items, scores, elsewhere, SETTINGS)

    score, verdict = judged(evidence("S000", bound, group=PICTURE_GROUP))
    assert verdict.kind is VerdictKind.CONSISTENT
    assert score.log10_lr == pytest.approx(bound, abs=1e-4)
    assert "beside" not in verdict.wording
    against = [evidence(code, -1.5) for code in codes[1:]]
    score, verdict = judged(evidence("S000", 4.5), *against)
    assert score.log10_lr == pytest.approx(math.log10(19.0 * site_count), abs=1e-4)
    assert score.probability <= 0.95
    assert "what lies beside it cannot be told apart" in verdict.wording
    score, verdict = judged(evidence("S000", 4.5), evidence("S000", 0.5, group=PICTURE_GROUP), *against)
    assert score.log10_lr == pytest.approx(math.log10(19.0 * site_count) + 0.5, abs=1e-4)
