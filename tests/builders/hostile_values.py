"""Files of the right structure whose every value is the same hostile one."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from builders import isobmff, jpeg, png, tiff, xmp

_NINES = "9" * 400
TEXTS = (
    *(
        "",
        "0",
        "-0",
        "-1",
        "+",
        "-",
        ".",
        ",",
        " ",
        "N",
        "T",
        "K",
        "0,N",
        "true",
        "NaN",
        "inf",
        "-inf",
        "1e400",
        "-1e400",
        "1e-400",
    ),
    *(_NINES, "9" * 4000, "9" * 5000, f"-{_NINES}", f"{_NINES}/1", f"1/{_NINES}", "1/0", "0/0", "-1/-1", "1/1e400", "1/3"),
    *(
        "11,3.924N",
        "91,0N",
        "11,99.9N",
        "181,0E",
        "0,0.0N",
        "S11",
        "11.5 N",
        "11°3'55\"N",
        "11.5,106.5",
        "-0.00001",
        f"-0.{'0' * 30}1",
        "360",
        "-360",
    ),
    *(
        "٣",
        "１２",
        "1_000",
        "0x10",
        "1.5.5",
        "2147483648",
        "18446744073709551616",
        "1700000000",
        "1700000000000",
        "99999999999999999",
    ),
    *("2024", "2024-13", "2024-01-32", "2024:01:01 10:00:00", "10000-01-01", "-2024-01-01", "2024-01-01T24:00:00"),
    *("0000-00-00T00:00:00Z", "9999-12-31T23:59:59.999999-14:00", "0001-01-01T00:00:00+14:00", "2024-01-01T23:59:60Z"),
    *(f"2024-01-01T00:00:00.{_NINES}", "2024-01-01T00:00:00+99:99", "2024-01-01T00:00:00-24:00", "Tue Jan 16 11:30:12 2024"),
    *("+11.0+106.0/", "+91.0+106.0/", "-0.0-0.0/", "+00.0000+000.0000/", f"+{_NINES}+{_NINES}/", "+11.0+106.0+1e9/", "+1+1CRSx/"),
    *("\u202egpj.exe", "\U0010ffff\ufffe", "e\u0301" * 1000, "a" * 30_000, "<&\">'", "a\tb\nc", "[/red]\\x1b", "=1+1", "%s{0}"),
)
NUMBERS = (0.0, -0.0, 1e38, -1e38, -1e-38, float("nan"), float("inf"), -float("inf"))
_PROPERTIES = (
    *(
        f"exif:GPS{name}"
        for name in ("Latitude", "LatitudeRef", "Longitude", "LongitudeRef", "Altitude", "AltitudeRef", "TimeStamp")
    ),
    *(f"exif:GPS{name}" for name in ("DateStamp", "ImgDirection", "ImgDirectionRef", "HPositioningError", "MapDatum", "Status")),
    *("exif:DateTimeOriginal", "exif:DateTimeDigitized", "exif:FocalLengthIn35mmFilm", "tiff:Orientation", "tiff:ImageWidth"),
    *("tiff:Make", "tiff:Model", "tiff:Software", "tiff:DateTime", "aux:SerialNumber", "exifEX:BodySerialNumber"),
    *("xmp:CreateDate", "xmp:ModifyDate", "xmp:CreatorTool", "photoshop:DateCreated", "photoshop:City", "photoshop:Country"),
    *(
        "dc:title",
        "dc:description",
        "dc:subject",
        "dc:creator",
        "dcterms:provenance",
        "Iptc4xmpCore:Location",
        "xmpNote:HasExtendedXMP",
    ),
    *(f"drone-dji:{name}" for name in ("GpsLatitude", "GpsLongitude", "GpsLongtitude", "AbsoluteAltitude", "GimbalYawDegree")),
    *("drone-dji:GimbalPitchDegree", "drone-dji:LRFTargetLat", "drone-dji:LRFTargetLon", "drone-parrot:CameraYawDegree"),
    *("Camera:Yaw", "Camera:Pitch", "GPano:PoseHeadingDegrees", "GPano:PosePitchDegrees", "GPano:CaptureSoftware"),
    *("GCamera:MicroVideoOffset", "GCamera:MotionPhoto", "Item:Length", "xmpDM:creationDate", "crs:RawFileName"),
)
_HISTORY = ("stEvt:action", "stEvt:when", "stEvt:softwareAgent", "stEvt:changed")
_KEYWORDS = (
    *("Title", "Author", "Description", "Creation Time", "Software", "Comment", "Make", "Model", "create-date", "date:create"),
    *("date:modify", "date:timestamp", "exif:GPSLatitude", "exif:GPSLatitudeRef", "exif:GPSLongitude", "exif:GPSLongitudeRef"),
    *("exif:DateTimeOriginal", "exif:Make", "Raw profile type exif", "Raw profile type xmp", "Raw profile type iptc"),
)
_KEYS = (
    *(
        "location.ISO6709",
        "location.accuracy.horizontal",
        "location.name",
        "creationdate",
        "make",
        "model",
        "software",
        "comment",
    ),
    *("direction.facing", "direction.motion", "camera.focal_length.35mm_equivalent", "information", "title", "description"),
)
_ATOMS = (
    *(b"\xa9xyz", b"\xa9day", b"\xa9mak", b"\xa9mod", b"\xa9swr", b"\xa9too", b"\xa9cmt", b"\xa9nam", b"\xa9des", b"\xa9TIM"),
    *(b"\xa9gyw", b"\xa9gpt", b"\xa9fpt", b"\xa9fyw", b"\xa9inf", b"manu", b"modl", b"titl", b"dscp", b"auth"),
)
_DATA_SETS = (5, 15, 25, 40, 55, 60, 62, 63, 65, 70, 80, 90, 92, 95, 100, 101, 103, 105, 110, 116, 120)
_IFD0 = (
    0x0100,
    0x0101,
    0x010E,
    0x010F,
    0x0110,
    0x0112,
    0x0131,
    0x0132,
    0x013B,
    0x8298,
    0x9C9B,
    0x9C9C,
    0xC614,
    700,
    33723,
    34377,
)
_EXIF = (
    *(0x9003, 0x9004, 0x9010, 0x9011, 0x9012, 0x9290, 0x9291, 0x9292, 0x9286, 0x927C, 0x920A, 0x9214, 0xA002, 0xA003, 0xA20E),
    *(0xA210, 0xA405, 0xA404, 0xA420, 0xA430, 0xA431, 0xA433, 0xA434),
)
_KINDS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 129: 1}
_RAWS = (
    *(
        b"",
        b"\0",
        b"\xff" * 24,
        bytes(24),
        bytes(range(24)),
        b"\1\0\0\0\0\0\0\0" * 3,
        b"\xff\xff\xff\xff\0\0\0\0" * 3,
        b"\x5a\0\0\0\1\0\0\0" * 3,
    ),
    # Infinity and what is no number, as floats of 32 and 64 bits.
    *(b"\0\0\x80\x7f" * 6, b"\0\0\xc0\x7f" * 6, b"\0\0\0\0\0\0\xf0\x7f" * 3, b"\0\0\0\0\0\0\xf8\x7f" * 3),
    *(b"2024:01:01 10:00:00\0", b"9999:99:99 99:99:99\0", b"0000:00:00 00:00:00\0", b"    :  :     :  :  \0", b"+99:99\0"),
    *(
        b"ASCII\0\0\0" + b"x" * 5000,
        b"UNICODE\0" + b"\xd8\x3d" * 50,
        b"JIS\0\0\0\0\0\x1b$B" + b"\xff" * 20,
        b"N\0",
        b"S\0",
        b"K\0",
    ),
)


def files_of_text(text: str) -> Iterator[bytes]:
    """A picture and a video for each place where words stand, with the text in all of them."""
    raw = text.encode()
    for carrier, is_attribute in (("webp", False), ("png", True)):
        if text.isprintable() or not is_attribute:
            packet = xmp.build_packet(
                {**dict.fromkeys(_PROPERTIES, text), "xmpMM:History": [dict.fromkeys(_HISTORY, text)]}, as_attributes=is_attribute
            )
            yield xmp.CARRIERS[carrier](packet)
    yield xmp.CARRIERS["webp"](xmp.build_packet({name: [text, text] for name in _PROPERTIES}))
    yield png.build_png(*(png.chunk(b"iTXt", keyword.encode() + bytes(5) + raw) for keyword in _KEYWORDS))
    iim = b"".join(b"\x1c\x02" + bytes((number,)) + len(raw[:2000]).to_bytes(2) + raw[:2000] for number in _DATA_SETS)
    yield jpeg.build_jpeg(
        jpeg.segment(jpeg.APP13, b"Photoshop 3.0\x008BIM\x04\x04\0\0" + len(iim).to_bytes(4) + iim),
        jpeg.segment(jpeg.COM, raw[:60_000]),
    )
    yield isobmff.movie_file(isobmff.mdta_meta({f"com.apple.quicktime.{key}": text for key in _KEYS}))
    short = raw[:60_000].decode("utf-8", "ignore")
    for build in (isobmff.international_text, isobmff.text_3gpp):
        yield isobmff.movie_file(isobmff.box(b"udta", *(build(atom, short) for atom in _ATOMS)))
    yield isobmff.movie_file(isobmff.box(b"udta", isobmff.ilst_meta(dict.fromkeys(_ATOMS, text), ("com.android.version", text))))


def files_of_number(number: float) -> Iterator[bytes]:
    """Videos whose metadata values are one binary number."""
    for kind in (isobmff.FLOAT32, isobmff.FLOAT64):
        value = isobmff.data_box(number, kind)
        yield isobmff.movie_file(isobmff.mdta_meta({f"com.apple.quicktime.{key}": value for key in _KEYS}))
    semicircles = struct.pack(">d", number)
    yield isobmff.movie_file(isobmff.box(b"udta", *(isobmff.box(atom, semicircles) for atom in _ATOMS)))


def exif_files() -> Iterator[bytes]:
    """TIFF files whose every tag has one type and one value, beside a position that is sound or not."""
    sound = tiff.gps_tags(11.0, 106.0, alt_m=3.0, heading_deg=10.0, error_m=5.0)
    for kind, size in _KINDS.items():
        for raw in _RAWS:
            field = tiff.Field(kind, raw, count=len(raw) // size)
            for gps in (
                sound,
                dict.fromkeys(range(32), field),
                {**sound, **dict.fromkeys((5, 6, 7, 11, 16, 17, 18, 29, 31), field)},
            ):
                yield tiff.build_exif(ifd0=dict.fromkeys(_IFD0, field), exif=dict.fromkeys(_EXIF, field), gps=gps)
