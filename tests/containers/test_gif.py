"""GIF's extension blocks, stepped through within bounds."""

import random
import time

from builders.xmp import build_gif, gif_comment, gif_extension

from geoverify.containers import gif
from geoverify.media import MemorySource


def list_extensions(data: bytes) -> list[tuple[int, bytes]]:
    return [(item.label, item.application) for item in gif.extensions(MemorySource(data))]


def test_extensions_between_pictures_are_found() -> None:
    looping = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"
    control = b"\x21\xf9\x04\0\0\0\0\0"
    picture = b"\x2c" + bytes(8) + b"\x80" + bytes(6) + b"\x02\x02\x44\x01\0"
    data = build_gif(looping, control, picture, gif_comment(b"a"), gif_extension(b"<x/>"))
    assert list_extensions(data) == [
        (gif.APPLICATION, b"NETSCAPE2.0"),
        (gif.COMMENT, b""),
        (gif.APPLICATION, b"XMP DataXMP"),
    ]


def test_data_of_sub_blocks_is_joined_and_bounded() -> None:
    data = build_gif(gif_comment(b"x" * 1000))
    (extension,) = gif.extensions(MemorySource(data))
    assert gif.read_sub_blocks(MemorySource(data), extension.offset) == b"x" * 1000
    assert len(gif.read_sub_blocks(MemorySource(data), extension.offset, 100)) == 255


def test_hostile_blocks_end_in_time() -> None:
    started = time.process_time()
    head = build_gif()[:19]
    assert list_extensions(head + b"\x21\xfe" + b"\x01x" * 2_000_000) == [(gif.COMMENT, b"")]
    assert len(list_extensions(head + b"\x21\xfe\0" * 1_000_000)) == gif.MAX_BLOCKS
    many = b"\x21\xfe" + b"\x01x" * (gif.MAX_SUB_BLOCKS + 1) + b"\0"
    assert list_extensions(head + many + gif_comment(b"behind")) == [(gif.COMMENT, b"")]
    assert time.process_time() - started < 2.0


def test_truncation_and_mutation_never_fail() -> None:
    data = build_gif(gif_comment(b"x" * 300), gif_extension(b"<x/>"))
    for length in range(len(data)):
        list_extensions(data[:length])
    generator = random.Random(1)
    for _ in range(500):
        mutant = bytearray(data)
        for _ in range(3):
            mutant[generator.randrange(len(mutant))] = generator.randrange(256)
        list_extensions(bytes(mutant))
