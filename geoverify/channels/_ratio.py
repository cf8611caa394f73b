"""What densities of fixes say of sites: likelihood ratios, for the candidates of one file or for a million positions at once."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geoverify.channels._density import Densities, Fixes, Footprints, weigh_rows
from geoverify.geo import Floats
from geoverify.location import SIGMAS_PER_68_PERCENT_RADIUS
from geoverify.register.nearness import Pairs
from geoverify.settings import Settings


class Ratios(NamedTuple):
    """log10 likelihood ratios of fixes for sites, and the bounds that no density can push them past; shape (n,)."""

    log10_lr: Floats
    min_log10_lr: Floats
    max_log10_lr: Floats


class Elsewhere(NamedTuple):
    """What footage from elsewhere is compared by: how many sites there are, and the area of the register's region."""

    site_count: int
    region_area_m2: float


def compare(
    found: Densities,
    fixes: NDArray[np.int64],
    sigma_m: Floats,
    error_rate: float,
    elsewhere: Elsewhere,
    settings: Settings,
) -> Ratios:
    """The ratios of rows, each of one fix and one site; `fixes` are the numbers of their fixes, whose errors `sigma_m` has.

    A fix's rows are those of all its candidates: they share what footage from elsewhere is like.
    """
    site_count = elsewhere.site_count
    background = _background(found, fixes, sigma_m, elsewhere, settings)[fixes]
    forged = (np.bincount(fixes, weights=found.of_site, minlength=len(sigma_m)) / site_count)[fixes]
    here = (1.0 - error_rate) * found.of_site + error_rate * background
    not_here = (1.0 - error_rate) * background + error_rate * forged
    return Ratios(
        log10_lr=np.log10(here / not_here),
        # f ≤ n·m above, f ≥ 0 and m ≥ 0 below.
        min_log10_lr=np.log10(error_rate * background / not_here),
        max_log10_lr=np.full(len(here), math.log10(max((1.0 - error_rate) * site_count / error_rate, 1.0))),
    )


def _background(found: Densities, fixes: NDArray[np.int64], sigma_m: Floats, elsewhere: Elsewhere, settings: Settings) -> Floats:
    """Density of fixes of footage from elsewhere: anywhere in the region, in a site's district, or beside a site."""
    anywhere_share = 1.0 - settings.neighbourhood_share - settings.surroundings_share
    # An error as wide as the region spreads its fixes beyond it: the area grows by that of the error.
    anywhere = anywhere_share / (elsewhere.region_area_m2 + 2.0 * math.pi * sigma_m**2)
    nearby = settings.neighbourhood_share * found.in_district + settings.surroundings_share * found.beside_site
    total: Floats = anywhere + np.bincount(fixes, weights=nearby, minlength=len(sigma_m)) / elsewhere.site_count
    return total


def score_fixes(
    pairs: Pairs,
    footprints: Footprints,
    lat_deg: Floats,
    lon_deg: Floats,
    radius_m: Floats,
    error_rate: float,
    elsewhere: Elsewhere,
    settings: Settings,
) -> Ratios:
    """The ratios of many fixes with their 68 % radii, shape (m,), for the sites near them: one for each pair.

    They are those of the position channel where a file has one fix, and these sites are its candidates.
    """
    at, site = pairs.position, pairs.site
    fixes = Fixes(site=site, lat_deg=lat_deg[at], lon_deg=lon_deg[at], radius_m=radius_m[at], distance_m=pairs.distance_m)
    found = weigh_rows(footprints, fixes, settings)
    sigma_m = radius_m / SIGMAS_PER_68_PERCENT_RADIUS
    return compare(found, at, sigma_m, error_rate, elsewhere, settings)
