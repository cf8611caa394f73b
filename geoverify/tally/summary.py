"""The summary of a case in its stable JSON form, and the way from a case to its counts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from geoverify.case.decisions import Decision, group_standing, read_decisions
from geoverify.case.facts import count_facts, count_files, read_facts
from geoverify.case.store import Case
from geoverify.errors import RegisterError
from geoverify.places import ReferenceSite, RegisterInfo
from geoverify.register.load import list_shipped, load_register, load_registers, resolve_register
from geoverify.results import Report
from geoverify.tally.axes import Axis
from geoverify.tally.counting import Tally, count_rows
from geoverify.tally.grouping import Group, group_by
from geoverify.tally.sentences import Sentence, make_sentences
from geoverify.tally.windows import COUNTED_BY, Window

SCHEMA_VERSION = "1.0"
NOTE = (
    "Counts are of independent footage: copies count once, and so do the files of one post. They are the tool's verdicts under "
    "stated assumptions, not findings of fact; what analysts judged themselves is told apart."
)


class Summary(Struct, frozen=True, kw_only=True):
    """What is said of a case, with everything behind it; `start` and `end` bound the time counted, where one was asked for."""

    schema_version: str
    note: str
    case: str
    now: dt.datetime
    counted_by: str
    start: dt.datetime | None
    end: dt.datetime | None
    sentences: tuple[Sentence, ...]
    groups: dict[Axis, tuple[Group, ...]]
    decisions: tuple[Decision, ...]


def tally_case(
    case: Case,
    *,
    window: Window | None = None,
    sites: Iterable[ReferenceSite] = (),
    doubles: Iterable[Sequence[str]] | None = None,
) -> Tally:
    """Count a case in one pass over its facts; `doubles` as for `count_rows`."""
    standing = group_standing(read_decisions(case)).values()
    rows = list(read_facts(case.connection, window.start if window else None, window.end if window else None))
    known = count_facts(case.connection)
    return count_rows(
        rows,
        window=window,
        doubles=doubles,
        decisions=[decision for decisions in standing for decision in decisions],
        sites=sites,
        unread_count=count_files(case.connection) - known,
        outside_count=known - len(rows),
    )


def summarise(tally: Tally, case: str, now: dt.datetime, axes: Iterable[Axis], listed: int | None = None) -> Summary:
    """Put a tally into words and tables; lists are cut after `listed` where that is given."""
    return Summary(
        schema_version=SCHEMA_VERSION,
        note=NOTE,
        case=case,
        now=now,
        counted_by=COUNTED_BY,
        start=tally.window.start,
        end=tally.window.end,
        sentences=make_sentences(tally, listed),
        groups={axis: group_by(tally, axis) for axis in axes},
        decisions=tuple(tally.decisions),
    )


def find_registers(case: Case) -> list[Path]:
    """The registers that the located files of a case were matched against, as far as they are where they were."""
    infos: dict[str, RegisterInfo] = {}
    # One report stands for all that were matched against the same editions.
    one_each = "SELECT min(path) AS path FROM fact GROUP BY editions"
    query = f"SELECT report FROM file JOIN ({one_each}) USING (path) WHERE report IS NOT NULL"  # noqa: S608
    for (report,) in case.connection.execute(query):
        infos |= {info.digest.hex: info for info in msgspec.json.decode(report, type=Report).registers}
    shipped = {load_register(path).infos[0].digest.hex: path for path in map(resolve_register, list_shipped())}
    return [path for digest, info in infos.items() if (path := _find_register(info, digest, shipped)) is not None]


def _find_register(info: RegisterInfo, digest: str, shipped: dict[str, Path]) -> Path | None:
    if digest in shipped:
        return shipped[digest]
    try:
        return Path(info.path) if load_registers([Path(info.path)]).infos[0].digest.hex == digest else None
    except (RegisterError, OSError):
        return None
