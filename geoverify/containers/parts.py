"""The parts of a file as far as they are sound, with the damage that ended them, so that one walk serves many readers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

from msgspec import Struct

from geoverify.errors import MalformedError

T = TypeVar("T")


class Parts(Struct, Generic[T], frozen=True):
    """The sound parts in their order, and the damage that ended them before their time."""

    sound: tuple[T, ...] = ()
    damage: MalformedError | None = None

    def __iter__(self) -> Iterator[T]:
        """Yield the sound parts; raises `MalformedError` behind them where there is damage."""
        yield from self.sound
        if self.damage is not None:
            raise self.damage


def gather(walk: Iterable[T]) -> Parts[T]:
    """Make a walk to its end, or up to its damage."""
    found: list[T] = []
    try:
        for part in walk:
            found.append(part)  # noqa: PERF402 - what came before the damage is wanted
    except MalformedError as error:
        return Parts(tuple(found), error)
    return Parts(tuple(found))
