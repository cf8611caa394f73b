"""HEIC pictures, as phones write them, through FFmpeg's decoder for H.265: their tiles are handed to it as a little movie."""

from __future__ import annotations

import struct

import numpy as np

from geoverify.containers.heif import read_item
from geoverify.containers.heif_picture import CodedPicture, Turn
from geoverify.errors import MalformedError
from geoverify.media import MAX_READ_BYTES, ByteSource
from geoverify.opencv import load_cv2
from geoverify.vision.hdr_colours import find_wide_colours, flatten_entry, flatten_sample
from geoverify.vision.key_clip import pack_box, pack_movie
from geoverify.vision.keyframes import Picture, check_size, decode_clip

IDENTITY = (1.0, 0.0, 0.0, 1.0)


def decode_heif(source: ByteSource, coded: CodedPicture) -> Picture | None:
    """The upright picture (BGR); `None` where a tile is damaged or not of the size that is stated, or where they do not
    cover the picture.

    Raises `MalformedError` for sizes over the limit, before anything is decoded.
    """
    across_px, down_px = coded.tile_width_px * coded.columns, coded.tile_height_px * (len(coded.tiles) // coded.columns)
    check_size(coded.width_px, coded.height_px)
    check_size(across_px, down_px)
    if not 0 < coded.width_px <= across_px or not 0 < coded.height_px <= down_px:
        return None
    entry = _describe(coded)
    colours = find_wide_colours(entry)
    samples: list[bytes] = []
    room_bytes = min(source.size_bytes, MAX_READ_BYTES)
    for tile in coded.tiles:
        samples.append(flatten_sample(read_item(source, tile), colours))
        room_bytes -= len(samples[-1])
        # Tiles share no bytes.
        if room_bytes < 0:
            raise MalformedError("a HEIF picture's tiles are longer together than the file; it is damaged or made to harm")
    movie = pack_movie(flatten_entry(entry, colours), samples, (coded.tile_width_px, coded.tile_height_px), IDENTITY)
    picture = np.zeros((coded.height_px, coded.width_px, 3), np.uint8)
    decoded = 0
    for place, shown in decode_clip(movie, len(samples)):
        if shown.shape[:2] != (coded.tile_height_px, coded.tile_width_px):
            return None
        top, left = place // coded.columns * coded.tile_height_px, place % coded.columns * coded.tile_width_px
        room = picture[top : top + coded.tile_height_px, left : left + coded.tile_width_px]
        room[:] = shown[: room.shape[0], : room.shape[1]]
        decoded += 1
    return _turn(picture, coded) if decoded == len(samples) else None


def _describe(coded: CodedPicture) -> bytes:
    """The sample description of the tiles (14496-12 §12.1.3, 14496-15 §8.4)."""
    size = struct.pack(">HH", coded.tile_width_px & 0xFFFF, coded.tile_height_px & 0xFFFF)
    head = bytes(6) + struct.pack(">H", 1) + bytes(16) + size + struct.pack(">IIIH32xHH", 72 << 16, 72 << 16, 0, 1, 24, 0xFFFF)
    return struct.pack(">II", 0, 1) + pack_box(b"hvc1", head, pack_box(b"hvcC", coded.configuration))


def _turn(picture: Picture, coded: CodedPicture) -> Picture:
    cv2 = load_cv2()
    for turn in coded.turns:
        if turn is Turn.QUARTER_LEFT:
            picture = cv2.rotate(picture, cv2.ROTATE_90_COUNTERCLOCKWISE)
        else:
            picture = cv2.flip(picture, 0 if turn is Turn.FLIP_UP_DOWN else 1)
    return picture
