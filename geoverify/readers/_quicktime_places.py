"""Where a movie says that it was shot, and where its camera looked."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from geoverify.containers.iso6709 import parse_iso6709
from geoverify.containers.quicktime_meta import PlaceTag, Tag
from geoverify.errors import MalformedError
from geoverify.geo import METRES_PER_DEGREE, wrap_angle_deg
from geoverify.model import (
    FieldOfView,
    Finding,
    Heading,
    North,
    Observation,
    PlaceClaim,
    Position,
    Reason,
    TextSource,
    Who,
)
from geoverify.readers._quicktime_findings import APPLE, absent, observe, to_number

# The width of the 35 mm frame that equivalent focal lengths refer to.
FULL_FRAME_WIDTH_MM = 36.0
# The bare word is FFmpeg's, where it writes its own names as keys.
_POSITION_KEYS = ("©xyz", "@xyz", "location", APPLE + "location.ISO6709")
_ACCURACY_KEY = APPLE + "location.accuracy.horizontal"
_PLACE_NAME_KEY = APPLE + "location.name"
_HEADING_KEY = APPLE + "direction.facing"
_FOCAL_KEY = APPLE + "camera.focal_length.35mm_equivalent"
# Roles of a `loci` box other than 0, the place of shooting (TS 26.244 §8.13).
_REAL_PLACE, _FICTIONAL_PLACE = 1, 2
# WGS 84 under the names that ISO 6709 writers give it; other reference systems would need a datum shift.
_WGS84_NAMES = ("WGS84", "EPSG4326", "EPSG4979")


def read_places(tags: list[Tag | PlaceTag], who: Who) -> Iterator[Finding]:
    accuracies = {tag.path: tag for tag in tags if isinstance(tag, Tag) and tag.key == _ACCURACY_KEY}
    found = False
    for tag in tags:
        if isinstance(tag, PlaceTag):
            found = True
            yield from _read_loci(tag, who)
        elif tag.key in _POSITION_KEYS:
            found = True
            yield _read_point(tag, accuracies.get(tag.path), who)
        elif tag.key == _PLACE_NAME_KEY:
            yield observe(PlaceClaim(name=str(tag.value), source=TextSource.TAG), tag.field, str(tag.value), Who.UPLOADER)
    if not found:
        yield absent("position", Reason.NOT_PRESENT, "no ©xyz, loci or location key in the movie box")


def _read_point(tag: Tag, accuracy: Tag | None, who: Who) -> Finding:
    raw = str(tag.value)
    try:
        point = parse_iso6709(raw)
    except MalformedError as error:
        return absent("position", Reason.NOT_A_NUMBER, f"{tag.field}: {error}")
    crs = "".join(char for char in point.crs.upper() if char.isalnum())
    if crs and not crs.endswith(_WGS84_NAMES):
        return absent("position", Reason.UNSUPPORTED, f"{tag.field}: {raw!r} is not in WGS 84")
    error_m = to_number(accuracy)
    # A step of longitude shrinks with the latitude; the coarser of the two steps is the point's.
    step_deg = max(point.lat_step_deg, point.lon_step_deg * math.cos(math.radians(point.lat_deg)))
    return _check_position(
        Position(
            lat_deg=point.lat_deg,
            lon_deg=point.lon_deg,
            alt_m=point.height_m,
            horizontal_error_m=error_m if error_m is not None and error_m > 0 else None,
            resolution_m=step_deg * METRES_PER_DEGREE,
        ),
        tag.field,
        raw if error_m is None else f"{raw} accuracy {error_m} m",
        who,
    )


def _read_loci(tag: PlaceTag, who: Who) -> Iterator[Finding]:
    field = f"{tag.path}/loci"
    raw = f"{tag.lat_deg:.5f} {tag.lon_deg:.5f} {tag.alt_m:.2f} role {tag.role} body {tag.body!r} name {tag.name!r}"
    if tag.body.lower() not in ("", "earth"):
        yield absent("position", Reason.UNSUPPORTED, f"{field}: a place on {tag.body!r}, not on Earth")
    elif tag.role == _FICTIONAL_PLACE:
        yield absent("position", Reason.UNSUPPORTED, f"{field}: the place is given as fictional")
    else:
        # The box cannot leave the altitude out: writers that know none put 0.
        alt_m = tag.alt_m or None
        position = Position(lat_deg=tag.lat_deg, lon_deg=tag.lon_deg, alt_m=alt_m, resolution_m=METRES_PER_DEGREE / 65536)
        checked = _check_position(position, field, raw, who)
        if tag.role == _REAL_PLACE and isinstance(checked, Observation):
            # The place that the scene stands for, which need not be where the camera was.
            claim = PlaceClaim(name=tag.name or None, position=position, source=TextSource.TAG)
            yield observe(claim, field, raw, Who.UPLOADER)
            return
        yield checked
    if tag.name:
        yield observe(PlaceClaim(name=tag.name, source=TextSource.TAG), field, raw, Who.UPLOADER)


def _check_position(position: Position, field: str, raw: str, who: Who) -> Finding:
    if abs(position.lat_deg) > 90 or abs(position.lon_deg) > 180:
        return absent("position", Reason.OUT_OF_RANGE, f"{field}: {raw!r} lies outside latitude ±90, longitude ±180")
    if position.lat_deg == 0 and position.lon_deg == 0:
        return absent("position", Reason.NULL_ISLAND, f"{field}: {raw!r} is what devices without a fix write")
    return observe(position, field, raw, who)


def read_views(tags: Iterable[Tag], who: Who) -> Iterator[Finding]:
    for tag in tags:
        raw = str(tag.value)
        if tag.key == _HEADING_KEY:
            # One or two angles: direction, with an M where it is magnetic, and elevation (QTFF, "Direction definition").
            angle, magnetic = raw.split("/")[0].strip().rstrip("Tt"), False
            if angle[-1:] in ("M", "m"):
                angle, magnetic = angle[:-1], True
            number = to_number(Tag(tag.path, tag.key, angle))
            if number is None or not -360 <= number <= 360:
                yield absent("heading", Reason.NOT_A_NUMBER, f"{tag.field}: {raw!r} is no direction in degrees")
            else:
                north = North.MAGNETIC if magnetic else North.TRUE
                yield observe(Heading(angle_deg=wrap_angle_deg(number), north=north), tag.field, raw, who)
        elif tag.key == _FOCAL_KEY:
            focal_mm = to_number(tag)
            if focal_mm is None or focal_mm <= 0:
                yield absent("field of view", Reason.NOT_A_NUMBER, f"{tag.field}: {raw!r} is no focal length")
            else:
                angle_deg = 2 * math.degrees(math.atan(FULL_FRAME_WIDTH_MM / 2 / focal_mm))
                yield observe(FieldOfView(long_side_deg=angle_deg), tag.field, raw, who)
