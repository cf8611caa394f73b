"""What an investigator can do next with a file, given what its report lacks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from geoverify.model import (
    CaptureTime,
    Heading,
    MediaFile,
    MediaKind,
    Observation,
    OriginKind,
    Position,
    Problem,
    TimeMeaning,
    Track,
    Value,
)
from geoverify.places import FootprintKind
from geoverify.results import Candidate, Direction, Evidence, Origin, Verdict, VerdictKind

CLOCK_CODES = (
    "capture-times-differ",
    "clock-disagreement",
    "future-date",
    "gps-date-slip",
    "implausible-date",
    "posted-before-filmed",
    "stale-fix",
)
# What to bear in mind of a place that is told by the position alone, by the picture alone, and by both.
_FORGED = "a position can be forged or copied from another file"
_LOOKALIKE = "a reference photograph may show a look-alike"


def suggest_next_steps(
    media: MediaFile,
    origin: Origin,
    verdict: Verdict,
    observations: Sequence[Observation[Value]],
    problems: Sequence[Problem],
    candidates: Sequence[Candidate],
    evidence: Sequence[Evidence] = (),
) -> tuple[str, ...]:
    """Return short instructions, the most useful first."""
    if media.kind is MediaKind.UNKNOWN:
        return ("open the file by hand; if it should be footage, download it again or ask the sender for the original",)
    return tuple(_steps(origin, verdict, observations, problems, candidates, evidence))


def _steps(
    origin: Origin,
    verdict: Verdict,
    observations: Sequence[Observation[Value]],
    problems: Sequence[Problem],
    candidates: Sequence[Candidate],
    evidence: Sequence[Evidence],
) -> Iterator[str]:
    telling = {
        code: {
            item.channel for item in evidence if item.locates and item.finding is Direction.SUPPORTS and item.site_code == code
        }
        for code in verdict.site_codes
    }
    is_by_picture = any("visual" in channels for channels in telling.values())
    is_by_picture_alone = {"visual"} in telling.values()
    values = [item.value for item in observations]
    if not any(isinstance(value, Position | Track) for value in values):
        if origin.kind is OriginKind.CAMERA_ORIGINAL:
            yield "the camera stored no position: ask who filmed, and look for other files of the same camera and day"
        else:
            yield "ask the sender for the original: what rewrites a file strips its position, so its absence says nothing"
        if not is_by_picture:
            yield "compare the picture with reference photographs and satellite imagery of the sites in question"
    elif not any(isinstance(value, Heading) for value in values):
        yield "no direction of view is stored: match what the picture shows to the place by eye"
    if not any(isinstance(value, CaptureTime) and value.meaning is TimeMeaning.CAPTURED for value in values):
        yield "no capture time is stored: date the footage by its first posting, the light and the weather"
    if verdict.kind is VerdictKind.AMBIGUOUS:
        yield f"look for what tells {' and '.join(verdict.site_codes)} apart: a gate, a sign, the number of storeys"
    if verdict.kind is VerdictKind.CONTRADICTORY:
        if is_by_picture_alone:
            yield f"the position and the picture speak against each other: {_FORGED}, and {_LOOKALIKE}; compare both by eye"
        else:
            yield "find out which source was edited: compare with the first upload and the device's other files"
    named = [candidate for candidate in candidates if candidate.site_code in verdict.site_codes]
    if any(candidate.footprint_kind is FootprintKind.POINT for candidate in named):
        yield "the register holds only a point for this site: draw its boundary from dated satellite imagery and match again"
    if any(problem.code in CLOCK_CODES for problem in problems):
        yield "the clocks disagree: do not date the footage before you know which one is right"
    if verdict.kind is VerdictKind.CONSISTENT:
        if not is_by_picture:
            yield f"check the picture against the site before you publish: {_FORGED}"
        elif is_by_picture_alone:
            yield f"compare the frame with the reference photograph by eye before you publish: {_LOOKALIKE}"
        else:
            yield f"compare picture, reference photograph and site by eye before you publish: {_FORGED}, and {_LOOKALIKE}"
