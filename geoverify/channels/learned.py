"""Learned: what a network of the user's finds alike, where plain matching finds nothing; uncalibrated, and so a hint at most."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from geoverify.interfaces import Scene
from geoverify.model import LearnedMatch, Observation, VisualMatch
from geoverify.results import PICTURE_GROUP, Basis, Candidate, Direction, Evidence
from geoverify.settings import Settings


class LearnedChannel:
    """Weighs matches of learned features with reference photographs."""

    name = "learned"

    def weigh(self, candidates: Sequence[Candidate], scene: Scene) -> Iterator[Evidence]:
        """Yield one piece of evidence for each candidate that only the network sees: the picture is one witness, not two."""
        seen = {item.value.site_code for item in scene.values_of(VisualMatch)}
        for candidate in candidates:
            matches = [item for item in scene.values_of(LearnedMatch) if item.value.site_code == candidate.site_code]
            if matches and candidate.site_code not in seen:
                yield _weigh_site(candidate.site_code, matches, scene.settings)


CHANNEL = LearnedChannel()


def _weigh_site(code: str, matches: Sequence[Observation[LearnedMatch]], settings: Settings) -> Evidence:
    best = max(matches, key=lambda item: (item.value.places, item.id)).value
    span = settings.learned_full_places - settings.learned_least_places
    share = min(1.0, max(0.0, (best.places - settings.learned_least_places) / span))
    log10_lr = settings.learned_max_log10 * share
    mirrored = ", in mirror image" if best.mirrored else ""
    part = f", which shows {best.part}" if best.part else ""
    return Evidence(
        channel=CHANNEL.name,
        site_code=code,
        log10_lr=round(log10_lr, 4),
        min_log10_lr=0.0,
        max_log10_lr=settings.learned_max_log10,
        basis=Basis.MODELLED,
        dependence_group=PICTURE_GROUP,
        finding=Direction.of(log10_lr),
        explanation=(
            f"at {best.time_s:.1f} s {best.places} of {best.tried} points that {best.model} finds alike lie as in the reference "
            f"photograph {best.reference_digest[:12]} of {code}{mirrored}{part}; not calibrated, so that it is a hint and "
            f"names no site (model sha256 {best.model_digest[:12]})"
        ),
        observation_ids=tuple(item.id for item in matches),
        pictures=tuple(item.value.picture for item in matches if item.value.picture is not None),
    )
