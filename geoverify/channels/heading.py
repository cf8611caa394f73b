"""Heading: does the camera look at the site? (docs/reasoning.md)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import shapely

from geoverify import geo
from geoverify.channels._fix import ErrorCloud, project_footprint
from geoverify.interfaces import Scene
from geoverify.location import SIGMAS_PER_68_PERCENT_RADIUS, error_radius_m
from geoverify.model import Heading, North, Observation, Position, Track, Who
from geoverify.optics import View, view_of
from geoverify.places import ReferenceSite
from geoverify.results import Basis, Candidate, Direction, Evidence
from geoverify.settings import Settings


class HeadingChannel:
    """Weighs the direction in which the camera looked, from where it stood."""

    name = "heading"

    def weigh(self, candidates: Sequence[Candidate], scene: Scene) -> Iterator[Evidence]:
        """Yield evidence for each heading, each embedded fix or start of a track, and each candidate near enough to be seen."""
        view = view_of(scene.observations, scene.settings)
        for heading in scene.values_of(Heading):
            if abs(heading.value.pitch_deg or 0.0) > scene.settings.max_pitch_deg:
                continue
            for fix_id, position in _standpoints(scene):
                for candidate in candidates:
                    site = scene.sites[candidate.site_code]
                    yield from _weigh_view(site, fix_id, position, heading, view, scene.settings)


CHANNEL = HeadingChannel()


def _standpoints(scene: Scene) -> Iterator[tuple[str, Position]]:
    """Where the camera may have stood: every embedded fix, and the first of a track, since a heading is that of the start."""
    for item in scene.values_of(Position):
        if item.provenance.who in (Who.DEVICE, Who.EDITOR):
            yield item.id, item.value
    for track in scene.values_of(Track):
        if track.provenance.who is Who.DEVICE and track.value.points:
            yield track.id, track.value.points[0].position


def _weigh_view(
    site: ReferenceSite, fix_id: str, position: Position, heading: Observation[Heading], view: View, settings: Settings
) -> Iterator[Evidence]:
    if geo.measure_to(site.footprint, position.lat_deg, position.lon_deg) > geo.PROJECTION_REACH_M:
        return
    footprint_m = project_footprint(site, position.lat_deg, position.lon_deg)
    distance_m = float(shapely.distance(footprint_m, shapely.Point(0.0, 0.0)))
    span = geo.bearing_span(footprint_m)
    if distance_m > settings.view_distance_m or span is None:
        return
    bearing_deg, width_deg = span
    radius_m, _ = error_radius_m(position, settings)
    off_deg = geo.difference_deg(heading.value.angle_deg, bearing_deg)
    half_deg = (view.across_deg + width_deg) / 2.0
    ratio = _ratio(off_deg, half_deg, _sigma_deg(heading.value, radius_m, distance_m, settings), settings)
    # Where the camera may have stood inside, every direction shows the site: that part of the ratio is 1.
    cloud = ErrorCloud.around_fix(radius_m / SIGMAS_PER_68_PERCENT_RADIUS, settings.error_rings, settings.error_spokes)
    outside = float(np.mean(np.asarray(shapely.distance(footprint_m, shapely.points(cloud.points))) > 0.0))
    log10_lr = math.log10(outside * ratio + 1.0 - outside)
    seen = "in" if abs(off_deg) <= half_deg else "out of"
    yield Evidence(
        channel=CHANNEL.name,
        site_code=site.code,
        log10_lr=round(log10_lr, 4),
        min_log10_lr=round(math.log10(1.0 - settings.looks_at_site_share), 4),
        max_log10_lr=round(math.log10(max(1.0, _ratio(0.0, half_deg, 0.0, settings))), 4),
        basis=Basis.ASSUMED if view.is_assumed else Basis.MODELLED,
        dependence_group="device-heading",
        finding=Direction.of(log10_lr),
        explanation=(
            f"the camera points to {heading.value.angle_deg:.0f}° ({heading.value.north.value} north) with a view "
            f"{view.across_deg:.0f}° wide{' (assumed)' if view.is_assumed else ''}; {site.code} lies at {bearing_deg:.0f}° and "
            f"fills {width_deg:.0f}°: it is {seen} view"
        ),
        observation_ids=(fix_id, heading.id, *view.observation_ids),
    )


def _sigma_deg(heading: Heading, radius_m: float, distance_m: float, settings: Settings) -> float:
    declination_deg = 0.0 if heading.north is North.TRUE else settings.magnetic_error_deg
    # A fix that is off by its radius turns the bearing to the site by about atan(radius / distance).
    parallax_deg = math.degrees(math.atan2(radius_m, distance_m))
    return math.sqrt(settings.heading_error_deg**2 + declination_deg**2 + parallax_deg**2)


def _ratio(off_deg: float, half_deg: float, sigma_deg: float, settings: Settings) -> float:
    """Density of the measured direction under "shot at the site" over the uniform one under "shot elsewhere".

    Under the first, a share of the footage looks somewhere into the arc of ± `half_deg`, measured with a normal error; the
    rest looks anywhere.
    """
    if half_deg >= 180.0:
        return 1.0
    # Errors run round the circle: what falls off one end of the arc's other side comes in at this one.
    in_arc = sum(_in_arc(off_deg + turn_deg, half_deg, sigma_deg) for turn_deg in (-360.0, 0.0, 360.0))
    share = settings.looks_at_site_share
    return share * in_arc * 360.0 / (2.0 * half_deg) + (1.0 - share)


def _in_arc(off_deg: float, half_deg: float, sigma_deg: float) -> float:
    if sigma_deg == 0.0:
        return float(abs(off_deg) <= half_deg)
    root = sigma_deg * math.sqrt(2.0)
    return 0.5 * (math.erf((half_deg - off_deg) / root) + math.erf((half_deg + off_deg) / root))
