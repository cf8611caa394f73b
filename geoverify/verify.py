"""One file's whole way: media → observations → candidates → evidence → scores → report. Read this page first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

import msgspec

from geoverify import __version__
from geoverify.candidates import CandidateFinder
from geoverify.channels import all_channels
from geoverify.clock_checks import check_clocks
from geoverify.clocks import times_of
from geoverify.errors import MediaError
from geoverify.guidance import suggest_next_steps
from geoverify.interfaces import Scene
from geoverify.location import best_location, find_disagreements
from geoverify.media import ByteSource, FileStamp, display_path, open_media
from geoverify.model import Digest, Finding, Findings, MediaFile, MediaKind, Observation, Problem, Value, VideoInfo
from geoverify.origin import judge_origin
from geoverify.places import Register
from geoverify.readers import guard, read_bytes, read_copy
from geoverify.register.gazetteer import Gazetteer
from geoverify.report import SCHEMA_VERSION
from geoverify.results import Evidence, Report, SidecarUse, Versions
from geoverify.score import judge, score_sites
from geoverify.settings import Settings
from geoverify.sidecars import read_sidecars
from geoverify.tracklogs.geotag import Geotagger
from geoverify.vision.figures import sample_keyframes
from geoverify.vision.film import Film
from geoverify.vision.frames import candidates_for
from geoverify.vision.gallery import Gallery
from geoverify.vision.lettering import read_lettering
from geoverify.vision.ocr import Recogniser
from geoverify.vision.printing import STEPPED_FRAMES, take_prints
from geoverify.vision.recognition import recognise
from geoverify.vision.second_look import SecondLook
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
    galleries: tuple[Gallery, ...] = ()
    second_look: SecondLook | None = None
    recogniser: Recogniser | None = None


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What was read of one file: of its bytes, which every copy shares, and of this copy and what lies beside it.

    Evidence pictures, by their names, are there where the bytes were read just now: who keeps readings keeps them elsewhere.
    """

    media: MediaFile
    content: Findings = Findings()
    around: Findings = Findings()
    sidecars: tuple[SidecarUse, ...] = ()
    pictures: dict[str, bytes] = {}


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a file's bytes from an earlier reading, and the stamp of the file when they were digested."""

    stamp: FileStamp
    digest: Digest
    content: Findings


def make_kit(
    register: Register,
    settings: Settings,
    sidecars: Sequence[Path] = (),
    geotaggers: Sequence[Geotagger] = (),
    galleries: Sequence[Gallery] = (),
    second_look: SecondLook | None = None,
    recogniser: Recogniser | None = None,
) -> Kit:
    """Build the index over a register once for a whole run; `galleries` are its reference photographs.

    With a `recogniser` the words that pictures show are read, too.
    """
    return Kit(
        register=register,
        settings=settings,
        finder=CandidateFinder(register, settings),
        gazetteer=Gazetteer(register),
        sidecars=tuple(sidecars),
        geotaggers=tuple(geotaggers),
        galleries=tuple(galleries),
        second_look=second_look,
        recogniser=recogniser,
    )


def verify_file(path: Path, kit: Kit, examined_at: dt.datetime) -> Report:
    """Return the report of one file; whatever is wrong with the file is said in the report."""
    return verify_reading(read_file(path, kit), kit, examined_at)


def read_file(path: Path, kit: Kit, known: Known | None = None, failure: Problem | None = None) -> Reading:
    """Everything that the file, the files beside it and the analyst's track logs say.

    What is known of its bytes is not read again. With a `failure` of earlier tries nothing is read but the digest.
    """
    earlier = (known.stamp, known.digest) if known is not None else None
    try:
        with open_media(path, kit.settings.max_file_bytes, earlier) as (media, source):
            if failure is not None:
                return Reading(media=media, content=Findings(problems=(failure,)))
            if media.kind is MediaKind.UNKNOWN:
                message = "its first bytes are those of no picture or video format that is read here; the suffix does not count"
                problem = Problem(code="not-footage", message=message, where="media")
                return Reading(media=media, content=Findings(problems=(problem,)))
            is_same = known is not None and known.digest == media.digest
            album: dict[str, bytes] = {}
            content = known.content if known is not None and is_same else read_content(media, source, kit, album)
            reading = read_around(path, media, source, kit, content)
            return msgspec.structs.replace(reading, pictures=album)
    except MediaError as error:
        return reading_of_unopened(path, Problem(code=error.code, message=str(error), where="media"))


def read_content(media: MediaFile, source: ByteSource, kit: Kit, album: dict[str, bytes]) -> Findings:
    """What the bytes say, whatever the file is called and wherever it lies; evidence pictures are put into `album`."""
    findings = read_bytes(media, source)
    film = Film(media, source, _foresee_steps(kit))
    findings += guard("vision.keyframes", sample_keyframes(film, kit.settings.keyframe_count))
    findings += guard("vision.prints", take_prints(film, kit.settings.print_frame_count))
    if kit.galleries:
        findings += guard("vision.recognition", recognise(film, kit.galleries, kit.settings, album, kit.second_look))
    if kit.recogniser is not None:
        findings += guard("vision.lettering", read_lettering(film, kit.recogniser, kit.settings))
    return Findings.sort(findings)


def _foresee_steps(kit: Kit) -> Iterator[int]:
    """How many frames will be chosen from, each time that a video is stepped through for want of key frames."""
    yield candidates_for(STEPPED_FRAMES)
    if kit.galleries:
        yield candidates_for(kit.settings.match_frame_count)
    if kit.recogniser is not None:
        yield candidates_for(kit.settings.ocr_frame_count)


def read_around(path: Path, media: MediaFile, source: ByteSource, kit: Kit, content: Findings) -> Reading:
    """What the file's name and times, the files beside it and the analyst's track logs add."""
    around = read_copy(media, source)
    beside = read_sidecars(path, kit.sidecars)
    around += beside.findings
    around += guard("words", claim_positions([*content.observations, *around]))
    for geotagger in kit.geotaggers:
        around += guard("tracklogs", geotagger.report(number_observations([*content.observations, *around])))
    return Reading(media=media, content=content, around=Findings.sort(around), sidecars=tuple(beside.uses))


def reading_of_unopened(path: Path, problem: Problem) -> Reading:
    """What is known of a file that is not even opened: its path and the problem."""
    text, path_hex = display_path(path)
    media = MediaFile(path=text, path_bytes_hex=path_hex, kind=MediaKind.UNKNOWN, media_type="", size_bytes=0, digest=None)
    return Reading(media=media, around=Findings(problems=(problem,)))


def verify_reading(reading: Reading, kit: Kit, examined_at: dt.datetime) -> Report:
    """Match what was read to the register; a pure function of its arguments."""
    media, settings = reading.media, kit.settings
    content, around = reading.content, reading.around
    observations = number_observations([*content.observations, *around.observations])
    problems = [*content.problems, *around.problems]
    problems += (found.problem for found in find_disagreements(observations, settings))
    problems += check_clocks(times_of(observations), examined_at, settings, _duration_s(observations))
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
        absences=content.absences + around.absences,
        problems=tuple(problems),
        next_steps=suggest_next_steps(media, origin, verdict, observations, problems, candidates, evidence),
        registers=kit.register.infos,
        register_notes=kit.register.notes,
        references=tuple(gallery.info for gallery in kit.galleries),
        settings_digest=settings.digest(),
        settings=msgspec.to_builtins(settings),
        versions=_describe_versions(kit.second_look),
        created_at=examined_at,
    )


def _duration_s(observations: Sequence[Observation[Value]]) -> float:
    return max((item.value.duration_s or 0.0 for item in observations if isinstance(item.value, VideoInfo)), default=0.0)


def number_observations(findings: Iterable[Finding]) -> tuple[Observation[Value], ...]:
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
        "onnxruntime",
        "opencc",
        "opencv-python",
        "pyahocorasick",
        "pyproj",
        "rapidfuzz",
        "rapidocr",
        "shapely",
    )
    return Versions(geoverify=__version__, libraries={name: _version(name) for name in names})


def _describe_versions(second_look: SecondLook | None) -> Versions:
    models = {} if second_look is None else {second_look.detector.kind.value: second_look.detector.digest.hex}
    return msgspec.structs.replace(library_versions(), models=models)


def _version(name: str) -> str:
    # A machine without system libraries has the headless build under another name.
    for candidate in (name, f"{name}-headless"):
        try:
            return version(candidate)
        except ModuleNotFoundError:
            continue
    return "not installed"
