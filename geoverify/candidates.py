"""Which sites of the register are worth weighing: those near a file's fixes, else the nearest, and those its picture shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import shapely

from geoverify import geo
from geoverify.location import error_radius_m
from geoverify.model import Heading, LearnedMatch, Observation, PlaceClaim, Position, Track, Value, VisualMatch
from geoverify.optics import view_of
from geoverify.places import FootprintKind, NamedPart, ReferenceSite, Register
from geoverify.register.nearness import Pairs, SiteIndex
from geoverify.results import Candidate, Mention, MentionKind, PartSighting
from geoverify.settings import Settings

# However wide its error, a fix is weighed against sites up to this far.
MAX_REACH_M = 100_000.0
# A fix that is wide enough to mean more sites than this tells none of them from the others.
MAX_CANDIDATES = 256


class CandidateFinder:
    """Finds candidates through a spatial index over one register."""

    def __init__(self, register: Register, settings: Settings) -> None:
        self.sites = {site.code: site for site in register.sites}
        self.region_area_m2 = (
            settings.default_region_area_m2 if register.region is None else geo.geodesic_area_m2(register.region)
        )
        self._ordered = register.sites
        self._settings = settings
        self._index = SiteIndex(register.sites)

    def find(self, observations: Sequence[Observation[Value]], mentions: Sequence[Mention] = ()) -> tuple[Candidate, ...]:
        """Return candidates nearest first, then those that a picture or words name; none where nothing names a place."""
        headings = [item.value for item in observations if isinstance(item.value, Heading)]
        near = self._find_near(_positions(observations), headings[:1], view_of(observations, self._settings).across_deg)
        known = {candidate.site_code for candidate in near}
        pictured = (item.value for item in observations if isinstance(item.value, VisualMatch | LearnedMatch))
        matched = dict.fromkeys(match.site_code for match in pictured)
        seen = [code for code in matched if code in self.sites and code not in known]
        known.update(seen)
        named = dict.fromkeys((*_codes_of(mentions), *self._codes_around(observations, mentions)))
        fix = next(iter(_positions(observations)), None)
        room = max(0, MAX_CANDIDATES - len(near) - len(seen))
        told = [code for code in named if code not in known][:room]
        return (
            *near,
            *(_describe_seen(self.sites[code]) for code in seen),
            *(self._describe_named(self.sites[code], fix) for code in told),
        )

    def _find_near(self, fixes: Sequence[Position], headings: Sequence[Heading], view_deg: float) -> tuple[Candidate, ...]:
        if not fixes or not self._ordered:
            return ()
        distance_m: dict[int, float] = {}
        nearest_fix: dict[int, Position] = {}
        reach_m: dict[int, float] = {}
        places = _unique(fixes)
        for fix, fix_reach_m, index, metres in self._measure_near(places):
            reach_m[index] = max(fix_reach_m, reach_m.get(index, 0.0))
            if metres < distance_m.get(index, float("inf")):
                distance_m[index], nearest_fix[index] = metres, fix
        ranked = sorted(distance_m, key=lambda index: (distance_m[index], self._ordered[index].code))
        near = [index for index in ranked if distance_m[index] <= reach_m[index]][:MAX_CANDIDATES]
        chosen = near if len(near) >= self._settings.nearest_site_count else ranked[: self._settings.nearest_site_count]
        return tuple(
            self._describe(self._ordered[index], distance_m[index], nearest_fix[index], headings, view_deg) for index in chosen
        )

    def _codes_around(self, observations: Sequence[Observation[Value]], mentions: Sequence[Mention]) -> Iterator[str]:
        """The sites that positions in words may mean."""
        if not self._ordered:
            return
        for position in claimed_positions(observations, mentions):
            reach_m = max(self._settings.words_near_m, min(error_radius_m(position, self._settings)[0], MAX_REACH_M))
            for index in self._find_within([position], [reach_m]).site.tolist():
                yield self._ordered[index].code

    def _describe_named(self, site: ReferenceSite, fix: Position | None) -> Candidate:
        return Candidate(
            site_code=site.code,
            site_name=site.name,
            register_title=site.register_title,
            register_edition=site.register_edition,
            footprint_kind=site.footprint_kind,
            why="named in words",
            distance_m=round(_distance_m(site, fix), 1) if fix is not None else None,
        )

    def _reach_m(self, fix: Position) -> float:
        """How far sites can be and still be meant by a fix: the wider its error, the more of them."""
        radius_m, _ = error_radius_m(fix, self._settings)
        return max(self._settings.candidate_radius_m, min(2.0 * radius_m, MAX_REACH_M))

    def _measure_near(self, fixes: Sequence[Position]) -> Iterator[tuple[Position, float, int, float]]:
        """Each fix with its reach, and the number and distance of every site within that, or else of the nearest few."""
        reaches_m = [self._reach_m(fix) for fix in fixes]
        pairs = self._find_within(fixes, reaches_m)
        for at, index, metres in zip(*(column.tolist() for column in pairs), strict=True):
            yield fixes[at], reaches_m[at], index, metres
        counts = np.bincount(pairs.position, minlength=len(fixes))
        for at in np.flatnonzero(counts < self._settings.nearest_site_count).tolist():
            fix = fixes[at]
            for index, metres in self._index.find_nearest(fix.lat_deg, fix.lon_deg, self._settings.nearest_site_count):
                yield fix, reaches_m[at], index, metres

    def _find_within(self, positions: Sequence[Position], reaches_m: Sequence[float]) -> Pairs:
        lat_deg, lon_deg = np.array([(position.lat_deg, position.lon_deg) for position in positions]).T
        return self._index.find_within(lat_deg, lon_deg, np.array(reaches_m))

    def _describe(
        self,
        site: ReferenceSite,
        distance_m: float,
        fix: Position,
        headings: Sequence[Heading],
        view_deg: float,
    ) -> Candidate:
        lat_deg, lon_deg = geo.centre(site.footprint)
        _, bearing_deg = geo.measure(fix.lat_deg, fix.lon_deg, lat_deg, lon_deg)
        is_near = distance_m <= self._settings.candidate_radius_m
        parts = [_sight(part, fix, headings, view_deg) for part in site.parts] if is_near else []
        return Candidate(
            site_code=site.code,
            site_name=site.name,
            register_title=site.register_title,
            register_edition=site.register_edition,
            footprint_kind=site.footprint_kind,
            why="near a fix" if is_near else "nearest listed site, but far",
            distance_m=round(distance_m, 1),
            bearing_deg=round(bearing_deg, 1),
            parts=tuple(sorted(parts, key=lambda part: (part.distance_m, part.name))),
        )


def _describe_seen(site: ReferenceSite) -> Candidate:
    return Candidate(
        site_code=site.code,
        site_name=site.name,
        register_title=site.register_title,
        register_edition=site.register_edition,
        footprint_kind=site.footprint_kind,
        why="its reference photographs match the picture",
    )


def claimed_positions(observations: Iterable[Observation[Value]], mentions: Iterable[Mention]) -> list[Position]:
    """The positions that people wrote, as claims or as short Plus Codes beside a town."""
    claims = [item.value.position for item in observations if isinstance(item.value, PlaceClaim)]
    return [position for position in (*claims, *(mention.position for mention in mentions)) if position is not None]


def _codes_of(mentions: Iterable[Mention]) -> Iterator[str]:
    """Sites by name first: a town may have more than are weighed."""
    for kind in MentionKind:
        yield from (code for mention in mentions if mention.kind is kind for code in mention.site_codes)


def _positions(observations: Iterable[Observation[Value]]) -> list[Position]:
    fixes: list[Position] = []
    for item in observations:
        if isinstance(item.value, Position):
            fixes.append(item.value)
        elif isinstance(item.value, Track):
            fixes.extend(point.position for point in item.value.points)
    return fixes


def _unique(fixes: Iterable[Position]) -> list[Position]:
    # A track of thousands of fixes visits few places: one in each cell of about 100 m finds the same candidates.
    cells = {(round(fix.lat_deg, 3), round(fix.lon_deg, 3)): fix for fix in fixes}
    return list(cells.values())


def _distance_m(site: ReferenceSite, fix: Position) -> float:
    distance_m = geo.measure_to(site.footprint, fix.lat_deg, fix.lon_deg)
    return max(0.0, distance_m - site.boundary_error_m) if site.footprint_kind is FootprintKind.POINT else distance_m


def _sight(part: NamedPart, fix: Position, headings: Sequence[Heading], view_deg: float) -> PartSighting:
    shape_m = geo.project_locally(part.geometry, fix.lat_deg, fix.lon_deg)
    distance_m = float(shapely.distance(shape_m, shapely.Point(0.0, 0.0)))
    span = geo.bearing_span(shape_m)
    in_view = None
    if headings:
        in_view = span is None or abs(geo.difference_deg(headings[0].angle_deg, span[0])) <= (view_deg + span[1]) / 2.0
    return PartSighting(
        name=part.name,
        kind=part.kind,
        distance_m=round(distance_m, 1),
        bearing_deg=round(span[0], 1) if span else None,
        in_view=in_view,
    )
