"""EXIF's GPS directory (CIPA DC-008 §4.6.6, "Tags relating to GPS"): position, direction, and the time of the fix."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator

from geoverify.containers.tiff import DOUBLE, FLOAT, Field
from geoverify.geo import METRES_PER_DEGREE, wrap_angle_deg
from geoverify.model import (
    CaptureTime,
    Clock,
    Finding,
    FixCaveat,
    Heading,
    North,
    PlaceClaim,
    Position,
    Problem,
    Reason,
    TextSource,
    TimeMeaning,
)
from geoverify.readers._exif_tags import (
    ExifTags,
    UnusableError,
    absent,
    integer_of,
    number_of,
    pairs_of,
    show,
    show_fields,
    text_of,
    warn,
)
from geoverify.readers._exif_text import decode_charset
from geoverify.readers._exif_time import split_date

POSITION_FIELD = "GPSLatitude+GPSLongitude"

LAT_REF, LAT, LON_REF, LON, ALT_REF, ALT = 1, 2, 3, 4, 5, 6
TIME, STATUS, MEASURE_MODE, DOP = 7, 9, 10, 11
DIRECTION_REF, DIRECTION, DATUM = 16, 17, 18
BEARING_REF, BEARING, METHOD, AREA, DATE, ERROR = 23, 24, 27, 28, 29, 31

# Both coordinates closer to zero than this are a receiver's “unknown”, written as a position (1.1 m).
NULL_ISLAND_DEG = 1e-5
# Lower than the deepest trench, higher than any aircraft: no camera's altitude.
MIN_ALT_M, MAX_ALT_M = -11_000.0, 100_000.0
# The first day of GPS time; a receiver that says an earlier one has no time yet.
GPS_EPOCH = dt.datetime(1980, 1, 6, tzinfo=dt.UTC)
_WGS84 = {"", "WGS84", "WGS1984", "WORLDGEODETICSYSTEM1984", "EPSG4326"}
# Methods that do not measure satellites: a cell can be kilometres wide, and "manual" is somebody's click on a map.
_NETWORK_METHODS = {"CELLID", "CELL", "NETWORK", "WLAN"}
_NORTHS = {"T": North.TRUE, "M": North.MAGNETIC}
_POSITION_NAMES = (
    (LAT_REF, "GPSLatitudeRef"),
    (LAT, "GPSLatitude"),
    (LON_REF, "GPSLongitudeRef"),
    (LON, "GPSLongitude"),
    (ALT_REF, "GPSAltitudeRef"),
    (ALT, "GPSAltitude"),
    (ERROR, "GPSHPositioningError"),
    (DOP, "GPSDOP"),
    (STATUS, "GPSStatus"),
    (MEASURE_MODE, "GPSMeasureMode"),
    (DATUM, "GPSMapDatum"),
)
_DIRECTIONS = (
    (DIRECTION, DIRECTION_REF, "GPSImgDirection"),
    (BEARING, BEARING_REF, "GPSDestBearing"),
)


def read_position(tags: ExifTags) -> Iterator[Finding]:
    """Yield the position, or why there is none, and what weakens it."""
    if tags.gps is None:
        yield absent("position", Reason.NOT_PRESENT, "the EXIF has no GPS directory")
        return
    try:
        position = _decode_position(tags)
    except UnusableError as error:
        yield absent("position", error.reason, f"{error.detail}{_weaknesses(tags)}")
        return
    try:
        alt_m = _decode_altitude(tags)
    except UnusableError as error:
        alt_m = None
        yield absent("altitude", error.reason, error.detail)
    lat_deg, lon_deg, resolution_m = position
    caveats = _caveats_of(tags)
    value = Position(
        lat_deg=lat_deg,
        lon_deg=lon_deg,
        alt_m=alt_m,
        horizontal_error_m=_decode_error(tags),
        resolution_m=resolution_m,
        caveats=caveats,
    )
    yield tags.observe(value, POSITION_FIELD, _raw_position(tags))
    yield from (_warn_of(caveat, tags) for caveat in caveats)


def read_directions(tags: ExifTags) -> Iterator[Finding]:
    """Yield the directions in which the camera looked and in which its destination lies."""
    for tag, ref_tag, name in _DIRECTIONS:
        field = tags.gps_field(tag)
        if field is None:
            if tag == DIRECTION:
                yield absent("heading", Reason.NOT_PRESENT, "the EXIF has no GPSImgDirection")
            continue
        ref = text_of(tags.gps_field(ref_tag))
        try:
            angle_deg = number_of(field, name)
            if not 0.0 <= angle_deg <= 360.0:
                raise UnusableError(Reason.OUT_OF_RANGE, f"{name}: {show(field)} is outside 0 to 360 degrees")
        except UnusableError as error:
            yield absent("heading", error.reason, error.detail)
            continue
        north = _NORTHS.get(ref[:1].upper(), North.UNKNOWN)
        raw = show_fields(((f"{name}Ref", tags.gps_field(ref_tag)), (name, field)))
        yield tags.observe(Heading(angle_deg=wrap_angle_deg(angle_deg), north=north), name, raw)


def read_gps_time(tags: ExifTags) -> Iterator[Finding]:
    """Yield the UTC time of the fix; a date alone is given as its midnight with a resolution of a day."""
    date_field, time_field = tags.gps_field(DATE), tags.gps_field(TIME)
    if date_field is None and time_field is None:
        return
    try:
        if date_field is None:
            detail = f"GPSTimeStamp {show(time_field)} stands without GPSDateStamp"
            raise UnusableError(Reason.NOT_PRESENT, detail)
        day, _ = split_date(text_of(date_field), "GPSDateStamp")
        instant = dt.datetime.combine(day, dt.time(), dt.UTC)
        if time_field is not None:
            instant = _add(instant, _decode_time_of_day(time_field))
        if instant < GPS_EPOCH:
            detail = f"GPSDateStamp {show(date_field)} is before GPS began on 1980-01-06: the receiver had no time"
            raise UnusableError(Reason.OUT_OF_RANGE, detail)
    except UnusableError as error:
        yield absent("time of the fix", error.reason, error.detail)
        return
    resolution_s = 86_400.0 if time_field is None else None
    value = CaptureTime(instant_utc=instant, resolution_s=resolution_s, clock=Clock.GPS, meaning=TimeMeaning.FIXED)
    raw = show_fields((("GPSDateStamp", date_field), ("GPSTimeStamp", time_field)))
    yield tags.observe(value, "GPSDateStamp+GPSTimeStamp" if time_field else "GPSDateStamp", raw)


def read_area(tags: ExifTags) -> Iterator[Finding]:
    """Yield the name of the area that the device wrote beside the fix."""
    field = tags.gps_field(AREA)
    name = decode_charset(field) if field else ""
    if name:
        yield tags.observe(PlaceClaim(name=name, source=TextSource.TAG), "GPSAreaInformation", name)


def _decode_position(tags: ExifTags) -> tuple[float, float, float | None]:
    lat_field, lon_field = tags.gps_field(LAT), tags.gps_field(LON)
    if lat_field is None and lon_field is None:
        reason = Reason.NO_FIX if _is_interrupted(tags) else Reason.NOT_PRESENT
        raise UnusableError(reason, "the GPS directory has neither latitude nor longitude")
    if lat_field is None or lon_field is None:
        name = "GPSLatitude" if lat_field is None else "GPSLongitude"
        raise UnusableError(Reason.NOT_PRESENT, f"the GPS directory has no {name}")
    lat_deg, lat_step = _decode_degrees(lat_field, "GPSLatitude", 90.0)
    lon_deg, lon_step = _decode_degrees(lon_field, "GPSLongitude", 180.0)
    lat_deg *= _sign(tags.gps_field(LAT_REF), "GPSLatitudeRef", "NORTH", "SOUTH")
    lon_deg *= _sign(tags.gps_field(LON_REF), "GPSLongitudeRef", "EAST", "WEST")
    if abs(lat_deg) < NULL_ISLAND_DEG and abs(lon_deg) < NULL_ISLAND_DEG:
        raise UnusableError(Reason.NULL_ISLAND, "latitude and longitude are both 0, which devices write for “unknown”")
    step_deg = max(lat_step, lon_step * math.cos(math.radians(lat_deg)))
    return lat_deg, lon_deg, step_deg * METRES_PER_DEGREE if step_deg > 0.0 else None


def _decode_degrees(field: Field, name: str, limit_deg: float) -> tuple[float, float]:
    """Return degrees and the step of their notation, both without sign; the step is 0 for floating-point fields.

    A minute or second that rounding carried to exactly 60 is taken as such; anything above is damage.
    """
    pairs = pairs_of(field, name)
    if len(pairs) > 3:
        raise UnusableError(Reason.NOT_A_NUMBER, f"{name}: {show(field)} has more than degrees, minutes and seconds")
    values = [num / den for num, den in pairs]
    if min(values) < 0.0:
        raise UnusableError(Reason.OUT_OF_RANGE, f"{name}: {show(field)} is negative, and the reference letter is the sign")
    whole, minutes, seconds = (*values, 0.0, 0.0)[:3]
    if minutes > 60.0 or seconds > 60.0 or (minutes == 60.0 and seconds):
        raise UnusableError(Reason.OUT_OF_RANGE, f"{name}: {show(field)} has 60 minutes or seconds or more")
    degrees = whole + minutes / 60.0 + seconds / 3600.0
    if degrees > limit_deg:
        raise UnusableError(Reason.OUT_OF_RANGE, f"{name}: {show(field)} is over {limit_deg:.0f} degrees")
    return degrees, 0.0 if field.kind in (FLOAT, DOUBLE) else _step_deg(pairs)


def _step_deg(pairs: tuple[tuple[int, int], ...]) -> float:
    """The step of the finest part that is in use: seconds that are always 0 behind decimal minutes are not."""
    used = len(pairs)
    while used > 1 and pairs[used - 1][0] == 0 and any(den > 1 for _, den in pairs[: used - 1]):
        used -= 1
    return min(1.0 / den / 60.0**power for power, (_, den) in enumerate(pairs[:used]))


def _sign(field: Field | None, name: str, positive: str, negative: str) -> float:
    ref = text_of(field).upper()
    for word, sign in ((positive, 1.0), (negative, -1.0)):
        if ref in (word[0], word):
            return sign
    raise UnusableError(
        Reason.MISSING_REFERENCE, f"{name} is {ref!r} instead of {positive[0]} or {negative[0]}: the hemisphere is not known"
    )


def _decode_altitude(tags: ExifTags) -> float | None:
    """Altitude in metres; references 1 and 3 are below sea level and below the ellipsoid, the default is 0 (above)."""
    field = tags.gps_field(ALT)
    if field is None:
        return None
    alt_m = number_of(field, "GPSAltitude")
    alt_m = -alt_m if integer_of(tags.gps_field(ALT_REF)) in (1, 3) else alt_m
    if not MIN_ALT_M <= alt_m <= MAX_ALT_M:
        raise UnusableError(Reason.OUT_OF_RANGE, f"GPSAltitude: {show(field)} m is not where a camera can be")
    return alt_m


def _decode_error(tags: ExifTags) -> float | None:
    field = tags.gps_field(ERROR)
    if field is None:
        return None
    try:
        error_m = number_of(field, "GPSHPositioningError")
    except UnusableError:
        return None
    return error_m if error_m > 0.0 else None


def _decode_time_of_day(field: Field) -> dt.timedelta:
    pairs = pairs_of(field, "GPSTimeStamp")
    values = [num / den for num, den in pairs]
    # A second of 60 is a leap second.
    if len(values) != 3 or min(values) < 0.0 or values[0] >= 24.0 or values[1] >= 60.0 or values[2] >= 61.0:
        raise UnusableError(Reason.NOT_A_DATE, f"GPSTimeStamp: {show(field)} is no time of day")
    return dt.timedelta(hours=values[0], minutes=values[1], seconds=values[2])


def _add(instant: dt.datetime, span: dt.timedelta) -> dt.datetime:
    try:
        return instant + span
    except OverflowError as error:
        raise UnusableError(Reason.NOT_A_DATE, f"GPSDateStamp: {instant.year} is the end of the calendar") from error


def _raw_position(tags: ExifTags) -> str:
    raw = show_fields((name, tags.gps_field(tag)) for tag, name in _POSITION_NAMES)
    method = _method(tags)
    return f"{raw}; GPSProcessingMethod {method}" if method else raw


def _method(tags: ExifTags) -> str:
    field = tags.gps_field(METHOD)
    return decode_charset(field) if field else ""


def _is_interrupted(tags: ExifTags) -> bool:
    return text_of(tags.gps_field(STATUS)).upper().startswith("V")


def _weaknesses(tags: ExifTags) -> str:
    status = text_of(tags.gps_field(STATUS))
    return f"; GPSStatus {status}" if status else ""


def _caveats_of(tags: ExifTags) -> tuple[FixCaveat, ...]:
    """What weakens a position that is kept.

    GPSStatus V means that the measurement was interrupted when the picture was taken: the coordinates are the last fix
    before that, so they are a position of the device, only not surely the picture's.
    """
    method = _method(tags).upper()
    datum = "".join(char for char in text_of(tags.gps_field(DATUM)).upper() if char.isalnum())
    signs = (
        (FixCaveat.NETWORK, method in _NETWORK_METHODS),
        (FixCaveat.MANUAL, method == "MANUAL"),
        (FixCaveat.INTERRUPTED, _is_interrupted(tags)),
        (FixCaveat.OTHER_DATUM, datum not in _WGS84),
    )
    return tuple(caveat for caveat, applies in signs if applies)


def _warn_of(caveat: FixCaveat, tags: ExifTags) -> Problem:
    if caveat is FixCaveat.INTERRUPTED:
        return warn(
            "gps-interrupted",
            "GPSStatus V: the receiver had no fix when the picture was taken, and the position is an earlier one; "
            "compare GPSTimeStamp with the time of capture",
        )
    if caveat is FixCaveat.OTHER_DATUM:
        return warn(
            "datum-not-wgs84",
            f"GPSMapDatum {text_of(tags.gps_field(DATUM))!r}: the position is not in WGS 84 and can be some hundred metres off; "
            "convert it by hand",
        )
    return warn(
        "position-not-gps",
        f"GPSProcessingMethod {_method(tags)}: the position was not measured by satellite and can be kilometres off",
    )
