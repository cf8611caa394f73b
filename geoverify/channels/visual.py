"""Visual: do the frames show what a site's reference photographs show? (docs/reasoning.md)."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from geoverify.interfaces import Scene
from geoverify.model import Observation, VisualMatch
from geoverify.results import PICTURE_GROUP, Basis, Candidate, Direction, Evidence
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


def weigh_frames(matches: Iterable[tuple[float, float]], frame_count: int, settings: Settings) -> tuple[float, int]:
    """What a clip's matches with one site say together, as a log10 ratio, and how many frames say it.

    `matches` are the seconds of frames, each with the log10 ratio of a match in it, `frame_count` all frames that were looked at.
    The best of many frames is the best of many chances; frames that agree take that back.
    """
    pairs = list(matches)
    best = max(log10_lr for _, log10_lr in pairs)
    agreeing = len({time_s for time_s, log10_lr in pairs if log10_lr >= settings.naming_visual_log10}) or 1
    return best - math.log10(max(1.0, frame_count / agreeing)), agreeing


def _weigh_site(code: str, matches: Matches, site_count: int, settings: Settings) -> Evidence:
    by_weight = sorted(matches, key=lambda item: (weigh_match(item.value), item.id), reverse=True)
    best = by_weight[0]
    pairs = ((item.value.time_s, weigh_match(item.value)) for item in matches)
    shown, agreeing = weigh_frames(pairs, best.value.frame_count, settings)
    error_rate = settings.lookalike_error_rate
    lookalike_log10 = math.log10(max((1.0 - error_rate) * site_count / error_rate, 1.0))
    ceiling = min(_CALIBRATION.max_log10_lr, lookalike_log10)
    is_named = shown >= settings.naming_visual_log10
    is_held = is_named and lookalike_log10 < min(_CALIBRATION.max_log10_lr, shown)
    # Weak chance matches are what any picture has, and speak against no site.
    log10_lr = max(0.0, min(ceiling if is_named else settings.unnamed_visual_max_log10, shown))
    return Evidence(
        channel=CHANNEL.name,
        site_code=code,
        log10_lr=round(log10_lr, 4),
        min_log10_lr=0.0,
        max_log10_lr=round(ceiling, 4),
        basis=Basis.CALIBRATED,
        dependence_group=PICTURE_GROUP,
        finding=Direction.of(log10_lr),
        explanation=_explain(code, best.value, matches, agreeing, is_named=is_named)
        + (_word_bound(error_rate) if is_held else ""),
        observation_ids=tuple(item.id for item in matches),
        pictures=tuple(item.value.picture for item in by_weight if item.value.picture is not None),
        # A match that chance can make locates nothing, however few sites there are to choose from.
        locates=is_named,
    )


def _word_bound(error_rate: float) -> str:
    """What is calibrated is the match; how often another place looks like it is not."""
    rate = f"{100.0 * error_rate:g} %"
    return f"; its weight is held at a bound that rests on an assumed rate of look-alike places ({rate}), not on data"


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
