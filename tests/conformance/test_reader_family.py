"""What holds for every reader, found by the walk: findings and never exceptions from sound, damaged and real files."""

from pathlib import Path

import msgspec
import pytest
from builders.mutations import mutate, prepare
from builders.reading import read
from builders.specimens import SPECIMENS

from geoverify.media import open_media
from geoverify.model import Finding, MediaKind, Observation, Problem
from geoverify.readers import all_readers, read_findings

NAMES = frozenset(reader.name for reader in all_readers())
SEED, MUTANTS = 2026, 2000


def failures(findings: list[Finding]) -> list[str]:
    return [item.message for item in findings if isinstance(item, Problem) and item.code == "reader-failed"]


def test_names_are_unique_and_kinds_declared() -> None:
    assert len(NAMES) == len(all_readers()) >= 20
    assert all(reader.kinds and reader.kinds <= {MediaKind.IMAGE, MediaKind.VIDEO} for reader in all_readers())


@pytest.mark.parametrize("name", sorted(SPECIMENS))
def test_a_sound_file_gives_findings_with_their_provenance_and_the_same_ones_again(name: str) -> None:
    findings = list(read(SPECIMENS[name]))
    assert failures(findings) == []
    assert findings == list(read(SPECIMENS[name]))
    msgspec.json.encode(findings)
    for item in findings:
        if isinstance(item, Observation):
            assert item.provenance.reader
            assert item.provenance.field


def test_mutants_of_built_files_raise_nothing() -> None:
    victims = [prepare(name, data) for name, data in sorted(SPECIMENS.items())]
    for number in range(MUTANTS):
        mutant = mutate(victims, SEED, number)
        assert failures(list(read(mutant.data))) == [], f"mutant {number} of {mutant.name}: {mutant.recipe}"


def test_real_files_raise_nothing(shared: Path) -> None:
    for path in sorted((shared / "corpora" / "metadata").rglob("*")):
        if path.is_file() and path.stat().st_size > 0:
            with open_media(path) as (media, source):
                assert failures(read_findings(media, source)) == [], path.name


def test_mutants_of_real_files_raise_nothing(shared: Path) -> None:
    paths = [path for path in sorted((shared / "corpora" / "metadata").rglob("*")) if path.is_file()]
    victims = [prepare(path.name, path.read_bytes()) for path in paths if 0 < path.stat().st_size < 2_000_000]
    for number in range(MUTANTS):
        mutant = mutate(victims, SEED, number)
        assert failures(list(read(mutant.data))) == [], f"mutant {number} of {mutant.name}: {mutant.recipe}"
