"""HEIC pictures with pixels: tiles of H.265, coded by PyAV as the tests' clips are, and the boxes that put them together."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np

from builders.heif import Item, box, build_heif, exif_item, full_box
from builders.overlays import Picture

Property = tuple[bytes, bytes]
QUARTER_LEFT: Property = (b"irot", b"\1")
HALF: Property = (b"irot", b"\2")
FLIP_UP_DOWN: Property = (b"imir", b"\0")
FLIP_LEFT_RIGHT: Property = (b"imir", b"\1")


def encode_tiles(tiles: Sequence[Picture]) -> tuple[bytes, list[bytes]]:
    """The decoder's configuration and the coded bytes of tiles (BGR, sides multiples of 8), each decodable alone."""
    high, wide = tiles[0].shape[:2]
    with TemporaryDirectory() as folder:
        path = Path(folder, "tiles.mp4")
        with av.open(str(path), "w") as out:
            stream = out.add_stream(
                "libx265", rate=Fraction(1), options={"preset": "ultrafast", "x265-params": "keyint=1:qp=12:log-level=none"}
            )
            stream.width, stream.height, stream.pix_fmt = wide, high, "yuv420p"
            for tile in tiles:
                out.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(tile), format="bgr24")))
            out.mux(stream.encode(None))
        with av.open(str(path)) as made:
            packets = [bytes(packet) for packet in made.demux(video=0) if packet.size]
            return bytes(made.streams.video[0].codec_context.extradata), packets


def build_heic(
    picture: Picture,
    tile_px: int = 0,
    turns: Sequence[Property] = (),
    exif: bytes = b"",
    stated_px: tuple[int, int] | None = None,
    stated_tiles: tuple[int, int] | None = None,
    more: bytes = b"",
) -> bytes:
    """A picture (BGR) as one item, or as a grid of square tiles, with what turns it; `stated_…` lies about width and height, and
    `more` are further boxes."""
    high, wide = picture.shape[:2]
    side = (tile_px, tile_px) if tile_px else (high, wide)
    rows, columns = -(-high // side[0]), -(-wide // side[1])
    padded = np.pad(picture, ((0, rows * side[0] - high), (0, columns * side[1] - wide), (0, 0)), "edge")
    spots = [(row * side[0], column * side[1]) for row in range(rows) for column in range(columns)]
    configuration, coded = encode_tiles([padded[top : top + side[0], left : left + side[1]] for top, left in spots])
    size = stated_px or (wide, high)
    properties = [(b"hvcC", configuration), (b"ispe", bytes(4) + struct.pack(">II", *(side[::-1] if tile_px else size)))]
    properties += [(b"ispe", bytes(4) + struct.pack(">II", *size)), *turns]
    items = [Item(b"hvc1", data) for data in coded]
    own = [number for number, (kind, _) in enumerate(properties, 1) if kind in (b"irot", b"imir")]
    associations = {number: [1, 2] for number in range(1, len(coded) + 1)}
    references = b""
    primary = 1
    if tile_px:
        primary = len(coded) + 1
        stated = stated_tiles or (rows, columns)
        items.append(Item(b"grid", bytes((0, 1, stated[0] - 1, stated[1] - 1)) + struct.pack(">II", *size), method=1))
        associations[primary] = [3]
        dimg = struct.pack(f">HH{len(coded)}H", primary, len(coded), *range(1, len(coded) + 1))
        references = full_box(b"iref", 0, box(b"dimg", dimg))
    associations[primary] += own
    if exif:
        items.append(exif_item(exif))
    ipma = struct.pack(">I", len(associations))
    for number, places in associations.items():
        ipma += struct.pack(">HB", number, len(places)) + bytes(places)
    iprp = box(b"iprp", box(b"ipco", *(box(kind, data) for kind, data in properties)), full_box(b"ipma", 0, ipma))
    return build_heif(*items, more=full_box(b"pitm", 0, struct.pack(">H", primary)) + iprp + references + more)
