"""Walks that stop at damage."""

from collections.abc import Iterator

import pytest

from geoverify.containers.parts import Parts, gather
from geoverify.errors import MalformedError


def walk(count: int, damage: bool) -> Iterator[int]:
    yield from range(count)
    if damage:
        raise MalformedError("broken off")


def test_a_sound_walk_is_whole() -> None:
    parts = gather(walk(3, damage=False))
    assert parts == Parts((0, 1, 2), None)
    assert list(parts) == [0, 1, 2]


def test_what_came_before_the_damage_is_kept_and_the_damage_follows_it() -> None:
    parts = gather(walk(3, damage=True))
    assert parts.sound == (0, 1, 2)
    seen: list[int] = []
    for _ in range(2):
        with pytest.raises(MalformedError, match="broken off"):
            seen.extend(parts)
    assert seen == [0, 1, 2] * 2


def test_other_exceptions_are_nobodys_damage() -> None:
    with pytest.raises(ZeroDivisionError):
        gather(1 // number for number in (1, 0))
