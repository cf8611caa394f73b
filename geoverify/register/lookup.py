"""Registers that reports were made with, found again by their digests: another edition is not what was matched against."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from geoverify.errors import RegisterError, UsageError
from geoverify.places import Register, RegisterInfo
from geoverify.register.document import read_bounded
from geoverify.register.load import list_shipped, load_registers, resolve_register
from geoverify.text import escape_controls


@dataclass(frozen=True, slots=True, kw_only=True)
class Editions:
    """The files of some editions, in the order in which those were asked for, and the editions that no file was found of."""

    paths: tuple[Path, ...]
    missing: tuple[RegisterInfo, ...]

    def load(self) -> Register | None:
        """The registers that were found as one; `None` where none was."""
        return load_registers(self.paths) if self.paths else None


def find_editions(infos: Iterable[RegisterInfo], given: Sequence[str] = ()) -> Editions:
    """Find editions by their bytes: among the registers `given`, the shipped ones, and where reports say that they lay.

    Raises `UsageError` for a given register that is none of these editions, and `RegisterError` for one that is not there.
    """
    wanted = {info.digest.hex: info for info in infos}
    found: dict[str, Path] = {}
    for name in given:
        path = resolve_register(name)
        digest = _digest(path)
        if digest not in wanted:
            cure = "give the one that was used; `geoverify rematch` weighs a case on another"
            raise UsageError(f"{escape_controls(name)}: no report was matched against this edition; {cure}")
        found.setdefault(digest, path)
    if wanted.keys() - found.keys():
        for path in (*map(resolve_register, list_shipped()), *(Path(info.path) for info in wanted.values() if info.path)):
            try:
                found.setdefault(_digest(path), path)
            except RegisterError:
                # What lies there by now may be anything.
                continue
    return Editions(
        paths=tuple(found[digest] for digest in wanted if digest in found),
        missing=tuple(info for digest, info in wanted.items() if digest not in found),
    )


def _digest(path: Path) -> str:
    return hashlib.sha256(read_bounded(path)).hexdigest()
