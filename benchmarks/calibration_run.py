"""Simulated files through the program's own candidates, channels and score; one outcome a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import msgspec
import numpy as np
from calibration_footage import Footage, shoot
from calibration_world import ORIGIN, Ranges, World, make_world

from geoverify import geo
from geoverify.candidates import CandidateFinder
from geoverify.channels import all_channels
from geoverify.interfaces import Scene
from geoverify.model import Observation, Value
from geoverify.places import FootprintKind, ReferenceSite, Register
from geoverify.register.gazetteer import Gazetteer
from geoverify.results import Evidence, Score, Verdict, VerdictKind
from geoverify.score import judge, score_sites
from geoverify.settings import Settings

FILES_A_WORLD = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was concluded of one file, and what was true."""

    world: int
    site_code: str | None
    is_forged: bool
    beside_m: float
    is_located: bool
    has_words: bool
    best_code: str | None
    best_probability: float
    is_point: bool
    # The best site is a point, and the file was shot within its disc.
    is_in_disc: bool
    verdict: VerdictKind
    named: tuple[str, ...]
    # The same file with what people wrote left out.
    wordless_verdict: VerdictKind

    @property
    def is_right(self) -> bool:
        """The site with the highest score is where it was shot."""
        return self.best_code is not None and self.best_code == self.site_code

    @property
    def is_false_accusation(self) -> bool:
        """A site is named alone at which it was not shot."""
        return self.verdict is VerdictKind.CONSISTENT and self.named != (self.site_code,)


class Tribunal:
    """Reasons about files of one register as `verify.verify_reading` does."""

    def __init__(self, register: Register, settings: Settings) -> None:
        self._register, self._settings = register, settings
        self._finder, self._gazetteer = CandidateFinder(register, settings), Gazetteer(register)

    def reason(self, observations: tuple[Observation[Value], ...]) -> tuple[list[Evidence], Sequence[Score], Verdict, Verdict]:
        """Evidence, scores, the verdict, and the verdict without words."""
        settings, finder = self._settings, self._finder
        mentions = self._gazetteer.find(observations)
        candidates = finder.find(observations, mentions)
        scene = Scene(
            observations=observations,
            register=self._register,
            sites=finder.sites,
            region_area_m2=finder.region_area_m2,
            settings=settings,
            mentions=mentions,
        )
        evidence = [item for channel in all_channels() for item in channel.weigh(candidates, scene)]
        count = len(self._register.sites)
        scores, elsewhere = score_sites(candidates, evidence, count, settings)
        verdict = judge(candidates, evidence, scores, elsewhere, settings)
        wordless = [item for item in evidence if item.channel != "text"]
        other = judge(candidates, wordless, *score_sites(candidates, wordless, count, settings), settings)
        return evidence, scores, verdict, other


def simulate(
    ranges: Ranges, seed: int, world_count: int, *, at_site: bool | None, settings: Settings, jobs: int = 2
) -> list[Outcome]:
    """The outcomes of so many worlds of `FILES_A_WORLD` files each, the same for the same seed."""
    tasks = [(dict(ranges), seed, world, at_site, msgspec.to_builtins(settings)) for world in range(world_count)]
    with ProcessPoolExecutor(jobs) as pool:
        return [outcome for outcomes in pool.map(_run_world, tasks, chunksize=1) for outcome in outcomes]


def _run_world(task: tuple[Ranges, int, int, bool | None, dict[str, float]]) -> list[Outcome]:
    ranges, seed, number, at_site, settings = task
    random = np.random.default_rng([seed, number])
    world = make_world(ranges, random)
    return list(_try_files(world, number, random, at_site, msgspec.convert(settings, Settings)))


def _try_files(
    world: World, number: int, random: np.random.Generator, at_site: bool | None, settings: Settings
) -> Iterator[Outcome]:
    tribunal = Tribunal(world.register, settings)
    sites = {site.code: site for site in world.register.sites}
    for _ in range(FILES_A_WORLD):
        footage = shoot(world, random, at_site=at_site)
        yield _conclude(footage, number, tribunal, sites)


def _conclude(footage: Footage, number: int, tribunal: Tribunal, sites: dict[str, ReferenceSite]) -> Outcome:
    evidence, scores, verdict, wordless = tribunal.reason(footage.observations)
    best = scores[0] if scores else None
    site = sites[best.site_code] if best else None
    is_point = site is not None and site.footprint_kind is FootprintKind.POINT
    (place,) = geo.unproject_locally(footage.place_m[None, :], *ORIGIN)
    return Outcome(
        world=number,
        site_code=footage.site_code,
        is_forged=footage.is_forged,
        beside_m=footage.beside_m,
        is_located=any(item.locates for item in evidence),
        has_words=any(item.channel == "text" for item in evidence),
        best_code=best.site_code if best else None,
        best_probability=best.probability if best else 0.0,
        is_point=is_point,
        is_in_disc=is_point and site is not None and geo.measure_to(site.footprint, *map(float, place)) <= site.boundary_error_m,
        verdict=verdict.kind,
        named=verdict.site_codes,
        wordless_verdict=wordless.kind,
    )
