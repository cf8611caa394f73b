"""Visual: do the frames show what a site's reference photographs show? (docs/reasoning.md)."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence

from geoverify.interfaces import Scene
from geoverify.model import Observation, VisualMatch
from geoverify.results import Basis, Candidate, Direction, Evidence
from geoverify.settings import Settings
from geoverify.text import count_of
from geoverify.vision.calibration import load_calibration, weigh_match

# Read once, when the channel is found: weighing reads no files.
_CALIBRATION = load_calibration()
Matches = Sequence[Observation[VisualMatch]]


class VisualChannel:
    """Weighs matches of the file's frames with reference photographs."""

    name = "visual"

    def weigh(self, candidates: Sequence[Candidate], scene: Scene) -> Iterator[Evidence]:
        """Yield one piece of evidence for each candidate that a frame matches; a picture that matches nothing says nothing."""
        matched: dict[str, list[Observation[VisualMatch]]] = defaultdict(list)
        for item in scene.values_of(VisualMatch):
            matched[item.value.site_code].append(item)
        for candidate in candidates:
            if matched[candidate.site_code]:
                yield _weigh_site(candidate.site_code, matched[candidate.site_code], len(scene.register.sites), scene.settings)


CHANNEL = VisualChannel()


def _weigh_site(code: str, matches: Matches, site_count: int, settings: Settings) -> Evidence:
    by_weight = sorted(matches, key=lambda item: (weigh_match(item.value), item.id), reverse=True)
    best = by_weight[0]
    strong = {item.value.time_s for item in matches if weigh_match(item.value) >= settings.naming_visual_log10}
    frames = strong or {best.value.time_s}
    # The best of many frames is the best of many chances; frames that agree take that back.
    chances = math.log10(max(1.0, best.value.frame_count / len(frames)))
    shown = weigh_match(best.value) - chances
    error_rate = settings.lookalike_error_rate
    ceiling = min(_CALIBRATION.max_log10_lr, math.log10(max((1.0 - error_rate) * site_count / error_rate, 1.0)))
    is_named = shown >= settings.naming_visual_log10
    # Weak chance matches are what any picture has, and speak against no site.
    log10_lr = max(0.0, min(ceiling if is_named else settings.unnamed_visual_max_log10, shown))
    return Evidence(
        channel=CHANNEL.name,
        site_code=code,
        log10_lr=round(log10_lr, 4),
        min_log10_lr=0.0,
        max_log10_lr=round(ceiling, 4),
        basis=Basis.CALIBRATED,
        dependence_group="picture",
        finding=Direction.of(log10_lr),
        explanation=_explain(code, best.value, matches, len(frames), is_named=is_named),
        observation_ids=tuple(item.id for item in matches),
        pictures=tuple(item.value.picture for item in by_weight if item.value.picture is not None),
        # A match that chance can make locates nothing, however few sites there are to choose from.
        locates=is_named,
    )


def _explain(code: str, best: VisualMatch, matches: Matches, frame_count: int, *, is_named: bool) -> str:
    agreeing = max(max(item.value.agreeing for item in matches), len({item.value.origin_digest for item in matches}))
    verb = "match" if is_named else "weakly resemble"
    verb = verb if best.frame_count > 1 else f"{verb}es" if is_named else f"{verb}s"
    likeness = f"{verb} {count_of(agreeing, 'independent reference photograph')}"
    weakness = "" if is_named else ", as chance alone can make them, which names no site"
    mirrored = ", in mirror image" if best.mirrored else ""
    part = f", which shows {best.part}" if best.part else ""
    if best.camera_heading_deg is not None:
        part += f"; the camera seems to have looked to {best.camera_heading_deg:.0f}° ± {best.camera_heading_error_deg:.0f}°"
    return (
        f"{frame_count} of {count_of(best.frame_count, 'frame')} {likeness} of {code}{mirrored}{weakness}: "
        f"at {best.time_s:.1f} s {best.places} of {best.tried} distinctive points lie as in the photograph "
        f"{best.reference_digest[:12]}, over {best.frame_cells} of 16 parts of the frame{part}; strength "
        f"{best.strength:.1f} against {best.rival_strength:.1f} for the best other site; tested on "
        f"{_CALIBRATION.negative_pictures} pictures of other places"
    )
