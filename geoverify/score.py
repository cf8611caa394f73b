"""Evidence to scores and a verdict: one witness counts once, then Bayes (design §5; docs/reasoning.md)."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence

from geoverify.places import FootprintKind
from geoverify.results import PICTURE_GROUP, WORDS_GROUP, Candidate, Direction, Evidence, Score, Verdict, VerdictKind
from geoverify.settings import Settings

# Sites named in the wording where only words speak for some.
MAX_NAMED = 3


def pool(evidence: Iterable[Evidence]) -> dict[str, float]:
    """Return log10 likelihood ratios by site: the mean within a dependence group, the sum over groups.

    The mean keeps a witness that is copied into three fields from counting three times, and lets copies that disagree
    weaken each other.
    """
    grouped: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for item in evidence:
        grouped[item.site_code][item.dependence_group].append(item.log10_lr)
    return {code: sum(sum(values) / len(values) for values in groups.values()) for code, groups in grouped.items()}


def score_sites(
    candidates: Sequence[Candidate], evidence: Sequence[Evidence], site_count: int, settings: Settings
) -> tuple[tuple[Score, ...], float]:
    """Return the candidates' scores, best first, and the posterior of "elsewhere".

    Sites of the register that are no candidates share the prior too; they lie farther off than every candidate, so each is
    given the weakest candidate's ratio, and never one above 1.
    """
    if site_count == 0:
        return (), 1.0
    placed = pool(item for item in evidence if item.dependence_group != PICTURE_GROUP)
    shown = pool(item for item in evidence if item.dependence_group == PICTURE_GROUP)
    # A picture that shows what a site's reference shows does not mean what stands beside it.
    ratios = {
        code: min(placed.get(code, 0.0), _ceiling_log10(code, candidates, site_count, settings)) + shown.get(code, 0.0)
        for code in dict.fromkeys((*(candidate.site_code for candidate in candidates), *placed, *shown))
    }
    prior_site = (1.0 - settings.prior_elsewhere) / site_count
    weights = {code: prior_site * 10.0**ratio for code, ratio in ratios.items()}
    rest_log10 = min(0.0, *ratios.values()) if ratios else 0.0
    rest = prior_site * (site_count - len(weights)) * 10.0**rest_log10
    total = sum(weights.values()) + rest + settings.prior_elsewhere
    scores = [
        Score(site_code=code, log10_lr=round(ratios[code], 4), probability=round(weight / total, 6))
        for code, weight in weights.items()
    ]
    scores.sort(key=lambda score: (-score.probability, score.site_code))
    return tuple(scores), round(settings.prior_elsewhere / total, 6)


def judge(
    candidates: Sequence[Candidate],
    evidence: Sequence[Evidence],
    scores: Sequence[Score],
    elsewhere: float,
    settings: Settings,
) -> Verdict:
    """Turn scores into one of the five verdicts of design §5, with its wording."""
    if not any(item.locates for item in evidence):
        return Verdict(kind=VerdictKind.INCONCLUSIVE, site_codes=(), margin_log10=None, wording=_word_unlocated(evidence))
    torn = _contradicted_sites(evidence, settings)
    if torn:
        return Verdict(
            kind=VerdictKind.CONTRADICTORY,
            site_codes=torn,
            margin_log10=None,
            wording=f"contradictory: strong evidence both for and against {' / '.join(torn)}; one of the sources is wrong",
        )
    margin = _margin_log10(scores, elsewhere)
    best = scores[0]
    is_fine = any(item.locates and not item.coarse for item in evidence)
    needed = settings.consistent_probability
    is_likely = best.probability >= needed
    if is_fine and is_likely and _leave_out_words(best, scores, evidence) >= needed:
        return Verdict(
            kind=VerdictKind.CONSISTENT,
            site_codes=(best.site_code,),
            margin_log10=margin,
            wording=f"consistent with {best.site_code}: score {show_score(best.probability)} of 100"
            + _caveat(best, candidates, evidence),
        )
    rivals = [score for score in scores if score.probability >= settings.ambiguous_share * best.probability]
    if is_fine and len(rivals) > 1 and sum(score.probability for score in rivals) >= settings.ambiguous_probability:
        names = " / ".join(f"{score.site_code} ({show_score(score.probability)})" for score in rivals)
        return Verdict(
            kind=VerdictKind.AMBIGUOUS,
            site_codes=tuple(score.site_code for score in rivals),
            margin_log10=margin,
            wording=f"ambiguous: {names}; the evidence does not tell these sites apart",
        )
    if elsewhere >= settings.inconsistent_probability:
        return Verdict(
            kind=VerdictKind.INCONSISTENT,
            site_codes=(),
            margin_log10=margin,
            wording=f"inconsistent with every listed site: located elsewhere; the nearest is {_nearest(candidates)}",
        )
    if is_fine and is_likely:
        wording = (
            f"inconclusive: located, but only somebody's words bring {best.site_code} to {show_score(best.probability)} of 100"
        )
        return Verdict(kind=VerdictKind.INCONCLUSIVE, site_codes=(), margin_log10=margin, wording=wording)
    return Verdict(
        kind=VerdictKind.INCONCLUSIVE,
        site_codes=(),
        margin_log10=margin,
        wording=(
            f"inconclusive: located, but too weakly or coarsely to say whether at {best.site_code} "
            f"(score {show_score(best.probability)}) or elsewhere ({show_score(elsewhere)})"
        ),
    )


def show_score(probability: float) -> int:
    """A posterior as a score of 0–100, never rounded up to a certainty of 100."""
    return min(99, round(100.0 * probability))


def _word_unlocated(evidence: Sequence[Evidence]) -> str:
    favoured = dict.fromkeys(item.site_code for item in evidence if item.finding is Direction.SUPPORTS)
    if favoured:
        names = " / ".join([*favoured][:MAX_NAMED])
        are_words = all(item.channel == "text" for item in evidence if item.finding is Direction.SUPPORTS)
        told = "somebody's word" if are_words else "weak"
        return f"inconclusive: what speaks for {names} is {told}; nothing in the file says where the camera was"
    return "inconclusive: nothing in the file says where it was shot; that speaks neither for nor against any site"


def _contradicted_sites(evidence: Sequence[Evidence], settings: Settings) -> tuple[str, ...]:
    limit = settings.contradiction_log10
    supported = {item.site_code for item in evidence if item.locates and item.log10_lr >= limit}
    denied = {item.site_code for item in evidence if item.locates and item.log10_lr <= -limit}
    return tuple(sorted(supported & denied))


def _ceiling_log10(code: str, candidates: Sequence[Candidate], site_count: int, settings: Settings) -> float:
    # However many witnesses put the camera into a point's disc, all of them may mean its neighbour.
    if any(candidate.site_code == code and candidate.footprint_kind is FootprintKind.POINT for candidate in candidates):
        return math.log10((1.0 - settings.point_only_error_rate) * site_count / settings.point_only_error_rate)
    return math.inf


def _leave_out_words(best: Score, scores: Sequence[Score], evidence: Sequence[Evidence]) -> float:
    """The best site's posterior without what people wrote: words may weaken a verdict, and never make one."""
    words = pool(item for item in evidence if item.dependence_group == WORDS_GROUP)
    weights = {score.site_code: score.probability * 10.0 ** -words.get(score.site_code, 0.0) for score in scores}
    rest = 1.0 - sum(score.probability for score in scores)
    return float(weights[best.site_code] / (sum(weights.values()) + rest))


def _margin_log10(scores: Sequence[Score], elsewhere: float) -> float:
    rival = max(elsewhere, scores[1].probability if len(scores) > 1 else 0.0)
    return round(math.log10(max(scores[0].probability, 1e-9) / max(rival, 1e-9)), 3)


def _caveat(best: Score, candidates: Sequence[Candidate], evidence: Sequence[Evidence]) -> str:
    candidate = next(item for item in candidates if item.site_code == best.site_code)
    is_placed = any(item.locates and item.dependence_group != PICTURE_GROUP for item in evidence)
    if candidate.footprint_kind is FootprintKind.POINT and is_placed:
        return "; the register has only a point for this site, so what lies beside it cannot be told apart from it"
    if candidate.distance_m:
        return f"; shot from outside, about {candidate.distance_m:.0f} m away"
    return ""


def _nearest(candidates: Sequence[Candidate]) -> str:
    near = min(candidates, key=lambda candidate: candidate.distance_m if candidate.distance_m is not None else math.inf)
    return near.site_code if near.distance_m is None else f"{near.site_code}, {near.distance_m / 1000.0:.1f} km away"
