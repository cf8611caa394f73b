"""Where the camera was and which way it looked: exif:GPS*, the drones' own namespaces, photo spheres."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Generator, Iterator, Mapping

from geoverify.containers.xmp_tree import Node, Properties
from geoverify.geo import METRES_PER_DEGREE, wrap_angle_deg
from geoverify.model import (
    CaptureTime,
    Clock,
    FieldOfView,
    Finding,
    FixCaveat,
    Heading,
    North,
    PlaceClaim,
    Position,
    Reason,
    TextSource,
    TimeMeaning,
)
from geoverify.speech import ConflictError, Speaker, UnusableError
from geoverify.xmp.numbers import join_coordinates, parse_coordinate, parse_number, parse_time

# Both coordinates closer to zero than this are a receiver's “unknown”, written as a position (1.1 m).
NULL_ISLAND_DEG = 1e-5
# Lower than the deepest trench, higher than any aircraft.
MIN_ALT_M, MAX_ALT_M = -11_000.0, 100_000.0
# 68 % radius over the standard deviation of each axis, for equal normal errors: √(−2·ln 0.32).
SIGMAS_PER_RADIUS = 1.5096
FRAME_35MM = 36.0
_GPS_EPOCH = dt.datetime(1980, 1, 6, tzinfo=dt.UTC)
_TIME_OF_DAY = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d)(?:\.(\d{1,6})\d*)?)?Z?", re.ASCII)
# Reference frames within a metre or two of WGS 84.
_NEAR_WGS84 = ("WGS84", "WGS1984", "WORLDGEODETICSYSTEM1984", "EPSG4326", "ETRS89", "NAD83", "GDA94", "JGD2000", "CGCS2000")
# Methods that do not measure satellites: a cell can be kilometres wide.
_NETWORK_METHODS = ("CELLID", "CELL", "NETWORK", "WLAN")
_WARNINGS = {
    FixCaveat.NETWORK: (
        "position-not-gps",
        "exif:GPSProcessingMethod: the position was measured by radio masts or networks and can be kilometres off",
    ),
    FixCaveat.MANUAL: ("position-not-gps", "exif:GPSProcessingMethod MANUAL: somebody typed the position or clicked it on a map"),
    FixCaveat.INTERRUPTED: (
        "gps-interrupted",
        "exif:GPSStatus V: the receiver had no fix when the picture was taken, and the position is an earlier one; "
        "compare exif:GPSTimeStamp with the time of capture",
    ),
    FixCaveat.OTHER_DATUM: (
        "datum-not-wgs84",
        "exif:GPSMapDatum: the position is not in WGS 84 and can be some hundred metres off; convert it by hand",
    ),
}

_DJI_LON = ("drone-dji:GpsLongitude", "drone-dji:GpsLongtitude")
# Yaw and pitch of the camera, what zero pitch is, and the north that the maker documents.
_ATTITUDES = (
    # DJI's manuals give the angles in the north-east-down frame, whose north is the meridian; pitch is −90 straight down.
    ("drone-dji:GimbalYawDegree", "drone-dji:GimbalPitchDegree", 0.0, North.TRUE),
    # Parrot says nothing of its north.
    ("drone-parrot:CameraYawDegree", "drone-parrot:CameraPitchDegree", 0.0, North.UNKNOWN),
    # Pix4D's own tags, which senseFly, Parrot and others write: pitch is 0 straight down and 90 at the horizon.
    ("Camera:Yaw", "Camera:Pitch", -90.0, North.UNKNOWN),
    # Google: "compass heading … for the center of the image"; nothing says whether it is corrected for declination.
    ("GPano:PoseHeadingDegrees", "GPano:PosePitchDegrees", 0.0, North.UNKNOWN),
)
_ATTITUDE_NOTES = ("drone-dji:FlightYawDegree", "drone-dji:RelativeAltitude", "drone-dji:AbsoluteAltitude")
_NORTHS = {"T": North.TRUE, "M": North.MAGNETIC}


def say_positions(props: Properties, speaker: Speaker) -> Iterator[Finding]:
    """Yield every position of the camera, what weakens it, and the point that a drone's range finder hit."""
    found = False
    for say in (_say_exif, _say_dji):
        for finding in say(props, speaker):
            found = True
            yield finding
    if not found:
        yield speaker.absent("position", Reason.NOT_PRESENT, "there are no GPS properties")
    yield from _say_laser_target(props, speaker)


def say_headings(props: Properties, speaker: Speaker) -> Iterator[Finding]:
    """Yield the directions in which the camera looked."""
    name = "exif:GPSImgDirection"
    if name in props:
        north = _NORTHS.get(_text(props, f"{name}Ref").upper()[:1], North.UNKNOWN)
        yield from speaker.attempt("heading", name, _show(props, f"{name}Ref", name), _heading, props, name, north)
    for yaw, pitch, level_deg, north in _ATTITUDES:
        if yaw in props:
            raw = _show(props, yaw, pitch, *(_ATTITUDE_NOTES if yaw.startswith("drone-dji") else ()))
            yield from speaker.attempt("heading", yaw, raw, _heading, props, yaw, north, pitch, level_deg)


def say_views(props: Properties, speaker: Speaker) -> Iterator[Finding]:
    """Yield the angle over the longer side of the frame, or over a panorama."""
    focal = "exif:FocalLengthIn35mmFilm"
    if focal in props:
        yield from speaker.attempt("field of view", focal, _show(props, focal), _view_from_focal, props, focal)
    cropped, full = "GPano:CroppedAreaImageWidthPixels", "GPano:FullPanoWidthPixels"
    if cropped in props and full in props:
        raw = _show(props, cropped, full)
        yield from speaker.attempt("field of view", f"{cropped}+{full}", raw, _view_of_panorama, props, cropped, full)


def say_gps_time(props: Properties, speaker: Speaker) -> Iterator[Finding]:
    """Yield the UTC time of the fix: exif:GPSTimeStamp is a whole date in XMP, and UTC whatever it leaves out."""
    for name in ("exif:GPSTimeStamp", "exif:GPSDateTime", "drone-dji:UTCAtExposure"):
        if name in props:
            yield from speaker.attempt("time of the fix", name, _show(props, "exif:GPSDateStamp", name), _gps_time, props, name)


def read_position(
    fields: Mapping[str, Node],
    lat_name: str,
    lon_name: str,
    alt_m: float | None = None,
    error_m: float | None = None,
    caveats: tuple[FixCaveat, ...] = (),
) -> Position:
    """The position of two coordinates with their separate references; raises `UnusableError` where there is none."""
    if lat_name not in fields or lon_name not in fields:
        raise UnusableError(Reason.NOT_PRESENT, f"there is only one of {lat_name} and {lon_name}")
    lat = parse_coordinate(_text(fields, lat_name), _text(fields, f"{lat_name}Ref"), lat_name, "latitude")
    lon = parse_coordinate(_text(fields, lon_name), _text(fields, f"{lon_name}Ref"), lon_name, "longitude")
    lat_deg, lon_deg, step_deg = join_coordinates(lat, lon)
    if abs(lat_deg) < NULL_ISLAND_DEG and abs(lon_deg) < NULL_ISLAND_DEG:
        raise UnusableError(Reason.NULL_ISLAND, f"{lat_name} and {lon_name} are both 0, which programs write for “unknown”")
    return Position(
        lat_deg=lat_deg,
        lon_deg=lon_deg,
        alt_m=alt_m,
        horizontal_error_m=error_m,
        resolution_m=step_deg * METRES_PER_DEGREE,
        caveats=caveats,
    )


def say_altitude(props: Mapping[str, Node], name: str, speaker: Speaker) -> Generator[Finding, None, float | None]:
    """Yield why an altitude cannot be used, and return it where it can."""
    try:
        return _read_altitude(props, name)
    except UnusableError as error:
        yield from speaker.excuse("altitude", error)
        return None


def _say_exif(props: Properties, speaker: Speaker) -> Iterator[Finding]:
    lat, lon = "exif:GPSLatitude", "exif:GPSLongitude"
    if lat not in props and lon not in props:
        return
    names = (f"{lat}Ref", lat, f"{lon}Ref", lon, "exif:GPSAltitudeRef", "exif:GPSAltitude", "exif:GPSHPositioningError")
    raw = _show(props, *names, "exif:GPSDOP", "exif:GPSStatus", "exif:GPSMapDatum", "exif:GPSProcessingMethod")
    caveats = _caveats_of(props)
    alt_m = yield from say_altitude(props, "exif:GPSAltitude", speaker)
    yield from speaker.attempt(
        "position", f"{lat}+{lon}", raw, read_position, props, lat, lon, alt_m, _stated_error(props), caveats
    )
    for caveat in caveats:
        yield speaker.warn(*_WARNINGS[caveat])


def _caveats_of(props: Properties) -> tuple[FixCaveat, ...]:
    """What the properties themselves say against the position (CIPA DC-008 §4.6.6)."""
    method = _text(props, "exif:GPSProcessingMethod").upper()
    datum = "".join(char for char in _text(props, "exif:GPSMapDatum").upper() if char.isalnum())
    signs = {
        FixCaveat.NETWORK: method in _NETWORK_METHODS,
        FixCaveat.MANUAL: method == "MANUAL",
        FixCaveat.INTERRUPTED: _text(props, "exif:GPSStatus").upper().startswith("V"),
        FixCaveat.OTHER_DATUM: bool(datum) and not datum.startswith(_NEAR_WGS84),
    }
    return tuple(caveat for caveat, applies in signs.items() if applies)


def _say_dji(props: Properties, speaker: Speaker) -> Iterator[Finding]:
    lat = "drone-dji:GpsLatitude"
    # Some models' firmware misspells the longitude.
    lon = next((name for name in _DJI_LON if name in props), None)
    if lat not in props or lon is None:
        return
    raw = _show(
        props, lat, lon, "drone-dji:AbsoluteAltitude", "drone-dji:RelativeAltitude", "drone-dji:GpsStatus", "drone-dji:RtkFlag"
    )
    alt_m = yield from say_altitude(props, "drone-dji:AbsoluteAltitude", speaker)
    # Not a reason to drop it: some models write "Invalid" beside good positions.
    is_doubted = _text(props, "drone-dji:GpsStatus").lower() == "invalid"
    caveats = (FixCaveat.INTERRUPTED,) if is_doubted else ()
    yield from speaker.attempt("position", f"{lat}+{lon}", raw, read_position, props, lat, lon, alt_m, _rtk_error(props), caveats)
    if is_doubted:
        yield speaker.warn("gps-interrupted", "drone-dji:GpsStatus Invalid: the drone does not vouch for this position")


def _say_laser_target(props: Properties, speaker: Speaker) -> Iterator[Finding]:
    lat, lon = "drone-dji:LRFTargetLat", "drone-dji:LRFTargetLon"
    if lat not in props or lon not in props:
        return
    raw = _show(props, lat, lon, "drone-dji:LRFTargetDistance", "drone-dji:LRFStatus")
    yield from speaker.attempt("target", f"{lat}+{lon}", raw, _target, props, lat, lon)


def _target(props: Properties, lat_name: str, lon_name: str) -> PlaceClaim:
    """What the camera looked at, not where it was."""
    return PlaceClaim(position=read_position(props, lat_name, lon_name), source=TextSource.TAG)


def _read_altitude(fields: Mapping[str, Node], name: str) -> float | None:
    """An altitude in metres; reference 1 and 3 are below sea level and below the ellipsoid (CIPA DC-008 §4.6.6).

    Raises `ConflictError` for a negative altitude that its reference says is above, `UnusableError` where it is no altitude.
    """
    if name not in fields:
        return None
    alt_m = parse_number(_text(fields, name), name)
    ref = _text(fields, f"{name}Ref")
    if ref[:1] not in ("", "0", "1", "2", "3"):
        raise UnusableError(Reason.MISSING_REFERENCE, f"{name}Ref is {ref[:20]!r}: above or below the sea is not known")
    if ref[:1] in ("0", "2") and alt_m < 0.0:
        raise ConflictError(
            Reason.MISSING_REFERENCE, f"{name}: {alt_m} m, but {name}Ref {ref!r} says above; its sign is not known"
        )
    alt_m = -abs(alt_m) if ref[:1] in ("1", "3") else alt_m
    if not MIN_ALT_M <= alt_m <= MAX_ALT_M:
        raise UnusableError(Reason.OUT_OF_RANGE, f"{name}: {alt_m} m is not where a camera can be")
    return alt_m


def _heading(props: Properties, name: str, north: North, pitch: str = "", level_deg: float = 0.0) -> Heading:
    angle_deg = parse_number(_text(props, name), name)
    if not -360.0 <= angle_deg <= 360.0:
        raise UnusableError(Reason.OUT_OF_RANGE, f"{name}: {angle_deg} is outside ±360 degrees")
    return Heading(angle_deg=wrap_angle_deg(angle_deg), north=north, pitch_deg=_pitch(props, pitch, level_deg))


def _pitch(props: Properties, name: str, level_deg: float) -> float | None:
    """The angle above the horizon, `None` where it is not told; raises `UnusableError` for one that no scale has."""
    try:
        angle_deg = parse_number(_text(props, name), name)
    except UnusableError:
        return None
    # Some writers put a gimbal's own angle into Pix4D's tag: −85 is 5 degrees from straight down there and no angle of Pix4D's.
    for pitch_deg in (angle_deg + level_deg, angle_deg):
        if -90.0 <= pitch_deg <= 90.0:
            return pitch_deg
    raise UnusableError(Reason.OUT_OF_RANGE, f"{name}: {angle_deg} is no angle between straight down and straight up")


def _view_from_focal(props: Properties, name: str) -> FieldOfView | None:
    focal_mm = parse_number(_text(props, name), name)
    if focal_mm == 0.0:
        return None
    if not 1.0 <= focal_mm <= 10_000.0:
        raise UnusableError(Reason.OUT_OF_RANGE, f"{name}: {focal_mm} mm is no focal length")
    return FieldOfView(long_side_deg=math.degrees(2.0 * math.atan(FRAME_35MM / (2.0 * focal_mm))))


def _view_of_panorama(props: Properties, cropped: str, full: str) -> FieldOfView:
    """The share of the full circle that the picture covers (photo sphere metadata)."""
    width, whole = parse_number(_text(props, cropped), cropped), parse_number(_text(props, full), full)
    if not 0.0 < width <= whole:
        raise UnusableError(Reason.OUT_OF_RANGE, f"{cropped} {width:g} of {full} {whole:g} is no part of a panorama")
    return FieldOfView(long_side_deg=360.0 * width / whole)


def _gps_time(props: Properties, name: str) -> CaptureTime:
    text = _text(props, name)
    clock = _time_of_day(text)
    if clock:
        day = _text(props, "exif:GPSDateStamp")
        if not day:
            raise UnusableError(Reason.NOT_A_DATE, f"{name}: {text!r} is a time of day without a date")
        text = f"{day} {clock}"
    time = parse_time(text, name, Clock.GPS, TimeMeaning.FIXED)
    instant = time.instant_utc or (time.local.replace(tzinfo=dt.UTC) if time.local else None)
    if instant is None or instant < _GPS_EPOCH:
        raise UnusableError(Reason.OUT_OF_RANGE, f"{name}: {text!r} is before GPS began on 1980-01-06: the receiver had no time")
    return CaptureTime(instant_utc=instant, resolution_s=time.resolution_s, clock=Clock.GPS, meaning=TimeMeaning.FIXED)


def _time_of_day(text: str) -> str:
    """A bare time of day, also one in EXIF's three rationals, as HH:MM:SS.f; empty for anything else."""
    if _TIME_OF_DAY.fullmatch(text):
        return text.removesuffix("Z")
    parts = text.split(",")
    if len(parts) != 3:
        return ""
    hours, minutes, seconds = (parse_number(part, "exif:GPSTimeStamp") for part in parts)
    return f"{hours:02.0f}:{minutes:02.0f}:{seconds:09.6f}"


def _stated_error(props: Properties) -> float | None:
    """exif:GPSHPositioningError; a dilution of precision is no error in metres, and some phones write their error there."""
    name = "exif:GPSHPositioningError"
    try:
        error_m = parse_number(_text(props, name), name)
    except UnusableError:
        return None
    return error_m if error_m > 0.0 else None


def _rtk_error(props: Properties) -> float | None:
    """The 68 % radius from the standard deviations in metres that an RTK receiver states for its two axes."""
    names = ("drone-dji:RtkStdLat", "drone-dji:RtkStdLon")
    try:
        lat_m, lon_m = (parse_number(_text(props, name), name) for name in names)
    except UnusableError:
        return None
    return SIGMAS_PER_RADIUS * math.sqrt((lat_m**2 + lon_m**2) / 2.0) or None


def _text(fields: Mapping[str, Node], name: str) -> str:
    node = fields.get(name)
    return node.value if node else ""


def _show(fields: Mapping[str, Node], *names: str) -> str:
    return "; ".join(f"{name.partition(':')[2]} {fields[name].value[:80]}" for name in names if name in fields)
