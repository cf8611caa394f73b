"""Sample tables: every way to write them gives the same samples."""

import random

import numpy as np
import pytest
from builders.movies import MOVIE_TIMESCALE, TrackPlan, box, build_movie, full_box, large_box, u32

from geoverify.containers.outline import read_outline
from geoverify.containers.samples import MAX_SAMPLES, read_sample_table
from geoverify.errors import MalformedError
from geoverify.media import MemorySource

SAMPLES = [bytes([65 + i]) * (3 + i) for i in range(7)]
DURATIONS = [100, 100, 250, 50, 1000, 10, 90]


def read(data: bytes) -> list[tuple[float, float, bytes]]:
    source = MemorySource(data)
    (track,) = read_outline(source).tracks
    return list(read_sample_table(source, track).read(source))


@pytest.mark.parametrize("per_chunk", [1, 2, 3, 7])
@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("bits", [0, 4, 8, 16])
def test_samples_come_back_with_times_and_bytes(per_chunk, wide, bits):
    plan = TrackPlan(
        b"meta", b"gpmd", SAMPLES, DURATIONS, samples_per_chunk=per_chunk, wide_offsets=wide, compact_bits=bits, timescale=1000
    )
    starts = [sum(DURATIONS[:i]) / 1000 for i in range(len(DURATIONS))]
    assert read(build_movie(plan)) == [
        (pytest.approx(start), pytest.approx(duration / 1000), sample)
        for start, duration, sample in zip(starts, DURATIONS, SAMPLES, strict=True)
    ]


def test_samples_of_one_size_need_no_list_of_sizes():
    plan = TrackPlan(b"meta", b"gpmd", [b"abcd", b"efgh", b"ijkl"], [1, 1, 1], samples_per_chunk=2, equal_sizes=True)
    assert [sample for _, _, sample in read(build_movie(plan))] == [b"abcd", b"efgh", b"ijkl"]


@pytest.mark.parametrize(
    ("edits", "shift_s"),
    [
        ([(MOVIE_TIMESCALE * 2, -1), (6000, 0)], 2.0),
        ([(MOVIE_TIMESCALE, -1), (MOVIE_TIMESCALE, -1), (6000, 500)], 1.5),
        ([(6000, 250)], -0.25),
    ],
)
def test_edits_move_the_samples_in_time(edits, shift_s):
    plan = TrackPlan(b"meta", b"gpmd", [b"x"], [1000], edits=edits)
    assert read(build_movie(plan))[0][0] == pytest.approx(shift_s)


def test_samples_behind_the_end_of_the_file_are_left_out():
    plan = TrackPlan(b"meta", b"gpmd", SAMPLES, DURATIONS)
    data = build_movie(plan)
    # The movie box comes first, as in a file for streaming that was cut off within its media data.
    at = data.index(b"moov") - 4
    offsets = [len(data) + sum(map(len, SAMPLES[:i])) for i in range(len(SAMPLES))]
    rebuilt = data[:20] + box(b"free", data[20 : at - 8]) + box(b"moov", data[at + 8 :])
    rebuilt = rewrite(rebuilt, b"stco", u32(0, len(offsets), *offsets))
    whole = rebuilt.ljust(len(data), b"\0") + b"".join(SAMPLES)
    for missing in range(1, sum(map(len, SAMPLES))):
        source = MemorySource(whole[:-missing])
        (track,) = read_outline(source).tracks
        table = read_sample_table(source, track)
        assert [sample for _, _, sample in table.read(source)] == SAMPLES[: len(table)]
        assert len(table) == sum(
            offset + len(sample) <= source.size_bytes for offset, sample in zip(offsets, SAMPLES, strict=True)
        )


def test_thinning_keeps_every_nth_row():
    plan = TrackPlan(b"meta", b"gpmd", [bytes([i]) for i in range(1, 101)], [10] * 100)
    source = MemorySource(build_movie(plan))
    (track,) = read_outline(source).tracks
    table = read_sample_table(source, track)
    assert [sample[0] for _, _, sample in table.thin(30).read(source)] == list(range(1, 101, 4))
    assert table.thin(100) is table


def rewrite(data: bytes, kind: bytes, payload: bytes) -> bytes:
    """Put other bytes over the payload of the last box of a type, as far as it reaches."""
    at = data.rindex(kind) + 4
    return data[:at] + payload + data[at + len(payload) :]


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (b"stsc", u32(0, 1, 5, 1, 1)),
        (b"stts", u32(0, 1, 1, 1)),
    ],
)
def test_contradictions_are_refused(kind, payload):
    data = rewrite(build_movie(TrackPlan(b"meta", b"gpmd", SAMPLES, DURATIONS)), kind, payload)
    with pytest.raises(MalformedError):
        read(data)


@pytest.mark.parametrize("kind", [b"stts", b"stsc", b"stsz", b"stco"])
def test_made_up_counts_ask_for_no_more_than_there_is(kind):
    data = build_movie(TrackPlan(b"meta", b"gpmd", SAMPLES, DURATIONS))
    for count in (0, 1, 0x7FFFFFFF, 0xFFFFFFFF):
        at = data.rindex(kind) + (12 if kind == b"stsz" else 8)
        source = MemorySource(data[:at] + u32(count) + data[at + 4 :])
        (track,) = read_outline(source).tracks
        try:
            assert len(read_sample_table(source, track)) <= len(SAMPLES)
        except MalformedError:
            continue


def test_one_size_and_an_endless_count_stay_within_the_file():
    plan = TrackPlan(b"meta", b"gpmd", [b"a", b"b"], [1, 1], equal_sizes=True)
    data = rewrite(build_movie(plan), b"stsz", u32(0, 1, 0xFFFFFFFF))
    assert [sample for _, _, sample in read(data)] == [b"a", b"b"]
    assert MAX_SAMPLES < 0xFFFFFFFF


def test_tables_too_large_to_be_honest_are_refused():
    data = build_movie(TrackPlan(b"meta", b"gpmd", SAMPLES, DURATIONS))

    class Claimed(MemorySource):
        def __init__(self, data: bytes) -> None:
            super().__init__(data)
            self.size_bytes = 1 << 40

    at = data.rindex(b"stsz") - 4
    grown = data[:at] + (1 << 30).to_bytes(4) + data[at + 4 :]
    moov = grown.rindex(b"moov") - 4
    for kind in (b"moov", b"trak", b"mdia", b"minf", b"stbl"):
        start = grown.rindex(kind) - 4
        grown = grown[:start] + (1 << 31).to_bytes(4) + grown[start + 4 :]
    assert moov
    source = Claimed(grown)
    tracks = read_outline(source).tracks
    with pytest.raises(MalformedError):
        read_sample_table(source, tracks[-1])


def test_large_boxes_and_offsets_near_the_largest_number():
    plan = TrackPlan(b"meta", b"gpmd", [b"abc"], [1000], wide_offsets=True)
    data = build_movie(plan, before=large_box(b"free", bytes(5)))
    assert [sample for _, _, sample in read(data)] == [b"abc"]
    for offset in ((1 << 63) - 1, (1 << 64) - 1, 1 << 63):
        source = MemorySource(rewrite(data, b"co64", u32(0, 1) + offset.to_bytes(8)))
        (track,) = read_outline(source).tracks
        assert len(read_sample_table(source, track)) == 0


def test_seeded_mutations_of_the_movie_box_end_in_a_table_or_a_refusal():
    data = build_movie(TrackPlan(b"meta", b"gpmd", SAMPLES, DURATIONS, samples_per_chunk=3, edits=[(600, -1), (6000, 0)]))
    start = data.index(b"moov")
    rng = random.Random(1)
    for _ in range(1500):
        mutant = bytearray(data)
        for _ in range(rng.randint(1, 4)):
            mutant[rng.randrange(start, len(mutant))] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
        source = MemorySource(bytes(mutant))
        for track in read_outline(source).tracks:
            try:
                table = read_sample_table(source, track)
            except MalformedError:
                continue
            assert np.all(np.isfinite(table.time_s))
            for _, _, sample in table.thin(50).read(source):
                assert sample


def test_a_full_box_writes_its_version():
    assert full_box(b"abcd", b"x", version=1) == b"\0\0\0\x0dabcd\x01\0\0\0x"
