"""What holds for every reader, found by the walk: a new one is tested here without a line of its own but a specimen."""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from builders.examination import HOSTILE, Examination, HostileTask, MutantTask, Task, examine
from builders.hostile_values import NUMBERS, TEXTS, exif_files, files_of_number, files_of_text
from builders.soundness import find_faults
from builders.specimens import SPECIMENS, write_clips

from geoverify.interfaces import Reader
from geoverify.media import HEAD_BYTES, MemorySource, open_media, sniff_type
from geoverify.model import Finding, MediaFile, MediaKind, Observation
from geoverify.readers import all_readers, guard, read_findings

MAX_CPU_S = 2.0
MAX_GROWTH_BYTES = 300 << 20
REAL_MUTANTS, SPECIMEN_MUTANTS = 2000, 1000
SEED = 20260117
JOBS = 2
CUTS = 40
# A name in which the reader of names finds something too.
NAME = "IMG-20240116-WA0001.jpg"
NAMES = frozenset(reader.name for reader in all_readers())
EACH = [pytest.param(reader, id=reader.name) for reader in all_readers()]
HOSTILE_NAMES = (
    *(
        "a",
        ".",
        "..",
        "-",
        "0" * 255,
        "9" * 255,
        "1_" * 127,
        "IMG_" * 60,
        "20240116_" * 28,
        "[" * 255,
        "[abc" * 60,
        "a [" + "x" * 11 + "]",
    ),
    *(
        "photo_1@" + "1" * 240,
        "x" * 11 + "].mp4",
        "\u202egpj.exe",
        "a\nb\x1b[31m\0",
        "\udcff\udcfe",
        "ភ្នំពេញ" * 30,
        "FB_IMG_" + "9" * 240,
    ),
    *("WhatsApp Image 9999-99-99 at 99.99.99", "PXL_99999999_999999999", "video_" * 40, "received_" + "9" * 240, "a" * 5000),
)


def put(folder: Path, data: bytes) -> Path:
    path = folder / NAME
    path.write_bytes(data)
    return path


def read(path: Path) -> list[Finding]:
    with open_media(path) as (media, source):
        return read_findings(media, source)


def read_alone(
    reader: Reader, data: bytes, path: str = NAME, kind: MediaKind | None = None, media_type: str = ""
) -> list[Finding]:
    """One reader on bytes in memory, that are said to be of a type or are of what they look like."""
    looks = sniff_type(data[:HEAD_BYTES])
    media = MediaFile(path=path, kind=kind or looks[0], media_type=media_type or looks[1], size_bytes=len(data), digest=None)
    return list(guard(f"readers.{reader.name}", reader.read(media, MemorySource(data))))


def readers_in(order: Callable[[Iterable[Reader]], Iterable[Reader]], path: Path) -> dict[str, list[Finding]]:
    """What each reader finds where they share a file and come in an order."""
    with open_media(path) as (media, source):
        return {
            reader.name: list(guard(f"readers.{reader.name}", reader.read(media, source)))
            for reader in order(all_readers())
            if media.kind in reader.kinds
        }


def check_reading(path: Path) -> list[str]:
    """The faults of reading one file; it must be the same whoever reads first, and leave the file alone."""
    before, status = path.read_bytes(), path.stat()
    findings = read(path)
    faults = find_faults(findings, NAMES)
    if read(path) != findings:
        faults.append("a second reading differs from the first")
    together = readers_in(iter, path)
    if list(itertools.chain.from_iterable(together.values())) != findings:
        faults.append("the readers one by one differ from all of them")
    backwards = readers_in(lambda readers: reversed(tuple(readers)), path)
    faults += [f"{name} finds something else when others read first" for name in together if backwards[name] != together[name]]
    for name, found in together.items():
        with open_media(path) as (media, source):
            reader = next(reader for reader in all_readers() if reader.name == name)
            if list(guard(f"readers.{name}", reader.read(media, source))) != found:
                faults.append(f"{name} finds something else when it is alone")
    after = path.stat()
    if (path.read_bytes(), after.st_mtime_ns, after.st_mode) != (before, status.st_mtime_ns, status.st_mode):
        faults.append("the file was changed")
    return faults


@pytest.fixture(scope="module")
def specimens(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return SPECIMENS | write_clips(tmp_path_factory.mktemp("clips"))


def test_names_are_unique_and_those_of_the_modules() -> None:
    assert len(NAMES) == len(all_readers()) > 10
    for reader in all_readers():
        assert type(reader).__module__ == f"geoverify.readers.{reader.name}"
        assert type(reader).__doc__ and type(reader).read.__doc__


@pytest.mark.parametrize("reader", EACH)
def test_a_reader_declares_what_it_reads(reader: Reader) -> None:
    assert isinstance(reader.kinds, frozenset)
    assert reader.kinds
    assert reader.kinds <= {MediaKind.IMAGE, MediaKind.VIDEO}


def test_every_reader_has_a_specimen_in_which_it_finds_something(specimens: dict[str, bytes], tmp_path: Path) -> None:
    found = set()
    for data in specimens.values():
        found |= {item.provenance.reader for item in read(put(tmp_path, data)) if isinstance(item, Observation)}
    assert found >= NAMES


@pytest.mark.parametrize("name", [*SPECIMENS, "clip.mp4", "clip.mov", "clip.avi", "clip.mkv"])
def test_a_specimen_is_read_soundly_and_left_alone(
    name: str, specimens: dict[str, bytes], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert check_reading(put(tmp_path, specimens[name])) == []
    assert capfd.readouterr() == ("", "")


def test_real_files_are_read_soundly_and_left_alone(shared: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = shared / "corpora" / "metadata"
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.stat().st_size]
    faults = {str(path.relative_to(folder)): found for path in paths if (found := check_reading(path))}
    assert faults == {}
    assert len(paths) > 100
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("reader", EACH)
def test_any_bytes_of_any_type_are_sound(reader: Reader, specimens: dict[str, bytes]) -> None:
    rng = random.Random(reader.name)
    kinds = {sniff_type(data[:HEAD_BYTES]) for data in specimens.values()} | {
        (MediaKind.VIDEO, "video/new"),
        (MediaKind.IMAGE, ""),
    }
    others = [b"", b"\0", bytes(4096), b"\xff" * 4096, rng.randbytes(4096), *rng.sample(sorted(specimens.values()), 12)]
    for (kind, media_type), data in itertools.product(sorted(kinds), others):
        if kind in reader.kinds:
            findings = read_alone(reader, data, kind=kind, media_type=media_type)
            assert find_faults(findings, NAMES) == [], media_type


@pytest.mark.parametrize("reader", EACH)
def test_a_file_cut_anywhere_is_sound(reader: Reader, specimens: dict[str, bytes]) -> None:
    for name, data in specimens.items():
        if sniff_type(data[:HEAD_BYTES])[0] in reader.kinds:
            for length in range(0, len(data), max(1, len(data) // CUTS)):
                assert find_faults(read_alone(reader, data[:length], kind=sniff_type(data)[0]), NAMES) == [], (name, length)


@pytest.mark.parametrize("path", HOSTILE_NAMES)
def test_any_name_of_a_file_is_sound(path: str) -> None:
    for reader, data in itertools.product(all_readers(), (SPECIMENS["jpeg"], SPECIMENS["mp4"])):
        for shown in (path, f"folder/{path}.jpg", f"C:\\folder\\{path}.MP4"):
            assert find_faults(read_alone(reader, data, shown), NAMES) == []


def faults_of(files: Iterable[bytes]) -> list[str]:
    found = (read_alone(reader, data) for data in files for reader in all_readers() if sniff_type(data)[0] in reader.kinds)
    return find_faults(itertools.chain.from_iterable(found), NAMES)


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: ascii(text)[1:25])
def test_any_text_in_any_field_is_sound(text: str) -> None:
    assert faults_of(files_of_text(text)) == []


@pytest.mark.parametrize("number", NUMBERS)
def test_any_number_in_any_field_is_sound(number: float) -> None:
    assert faults_of(files_of_number(number)) == []


def test_any_value_of_any_type_in_exif_is_sound() -> None:
    assert faults_of(exif_files()) == []


def test_a_reader_gets_its_bytes_from_the_source_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path, SPECIMENS["jpeg"])
    read(path)

    def refuse(*_args: object, **_kwargs: object) -> None:
        raise AssertionError("a reader opened a file")

    with open_media(path) as (media, source):
        monkeypatch.setattr("builtins.open", refuse)
        monkeypatch.setattr(os, "open", refuse)
        assert find_faults(read_findings(media, source), NAMES) == []


# --- files that are damaged or made to harm, in processes of their own -------------------------------------------------------


def costs_and_faults(results: Iterable[Examination]) -> Iterator[str]:
    for result in results:
        told = f"{result.name} {'; '.join(result.recipe)}"
        if result.cpu_s > MAX_CPU_S:
            yield f"{told}: took {result.cpu_s:.1f} s"
        if result.growth_bytes > MAX_GROWTH_BYTES:
            yield f"{told}: took {result.growth_bytes >> 20} MB"
        yield from (f"{told}: {fault}" for fault in result.faults)


def mutants(count: int) -> list[Task]:
    return [MutantTask(SEED, number) for number in range(count)]


def test_mutants_of_real_files_cost_little_and_break_nothing(shared: Path) -> None:
    results = list(examine(mutants(REAL_MUTANTS), shared / "corpora" / "metadata", JOBS))
    assert len(results) == REAL_MUTANTS
    assert list(costs_and_faults(results)) == []


def test_mutants_of_specimens_cost_little_and_break_nothing() -> None:
    results = list(examine(mutants(SPECIMEN_MUTANTS), None, JOBS))
    assert len(results) == SPECIMEN_MUTANTS
    assert list(costs_and_faults(results)) == []


@pytest.fixture(scope="module")
def hostile() -> dict[str, Examination]:
    tasks = [HostileTask(name) for name in HOSTILE]
    return dict(zip(HOSTILE, examine(tasks, None, JOBS), strict=True))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_made_to_harm_costs_little_and_breaks_nothing(name: str, hostile: dict[str, Examination]) -> None:
    assert list(costs_and_faults([hostile[name]])) == []
