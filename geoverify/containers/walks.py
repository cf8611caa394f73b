"""The parts of an image file, walked once for all the readers that look for their own among them.

The parts before damage are sound, and most readers take them without a word: the EXIF reader says what is wrong.
"""

from __future__ import annotations

from geoverify.containers import heif, jpeg, png, raw, riff
from geoverify.containers.parts import Parts, gather
from geoverify.containers.tiff import Directory, Tiff
from geoverify.errors import MalformedError
from geoverify.media import ByteSource, keep
from geoverify.model import MediaFile

JPEG, PNG, WEBP, GIF, JXL = (f"image/{name}" for name in ("jpeg", "png", "webp", "gif", "jxl"))
RAF, RW2, CR3, AVI = "image/x-fuji-raf", "image/x-panasonic-rw2", "image/x-canon-cr3", "video/x-msvideo"
TIFF_TYPES = frozenset(("image/tiff", "image/x-olympus-orf", RW2))
HEIF_TYPES = frozenset(f"image/{name}" for name in ("heic", "heic-sequence", "heif", "heif-sequence", "avif"))
JP2_TYPES = frozenset(("image/jp2", "image/jpx"))
# Formats whose metadata can stand in a box with a UUID on the first level.
UUID_TYPES = HEIF_TYPES | JP2_TYPES | {CR3, "video/mp4", "video/quicktime", "video/3gpp"}

_PANASONIC_JPEG = 0x2E


def jpeg_segments(media: MediaFile, source: ByteSource) -> tuple[jpeg.Segment, ...]:
    """The marker segments of a JPEG file, or of the JPEG picture in which RAF and RW2 keep their metadata."""
    if media.media_type == JPEG:
        return walk_jpeg(source).sound
    if media.media_type == RAF:
        return walk_raf(source).sound
    return walk_rw2(source).sound if media.media_type == RW2 else ()


def png_chunks(source: ByteSource) -> tuple[png.Chunk, ...]:
    """The chunks of a PNG file."""
    return walk_png(source).sound


def riff_chunks(source: ByteSource) -> tuple[riff.Chunk, ...]:
    """The chunks on the first level of a WebP or AVI file."""
    return walk_riff(source).sound


def heif_items(source: ByteSource) -> tuple[heif.Item, ...]:
    """The items of an HEIF or AVIF file."""
    return walk_heif(source).sound


@keep
def walk_jpeg(source: ByteSource) -> Parts[jpeg.Segment]:
    """The marker segments of a JPEG file."""
    return gather(jpeg.segments(source))


@keep
def walk_raf(source: ByteSource) -> Parts[jpeg.Segment]:
    """The marker segments of the picture in a RAF file."""
    try:
        start, end = raw.find_raf_jpeg(source)
    except MalformedError as error:
        return Parts(damage=error)
    return gather(jpeg.segments(source, start, end))


@keep
def walk_rw2(source: ByteSource) -> Parts[jpeg.Segment]:
    """The marker segments of the picture in an RW2 file."""
    directory = first_directory(source)
    place = directory.locate(_PANASONIC_JPEG) if directory else None
    if place is None:
        return Parts()
    start, size_bytes = place
    return gather(jpeg.segments(source, start, start + size_bytes))


@keep
def walk_png(source: ByteSource) -> Parts[png.Chunk]:
    """The chunks of a PNG file."""
    return gather(png.chunks(source))


@keep
def walk_png_texts(source: ByteSource) -> Parts[png.Text]:
    """The text chunks of a PNG file, inflated."""
    return gather(png.texts(source, walk_png(source).sound))


@keep
def walk_riff(source: ByteSource) -> Parts[riff.Chunk]:
    """The chunks on the first level of a WebP or AVI file."""
    return gather(riff.chunks(source))


@keep
def walk_heif(source: ByteSource) -> Parts[heif.Item]:
    """The items of an HEIF or AVIF file: all of them or none."""
    try:
        return Parts(heif.items(source))
    except MalformedError as error:
        return Parts(damage=error)


@keep
def first_directory(source: ByteSource) -> Directory | None:
    """The first directory of a TIFF file or of a raw file that is one."""
    try:
        tiff = Tiff(source)
        return tiff.directory(tiff.first_offset, "IFD0")
    except MalformedError:
        return None
