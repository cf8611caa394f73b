"""Clock: the zone that a file's times imply, and its date against what was known of the site (docs/reasoning.md)."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from geoverify import geo
from geoverify.clocks import TimeObservation, ZoneReading, format_offset, read_zones, times_of
from geoverify.interfaces import Scene
from geoverify.model import TimeMeaning
from geoverify.places import ReferenceSite
from geoverify.results import Basis, Candidate, Direction, Evidence
from geoverify.settings import Settings


class ClockChannel:
    """Weighs when the footage says it was shot, by which clock."""

    name = "clock"

    def weigh(self, candidates: Sequence[Candidate], scene: Scene) -> Iterator[Evidence]:
        """Yield zone evidence for each stated or implied offset, and a neutral note on each site's status at that date."""
        times = times_of(scene.observations)
        zones = list(read_zones(times))
        captured = [time for time in times if time.value.meaning is TimeMeaning.CAPTURED]
        for candidate in candidates:
            site = scene.sites[candidate.site_code]
            for zone in zones:
                yield _weigh_zone(site, zone, scene.settings)
            if captured and site.status_history:
                yield from _note_status(site, captured[0])


CHANNEL = ClockChannel()


def _weigh_zone(site: ReferenceSite, zone: ZoneReading, settings: Settings) -> Evidence:
    site_zone, tolerance_minutes = _offset_at(site, zone.at, settings)
    fits = abs(zone.offset_minutes - site_zone) <= tolerance_minutes
    agrees, differs = _log10_lr(1.0 - settings.clock_error_rate, settings), _log10_lr(settings.clock_error_rate, settings)
    log10_lr = agrees if fits else differs
    about = "about " if tolerance_minutes else ""
    return Evidence(
        channel=CHANNEL.name,
        site_code=site.code,
        log10_lr=round(log10_lr, 4),
        min_log10_lr=round(differs, 4),
        max_log10_lr=round(agrees, 4),
        basis=Basis.ASSUMED,
        dependence_group="device-clock",
        finding=Direction.of(log10_lr),
        explanation=(
            f"{zone.how}; {site.code} keeps {about}{format_offset(site_zone)}: "
            f"{'the zones agree, as they would at most places near it' if fits else 'another zone, or a clock set wrong'}"
        ),
        observation_ids=zone.observation_ids,
    )


def _log10_lr(at_site: float, settings: Settings) -> float:
    """The ratio of a finding that has the probability `at_site` at the site, and the opposite one in any other zone."""
    elsewhere = settings.same_zone_share * at_site + (1.0 - settings.same_zone_share) * (1.0 - at_site)
    return math.log10(at_site / elsewhere)


def _offset_at(site: ReferenceSite, at: dt.datetime, settings: Settings) -> tuple[int, int]:
    """The site's offset in minutes at a local time, and how far civil time may lie from it."""
    if site.time_zone is not None:
        try:
            offset = ZoneInfo(site.time_zone).utcoffset(at)
        except (ZoneInfoNotFoundError, ValueError):
            offset = None
        if offset is not None:
            return round(offset.total_seconds() / 60), 0
    _, lon_deg = geo.centre(site.footprint)
    return round(lon_deg * 4), settings.zone_tolerance_minutes


def _note_status(site: ReferenceSite, captured: TimeObservation) -> Iterator[Evidence]:
    when = captured.value.local or captured.value.instant_utc
    if when is None:
        return
    day = when.date()
    periods = [period for period in site.status_history if period.covers(day)]
    if periods:
        said = "; ".join(f"{period.status}{f' ({period.source})' if period.source else ''}" for period in periods)
        text = f"on {day} (by {captured.provenance.field}) the register lists {site.code} as {said}"
    else:
        text = f"on {day} (by {captured.provenance.field}) the register says nothing of the status of {site.code}"
    yield Evidence(
        channel=CHANNEL.name,
        site_code=site.code,
        log10_lr=0.0,
        min_log10_lr=0.0,
        max_log10_lr=0.0,
        basis=Basis.ASSUMED,
        dependence_group="site-status",
        finding=Direction.NEUTRAL,
        explanation=text,
        observation_ids=(captured.id,),
    )
