"""What a network of the user's sees: a hint that grows with the points, is silent beside plain matching, and names nothing."""

import pytest
from builders.scenes import CENTRE, SETTINGS, offset, reason, register, site, weigh
from builders.sightings import CHANCE, learned, sighting

from geoverify.results import Basis, VerdictKind

PLACES = register(site("A"), site("B", offset(*CENTRE, 5000, 0)))


def test_more_points_weigh_more_up_to_the_bound() -> None:
    values = [weigh(PLACES, learned(places=places), channel="learned")[0].log10_lr for places in (4, 12, 20, 30, 40, 400)]
    assert values == sorted(values) and values[:2] == [0.0, 0.0]
    assert values[-2:] == [SETTINGS.learned_max_log10] * 2 and 0.0 < values[2] < values[3] < values[4]


@pytest.mark.parametrize("changes", [{}, {"mirrored": True, "part": "Main gate"}])
def test_it_is_modelled_and_says_so(changes: dict[str, object]) -> None:
    (evidence,) = weigh(PLACES, learned(**changes), channel="learned")
    assert evidence.basis is Basis.MODELLED and not evidence.locates and "not calibrated" in evidence.explanation
    assert ("mirror image" in evidence.explanation) is ("Main gate" in evidence.explanation) is bool(changes)


def test_alone_it_names_no_site() -> None:
    _, scores, elsewhere, verdict = reason(PLACES, *(learned(places=500, time_s=float(second)) for second in range(6)))
    assert verdict.kind is VerdictKind.INCONCLUSIVE and verdict.site_codes == ()
    assert scores["A"].probability < 0.8 and elsewhere > 0.1


def test_where_plain_matching_speaks_it_is_silent() -> None:
    for match in (sighting(), sighting(CHANCE)):
        assert weigh(PLACES, learned(), match, channel="learned") == []
    assert [item.site_code for item in weigh(PLACES, learned(site_code="B"), sighting(), channel="learned")] == ["B"]
