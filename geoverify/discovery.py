"""Places that no register lists: strongly located footage outside every footprint that lies together."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from geoverify import geo
from geoverify.facts import facts_of, is_disputed
from geoverify.geo import Floats
from geoverify.model import Camera, CaptureTime, Observation, TimeMeaning, Value, Who
from geoverify.results import Candidate, Location, Report, VerdictKind
from geoverify.tally.witnesses import group_copies, group_witnesses

DEFAULT_RADIUS_M = 150.0
DEFAULT_MIN_FILES = 2
# Closer than this to a listed site, what is found may be that site: its outline is then worth another look.
NEAR_LISTED_M = 300.0
# A draft's point is never said to be known better than a block of houses.
MIN_BOUNDARY_ERROR_M = 50.0
DRAFT_TITLE = "Candidate sites found in a case"


class LeftOut(StrEnum):
    """Why a located file is no sighting."""

    NOT_BY_A_DEVICE = "not_by_a_device"
    POSITIONS_DISAGREE = "positions_disagree"
    CONTRADICTORY = "contradictory"
    LISTED_SITE = "listed_site"
    ERROR_TOO_WIDE = "error_too_wide"
    MAY_BE_LISTED = "may_be_listed"


class Sighting(Struct, frozen=True, kw_only=True):
    """One file whose own device placed it outside every footprint; `copies` are files of the same witness that it placed there.

    `witness` is the same text for all files that count once: copies of one footage and the files of one post.
    """

    path: str
    sha256: str | None
    lat_deg: float
    lon_deg: float
    error_radius_m: float
    captured: str | None
    camera: str | None
    nearest_code: str | None
    nearest_m: float | None
    witness: str
    copies: tuple[str, ...] = ()


class Cluster(Struct, frozen=True, kw_only=True):
    """A candidate for a site: the middle of its sightings, how far they lie from it, and the nearest listed site.

    `independent_count` is how many witnesses there are behind it, at most one for each sighting.
    """

    code: str
    lat_deg: float
    lon_deg: float
    spread_m: float
    boundary_error_m: float
    days: tuple[str, ...]
    cameras: tuple[str, ...]
    nearest_code: str | None
    nearest_m: float | None
    cautions: tuple[str, ...]
    independent_count: int
    sightings: tuple[Sighting, ...]


class Discovery(Struct, frozen=True, kw_only=True):
    """What a case shows beyond the register: clusters, the largest first, and witnesses that lie alone.

    `left_out` counts the files that are located and are no sighting, by the first reason in the order of `LeftOut`.
    `compares_pictures` says whether copies were found by what pictures show, or by their bytes alone.
    """

    radius_m: float
    min_files: int
    compares_pictures: bool
    clusters: tuple[Cluster, ...]
    alone_count: int
    left_out: dict[LeftOut, int]


def discover(
    reports: Iterable[Report],
    radius_m: float = DEFAULT_RADIUS_M,
    min_files: int = DEFAULT_MIN_FILES,
    doubles: Iterable[Sequence[str]] | None = None,
) -> Discovery:
    """Cluster the strongly located footage of a case outside every footprint: DBSCAN with geodesic distances.

    `min_files` counts witnesses as summaries do: copies of one footage count once, and so do the files of one post. `doubles`
    are groups of digests that are the same footage, `None` where nobody compared more than bytes. Files with the same
    coordinates and time to the last digit count once too. Witnesses that lie alone are counted, not shown.
    """
    compares_pictures = doubles is not None
    found_files, left_out = _find_sightings(reports, radius_m, doubles or ())
    sightings = _merge_witnesses(found_files, radius_m)
    labels = _cluster(sightings, radius_m, min_files)
    groups: dict[int, list[Sighting]] = {}
    for item, label in zip(sightings, labels, strict=True):
        groups.setdefault(label, []).append(item)
    # One witness may have been at several places of a cluster; it counts once there, too.
    found = [group for label, group in groups.items() if label >= 0 and _count_witnesses(group) >= min_files]
    found.sort(key=lambda group: (-_count_witnesses(group), group[0].path))
    clusters = tuple(_describe(f"NEW{number:02d}", group, radius_m) for number, group in enumerate(found, 1))
    clustered = {item.witness for group in found for item in group}
    return Discovery(
        radius_m=radius_m,
        min_files=min_files,
        compares_pictures=compares_pictures,
        clusters=clusters,
        alone_count=len({item.witness for item in sightings} - clustered),
        left_out={why: left_out[why] for why in LeftOut if left_out[why]},
    )


def draft_register(discovery: Discovery, made_on: dt.date) -> dict[str, Any]:
    """The clusters as a register of candidates, points with the uncertainty that their spread leaves."""
    return {
        "type": "FeatureCollection",
        "title": DRAFT_TITLE,
        "edition": made_on.isoformat(),
        "date": made_on.isoformat(),
        "licence": "not for publication",
        "compiled_by": "geoverify discover",
        "notes": (
            f"Footage within {discovery.radius_m:g} m of each other, by the devices' own fixes, outside every footprint of the "
            "register that it was matched to. Nothing says what stands there; it may be somebody's home."
        ),
        "features": [_draft_site(cluster, made_on) for cluster in discovery.clusters],
    }


def _find_sightings(
    reports: Iterable[Report], radius_m: float, doubles: Iterable[Sequence[str]]
) -> tuple[list[Sighting], Counter[LeftOut]]:
    """The sightings among some reports, and the located files that are none.

    What joins two witnesses may be a file that is no sighting itself.
    """
    left_out: Counter[LeftOut] = Counter()
    digests: list[str | None] = []
    posts: list[str | None] = []
    spots: list[str | None] = []
    found: list[tuple[int, Sighting]] = []
    for report in reports:
        facts = facts_of(report)
        digests.append(report.media.digest.hex if report.media.digest and facts.is_footage else None)
        posts.append(facts.post if facts.is_footage else None)
        spots.append(None)
        if report.location is None:
            continue
        nearest = _nearest(report.candidates)
        why = _leave_out(report, report.location, nearest, radius_m)
        if why is not None:
            left_out[why] += 1
            continue
        sighting = _make_sighting(report, report.location, nearest)
        spots[-1] = f"{sighting.lat_deg!r} {sighting.lon_deg!r} {sighting.captured}"
        found.append((len(spots) - 1, sighting))
    # Those that say the same to the last digit hang together as the files of one post do.
    witness = group_witnesses(spots, group_witnesses(posts, group_copies(digests, doubles)))
    return [replace(sighting, witness=f"w{witness[at]}") for at, sighting in found], left_out


def _leave_out(report: Report, location: Location, nearest: Candidate | None, radius_m: float) -> LeftOut | None:
    """Why a located file is no sighting: not the device itself says it, or not finely, or a listed site may explain it."""
    source = next(item.provenance for item in report.observations if item.id == location.observation_id)
    if source.who is not Who.DEVICE or source.file is not None:
        return LeftOut.NOT_BY_A_DEVICE
    if any(problem.code == "positions-disagree" for problem in report.problems):
        return LeftOut.POSITIONS_DISAGREE
    if report.verdict.kind is VerdictKind.CONTRADICTORY:
        return LeftOut.CONTRADICTORY
    if report.verdict.kind in (VerdictKind.CONSISTENT, VerdictKind.AMBIGUOUS):
        return LeftOut.LISTED_SITE
    if location.error_radius_m > radius_m:
        return LeftOut.ERROR_TOO_WIDE
    # Within two radii (95 % of a normal error) of a footprint it may have been shot in it.
    if nearest is not None and (nearest.distance_m or 0.0) <= 2.0 * location.error_radius_m:
        return LeftOut.MAY_BE_LISTED
    return None


def _make_sighting(report: Report, location: Location, nearest: Candidate | None) -> Sighting:
    return Sighting(
        path=report.media.path,
        sha256=report.media.digest.hex if report.media.digest else None,
        lat_deg=location.lat_deg,
        lon_deg=location.lon_deg,
        error_radius_m=location.error_radius_m,
        captured=None if is_disputed(report.problems) else _captured(report.observations),
        camera=_camera(report.observations),
        nearest_code=nearest.site_code if nearest else None,
        nearest_m=nearest.distance_m if nearest else None,
        witness="",
    )


def _nearest(candidates: Sequence[Candidate]) -> Candidate | None:
    measured = [candidate for candidate in candidates if candidate.distance_m is not None]
    return min(measured, key=lambda candidate: (candidate.distance_m or 0.0, candidate.site_code), default=None)


def _captured(observations: Sequence[Observation[Value]]) -> str | None:
    for meaning in (TimeMeaning.CAPTURED, TimeMeaning.FIXED):
        for item in observations:
            if isinstance(item.value, CaptureTime) and item.value.meaning is meaning and item.provenance.who is Who.DEVICE:
                moment = item.value.local or item.value.instant_utc
                if moment is not None:
                    return moment.isoformat(sep=" ")
    return None


def _camera(observations: Sequence[Observation[Value]]) -> str | None:
    for item in observations:
        if isinstance(item.value, Camera):
            words = (item.value.make, item.value.model, item.value.serial)
            return " ".join(word for word in words if word) or None
    return None


def _merge_witnesses(sightings: Iterable[Sighting], radius_m: float) -> list[Sighting]:
    """One sighting for what one witness shows within a radius; what it shows elsewhere stays a sighting of its own."""
    kept: dict[str, list[Sighting]] = {}
    for item in sightings:
        known = kept.setdefault(item.witness, [])
        near = (
            at
            for at, other in enumerate(known)
            if geo.measure(other.lat_deg, other.lon_deg, item.lat_deg, item.lon_deg)[0] <= radius_m
        )
        at = next(near, None)
        if at is None:
            known.append(item)
        else:
            known[at] = replace(known[at], copies=(*known[at].copies, item.path))
    return [item for known in kept.values() for item in known]


def _count_witnesses(sightings: Iterable[Sighting]) -> int:
    return len({item.witness for item in sightings})


def _cluster(sightings: Sequence[Sighting], radius_m: float, min_files: int) -> list[int]:
    """Each sighting's cluster, −1 for none."""
    if len(sightings) < min_files:
        return [-1] * len(sightings)
    # A second to load, and only this command needs it.
    from sklearn.cluster import DBSCAN

    points_m = geo.to_geocentric_m([(item.lat_deg, item.lon_deg) for item in sightings])
    labels = DBSCAN(eps=radius_m, min_samples=min_files).fit_predict(points_m)
    return [int(label) for label in labels]


def _describe(code: str, group: Sequence[Sighting], radius_m: float) -> Cluster:
    (lat_deg, lon_deg), spread_m = _measure(group)
    nearest = min(group, key=lambda item: item.nearest_m if item.nearest_m is not None else math.inf)
    days = tuple(sorted({item.captured[:10] for item in group if item.captured}))
    cameras = tuple(sorted({item.camera for item in group if item.camera}))
    known_m = max(MIN_BOUNDARY_ERROR_M, spread_m + max(item.error_radius_m for item in group))
    return Cluster(
        code=code,
        lat_deg=round(lat_deg, 6),
        lon_deg=round(lon_deg, 6),
        spread_m=round(spread_m, 1),
        boundary_error_m=float(math.ceil(known_m / 10.0) * 10),
        days=days,
        cameras=cameras,
        nearest_code=nearest.nearest_code,
        nearest_m=nearest.nearest_m,
        cautions=tuple(_find_cautions(group, days, cameras, nearest, spread_m, radius_m)),
        independent_count=_count_witnesses(group),
        sightings=tuple(group),
    )


def _measure(group: Sequence[Sighting]) -> tuple[tuple[float, float], float]:
    """The middle of some sightings and the distance of the farthest one from it."""
    first = group[0]
    offsets_m = [_offset_m(first, item) for item in group]
    row = geo.unproject_locally(np.mean(offsets_m, axis=0)[None, :], first.lat_deg, first.lon_deg)[0]
    middle = float(row[0]), geo.wrap_lon_deg(float(row[1]))
    return middle, max(geo.measure(*middle, item.lat_deg, item.lon_deg)[0] for item in group)


def _offset_m(first: Sighting, item: Sighting) -> Floats:
    distance_m, bearing_deg = geo.measure(first.lat_deg, first.lon_deg, item.lat_deg, item.lon_deg)
    turn = math.radians(bearing_deg)
    return np.array([distance_m * math.sin(turn), distance_m * math.cos(turn)])


def _find_cautions(
    group: Sequence[Sighting],
    days: Sequence[str],
    cameras: Sequence[str],
    nearest: Sighting,
    spread_m: float,
    radius_m: float,
) -> Iterator[str]:
    if len(cameras) == 1 and all(item.camera for item in group):
        yield "all of it by one model of camera: where one person films again and again may be where that person lives"
    if len(days) == 1 and all(item.captured for item in group):
        yield "all of it on one day: one event, not yet a place of operation"
    if nearest.nearest_m is not None and nearest.nearest_m <= NEAR_LISTED_M:
        yield f"only {nearest.nearest_m:.0f} m from {nearest.nearest_code}: it may be that site; check its outline first"
    if spread_m > 3.0 * radius_m:
        yield "a chain of footage rather than a spot: a street or a route; a smaller --radius-m parts it"


def _draft_site(cluster: Cluster, made_on: dt.date) -> Mapping[str, Any]:
    count = cluster.independent_count
    behind = f"{count} independent {'piece' if count == 1 else 'pieces'} of footage, none of them at a listed site"
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [cluster.lon_deg, cluster.lat_deg]},
        "properties": {
            "code": cluster.code,
            "status_history": [{"status": "candidate", "from": made_on.isoformat(), "source": behind}],
            "footprint_kind": "point",
            "boundary_error_m": cluster.boundary_error_m,
            "sources": [
                {
                    "citation": f"{item.path} (SHA-256 {item.sha256 or 'unknown'}), a device's fix{_name_copies(item)}",
                    "precision_m": item.error_radius_m,
                }
                for item in cluster.sightings
            ],
            "sensitivity": "confidential",
            "notes": " ".join([*(f"{caution[0].upper()}{caution[1:]}." for caution in cluster.cautions)])
            or "Nothing says what stands there.",
        },
    }


def _name_copies(item: Sighting) -> str:
    return f"; copies and files of the same post: {', '.join(item.copies)}" if item.copies else ""
