"""The place of a claim against a report: the tool's verdict and what it rests on decide, other evidence is told as hints."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from geoverify import geo
from geoverify.claims.judgements import Judgement, Point, weigh_points, word_standing
from geoverify.claims.places import Atlas, Place
from geoverify.claims.recording import Recording
from geoverify.claims.standings import Standing
from geoverify.model import Position, Post, VisualMatch, Who
from geoverify.results import Direction, Location, Report, VerdictKind
from geoverify.settings import Settings

_VERDICT, _COPIES = "verdict", "copies"
# As many joint error radii (68 %) that two positions lie apart: within the first they agree, beyond the second they do not.
AGREE_RADII, DIFFER_RADII = 2.0, 3.0


def judge_place(report: Report, place: Place, atlas: Atlas, settings: Settings, recording: Recording) -> Judgement:
    """Hold the place of a claim against a report made without it, and against those of the file's copies."""
    points = [*(_judge_sites(report, place) if place.site_codes else _judge_position(report, place, atlas, settings))]
    points += _judge_copies(recording, place, atlas, settings)
    supports = tuple(point for is_for, point in points if is_for)
    contradicts = tuple(point for is_for, point in points if not is_for)
    standing = Standing.OPEN if recording.is_contradictory else weigh_points(supports, contradicts)
    wording = word_standing("place", standing, supports, contradicts)
    if told := [point.text for point in (*contradicts, *supports) if point.source == _COPIES and point.decides]:
        wording = f"place: open: {told[0]}" if recording.is_contradictory else wording
    return Judgement(
        standing=standing,
        wording=wording,
        supports=supports,
        contradicts=contradicts,
        notes=tuple(_note(report, place, atlas)),
        missing=tuple(_find_missing([report, *(copy.report for copy in recording.copies)], place)),
        ask_next=report.next_steps,
    )


def _judge_sites(report: Report, place: Place) -> Iterator[tuple[bool, Point]]:
    judged = [*_judge_verdict(report, place)]
    yield from judged
    decided = {is_for for is_for, point in judged if point.decides}
    for item in report.evidence:
        if item.site_code in place.site_codes and item.finding is not Direction.NEUTRAL:
            is_for = item.finding is Direction.SUPPORTS
            word = " (somebody's word, as the claim is)" if item.channel == "text" else ""
            text = f"{item.explanation} (log10 ratio {item.log10_lr:+.1f}){word}"
            # What a verdict rests on is no mere hint beside it.
            decides = item.locates and is_for in decided
            yield is_for, Point(source=item.channel, text=text, decides=decides, observation_ids=item.observation_ids)


def _judge_verdict(report: Report, place: Place) -> Iterator[tuple[bool, Point]]:
    claimed, verdict = set(place.site_codes), report.verdict
    named = set(verdict.site_codes)
    if verdict.kind is VerdictKind.CONSISTENT:
        yield bool(named & claimed), Point(source=_VERDICT, text=f"the file is {verdict.wording}", decides=True)
    elif verdict.kind is VerdictKind.AMBIGUOUS:
        # Among sites that cannot be told apart it is open which, unless all of them are meant.
        is_decided = named <= claimed or not named & claimed
        yield bool(named & claimed), Point(source=_VERDICT, text=f"the file is {verdict.wording}", decides=is_decided)
    elif verdict.kind is VerdictKind.INCONSISTENT:
        yield False, Point(source=_VERDICT, text=f"the file is {verdict.wording}", decides=True)
    elif verdict.kind is VerdictKind.CONTRADICTORY and named & claimed:
        for is_for in (True, False):
            yield is_for, Point(source=_VERDICT, text=f"the file is {verdict.wording}", decides=True)


def _judge_copies(recording: Recording, place: Place, atlas: Atlas, settings: Settings) -> Iterator[tuple[bool, Point]]:
    """Where the other files of the recording are located; that they name no place says nothing."""
    named: dict[tuple[bool, bool], dict[str, None]] = {}
    for copy in recording.copies:
        judged = _judge_verdict(copy.report, place) if place.site_codes else _judge_position(copy.report, place, atlas, settings)
        for is_for, point in judged:
            named.setdefault((is_for, point.decides), {})[f"{copy.name} ({copy.report.verdict.wording})"] = None
    for (is_for, decides), files in named.items():
        where = f"{'' if decides else 'perhaps '}{'there' if is_for else 'elsewhere'}"
        text = f"copies of this footage are located {where}: {', '.join(files)}"
        yield is_for, Point(source=_COPIES, text=text, decides=decides)


def _judge_position(report: Report, place: Place, atlas: Atlas, settings: Settings) -> Iterator[tuple[bool, Point]]:
    if place.position is None:
        return
    if report.location is not None:
        yield from _compare_fix(report, report.location, place.position, place.error_m)
    if report.verdict.kind is VerdictKind.CONSISTENT:
        code = report.verdict.site_codes[0]
        if code not in atlas.sites:
            return
        apart_m = atlas.distance_m(code, place.position)
        near_m, far_m = place.error_m + settings.words_near_m, place.error_m + settings.candidate_radius_m
        text = f"the file is {report.verdict.wording}, which lies {_show(apart_m)} from the place claimed"
        if apart_m <= near_m or apart_m > far_m:
            yield apart_m <= near_m, Point(source=_VERDICT, text=text, decides=True)


def _compare_fix(report: Report, fix: Location, claimed: Position, error_m: float) -> Iterator[tuple[bool, Point]]:
    apart_m, _ = geo.measure(fix.lat_deg, fix.lon_deg, claimed.lat_deg, claimed.lon_deg)
    joint_m = math.hypot(fix.error_radius_m, error_m)
    who = next(item.provenance.who for item in report.observations if item.id == fix.observation_id)
    is_disputed = any(problem.code == "positions-disagree" for problem in report.problems)
    text = (
        f"the position written by {who.value} lies {_show(apart_m)} from the place claimed; their errors together are "
        f"{_show(joint_m)}{'; other sources in the file disagree with it' if is_disputed else ''}"
    )
    point = Point(
        source="position",
        text=text,
        decides=who in (Who.DEVICE, Who.EDITOR) and not is_disputed,
        observation_ids=(fix.observation_id,),
    )
    if apart_m <= AGREE_RADII * joint_m:
        yield True, point
    elif apart_m > DIFFER_RADII * joint_m:
        yield False, point


def _note(report: Report, place: Place, atlas: Atlas) -> Iterator[str]:
    if place.note:
        yield place.note
    if report.location is not None:
        fix = Position(lat_deg=report.location.lat_deg, lon_deg=report.location.lon_deg)
        for code in place.site_codes:
            apart_m = atlas.distance_m(code, fix)
            where = "in or beside" if apart_m == 0.0 else f"{_show(apart_m)} from"
            yield f"the best position in the file lies {where} {code} (error {_show(report.location.error_radius_m)})"
    if place.site_codes and not report.registers:
        yield "the file was matched against no register"
    listed = {item.site_code for item in report.candidates}
    if place.site_codes and not listed.intersection(place.site_codes):
        yield f"{' / '.join(place.site_codes)}: nothing in the file pointed to it, so it was not weighed as a candidate"


def _find_missing(reports: Sequence[Report], place: Place) -> Iterator[str]:
    values = [item.value for report in reports for item in report.observations]
    if all(report.location is None for report in reports):
        yield "a position that the camera stored"
    matched = {value.site_code for value in values if isinstance(value, VisualMatch)}
    if place.site_codes and not matched.intersection(place.site_codes):
        yield f"a view that matches a reference photograph of {' / '.join(place.site_codes)} (geoverify refs keeps them)"
    if not any(isinstance(value, Post) for value in values):
        yield "the post that it came from: its address, account and words"
    if not place.is_known:
        yield "a place that can be looked up"


def _show(distance_m: float) -> str:
    return f"{distance_m:.0f} m" if distance_m < 1000.0 else f"{distance_m / 1000.0:.1f} km"
