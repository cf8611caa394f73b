"""Simulated footage in a world of benchmarks/calibration_world.py: where it was really shot, and what its file says."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from calibration_world import ORIGIN, REGION_SIDE_M, World

from geoverify import geo
from geoverify.model import (
    CaptureTime,
    Clock,
    FieldOfView,
    Heading,
    Keyframe,
    North,
    Observation,
    PlaceClaim,
    Position,
    Provenance,
    TextSnippet,
    TextSource,
    TimeMeaning,
    Track,
    TrackPoint,
    Value,
    Who,
)
from geoverify.sun import locate_sun

HOME_OFFSET_MINUTES = 420
_ELSEWHERE_WORDS = ("from my window today", "share this before it is gone", "market street in the rain", "what happened here")
_Random = np.random.Generator


@dataclass(frozen=True, slots=True, kw_only=True)
class Footage:
    """One file: the site at which it was shot or `None`, the observations that its readers would have made, and its story."""

    site_code: str | None
    observations: tuple[Observation[Value], ...]
    is_forged: bool
    place_m: np.ndarray
    beside_m: float


def shoot(world: World, random: _Random, *, at_site: bool | None = None) -> Footage:
    """Draw one file; `at_site` says whether it was shot at a listed site, else the world's own share decides."""
    rates = world.rates
    is_at_site = random.random() < rates["site_share"] if at_site is None else at_site
    codes = list(world.truth_m)
    code = str(random.choice(codes)) if is_at_site else None
    place, is_abroad = (_stand_at(world, code, random), False) if code else _stand_elsewhere(world, random)
    story = _Story(world=world, random=random, site_code=code, place_m=place, is_abroad=is_abroad)
    items, is_forged = [], False
    if random.random() < rates["fix_share"]:
        fixes, is_forged = _write_fix(story)
        items += fixes
        if random.random() < rates["heading_share"]:
            items += _write_heading(story)
    if random.random() < rates["platform_share"]:
        items += _write_platform_tag(story)
    if random.random() < rates["caption_share"]:
        items += _write_caption(story)
    items += _write_time_and_light(story)
    numbered = tuple(
        Observation(id=f"o{number}", value=item.value, provenance=item.provenance) for number, item in enumerate(items, 1)
    )
    beside_m = min(shape.distance(shapely.Point(place)) for shape in world.truth_m.values())
    return Footage(site_code=code, observations=numbered, is_forged=is_forged, place_m=place, beside_m=beside_m)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Story:
    world: World
    random: _Random
    site_code: str | None
    place_m: np.ndarray
    is_abroad: bool

    @property
    def nearest(self) -> tuple[str, float]:
        """The nearest site and its distance in metres."""
        point = shapely.Point(self.place_m)
        return min(((code, float(shape.distance(point))) for code, shape in self.world.truth_m.items()), key=lambda pair: pair[1])


def _within(shape: shapely.geometry.base.BaseGeometry, random: _Random) -> np.ndarray:
    west, south, east, north = shape.bounds
    while True:
        point = np.array([random.uniform(west, east), random.uniform(south, north)])
        if shapely.contains_xy(shape, *point):
            return point


def _outside(shape: shapely.geometry.base.BaseGeometry, scale_m: float, random: _Random) -> np.ndarray:
    """A point outside, its density falling by e for each `scale_m`; drawn by rejection."""
    reach_m = 6.0 * scale_m
    west, south, east, north = shape.bounds
    while True:
        point = np.array([random.uniform(west - reach_m, east + reach_m), random.uniform(south - reach_m, north + reach_m)])
        distance_m = shape.distance(shapely.Point(point))
        if distance_m > 0.0 and random.random() < math.exp(-distance_m / scale_m):
            return point


def _stand_at(world: World, code: str, random: _Random) -> np.ndarray:
    shape = world.truth_m[code]
    if random.random() < world.rates["inside_share"]:
        return _within(shape, random)
    return _outside(shape, world.rates["outside_scale_m"], random)


def _stand_elsewhere(world: World, random: _Random) -> tuple[np.ndarray, bool]:
    """A place that is in no listed site: in its district, in its street, anywhere in the region, or abroad."""
    rates = world.rates
    while True:
        draw, site = random.random(), world.truth_m[str(random.choice(list(world.truth_m)))]
        if draw < rates["district_share"]:
            place, is_abroad = _outside(site, rates["district_scale_m"], random), False
        elif draw < rates["district_share"] + rates["beside_share"]:
            place, is_abroad = _outside(site, rates["beside_scale_m"], random), False
        else:
            place, is_abroad = random.uniform(-0.5, 0.5, 2) * REGION_SIDE_M, False
            if random.random() < rates["abroad_share"] / max(0.05, 1.0 - rates["district_share"] - rates["beside_share"]):
                place, is_abroad = np.array([random.uniform(1.5e6, 4e6), random.uniform(-1e6, 2e6)]), True
        if not any(shapely.contains_xy(shape, *place) for shape in world.truth_m.values()):
            return place, is_abroad


def _observe(value: Value, who: Who, field: str, reader: str = "exif") -> Observation[Value]:
    return Observation(value=value, provenance=Provenance(reader=reader, field=field, raw="", who=who))


def _position(place_m: np.ndarray, error_m: float | None, resolution_m: float = 0.1) -> Position:
    lat, lon = geo.unproject_locally(place_m[None, :], *ORIGIN)[0]
    return Position(
        lat_deg=float(lat), lon_deg=geo.wrap_lon_deg(float(lon)), horizontal_error_m=error_m, resolution_m=resolution_m
    )


def _blur(place_m: np.ndarray, radius_m: float, random: _Random) -> np.ndarray:
    """A place off by a circular normal error of this 68 % radius."""
    return place_m + random.normal(0.0, radius_m / 1.51, 2)


def _write_fix(story: _Story) -> tuple[list[Observation[Value]], bool]:
    world, random, rates = story.world, story.random, story.world.rates
    error_m = float(np.exp(random.normal(np.log(rates["fix_error_m"]), 0.5)))
    place, is_forged = story.place_m, False
    if random.random() < rates["fix_wrong"]:
        if random.random() < rates["forged_share"]:
            code, is_forged = _rumoured(world, random), True
            place = _within(world.truth_m[code], random)
        else:
            # Stale: where the device was before, mostly in the same town.
            place = place + random.normal(0.0, 3000.0 if random.random() < 0.7 else 60_000.0, 2)
    far = 5.0 if random.random() < rates["outlier_share"] else 1.0
    measured = _blur(place, error_m * far, random)
    stated = max(1.0, error_m / rates["error_misjudged"]) if random.random() < rates["states_error"] else None
    if random.random() < 0.03:
        times = np.arange(0.0, 60.0, 10.0)
        steps = np.cumsum(random.normal(0.0, 2.0, (len(times), 2)), axis=0)
        points = [
            TrackPoint(time_s=float(t), position=_position(measured + step, stated)) for t, step in zip(times, steps, strict=True)
        ]
        return [_observe(Track(points=tuple(points)), Who.DEVICE, "gpmd", "gpmf")], is_forged
    found = [_observe(_position(measured, stated), Who.DEVICE, "GPS")]
    if random.random() < 0.15:
        found.append(_observe(_position(measured, stated, 1.0), Who.EDITOR, "exif:GPSLatitude", "xmp"))
    return found, is_forged


def _write_heading(story: _Story) -> Iterator[Observation[Value]]:
    random, rates = story.random, story.world.rates
    angle = random.uniform(0.0, 360.0)
    if story.site_code is not None and random.random() < rates["looks_at_site"]:
        target = _within(story.world.truth_m[story.site_code], random) - story.place_m
        # The site is somewhere in the picture, not always in its middle.
        angle = math.degrees(math.atan2(target[0], target[1])) + random.uniform(-30.0, 30.0)
    angle = geo.wrap_angle_deg(angle + random.normal(0.0, rates["heading_error_deg"]))
    north = North.TRUE if random.random() < 0.5 else North.MAGNETIC
    yield _observe(Heading(angle_deg=angle, north=north), Who.DEVICE, "GPSImgDirection")
    if random.random() < 0.6:
        yield _observe(FieldOfView(long_side_deg=float(random.uniform(55, 85))), Who.DEVICE, "FocalLengthIn35mmFilm")


def _write_platform_tag(story: _Story) -> Iterator[Observation[Value]]:
    """A place that the uploader picked from a platform's list: hundreds of metres off, or another place altogether."""
    random, world = story.random, story.world
    place = story.place_m
    if random.random() < world.rates["platform_wrong"]:
        place = (
            _within(world.truth_m[_rumoured(world, random)], random) if random.random() < 0.5 else random.normal(place, 20_000)
        )
    error_m = float(random.uniform(50.0, 600.0))
    yield _observe(_position(_blur(place, error_m, random), error_m, 10.0), Who.PLATFORM, "location", "sidecars.instaloader")


def _write_caption(story: _Story) -> Iterator[Observation[Value]]:
    random, world, rates = story.random, story.world, story.world.rates
    sites = {site.code: site for site in world.register.sites}
    nearest, distance_m = story.nearest
    named: str | None = None
    town: str | None = None
    if random.random() < rates["caption_wrong"]:
        named = nearest if 0.0 < distance_m < 2000.0 and random.random() < 0.5 else _rumoured(world, random)
        if named == story.site_code:
            # That would be no wrong caption: it names a town instead.
            named, town = None, sites[_rumoured(world, random)].locality
    elif story.site_code is not None:
        if random.random() < rates["caption_names"]:
            named = story.site_code
        else:
            town = sites[story.site_code].locality
    elif distance_m < 300.0 and random.random() < rates["beside_named"]:
        named = nearest
    elif distance_m < 8000.0 and random.random() < 0.4:
        town = sites[nearest].locality
    if named is not None and random.random() < 0.1:
        place = _blur(_within(world.truth_m[named], random), 60.0, random)
        claim = PlaceClaim(position=_position(place, None, 1.1), source=TextSource.CAPTION)
        yield _observe(claim, Who.UPLOADER, "decimal degrees in description", "words")
        return
    words = str(random.choice(_ELSEWHERE_WORDS))
    text = f"{words}, {sites[named].name if named else town}" if named or town else words
    yield _observe(TextSnippet(text=text, source=TextSource.CAPTION), Who.UPLOADER, "description", "sidecars.ytdlp")


def _write_time_and_light(story: _Story) -> Iterator[Observation[Value]]:
    random, rates = story.random, story.world.rates
    lat, lon = geo.unproject_locally(story.place_m[None, :], *ORIGIN)[0]
    at = dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=float(random.integers(0, 525_600)))
    if random.random() < rates["clock_share"]:
        right = round(geo.wrap_lon_deg(float(lon)) / 15.0) * 60 if story.is_abroad else HOME_OFFSET_MINUTES
        offset, shown = right, at
        if random.random() < rates["clock_wrong"]:
            offset = int(random.choice([-480, -300, 0, 60, 120, 330, 480, 540]))
            shown = at + dt.timedelta(minutes=float(right - offset))
        local = (shown + dt.timedelta(minutes=offset)).replace(tzinfo=None)
        time = CaptureTime(
            instant_utc=shown, local=local, offset_minutes=offset, clock=Clock.DEVICE, meaning=TimeMeaning.CAPTURED
        )
        yield _observe(time, Who.DEVICE, "DateTimeOriginal")
    if random.random() < rates["frames_share"]:
        elevation = locate_sun(float(lat), geo.wrap_lon_deg(float(lon)), at).elevation_deg
        sky = "by_day" if random.random() < min(1.0, max(0.0, (elevation + 6.0) / 12.0)) else "by_night"
        draw = random.random()
        dark, light = rates[f"dark_{sky}"], rates[f"light_{sky}"]
        luma = (
            random.uniform(5, 50) if draw < dark else random.uniform(90, 200) if draw < dark + light else random.uniform(50, 90)
        )
        yield _observe(Keyframe(time_s=0.0, sharpness=100.0, brightness=float(luma)), Who.EDITOR, "frame", "keyframes")


def _rumoured(world: World, random: _Random) -> str:
    """A site as rumours name it: a few of them most of the time."""
    return str(random.choice(list(world.rumours), p=list(world.rumours.values())))
