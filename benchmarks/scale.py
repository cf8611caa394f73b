"""What a large register costs: loading it, and looking up which of its sites a million positions lie near.

    python benchmarks/scale.py [--positions 1000000] [--footprints 100 10000 100000] [--times 3]

The registers are made up: outlines of 5 to 12 corners and 50 to 400 m, one site in five a point, spread over a region of
3,300 × 3,500 km (South-East Asia), half of them in 600 towns. Half of the positions lie around sites, half anywhere; their
errors are 5 to 50 m, so that each is looked up within the product's 5 km. For each register this prints

- the time and the peak memory of loading it, in a process of its own
- `geopandas.sjoin` of points within footprints, and `geopandas.sjoin` with `dwithin`, which has the same neighbours to find
- `SiteIndex.find_within`, the look-up that every file of `match` goes through, for all positions: each site within reach with
  its distance in metres
- `score_fixes`, the position channel's likelihood ratios of all those pairs; positions are given in parts of 100,000
- the CPU time of both, with what is made of the register for them, over that of the join; medians of `--times` runs
- whether both find the same positions inside the same outlines, and how far distances are from those by `Geod.inv`, for a sample
- what the whole reasoning takes for one file (candidates, channels, scores, report), for a sample

The bar on time compares the CPU time of look-up and scores with that of the join that finds the same neighbours, from the same
arrays of coordinates: the join's frame of points is part of it. The exit code is 1 where a bar is missed.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import shapely

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

WEST, SOUTH, EAST, NORTH = 92.0, -8.0, 122.0, 24.0
POINT_SHARE, TOWN_SHARE, TOWNS = 0.2, 0.5, 600
REACH_M = 5000.0
SAMPLE, FILES, PART = 2000, 200, 100_000
MAX_RATIO, MAX_LOAD_S, MAX_LOAD_MB = 3.0, 5.0, 1000.0
METRES_PER_DEGREE = 111_195.0


def write_register(path: Path, count: int, seed: int = 20260117) -> None:
    """Write a register of so many made-up sites."""
    random = np.random.default_rng(seed)
    towns = np.column_stack((random.uniform(WEST, EAST, TOWNS), random.uniform(SOUTH, NORTH, TOWNS)))
    centres = np.column_stack((random.uniform(WEST, EAST, count), random.uniform(SOUTH, NORTH, count)))
    in_town = random.random(count) < TOWN_SHARE
    spread = random.normal(0.0, 0.04, (count, 2))
    centres[in_town] = np.clip((towns[random.integers(0, TOWNS, count)] + spread)[in_town], (WEST, SOUTH), (EAST, NORTH))
    region = [[WEST - 1, SOUTH - 1], [EAST + 1, SOUTH - 1], [EAST + 1, NORTH + 1], [WEST - 1, NORTH + 1], [WEST - 1, SOUTH - 1]]
    head = {
        "type": "FeatureCollection",
        "title": "Made up",
        "edition": "1",
        "date": "2026-01-01",
        "licence": "CC0",
        "compiled_by": "benchmarks/scale.py",
        "region": {"type": "Polygon", "coordinates": [region]},
        "time_zone": "Asia/Phnom_Penh",
        "fictional": True,
    }
    with path.open("w") as out:
        out.write(json.dumps(head)[:-1] + ', "features": [\n')
        for number, (lon, lat) in enumerate(centres):
            out.write(("" if number == 0 else ",\n") + json.dumps(_make_site(number, float(lon), float(lat), random)))
        out.write("]}\n")


def _make_site(number: int, lon: float, lat: float, random: np.random.Generator) -> dict[str, object]:
    is_point = random.random() < POINT_SHARE
    corners = int(random.integers(5, 13))
    turns = (np.arange(corners) + random.uniform(0.0, 0.8, corners)) / corners * 2.0 * math.pi
    radius = random.uniform(25.0, 200.0) * random.uniform(0.7, 1.0, corners) / METRES_PER_DEGREE
    ring = [
        [round(lon + r * math.cos(turn), 7), round(lat + r * math.sin(turn), 7)] for turn, r in zip(turns, radius, strict=True)
    ]
    shape = {"type": "Point", "coordinates": [lon, lat]} if is_point else {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    properties = {
        "code": f"X{number:06d}",
        "names": [{"text": f"Compound {number}"}, {"text": f"Park {number % 977} Building {number % 31}", "kind": "alias"}],
        "country": "Made up",
        "locality": f"Town {number % 60}, Province {number % 25}",
        "status_history": [
            {"status": ("confirmed", "suspected")[number % 2], "from": f"{2019 + number % 7}-03", "source": "made up"}
        ],
        "footprint_kind": "point" if is_point else "digitised",
        "boundary_error_m": 300 if is_point else 10,
        "sources": [{"citation": f"made-up list, page {number % 400}", "url": "https://example.org/list"}],
        "sensitivity": "public",
    }
    if number % 10 == 0:
        gate = {"type": "Point", "coordinates": [lon, lat]}
        properties["parts"] = [{"name": "Gate", "kind": "gate", "geometry": gate}]
    return {"type": "Feature", "geometry": shape, "properties": properties}


def load(path: Path) -> dict[str, float]:
    """Load a register and say what it cost this process."""
    from geoverify.register.load import load_register
    from geoverify.settings import Settings
    from geoverify.verify import make_kit

    clock = Clock()
    register = load_register(path)
    took_s, cpu_s = clock.stop()
    peak_mb = find_peak_mb()
    clock = Clock()
    make_kit(register, Settings())
    kit_s, kit_cpu_s = clock.stop()
    times = {"took_s": took_s, "cpu_s": cpu_s, "kit_s": kit_s, "kit_cpu_s": kit_cpu_s}
    return times | {"peak_mb": peak_mb, "kit_peak_mb": find_peak_mb()}


def find_peak_mb() -> float:
    """The peak memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6


def make_positions(register: Any, count: int) -> tuple[Any, Any]:
    """Latitudes and longitudes, half of them within some hundred metres of sites."""
    random = np.random.default_rng(1)
    lat, lon = random.uniform(SOUTH, NORTH, count), random.uniform(WEST, EAST, count)
    firsts = np.array([shapely.get_coordinates(site.footprint)[0] for site in register.sites])
    near = np.flatnonzero(random.random(count) < 0.5)
    chosen = firsts[random.integers(0, len(firsts), len(near))]
    lat[near] = chosen[:, 1] + random.normal(0.0, 0.003, len(near))
    lon[near] = chosen[:, 0] + random.normal(0.0, 0.003, len(near))
    return lat, lon


class Clock:
    """Time by the wall and of the CPU since it was made."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.monotonic(), time.process_time()

    def stop(self) -> tuple[float, float]:
        """Seconds by the wall and of the CPU."""
        return time.monotonic() - self._wall, time.process_time() - self._cpu


def measure(path: Path, positions: int, times: int, bars: dict[str, bool]) -> None:
    """Compare the look-up and its scores with the joins for one register."""
    from geoverify.places import FootprintKind
    from geoverify.register.load import load_register

    register = load_register(path)
    lat, lon = make_positions(register, positions)
    radius_m = 5.0 + np.arange(positions) % 45
    outlines = np.array([site.footprint_kind is not FootprintKind.POINT for site in register.sites])
    joins, ours = [], []
    for number in range(times):
        joins.append(join(register, lat, lon, with_inside=number == 0))
        ours.append(score(register, lat, lon, radius_m))
    made, near = (median(run[part][1] for run in joins) for part in ("frames", "near"))
    built, looked, scored = (median(run[part][1] for run in ours) for part in ("built", "looked", "scored"))
    site, position, distance_m, log10_lr = ours[0]["pairs"]
    hits = (distance_m == 0.0) & outlines[site]
    inside = set(zip(position[hits].tolist(), site[hits].tolist(), strict=True))
    is_same = inside == joins[0]["inside pairs"]
    total, whole = built + looked + scored, made + near
    bars[f"{len(outlines)}: same answer"] = is_same and bool(np.all(np.isfinite(log10_lr)))
    bars[f"{len(outlines)}: time"] = total <= MAX_RATIO * whole
    print(f"  sjoin within   {show(joins[0]['inside'])}, {len(joins[0]['inside pairs'])} pairs")
    print(f"  sjoin dwithin  {near:.2f} s of CPU, {joins[0]['near pairs']} pairs, in degrees; its frames {made:.2f} s")
    print(f"  find_within    {looked:.2f} s of CPU, {len(site)} pairs with metres; index and outlines {built:.2f} s")
    print(f"  score_fixes    {scored:.2f} s of CPU, {scored / len(site) * 1e6:.2f} µs a pair")
    print(f"  inside outlines: {'the same' if is_same else 'DIFFERENT'} {len(inside)} pairs")
    print(
        f"  scored candidates: {total:.2f} s of CPU, {total / len(site) * 1e6:.2f} µs a pair; {total / whole:.2f} × dwithin with "
        f"its frames, {total / near:.2f} × dwithin alone (look-up alone {(built + looked) / near:.2f} ×); medians of {times}"
    )
    print(
        f"  farthest from Geod.inv: {find_largest_error(register, lat, lon, site, position, distance_m):.4f} m in {SAMPLE} pairs"
    )
    print(f"  one file's whole reasoning: {time_reasoning(register, lat, lon):.1f} ms of CPU, {FILES} files", flush=True)


def join(register: Any, lat: Any, lon: Any, *, with_inside: bool) -> dict[str, Any]:
    """What the joins take."""
    import geopandas

    clock = Clock()
    frame = geopandas.GeoDataFrame(geometry=[site.footprint for site in register.sites], crs="OGC:CRS84")
    points = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy(lon, lat), crs="OGC:CRS84")
    found: dict[str, Any] = {"frames": clock.stop()}
    clock = Clock()
    near = geopandas.sjoin(points, frame, predicate="dwithin", distance=REACH_M / METRES_PER_DEGREE)
    found |= {"near": clock.stop(), "near pairs": len(near)}
    if with_inside:
        clock = Clock()
        inside = geopandas.sjoin(points, frame, predicate="within")
        found["inside"] = clock.stop()
        found["inside pairs"] = set(zip(inside.index.tolist(), inside["index_right"].tolist(), strict=True))
    return found


def score(register: Any, lat: Any, lon: Any, radius_m: Any) -> dict[str, Any]:
    """What the scored candidates of all positions take, and what they are: site, position, distance, ratio."""
    from geoverify import geo
    from geoverify.channels._density import Footprints
    from geoverify.channels._ratio import Elsewhere, score_fixes
    from geoverify.register.nearness import SiteIndex
    from geoverify.settings import Settings

    settings = Settings()
    clock = Clock()
    index = SiteIndex(register.sites)
    footprints = Footprints.of(register.sites, index.outlines)
    elsewhere = Elsewhere(site_count=len(register.sites), region_area_m2=geo.geodesic_area_m2(register.region))
    built = clock.stop()
    looked, scored = np.zeros(2), np.zeros(2)
    parts = []
    for start in range(0, len(lat), PART):
        some = slice(start, start + PART)
        clock = Clock()
        pairs = index.find_within(lat[some], lon[some], np.full(len(lat[some]), REACH_M))
        looked += clock.stop()
        clock = Clock()
        ratios = score_fixes(
            pairs, footprints, lat[some], lon[some], radius_m[some], settings.device_error_rate, elsewhere, settings
        )
        scored += clock.stop()
        parts.append((pairs.site, pairs.position + start, pairs.distance_m, ratios.log10_lr))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return {"built": built, "looked": looked, "scored": scored, "pairs": columns}


def median(values: Any) -> float:
    """The median of some numbers."""
    return float(np.median(list(values)))


def show(times: tuple[float, float]) -> str:
    """Two times in words."""
    return f"{times[0]:6.1f} s ({times[1]:.1f} s of CPU)"


def find_largest_error(register: Any, lat: Any, lon: Any, sites: Any, positions: Any, distance_m: Any) -> float:
    """The largest difference from distances in a projection by `Geod.inv` around each position, over a sample of pairs."""
    from geoverify import geo
    from geoverify.places import FootprintKind

    worst = 0.0
    for number in np.random.default_rng(2).integers(0, len(sites), min(SAMPLE, len(sites))).tolist():
        site, at = register.sites[sites[number]], positions[number]
        exact = geo.measure_to(site.footprint, float(lat[at]), float(lon[at]))
        exact = max(0.0, exact - site.boundary_error_m) if site.footprint_kind is FootprintKind.POINT else exact
        worst = max(worst, abs(exact - float(distance_m[number])))
    return worst


def time_reasoning(register: Any, lat: Any, lon: Any) -> float:
    """Milliseconds of CPU time that `verify_reading` takes for a file with a fix."""
    import datetime as dt

    from geoverify.model import Digest, Findings, MediaFile, MediaKind, Observation, Position, Provenance, Who
    from geoverify.settings import Settings
    from geoverify.verify import Reading, make_kit, verify_reading

    kit = make_kit(register, Settings())
    digest = Digest(algorithm="sha256", hex="00" * 32)
    media = MediaFile(path="a.jpg", kind=MediaKind.IMAGE, media_type="image/jpeg", size_bytes=1, digest=digest)
    readings = []
    for at in range(FILES):
        fix = Position(lat_deg=float(lat[at]), lon_deg=float(lon[at]), horizontal_error_m=5.0 + at % 45)
        seen = Observation(value=fix, provenance=Provenance(reader="exif", field="GPS", raw="", who=Who.DEVICE))
        readings.append(Reading(media=media, content=Findings(observations=(seen,))))
    verify_reading(readings[0], kit, dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    clock = Clock()
    for reading in readings:
        verify_reading(reading, kit, dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    return clock.stop()[1] / FILES * 1000.0


def main() -> int:
    """Measure each register."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--positions", type=int, default=1_000_000)
    parser.add_argument("--footprints", type=int, nargs="+", default=[100, 10_000, 100_000])
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--alone", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        print(json.dumps(load(options.alone)))
        return 0
    bars: dict[str, bool] = {}
    with tempfile.TemporaryDirectory() as folder:
        # Loaded first: a child's peak memory begins with that of its parent.
        paths = {count: Path(folder, f"{count}.geojson") for count in options.footprints}
        costs = {}
        for count, path in paths.items():
            write_register(path, count)
            done = subprocess.run([sys.executable, __file__, "--alone", path], capture_output=True, text=True, check=True)
            cost = costs[count] = json.loads(done.stdout)
            bars[f"{count}: load"] = cost["cpu_s"] <= MAX_LOAD_S and cost["peak_mb"] <= MAX_LOAD_MB
        for count, path in paths.items():
            print(f"\n{options.positions} positions × {count} footprints ({path.stat().st_size / 1e6:.1f} MB)")
            cost = costs[count]
            print(f"  load           {show((cost['took_s'], cost['cpu_s']))}, peak {cost['peak_mb']:.0f} MB")
            kit = f"{show((cost['kit_s'], cost['kit_cpu_s']))}, peak {cost['kit_peak_mb']:.0f} MB"
            print(f"  a worker's kit {kit} (its index and its names)", flush=True)
            measure(path, options.positions, options.times, bars)
    missed = [name for name, is_met in bars.items() if not is_met]
    aims = f"the same answer, {MAX_RATIO:g} × sjoin for scored candidates, load of {MAX_LOAD_S:g} s and {MAX_LOAD_MB:g} MB"
    print(f"\nbars ({aims}): {missed or 'met'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
