"""Where a camera was by the log of a receiver that went with it: interpolation between readings, with its error stated."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Sequence

import numpy as np
from msgspec import Struct

from geoverify import geo
from geoverify.containers.fixes import Fix
from geoverify.model import (
    Absent,
    CaptureTime,
    Clock,
    Finding,
    Observation,
    Position,
    Reason,
    TimeMeaning,
    Value,
    VideoInfo,
    Who,
)
from geoverify.settings import Settings
from geoverify.tracklogs.log import TrackLog
from geoverify.tracks import MAX_POINTS, TrackSource, report_track

NAME = "tracklog"
# The log is silent for longer than this: the person with the camera may have been anywhere.
MAX_GAP_S = 3600.0
# A 68 % radius is this many standard deviations of one axis of a circular normal error: sqrt(−2 ln 0.32).
RADIUS_PER_SIGMA = math.sqrt(-2.0 * math.log(0.32))
# assumed; half a unit of a camera's clock that shows whole seconds, and its drift since it was set.
CLOCK_ERROR_S = 1.0
# assumed; spread of a person on foot about the straight line, for logs too short to show it.
DEFAULT_MOTION_M2_PER_S = 5.0
MAX_TRIPLES = 2000
_MEANINGS = (TimeMeaning.CAPTURED, TimeMeaning.DIGITIZED, TimeMeaning.ENCODED)
_CLOCKS = (Clock.GPS, Clock.DEVICE, Clock.CONTAINER)


class Geotag(Struct, frozen=True, kw_only=True):
    """A position at one moment, the seconds between the readings around it, and how it was reached, in words."""

    position: Position
    gap_s: float
    how: str


class Geotagger:
    """A log with the figures that interpolation needs; the log is read once and used for many files."""

    def __init__(self, log: TrackLog, settings: Settings, clock_offset_s: float | None = None) -> None:
        """`clock_offset_s` is how far the camera's stated times are ahead of UTC; `None` where nobody has said."""
        self.log = log
        self.clock_offset_s = clock_offset_s
        self._default_error_m = settings.default_horizontal_error_m
        self._motion_m2_per_s = estimate_motion(log.fixes, settings.default_horizontal_error_m)

    def report(self, observations: Sequence[Observation[Value]]) -> Iterator[Finding]:
        """Yield the position, or for a video the track, at the time that the file itself states; else an absence."""
        chosen = self._choose_time(observations)
        if isinstance(chosen, Absent):
            yield chosen
            return
        instant, said = chosen
        own = [item for item in observations if item.provenance.file is None]
        durations = [item.value.duration_s for item in own if isinstance(item.value, VideoInfo)]
        duration_s = max((value for value in durations if value is not None and math.isfinite(value)), default=0.0)
        witness = TrackSource(reader=NAME, field=f"{self.log.form} track", who=Who.ANALYST, file=self.log.name)
        if duration_s > 0.0:
            fixes = self._follow(instant, duration_s)
            if fixes:
                yield from report_track(fixes, witness, f"{said}; errors of the readings and of the interpolation included")
                return
        found = self.locate(instant)
        if isinstance(found, Absent):
            yield found
        else:
            yield Observation(value=found.position, provenance=witness.provenance(f"{found.how}; {said}"))

    def locate(self, instant: dt.datetime) -> Geotag | Absent:
        """Interpolate along the geodesic between the readings around a moment; nothing is ever extrapolated.

        The error is that of a Brownian bridge between two uncertain ends (Horne et al. 2007, Ecology 88:2354), with the log's own
        motion variance, and what the camera's clock may be off by times the speed at that moment.
        """
        time_s = instant.timestamp()
        fixes = self.log.fixes
        after = self.log.index_at(time_s)
        before = after if after < len(fixes) and fixes[after].time_s == time_s else after - 1
        if before < 0 or after >= len(fixes):
            covered = f"{_show(fixes[0])} to {_show(fixes[-1])}"
            detail = (
                f"{self.log.name}: the track covers {covered}, the footage is of {_show_time(instant)}; check the clock offset"
            )
            return Absent(what="position", reason=Reason.OUT_OF_RANGE, detail=detail, reader=NAME)
        gap_s = fixes[after].time_s - fixes[before].time_s
        if gap_s > MAX_GAP_S:
            detail = f"{self.log.name}: the track is silent for {gap_s / 60.0:.0f} minutes around {_show_time(instant)}"
            return Absent(what="position", reason=Reason.NOT_PRESENT, detail=detail, reader=NAME)
        position = self._interpolate(fixes[before], fixes[after], time_s)
        how = f"at a reading of {_show_time(instant)}"
        if gap_s > 0.0:
            how = f"{_show_time(instant)} between readings {gap_s:.0f} s apart"
        return Geotag(position=position, gap_s=gap_s, how=f"{how}, error {position.horizontal_error_m:.0f} m (68 %)")

    def _interpolate(self, start: Fix, end: Fix, time_s: float) -> Position:
        gap_s = end.time_s - start.time_s
        share = (time_s - start.time_s) / gap_s if gap_s > 0.0 else 0.0
        distance_m, bearing_deg = geo.measure(start.lat_deg, start.lon_deg, end.lat_deg, end.lon_deg)
        speed = distance_m / gap_s if gap_s > 0.0 else self._speed_around(start)
        start_sigma_m, end_sigma_m = (self._error_m(fix) / RADIUS_PER_SIGMA for fix in (start, end))
        variance_m2 = ((1.0 - share) * start_sigma_m) ** 2 + (share * end_sigma_m) ** 2
        variance_m2 += self._motion_m2_per_s * gap_s * share * (1.0 - share)
        error_m = math.hypot(RADIUS_PER_SIGMA * math.sqrt(variance_m2), speed * CLOCK_ERROR_S)
        lat_deg, lon_deg = start.lat_deg, start.lon_deg
        if share > 0.0 and distance_m > 0.0:
            angle = math.radians(bearing_deg)
            metres = np.array([[math.sin(angle), math.cos(angle)]]) * distance_m * share
            lat_deg, lon_deg = (float(value) for value in geo.unproject_locally(metres, start.lat_deg, start.lon_deg)[0])
        alt_m = start.alt_m if share == 0.0 else None
        if alt_m is None and start.alt_m is not None and end.alt_m is not None:
            alt_m = start.alt_m + share * (end.alt_m - start.alt_m)
        return Position(lat_deg=lat_deg, lon_deg=lon_deg, alt_m=alt_m, horizontal_error_m=error_m)

    def _speed_around(self, fix: Fix) -> float:
        """Metres a second from a reading to the next, or to the one before the last; 0 for a log of one."""
        at = self.log.index_at(fix.time_s)
        pair = self.log.fixes[max(min(at, len(self.log.fixes) - 2), 0) :][:2]
        if len(pair) < 2:
            return 0.0
        distance_m, _ = geo.measure(pair[0].lat_deg, pair[0].lon_deg, pair[1].lat_deg, pair[1].lon_deg)
        return distance_m / (pair[1].time_s - pair[0].time_s)

    def _error_m(self, fix: Fix) -> float:
        return fix.error_m if fix.error_m is not None else self._default_error_m

    def _follow(self, start: dt.datetime, duration_s: float) -> list[Fix]:
        """Positions from start to end of a video: the log's own readings, and its first and last moment interpolated."""
        start_s = start.timestamp()
        first, last = self.log.index_at(start_s), self.log.index_at(start_s + duration_s)
        times_s = [start_s, *(fix.time_s for fix in self.log.fixes[first:last][:: -(-max(last - first, 1) // MAX_POINTS)])]
        times_s.append(start_s + duration_s)
        followed: dict[float, Fix] = {}
        for time_s in times_s:
            try:
                instant = dt.datetime.fromtimestamp(time_s, dt.UTC)
            except (OverflowError, ValueError, OSError):
                continue
            found = self.locate(instant)
            if isinstance(found, Absent):
                continue
            at = found.position
            followed[time_s] = Fix(
                time_s=time_s - start_s,
                lat_deg=at.lat_deg,
                lon_deg=at.lon_deg,
                alt_m=at.alt_m,
                error_m=at.horizontal_error_m,
            )
        return list(followed.values())

    def _choose_time(self, observations: Sequence[Observation[Value]]) -> tuple[dt.datetime, str] | Absent:
        """The file's best time as UTC and in words: captured before digitised before encoded, receiver before device."""
        times = [item.value for item in observations if isinstance(item.value, CaptureTime)]
        times = [time for time in times if time.meaning in _MEANINGS and time.clock in _CLOCKS and time.resolution_s is None]
        times.sort(key=lambda time: (_MEANINGS.index(time.meaning), _CLOCKS.index(time.clock), time.instant_utc is None))
        for time in times:
            stated = time.instant_utc
            if stated is None and time.local is not None and self.clock_offset_s is not None:
                stated = time.local.replace(tzinfo=dt.UTC)
            if stated is None:
                continue
            offset_s = self.clock_offset_s or 0.0
            said = f"{time.meaning} {_show_time(stated)} by the {time.clock} clock"
            try:
                return stated - dt.timedelta(seconds=offset_s), f"{said}, {offset_s:+.0f} s taken off" if offset_s else said
            except OverflowError:
                continue
        detail = "the file states no capture time with its zone; give --clock-offset, the camera's clock minus UTC"
        return Absent(what="position", reason=Reason.MISSING_REFERENCE, detail=detail, reader=NAME)


def estimate_motion(fixes: Sequence[Fix], default_error_m: float) -> float:
    """The Brownian motion variance of a log, m²/s: how far each reading lies from the line between its neighbours.

    Method of moments on the leave-one-out distances of Horne et al. (2007); `DEFAULT_MOTION_M2_PER_S` for fewer than five.
    """
    if len(fixes) < 5:
        return DEFAULT_MOTION_M2_PER_S
    estimates: list[float] = []
    for at in range(1, len(fixes) - 1, max((len(fixes) - 2) // MAX_TRIPLES, 1)):
        start, middle, end = fixes[at - 1], fixes[at], fixes[at + 1]
        gap_s = end.time_s - start.time_s
        share = (middle.time_s - start.time_s) / gap_s
        if gap_s > MAX_GAP_S or not 0.05 < share < 0.95:
            continue
        to_end_m, to_end_deg = geo.measure(start.lat_deg, start.lon_deg, end.lat_deg, end.lon_deg)
        to_middle_m, to_middle_deg = geo.measure(start.lat_deg, start.lon_deg, middle.lat_deg, middle.lon_deg)
        turn = math.radians(to_middle_deg - to_end_deg)
        along_m, across_m = to_middle_m * math.cos(turn) - share * to_end_m, to_middle_m * math.sin(turn)
        spread = share * (1.0 - share) * gap_s
        # What the readings' own errors already explain is not motion; the middle reading has an error as well.
        sigma_m = (middle.error_m or default_error_m) / RADIUS_PER_SIGMA
        noise_m2 = sigma_m**2 * (1.0 + share**2 + (1.0 - share) ** 2)
        estimates.append(((along_m**2 + across_m**2) / 2.0 - noise_m2) / spread)
    return max(sum(estimates) / len(estimates), 0.0) if estimates else DEFAULT_MOTION_M2_PER_S


def _show(fix: Fix) -> str:
    return _show_time(fix.utc) if fix.utc is not None else "?"


def _show_time(instant: dt.datetime) -> str:
    return instant.strftime("%Y-%m-%d %H:%M:%S UTC")
