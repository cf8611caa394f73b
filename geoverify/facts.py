"""What a case is counted by: of one report, the verdict, when the footage was filmed and posted, and who put it online."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from msgspec import Struct

from geoverify.clock_checks import find_impossible
from geoverify.clocks import DAY_S, TimeObservation, Zone, format_offset, place_time, times_of, zone_of
from geoverify.guidance import CLOCK_CODES
from geoverify.model import CaptureTime, Clock, MediaKind, OriginKind, Post, Problem, TimeMeaning
from geoverify.readers.filename import CAMERA_FIELD
from geoverify.results import Report, VerdictKind
from geoverify.settings import Settings

# A stale fix is about the place; the others say that nobody should date the footage yet.
DISPUTES = frozenset(CLOCK_CODES) - {"stale-fix"}
# Numbers of posts that are unique on the whole platform and not only in one channel.
_GLOBAL_NUMBERS = frozenset({"facebook", "instagram", "tiktok", "twitter", "youtube"})
_USUAL = Settings()


class Dated(Struct, frozen=True, kw_only=True):
    """When something happened: the UTC instants between which it lies, the clock that says so, and the day as it was written.

    `local_day` is the day where the clock stood, and `None` for a time that was written in UTC. `written` is ISO 8601 and no
    more than the clock tells: without an offset where none is known, a day alone where that is all.
    """

    earliest_utc: dt.datetime
    latest_utc: dt.datetime
    local_day: dt.date | None
    clock: Clock
    zone: Zone
    shown: str
    written: str = ""


class Edition(Struct, frozen=True, kw_only=True, order=True):
    """Which edition of which register lists a site."""

    title: str
    edition: str


class Facts(Struct, frozen=True, kw_only=True):
    """What one report adds to the counts of a case.

    `filmed` is `None` where no clock says it, or where clocks contradict each other (`is_disputed`). `post` is one text for all
    files of one post; `source` names the platform and the channel or account. `editions` are those of the sites, in their order.
    """

    verdict: VerdictKind
    site_codes: tuple[str, ...]
    editions: tuple[Edition, ...]
    is_footage: bool
    filmed: Dated | None
    is_disputed: bool
    posted: Dated | None
    source: str | None
    post: str | None
    lat_deg: float | None
    lon_deg: float | None
    error_radius_m: float | None


def facts_of(report: Report) -> Facts:
    """Draw a report together; a pure function of it, so that what a case keeps can be made again."""
    times = _possible_times(report)
    has_dispute = is_disputed(report.problems)
    listed = {item.site_code: item for item in report.candidates}
    named = [listed[code] for code in report.verdict.site_codes]
    posts = [item.value for item in report.observations if isinstance(item.value, Post)]
    place = report.location
    return Facts(
        verdict=report.verdict.kind,
        site_codes=report.verdict.site_codes,
        editions=tuple(Edition(title=item.register_title, edition=item.register_edition) for item in named),
        is_footage=report.media.kind is not MediaKind.UNKNOWN,
        filmed=None if has_dispute else date_filming(times, report.origin.kind),
        is_disputed=has_dispute,
        posted=_date_posting(times),
        source=_name_source(posts),
        post=next((key for post in posts if (key := _identify_post(post)) is not None), None),
        lat_deg=place.lat_deg if place else None,
        lon_deg=place.lon_deg if place else None,
        error_radius_m=place.error_radius_m if place else None,
    )


def filming_of(report: Report) -> Dated | None:
    """When a report's footage was filmed; `None` where no clock says it, or where clocks contradict each other."""
    return None if is_disputed(report.problems) else date_filming(_possible_times(report), report.origin.kind)


def _possible_times(report: Report) -> list[TimeObservation]:
    """The times of a report that can be when something happened."""
    # A report of another version may lack a setting: its times are then judged as this version does.
    settings = Settings(
        clock_disagreement_s=float(report.settings.get("clock_disagreement_s", _USUAL.clock_disagreement_s)),
        earliest_plausible_year=int(report.settings.get("earliest_plausible_year", _USUAL.earliest_plausible_year)),
    )
    return [item for item in times_of(report.observations) if find_impossible(item, report.created_at, settings) is None]


def is_disputed(problems: Iterable[Problem]) -> bool:
    """Whether clocks contradict each other, so that nobody should date the footage yet."""
    return any(problem.code in DISPUTES for problem in problems)


def is_of_filming(item: TimeObservation, origin: OriginKind) -> bool:
    """Whether a time is one of filming: as its field says, in the name that a camera gave, or a camera's own container's."""
    time = item.value
    is_fix = time.meaning is TimeMeaning.FIXED and time.clock is Clock.GPS
    is_own = time.meaning is TimeMeaning.ENCODED and time.clock is Clock.CONTAINER and origin is OriginKind.CAMERA_ORIGINAL
    return time.meaning is TimeMeaning.CAPTURED or is_fix or is_own or item.provenance.field == CAMERA_FIELD


def date_filming(times: Sequence[TimeObservation], origin: OriginKind) -> Dated | None:
    """The time of filming by the best clock that tells it: a known zone before an unknown one, a name last."""
    dated = [(_rank(item), at, made) for at, item in enumerate(times) if is_of_filming(item, origin) and (made := _date(item))]
    return min(dated, key=lambda one: one[:2])[2] if dated else None


def _rank(item: TimeObservation) -> int:
    is_known = zone_of(item.value) in (Zone.UTC, Zone.STATED)
    if item.value.clock is Clock.FILENAME:
        return 4
    if item.value.meaning is TimeMeaning.CAPTURED:
        return 0 if is_known else 2
    return 1 if item.value.meaning is TimeMeaning.FIXED else 3


def _date_posting(times: Sequence[TimeObservation]) -> Dated | None:
    dated = [made for item in times if item.value.meaning is TimeMeaning.POSTED and (made := _date(item))]
    return min(dated, key=lambda one: one.latest_utc) if dated else None


def _date(item: TimeObservation) -> Dated | None:
    entry = place_time(item)
    if entry is None:
        return None
    local = item.value.local
    # A bare date is a day, whatever the zone in which it was meant.
    if local is None and (item.value.resolution_s or 0.0) >= DAY_S and item.value.instant_utc is not None:
        local = item.value.instant_utc
    return Dated(
        earliest_utc=entry.earliest_utc,
        latest_utc=entry.latest_utc,
        local_day=local.date() if local is not None else None,
        clock=item.value.clock,
        zone=entry.zone,
        shown=entry.shown,
        written=_write(item.value, entry.zone),
    )


def _write(time: CaptureTime, zone: Zone) -> str:
    moment = time.local if time.local is not None else time.instant_utc
    if moment is None:
        return ""
    if (time.resolution_s or 0.0) >= DAY_S:
        return moment.date().isoformat()
    text = moment.replace(tzinfo=None).isoformat()
    if zone is Zone.UTC:
        return f"{text}+00:00"
    return f"{text}{format_offset(time.offset_minutes or 0)}" if zone is Zone.STATED else text


def _name_source(posts: Sequence[Post]) -> str | None:
    """The platform and the channel or account; a post that names the latter counts before one that does not."""
    named = [(post, post.channel or post.uploader or post.uploader_id) for post in posts]
    for post, who in sorted(named, key=lambda pair: pair[1] is None):
        parts = [part for part in (_name_platform(post), who) if part]
        if parts:
            return ": ".join(parts)
    return None


def _identify_post(post: Post) -> str | None:
    """One text for a post, however many files hang on it and whoever told of it."""
    platform = _name_platform(post)
    where = "" if platform in _GLOBAL_NUMBERS else post.channel or post.uploader_id or post.uploader
    if platform and post.post_id and where is not None:
        return " ".join(part for part in (platform, where, post.post_id) if part)
    return post.url


def _name_platform(post: Post) -> str:
    name = (post.platform or "").casefold()
    return "twitter" if name == "x" else name
