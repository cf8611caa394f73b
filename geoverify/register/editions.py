"""Two editions of a register compared: what moved, was renamed, changed, appeared, vanished, was merged or split."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import partial

import numpy as np
import shapely
from msgspec import Struct
from shapely.geometry.base import BaseGeometry

from geoverify import geo
from geoverify.places import FootprintKind, ReferenceSite, Register, StatusPeriod
from geoverify.register.geometry import distance_m

# A site that moved by less was written with other digits.
MOVED_M = 1.0
# An outline whose area changed by a smaller share was written with other digits.
RESHAPED_SHARE = 0.01
_POINTS_OF_THE_COMPASS = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")


class ChangeKind(StrEnum):
    """What is different between two editions."""

    APPEARED = "appeared"
    VANISHED = "vanished"
    RECODED = "recoded"
    MERGED = "merged"
    SPLIT = "split"
    MOVED = "moved"
    RESHAPED = "reshaped"
    FOOTPRINT = "footprint"
    BOUNDARY_ERROR = "boundary_error"
    RENAMED = "renamed"
    STATUS = "status"
    RELOCATED = "relocated"
    REGION = "region"


class Change(Struct, frozen=True, kw_only=True):
    """One difference in words, the codes that it is about in each edition, and how far the middle of a site moved."""

    kind: ChangeKind
    old_codes: tuple[str, ...] = ()
    new_codes: tuple[str, ...] = ()
    wording: str
    moved_m: float | None = None


def compare_registers(old: Register, new: Register) -> list[Change]:
    """The differences between two editions in the order of the codes, the region last.

    Sites belong together by their code, or else by former codes. Of what is then left, a site that stands where a vanished one
    stood (their outlines overlap, or one lies in the other's disc) is called the same place, in so many words.
    """
    links = _link(old, new)
    old_sites, new_sites = ({site.code: site for site in register.sites} for register in (old, new))
    to_new, to_old = _gather(links), _gather((after, before) for before, after in links)
    changes: list[Change] = []
    for code, site in old_sites.items():
        heirs = to_new.get(code, ())
        if not heirs:
            changes.append(Change(kind=ChangeKind.VANISHED, old_codes=(code,), wording=f"{_name(site)} is no longer listed"))
        elif len(heirs) > 1:
            wording = f"{_name(site)} is now {len(heirs)} sites: {', '.join(heirs)}"
            changes.append(Change(kind=ChangeKind.SPLIT, old_codes=(code,), new_codes=heirs, wording=wording))
    for code, site in new_sites.items():
        origins = to_old.get(code, ())
        if not origins:
            changes.append(Change(kind=ChangeKind.APPEARED, new_codes=(code,), wording=f"{_name(site)} is new"))
        elif len(origins) > 1:
            wording = f"{_name(site)} is what was {len(origins)} sites: {', '.join(origins)}"
            changes.append(Change(kind=ChangeKind.MERGED, old_codes=origins, new_codes=(code,), wording=wording))
        elif len(to_new[origins[0]]) == 1:
            changes.extend(_compare_sites(old_sites[origins[0]], site))
    changes.sort(key=lambda change: (min(change.old_codes + change.new_codes), change.kind is not ChangeKind.RECODED))
    return changes + list(_compare_regions(old, new))


def _name(site: ReferenceSite) -> str:
    return f"{site.code} ({site.name})" if site.names else site.code


def _link(old: Register, new: Register) -> list[tuple[str, str]]:
    """Pairs of an old and a new code that are one place, or parts of one."""
    old_codes, new_codes = ({site.code for site in register.sites} for register in (old, new))
    links = dict.fromkeys((code, code) for code in sorted(old_codes & new_codes))
    for site in new.sites:
        links.update(dict.fromkeys((code, site.code) for code in site.former_codes if code in old_codes))
    # An edition that is older may be given second: its codes are then the former ones.
    for site in old.sites:
        links.update(dict.fromkeys((site.code, code) for code in site.former_codes if code in new_codes))
    kept, known = {before for before, _ in links}, {after for _, after in links}
    gone = [site for site in old.sites if site.code not in kept]
    come = [site for site in new.sites if site.code not in known]
    links.update(dict.fromkeys(_overlapping(gone, come)))
    return list(links)


def _overlapping(gone: Sequence[ReferenceSite], come: Sequence[ReferenceSite]) -> Iterator[tuple[str, str]]:
    if not gone or not come:
        return
    tree = shapely.STRtree([site.footprint for site in come])
    for site in gone:
        lat_deg, lon_deg = geo.centre(site.footprint)
        west, _, east, _ = site.footprint.bounds
        # Farther than both discs and the outline itself reach, nothing is the same place.
        reach_m = 2_000.0 if east - west > 180.0 else geo.METRES_PER_DEGREE * (east - west) + 2_000.0
        boxes = [shapely.box(*bounds) for bounds in geo.bounds_around(lat_deg, lon_deg, reach_m)]
        for index in np.unique(np.concatenate([tree.query(box) for box in boxes])).tolist():
            if distance_m(site.footprint, come[index].footprint) <= _disc_m(site) + _disc_m(come[index]):
                yield site.code, come[index].code


def _disc_m(site: ReferenceSite) -> float:
    return site.boundary_error_m if site.footprint_kind is FootprintKind.POINT else 0.0


def _gather(pairs: Iterable[tuple[str, str]]) -> Mapping[str, tuple[str, ...]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return {key: tuple(sorted(values)) for key, values in found.items()}


def _compare_sites(old: ReferenceSite, new: ReferenceSite) -> Iterator[Change]:
    change = partial(Change, old_codes=(old.code,), new_codes=(new.code,))
    if old.code != new.code:
        how = "" if old.code in new.former_codes or new.code in old.former_codes else " (by its place alone: check it)"
        yield change(kind=ChangeKind.RECODED, wording=f"{old.code} is now {_name(new)}{how}")
    yield from _compare_places(old, new, change)
    if old.footprint_kind is not new.footprint_kind:
        wording = f"{new.code} was {_kind(old)} and is {_kind(new)}"
        yield change(kind=ChangeKind.FOOTPRINT, wording=wording)
    elif old.boundary_error_m != new.boundary_error_m:
        wording = f"{new.code} was known to {old.boundary_error_m:g} m and is to {new.boundary_error_m:g} m"
        yield change(kind=ChangeKind.BOUNDARY_ERROR, wording=wording)
    lost, gained = _differ([name.text for name in old.names], [name.text for name in new.names])
    if lost or gained:
        words = [f"no longer called {', '.join(lost)}"] if lost else []
        words += [f"also called {', '.join(gained)}" if not lost else f"now called {', '.join(gained)}"] if gained else []
        yield change(kind=ChangeKind.RENAMED, wording=f"{new.code} is {'; '.join(words)}")
    before, now = _statuses(old.status_history), _statuses(new.status_history)
    if before != now:
        yield change(kind=ChangeKind.STATUS, wording=f"{new.code} was {before} and is {now}")
    if (old.relocated_from, old.relocated_to) != (new.relocated_from, new.relocated_to):
        moves = [f"from {', '.join(new.relocated_from)}"] if new.relocated_from else []
        moves += [f"to {', '.join(new.relocated_to)}"] if new.relocated_to else []
        said = f"is said to have moved {' and '.join(moves)}" if moves else "is no longer said to have moved"
        yield change(kind=ChangeKind.RELOCATED, wording=f"the operation at {new.code} {said}")


def _compare_places(old: ReferenceSite, new: ReferenceSite, change: Callable[..., Change]) -> Iterator[Change]:
    start, end = _middle(old.footprint), _middle(new.footprint)
    moved_m, bearing_deg = geo.measure(*start, *end)
    if moved_m >= MOVED_M:
        known_m = old.boundary_error_m + new.boundary_error_m
        limit = "within" if moved_m <= known_m else "more than"
        direction = _POINTS_OF_THE_COMPASS[round(bearing_deg / 45.0) % 8]
        wording = (
            f"{new.code} moved {_metres(moved_m)} to the {direction}, {limit} what both editions leave open ({_metres(known_m)})"
        )
        yield change(kind=ChangeKind.MOVED, wording=wording, moved_m=round(moved_m, 1))
    areas = [0.0 if site.footprint.area == 0.0 else geo.geodesic_area_m2(site.footprint) for site in (old, new)]
    if min(areas) > 0.0 and abs(areas[1] - areas[0]) > RESHAPED_SHARE * areas[0]:
        wording = f"the outline of {new.code} had {areas[0]:,.0f} m² and has {areas[1]:,.0f} m²"
        yield change(kind=ChangeKind.RESHAPED, wording=wording)


def _middle(footprint: BaseGeometry) -> tuple[float, float]:
    """The centroid in metres around a vertex, so that an outline across the antimeridian has its own."""
    lon_deg, lat_deg = (float(value) for value in shapely.get_coordinates(footprint)[0])
    centroid = shapely.centroid(geo.project_locally(footprint, lat_deg, lon_deg))
    row = geo.unproject_locally(shapely.get_coordinates(centroid), lat_deg, lon_deg)[0]
    return float(row[0]), float(row[1])


def _metres(distance: float) -> str:
    return f"{distance:.0f} m" if distance < 10_000.0 else f"{distance / 1000.0:.0f} km"


def _kind(site: ReferenceSite) -> str:
    article = "a point known" if site.footprint_kind is FootprintKind.POINT else f"an outline {site.footprint_kind.value}"
    return f"{article} to {site.boundary_error_m:g} m"


def _differ(old: Sequence[str], new: Sequence[str]) -> tuple[list[str], list[str]]:
    return [text for text in old if text not in new], [text for text in new if text not in old]


def _statuses(history: Sequence[StatusPeriod]) -> str:
    return "; ".join(_period(period) for period in history) or "without a status"


def _period(period: StatusPeriod) -> str:
    since = f" from {period.from_text}" if period.from_text else ""
    return f"{period.status}{since}{f' to {period.to_text}' if period.to_text else ''}"


def _compare_regions(old: Register, new: Register) -> Iterator[Change]:
    areas = [None if register.region is None else geo.geodesic_area_m2(register.region) for register in (old, new)]
    is_same = old.region == new.region or (old.region is not None and new.region is not None and old.region.equals(new.region))
    if not is_same:
        before, now = ("none" if area is None else f"{area / 1e6:,.0f} km²" for area in areas)
        wording = f"the region of interest was {before} and is {now}: it is the yardstick of every match"
        yield Change(kind=ChangeKind.REGION, wording=wording)
