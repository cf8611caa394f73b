"""What holds for every sidecar format, found by the walk: a new one is tested here without a line of its own."""

import math
import os
import random
import string
import time

import msgspec
import pytest
from builders.sidecars import MEDIA, SAMPLES, Sample, observations_of, problems_of, put, replace_each

from geoverify.interfaces import Folder
from geoverify.model import Absent, Finding, Observation, PlaceClaim, Position, Problem, Who
from geoverify.sidecars import all_sidecars, read_sidecars

EACH = [pytest.param(sample, id=f"{sample.reader}-{sample.file}") for sample in SAMPLES]
NESTED = [pytest.param(sample, id=f"{sample.reader}-{sample.file}") for sample in SAMPLES if not isinstance(sample.content, str)]
REPLACEMENTS = {
    "null": None,
    "true": True,
    "zero": 0,
    "negative": -7.5,
    "huge integer": 10**400,
    "far number": 1e300,
    "empty": "",
    "words": "xyzzy",
    "half a pair": "\ud83d",
    "nul and bidi": "a\0b\u202ec",
    "long": "x" * 200_000,
    "number in words": "1e400",
    "list": [1, "a", None, [[]]],
    "many": ["a"] * 3000,
    "object": {"a": {"b": 1}},
}
LINES_S = 20.0


def check(findings: list[Finding]) -> None:
    """Whatever was in the file: findings of the model's types, storable, bounded, and no made-up numbers."""
    for item in findings:
        msgspec.json.decode(msgspec.json.encode(item))
        if isinstance(item, Problem):
            assert item.code != "reader-failed", item.message
            assert len(item.message) < 5000
        elif isinstance(item, Absent):
            assert item.reader.startswith("sidecars.")
        else:
            check_observation(item)


def check_observation(item: Observation) -> None:
    """An observation can be traced, and its position is one."""
    assert item.provenance.reader.removeprefix("sidecars.") in {sidecar.name for sidecar in all_sidecars()}
    assert item.provenance.field
    assert item.provenance.file
    assert len(item.provenance.raw) <= 20_000
    assert isinstance(item.provenance.who, Who)
    position = item.value.position if isinstance(item.value, PlaceClaim) else item.value
    if isinstance(position, Position):
        assert abs(position.lat_deg) <= 90.0
        assert abs(position.lon_deg) <= 180.0
        assert (position.lat_deg, position.lon_deg) != (0.0, 0.0)
        assert position.alt_m is None or math.isfinite(position.alt_m)


def test_names_are_unique_and_those_of_the_modules():
    names = [sidecar.name for sidecar in all_sidecars()]
    assert len(set(names)) == len(names)
    for sidecar in all_sidecars():
        assert type(sidecar).__module__ == f"geoverify.sidecars.{sidecar.name}"


def test_every_format_has_a_sample_in_the_builders():
    assert {sidecar.name for sidecar in all_sidecars()} <= {sample.reader for sample in SAMPLES}


@pytest.mark.parametrize("sample", EACH)
def test_an_honest_file_is_read_by_its_own_reader_and_no_other(sample: Sample, tmp_path):
    result = sample.read(tmp_path)
    assert observations_of(result)
    assert not problems_of(result)
    assert [use.reader for use in result.uses] == [sample.reader]
    assert {item.provenance.reader for item in observations_of(result)} == {f"sidecars.{sample.reader}"}
    check(result.findings)


@pytest.mark.parametrize("sample", EACH)
def test_reading_twice_gives_the_same(sample: Sample, tmp_path):
    assert sample.read(tmp_path) == sample.read(tmp_path)


@pytest.mark.parametrize("sample", EACH)
def test_a_file_beside_another_medium_says_nothing_of_this_one(sample: Sample, tmp_path):
    sample.read(tmp_path)
    other = put((tmp_path / sample.media).with_name("unrelated 9.jpg"), MEDIA)
    result = read_sidecars(other, [tmp_path / sample.file] if sample.by_hand else [])
    assert result.findings == []
    assert result.uses == []


@pytest.mark.parametrize("other", REPLACEMENTS)
@pytest.mark.parametrize("sample", NESTED)
def test_any_value_of_a_wrong_type_costs_only_itself(sample: Sample, other, tmp_path):
    # As in the test of random bytes, what comes back decides; that anything comes back at all is the point.
    for changed in replace_each(sample.content, REPLACEMENTS[other]):
        try:
            data = sample.encode(changed)
        except (TypeError, AttributeError, UnicodeEncodeError, LookupError):
            # Half a surrogate pair cannot be UTF-8, and a table without rows cannot be written: the encoder is not under test.
            continue
        check(sample.read(tmp_path, data).findings)


@pytest.mark.parametrize("sample", EACH)
def test_a_file_cut_anywhere_is_a_problem_or_less_information(sample: Sample, tmp_path):
    data = sample.encode(sample.content)
    for length in range(0, len(data), max(1, len(data) // 120)):
        check(sample.read(tmp_path, data[:length]).findings)


@pytest.mark.parametrize("sample", EACH)
def test_seeded_mutations_never_fail(sample: Sample, tmp_path):
    data = sample.encode(sample.content)
    rng = random.Random(sample.file)
    started = time.process_time()
    for _ in range(60):
        mutant = bytearray(data)
        for _ in range(rng.randint(1, 6)):
            at = rng.randrange(len(mutant))
            mutant[at : at + rng.randint(0, 3)] = rng.choice((b"", b"{", b"[", b'"', b"\xff", b"\0", b"9" * 30, b"\\ud800", b","))
        check(sample.read(tmp_path, bytes(mutant)).findings)
    assert time.process_time() - started < LINES_S


@pytest.mark.parametrize("bomb", [b"[" * 200_000, b'{"a":' * 100_000, b'{"id":1,"extractor":"x","title":' + b"[" * 150_000])
@pytest.mark.parametrize("sample", EACH)
def test_nesting_bombs_are_refused(sample: Sample, bomb: bytes, tmp_path):
    result = sample.read(tmp_path, bomb)
    check(result.findings)
    if sample.file.endswith(".json") and bomb.startswith(b"{"):
        assert problems_of(result)


@pytest.mark.parametrize("sample", EACH)
def test_what_is_no_regular_file_is_never_opened(sample: Sample, tmp_path):
    media = put(tmp_path / sample.media, MEDIA)
    path = tmp_path / sample.file
    os.mkfifo(path)
    assert_unreadable(media, path)
    path.unlink()
    path.symlink_to(put(tmp_path / "elsewhere.bin", sample.encode(sample.content)))
    assert_unreadable(media, path)
    path.unlink()
    path.mkdir()
    assert_unreadable(media, path)


def assert_unreadable(media, path):
    result = read_sidecars(media, [path])
    assert result.uses == []
    assert [item.code for item in problems_of(result)] == ["sidecar-unreadable"]
    assert path.name in problems_of(result)[0].message


@pytest.mark.parametrize("sidecar", [pytest.param(sidecar, id=sidecar.name) for sidecar in all_sidecars()])
def test_any_name_of_a_medium_pairs_without_failing(sidecar, tmp_path):
    rng = random.Random(sidecar.name)
    alphabet = string.ascii_letters + string.digits + "._-()[] ~ក្រុងĀé\udcff"
    for _ in range(300):
        name = "".join(rng.choice(alphabet) for _ in range(rng.randint(1, 60)))
        if name not in (".", ".."):
            names = list(sidecar.find(tmp_path / name, Folder([name])))
            assert len(names) < 200
            assert all((tmp_path / found).parent == tmp_path for found in names)
