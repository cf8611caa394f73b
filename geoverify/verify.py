"""One file's whole way: media → observations → candidates → evidence → scores → report. Read this page first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

import msgspec

from geoverify import __version__
from geoverify.candidates import CandidateFinder
from geoverify.channels import all_channels
from geoverify.clocks import check_clocks, times_of
from geoverify.errors import MediaError
from geoverify.guidance import suggest_next_steps
from geoverify.interfaces import Scene
from geoverify.location import best_location, find_disagreements
from geoverify.media import ByteSource, display_path, open_media
from geoverify.model import Absent, Finding, MediaFile, MediaKind, Observation, Problem, Value, VideoInfo
from geoverify.origin import judge_origin
from geoverify.places import Register
from geoverify.readers import guard, read_findings
from geoverify.register.gazetteer import Gazetteer
from geoverify.report import SCHEMA_VERSION
from geoverify.results import Evidence, Report, SidecarUse, Versions
from geoverify.score import judge, score_sites
from geoverify.settings import Settings
from geoverify.sidecars import read_sidecars
from geoverify.tracklogs.geotag import Geotagger
from geoverify.vision.keyframes import sample_keyframes
from geoverify.words.claims import claim_positions


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """What every file of a run is matched with: the register and its index, the settings, and files given by hand."""

    register: Register
    settings: Settings
    finder: CandidateFinder
    gazetteer: Gazetteer
    sidecars: tuple[Path, ...] = ()
    geotaggers: tuple[Geotagger, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of one file and beside it."""

    findings: list[Finding]
    sidecars: tuple[SidecarUse, ...] = ()


def make_kit(register: Register, settings: Settings, sidecars: Sequence[Path] = (), geotaggers: Sequence[Geotagger] = ()) -> Kit:
    """Build the index over a register once for a whole run."""
    return Kit(
        register=register,
        settings=settings,
        finder=CandidateFinder(register, settings),
        gazetteer=Gazetteer(register),
        sidecars=tuple(sidecars),
        geotaggers=tuple(geotaggers),
    )


def verify_file(path: Path, kit: Kit, examined_at: dt.datetime) -> Report:
    """Return the report of one file; whatever is wrong with the file is said in the report."""
    try:
        with open_media(path, kit.settings.max_file_bytes) as (media, source):
            return verify_findings(media, read_file(path, media, source, kit), kit, examined_at)
    except MediaError as error:
        return report_unread(path, Problem(code=error.code, message=str(error), where="media"), kit, examined_at)


def report_unread(path: Path, problem: Problem, kit: Kit, examined_at: dt.datetime) -> Report:
    """The report of a file that could not be read: its row says why and, where it opens at all, which bytes it is about."""
    try:
        with open_media(path, kit.settings.max_file_bytes) as (media, _):
            pass
    except MediaError:
        return report_unopened(path, problem, kit, examined_at)
    return verify_findings(media, Reading([problem]), kit, examined_at)


def report_unopened(path: Path, problem: Problem, kit: Kit, examined_at: dt.datetime) -> Report:
    """The report of a file that is not even touched: its row has the path and the problem."""
    text, path_hex = display_path(path)
    media = MediaFile(path=text, path_bytes_hex=path_hex, kind=MediaKind.UNKNOWN, media_type="", size_bytes=0, digest=None)
    return verify_findings(media, Reading([problem]), kit, examined_at)


def read_file(path: Path, media: MediaFile, source: ByteSource, kit: Kit) -> Reading:
    """Everything that the file, the files beside it and the analyst's track logs say."""
    if media.kind is MediaKind.UNKNOWN:
        message = "its first bytes are those of no picture or video format that is read here; the suffix does not count"
        return Reading([Problem(code="not-footage", message=message, where="media")])
    findings = read_findings(media, source)
    findings += guard("vision.keyframes", sample_keyframes(media, source, kit.settings.keyframe_count))
    beside = read_sidecars(path, kit.sidecars)
    findings += beside.findings
    findings += guard("words", claim_positions(findings))
    for geotagger in kit.geotaggers:
        findings += guard("tracklogs", geotagger.report(number_observations(findings)))
    return Reading(findings, tuple(beside.uses))


def verify_findings(media: MediaFile, reading: Reading, kit: Kit, examined_at: dt.datetime) -> Report:
    """Match what was read to the register; a pure function of its arguments."""
    settings = kit.settings
    findings = reading.findings
    observations = number_observations(findings)
    problems = [item for item in findings if isinstance(item, Problem)]
    problems += (found.problem for found in find_disagreements(observations, settings))
    problems += check_clocks(times_of(observations), examined_at, settings, _duration_s(observations))
    absences = tuple(item for item in findings if isinstance(item, Absent))
    origin = judge_origin(media, observations)
    mentions = kit.gazetteer.find(observations)
    candidates = kit.finder.find(observations, mentions)
    scene = Scene(
        observations=observations,
        register=kit.register,
        sites=kit.finder.sites,
        region_area_m2=kit.finder.region_area_m2,
        settings=settings,
        mentions=mentions,
    )
    evidence: list[Evidence] = []
    for channel in all_channels():
        evidence.extend(channel.weigh(candidates, scene))
    scores, elsewhere = score_sites(candidates, evidence, len(kit.register.sites), settings)
    verdict = judge(candidates, evidence, scores, elsewhere, settings)
    return Report(
        schema_version=SCHEMA_VERSION,
        media=media,
        sidecars=reading.sidecars,
        origin=origin,
        verdict=verdict,
        location=best_location(observations, settings),
        candidates=candidates,
        scores=scores,
        elsewhere_probability=elsewhere,
        evidence=tuple(evidence),
        observations=observations,
        absences=absences,
        problems=tuple(problems),
        next_steps=suggest_next_steps(media, origin, verdict, observations, problems, candidates),
        registers=kit.register.infos,
        register_notes=kit.register.notes,
        settings_digest=settings.digest(),
        settings=msgspec.to_builtins(settings),
        versions=library_versions(),
        created_at=examined_at,
    )


def _duration_s(observations: Sequence[Observation[Value]]) -> float:
    return max((item.value.duration_s or 0.0 for item in observations if isinstance(item.value, VideoInfo)), default=0.0)


def number_observations(findings: list[Finding]) -> tuple[Observation[Value], ...]:
    """Give the observations their ids, in the order of reading."""
    observations = [item for item in findings if isinstance(item, Observation)]
    return tuple(msgspec.structs.replace(item, id=f"o{number}") for number, item in enumerate(observations, start=1))


@cache
def library_versions() -> Versions:
    """The versions of the libraries whose behaviour can change a report."""
    names = (
        "astral",
        "c2pa-python",
        "exifread",
        "mgrs",
        "msgspec",
        "numpy",
        "opencc",
        "opencv-python",
        "pyahocorasick",
        "pyproj",
        "rapidfuzz",
        "shapely",
    )
    return Versions(geoverify=__version__, libraries={name: _version(name) for name in names})


def _version(name: str) -> str:
    # A machine without system libraries has the headless build under another name.
    for candidate in (name, f"{name}-headless"):
        try:
            return version(candidate)
        except ModuleNotFoundError:
            continue
    return "not installed"
