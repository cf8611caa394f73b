"""A report made fit to pass on: rebuilt member by member from what `rules` lets through."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from geoverify.location import classify_precision
from geoverify.model import (
    CaptureTime,
    Clock,
    Credential,
    Digest,
    FileNaming,
    ImageInfo,
    Keyframe,
    MediaFile,
    Observation,
    PlaceClaim,
    Position,
    Post,
    Provenance,
    TextSnippet,
    TimeMeaning,
    Track,
    Value,
    VideoInfo,
    VisualMatch,
)
from geoverify.places import ReferenceSite, Register
from geoverify.register.gazetteer import Gazetteer
from geoverify.report import encode_report
from geoverify.results import (
    Candidate,
    Direction,
    Evidence,
    Judgement,
    Location,
    Origin,
    Report,
    Score,
    Sharing,
    Verdict,
    VerdictKind,
)
from geoverify.sharing.footprints import PUBLIC, Footprints, Spot
from geoverify.sharing.rules import rebuild

LEFT_OUT = "left out of this shared copy"
# Evidence of these says which site is named or seen, not where the camera stood; any other channel's could be read backwards.
SITE_CHANNELS = frozenset({"text", "visual"})
# Scores in such steps, always towards less (for elsewhere: towards more): finer ones tell a distance.
PROBABILITY_STEP, LOG10_STEP = 0.05, 0.5
DAY_S = 86_400.0
# Any other name of a platform came from an address or a downloader's own word.
PLATFORMS = frozenset(
    {
        *("facebook", "facebook or instagram", "google photos", "instagram", "kakaotalk", "line", "messenger", "qq", "reddit"),
        *("signal", "snapchat", "telegram", "tiktok", "twitter", "viber", "vk", "wechat", "whatsapp", "x", "youtube", "zalo"),
    }
)
_TIMES_OF_CAPTURE = frozenset({TimeMeaning.CAPTURED, TimeMeaning.DIGITIZED, TimeMeaning.FIXED})
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,40}")
_UNCHANGED = (ImageInfo, Keyframe)
_PSEUDONYM_HEX = 16


class Sharer:
    """Makes copies with one secret, so that the same account has the same pseudonym in all of them, and elsewhere another."""

    def __init__(self, sites: Sequence[ReferenceSite], secret: bytes) -> None:
        """Take the sites that the reports were matched with; without any, every position is withheld."""
        self._secret = secret
        self._footprints = Footprints(sites)
        self._names = {site.code: site.name for site in sites if site.sensitivity == PUBLIC}
        public = tuple(site for site in sites if site.sensitivity == PUBLIC)
        self._gazetteer = Gazetteer(Register(infos=(), sites=public, region=None))

    def share(self, report: Report) -> Report:
        """The copy of a report; it never has more than the rules name."""
        withheld: dict[str, None] = dict.fromkeys(["free text, raw values, sidecars, device and owner fields"])
        place = self._round(report.location.lat_deg, report.location.lon_deg) if report.location is not None else None
        if report.location is not None and place is None:
            withheld["position: it lies outside every public footprint"] = None
        elif place is not None:
            withheld["position: given as the whole site"] = None
        # What was weighed from a place that is withheld would lead back to it.
        is_hidden = not all(self._round(*found) for item in report.observations for found in _places_in(item.value))
        if is_hidden:
            withheld["scores: they follow from a position that is withheld"] = None
        observations = tuple(self._share_observations(report.observations))
        ids = {item.id for item in observations}
        evidence = tuple(self._share_evidence(report, ids, is_hidden=is_hidden))
        named = {*report.verdict.site_codes, *(item.site_code for item in evidence)}
        scored = () if is_hidden else report.scores
        return rebuild(
            report,
            media=rebuild(report.media, path=self.rename(report.media)),
            sidecars=(),
            origin=self._share_origin(report.origin),
            verdict=_share_verdict(report.verdict, is_hidden=is_hidden),
            location=_share_location(report.location, place),
            candidates=tuple(self._share_candidate(item) for item in report.candidates if item.site_code in named),
            scores=tuple(_share_score(item) for item in scored if item.site_code in named),
            elsewhere_probability=_ceil(report.elsewhere_probability, PROBABILITY_STEP),
            evidence=evidence,
            observations=observations,
            absences=tuple(rebuild(item, detail="") for item in report.absences if _is_word(item.what) and _is_word(item.reader)),
            problems=tuple(rebuild(item, message=LEFT_OUT, where="") for item in report.problems),
            next_steps=(),
            registers=tuple(rebuild(info) for info in report.registers),
            register_notes=(),
            settings={name: value for name, value in report.settings.items() if not isinstance(value, str)},
            sharing=Sharing(full_report=self.digest(report), withheld=tuple(withheld)),
        )

    def share_judgements(self, judgements: Iterable[Judgement]) -> tuple[Judgement, ...]:
        """That somebody decided something of a site on a day; who it was as a pseudonym, and none of the words."""
        return tuple(
            Judgement(
                entry=item.entry,
                at=item.at[:10],
                by=self.pseudonym("person", item.by),
                words=LEFT_OUT,
                is_superseded=item.is_superseded,
                site_code=item.site_code,
                call=item.call,
                likelihood=item.likelihood,
                confidence=item.confidence,
            )
            for item in judgements
        )

    def share_sites(self, sites: Iterable[ReferenceSite]) -> tuple[ReferenceSite, ...]:
        """The sites whose compilers call them public."""
        return tuple(site for site in sites if site.sensitivity == PUBLIC)

    def rename(self, media: MediaFile) -> str:
        """A name for a file that says nothing but which bytes it has, and which of their copies it is."""
        copy = self.pseudonym("copy", media.path_bytes_hex or media.path)[-6:]
        return f"file-{media.digest.hex[:16] if media.digest else 'unread'}-{copy}"

    def salt(self, report: Report) -> bytes:
        """The key of a report's digest: without it nobody can try what a full report may have said."""
        media = report.media
        return hmac.digest(self._secret, f"salt\0{media.path_bytes_hex or media.path}".encode("utf-8", "surrogatepass"), "sha256")

    def digest(self, report: Report) -> Digest:
        """HMAC-SHA-256 of the full report's line of JSON, keyed by its salt."""
        return Digest(algorithm="hmac-sha256", hex=hmac.new(self.salt(report), encode_report(report), hashlib.sha256).hexdigest())

    def pseudonym(self, kind: str, name: str) -> str:
        """A name that stands for another one, always the same under one secret."""
        keyed = hmac.new(self._secret, f"{kind}\0{name}".encode("utf-8", "surrogatepass"), hashlib.sha256)
        return f"{kind}-{keyed.hexdigest()[:_PSEUDONYM_HEX]}"

    def _round(self, lat_deg: float, lon_deg: float) -> Spot | None:
        return self._footprints.find(lat_deg, lon_deg)

    def _share_origin(self, origin: Origin) -> Origin:
        return rebuild(origin, platform=_known_platform(origin.platform), wording=origin.kind.value.replace("_", " "))

    def _share_candidate(self, candidate: Candidate) -> Candidate:
        name = self._names.get(candidate.site_code, candidate.site_code)
        return rebuild(candidate, site_name=name, why="named by the verdict, by words or by the picture")

    def _share_evidence(self, report: Report, ids: set[str], *, is_hidden: bool) -> Iterator[Evidence]:
        for item in report.evidence:
            is_named = item.site_code in report.verdict.site_codes and not is_hidden
            # That another site is weighed at all may only say that it is among the nearest.
            if is_named or (item.channel in SITE_CHANNELS and item.finding is Direction.SUPPORTS):
                yield rebuild(
                    item,
                    log10_lr=_floor(item.log10_lr, LOG10_STEP),
                    min_log10_lr=_floor(item.min_log10_lr, LOG10_STEP),
                    max_log10_lr=_floor(item.max_log10_lr, LOG10_STEP),
                    dependence_group=self.pseudonym("group", item.dependence_group),
                    explanation=f"{item.channel} {item.finding.value} {item.site_code}; the details are {LEFT_OUT}",
                    observation_ids=tuple(identifier for identifier in item.observation_ids if identifier in ids),
                )

    def _share_observations(self, observations: Iterable[Observation[Value]]) -> Iterator[Observation[Value]]:
        for item in observations:
            value = self._share_value(item.value)
            if value is not None:
                yield rebuild(item, value=value, provenance=_share_provenance(item.provenance))

    def _share_value(self, value: Value) -> Value | None:
        """The copy of a value; `None`, so that it stays behind, for every kind that has no line here."""
        if isinstance(value, _UNCHANGED):
            return rebuild(value)
        if isinstance(value, VideoInfo):
            return rebuild(value)
        if isinstance(value, Position):
            return self._share_position(value)
        if isinstance(value, Track):
            return self._share_track(value)
        if isinstance(value, CaptureTime):
            return _share_time(value)
        if isinstance(value, TextSnippet):
            words = self._find_places(value.text)
            return rebuild(value, text=words) if words else None
        if isinstance(value, PlaceClaim):
            return self._share_claim(value)
        if isinstance(value, Post):
            return self._share_post(value)
        if isinstance(value, FileNaming):
            return rebuild(value, app="")
        if isinstance(value, Credential):
            return rebuild(value, detail="")
        if isinstance(value, VisualMatch):
            return rebuild(value, origin_digest=self.pseudonym("origin", value.origin_digest))
        return None

    def _share_position(self, position: Position) -> Position | None:
        spot = self._round(position.lat_deg, position.lon_deg)
        return None if spot is None else rebuild(position, **_at(spot), horizontal_error_m=spot.radius_m)

    def _share_track(self, track: Track) -> Track | None:
        """The sites that a track runs through, in their order, as points without a time."""
        spots: list[tuple[Spot, Any]] = []
        for point in track.points:
            spot = self._round(point.position.lat_deg, point.position.lon_deg)
            if spot is not None and (not spots or spots[-1][0] != spot):
                spots.append((spot, point))
        if not spots:
            return None
        return rebuild(
            track,
            points=tuple(
                rebuild(point, time_s=0.0, position=rebuild(point.position, **_at(spot), horizontal_error_m=spot.radius_m))
                for spot, point in spots
            ),
        )

    def _share_claim(self, claim: PlaceClaim) -> PlaceClaim | None:
        name = self._find_places(claim.name) if claim.name is not None else ""
        position = self._share_position(claim.position) if claim.position is not None else None
        return rebuild(claim, name=name or None, position=position) if name or position is not None else None

    def _share_post(self, post: Post) -> Post:
        def hide(kind: str, name: str | None) -> str | None:
            return self.pseudonym(kind, name) if name is not None else None

        return rebuild(
            post,
            platform=_known_platform(post.platform),
            post_id=hide("post", post.post_id),
            url=hide("url", post.url),
            uploader=hide("account", post.uploader),
            uploader_id=hide("account", post.uploader_id),
            channel=hide("account", post.channel),
            forwarded_from=hide("account", post.forwarded_from),
        )

    def _find_places(self, text: str) -> str:
        """The register's own names that a text names, in its order; nothing of the text itself."""
        names = (mention.name for mention in self._gazetteer.search(text) if mention.site_codes)
        return " … ".join(dict.fromkeys(names))


def _places_in(value: Value) -> Iterator[tuple[float, float]]:
    if isinstance(value, Track):
        yield from ((point.position.lat_deg, point.position.lon_deg) for point in value.points)
    position = value.position if isinstance(value, PlaceClaim) else value
    if isinstance(position, Position):
        yield position.lat_deg, position.lon_deg


def _share_provenance(provenance: Provenance) -> Provenance:
    return rebuild(provenance, reader=provenance.reader if _is_word(provenance.reader) else "", field="", raw="")


def _share_time(time: CaptureTime) -> CaptureTime | None:
    """The day of a capture; when something was posted or saved leads to who did it."""
    if time.meaning not in _TIMES_OF_CAPTURE or time.clock in (Clock.FILESYSTEM, Clock.PLATFORM, Clock.DOWNLOADER):
        return None
    local = _midnight(time.local) if time.local is not None else None
    instant = _midnight(time.instant_utc) if time.instant_utc is not None and local is None else None
    return rebuild(time, local=local, instant_utc=instant, resolution_s=DAY_S)


def _midnight(moment: dt.datetime) -> dt.datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _share_verdict(verdict: Verdict, *, is_hidden: bool) -> Verdict:
    margin = None if is_hidden or verdict.margin_log10 is None else _floor(verdict.margin_log10, LOG10_STEP)
    return rebuild(verdict, margin_log10=margin, wording=_word_verdict(verdict))


def _word_verdict(verdict: Verdict) -> str:
    codes = " / ".join(verdict.site_codes)
    if verdict.kind is VerdictKind.CONSISTENT:
        return f"consistent with {codes}"
    if verdict.kind is VerdictKind.INCONSISTENT:
        return "inconsistent with every listed site"
    return f"{verdict.kind.value}: {codes}" if codes else verdict.kind.value


def _share_location(location: Location | None, spot: Spot | None) -> Location | None:
    if location is None or spot is None:
        return None
    return rebuild(
        location,
        **_at(spot),
        error_radius_m=spot.radius_m,
        error_basis="the whole site: positions are not told in shared copies",
        precision=classify_precision(spot.radius_m),
    )


def _share_score(score: Score) -> Score:
    return rebuild(score, log10_lr=_floor(score.log10_lr, LOG10_STEP), probability=_floor(score.probability, PROBABILITY_STEP))


def _at(spot: Spot) -> dict[str, float]:
    return {"lat_deg": spot.lat_deg, "lon_deg": spot.lon_deg}


def _floor(number: float, step: float) -> float:
    """The next whole step towards zero."""
    return round(math.trunc(number / step + math.copysign(1e-9, number)) * step, 6)


def _ceil(number: float, step: float) -> float:
    """The next whole step away from zero."""
    return round(math.ceil(number / step - 1e-9) * step, 6)


def _known_platform(name: str | None) -> str | None:
    return name if name is not None and name.lower() in PLATFORMS else None


def _is_word(text: str) -> bool:
    return _WORD.fullmatch(text) is not None
