"""The frozen types of what is concluded: candidates, evidence, scores, verdicts and the report; no I/O."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from msgspec import Struct

from geoverify.model import Absent, Digest, MediaFile, Observation, OriginKind, Position, Problem, Value
from geoverify.places import FootprintKind, RegisterInfo

# The witness of all that people wrote: they repeat each other.
WORDS_GROUP = "words"
# The witness of what the picture shows: it speaks of the site itself, not of where the camera stood.
PICTURE_GROUP = "picture"


class OriginReason(Struct, frozen=True, kw_only=True):
    """One trace in words, the kind of writer that it speaks for, and the observations that it rests on."""

    text: str
    speaks_for: OriginKind
    observation_ids: tuple[str, ...]


class Origin(Struct, frozen=True, kw_only=True):
    """What wrote the file last, as far as its traces tell; `wording` is the report's line for the investigator."""

    kind: OriginKind
    platform: str | None = None
    wording: str
    reasons: tuple[OriginReason, ...] = ()


class PartSighting(Struct, frozen=True, kw_only=True):
    """A named part of a site as the camera stands to it; what is not known (direction of view, or inside it) is `None`."""

    name: str
    kind: str
    distance_m: float
    bearing_deg: float | None = None
    in_view: bool | None = None


class Candidate(Struct, frozen=True, kw_only=True):
    """A site worth weighing for this file; distances run from the fix to the footprint's edge, 0 inside."""

    site_code: str
    site_name: str
    register_title: str
    register_edition: str
    footprint_kind: FootprintKind
    why: str
    distance_m: float | None = None
    bearing_deg: float | None = None
    parts: tuple[PartSighting, ...] = ()


class MentionKind(StrEnum):
    """What words name."""

    SITE = "site"
    TOWN = "town"
    PLUS_CODE = "plus_code"


class Mention(Struct, frozen=True, kw_only=True):
    """A name of the register found in words: the sites that it can mean, its length in letters, and the words around it.

    `edits` is by how many letters the text differs from the name; a short Plus Code beside a town has a `position` and no sites.
    """

    site_codes: tuple[str, ...]
    kind: MentionKind
    name: str
    signs: int
    edits: int
    context: str
    observation_id: str
    position: Position | None = None


class Basis(StrEnum):
    """What a likelihood ratio rests on."""

    CALIBRATED = "calibrated"
    MODELLED = "modelled"
    ASSUMED = "assumed"


class Direction(StrEnum):
    """Which way a piece of evidence points."""

    SUPPORTS = "supports"
    CONTRADICTS = "contradicts"
    NEUTRAL = "neutral"

    @classmethod
    def of(cls, log10_lr: float) -> Direction:
        """Within 10^±0.1 the odds hardly move, and naming a side there would overstate it."""
        if log10_lr > 0.1:
            return cls.SUPPORTS
        return cls.CONTRADICTS if log10_lr < -0.1 else cls.NEUTRAL


class Evidence(Struct, frozen=True, kw_only=True):
    """What one channel says of one site; `locates`: the value itself says where the camera was, `coarse`: but not which site.

    `log10_lr` lies between `min_log10_lr` and `max_log10_lr`, the bounds that the channel's error rates set for this site.
    `pictures` are the names of evidence pictures, the best first, which `match --pictures` writes.
    """

    channel: str
    site_code: str
    log10_lr: float
    min_log10_lr: float
    max_log10_lr: float
    basis: Basis
    dependence_group: str
    finding: Direction
    explanation: str
    observation_ids: tuple[str, ...]
    locates: bool = False
    coarse: bool = False
    pictures: tuple[str, ...] = ()


class Score(Struct, frozen=True, kw_only=True):
    """A site's pooled log10 likelihood ratio and its posterior probability."""

    site_code: str
    log10_lr: float
    probability: float


class VerdictKind(StrEnum):
    """The five results; none of them is a person's judgement."""

    CONSISTENT = "consistent"
    AMBIGUOUS = "ambiguous"
    INCONCLUSIVE = "inconclusive"
    INCONSISTENT = "inconsistent"
    CONTRADICTORY = "contradictory"


class Verdict(Struct, frozen=True, kw_only=True):
    """The result; `margin_log10` is the log10 posterior odds of the first site over its best rival (a site or elsewhere)."""

    kind: VerdictKind
    site_codes: tuple[str, ...]
    margin_log10: float | None
    wording: str


class PrecisionClass(StrEnum):
    """How finely a file is located: 10 m, 100 m, 1 km, or worse."""

    EXACT = "exact"
    VICINITY = "vicinity"
    LOCALITY = "locality"
    COARSER = "coarser"


class Location(Struct, frozen=True, kw_only=True):
    """The best fix of a file with its error radius (68 %) and what that radius rests on."""

    lat_deg: float
    lon_deg: float
    error_radius_m: float
    error_basis: str
    precision: PrecisionClass
    observation_id: str


class SidecarUse(Struct, frozen=True, kw_only=True):
    """A file beside the media that was read for it: its path from the media's folder, its digest and its reader."""

    path: str
    digest: Digest
    reader: str


class ReferencesInfo(Struct, frozen=True, kw_only=True):
    """The reference photographs that a file was compared with: SHA-256 of their index's file, and how many of how many sites."""

    index_digest: str
    photo_count: int
    site_count: int


class Versions(Struct, frozen=True, kw_only=True):
    """The tool's and its libraries' versions, by package name, and the SHA-256 of the networks that the user supplied."""

    geoverify: str
    libraries: dict[str, str]
    models: dict[str, str] = {}


class Sharing(Struct, frozen=True, kw_only=True):
    """That a report was reduced for others: a salted digest of the full one (docs/exports.md), and what was withheld."""

    full_report: Digest
    withheld: tuple[str, ...]


class Call(StrEnum):
    """What an analyst says of a file and a site."""

    CONSISTENT = "consistent"
    NOT_THIS_SITE = "not_this_site"
    CANNOT_TELL = "cannot_tell"
    SECOND_REVIEWER = "needs_second_reviewer"


class Judgement(Struct, frozen=True, kw_only=True):
    """What a person decided of a file, as outputs show it: no part of a report, and it changes none.

    `entry` is its number in the custody log, `call`, `likelihood` and `confidence` are words of closed lists, and the view is
    where that person says the camera stood and which way it looked, clockwise from true north. A later judgement of the same
    person supersedes it.
    """

    entry: int
    at: str
    by: str
    words: str
    is_superseded: bool = False
    site_code: str | None = None
    call: str | None = None
    likelihood: str | None = None
    confidence: str | None = None
    view_lat_deg: float | None = None
    view_lon_deg: float | None = None
    view_heading_deg: float | None = None


class Report(Struct, frozen=True, kw_only=True):
    """Everything said of one file, and what it was said with; `sharing` is set where this is a copy made for others."""

    schema_version: str
    media: MediaFile
    sidecars: tuple[SidecarUse, ...]
    origin: Origin
    verdict: Verdict
    location: Location | None
    candidates: tuple[Candidate, ...]
    scores: tuple[Score, ...]
    elsewhere_probability: float
    evidence: tuple[Evidence, ...]
    observations: tuple[Observation[Value], ...]
    absences: tuple[Absent, ...]
    problems: tuple[Problem, ...]
    next_steps: tuple[str, ...]
    registers: tuple[RegisterInfo, ...]
    register_notes: tuple[str, ...]
    references: tuple[ReferencesInfo, ...] = ()
    settings_digest: Digest
    settings: dict[str, float | int | str]
    versions: Versions
    created_at: dt.datetime
    sharing: Sharing | None = None
