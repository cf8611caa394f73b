"""The files of one recording beside each other: which they are, and what they come to together."""

from __future__ import annotations

from collections.abc import Sequence

from geoverify.results import VerdictKind
from geoverify.tally.counting import Tally
from geoverify.tally.witnesses import ORDER, PLACED


class Recordings:
    """The recordings of a tally, by the numbers of its files."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._files: dict[int, list[int]] = {}
        for at, first in enumerate(tally.footage):
            self._files.setdefault(first, []).append(at)

    def copies_of(self, at: int) -> Sequence[int]:
        """The other files of the same recording."""
        return [other for other in self._files[self._tally.footage[at]] if other != at]

    def standing_of(self, at: int) -> VerdictKind:
        """What the recording of a file is, as its witness is counted: the most doubtful that its files are, alone or together."""
        first = self._tally.footage[at]
        if first in self._tally.conflicts:
            return VerdictKind.CONTRADICTORY
        kinds = {VerdictKind(self._tally.rows[other].verdict) for other in self._files[first]}
        return next(kind for kind in ORDER if kind in kinds)

    def located_otherwise(self, at: int) -> Sequence[int]:
        """The copies that say another place than the file itself does."""
        row = self._tally.rows[at]
        others = ((other, self._tally.rows[other]) for other in self.copies_of(at))
        return [other for other, copy in others if copy.verdict in PLACED and copy.site_codes != row.site_codes]
