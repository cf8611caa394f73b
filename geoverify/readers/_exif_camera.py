"""EXIF's device and lens: camera, software, field of view, size and orientation."""

from __future__ import annotations

import math
from collections.abc import Iterator

from geoverify.model import Camera, FieldOfView, Finding, ImageInfo, Reason, Software
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
)

MAKE, MODEL, SOFTWARE, PROCESSING_SOFTWARE = 0x010F, 0x0110, 0x0131, 0x000B
BODY_SERIAL, DNG_SERIAL = 0xA431, 0xC62F
SUBFILE_TYPE, WIDTH, HEIGHT, ORIENTATION = 0x00FE, 0x0100, 0x0101, 0x0112
EXIF_WIDTH, EXIF_HEIGHT = 0xA002, 0xA003
FOCAL_35MM, FOCAL, DIGITAL_ZOOM = 0xA405, 0x920A, 0xA404
PLANE_X, PLANE_Y, PLANE_UNIT = 0xA20E, 0xA20F, 0xA210

# The longer side of the 36 × 24 mm frame that "35 mm" focal lengths are stated for.
FRAME_35MM = 36.0
MAX_FOCAL_35MM = 10_000
# From the sensors of phones to scanning backs; outside it the focal plane resolution is not what the standard says.
MIN_SENSOR_MM, MAX_SENSOR_MM = 1.5, 100.0
# 2 and 3 are the standard's; 4 and 5 are millimetre and micrometre, which some makers write.
_UNIT_MM = {2: 25.4, 3: 10.0, 4: 1.0, 5: 0.001}
MAX_SIDE_PX = 1_000_000
_SENSOR_FIELDS = (
    (FOCAL, "FocalLength"),
    (PLANE_X, "FocalPlaneXResolution"),
    (PLANE_Y, "FocalPlaneYResolution"),
    (PLANE_UNIT, "FocalPlaneResolutionUnit"),
    (EXIF_WIDTH, "PixelXDimension"),
    (EXIF_HEIGHT, "PixelYDimension"),
    (DIGITAL_ZOOM, "DigitalZoomRatio"),
)


def read_camera(tags: ExifTags) -> Iterator[Finding]:
    """Yield the device as it names itself, and the programs that say they wrote the file."""
    make, model = text_of(tags.image_field(MAKE)), text_of(tags.image_field(MODEL))
    serial = text_of(tags.exif_field(BODY_SERIAL)) or text_of(tags.image_field(DNG_SERIAL))
    if make or model or serial:
        given = (("Make", make), ("Model", model), ("BodySerialNumber", serial))
        raw = "; ".join(f"{name} {text}" for name, text in given if text)
        yield tags.observe(Camera(make=make or None, model=model or None, serial=serial or None), "Make+Model", raw)
    for tag, name in ((SOFTWARE, "Software"), (PROCESSING_SOFTWARE, "ProcessingSoftware")):
        software = text_of(tags.image_field(tag))
        if software:
            yield tags.observe(Software(name=software), name, software)


def read_field_of_view(tags: ExifTags) -> Iterator[Finding]:
    """Yield the angle over the longer side, from the 35 mm equivalent focal length or else from the size of the sensor."""
    field = tags.exif_field(FOCAL_35MM)
    focal_mm = integer_of(field)
    if focal_mm and 0 < focal_mm <= MAX_FOCAL_35MM:
        yield tags.observe(FieldOfView(long_side_deg=_angle_deg(FRAME_35MM, focal_mm)), "FocalLengthIn35mmFilm", show(field))
        return
    if focal_mm:
        yield absent("field of view", Reason.OUT_OF_RANGE, f"FocalLengthIn35mmFilm: {show(field)} mm is no focal length")
    try:
        angle_deg = _angle_from_sensor(tags)
    except UnusableError as error:
        yield absent("field of view", error.reason, error.detail)
        return
    if angle_deg is not None:
        raw = show_fields((name, tags.exif_field(tag)) for tag, name in _SENSOR_FIELDS)
        yield tags.observe(FieldOfView(long_side_deg=angle_deg), "FocalLength+FocalPlaneXResolution", raw)


def read_image_info(tags: ExifTags) -> Iterator[Finding]:
    """Yield the size that the EXIF states and the orientation; a preview's own size (as IFD0 of a raw file has) is left out."""
    width, height = integer_of(tags.exif_field(EXIF_WIDTH)), integer_of(tags.exif_field(EXIF_HEIGHT))
    names = ["PixelXDimension", "PixelYDimension"]
    if not (width and height) and not integer_of(tags.image_field(SUBFILE_TYPE)):
        width, height = integer_of(tags.image_field(WIDTH)), integer_of(tags.image_field(HEIGHT))
        names = ["ImageWidth", "ImageLength"]
    sized = width is not None and height is not None and 0 < width <= MAX_SIDE_PX and 0 < height <= MAX_SIDE_PX
    orientation = integer_of(tags.image_field(ORIENTATION))
    turned = orientation if orientation in range(1, 9) else None
    if not sized and turned is None:
        return
    names = [*(names if sized else ()), *(["Orientation"] if turned else ())]
    raw = " ".join(str(number) for number in ((width, height) if sized else ()) + ((turned,) if turned else ()))
    info = ImageInfo(width_px=width if sized else None, height_px=height if sized else None, orientation=turned)
    yield tags.observe(info, "+".join(names), raw)


def _angle_from_sensor(tags: ExifTags) -> float | None:
    """Field of view from focal length, pixels and pixels per unit of the focal plane; `None` where one of them is missing."""
    focal, x_res, y_res = tags.exif_field(FOCAL), tags.exif_field(PLANE_X), tags.exif_field(PLANE_Y)
    width, height = integer_of(tags.exif_field(EXIF_WIDTH)), integer_of(tags.exif_field(EXIF_HEIGHT))
    # The standard's default unit is the inch.
    unit_mm = _UNIT_MM.get(integer_of(tags.exif_field(PLANE_UNIT)) or 2)
    if focal is None or x_res is None or y_res is None or not width or not height or unit_mm is None:
        return None
    focal_mm = number_of(focal, "FocalLength")
    per_unit = (number_of(x_res, "FocalPlaneXResolution"), number_of(y_res, "FocalPlaneYResolution"))
    if focal_mm <= 0.0 or min(per_unit) <= 0.0:
        return None
    sensor_mm = max(width / per_unit[0], height / per_unit[1]) * unit_mm
    if not MIN_SENSOR_MM <= sensor_mm <= MAX_SENSOR_MM:
        raise UnusableError(
            Reason.OUT_OF_RANGE, f"the focal plane resolution gives a sensor of {sensor_mm:.3g} mm, which none has"
        )
    return _angle_deg(sensor_mm / _zoom(tags), focal_mm)


def _zoom(tags: ExifTags) -> float:
    """The digital zoom, which crops the sensor; 0 means that it was not used."""
    field = tags.exif_field(DIGITAL_ZOOM)
    try:
        num, den = pairs_of(field, "DigitalZoomRatio")[0] if field else (0, 1)
    except UnusableError:
        return 1.0
    return max(1.0, num / den)


def _angle_deg(side_mm: float, focal_mm: float) -> float:
    return math.degrees(2.0 * math.atan(side_mm / (2.0 * focal_mm)))
