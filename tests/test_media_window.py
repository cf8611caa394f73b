"""Small reads out of one window over the file, and walks that are kept with it."""

import os
import random

import pytest

from geoverify.errors import BudgetError
from geoverify.media import WINDOW_BYTES, ByteSource, MemorySource, keep, open_media

DATA = random.Random(5).randbytes(3 * WINDOW_BYTES + 17)


def test_peeking_gives_the_same_bytes_as_reading():
    rng = random.Random(11)
    peeked, read = MemorySource(DATA), MemorySource(DATA)
    places = [(rng.randrange(-40, len(DATA) + 40), rng.randrange(-4, 80)) for _ in range(2000)]
    places += [(len(DATA) - 3, 10), (len(DATA), 1), (0, len(DATA)), (5, 2 * WINDOW_BYTES), (-1, 4), (0, 0)]
    for offset, length in places:
        assert peeked.peek(offset, length) == read.read(offset, length), (offset, length)


def test_headers_that_stand_together_cost_one_read(tmp_path, monkeypatch):
    path = tmp_path / "headers"
    path.write_bytes(DATA)
    calls = []
    plain = os.pread
    monkeypatch.setattr(os, "pread", lambda fd, length, offset: calls.append(offset) or plain(fd, length, offset))
    fd = os.open(path, os.O_RDONLY)
    try:
        source = ByteSource(fd, len(DATA))
        for offset in range(0, WINDOW_BYTES - 32, 32):
            assert source.peek(offset, 32) == DATA[offset : offset + 32]
    finally:
        os.close(fd)
    assert calls == [0]


def test_an_endless_walk_through_one_window_is_stopped():
    source = MemorySource(DATA)
    with pytest.raises(BudgetError, match="for ever"):
        while True:
            source.peek(0, 8)


def test_a_walk_is_made_once_and_kept_with_its_source(tmp_path):
    seen = []

    @keep
    def count_bytes(source):
        seen.append(source)
        return source.size_bytes

    one, other = MemorySource(b"abc"), MemorySource(b"abcd")
    assert [count_bytes(one), count_bytes(one), count_bytes(other), count_bytes(one)] == [3, 3, 4, 3]
    assert seen == [one, other]
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"\xff\xd8\xff\xd9")
    with open_media(path) as (_, source):
        assert count_bytes(source) == 4
        assert source.memo
    assert not source.memo
