"""The other files of one recording, whose word on a claim counts as that of the file the claim is about."""

from __future__ import annotations

from msgspec import Struct

from geoverify.results import Report


class Copy(Struct, frozen=True, kw_only=True):
    """Another file of the same recording: what it is called, and its report."""

    name: str
    report: Report


class Recording(Struct, frozen=True, kw_only=True):
    """The other files of a recording; `is_contradictory`, whether all of them together are counted as that."""

    copies: tuple[Copy, ...] = ()
    is_contradictory: bool = False


ALONE = Recording()
