"""Simulated registers and footage with known truth, for benchmarks/calibration.py.

A world has a register as somebody compiled it, the places as they really are, and rates that are drawn from ranges. None of
the rates is read from settings.py: the ranges are wide around what is plausible, so that the model is tried where it is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.affinity import rotate, translate
from shapely.geometry.base import BaseGeometry

from geoverify import geo
from geoverify.model import Digest
from geoverify.places import FootprintKind, ReferenceSite, Register, RegisterInfo, SiteName

Ranges = Mapping[str, tuple[float, float]]
ORIGIN = (11.5, 104.5)
REGION_SIDE_M = 400_000.0
# Rates that a world draws: those that choices were made on, and those that are reported.
DEVELOPMENT: Ranges = {
    "site_share": (0.35, 0.65),  # of files that were shot at a listed site
    "sites": (6, 40),
    "point_share": (0.2, 0.6),  # of sites that are listed as points only
    "inside_share": (0.6, 0.85),
    "outside_scale_m": (30, 70),
    "district_share": (0.5, 0.75),  # of footage from elsewhere
    "beside_share": (0.05, 0.15),
    "district_scale_m": (600, 2000),
    "beside_scale_m": (80, 250),
    "abroad_share": (0.02, 0.15),
    "fix_share": (0.3, 0.8),  # of files that carry a device's fix
    "fix_error_m": (5, 20),
    "error_misjudged": (0.8, 1.6),  # real error over the stated one
    "outlier_share": (0.01, 0.04),  # fixes five times as far off
    "states_error": (0.3, 0.8),
    "fix_wrong": (0.008, 0.04),  # stale, forged
    "forged_share": (0.1, 0.5),  # of those: a position inside a listed site
    "platform_share": (0.05, 0.2),
    "platform_wrong": (0.08, 0.2),
    "caption_share": (0.2, 0.7),
    "caption_wrong": (0.15, 0.35),
    "caption_names": (0.6, 0.95),  # right captions that name the site, not only the town
    "beside_named": (0.2, 0.7),  # right captions beside a site that name it as the place
    "rumour_exponent": (0.5, 1.5),
    "heading_share": (0.2, 0.6),
    "heading_error_deg": (8, 25),
    "looks_at_site": (0.7, 0.95),
    "clock_share": (0.3, 0.8),
    "clock_wrong": (0.03, 0.15),
    "frames_share": (0.5, 1.0),
    "dark_by_day": (0.05, 0.2),
    "light_by_day": (0.5, 0.8),
    "dark_by_night": (0.4, 0.7),
    "light_by_night": (0.05, 0.25),
}
HELD_OUT: Ranges = {
    "site_share": (0.3, 0.7),
    "sites": (5, 40),
    "point_share": (0.1, 0.8),
    "inside_share": (0.5, 0.9),
    "outside_scale_m": (20, 90),
    "district_share": (0.35, 0.8),
    "beside_share": (0.03, 0.18),
    "district_scale_m": (400, 3000),
    "beside_scale_m": (60, 300),
    "abroad_share": (0.0, 0.25),
    "fix_share": (0.2, 0.9),
    "fix_error_m": (4, 30),
    "error_misjudged": (0.7, 2.0),
    "outlier_share": (0.0, 0.06),
    "states_error": (0.1, 0.9),
    "fix_wrong": (0.005, 0.05),
    "forged_share": (0.05, 0.6),
    "platform_share": (0.0, 0.3),
    "platform_wrong": (0.05, 0.25),
    "caption_share": (0.1, 0.9),
    "caption_wrong": (0.1, 0.4),
    "caption_names": (0.5, 1.0),
    "beside_named": (0.1, 0.8),
    "rumour_exponent": (0.3, 2.0),
    "heading_share": (0.1, 0.8),
    "heading_error_deg": (5, 35),
    "looks_at_site": (0.6, 1.0),
    "clock_share": (0.1, 0.9),
    "clock_wrong": (0.02, 0.2),
    "frames_share": (0.3, 1.0),
    "dark_by_day": (0.03, 0.25),
    "light_by_day": (0.4, 0.85),
    "dark_by_night": (0.3, 0.8),
    "light_by_night": (0.03, 0.3),
}
_FIRST = ("Golden", "Silver", "Jade", "Crimson", "Lotus", "Harbour", "Pearl", "Dragon", "River", "Copper", "Orchid", "Summit")
_SECOND = ("Lantern", "Phoenix", "Bridge", "Crown", "Garden", "Fortune", "Horizon", "Bamboo", "Anchor", "Meadow", "Falcon")
_THIRD = ("Park", "Towers", "Plaza", "Casino", "Compound", "Centre")
_TOWNS = ("Kampong Sao", "Bavet Thmei", "Poi Rung", "Sre Ankor", "Koh Lintar", "Chrey Vong", "O Smeach", "Prey Moan")


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A register, the true footprints of its sites in metres east and north of `ORIGIN`, and the rates that hold there."""

    register: Register
    truth_m: Mapping[str, BaseGeometry]
    rates: Mapping[str, float]
    rumours: Mapping[str, float]


def make_world(ranges: Ranges, random: np.random.Generator) -> World:
    """Draw a world: towns, sites in them of which some stand side by side, and a register with its errors."""
    rates = {name: float(random.uniform(*span)) for name, span in ranges.items()}
    count = round(rates["sites"])
    truth: dict[str, BaseGeometry] = {}
    sites: list[ReferenceSite] = []
    names = random.permutation([f"{a} {b} {c}" for a in _FIRST for b in _SECOND for c in _THIRD])
    towns = random.uniform(-0.4, 0.4, (max(2, count // 3), 2)) * REGION_SIDE_M
    for number in range(count):
        code, town = f"S{number:02d}", number % len(towns)
        truth[code] = _place_site(towns[town], list(truth.values()), random)
        sites.append(_list_site(code, truth[code], str(names[number]), _TOWNS[town % len(_TOWNS)], rates, random))
    half = REGION_SIDE_M / 2
    info = RegisterInfo(title="Simulated", edition="1", digest=Digest(algorithm="sha256", hex="00" * 32), site_count=count)
    register = Register(infos=(info,), sites=tuple(sites), region=to_wgs84(shapely.box(-half, -half, half, half)))
    weights = 1.0 / np.arange(1, count + 1) ** rates["rumour_exponent"]
    rumours = dict(zip(random.permutation(list(truth)).tolist(), (weights / weights.sum()).tolist(), strict=True))
    return World(register=register, truth_m=truth, rates=rates, rumours=rumours)


def to_wgs84(shape_m: BaseGeometry) -> BaseGeometry:
    """A shape in metres around `ORIGIN` as longitudes and latitudes."""
    return shapely.transform(shape_m, lambda points: geo.unproject_locally(points, *ORIGIN)[:, ::-1])


def _place_site(town: np.ndarray, others: list[BaseGeometry], random: np.random.Generator) -> BaseGeometry:
    """A block of 60–400 m in a town; every third stands within some tens of metres of another one."""
    for _ in range(100):
        shape = rotate(shapely.box(0, 0, random.uniform(60, 400), random.uniform(60, 400)), random.uniform(0, 90))
        at = town + random.normal(0, 1200, 2)
        if others and random.random() < 0.33:
            beside = others[-1]
            gap_m = random.uniform(20, 120) + math.sqrt(beside.area) / 2 + math.sqrt(shape.area) / 2
            turn = random.uniform(0, 2 * math.pi)
            at = np.array([beside.centroid.x + gap_m * math.sin(turn), beside.centroid.y + gap_m * math.cos(turn)])
        placed = translate(shape, at[0] - shape.centroid.x, at[1] - shape.centroid.y)
        if all(placed.distance(other) > 15.0 for other in others):
            return placed
    raise RuntimeError("no room for another site")


def _list_site(
    code: str, truth_m: BaseGeometry, name: str, town: str, rates: Mapping[str, float], random: np.random.Generator
) -> ReferenceSite:
    """What the register says of a site: an outline that is some metres off, or a point within whose disc the site lies."""
    if random.random() < rates["point_share"]:
        kind, error_m = FootprintKind.POINT, float(random.choice([150.0, 300.0]))
        reach_m = max(0.0, error_m - float(np.hypot(*np.ptp(shapely.get_coordinates(truth_m), axis=0))) / 2)
        turn, off_m = random.uniform(0, 2 * math.pi), reach_m * math.sqrt(random.random())
        shape: BaseGeometry = translate(truth_m.centroid, off_m * math.sin(turn), off_m * math.cos(turn))
    else:
        kind = FootprintKind.DIGITISED
        error_m = float(random.choice([5.0, 10.0, 20.0]))
        shape = translate(truth_m, *random.normal(0, error_m / 1.5, 2))
    return ReferenceSite(
        code=code,
        footprint=to_wgs84(shape),
        footprint_kind=kind,
        boundary_error_m=error_m,
        register_title="Simulated",
        register_edition="1",
        names=(SiteName(text=name),),
        time_zone="Asia/Phnom_Penh",
        locality=town,
    )
