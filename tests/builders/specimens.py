"""One small honest file of every kind that a reader may be given, most with everything in it that the format can carry."""

from __future__ import annotations

import datetime as dt
import struct
from pathlib import Path

from builders import (
    avi,
    camm,
    clips,
    dji,
    gpmf,
    heif,
    isobmff,
    jpeg,
    jumbf,
    matroska,
    nmea,
    novatek,
    parrot,
    png,
    tiff,
    webp,
    xmp,
)
from builders.movies import TrackPlan, box, build_movie

LAT_DEG, LON_DEG = 11.0654, 106.1329
WHEN = dt.datetime(2024, 1, 16, 4, 30, 12, 500_000, tzinfo=dt.UTC)
PARTS = (2024, 1, 16, 4, 30, 12)
CLIP_SUFFIXES = (".mp4", ".mov", ".avi", ".mkv")

EXIF = tiff.build_exif(
    ifd0=tiff.camera_tags("Maker", "Model", "Software 1.0", orientation=6) | {0x9C9B: tiff.Field(tiff.BYTE, b"a\0b\0\0\0")},
    exif=tiff.lens_tags(26, 4000, 3000)
    | tiff.time_tags(WHEN.replace(tzinfo=None) + dt.timedelta(hours=7), 420)
    | {0x9286: tiff.undefined(b"ASCII\0\0\0hello"), 0x927C: tiff.undefined(b"Maker\0\0\0" + bytes(64))},
    gps=tiff.gps_tags(LAT_DEG, LON_DEG, alt_m=12.5, heading_deg=90.0, error_m=5.0, when_utc=WHEN),
    interop={1: tiff.ascii_text("R98")},
    ifd1={0x0103: tiff.short(6)},
)
PACKET = xmp.build_packet(
    {
        "exif:GPSLatitude": "11,3.924N",
        "exif:GPSLongitude": "106,7.974E",
        "exif:GPSTimeStamp": "2024-01-16T04:30:12Z",
        "exif:DateTimeOriginal": "2024-01-16T11:30:12+07:00",
        "tiff:Make": "Maker",
        "xmp:CreatorTool": "Program 1.0",
        "photoshop:City": "Bavet",
        "dc:description": ["words"],
        "drone-dji:GimbalYawDegree": "+90.0",
        "drone-dji:GimbalPitchDegree": "-20.0",
        "xmpMM:History": [{"stEvt:action": "saved", "stEvt:when": "2024-01-17T00:00:00Z", "stEvt:softwareAgent": "Program 1.0"}],
    }
)
_IIM = b"".join(
    b"\x1c\x02" + bytes((number,)) + len(value).to_bytes(2) + value
    for number, value in ((0x37, b"20240116"), (0x3C, b"113012+0700"), (0x5A, b"Bavet"), (0x78, b"words"), (0x28, b"FBMD01000a"))
)
IPTC = jpeg.segment(jpeg.APP13, b"Photoshop 3.0\x008BIM\x04\x04\0\0" + len(_IIM).to_bytes(4) + _IIM)
MOVIE = isobmff.movie_file(
    isobmff.box(
        b"udta",
        isobmff.xyz_atom("+11.0654+106.1329+012.5/"),
        isobmff.loci_box(LAT_DEG, LON_DEG, 12.5, name="place"),
        isobmff.international_text(b"\xa9mak", "Maker"),
        isobmff.ilst_meta({b"\xa9too": "Lavf60.16.100", b"\xa9day": "2024-01-16T11:30:12+0700"}),
    ),
    isobmff.mdta_meta(
        {
            "com.apple.quicktime.location.ISO6709": "+11.0654+106.1329+012.5/",
            "com.apple.quicktime.location.accuracy.horizontal": "4.7",
            "com.apple.quicktime.creationdate": "2024-01-16T11:30:12+0700",
        }
    ),
    created=isobmff.seconds_1904(WHEN),
)


def _pictures() -> dict[str, bytes]:
    raf = b"FUJIFILMCCD-RAW ".ljust(84, b"\0") + (100).to_bytes(4) + (1 << 20).to_bytes(4) + bytes(8)
    return {
        "jpeg": jpeg.build_jpeg(
            jpeg.exif_segment(EXIF),
            xmp.jpeg_segment(PACKET),
            IPTC,
            jpeg.segment(jpeg.COM, b"a comment"),
            *jumbf.jpeg_segments(jumbf.build_store()),
            trailer=MOVIE,
        ),
        "png": png.build_png(
            png.chunk(b"eXIf", EXIF),
            png.international_text_chunk("XML:com.adobe.xmp", PACKET.decode()),
            png.text_chunk("Creation Time", "2024-01-16T11:30:12+07:00"),
            png.compressed_text_chunk("Raw profile type exif", png.raw_profile("exif", EXIF)),
            png.international_text_chunk("Description", "words", "km", is_compressed=True),
            png.chunk(b"tIME", bytes((0x07, 0xE8, 1, 16, 4, 30, 12))),
        ),
        "webp": webp.build_riff(
            b"WEBP", webp.extended_header(1, 1), webp.build_picture(), webp.chunk(b"EXIF", EXIF), webp.chunk(b"XMP ", PACKET)
        ),
        "gif": xmp.build_gif(xmp.gif_comment(b"a comment"), xmp.gif_extension(PACKET)),
        "bmp": b"BM" + struct.pack("<IIIIiiHHIIiiII", 58, 0, 54, 40, 1, 1, 1, 24, 0, 4, 2835, 2835, 0, 0) + bytes(4),
        "tiff": EXIF,
        "bigtiff": tiff.build_exif(gps=tiff.gps_tags(LAT_DEG, LON_DEG), is_big=True),
        "tiff of other endianness": tiff.build_exif(gps=tiff.gps_tags(-LAT_DEG, -LON_DEG), byte_order=">"),
        "rw2": tiff.build_exif(gps=tiff.gps_tags(LAT_DEG, LON_DEG), magic=0x55),
        "orf": tiff.build_exif(gps=tiff.gps_tags(LAT_DEG, LON_DEG), magic=0x4F52),
        "raf": raf + jpeg.build_jpeg(jpeg.exif_segment(EXIF)),
        "heic": heif.build_heif(heif.exif_item(EXIF), heif.xmp_item(PACKET)) + heif.box(b"mpvd", MOVIE),
        "avif": heif.build_heif(heif.exif_item(EXIF), brand=b"avif"),
        "cr3": heif.build_cr3(EXIF, EXIF, EXIF),
        "jxl": heif.build_jxl(heif.box(b"Exif", bytes(4), EXIF), heif.box(b"xml ", PACKET)),
        "jxl without boxes": b"\xff\x0a" + bytes(32),
    }


def _movies() -> dict[str, bytes]:
    def movie_with(handler: bytes, kind: bytes, *samples: bytes) -> bytes:
        return build_movie(TrackPlan(handler, kind, samples, [1000] * len(samples)))

    sentences = nmea.rmc("043012.00", LAT_DEG, LON_DEG) + nmea.gga("043012.00", LAT_DEG, LON_DEG)
    payload = gpmf.payload(gpmf.motion_stream(), gpmf.gps5_stream([(LAT_DEG, LON_DEG, 1.0)] * 3))
    block = novatek.novatek(LAT_DEG, LON_DEG, PARTS)
    drone = dji.place((3, 3, 4, 1), 0.19, 1.85, 100, degrees=False, when="2024-01-16 04:30:12")
    boxes = (
        box(b"free", box(b"cprt", b"a;b"), box(b"gps ", f"[1705379412000]{sentences}".encode())),
        box(b"GPS ", novatek.record_70mai(0, LAT_DEG, LON_DEG)),
        box(b"gps0", novatek.record_gps0(LAT_DEG, LON_DEG, PARTS)),
        box(b"skip", novatek.record_ligo(LAT_DEG, LON_DEG, PARTS)),
        box(b"udta", b"VIDEO" + b"U" * 22 + novatek.record_kenwood(LAT_DEG, LON_DEG)),
        novatek.insta360_trailer([(1_705_379_412, 0, b"A", LAT_DEG, b"N", LON_DEG, b"E", 1.0)]),
    )
    return {
        "mp4": MOVIE,
        "mov": isobmff.movie_file(isobmff.box(b"udta", isobmff.xyz_atom("-11.0654-106.1329/")), brand=b"qt  "),
        "3gp": isobmff.movie_file(isobmff.box(b"udta", isobmff.loci_box(LAT_DEG, LON_DEG)), brand=b"3gp5"),
        "gopro": build_movie(gpmf.gopro_track([payload, payload]), user_data=[gpmf.settings_box()]),
        "camm": movie_with(b"camm", b"camm", camm.gyroscope(), camm.fix(1.4e9, 3, LAT_DEG, LON_DEG, 1.0, 4.0)),
        "dji": build_movie(
            TrackPlan(b"meta", b"djmd", (dji.header("dvtm_Air3"), drone), (1000, 1000)),
            user_data=[dji.text_atom(b"\xa9xyz", "+11.0654+106.1329/"), dji.text_atom(b"\xa9gyw", "+12.3")],
        ),
        "dji subtitles": movie_with(
            b"sbtl", b"tx3g", *[dji.text_sample(part) for part in dji.flight_text().split("\n\n") if part]
        ),
        "nmea": movie_with(b"text", b"text", dji.text_sample(sentences), novatek.sample_pndm(LAT_DEG, LON_DEG)),
        "sony": movie_with(b"meta", b"rtmd", novatek.rtmd_sample((11, 3, 55_440), b"N", (106, 7, 58_440), b"E")),
        "parrot": build_movie(parrot.drone_track(3, [(LAT_DEG, LON_DEG, 14.5, 9)] * 3)),
        "novatek": build_movie(media_data=block, movie_parts=[box(b"gps ", novatek.gps_box([(28, len(block))]))]),
        "dashcams": build_movie(before=boxes[0], after=b"".join(boxes[1:])),
        "matroska": matroska.build(
            (
                matroska.info(),
                matroska.tracks(),
                matroska.cluster(),
                matroska.tags(matroska.simple_tag("LOCATION", "+11.0654+106.1329/")),
            ),
            indexed=[0, 3],
        ),
        "avi": avi.build(
            avi.header_list(webp.chunk(b"IDIT", b"Tue Jan 16 11:30:12 2024\n")), avi.nikon("N", "M", "2024:01:16 11:30:12")
        ),
        "flv": b"FLV\x01\x05\0\0\0\x09" + bytes(64),
        "asf": b"0&\xb2u\x8ef\xcf\x11\xa6\xd9\0\xaa\0b\xcel" + bytes(64),
        "ogg": b"OggS" + bytes(64),
    }


def write_clips(folder: Path) -> dict[str, bytes]:
    """Videos with pictures in them, by the name of their file."""
    return {f"clip{suffix}": clips.write_clip(folder / f"clip{suffix}", 20).read_bytes() for suffix in CLIP_SUFFIXES}


SPECIMENS = {
    **_pictures(),
    **_movies(),
    **{f"xmp in {name}": build(PACKET) for name, build in xmp.CARRIERS.items()},
    **{f"c2pa in {name}": data for name, data in jumbf.carriers(jumbf.build_store()).items()},
}
