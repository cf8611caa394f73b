"""Advice: what it warns of fits what the verdict rests on."""

import pytest
from builders.reports import report_of
from builders.scenes import fix, seen
from builders.sightings import sighting

from geoverify.model import Observation, Position, Value, Who
from geoverify.results import VerdictKind

FORGED, LOOKALIKE = "a position can be forged", "may show a look-alike"
COMPARE = "compare the picture with reference photographs"


@pytest.mark.parametrize(
    ("observations", "warnings"),
    [
        ((fix(0, 0),), (True, False)),
        ((sighting(),), (False, True)),
        ((fix(0, 0), sighting()), (True, True)),
    ],
    ids=["position", "picture", "both"],
)
def test_the_warning_is_of_what_the_verdict_rests_on(
    observations: tuple[Observation[Value], ...], warnings: tuple[bool, bool]
) -> None:
    report = report_of(*observations)
    assert report.verdict.kind is VerdictKind.CONSISTENT, report.verdict.wording
    last = report.next_steps[-1]
    assert (FORGED in last, LOOKALIKE in last) == warnings
    assert not any(COMPARE in step for step in report.next_steps)


def test_a_picture_that_was_not_matched_is_to_be_compared() -> None:
    assert any(COMPARE in step for step in report_of().next_steps)


def test_a_position_against_a_picture_asks_to_doubt_both() -> None:
    report = report_of(fix(0, 5_000), sighting())
    assert report.verdict.kind is VerdictKind.CONTRADICTORY
    (told,) = [step for step in report.next_steps if "speak against each other" in step]
    assert FORGED in told
    assert LOOKALIKE in told


def test_a_picture_that_agrees_with_one_of_two_positions_leaves_the_sources_to_be_doubted() -> None:
    report = report_of(fix(0, 0), seen(Position(lat_deg=10.65, lon_deg=103.5), who=Who.UPLOADER), sighting())
    assert not any("speak against each other" in step for step in report.next_steps)
