"""Observed matches with references, for tests of what they weigh."""

import msgspec

from geoverify.model import LearnedMatch, Observation, Provenance, VisualMatch, Who

STRONG = VisualMatch(
    site_code="A",
    reference_digest="aa" * 32,
    origin_digest="aa" * 32,
    index_digest="cc" * 32,
    time_s=0.0,
    frame_count=1,
    mirrored=False,
    places=60,
    tried=120,
    strength=25.0,
    rival_strength=0.0,
    agreeing=1,
    frame_cells=8,
    reference_cells=8,
)
# As the best chance matches of benchmarks/visual.py are.
CHANCE = msgspec.structs.replace(STRONG, places=4, tried=60, strength=0.9, frame_cells=2, reference_cells=2)


LEARNED = LearnedMatch(
    site_code="A",
    reference_digest="aa" * 32,
    origin_digest="aa" * 32,
    index_digest="cc" * 32,
    model="aliked",
    model_digest="dd" * 32,
    time_s=0.0,
    frame_count=1,
    mirrored=False,
    places=60,
    tried=120,
)


def learned(**changes: object) -> Observation[LearnedMatch]:
    """A match of a network, changed in some figures."""
    value = msgspec.structs.replace(LEARNED, **changes)
    provenance = Provenance(reader="recognition", field="frame at 0.000 s", raw="reference", who=Who.EDITOR)
    return Observation(value=value, provenance=provenance)


def sighting(match: VisualMatch = STRONG, **changes: object) -> Observation[VisualMatch]:
    """A match, changed in some figures."""
    value = msgspec.structs.replace(match, **changes)
    provenance = Provenance(reader="recognition", field=f"frame at {value.time_s:.3f} s", raw="reference", who=Who.EDITOR)
    return Observation(value=value, provenance=provenance)
