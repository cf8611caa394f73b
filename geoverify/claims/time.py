"""The time of a claim against a report: what the file's clocks, its posting, the register and the light say of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from statistics import median

from geoverify import geo
from geoverify.channels.sun import daylight, describe_luma
from geoverify.claims.judgements import Claim, Judgement, Point, weigh_points, word_standing
from geoverify.claims.places import Atlas, Place
from geoverify.claims.recording import Copy
from geoverify.claims.spans import Span, ZoneBasis, describe_length, find_zone
from geoverify.claims.standings import Standing
from geoverify.clock_checks import find_impossible
from geoverify.clocks import DAY_S, TimeEntry, TimeObservation, Zone, place_time, times_of
from geoverify.facts import DISPUTES, is_of_filming
from geoverify.model import Clock, Keyframe, TimeMeaning, VideoInfo
from geoverify.results import Report
from geoverify.settings import Settings
from geoverify.sun import locate_sun

# Clocks that anybody sets by renaming or copying a file: what they say is told and decides nothing.
_WEAK_CLOCKS = frozenset((Clock.FILENAME, Clock.FILESYSTEM))
# What can only come after filming and is no time that an editing program writes at will.
_LATER = frozenset((TimeMeaning.POSTED, TimeMeaning.SAVED))
# Over a longer time than this the sun moves too far for one figure.
_MAX_SUN_SPAN = dt.timedelta(hours=3)
_SUN_YEARS = range(1950, 2100)


def judge_time(report: Report, claim: Claim, atlas: Atlas, settings: Settings, copies: Sequence[Copy]) -> Judgement:
    """Hold the time of a claim against a report made without it, and against what dates the file's copies."""
    assert claim.span is not None
    online_by = min(
        (moment for item in (report, *(copy.report for copy in copies)) for moment in _posts(item, settings)), default=None
    )
    judge = _Judge(report, claim.span, claim.place, atlas, settings, online_by)
    points = list(judge.compare())
    for copy in copies:
        points += judge.compare_copy(copy, _Judge(copy.report, claim.span, claim.place, atlas, settings, online_by))
    supports = tuple(point for is_for, point in points if is_for)
    contradicts = tuple(point for is_for, point in points if not is_for)
    standing = weigh_points(supports, contradicts)
    wording = word_standing("time", standing, supports, contradicts)
    if standing is Standing.SUPPORTED and not judge.is_fine:
        wording = wording.replace("time: supported", "time: supported to the day only", 1)
    return Judgement(
        standing=standing,
        wording=wording,
        supports=supports,
        contradicts=contradicts,
        notes=(*judge.notes, *judge.tell_status(), *judge.tell_sun()),
        missing=tuple(judge.find_missing()),
        ask_next=tuple(judge.ask_next()),
    )


class _Judge:
    def __init__(
        self,
        report: Report,
        span: Span,
        place: Place | None,
        atlas: Atlas,
        settings: Settings,
        online_by: dt.datetime | None,
    ) -> None:
        self._online_by = online_by
        self._report, self._span, self._place, self._atlas, self._settings = report, span, place, atlas, settings
        self._zone = find_zone(atlas.zone_of(place)) if place is not None else None
        self._times = times_of(report.observations)
        durations = [item.value.duration_s or 0.0 for item in report.observations if isinstance(item.value, VideoInfo)]
        self._slack = dt.timedelta(seconds=settings.clock_disagreement_s + max(durations, default=0.0))
        self._disputes = [problem.message for problem in report.problems if problem.code in DISPUTES]
        # Whether something that decides agrees with the claim to more than the day.
        self.is_fine = False
        self._said: set[tuple[str, str]] = set()
        # What is known of the recording, whichever of its files tells it.
        self._known = [(item, report) for item in self._times]
        self.notes = [f"the claimed time is {span.text}, {span.zone_words}: {span.bounds_words}"]
        self.notes += [
            f"the clocks contradict each other, so no time of filming decides: {message}" for message in self._disputes
        ]

    def compare(self) -> Iterator[tuple[bool, Point]]:
        for is_for, point in self._compare_times():
            self._said.add((point.source, point.text))
            yield is_for, point
        yield from self._compare_light()

    def compare_copy(self, copy: Copy, other: _Judge) -> Iterator[tuple[bool, Point]]:
        """What decides by the clocks and posts of another file of the recording, and is not told of this one."""
        self._known += other._known
        for is_for, point in other._compare_times():
            if point.decides and (point.source, point.text) not in self._said:
                text = f"{copy.name}, a copy of this footage: {point.text}"
                yield is_for, Point(source=point.source, text=text, decides=True)
        self.is_fine |= other.is_fine

    def _compare_times(self) -> Iterator[tuple[bool, Point]]:
        for item in self._times:
            entry = place_time(item)
            if entry is None:
                continue
            if find_impossible(item, self._report.created_at, self._settings) is not None:
                self.notes.append(f"{entry.shown}, {entry.what}, is where clocks start that nobody set, or no possible date")
            elif is_of_filming(item, self._report.origin.kind):
                yield from self._compare_filming(item, entry)
            else:
                yield from self._compare_later(item, entry)

    def _compare_filming(self, item: TimeObservation, entry: TimeEntry) -> Iterator[tuple[bool, Point]]:
        is_sound = item.value.clock not in _WEAK_CLOCKS and not self._disputes
        said = f"{entry.shown}, {entry.what}"
        if self._online_by is not None and entry.earliest_utc > self._online_by + self._slack:
            is_sound = False
            said = f"{said} (a wrong clock: the footage was posted or saved by {self._online_by:%Y-%m-%d %H:%M:%S} UTC)"
        if self._is_before(entry.latest_utc) or self._is_after(entry.earliest_utc):
            yield False, _point(item, f"{said}: {self._tell_distance(entry)}", decides=is_sound)
        elif self._holds(entry.earliest_utc, entry.latest_utc):
            # A bare day inside a claimed day agrees to the day, and no finer.
            self.is_fine |= is_sound and not self._span.is_day and self._span.zone_basis is not ZoneBasis.UNKNOWN
            yield True, _point(item, f"{said}: within the claimed time", decides=is_sound)
        else:
            yield from self._compare_open(item, said, is_sound=is_sound)

    def _tell_distance(self, entry: TimeEntry) -> str:
        """How far a time lies outside the claimed one, at least."""
        whatever = "" if entry.zone in (Zone.UTC, Zone.STATED) else ", whatever the zone"
        if self._span.start is not None and entry.latest_utc < self._span.start:
            return f"{describe_length(self._span.start - entry.latest_utc)} before the claimed time{whatever}"
        assert self._span.end is not None
        return f"{describe_length(entry.earliest_utc - self._span.end)} after the claimed time{whatever}"

    def _compare_open(self, item: TimeObservation, said: str, *, is_sound: bool) -> Iterator[tuple[bool, Point]]:
        """A time that may lie in the claimed one or not: by its unknown zone, its bare date, or the claim's own unknown zone."""
        is_bare = (item.value.resolution_s or 0.0) >= DAY_S
        readings = list(self._read_in_zone(item))
        if self._span.zone_basis is ZoneBasis.UNKNOWN or (is_bare and self._zone is None):
            yield True, _point(item, f"{said}: may be the claimed time, known to a day only", decides=is_sound)
        elif not readings:
            self.notes.append(f"{said}: fits or not, depending on the zone that the clock was set to")
        elif any(self._touches(moment, is_bare=is_bare) for moment in readings):
            what = (
                "the claimed day"
                if is_bare
                else "the claimed time if the clock kept that of the place, which the file does not say"
            )
            yield True, _point(item, f"{said}: {what}", decides=is_sound)
        else:
            text = f"{said}: the claimed time only if the clock kept a zone other than that of the place"
            yield False, _point(item, text, decides=False)

    def _touches(self, moment: dt.datetime, *, is_bare: bool) -> bool:
        """Whether a moment lies in the claimed time, or the day that begins with it shares a part with it."""
        if not is_bare:
            return self._holds(moment, moment)
        day_end = moment + dt.timedelta(seconds=DAY_S)
        return not self._is_before(day_end) and not self._is_after(moment)

    def _read_in_zone(self, item: TimeObservation) -> Iterator[dt.datetime]:
        """What a time without a zone would be in the claimed place; a container's may also be UTC, as its standard asks."""
        written = item.value.local or item.value.instant_utc
        if written is not None and self._zone is not None:
            yield written.replace(tzinfo=self._zone).astimezone(dt.UTC)
        if item.value.instant_utc is not None:
            yield item.value.instant_utc

    def _compare_later(self, item: TimeObservation, entry: TimeEntry) -> Iterator[tuple[bool, Point]]:
        """What comes after filming rules a claim out where it comes before it, and shows nothing where it does not."""
        said = f"{entry.shown}, {entry.what}"
        if self._is_before(entry.latest_utc):
            decides = item.value.meaning in _LATER and item.value.clock not in _WEAK_CLOCKS
            weak = "" if decides else "; a weak sign, since programs and copying set that time"
            early = describe_length(self._span.start - entry.latest_utc) if self._span.start else "long"
            text = f"{said}: {early} before the claimed time, and nothing is {item.value.meaning.value} before it is filmed{weak}"
            yield False, _point(item, text, decides=decides)
        elif item.value.meaning is TimeMeaning.POSTED:
            self.notes.append(f"{said}: not before the claimed time, which fits and shows no more than that")

    def _compare_light(self) -> Iterator[tuple[bool, Point]]:
        frames = [item for item in self._report.observations if isinstance(item.value, Keyframe)]
        sun = self._locate_sun()
        if not frames or sun is None:
            return
        luma = median(item.value.brightness for item in frames if isinstance(item.value, Keyframe))
        day = daylight(sun[1], self._settings)
        shown = describe_luma(luma, self._settings)
        if day in (0.0, 1.0) and shown in ("dark", "light"):
            sky = "day" if day == 1.0 else "night"
            text = f"at the claimed time it was {sky} there (sun at {sun[1]:+.0f}°) and the frames are {shown}: a hint, no more"
            ids = tuple(item.id for item in frames)
            is_for = (day == 1.0) == (shown == "light")
            yield is_for, Point(source="light", text=text, decides=False, observation_ids=ids)

    def _locate_sun(self) -> tuple[float, float, float | None, float | None] | None:
        """Azimuth, elevation, shadow bearing and shadow length per metre at the claimed time and place."""
        middle, place, span = self._span.middle, self._place, self._span
        if middle is None or place is None or span.start is None or span.end is None or span.end - span.start > _MAX_SUN_SPAN:
            return None
        if middle.year not in _SUN_YEARS or not (place.position or place.site_codes):
            return None
        position = place.position
        lat_deg, lon_deg = (
            (position.lat_deg, position.lon_deg)
            if position is not None
            else geo.centre(self._atlas.sites[place.site_codes[0]].footprint)
        )
        sun = locate_sun(lat_deg, lon_deg, middle)
        return sun.azimuth_deg, sun.elevation_deg, sun.shadow_bearing_deg, sun.shadow_ratio

    def tell_sun(self) -> Iterator[str]:
        """Where the sun stood at the claimed time, for the eye to compare with the picture."""
        sun = self._locate_sun()
        if sun is None:
            return
        azimuth_deg, elevation_deg, bearing_deg, ratio = sun
        text = (
            f"at the claimed time the sun stood at azimuth {azimuth_deg:.0f}°, {elevation_deg:+.0f}° high over the place claimed"
        )
        if bearing_deg is not None and ratio is not None:
            text += f": shadows towards {bearing_deg:.0f}°, {ratio:.1f} m for each metre of height; compare them with the picture"
        yield text

    def tell_status(self) -> Iterator[str]:
        """What the register says of the claimed sites on the claimed day, in its own words."""
        middle = self._span.middle
        if self._place is None or middle is None:
            return
        day = middle.astimezone(self._zone or dt.UTC).date()
        for code in self._place.site_codes:
            site = self._atlas.sites[code]
            said = [
                f"“{item.status}”{f' ({item.source})' if item.source else ''}" for item in site.status_history if item.covers(day)
            ]
            words = f"lists {code} as {'; '.join(said)}" if said else f"says nothing of {code}"
            yield f"on {day} the register (edition {site.register_edition}) {words}"

    def find_missing(self) -> Iterator[str]:
        values = [item.value for item, _ in self._known if place_time(item) is not None]
        filmed = [item for item, report in self._known if is_of_filming(item, report.origin.kind)]
        if not filmed:
            yield "the time at which the camera filmed"
        elif all(item.value.clock is Clock.FILENAME for item in filmed):
            yield "a clock that tells the time of filming: only the file's name does, and anybody can rename a file"
        elif not any(entry.zone in (Zone.UTC, Zone.STATED) for item in filmed if (entry := place_time(item))):
            yield "the time zone that the camera was set to"
        if not any(value.meaning is TimeMeaning.POSTED for value in values):
            yield "the date of the first posting"
        if self._span.zone_basis is ZoneBasis.UNKNOWN:
            yield "the time zone of the claim"

    def ask_next(self) -> Iterator[str]:
        missing = " ".join(self.find_missing())
        if "filmed" in missing or "filming" in missing or "set to" in missing:
            yield "ask for the original file, and for other files of the same camera and day"
        if "posting" in missing:
            yield "look for the first upload and keep its page with the date: nothing is posted before it is filmed"
        if "of the claim" in missing:
            yield "ask whoever makes the claim in which time zone it is, and give it with an offset"
        if self._disputes:
            yield "find out which of the clocks is right before the footage is dated"

    def _is_before(self, moment: dt.datetime) -> bool:
        return self._span.start is not None and moment < self._span.start - self._slack

    def _is_after(self, moment: dt.datetime) -> bool:
        return self._span.end is not None and moment > self._span.end + self._slack

    def _holds(self, first: dt.datetime, last: dt.datetime) -> bool:
        is_from = self._span.start is None or first >= self._span.start - self._slack
        return is_from and (self._span.end is None or last <= self._span.end + self._slack)


def _posts(report: Report, settings: Settings) -> Iterator[dt.datetime]:
    """The latest instants at which a file was posted or saved, by clocks that nobody sets by renaming or copying it."""
    for item in times_of(report.observations):
        is_sound = item.value.meaning in _LATER and item.value.clock not in _WEAK_CLOCKS
        entry = place_time(item) if is_sound and not is_of_filming(item, report.origin.kind) else None
        if entry is not None and find_impossible(item, report.created_at, settings) is None:
            yield entry.latest_utc


def _point(item: TimeObservation, text: str, *, decides: bool) -> Point:
    return Point(source=f"{item.value.clock.value} clock", text=text, decides=decides, observation_ids=(item.id,))
