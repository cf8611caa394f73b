"""The fields that the benchmark of metadata compares: the truth of each, each program's answer, and the share that must agree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from metadata_answers import (
    Record,
    Same,
    Values,
    a_point,
    a_word,
    all_points,
    contains,
    equal,
    from_keys,
    from_pair,
    from_text,
    from_values,
    gps_time,
    near,
    near_angle,
    near_any,
    our_any_position,
    our_capture_time,
    our_instant,
    our_moment,
    our_positions,
    to_date,
    to_minutes,
    to_moment,
)

from geoverify.model import Camera, CaptureTime, Clock, FieldOfView, Finding, Heading, ImageInfo, PlaceClaim, Position, VideoInfo

_IMAGEMETA = "imagemeta/testdata/images"
# Files whose truth is known to be wrong, by field: they are printed and count neither for nor against anybody.
SET_ASIDE = {
    **dict.fromkeys(
        (
            (field, f"{_IMAGEMETA}/goexif/geodegrees_as_string.jpg")
            for field in ("EXIF position", "composite position", "any position")
        ),
        "the coordinates are text with decimal commas, '52,00000,50,00000,34,01180'; the truth takes the first three groups of "
        "digits (52 degrees, 0 minutes, 50 seconds), 92 km off; text that can mean two things is reported as no number",
    ),
    **dict.fromkeys(
        ((field, f"{_IMAGEMETA}/metadata-extractor/issue-590.png") for field in ("XMP position", "any position")),
        "the coordinates are EXIF's three rationals, '55/1 54/1 4074/100', without a letter; the truth reads 55, 1 and 54, 98 km "
        "off; here the numbers are read as they stand, and no position is made of them because no hemisphere is stated",
    ),
    ("QuickTime create date", "media/libraries/test_data/src/test/assets/media/mp4/sample_empty_track.mp4"): (
        "2,000,000,000 seconds are 1967 by the standard; the truth counts them from 1970 and gets 2033; neither can be, and "
        "that is what is reported"
    ),
    ("GPS time", "media/libraries/test_data/src/test/assets/media/jpeg/ss-motion-photo-shortened.jpg"): (
        "1970-01-01 00:00:00 is ten years before GPS: the receiver had no time, and that is what is reported"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A field: its truth, how each program's answer is picked out, when two are the same, and the share that must agree.

    `is_place` marks the kinds of position that a file can have without a track.
    """

    name: str
    truth: Callable[[Record], Any]
    ours: Callable[[list[Finding]], Values]
    exiftool: Callable[[Record], Values]
    same: Same
    bar: float | None = None
    no_wrong: bool = False
    is_place: bool = False


MEASURES = (
    Measure(
        name="EXIF position",
        truth=a_point("exif_gps"),
        ours=our_positions("exif"),
        exiftool=from_pair("GPS"),
        same=near(1e-5),
        bar=0.995,
        no_wrong=True,
        is_place=True,
    ),
    Measure(
        name="XMP position",
        truth=a_point("xmp_gps"),
        ours=our_positions("xmp", "exif:GPSLatitude"),
        exiftool=from_pair("XMP-exif"),
        same=near(1e-5),
        bar=0.99,
        is_place=True,
    ),
    Measure(
        name="XMP position (drone)",
        truth=a_point("dji_xmp"),
        ours=our_positions("xmp", "drone-"),
        exiftool=from_pair("XMP-drone-dji"),
        same=near(1e-5),
        bar=0.99,
        is_place=True,
    ),
    *(
        Measure(
            name=name,
            truth=a_point(key),
            ours=our_positions("quicktime", field),
            exiftool=from_text(exiftool),
            # A loci box has steps of 1/65536 degree, and the truth is rounded to five decimals.
            same=near(2e-5),
            bar=0.99,
            is_place=True,
        )
        for name, key, field, exiftool in (
            ("QuickTime udta ©xyz", "qt_udta", "udta/©xyz", "UserData:GPSCoordinates"),
            ("QuickTime loci", "qt_loci", "loci", "UserData:LocationInformation"),
            ("QuickTime keys", "qt_keys", "ISO6709", "Keys:GPSCoordinates"),
            ("QuickTime ilst", "qt_ilst", "meta/©xyz", "ItemList:GPSCoordinates"),
        )
    ),
    Measure(
        name="composite position",
        truth=a_point("comp"),
        ours=our_positions(""),
        exiftool=from_pair("Composite"),
        same=near(2e-5),
        is_place=True,
    ),
    Measure(
        name="any position",
        truth=all_points,
        ours=our_any_position,
        exiftool=from_pair("Composite"),
        same=near_any,
        bar=0.92,
    ),
    Measure(
        name="DateTimeOriginal",
        truth=lambda record: to_date(record.get("dto")),
        ours=from_values("exif", CaptureTime, our_capture_time),
        exiftool=from_keys("ExifIFD:DateTimeOriginal", "IFD0:DateTimeOriginal", convert=to_date),
        same=equal,
        bar=0.99,
    ),
    Measure(
        name="offset",
        truth=lambda record: to_minutes(record.get("offset")),
        ours=from_values("exif", CaptureTime, lambda item: item.value.offset_minutes),
        exiftool=from_keys("ExifIFD:OffsetTimeOriginal", "ExifIFD:OffsetTime", convert=to_minutes),
        same=equal,
        bar=0.99,
    ),
    Measure(
        name="GPS time",
        truth=gps_time,
        ours=from_values("exif", CaptureTime, our_instant(Clock.GPS)),
        exiftool=lambda record: [gps_time(record, "GPS:GPSDateStamp", "GPS:GPSTimeStamp")],
        same=lambda one, other: equal(str(one)[:19], other),
        bar=0.98,
    ),
    Measure(
        name="XMP date",
        truth=lambda record: to_moment(record.get("xmp_dto")),
        ours=from_values("xmp", CaptureTime, our_moment, "exif:DateTimeOriginal|photoshop:DateCreated|xmp:CreateDate"),
        exiftool=from_keys("XMP-exif:DateTimeOriginal", "XMP-photoshop:DateCreated", "XMP-xmp:CreateDate", convert=to_moment),
        same=equal,
        bar=0.98,
    ),
    Measure(
        name="QuickTime create date",
        truth=lambda record: to_date(record.get("qt_create")),
        ours=from_values("quicktime", CaptureTime, our_instant(Clock.CONTAINER)),
        exiftool=from_keys("QuickTime:CreateDate", convert=to_date),
        same=equal,
        bar=0.9,
    ),
    Measure(
        name="QuickTime CreationDate",
        truth=lambda record: to_moment(record.get("qt_creationdate")),
        ours=from_values("quicktime", CaptureTime, our_moment, "creationdate|©day"),
        exiftool=from_keys("Keys:CreationDate", "ItemList:ContentCreateDate", "UserData:ContentCreateDate", convert=to_moment),
        same=equal,
        bar=0.99,
    ),
    Measure(
        name="IPTC place",
        truth=a_word("iptc_place"),
        ours=from_values("iptc", PlaceClaim, lambda item: f"{item.value.name}; {item.provenance.raw}"),
        exiftool=from_keys("IPTC:City", "IPTC:Sub-location", "IPTC:Province-State", "IPTC:Country-PrimaryLocationName"),
        same=contains,
        bar=0.99,
    ),
    Measure(
        name="XMP place",
        truth=a_word("xmp_place"),
        ours=from_values("xmp", PlaceClaim, lambda item: f"{item.value.name}; {item.provenance.raw}"),
        exiftool=from_keys(
            *("XMP-photoshop:City", "XMP-photoshop:State", "XMP-photoshop:Country", "XMP-iptcCore:Location"),
            *("XMP-iptcCore:CountryCode", "XMP-iptcExt:LocationShownCountryCode"),
        ),
        same=contains,
        bar=0.99,
    ),
    Measure(
        name="ImgDirection",
        truth=lambda record: record.get("dir_exif"),
        ours=from_values("exif", Heading, lambda item: item.value.angle_deg, "GPSImgDirection"),
        exiftool=from_keys("GPS:GPSImgDirection", convert=float),
        same=near_angle,
        bar=0.98,
    ),
    Measure(
        name="drone yaw",
        truth=lambda record: record.get("drone_yaw"),
        ours=from_values("xmp", Heading, lambda item: item.value.angle_deg),
        exiftool=from_keys("XMP-drone-dji:GimbalYawDegree", convert=float),
        same=near_angle,
        bar=0.98,
    ),
    Measure(
        name="horizontal error",
        truth=lambda record: record.get("hpos"),
        ours=from_values("exif|quicktime", Position, lambda item: item.value.horizontal_error_m),
        exiftool=from_keys("GPS:GPSHPositioningError", "Keys:LocationAccuracyHorizontal", convert=float),
        same=near(1e-4),
        bar=0.98,
    ),
    Measure(
        name="35 mm focal length",
        truth=lambda record: record.get("f35"),
        ours=from_values("exif", FieldOfView, lambda item: item.provenance.raw, "FocalLengthIn35mmFilm"),
        exiftool=from_keys("ExifIFD:FocalLengthIn35mmFormat"),
        same=equal,
    ),
    Measure(
        name="make",
        truth=lambda record: record.get("make"),
        ours=from_values("exif|quicktime", Camera, lambda item: item.value.make),
        exiftool=from_keys("IFD0:Make", "Keys:Make", "UserData:Make"),
        same=equal,
    ),
    Measure(
        name="orientation",
        truth=lambda record: record.get("orient"),
        ours=from_values("exif", ImageInfo, lambda item: item.value.orientation),
        exiftool=from_keys("IFD0:Orientation"),
        same=equal,
    ),
    Measure(
        name="rotation of video",
        truth=lambda record: record.get("rot"),
        ours=from_values("quicktime", VideoInfo, lambda item: item.value.rotation_deg),
        exiftool=from_keys("Composite:Rotation"),
        same=equal,
    ),
)
