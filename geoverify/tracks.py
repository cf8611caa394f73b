"""From readings of a receiver to a track: what the telemetry inside a file, beside it and given with it have in common."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from msgspec import Struct

from geoverify.containers.dji_srt import Certainty, FlightLog, steady_yaw
from geoverify.containers.fixes import Fix
from geoverify.containers.nmea import Epoch
from geoverify.model import (
    Absent,
    CaptureTime,
    Clock,
    Finding,
    Heading,
    North,
    Observation,
    Position,
    Problem,
    Provenance,
    Reason,
    TimeMeaning,
    Track,
    TrackPoint,
    Who,
)

MAX_POINTS = 10_000
# Seven hours at the 18 readings a second of the fastest receivers.
MAX_READINGS = 500_000
# A camera that stays within this of one direction can be said to look that way through the whole footage.
STEADY_DEG = 15.0
# A start of footage further than this from the first stamp belongs to another clock.
MAX_START_GAP_S = 600.0
# The first year in which a civilian receiver could have written a video's telemetry.
MIN_YEAR = 2000
MAX_YEAR = 2099


class TrackSource(Struct, frozen=True, kw_only=True):
    """What the provenance of everything from one source has in common; `file` names a file beside the media."""

    reader: str
    field: str
    who: Who = Who.DEVICE
    file: str | None = None

    @property
    def room(self) -> str:
        """Where the problems of this source are said to be."""
        return self.reader if "." in self.reader else f"readers.{self.reader}"

    def provenance(self, raw: str, part: str = "") -> Provenance:
        """The provenance of one value; `part` is added to the field's name."""
        field = f"{self.field} {part}".strip()
        return Provenance(reader=self.reader, field=field, raw=raw, who=self.who, file=self.file)


def report_track(fixes: Iterable[Fix], witness: TrackSource, note: str = "") -> Iterator[Finding]:
    """Yield the track of the usable readings, the GPS time of the first, and one absence for each way the others fail.

    A track longer than `MAX_POINTS` keeps the first reading of each equal step of time, and its provenance says so. Of more than
    `MAX_READINGS` readings the rest is left out, and a problem says so.
    """
    usable: list[Fix] = []
    failed: dict[Reason, list[Fix]] = {}
    for number, fix in enumerate(fixes):
        if number == MAX_READINGS:
            message = f"{witness.field}: more than {MAX_READINGS} readings, of which the rest is left out"
            yield Problem(code="too-many-readings", message=message, where=witness.room)
            break
        reason = _find_fault(fix)
        if reason is None:
            usable.append(fix)
        else:
            failed.setdefault(reason, []).append(fix)
    total = len(usable) + sum(len(fixes) for fixes in failed.values())
    for reason, faulty in failed.items():
        detail = f"{witness.field}: {len(faulty)} of {total} points {_EXPLAIN[reason]}; the first reads {_show(faulty[0])}"
        yield Absent(what="position", reason=reason, detail=detail, reader=witness.reader)
    if not usable:
        return
    usable.sort(key=lambda fix: fix.time_s)
    kept, step_s = thin_fixes(usable)
    raw = f"{len(usable)} points from {usable[0].time_s:.1f} s to {usable[-1].time_s:.1f} s"
    if step_s:
        raw += f", thinned to {len(kept)}, the first in each {step_s:.2f} s"
    raw += f", first {_show(usable[0])}"
    if note:
        raw += f"; {note}"
    points = tuple(TrackPoint(time_s=fix.time_s, position=_position(fix)) for fix in kept)
    yield Observation(value=Track(points=points), provenance=witness.provenance(raw))
    yield from _report_time(usable, witness)


def thin_fixes(fixes: list[Fix]) -> tuple[list[Fix], float]:
    """Keep the first of each equal step of time where there are more than `MAX_POINTS`; return also the step in seconds."""
    if len(fixes) <= MAX_POINTS:
        return fixes, 0.0
    start_s = fixes[0].time_s
    # The last reading begins a step of its own.
    step_s = (fixes[-1].time_s - start_s) / (MAX_POINTS - 1)
    if step_s <= 0.0:
        return fixes[:MAX_POINTS], 0.0
    kept: list[Fix] = []
    due_s = start_s
    for fix in fixes:
        if fix.time_s >= due_s:
            kept.append(fix)
            due_s = start_s + (math.floor((fix.time_s - start_s) / step_s) + 1) * step_s
    return kept, step_s


_EXPLAIN = {
    Reason.NO_FIX: "were written without a satellite fix and are no positions",
    Reason.NOT_A_NUMBER: "are not numbers",
    Reason.OUT_OF_RANGE: "lie outside the range of latitude and longitude",
    Reason.NULL_ISLAND: "read 0/0, which devices write for “unknown”",
}


def _find_fault(fix: Fix) -> Reason | None:
    if not fix.fixed:
        return Reason.NO_FIX
    if not (math.isfinite(fix.lat_deg) and math.isfinite(fix.lon_deg) and math.isfinite(fix.time_s)):
        return Reason.NOT_A_NUMBER
    if abs(fix.lat_deg) > 90.0 or abs(fix.lon_deg) > 180.0:
        return Reason.OUT_OF_RANGE
    if fix.lat_deg == 0.0 and fix.lon_deg == 0.0:
        return Reason.NULL_ISLAND
    return None


def _position(fix: Fix) -> Position:
    return Position(
        lat_deg=fix.lat_deg,
        lon_deg=fix.lon_deg,
        alt_m=fix.alt_m if fix.alt_m is not None and math.isfinite(fix.alt_m) else None,
        horizontal_error_m=fix.error_m if fix.error_m is not None and 0.0 < fix.error_m < math.inf else None,
        resolution_m=fix.resolution_m,
    )


def _show(fix: Fix) -> str:
    return f"{fix.lat_deg:.7g}, {fix.lon_deg:.7g}"


def _report_time(usable: list[Fix], witness: TrackSource) -> Iterator[Finding]:
    first = next((fix for fix in usable if fix.utc is not None), None)
    if first is None or first.utc is None:
        return
    if not MIN_YEAR <= first.utc.year <= MAX_YEAR:
        detail = f"{witness.field}: the receiver's clock reads {first.utc.isoformat()}, a time before such cameras"
        yield Absent(what="time", reason=Reason.OUT_OF_RANGE, detail=detail, reader=witness.reader)
        return
    yield Observation(
        value=CaptureTime(instant_utc=first.utc, clock=Clock.GPS, meaning=TimeMeaning.FIXED),
        provenance=witness.provenance(f"{first.utc.isoformat()} at {first.time_s:.2f} s into the footage"),
    )


def report_flight(log: FlightLog, witness: TrackSource) -> Iterator[Finding]:
    """Yield what a drone's flight text says: track, local time, and the heading where the camera holds still.

    The track's provenance says how sure the order of the axes is; an order that nothing proves is also a problem of its own.
    """
    note = ""
    if log.order is not None:
        which = "latitude" if log.order.latitude_first else "longitude"
        note = f"GPS(a, b) read with {which} first ({log.order.certainty}: {log.order.why})"
        if log.order.certainty is Certainty.ASSUMED:
            message = f"the text does not prove which number of GPS(a, b) is the latitude; {note}; check the place on a map"
            yield Problem(code="axis-order-assumed", message=message, where=witness.room)
    yield from report_track(log.fixes, witness, note)
    if log.local is not None:
        yield Observation(
            value=CaptureTime(local=log.local, clock=Clock.DEVICE, meaning=TimeMeaning.CAPTURED),
            provenance=witness.provenance(f"{log.local.isoformat(' ')} at {log.local_at_s:.2f} s into the footage"),
        )
    yaw_deg = steady_yaw(log.yaw_deg, STEADY_DEG)
    if yaw_deg is not None:
        raw = f"{len(log.yaw_deg)} angles from {log.yaw_deg[0]:.1f} to {log.yaw_deg[-1]:.1f}"
        yield Observation(value=Heading(angle_deg=yaw_deg, north=North.TRUE), provenance=witness.provenance(raw, "gimbal yaw"))
    elif log.yaw_deg:
        detail = f"the gimbal turns by more than {STEADY_DEG:.0f} degrees; no one direction stands for the footage"
        yield Absent(what="heading", reason=Reason.UNSUPPORTED, detail=detail, reader=witness.reader)


def report_log_epochs(epochs: Iterable[Epoch], witness: TrackSource, start_s: float | None = None) -> Iterator[Finding]:
    """Yield the track of a whole NMEA log; `start_s` is when the footage began by the clock that stamped the sentences.

    Without stamps, or with a start that does not fit them, times count from the first sentence, and the provenance says so.
    """
    listed = list(epochs)
    if not listed:
        return
    stamps_s = [epoch.stamp_s for epoch in listed if epoch.stamp_s is not None]
    if len(stamps_s) == len(listed):
        fits = start_s is not None and abs(stamps_s[0] - start_s) < MAX_START_GAP_S
        zero_s = start_s if fits and start_s is not None else stamps_s[0]
        times_s = [stamp_s - zero_s for stamp_s in stamps_s]
        note = "times by the camera's stamps" if fits else "times by the camera's stamps from the first sentence on"
    else:
        times_s = [(epoch.second_of_day - listed[0].second_of_day) % 86_400.0 for epoch in listed]
        note = "times counted from the first sentence"
    yield from report_track((epoch.to_fix(time_s) for epoch, time_s in zip(listed, times_s, strict=True)), witness, note)
