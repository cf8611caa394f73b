"""Places that no register lists: strongly located footage outside every footprint that lies together."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct

from geoverify import geo
from geoverify.facts import is_disputed
from geoverify.geo import Floats
from geoverify.model import Camera, CaptureTime, Observation, TimeMeaning, Value, Who
from geoverify.results import Candidate, Location, Report, VerdictKind

DEFAULT_RADIUS_M = 150.0
DEFAULT_MIN_FILES = 2
# Closer than this to a listed site, what is found may be that site: its outline is then worth another look.
NEAR_LISTED_M = 300.0
# A draft's point is never said to be known better than a block of houses.
MIN_BOUNDARY_ERROR_M = 50.0
DRAFT_TITLE = "Candidate sites found in a case"


class Sighting(Struct, frozen=True, kw_only=True):
    """One file whose own device placed it outside every footprint; `copies` are files that say the same again."""

    path: str
    sha256: str | None
    lat_deg: float
    lon_deg: float
    error_radius_m: float
    captured: str | None
    camera: str | None
    nearest_code: str | None
    nearest_m: float | None
    copies: tuple[str, ...] = ()


class Cluster(Struct, frozen=True, kw_only=True):
    """A candidate for a site: the middle of its sightings, how far they lie from it, and the nearest listed site."""

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
    sightings: tuple[Sighting, ...]


class Discovery(Struct, frozen=True, kw_only=True):
    """What a case shows beyond the register: clusters, the largest first, and files that lie alone."""

    radius_m: float
    min_files: int
    clusters: tuple[Cluster, ...]
    alone_count: int


def discover(reports: Iterable[Report], radius_m: float = DEFAULT_RADIUS_M, min_files: int = DEFAULT_MIN_FILES) -> Discovery:
    """Cluster the strongly located footage of a case outside every footprint: DBSCAN with geodesic distances.

    `min_files` counts independent footage: files of the same bytes, or with the same coordinates and time to the last digit,
    are copies. Files that lie alone are counted, not shown.
    """
    sightings = list(_merge_copies(_find_sightings(reports, radius_m)))
    labels = _cluster(sightings, radius_m, min_files)
    groups = [[item for item, label in zip(sightings, labels, strict=True) if label == number] for number in sorted(set(labels))]
    found = [group for group, number in zip(groups, sorted(set(labels)), strict=True) if number >= 0]
    found.sort(key=lambda group: (-len(group), group[0].path))
    clusters = tuple(_describe(f"NEW{number:02d}", group, radius_m) for number, group in enumerate(found, 1))
    return Discovery(radius_m=radius_m, min_files=min_files, clusters=clusters, alone_count=sum(label < 0 for label in labels))


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


def _find_sightings(reports: Iterable[Report], radius_m: float) -> Iterator[Sighting]:
    for report in reports:
        location = report.location
        if location is None or not _is_strong(report, location, radius_m):
            continue
        nearest = _nearest(report.candidates)
        # Within two radii (95 % of a normal error) of a footprint it may have been shot in it.
        if nearest is not None and (nearest.distance_m or 0.0) <= 2.0 * location.error_radius_m:
            continue
        yield Sighting(
            path=report.media.path,
            sha256=report.media.digest.hex if report.media.digest else None,
            lat_deg=location.lat_deg,
            lon_deg=location.lon_deg,
            error_radius_m=location.error_radius_m,
            captured=None if is_disputed(report.problems) else _captured(report.observations),
            camera=_camera(report.observations),
            nearest_code=nearest.site_code if nearest else None,
            nearest_m=nearest.distance_m if nearest else None,
        )


def _is_strong(report: Report, location: Location, radius_m: float) -> bool:
    """The device itself says it, finely, nothing in the file disagrees, and no listed site explains it."""
    source = next(item.provenance for item in report.observations if item.id == location.observation_id)
    is_explained = report.verdict.kind in (VerdictKind.CONSISTENT, VerdictKind.AMBIGUOUS, VerdictKind.CONTRADICTORY)
    disagrees = any(problem.code == "positions-disagree" for problem in report.problems)
    is_device = source.who is Who.DEVICE and source.file is None
    return is_device and location.error_radius_m <= radius_m and not is_explained and not disagrees


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


def _merge_copies(sightings: Iterable[Sighting]) -> Iterator[Sighting]:
    kept: list[Sighting] = []
    copies: dict[int, list[str]] = {}
    places: dict[object, int] = {}
    for item in sightings:
        keys: list[object] = [(item.lat_deg, item.lon_deg, item.captured)]
        keys += [item.sha256] if item.sha256 else []
        index = next((places[key] for key in keys if key in places), None)
        if index is None:
            index = len(kept)
            kept.append(item)
        else:
            copies.setdefault(index, []).append(item.path)
        places.update(dict.fromkeys(keys, index))
    for index, item in enumerate(kept):
        yield msgspec.structs.replace(item, copies=tuple(copies.get(index, ())))


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
    count = len(cluster.sightings)
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [cluster.lon_deg, cluster.lat_deg]},
        "properties": {
            "code": cluster.code,
            "status_history": [
                {"status": "candidate", "from": made_on.isoformat(), "source": f"{count} files, none of them at a listed site"}
            ],
            "footprint_kind": "point",
            "boundary_error_m": cluster.boundary_error_m,
            "sources": [
                {
                    "citation": f"{item.path} (SHA-256 {item.sha256 or 'unknown'}), a device's fix",
                    "precision_m": item.error_radius_m,
                }
                for item in cluster.sightings
            ],
            "sensitivity": "confidential",
            "notes": " ".join([*(f"{caution[0].upper()}{caution[1:]}." for caution in cluster.cautions)])
            or "Nothing says what stands there.",
        },
    }
