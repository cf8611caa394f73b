"""The fields that the benchmark of metadata compares: the truth of each, and how each program's answer is picked out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from geoverify.model import (
    Absent,
    Camera,
    CaptureTime,
    FieldOfView,
    Finding,
    Heading,
    ImageInfo,
    Observation,
    Position,
    Reason,
    TimeMeaning,
)

# Files where this tool and ExifTool differ, and ours is what the standard says.
KNOWN = {
    ("EXIF position", "imagemeta/testdata/images/goexif/geodegrees_as_string.jpg"): (
        "the coordinates are text with decimal commas, '52,00000,50,00000,34,01180'; ExifTool takes the first three digit groups "
        "(52 degrees, 0 minutes, 50 seconds), 92 km off; text that can mean two things is reported as no number"
    ),
}

Values = list[Any]
Same = Callable[[Any, Any], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A field: its truth, how each program's answer is picked out, when two are the same, and the share that must agree."""

    name: str
    truth: Callable[[dict[str, Any]], Any]
    ours: Callable[[list[Finding]], Values]
    exifread: Callable[[dict[str, Any]], Values]
    exiftool: Callable[[dict[str, Any]], Values]
    same: Same
    bar: float | None = None
    no_wrong: bool = False


def near(tolerance: float) -> Same:
    """Numbers, or pairs of them, that are the same within a tolerance."""

    def same(one: Any, other: Any) -> bool:
        left, right = (item if isinstance(item, list | tuple) else (item,) for item in (one, other))
        return len(left) == len(right) and all(abs(a - b) <= tolerance for a, b in zip(left, right, strict=True))

    return same


def equal(one: Any, other: Any) -> bool:
    """Values that are the same as text, without blanks around them."""
    return str(one).strip() == str(other).strip()


def from_values(reader: str, kind: type, pick: Callable[[Any], Any], field: str = "") -> Callable[[list[Finding]], Values]:
    """Pick something out of our observations of one reader and type (and field); `None` is left out."""

    def values(findings: list[Finding]) -> Values:
        seen = (item for item in findings if isinstance(item, Observation) and isinstance(item.value, kind))
        mine = (item for item in seen if item.provenance.reader in reader.split("|") and field in item.provenance.field)
        return [value for value in map(pick, mine) if value is not None]

    return values


def from_keys(*keys: str, convert: Callable[[Any], Any] = lambda value: value) -> Callable[[dict[str, Any]], Values]:
    """Pick the first of these keys out of another program's answer."""

    def values(record: dict[str, Any]) -> Values:
        with suppress(Exception):  # an answer that cannot be understood is no answer
            found = (convert(record[key]) for key in keys if key in record)
            return [value for value in found if value is not None][:1]
        return []

    return values


def a_point(key: str) -> Callable[[dict[str, Any]], Any]:
    """A key of the truth where it holds coordinates."""

    def truth(record: dict[str, Any]) -> Any:
        return record[key] if isinstance(record.get(key), list) else None

    return truth


def point(item: Any) -> tuple[float, float]:
    """The coordinates of an observed position."""
    return item.value.lat_deg, item.value.lon_deg


def our_exif_positions(findings: list[Finding]) -> Values:
    """Our EXIF positions; null island where that is why there is none."""
    null = [(0.0, 0.0) for item in findings if isinstance(item, Absent) and item.reason is Reason.NULL_ISLAND]
    return from_values("exif", Position, point)(findings) or null


def our_capture_time(item: Any) -> str | None:
    """The local time of capture as EXIF writes it."""
    value: CaptureTime = item.value
    if value.meaning is not TimeMeaning.CAPTURED or value.local is None:
        return None
    return f"{value.local:%Y:%m:%d %H:%M:%S}"


def exifread_position(tags: dict[str, Any]) -> Values:
    """What exifread's own helper makes of its tags."""
    from exifread.utils import get_gps_coords

    with suppress(Exception):
        found = get_gps_coords(dict(tags))
        return [found] if found else []
    return []


def exiftool_position(record: dict[str, Any]) -> Values:
    """ExifTool's EXIF position, signed by its references."""
    with suppress(KeyError, TypeError, ValueError):
        lat, lon = float(record["GPS:GPSLatitude"]), float(record["GPS:GPSLongitude"])
        south, west = record["GPS:GPSLatitudeRef"] == "S", record["GPS:GPSLongitudeRef"] == "W"
        return [(-lat if south else lat, -lon if west else lon)]
    return []


def exiftool_movie_positions(record: dict[str, Any]) -> Values:
    """ExifTool's positions of the movie box."""
    texts = [str(value) for key, value in record.items() if key.endswith((":GPSCoordinates", ":LocationInformation"))]
    found: Values = []
    for text in texts:
        with suppress(ValueError, IndexError):
            words = text.replace("=", " ").split()
            if "Lat" in words:
                found.append((float(words[words.index("Lat") + 1]), float(words[words.index("Lon") + 1])))
            else:
                found.append((float(words[0]), float(words[1])))
    return found


def to_minutes(text: Any) -> int | None:
    """An offset like +01:00 in minutes."""
    text = str(getattr(text, "values", text)).strip()
    if len(text) != 6 or text[0] not in "+-":
        return None
    return (int(text[1:3]) * 60 + int(text[4:6])) * (-1 if text[0] == "-" else 1)


def to_date(text: Any) -> str | None:
    """An EXIF date to the second, `None` where it is not one."""
    date = str(text)[:19]
    try:
        dt.datetime.strptime(date, "%Y:%m:%d %H:%M:%S")
    except ValueError:
        return None
    return date


def tag_number(tag: Any) -> float:
    """The first number of an exifread tag."""
    return float(tag.values[0])


MEASURES = (
    Measure(
        name="EXIF position",
        truth=lambda record: record.get("exif_gps"),
        ours=our_exif_positions,
        exifread=exifread_position,
        exiftool=exiftool_position,
        same=near(1e-5),
        bar=0.99,
        no_wrong=True,
    ),
    Measure(
        name="DateTimeOriginal",
        truth=lambda record: to_date(record.get("dto")),
        ours=from_values("exif", CaptureTime, our_capture_time),
        exifread=from_keys("EXIF DateTimeOriginal", "Image DateTimeOriginal", convert=to_date),
        exiftool=from_keys("ExifIFD:DateTimeOriginal", "IFD0:DateTimeOriginal", convert=to_date),
        same=equal,
        bar=0.99,
    ),
    Measure(
        name="offset",
        truth=lambda record: to_minutes(record.get("offset")),
        ours=from_values("exif", CaptureTime, lambda item: item.value.offset_minutes),
        exifread=from_keys("EXIF OffsetTimeOriginal", "EXIF OffsetTime", convert=to_minutes),
        exiftool=from_keys("ExifIFD:OffsetTimeOriginal", "ExifIFD:OffsetTime", convert=to_minutes),
        same=equal,
        bar=0.99,
    ),
    Measure(
        name="ImgDirection",
        truth=lambda record: record.get("dir_exif"),
        ours=from_values("exif", Heading, lambda item: item.value.angle_deg, "GPSImgDirection"),
        exifread=from_keys("GPS GPSImgDirection", convert=tag_number),
        exiftool=from_keys("GPS:GPSImgDirection"),
        same=near(1e-4),
        bar=0.98,
    ),
    *(
        Measure(
            name=name,
            truth=a_point(key),
            ours=from_values("quicktime", Position, point, field),
            exifread=from_keys(),
            exiftool=exiftool_movie_positions,
            # A loci box has steps of 1/65536 degree, and the truth is rounded to five decimals.
            same=near(2e-5),
            bar=0.98,
        )
        for name, key, field in (
            ("QuickTime udta ©xyz", "qt_udta", "udta/©xyz"),
            ("QuickTime loci", "qt_loci", "loci"),
            ("QuickTime keys", "qt_keys", "ISO6709"),
            ("QuickTime ilst", "qt_ilst", "meta/©xyz"),
        )
    ),
    Measure(
        name="horizontal error",
        truth=lambda record: record.get("hpos"),
        ours=from_values("exif|quicktime", Position, lambda item: item.value.horizontal_error_m),
        exifread=from_keys("GPS GPSHPositioningError", "GPS Tag 0x001F", convert=tag_number),
        exiftool=from_keys("GPS:GPSHPositioningError", "Keys:LocationAccuracyHorizontal", convert=float),
        same=near(1e-4),
    ),
    Measure(
        name="35 mm focal length",
        truth=lambda record: record.get("f35"),
        ours=from_values("exif", FieldOfView, lambda item: item.provenance.raw, "FocalLengthIn35mmFilm"),
        exifread=from_keys("EXIF FocalLengthIn35mmFilm", convert=lambda tag: tag.values[0]),
        exiftool=from_keys("ExifIFD:FocalLengthIn35mmFormat"),
        same=equal,
    ),
    Measure(
        name="make",
        truth=lambda record: record.get("make"),
        ours=from_values("exif|quicktime", Camera, lambda item: item.value.make),
        exifread=from_keys("Image Make", convert=str),
        exiftool=from_keys("IFD0:Make", "Keys:Make", "UserData:Make"),
        same=equal,
    ),
    Measure(
        name="orientation",
        truth=lambda record: record.get("orient"),
        ours=from_values("exif", ImageInfo, lambda item: item.value.orientation),
        exifread=from_keys("Image Orientation", convert=lambda tag: tag.values[0]),
        exiftool=from_keys("IFD0:Orientation"),
        same=equal,
    ),
)
