"""The parts of a result as a case stores them: those of one kind are packed against one sample."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from geoverify.case.packing import Packer

if TYPE_CHECKING:
    from geoverify.case.store import Need, Result


class Parts(NamedTuple):
    """The packed parts of one result."""

    media: bytes
    content: bytes
    around: bytes
    sidecars: bytes
    report: bytes


# What the parts of one kind have in common beside the kind: reports of one basis repeat their settings and registers.
_LIKENESS: Mapping[str, Callable[[Need], str]] = {
    "media": lambda _: "",
    "content": lambda need: need.reading,
    "around": lambda _: "",
    "sidecars": lambda _: "",
    "report": lambda need: need.basis,
}


def pack_parts(packer: Packer, results: Sequence[Result]) -> list[Parts]:
    """Pack the parts of some results inside the transaction that is open, in their order."""
    packed: list[dict[str, bytes]] = [{} for _ in results]
    for name, likeness_of in _LIKENESS.items():
        alike: dict[str, list[int]] = {}
        for at, result in enumerate(results):
            alike.setdefault(f"{name} {likeness_of(result.need)}", []).append(at)
        for likeness, numbers in alike.items():
            parts = packer.pack([getattr(results[at], name) for at in numbers], likeness)
            for at, part in zip(numbers, parts, strict=True):
                packed[at][name] = part
    return [Parts(**parts) for parts in packed]
