"""What a large register costs: loading it, and looking up which of its sites a million positions lie near.

    python benchmarks/scale.py [--positions 1000000] [--footprints 100 10000 100000]

The registers are made up: outlines of 5 to 12 corners and 50 to 400 m, one site in five a point, spread over a region of
3,300 × 3,500 km (South-East Asia), half of them in 600 towns. Half of the positions lie around sites, half anywhere; their
errors are 5 to 50 m, so that each is looked up within the product's 5 km. For each register this prints

- the time and the peak memory of loading it, in a process of its own
- `geopandas.sjoin` of points within footprints, and `geopandas.sjoin` with `dwithin`, which has the same neighbours to find
- `SiteIndex.find_within`, the look-up that every file of `match` goes through, for all positions at once: each site within
  reach with its distance in metres
- `score_fixes`, the position channel's likelihood ratios of all those pairs, for some of the positions (`--scored`), beside the
  join of the same positions; medians of `--times` runs
- whether both find the same positions inside the same outlines, and how far distances are from those by `Geod.inv`, for a sample
- what the whole reasoning takes for one file (candidates, channels, scores, report), for a sample

The bar on time compares CPU time with that of the join that finds the same neighbours. The exit code is 1 where one is missed.
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
SAMPLE, FILES = 2000, 200
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


def measure(path: Path, positions: int, scored: int, times: int, bars: dict[str, bool]) -> None:
    """Compare the look-up with the joins for one register."""
    import geopandas

    from geoverify.places import FootprintKind
    from geoverify.register.load import load_register
    from geoverify.register.nearness import SiteIndex

    register = load_register(path)
    lat, lon = make_positions(register, positions)
    outlines = np.array([site.footprint_kind is not FootprintKind.POINT for site in register.sites])
    clock = Clock()
    frame = geopandas.GeoDataFrame(geometry=[site.footprint for site in register.sites], crs="OGC:CRS84")
    points = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy(lon, lat), crs="OGC:CRS84")
    made = clock.stop()
    clock = Clock()
    joined = geopandas.sjoin(points, frame, predicate="within")
    inside = clock.stop()
    clock = Clock()
    near = geopandas.sjoin(points, frame, predicate="dwithin", distance=REACH_M / METRES_PER_DEGREE)
    neighbours = clock.stop()
    clock = Clock()
    index = SiteIndex(register.sites)
    built = clock.stop()
    clock = Clock()
    pairs = index.find_within(lat, lon, np.full(positions, REACH_M))
    looked = clock.stop()
    hits = (pairs.distance_m == 0.0) & outlines[pairs.site]
    ours = set(zip(pairs.position[hits].tolist(), pairs.site[hits].tolist(), strict=True))
    theirs = set(zip(joined.index.tolist(), joined["index_right"].tolist(), strict=True))
    bars[f"{len(outlines)}: same answer"] = ours == theirs
    # Both begin with the same sites and the same arrays of coordinates.
    ours_s, theirs_s = looked[1] + built[1], made[1] + neighbours[1]
    ratio = ours_s / theirs_s
    bars[f"{len(outlines)}: time"] = ratio <= MAX_RATIO
    print(f"  sjoin within   {show(inside)}, {len(joined)} pairs (making its frames {show(made)})")
    print(f"  sjoin dwithin  {show(neighbours)}, {len(near)} pairs, in degrees")
    print(f"  find_within    {show(looked)}, {len(pairs.site)} pairs with metres (building its index {show(built)})")
    same = "the same" if ours == theirs else "DIFFERENT"
    print(f"  inside outlines: {same} {len(ours)} pairs")
    print(f"  CPU time: {ratio:.1f} × dwithin with its frames, {ours_s / neighbours[1]:.1f} × dwithin alone")
    compare_scores(register, index, points[:scored], frame, lat[:scored], lon[:scored], times)
    print(f"  farthest from Geod.inv: {find_largest_error(register, lat, lon, pairs):.4f} m in {SAMPLE} pairs")
    print(f"  one file's whole reasoning: {time_reasoning(register, lat, lon):.1f} ms of CPU, {FILES} files", flush=True)


def compare_scores(register: Any, index: Any, points: Any, frame: Any, lat: Any, lon: Any, times: int) -> None:
    """Print what scored candidates with distances take beside a join that only finds them."""
    import geopandas

    from geoverify import geo
    from geoverify.channels._density import Footprints
    from geoverify.channels._ratio import Elsewhere, score_fixes
    from geoverify.settings import Settings

    settings, footprints = Settings(), Footprints.of(register.sites)
    elsewhere = Elsewhere(site_count=len(register.sites), region_area_m2=geo.geodesic_area_m2(register.region))
    radius_m = 5.0 + np.arange(len(lat)) % 45
    joined_s, scored_s = [], []
    for _ in range(times):
        clock = Clock()
        geopandas.sjoin(points, frame, predicate="dwithin", distance=REACH_M / METRES_PER_DEGREE)
        joined_s.append(clock.stop()[1])
        clock = Clock()
        pairs = index.find_within(lat, lon, np.full(len(lat), REACH_M))
        score_fixes(pairs, footprints, lat, lon, radius_m, settings.device_error_rate, elsewhere, settings)
        scored_s.append(clock.stop()[1])
    joined, scored = float(np.median(joined_s)), float(np.median(scored_s))
    each_us = scored / max(1, len(pairs.site)) * 1e6
    print(
        f"  scored candidates of {len(lat)} positions: {scored:.2f} s of CPU, {len(pairs.site)} pairs, {each_us:.0f} µs each; "
        f"{scored / joined:.0f} × dwithin ({joined:.2f} s); medians of {times}"
    )


def show(times: tuple[float, float]) -> str:
    """Two times in words."""
    return f"{times[0]:6.1f} s ({times[1]:.1f} s of CPU)"


def find_largest_error(register: Any, lat: Any, lon: Any, pairs: Any) -> float:
    """The largest difference from distances in a projection by `Geod.inv` around each position, over a sample of pairs."""
    from geoverify import geo
    from geoverify.places import FootprintKind

    worst = 0.0
    for number in np.random.default_rng(2).integers(0, len(pairs.site), min(SAMPLE, len(pairs.site))).tolist():
        site, at = register.sites[pairs.site[number]], pairs.position[number]
        exact = geo.measure_to(site.footprint, float(lat[at]), float(lon[at]))
        exact = max(0.0, exact - site.boundary_error_m) if site.footprint_kind is FootprintKind.POINT else exact
        worst = max(worst, abs(exact - float(pairs.distance_m[number])))
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
    parser.add_argument("--scored", type=int, default=20_000)
    parser.add_argument("--times", type=int, default=5)
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
            measure(path, options.positions, options.scored, options.times, bars)
    missed = [name for name, is_met in bars.items() if not is_met]
    print(f"\nbars (the same answer, {MAX_RATIO:g} × sjoin, load of {MAX_LOAD_S:g} s and {MAX_LOAD_MB:g} MB): {missed or 'met'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
