"""Position: fixes and tracks against footprints, with the errors of both (design §5; docs/reasoning.md)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from geoverify import geo
from geoverify.channels._density import Densities, Fixes, Footprints, weigh_rows
from geoverify.channels._fix import distances_to
from geoverify.channels._ratio import Elsewhere, compare
from geoverify.channels._track import Visit, pass_by, weigh_times
from geoverify.geo import Floats
from geoverify.interfaces import Scene
from geoverify.location import SIGMAS_PER_68_PERCENT_RADIUS, do_agree, error_radius_m
from geoverify.model import Observation, Position, Track, TrackPoint, Value, Who
from geoverify.places import FootprintKind, ReferenceSite
from geoverify.register.outlines import Rows
from geoverify.results import Basis, Candidate, Direction, Evidence
from geoverify.settings import Settings

# Of two positions as fine as each other, the one of the stronger witness is weighed.
_RANK = {who: rank for rank, who in enumerate(Who)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """A fix as a track of one point, or a track, its finest 68 % radius, and the witness behind it."""

    observation: Observation[Value]
    points: tuple[TrackPoint, ...]
    radius_m: float
    group: str


class PositionChannel:
    """Weighs where the file says that the camera was."""

    name = "position"

    def weigh(self, candidates: Sequence[Candidate], scene: Scene) -> Iterator[Evidence]:
        """Yield one piece of evidence for each fix or track and each candidate."""
        sources = _find_sources(scene)
        for source in sources:
            finer = _find_finer(source, sources, scene.settings)
            if finer is None:
                yield from _weigh_points(source, candidates, scene)
            else:
                yield from _note_agreement(source, finer, candidates)


CHANNEL = PositionChannel()


def _find_sources(scene: Scene) -> list[_Source]:
    placed: list[tuple[Observation[Value], tuple[TrackPoint, ...]]] = []
    placed += [(fix, (TrackPoint(time_s=0.0, position=fix.value),)) for fix in scene.values_of(Position)]
    placed += [(track, track.value.points) for track in scene.values_of(Track) if track.value.points]
    return [
        _Source(
            observation=item,
            points=points,
            radius_m=min(error_radius_m(point.position, scene.settings)[0] for point in points),
            group=_group_of(item, scene),
        )
        for item, points in placed
    ]


def _find_finer(source: _Source, sources: Sequence[_Source], settings: Settings) -> _Source | None:
    """The finest of other witnesses' positions that this one agrees with, where it is finer than this one.

    Two positions of one camera are not two independent proofs of a site: where the finer one places the camera beside it, the
    coarser one is no likelier at the site than beside it. What their joint density says is nearly what the finer one says.
    """
    rivals = [other for other in sources if other.group != source.group and _fineness(other) < _fineness(source)]
    agreeing = (other for other in rivals if do_agree(source.observation.value, other.observation.value, settings))
    return min(agreeing, key=_fineness, default=None)


def _fineness(source: _Source) -> tuple[float, int]:
    return source.radius_m, _RANK[source.observation.provenance.who]


def _note_agreement(source: _Source, finer: _Source, candidates: Sequence[Candidate]) -> Iterator[Evidence]:
    field, other = source.observation.provenance.field, finer.observation.provenance.field
    for candidate in candidates:
        yield Evidence(
            channel=CHANNEL.name,
            site_code=candidate.site_code,
            log10_lr=0.0,
            min_log10_lr=0.0,
            max_log10_lr=0.0,
            basis=Basis.MODELLED,
            dependence_group=f"{source.group}-agreeing",
            finding=Direction.NEUTRAL,
            explanation=(
                f"{field}, whose error is {_format_distance(source.radius_m)}, agrees with {other}, "
                "which is finer and is weighed: it says nothing more of which site"
            ),
            observation_ids=(source.observation.id, finer.observation.id),
        )


def _weigh_points(source: _Source, candidates: Sequence[Candidate], scene: Scene) -> Iterator[Evidence]:
    if not candidates:
        return
    settings, points, observation = scene.settings, source.points, source.observation
    positions = [point.position for point in points]
    sites = [scene.sites[candidate.site_code] for candidate in candidates]
    shares = weigh_times([point.time_s for point in points])
    distances = [distances_to(site, positions) for site in sites]
    footprints = Footprints.of(sites)
    ratios = compare(
        _average(footprints, positions, shares, distances, settings),
        fixes=np.zeros(len(sites), dtype=np.int64),
        sigma_m=np.array([source.radius_m / SIGMAS_PER_68_PERCENT_RADIUS]),
        error_rate=_error_rate(observation, settings),
        elsewhere=Elsewhere(site_count=len(scene.register.sites), region_area_m2=scene.region_area_m2),
        settings=settings,
    )
    is_coarse = source.radius_m > settings.naming_error_m
    for number, (site, row) in enumerate(zip(sites, distances, strict=True)):
        log10_lr, min_log10_lr, max_log10_lr = (float(column[number]) for column in ratios)
        yield Evidence(
            channel=CHANNEL.name,
            site_code=site.code,
            log10_lr=round(log10_lr, 4),
            min_log10_lr=round(min_log10_lr, 4),
            max_log10_lr=round(max_log10_lr, 4),
            basis=Basis.MODELLED,
            dependence_group=source.group,
            finding=Direction.of(log10_lr),
            explanation=_explain(site, pass_by([point.time_s for point in points], shares, row), points, observation, settings),
            observation_ids=(observation.id,),
            locates=True,
            coarse=is_coarse,
        )


def _average(
    footprints: Footprints, positions: Sequence[Position], shares: Floats, distances_m: Sequence[Floats], settings: Settings
) -> Densities:
    """Means over the time of a track; only points near a site are blurred one by one, the others hardly count."""
    radii_m = np.array([error_radius_m(position, settings)[0] for position in positions])
    visits = [_choose_points(row, shares, settings.candidate_radius_m + 4.0 * np.max(radii_m), settings) for row in distances_m]
    points = np.concatenate([chosen for chosen, _ in visits])
    sites = np.repeat(np.arange(len(visits)), [len(chosen) for chosen, _ in visits])
    lat_deg, lon_deg = np.array([(position.lat_deg, position.lon_deg) for position in positions]).T
    fixes = Fixes(
        site=sites,
        lat_deg=lat_deg[points],
        lon_deg=lon_deg[points],
        radius_m=radii_m[points],
        distance_m=np.array(distances_m)[sites, points],
    )
    found = weigh_rows(footprints, fixes, settings)
    weights = np.concatenate([weight for _, weight in visits])
    of_site, beside_site, in_district = (
        np.bincount(sites, weights=weights * column, minlength=len(visits)).astype(np.float64) for column in found
    )
    return Densities(of_site=of_site, beside_site=beside_site, in_district=in_district)


def _choose_points(distance_m: Floats, shares: Floats, reach_m: float, settings: Settings) -> tuple[Rows, Floats]:
    """The numbers of the points that stand for all near a site, and their shares of the time."""
    near = np.flatnonzero(distance_m <= reach_m)
    if not near.size:
        return near, np.empty(0)
    chosen = near[np.unique(np.linspace(0, near.size - 1, settings.track_points_weighed).round().astype(int))]
    # The nearest point is where a short visit shows: it is never thinned away.
    chosen = np.union1d(chosen, [near[np.argmin(distance_m[near])]])
    return chosen, shares[chosen] / np.sum(shares[chosen]) * np.sum(shares[near])


def _error_rate(observation: Observation[Value], settings: Settings) -> float:
    error_rate = settings.error_rate(observation.provenance.who)
    # Whoever handled the folder could have put a file beside the footage.
    return error_rate if observation.provenance.file is None else max(error_rate, settings.sidecar_error_rate)


def _group_of(observation: Observation[Value], scene: Scene) -> str:
    """The witness behind a position: the file's device, or the first source of which this one is a copy, or who wrote it."""
    who = observation.provenance.who
    if who in (Who.DEVICE, Who.EDITOR):
        return "embedded-position"
    if isinstance(observation.value, Position):
        for earlier in scene.values_of(Position):
            if earlier is observation:
                break
            if _is_copy(observation.value, earlier.value):
                return _group_of(earlier, scene)
    return f"{who.value}-position"


def _is_copy(one: Position, other: Position) -> bool:
    distance_m, _ = geo.measure(one.lat_deg, one.lon_deg, other.lat_deg, other.lon_deg)
    # Independent fixes differ by metres; copies by the rounding of their notation.
    return distance_m <= max(one.resolution_m or 0.0, other.resolution_m or 0.0, 1.0)


def _explain(
    site: ReferenceSite, visit: Visit, points: Sequence[TrackPoint], observation: Observation[Value], settings: Settings
) -> str:
    field = observation.provenance.field
    what = (
        f"the published point of {site.code}, taken as a disc of {site.boundary_error_m:.0f} m, not a boundary"
        if site.footprint_kind is FootprintKind.POINT
        else f"the {site.footprint_kind.value} footprint of {site.code} (boundary ± {site.boundary_error_m:.0f} m)"
    )
    if len(points) > 1:
        return f"track {field}: {_describe_visit(visit)} {what}"
    radius_m, basis = error_radius_m(points[0].position, settings)
    where = "inside" if visit.nearest_m == 0.0 else f"{_format_distance(visit.nearest_m)} outside"
    if site.footprint_kind is FootprintKind.POINT:
        # How dense a site's footage is depends on how far from the point it is, inside the disc too.
        place = points[0].position
        where = f"{_format_distance(geo.measure_to(site.footprint, place.lat_deg, place.lon_deg))} from the middle of"
    name = "fix" if observation.provenance.who is Who.DEVICE else f"position written by {observation.provenance.who.value}"
    return f"{name} {field} lies {where} {what}; its error is {_format_distance(radius_m)} ({basis})"


def _describe_visit(visit: Visit) -> str:
    if visit.first_inside_s is None or visit.last_inside_s is None:
        return f"never inside; nearest approach {_format_distance(visit.nearest_m)} at {visit.nearest_s:.0f} s of"
    return (
        f"{visit.inside_share:.0%} of its time inside "
        f"(first at {visit.first_inside_s:.0f} s, last at {visit.last_inside_s:.0f} s)"
    )


def _format_distance(distance_m: float) -> str:
    """A distance as people say it: metres up to a kilometre, then kilometres."""
    return f"{distance_m:.0f} m" if distance_m < 1000.0 else f"{distance_m / 1000.0:.1f} km"
