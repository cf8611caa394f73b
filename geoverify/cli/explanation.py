"""One report as a person reads it: the verdict, evidence for and against, what is missing, what to do next."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from geoverify.cli.wording import describe_distance
from geoverify.clocks import time_line, times_of
from geoverify.model import Clock, MediaKind
from geoverify.report import CAVEAT
from geoverify.results import Candidate, Direction, Evidence, Report
from geoverify.score import show_score
from geoverify.text import count_of

# Farther off, a gate says nothing that the site's own distance does not.
PART_DISTANCE_M = 500.0
SHOWN_PARTS = 3
# Evidence about sites below this is in the JSON only: it would bury what the verdict rests on.
TOLD_PROBABILITY = 0.01


def explain_report(report: Report, pictures: Path | None = None) -> Iterator[str]:
    """Yield the lines of the explanation, unescaped: the caller escapes each line before it prints it.

    `pictures` is the folder where the evidence pictures of the run are.
    """
    media = report.media
    yield media.path
    yield f"  {report.verdict.wording}"
    if media.digest:
        yield f"  {media.media_type}, {media.size_bytes} bytes, {media.digest.algorithm} {media.digest.hex}"
    if media.digest and media.kind is not MediaKind.UNKNOWN:
        yield f"  origin: {report.origin.wording}"
    for use in report.sidecars:
        yield f"  beside it: {use.path} ({use.reader}, {use.digest.algorithm} {use.digest.hex})"
    place = report.location
    if place:
        yield (
            f"  located at {place.lat_deg:.6f}, {place.lon_deg:.6f} ± {describe_distance(place.error_radius_m)} "
            f"(68 %, {place.error_basis}): {place.precision.value}"
        )
    yield from _explain_sites(report)
    yield from _section("evidence for", _evidence(report, Direction.SUPPORTS))
    yield from _section("evidence against", _evidence(report, Direction.CONTRADICTS))
    yield from _section("evidence either way", _evidence(report, Direction.NEUTRAL))
    yield from _section("pictures to check it by", _list_pictures(report, pictures))
    # A copy's own time on this disk says nothing to a reader of the explanation; `inspect` shows it.
    times = [item for item in times_of(report.observations) if item.value.clock is not Clock.FILESYSTEM]
    yield from _section("times, earliest first", (f"{entry.shown}: {entry.what}" for entry in time_line(times)))
    yield from _section(
        "absent", (f"{item.what}: {item.detail} ({item.reader}, {item.reason.value})" for item in report.absences)
    )
    yield from _section("problems", (f"{item.code}: {item.message}" for item in report.problems))
    yield from _section("what to do next", iter(report.next_steps))
    yield "  matched against"
    for info in report.registers:
        yield f"    {info.title}, edition {info.edition}, {count_of(info.site_count, 'site')}, sha256 {info.digest.hex}"
    yield from (f"    merged: {note}" for note in report.register_notes)
    for used in report.references:
        photos = count_of(used.photo_count, "reference photograph")
        yield f"    {photos} of {count_of(used.site_count, 'site')}, index sha256 {used.index_digest}"
    yield f"  {CAVEAT}"


def _section(title: str, lines: Iterator[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        if number == 0:
            yield f"  {title}"
        yield f"    {line}"


def _explain_sites(report: Report) -> Iterator[str]:
    prior = report.settings["prior_elsewhere"]
    if not report.candidates:
        return
    yield f"  scores (before any evidence, {float(prior):.0%} for elsewhere and the rest shared by all listed sites)"
    candidates = {candidate.site_code: candidate for candidate in report.candidates}
    for score in report.scores:
        candidate = candidates[score.site_code]
        yield (
            f"    {show_score(score.probability):3d}  {score.site_code} {candidate.site_name}: "
            f"log10 likelihood ratio {score.log10_lr:+.2f}, {_distance(candidate)}"
        )
        if parts := _describe_parts(candidate):
            yield f"           nearest parts: {parts}"
    yield f"    {show_score(report.elsewhere_probability):3d}  elsewhere"


def _describe_parts(candidate: Candidate) -> str:
    seen = {True: ", in view", False: ", not in view", None: ""}
    # Registers name several buildings alike: the nearest of them stands for all.
    distinct = {(part.name, part.kind): part for part in reversed(candidate.parts) if part.distance_m <= PART_DISTANCE_M}
    nearest = sorted(distinct.values(), key=lambda part: part.distance_m)[:SHOWN_PARTS]
    return "; ".join(f"{part.name} ({part.kind}) {describe_distance(part.distance_m)}{seen[part.in_view]}" for part in nearest)


def _distance(candidate: Candidate) -> str:
    if candidate.distance_m is None:
        return candidate.why
    return "inside" if candidate.distance_m == 0.0 else f"{describe_distance(candidate.distance_m)} away ({candidate.why})"


def _evidence(report: Report, finding: Direction) -> Iterator[str]:
    raw = {item.id: item.provenance for item in report.observations}
    told = {score.site_code for number, score in enumerate(report.scores) if number == 0 or score.probability >= TOLD_PROBABILITY}
    about = (item for item in report.evidence if item.finding is finding and item.site_code in told)
    for item in sorted(about, key=_strength):
        sources = ", ".join(
            f"{raw[identifier].reader}:{raw[identifier].field} by {raw[identifier].who.value}"
            for identifier in item.observation_ids
        )
        yield (
            f"{item.site_code} {item.log10_lr:+.2f} {item.channel} ({item.basis.value}, within {item.min_log10_lr:+.1f} to "
            f"{item.max_log10_lr:+.1f}): {item.explanation} [{sources}]"
        )


def _list_pictures(report: Report, folder: Path | None) -> Iterator[str]:
    shown = [(item.site_code, name) for item in report.evidence for name in item.pictures]
    if folder is not None:
        yield from (f"{code}: {folder / name}" for code, name in shown)
    elif shown:
        codes = ", ".join(dict.fromkeys(code for code, _ in shown))
        yield f"frames beside the references of {codes}: match with --pictures DIR or --case FILE writes them"


def _strength(item: Evidence) -> tuple[float, str]:
    return -abs(item.log10_lr), item.site_code
