"""Pictures that are made to harm: each asks for more time, memory or nesting than any honest one."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable
from itertools import pairwise

from builders import heif, jpeg, jumbf, png, tiff, webp, xmp
from builders.specimens import EXIF, MOVIE, PACKET

MB = 1 << 20
MOST = 0xFFFFFFFF
# The size at which a file was seen to make a library allocate four gigabytes.
SMALL_BYTES = 657
_KINDS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16, 17, 18, 129, 0, 255)


def directory(entries: Iterable[tuple[int, int, int, int]], following: int = 0) -> bytes:
    """A little-endian IFD of (tag, type, count, value) with the offset of the next one."""
    rows = [struct.pack("<HHII", *entry) for entry in entries]
    return struct.pack("<H", len(rows)) + b"".join(rows) + struct.pack("<I", following)


def tiff_of(*directories: bytes) -> bytes:
    """A TIFF file whose directories stand one behind the other."""
    return b"II*\0\x08\0\0\0" + b"".join(directories)


def chain(count: int) -> bytes:
    """Directories of one entry, each of which leads to the next."""
    step = len(directory([(1, 3, 1, 1)]))
    return tiff_of(*(directory([(1, 3, 1, 1)], 8 + step * number) for number in range(1, count + 1)))


def fan_out() -> bytes:
    """Directories in which every pointer leads to another directory, among them those that led there."""
    pointers = (tiff.EXIF_POINTER, tiff.GPS_POINTER, tiff.INTEROP_POINTER, 0x014A, 0x8290)
    size = len(directory([(tag, 4, 1, 0) for tag in pointers]))
    count = 4000
    return tiff_of(
        *(
            directory(
                [(tag, 4, 1, 8 + size * ((number * 5 + step) % count)) for step, tag in enumerate(pointers, 1)],
                8 + size * ((number + 1) % count),
            )
            for number in range(count)
        )
    )


def every_tag(count: int, offset: int) -> bytes:
    """The tags that are read, in turn of every type, with one count and one offset; Exif and GPS directories among them."""
    main = (0x0100, 0x010E, 0x010F, 0x0110, 0x0112, 0x0131, 0x0132, 0x013B, 700, 33723, 34377, 0x9C9B, 0x9C9F, 0xCD41, 0x2E)
    exif = (
        0x9003,
        0x9004,
        0x9010,
        0x9011,
        0x9286,
        0x927C,
        0x9290,
        0x9291,
        0xA002,
        0xA003,
        0x920A,
        0xA405,
        0xA430,
        0xA431,
        0x9214,
    )

    def rows(tags: Iterable[int], shift: int) -> list[tuple[int, int, int, int]]:
        return [(tag, _KINDS[(number + shift) % len(_KINDS)], count, offset) for number, tag in enumerate(tags)]

    blocks = []
    for shift in range(len(_KINDS)):
        gps_at = 8 + len(directory([(0, 0, 0, 0)] * (len(main) + 2)))
        exif_at = gps_at + len(directory([(0, 0, 0, 0)] * 32))
        first = directory([*rows(main, shift), (tiff.EXIF_POINTER, 4, 1, exif_at), (tiff.GPS_POINTER, 4, 1, gps_at)])
        blocks.append(tiff_of(first, directory(rows(range(32), shift)), directory(rows(exif, shift))))
    return jpeg.build_jpeg(*map(jpeg.exif_segment, blocks))


def small(data: bytes, filler: bytes = b"\xff") -> bytes:
    """The start of a file, filled up to `SMALL_BYTES`."""
    return data[:SMALL_BYTES].ljust(SMALL_BYTES, filler)


def maker_notes() -> bytes:
    """MakerNotes of several makers, each of which says that it has four thousand million values."""
    heads = (
        b"",
        b"Nikon\0\x02\x10\0\0II*\0\x08\0\0\0",
        b"OLYMPUS\0II\x03\0",
        b"FUJIFILM\x0c\0\0\0",
        b"Apple iOS\0\0\x01MM",
        b"SONY DSC ",
    )
    notes = [head + directory([(tag, 5, MOST, 26) for tag in range(200)], 8) for head in heads]
    return jpeg.build_jpeg(*(jpeg.exif_segment(tiff.build_exif(exif={0x927C: tiff.undefined(note)})) for note in notes))


def segments(head: bytes, count: int = 65_000) -> bytes:
    """Very many short segments."""
    return b"\xff\xd8" + head * count + jpeg.build_jpeg()[2:]


def zip_bomb(size_bytes: int) -> bytes:
    """Zeros, compressed a thousandfold."""
    packer = zlib.compressobj(9)
    block = bytes(MB)
    return b"".join(packer.compress(block) for _ in range(size_bytes // MB)) + packer.flush()


def png_bombs() -> bytes:
    """Texts of every kind that inflate a thousandfold."""
    bomb = zip_bomb(64 * MB)
    keywords = (
        b"Comment",
        b"Raw profile type exif",
        b"Raw profile type xmp",
        b"Raw profile type iptc",
        b"Creation Time",
        b"exif:Make",
    )
    chunks = [png.chunk(b"zTXt", keyword + b"\0\0" + bomb) for keyword in keywords]
    chunks += [png.chunk(b"iTXt", keyword + b"\0\1\0\0\0" + bomb) for keyword in (*keywords, b"XML:com.adobe.xmp")]
    return png.build_png(*chunks)


def png_many_bombs(keyword: bytes) -> bytes:
    """As many texts as are read at all, each of which inflates to as much as is read at all."""
    bomb = zip_bomb(2 * MB)
    return png.build_png(*[png.chunk(b"zTXt", keyword + b"\0\0" + bomb)] * 3000)


def png_profiles() -> bytes:
    """Raw profiles of the largest size, spelt out in digits."""
    digits = b"\nexif\n 900000\n" + b"4d4d002a" * 200_000
    return png.build_png(*[png.chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(digits))] * 64)


def png_fillers(filler: bytes) -> bytes:
    """Profiles and texts that are no more than one filler, over and over."""
    keywords = (
        b"Raw profile type exif",
        b"Raw profile type xmp",
        b"Raw profile type iptc",
        b"Creation Time",
        b"XML:com.adobe.xmp",
    )
    packed = zlib.compress(filler * (MB // len(filler)))
    return png.build_png(*(png.chunk(b"zTXt", keyword + b"\0\0" + packed) for keyword in keywords))


def riff_sizes(size: int) -> bytes:
    """A WebP whose chunks all state one size."""
    chunks = b"".join(kind + size.to_bytes(4, "little") + b"MM\0*" for kind in (b"VP8X", b"EXIF", b"XMP ", b"C2PA", b"ICCP") * 50)
    return b"RIFF" + MOST.to_bytes(4, "little") + b"WEBP" + chunks


def heif_extents(items: int, extents: int, filler_bytes: int) -> bytes:
    """Items whose every extent is the whole rest of the file, so that a small file reads as a very large one."""
    entries = b"".join(
        heif.full_box(b"infe", 2, number.to_bytes(2), bytes(2), b"Exif" if number % 2 else b"mime", b"\0application/rdf+xml\0")
        for number in range(1, items + 1)
    )
    rows = b"".join(number.to_bytes(2) + bytes(2) + extents.to_bytes(2) + (bytes(8) * extents) for number in range(1, items + 1))
    iloc = heif.full_box(b"iloc", 0, b"\x44\0", items.to_bytes(2), rows)
    meta = heif.full_box(b"meta", 0, heif.full_box(b"iinf", 0, items.to_bytes(2), entries), iloc)
    return heif.file_type(b"heic", b"mif1", b"heic") + meta + heif.box(b"mdat", EXIF * (filler_bytes // len(EXIF)))


def nest(kind: bytes, depth: int, inside: bytes = b"", head: bytes = b"") -> bytes:
    """Boxes in boxes; sizes over 32 bits are cut off."""
    parts = [(inside_size & MOST).to_bytes(4) + kind + head for inside_size in _sizes(len(inside), depth, 8 + len(head))]
    return b"".join(parts) + inside


def _sizes(inside: int, depth: int, step: int) -> list[int]:
    return [inside + step * (depth - level) for level in range(depth)]


def boxes_of_size(size: int, brand: bytes = b"heic") -> bytes:
    """A file whose boxes all state one size."""
    kinds = (b"meta", b"moov", b"uuid", b"iinf", b"iloc", b"Exif", b"jumb", b"xml ")
    return heif.file_type(brand) + b"".join((size & MOST).to_bytes(4) + kind + bytes(24) for kind in kinds)


def xmp_file(inside: str, attributes: str = "", before: str = "") -> bytes:
    """A WebP, whose chunks may be long, with a packet."""
    packet = (before + xmp.wrap(inside, attributes)).encode()
    return webp.build_riff(b"WEBP", webp.extended_header(1, 1), webp.build_picture(), webp.chunk(b"XMP ", packet))


def entity_bomb() -> bytes:
    """Entities that stand for ten of each other, and one that stands for a file."""
    names = [f"e{number}" for number in range(12)]
    lines = "".join(f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in pairwise(names))
    dtd = f'<!DOCTYPE x [<!ENTITY e0 "lol">{lines}<!ENTITY file SYSTEM "file:///etc/hostname">]>'
    return xmp_file("<dc:title>&e11;&file;</dc:title>", before=dtd)


def extended_xmp() -> bytes:
    """Sixty thousand parts of an extension that says it has four gigabytes."""
    guid = "0" * 32
    main = xmp.jpeg_segment(xmp.build_packet({"xmpNote:HasExtendedXMP": guid}))
    part = xmp.EXTENSION_HEADER + guid.encode() + MOST.to_bytes(4)
    parts = [jpeg.segment(jpeg.APP1, part + number.to_bytes(4) + b"x") for number in range(7000)]
    return jpeg.build_jpeg(main, *parts)


PICTURES: dict[str, Callable[[], bytes]] = {
    "tiff: sixty thousand directories": lambda: chain(60_000),
    "tiff: a directory that follows itself": lambda: tiff_of(directory([(tiff.EXIF_POINTER, 4, 1, 8)], 8)),
    "tiff: directories that lead everywhere": fan_out,
    "tiff: 65,535 entries": lambda: tiff_of(directory([(n & 0xFFFF, 5, MOST, 8) for n in range(65_535)])) + bytes(MB),
    "tiff: values that share eight megabytes": lambda: (
        tiff_of(directory([(700, 1, 8 * MB, 8), (33723, 7, 8 * MB, 8), (34377, 7, 8 * MB, 8), (0xCD41, 7, 8 * MB, 8)]))
        + b"\x1c\x02\x05\0\x01a8BIM\x04\x04\0\0" * (MB // 2)
    ),
    "tiff: 657 bytes": lambda: small(tiff_of(directory([(n, 1 + n % 12, MOST, 8) for n in range(256, 300)]))),
    "bigtiff: 657 bytes": lambda: small(b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, 2**64 - 1)),
    "jpeg: every tag with every type and a count over the edge": lambda: every_tag(MOST, 8),
    "jpeg: every tag with every type at the last byte": lambda: every_tag(5, MOST),
    "jpeg: every tag with every type inside itself": lambda: every_tag(300, 9),
    "jpeg: maker's notes": maker_notes,
    "jpeg: 65,000 comments": lambda: segments(b"\xff\xfe\0\2"),
    "jpeg: 65,000 EXIF heads": lambda: segments(b"\xff\xe1\0\x0eExif\0\0MM\0*\0\0"),
    "jpeg: 8,000 EXIF blocks": lambda: segments(jpeg.exif_segment(EXIF), 8000),
    "jpeg: 8,000 XMP packets": lambda: segments(xmp.jpeg_segment(PACKET), 8000),
    "jpeg: 65,000 quantisation tables": lambda: segments(b"\xff\xdb\0\x43\0" + bytes(64)),
    "jpeg: 65,000 Photoshop blocks": lambda: segments(b"\xff\xed\0\x1cPhotoshop 3.0\x008BIM\x04\x04\0\0"),
    "jpeg: 65,000 JUMBF parts": lambda: segments(b"\xff\xeb\0\x1cJP\0\1\0\0\0\1" + (MOST).to_bytes(4) + b"jumb" + bytes(8)),
    "jpeg: five million restart markers": lambda: segments(b"\xff\xd0", 5_000_000),
    "jpeg: ten million fill bytes": lambda: segments(b"\xff", 10_000_000),
    "jpeg: markers in junk": lambda: segments(b"\0\xff\xc0\0\0", 2_000_000),
    "jpeg: thousands of pictures in a row": lambda: jpeg.build_jpeg(trailer=jpeg.build_jpeg() * 20_000 + MOVIE),
    "jpeg: markers behind the scan": lambda: jpeg.build_jpeg()[:-2] + b"\xff\xc4\0\2" * 1_000_000,
    "jpeg: a Samsung trailer of every size": lambda: jpeg.build_jpeg(
        trailer=b"SEFH"
        + bytes(4)
        + (MOST).to_bytes(4, "little")
        + b"\0\0\x30\x0a\xff\xff\xff\xff\xff\xff\xff\x7f" * 5000
        + (60_012).to_bytes(4, "little")
        + b"SEFT"
    ),
    "jpeg: extended XMP": extended_xmp,
    "jpeg: IPTC sets of extended size": lambda: jpeg.build_jpeg(
        jpeg.segment(jpeg.APP13, b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\xf0\0" + b"\x1c\x02\x78\x80\x04\xff\xff\xff\xff" * 6000)
    ),
    "png: texts that inflate a thousandfold": png_bombs,
    "png: three thousand bombs in comments": lambda: png_many_bombs(b"Comment"),
    "png: three thousand bombs in profiles": lambda: png_many_bombs(b"Raw profile type exif"),
    "png: three thousand bombs in XMP profiles": lambda: png_many_bombs(b"Raw profile type xmp"),
    "png: profiles in digits": png_profiles,
    **{
        f"png: profiles of nothing but {name}": lambda filler=filler: png_fillers(filler)
        for name, filler in (
            ("blanks", b" "),
            ("lines", b"\n"),
            ("letters", b"a"),
            ("words", b"a "),
            ("digits", b"1"),
            ("tabs", b"\n\t "),
        )
    },
    "png: a million chunks": lambda: png.SIGNATURE + (bytes(4) + b"tEXt" + bytes(4)) * 1_000_000,
    "png: chunks of four gigabytes": lambda: small(png.SIGNATURE + b"\xff\xff\xff\xfftEXt" * 50),
    "webp: chunks of no size": lambda: riff_sizes(0),
    "webp: chunks of four gigabytes": lambda: riff_sizes(MOST),
    "webp: chunks of odd sizes": lambda: riff_sizes(3),
    "webp: a million chunks": lambda: webp.build_riff(b"WEBP", b"EXIF\0\0\0\0" * 1_000_000),
    "gif: a million comments": lambda: xmp.build_gif(b"\x21\xfe\x01a\0" * 1_000_000),
    "gif: a comment of eight megabytes": lambda: xmp.build_gif(b"\x21\xfe" + b"\x01a" * (4 * MB)),
    "gif: four thousand XMP blocks that share their bytes": lambda: xmp.build_gif(
        b"\x21\xff\x0bXMP DataXMP\0" * 4000 + b"<x/>" * MB
    ),
    "heic: one item of 65,535 times the file": lambda: heif_extents(1, 65_535, MB),
    "heic: sixteen thousand items of the whole file": lambda: heif_extents(16_000, 4, 4 * MB),
    "heic: a deep box": lambda: heif.file_type(b"heic") + nest(b"meta", 100_000, head=bytes(4)),
    "heic: boxes of no size": lambda: boxes_of_size(0),
    "heic: boxes of seven bytes": lambda: boxes_of_size(7),
    "heic: boxes of four gigabytes": lambda: boxes_of_size(MOST),
    "heic: a million boxes": lambda: heif.file_type(b"heic") + heif.box(b"free") * 1_000_000,
    "heic: 657 bytes": lambda: small(heif_extents(1, 60, 4096)),
    "cr3: deep boxes": lambda: heif.file_type(b"crx ") + nest(b"moov", 100_000),
    "jxl: four thousand EXIF boxes": lambda: heif.build_jxl(heif.box(b"Exif", bytes(4), EXIF) * 4000),
    "jp2: boxes of sixteen bytes": lambda: heif.build_jp2(heif.box(b"uuid", xmp.UUID) * 100_000),
    "c2pa: deep boxes": lambda: jumbf.carriers(
        jumbf.superbox(jumbf.STORE_TYPE, "c2pa", nest(b"jumb", 50_000, head=heif.box(b"jumd", bytes(16), b"\0")))
    )["png"],
    "c2pa: a store of sixteen megabytes": lambda: jumbf.carriers(jumbf.build_store(padding=16 * MB))["png"],
    "xmp: entities": entity_bomb,
    "xmp: a hundred thousand elements deep": lambda: xmp_file("<dc:title>" * 100_000),
    "xmp: a hundred thousand unknown elements deep": lambda: xmp_file("<q:a xmlns:q='q'>" * 100_000),
    "xmp: a hundred thousand attributes": lambda: xmp_file("", " ".join(f'exif:A{n}="1"' for n in range(99_000))),
    "xmp: a list of forty thousand": lambda: xmp_file(
        "<dc:subject><rdf:Bag>" + "<rdf:li>a</rdf:li>" * 40_000 + "</rdf:Bag></dc:subject>"
    ),
    "xmp: a history of forty thousand": lambda: xmp_file(
        "<xmpMM:History><rdf:Seq>" + '<rdf:li stEvt:when="2024" stEvt:action="saved"/>' * 40_000 + "</rdf:Seq></xmpMM:History>"
    ),
    "xmp: a namespace of a megabyte": lambda: xmp_file('<q:a xmlns:q="' + "n" * MB + '">' + "<q:b/>" * 50_000 + "</q:a>"),
    "xmp: a text of four megabytes": lambda: xmp_file(f"<dc:title>{'word ' * (MB * 3 // 5)}</dc:title>"),
    "xmp: numbers of a megabyte": lambda: xmp_file("", f"exif:GPSLatitude='{'9' * MB}' exif:GPSLongitude='{'9' * MB}'"),
}
