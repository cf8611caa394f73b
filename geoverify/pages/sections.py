"""What a page says of one file, gathered for its template."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from geoverify import geo
from geoverify.model import EncodingTrace, ImageInfo, Keyframe, Observation, PictureHash, Value, VideoInfo
from geoverify.pages.chart import Chart, draw_chart
from geoverify.pages.fixes import Fix, fix_of, position_of
from geoverify.pages.logbook import Acquisition, Judgement, Logbook, is_disputed
from geoverify.pages.outlines import Outlines
from geoverify.pages.sketch import MAX_DISTANCE_M, Sketch, draw_sketch
from geoverify.places import FootprintKind
from geoverify.results import Basis, Candidate, Direction, Report, Score, VerdictKind
from geoverify.score import show_score

# A site under this is in the JSON only: it would bury what the verdict rests on.
TOLD_PROBABILITY = 0.01
# Other sites so near the fix are drawn too: the reader should see what else it could be.
RIVAL_DISTANCE_M = 500.0
# Evidence pictures of one file, and how large one may be: what is larger was not written by the worker.
MAX_EVIDENCE_PICTURES, MAX_PICTURE_BYTES = 2, 1_000_000
JPEG_START = b"\xff\xd8\xff"
# The bytes of an evidence picture by its name, if it is there and is what was written.
FindPicture = Callable[[str], bytes | None]
_TECHNICAL = (EncodingTrace, Keyframe, ImageInfo, PictureHash, VideoInfo)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A frame of the footage as a JPEG of the report's own, and the second that it shows."""

    time_s: float
    width_px: int
    height_px: int
    jpeg: bytes

    @property
    def uri(self) -> str:
        """The picture as an address that needs no request."""
        return jpeg_uri(self.jpeg)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One limit of what a report says: a key of the catalogue, and the values of its places."""

    key: str
    values: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One file: its report, what is drawn of it, what the case's log says of it."""

    number: int
    name: str
    report: Report
    candidates: dict[str, Candidate]
    scores: tuple[Score, ...]
    runner_up: Score | None
    charts: tuple[Chart, ...]
    fix: Fix | None
    states_error: bool
    sketch: Sketch | None
    far_site: tuple[float, str] | None
    found: tuple[Observation[Value], ...]
    technical: tuple[Observation[Value], ...]
    sources: dict[str, Observation[Value]]
    acquisition: Acquisition | None
    judgements: tuple[Judgement, ...]
    pictures: tuple[Picture, ...]
    evidence_pictures: dict[str, str]
    limits: tuple[Limit, ...]
    rerun: str

    @property
    def anchor(self) -> str:
        """The section's id in a page."""
        return f"file-{self.number}"

    def name_site(self, code: str) -> str:
        """A site's code with its name, if it has one."""
        candidate = self.candidates.get(code)
        return f"{code} {candidate.site_name}" if candidate and candidate.site_name not in ("", code) else code

    @property
    def named_sites(self) -> str:
        """The sites that the verdict names."""
        return " / ".join(map(self.name_site, self.report.verdict.site_codes))

    @property
    def is_disputed(self) -> bool:
        """Whether analysts came to different ends."""
        return is_disputed(self.judgements)

    @property
    def elsewhere_score(self) -> int:
        """The score of none of the listed sites."""
        return show_score(self.report.elsewhere_probability)


def make_section(
    report: Report,
    number: int,
    name: str,
    path_hex: str,
    outlines: Outlines,
    book: Logbook,
    pictures: tuple[Picture, ...] = (),
    find_picture: FindPicture | None = None,
) -> Section:
    """Gather everything about one report; `path_hex` is the file's path as the case knows it."""
    candidates = {candidate.site_code: candidate for candidate in report.candidates}
    told = tuple(
        score
        for place, score in enumerate(report.scores)
        if place < 2 or score.probability >= TOLD_PROBABILITY or score.site_code in report.verdict.site_codes
    )
    fix = fix_of(report)
    position = position_of(report)
    sketch, far_site = _draw(report, fix, outlines)
    technical = tuple(item for item in report.observations if isinstance(item.value, _TECHNICAL))
    return Section(
        number=number,
        name=name,
        report=report,
        candidates=candidates,
        scores=told,
        runner_up=report.scores[1] if len(report.scores) > 1 else None,
        charts=tuple(draw_chart(report, score) for score in _charted(report)),
        fix=fix,
        states_error=position is not None and position.horizontal_error_m is not None,
        sketch=sketch,
        far_site=far_site,
        found=tuple(item for item in report.observations if item not in technical),
        technical=technical,
        sources={item.id: item for item in report.observations},
        acquisition=book.acquired.get(path_hex),
        judgements=book.judgements(report.media.digest.hex if report.media.digest else None, path_hex),
        pictures=pictures,
        evidence_pictures=dict(_embed_pictures(report, find_picture)),
        limits=tuple(_find_limits(report, fix)),
        rerun=_rerun_line(report),
    )


def jpeg_uri(jpeg: bytes) -> str:
    """A JPEG as an address that needs no request."""
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"


def _embed_pictures(report: Report, find_picture: FindPicture | None) -> Iterator[tuple[str, str]]:
    """The best evidence pictures that are still what was written, each once, as far as a page has room for them."""
    names = dict.fromkeys(item.pictures[0] for item in report.evidence if item.pictures)
    for name in list(names)[:MAX_EVIDENCE_PICTURES]:
        jpeg = find_picture(name) if find_picture else None
        if jpeg is not None and jpeg.startswith(JPEG_START) and len(jpeg) <= MAX_PICTURE_BYTES:
            yield name, jpeg_uri(jpeg)


def _charted(report: Report) -> Iterator[Score]:
    """The site that leads, and each other one that the verdict names or that has a share worth telling."""
    for place, score in enumerate(report.scores):
        if place == 0 or score.site_code in report.verdict.site_codes or score.probability >= TOLD_PROBABILITY:
            yield score


def _draw(report: Report, fix: Fix | None, outlines: Outlines) -> tuple[Sketch | None, tuple[float, str] | None]:
    """The sketch around the fix, and how far and which the nearest site is where it is too far off to be drawn."""
    if fix is None:
        return None, None
    place = fix.location
    # A candidate's own distance is from whichever fix of the file is nearest to it; drawn is the one that counts most.
    near = sorted(
        (geo.measure_to(outlines.sites[item.site_code].footprint, place.lat_deg, place.lon_deg), item.site_code)
        for item in report.candidates
        if item.site_code in outlines.sites
    )
    lead = report.scores[0].site_code if report.scores else ""
    site = next((outlines.sites[code] for distance_m, code in near if code == lead and distance_m <= MAX_DISTANCE_M), None)
    rivals = [outlines.sites[code] for distance_m, code in near if code != lead and distance_m <= RIVAL_DISTANCE_M]
    far_site = near[0] if near and near[0][0] > MAX_DISTANCE_M else None
    return draw_sketch(fix, site, rivals), far_site


def _find_limits(report: Report, fix: Fix | None) -> Iterator[Limit]:
    yield Limit(key="limits.caveat", values={})
    best = report.scores[0].site_code if report.scores else None
    about = [item for item in report.evidence if item.site_code == best]
    if fix is None:
        yield Limit(key="limits.no_location", values={})
    elif report.verdict.kind is not VerdictKind.INCONCLUSIVE or report.scores:
        yield Limit(key="limits.forged", values={"who": fix.who})
        if fix.location.error_radius_m > float(report.settings.get("naming_error_m", 250.0)):
            yield Limit(key="limits.coarse", values={"radius": str(fix.location.error_radius_m)})
    supporting = {item.dependence_group for item in about if item.finding is Direction.SUPPORTS}
    if len(supporting) == 1:
        yield Limit(key="limits.one_witness", values={})
    for candidate in report.candidates:
        if candidate.site_code in report.verdict.site_codes and candidate.footprint_kind is FootprintKind.POINT:
            yield Limit(key="limits.point", values={"site": candidate.site_code})
    if any(item.basis is Basis.ASSUMED for item in about):
        yield Limit(key="limits.assumed", values={})
    has_pictures = any(item.channel in ("learned", "visual") for item in report.evidence)
    yield Limit(key="limits.pictures" if has_pictures else "limits.no_pictures", values={})


def _rerun_line(report: Report) -> str:
    paths: Sequence[str] = [info.path or info.title for info in report.registers]
    # A shipped register goes by its name, wherever the package was installed.
    names = [Path(path).stem if Path(path).parent.name == "reference_sites" else path for path in paths]
    options = [part for name in names for part in ("--sites", name)]
    return shlex.join(["geoverify", "match", report.media.path, *options, "--explain"])
