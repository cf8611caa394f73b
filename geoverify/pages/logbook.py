"""What a case's custody log says of each file: how it came in, and what people decided; and by which run it was matched."""

from __future__ import annotations

import datetime as dt
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from geoverify.case.custody import Entry, Kind
from geoverify.case.decisions import Decision, do_disagree, group_standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquisition:
    """How a file came into the case; times by this machine's clock, in UTC."""

    number: int
    at: dt.datetime
    digests: dict[str, str]
    modified_at: dt.datetime | None
    source_url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """An analyst's decision, and whether a later one of the same analyst stands in its place."""

    decision: Decision
    is_superseded: bool

    @property
    def at(self) -> dt.datetime:
        """When it was entered, in UTC."""
        return dt.datetime.fromisoformat(self.decision.at)


@dataclass(slots=True)
class Logbook:
    """The custody log by file; `acquired` goes by the bytes of the path in hexadecimal."""

    acquired: dict[str, Acquisition] = field(default_factory=dict)
    command: tuple[str, ...] = ()
    head_number: int = 0
    head_digest: str = ""
    decided: dict[str, list[Decision]] = field(default_factory=dict)

    @property
    def command_line(self) -> str:
        """The last run as a line for the shell, or nothing where the log has none."""
        return shlex.join(("geoverify", *self.command)) if self.command else ""

    def judgements(self, sha256: str | None, path_hex: str) -> tuple[Judgement, ...]:
        """What people decided about a file, in the order of the log."""
        listed = self.decided.get(sha256 or path_hex, [])
        standing = {item.number for items in group_standing(listed).values() for item in items}
        return tuple(Judgement(decision=item, is_superseded=item.number not in standing) for item in listed)


def read_logbook(entries: Iterable[Entry], decisions: Iterable[Decision]) -> Logbook:
    """Walk the log once; of a file that came in anew with other bytes the latest entry counts."""
    book = Logbook()
    for entry in entries:
        book.head_number, book.head_digest = entry.number, entry.digest
        if entry.kind == Kind.RUN.value:
            book.command = tuple(str(part) for part in entry.body.get("command", ()))
        elif entry.kind == Kind.ACQUIRED.value:
            book.acquired[str(entry.body.get("path_hex"))] = _read_acquisition(entry)
    for decision in decisions:
        book.decided.setdefault(decision.subject, []).append(decision)
    return book


def is_disputed(judgements: Iterable[Judgement]) -> bool:
    """Whether the analysts whose judgements stand came to different ends."""
    return do_disagree(item.decision for item in judgements if not item.is_superseded)


def _read_acquisition(entry: Entry) -> Acquisition:
    body: dict[str, Any] = entry.body
    modified = body.get("modified_at")
    return Acquisition(
        number=entry.number,
        at=dt.datetime.fromisoformat(entry.at),
        digests={str(name): str(value) for name, value in dict(body.get("digests", {})).items()},
        modified_at=dt.datetime.fromisoformat(modified) if modified else None,
        source_url=body.get("source_url"),
    )
