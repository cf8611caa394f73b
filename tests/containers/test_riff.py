"""RIFF chunks."""

import pytest
from builders import webp as build

from geoverify.containers import riff
from geoverify.errors import MalformedError
from geoverify.media import MemorySource


def test_chunks_of_odd_length_are_padded() -> None:
    source = MemorySource(build.build_riff(b"WEBP", build.chunk(b"ABCD", b"odd"), build.chunk(b"EXIF", b"II*\0")))
    assert [(chunk.type, chunk.size_bytes) for chunk in riff.chunks(source)] == [(b"ABCD", 3), (b"EXIF", 4)]


def test_the_inside_of_a_list_is_walked_on_its_own() -> None:
    inner = build.chunk(b"ISFT", b"software")
    source = MemorySource(build.build_riff(b"AVI ", build.chunk(b"LIST", b"INFO" + inner)))
    (outer,) = riff.chunks(source)
    assert [chunk.type for chunk in riff.chunks(source, outer.offset + 4, outer.end)] == [b"ISFT"]


def test_chunks_behind_the_stated_size_are_found() -> None:
    data = build.build_webp() + build.chunk(b"EXIF", b"II*\0")
    assert [chunk.type for chunk in riff.chunks(MemorySource(data))] == [b"VP8L", b"EXIF"]


def test_a_chunk_that_runs_over_the_end_is_cut_and_marked() -> None:
    (chunk,) = riff.chunks(MemorySource(build.build_riff(b"WEBP", build.chunk(b"EXIF", b"0123456789"))[:-4]))
    assert (chunk.size_bytes, chunk.is_cut) == (6, True)


def test_endless_chunks_are_refused() -> None:
    with pytest.raises(MalformedError):
        list(riff.chunks(MemorySource(build.build_riff(b"WEBP", build.chunk(b"JUNK", b"") * (riff.MAX_CHUNKS + 1)))))
