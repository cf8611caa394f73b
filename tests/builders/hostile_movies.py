"""Videos that are made to harm: tables that lie, samples that share their bytes, boxes and records without end."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

from builders import camm, dji, gpmf, isobmff, jumbf, matroska, nmea, novatek, webp
from builders.hostile_pictures import MB, MOST, nest, small
from builders.movies import box, full_box, u32
from builders.specimens import LAT_DEG, LON_DEG, MOVIE, PARTS

# Handler and sample entry of every kind of telemetry, and of pictures.
FORMATS = (
    *((b"meta", b"gpmd"), (b"camm", b"camm"), (b"meta", b"djmd"), (b"meta", b"rtmd"), (b"meta", b"mett"), (b"sbtl", b"tx3g")),
    *((b"text", b"text"), (b"vide", b"avc1"), (b"soun", b"mp4a")),
)
_HEADER = full_box(b"mvhd", u32(0, 0, 600, 6000), bytes(80))


def track(handler: bytes, kind: bytes, *tables: bytes) -> bytes:
    """A track with sample tables as they are given."""
    entry = box(kind, bytes(6), (1).to_bytes(2), struct.pack(">16xHHIIIH32xHh", 640, 480, 72 << 16, 72 << 16, 0, 1, 24, -1))
    described = full_box(b"stsd", u32(1), entry)
    media = box(
        b"mdia",
        full_box(b"mdhd", u32(0, 0, 1000, 60_000), bytes(4)),
        full_box(b"hdlr", bytes(4), handler, bytes(12), b"Handler\0"),
        box(b"minf", box(b"stbl", described, *tables)),
    )
    return box(b"trak", full_box(b"tkhd", bytes(80)), media)


def movie(*parts: bytes, data: bytes = b"", after: bytes = b"") -> bytes:
    """A file whose media data begins at byte 28, before the movie box."""
    return box(b"ftyp", b"mp42", bytes(4), b"mp42") + box(b"mdat", data) + box(b"moov", _HEADER, *parts) + after


DATA_AT = 28


def shared_samples(handler: bytes, kind: bytes, sample: bytes, count: int) -> bytes:
    """A track all of whose samples are the same bytes of the file."""
    tables = (
        full_box(b"stts", u32(1, count, 1000)),
        full_box(b"stsc", u32(1, 1, 1, 1)),
        full_box(b"stsz", u32(0, count), u32(len(sample)) * count),
        full_box(b"stco", u32(count), u32(DATA_AT) * count),
    )
    return movie(track(handler, kind, *tables), data=sample)


def endless_tables(size: int, tracks: int = len(FORMATS), filler_bytes: int = 0) -> bytes:
    """Tracks of every kind whose tables tell of four thousand million samples of one size."""
    tables = (
        full_box(b"stts", u32(2, MOST, MOST, MOST, 0)),
        full_box(b"ctts", u32(1, MOST, MOST)),
        full_box(b"stss", u32(MOST, 1)),
        full_box(b"stsc", u32(1, 1, MOST, 1)),
        full_box(b"stsz", u32(size, MOST)),
        full_box(b"stco", u32(1, DATA_AT)),
        full_box(b"co64", u32(MOST), b"\xff" * 64),
    )
    return movie(*(track(*FORMATS[number % len(FORMATS)], *tables) for number in range(tracks)), data=bytes(filler_bytes))


def same_track(handler: bytes, kind: bytes, tracks: int, filler_bytes: int) -> bytes:
    """As many tracks as are read, each with as many samples as the file has bytes."""
    tables = (
        full_box(b"stts", u32(1, MOST, 1)),
        full_box(b"stsc", u32(1, 1, MOST, 1)),
        full_box(b"stsz", u32(1, MOST)),
        full_box(b"stco", u32(1, DATA_AT)),
    )
    return movie(*(track(handler, kind, *tables),) * tracks, data=b"GP" * (filler_bytes // 2))


def fragments(count: int, samples: int) -> bytes:
    """Fragments whose runs have samples without any bytes (ISO/IEC 14496-12 §8.8.8)."""
    header = full_box(b"tfhd", u32(1))
    run = full_box(b"trun", u32(samples))
    fragment = box(b"moof", full_box(b"mfhd", u32(1)), box(b"traf", header, run))
    extends = box(b"mvex", full_box(b"trex", u32(1, 1, 1000, 10, 0)))
    return movie(track(b"vide", b"avc1"), extends, after=fragment * count)


def compressed_movie(size_bytes: int) -> bytes:
    """A movie box that inflates a thousandfold."""
    packed = zlib.compress(box(b"moov", box(b"free", bytes(size_bytes))), 9)
    inside = box(b"cmov", box(b"dcom", b"zlib"), box(b"cmvd", u32(MOST) + packed))
    return box(b"ftyp", b"qt  ", bytes(4), b"qt  ") + box(b"moov", inside)


def many_keys(count: int) -> bytes:
    """Metadata keys and items by the hundred thousand, and a table that says it has more."""
    names = box(b"mdta", b"com.apple.quicktime.location.ISO6709") * count
    values = b"".join(box(struct.pack(">I", n + 1), isobmff.data_box("+11.0+106.0/")) for n in range(count))
    meta = box(b"meta", isobmff.hdlr(b"mdta", b""), full_box(b"keys", u32(MOST), names), box(b"ilst", values))
    return movie(meta, box(b"udta", meta, isobmff.xyz_atom("+11.0+106.0/") * count))


def gpmf_rows(rows: int) -> bytes:
    """A payload with as many rows as a block can count."""
    stream = gpmf.nest(
        b"STRM",
        gpmf.block(b"SCAL", "l", 4, struct.pack(">5l", *gpmf.GPS5_SCALE)),
        gpmf.block(b"GPS5", "l", 20, struct.pack(">5l", 110_000_000, 1_060_000_000, 0, 0, 0) * rows),
    )
    return gpmf.nest(b"DEVC", gpmf.text(b"DVNM", "Camera"), stream)


def deep_message(depth: int) -> bytes:
    """Protobuf messages in messages."""
    inner = dji.place((3, 3, 4, 1), 0.19, 1.85, 100, degrees=False)
    for _ in range(depth):
        inner = dji.message(3, inner)
    return inner


def seek_heads(count: int) -> bytes:
    """An index whose entries lead to each other."""
    entries = b"".join(
        matroska.element(0x4DBB, matroska.element(0x53AB, b"\x12\x54\xc3\x67") + matroska.element(0x53AC, at.to_bytes(4)))
        for at in range(count)
    )
    return matroska.build((matroska.element(0x114D9B74, entries), matroska.info(), matroska.tracks(), matroska.cluster()))


def nested_tags(depth: int, width: int) -> bytes:
    """Tags in tags."""
    tag = matroska.simple_tag("LOCATION", "+11.0+106.0/")
    for _ in range(depth):
        tag = matroska.simple_tag("A", "a", tag * width)
    return matroska.build((matroska.info(), matroska.tracks(), matroska.tags(tag)))


def stamped_log(seconds: int) -> bytes:
    """A dashcam's log: a sentence a second, each with the camera's own milliseconds."""
    clocks = (f"{n // 3600:02d}{n // 60 % 60:02d}{n % 60:02d}.00" for n in range(seconds))
    lines = (f"[{1_705_379_412_000 + 1000 * n}]{nmea.rmc(clock, LAT_DEG, LON_DEG)}" for n, clock in enumerate(clocks))
    return "".join(lines).encode()


SENTENCES = (nmea.rmc("043012.00", LAT_DEG, LON_DEG) + nmea.gga("043012.00", LAT_DEG, LON_DEG)).encode()
STORE = jumbf.carriers(jumbf.build_store())["mp4"]
FREE_GPS = novatek.novatek(LAT_DEG, LON_DEG, PARTS)

MOVIES: dict[str, Callable[[], bytes]] = {
    "mp4: four thousand million samples of one byte": lambda: endless_tables(1, filler_bytes=4 * MB),
    "mp4: four thousand million samples of no size": lambda: endless_tables(0),
    "mp4: four thousand million samples of four gigabytes": lambda: endless_tables(MOST),
    "mp4: sixty-four such tracks": lambda: endless_tables(1, 64, 2 * MB),
    "mp4: a thousand such tracks": lambda: endless_tables(1, 1000, MB),
    **{
        f"mp4: sixty-four {kind.decode()} tracks of all the bytes": lambda handler=handler, kind=kind: same_track(
            handler, kind, 64, 4 * MB
        )
        for handler, kind in FORMATS
    },
    "mp4: GPMF rows that are read a thousand times": lambda: shared_samples(b"meta", b"gpmd", gpmf_rows(60_000 // 20), 20_000),
    "mp4: the most GPMF rows": lambda: shared_samples(b"meta", b"gpmd", gpmf_rows(13_000), 2000),
    "mp4: GPMF blocks without end": lambda: shared_samples(
        b"meta", b"gpmd", gpmf.nest(b"DEVC", *[gpmf.nest(b"STRM", gpmf.text(b"GPS5", ""))] * 4000), 20_000
    ),
    "mp4: CAMM samples that share their bytes": lambda: shared_samples(
        b"camm", b"camm", camm.fix(1.4e9, 3, LAT_DEG, LON_DEG, 1.0, 4.0), 400_000
    ),
    "mp4: CAMM packets that share their bytes": lambda: shared_samples(
        b"camm", b"camm", camm.fix(1.4e9, 3, LAT_DEG, LON_DEG, 1.0, 4.0) * 5000, 20_000
    ),
    "mp4: sentences that are read a hundred thousand times": lambda: shared_samples(
        b"text", b"text", dji.text_sample((SENTENCES * 25).decode()), 100_000
    ),
    "mp4: sentences in a track of motion": lambda: shared_samples(b"camm", b"camm", SENTENCES * 2000, 20_000),
    "mp4: flight text that is read a hundred thousand times": lambda: shared_samples(
        b"sbtl", b"tx3g", dji.text_sample(dji.flight_text() * 8), 100_000
    ),
    "mp4: deep messages": lambda: shared_samples(b"meta", b"djmd", dji.header("dvtm_Air3") + deep_message(20_000), 2),
    "mp4: messages of many fields": lambda: shared_samples(
        b"meta",
        b"djmd",
        dji.header("dvtm_Air3") + dji.number(9, 1) * 4000 + dji.place((3, 3, 4, 1), 0.19, 1.85, 1, degrees=False),
        20_000,
    ),
    "mp4: real-time metadata that shares its bytes": lambda: shared_samples(
        b"meta", b"rtmd", novatek.rtmd_sample((11, 3, 55_440), b"N", (106, 7, 58_440), b"E"), 100_000
    ),
    "mp4: forty thousand readings in one block": lambda: movie(
        box(b"gps ", novatek.gps_box([(DATA_AT, 512)] * 100_000)), data=FREE_GPS
    ),
    "mp4: a reading at every boundary": lambda: movie(data=bytes(0x8000 - DATA_AT) + FREE_GPS.ljust(0x8000, b"\0") * 300),
    "mp4: a log of half a day": lambda: movie(after=box(b"free", box(b"gps ", stamped_log(43_200)))),
    "mp4: a log of one moment": lambda: movie(after=box(b"free", box(b"gps ", b"[1705379412000]" + SENTENCES * 60_000))),
    "mp4: a log without ends of lines": lambda: movie(after=box(b"free", box(b"gps ", b"$GPRMC," * (2 * MB)))),
    "mp4: a box of sentences": lambda: movie(after=box(b"udat", SENTENCES * 60_000)),
    "mp4: 70mai's records": lambda: movie(after=box(b"GPS ", novatek.record_70mai(1, LAT_DEG, LON_DEG) * 200_000)),
    "mp4: Kenwood's records": lambda: movie(
        after=box(b"udta", b"VIDEO" + b"U" * 22 + novatek.record_kenwood(LAT_DEG, LON_DEG) * 100_000)
    ),
    "mp4: what looks like Kenwood's records": lambda: movie(
        after=box(b"udta", b"VIDEO" + b"U" * 22 + b"\xfe\xfe20240116" * 600_000)
    ),
    "mp4: records in JSON": lambda: movie(after=box(b"skip", novatek.record_ligo(LAT_DEG, LON_DEG, PARTS) * 10_000)),
    "mp4: what looks like records in JSON": lambda: movie(after=box(b"skip", b"LIGOGPSINFO {" * 600_000)),
    "mp4: a trailer of readings": lambda: movie(
        after=novatek.insta360_trailer([(1_705_379_412, 0, b"A", LAT_DEG, b"N", LON_DEG, b"E", 1.0)] * 100_000)
    ),
    "mp4: fragments of four thousand million samples": lambda: fragments(3, MOST),
    "mp4: sixty thousand fragments": lambda: fragments(60_000, 1000),
    "mov: a movie box that inflates a thousandfold": lambda: compressed_movie(64 * MB),
    "mp4: keys by the hundred thousand": lambda: many_keys(100_000),
    "mp4: deep movie boxes": lambda: box(b"ftyp", b"mp42") + nest(b"moov", 100_000),
    "mp4: deep user data": lambda: movie(nest(b"udta", 50_000)),
    "mp4: deep metadata": lambda: movie(nest(b"meta", 50_000, head=bytes(4))),
    "mp4: deep tracks": lambda: movie(nest(b"trak", 50_000)),
    "mp4: three hundred thousand boxes": lambda: MOVIE + box(b"free") * 300_000,
    "mp4: three hundred thousand boxes in the movie": lambda: movie(box(b"free") * 300_000),
    "mp4: sizes of 64 bits": lambda: movie(after=(b"\0\0\0\1free" + b"\xff" * 8) * 1000),
    "mp4: 657 bytes": lambda: small(box(b"ftyp", b"mp42") + box(b"moov", _HEADER, track(b"vide", b"avc1"))[:500]),
    "mp4: 657 bytes of tables": lambda: small(endless_tables(1, 1)),
    "c2pa: a store before sixty thousand boxes": lambda: STORE + box(b"free") * 60_000,
    "c2pa: a store before sixty thousand boxes of a track": lambda: STORE + box(b"moov", box(b"trak", box(b"free") * 60_000)),
    "mkv: tags in tags": lambda: nested_tags(60, 1),
    "mkv: a tree of tags": lambda: nested_tags(5, 9),
    "mkv: a hundred thousand tags": lambda: nested_tags(1, 30_000),
    "mkv: an index that leads everywhere": lambda: seek_heads(2000),
    "mkv: elements of no size": lambda: matroska.build((matroska.info(), b"\xec\x80" * 1_000_000)),
    "mkv: elements of unknown size": lambda: matroska.build((b"\x15\x49\xa9\x66\x01" + b"\xff" * 7,) * 100),
    "mkv: elements of every byte": lambda: small(matroska.build((matroska.info(),)) + b"\x1a\x45\xdf\xa3\xff" * 100),
    "avi: lists in lists": lambda: webp.build_riff(b"AVI ", b"LIST\xff\xff\xff\x7fhdrl" * 100_000),
    "avi: three hundred thousand chunks": lambda: webp.build_riff(b"AVI ", b"IDIT\0\0\0\0" * 300_000),
    "avi: streams without end": lambda: webp.build_riff(
        b"AVI ", webp.chunk(b"LIST", b"hdrl" + webp.chunk(b"LIST", b"strl" + webp.chunk(b"strh", b"vids" + bytes(44))) * 30_000)
    ),
    "mpeg: start codes": lambda: b"\0\0\x01\xba" * MB,
    "mpeg: packets": lambda: (b"\x47" + bytes(187)) * 30_000,
    "ogg: pages": lambda: b"OggS\0\2" * (MB // 4),
    "flv: tags": lambda: b"FLV\x01\x05\0\0\0\x09" + b"\0\0\0\0\x12\xff\xff\xff" * 100_000,
}
