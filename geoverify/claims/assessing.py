"""A claim against the report of its file: place and time apart."""

from __future__ import annotations

from geoverify.claims.judgements import Assessment, Claim
from geoverify.claims.place import judge_place
from geoverify.claims.places import Atlas
from geoverify.claims.recording import ALONE, Recording
from geoverify.claims.time import judge_time
from geoverify.results import Report
from geoverify.settings import Settings


def assess(claim: Claim, report: Report, atlas: Atlas, settings: Settings, recording: Recording = ALONE) -> Assessment:
    """Hold a claim against a report that was made without it, and those of its copies; a pure function of its arguments."""
    return Assessment(
        claim=claim,
        sha256=report.media.digest.hex if report.media.digest else None,
        tool_verdict=report.verdict.wording,
        place=None if claim.place is None else judge_place(report, claim.place, atlas, settings, recording),
        time=None if claim.span is None else judge_time(report, claim, atlas, settings, recording.copies),
    )
