"""The summary of a case in its stable JSON form, and the way from a case to its counts."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec import Struct

from geoverify.case.decisions import Decision, group_standing, read_decisions
from geoverify.case.facts import count_facts, count_files, read_facts
from geoverify.case.store import Case
from geoverify.media import display_path
from geoverify.places import ReferenceSite
from geoverify.tally.axes import Axis
from geoverify.tally.counting import Tally, count_gists, count_rows
from geoverify.tally.grouping import Group, group_by
from geoverify.tally.sentences import Sentence, make_sentences
from geoverify.tally.windows import COUNTED_BY, Window

SCHEMA_VERSION = "1.1"
NOTE = (
    "Counts are of independent footage: copies count once, and so do the files of one post. They are the tool's verdicts under "
    "stated assumptions, not findings of fact; what analysts judged themselves is told apart."
)


class Summary(Struct, frozen=True, kw_only=True):
    """What is said of a case, with everything behind it; `start` and `end` bound the time counted, where one was asked for.

    Paths of files are from `folder` on, where there is one.
    """

    schema_version: str
    note: str
    case: str
    folder: str | None
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
    beside: Path | None = None,
    is_detailed: bool = True,
) -> Tally:
    """Count a case in one pass over its facts; `doubles` as for `count_rows`, `beside` is the case's own file.

    Where it is not `is_detailed`, has no window and knows of no doubles, the rows are gists: nothing can be asked of them that
    times, sources or digests tell.
    """
    standing = group_standing(read_decisions(case)).values()
    decided = [decision for decisions in standing for decision in decisions]
    window = window or Window()
    known, folder = count_files(case.connection), _find_folder(case, beside)
    groups = None if doubles is None else list(doubles)
    if not is_detailed and window.is_open and not groups:
        return count_gists(case, compares_pictures=groups is not None, decisions=decided, file_count=known, folder=folder)
    rows = list(read_facts(case.connection, window.start, window.end))
    reported = len(rows) if window.is_open else count_facts(case.connection)
    return count_rows(
        rows,
        window=window,
        doubles=groups,
        decisions=decided,
        sites=sites,
        unread_count=known - reported,
        outside_count=reported - len(rows),
        folder=folder,
    )


def _find_folder(case: Case, case_file: Path | None) -> Path | None:
    """The folder of the case where all files lie below it, else the deepest one that all share; `None` where that is the root."""
    # One query for both would read all of them.
    first, last = (case.connection.execute(f"SELECT {which}(path) FROM file").fetchone()[0] for which in ("min", "max"))  # noqa: S608
    if first is None:
        return None
    try:
        # In the order of the bytes all others lie between these two, and share what they share.
        shared = Path(os.fsdecode(os.path.commonpath([os.path.dirname(first), os.path.dirname(last)])))  # noqa: PTH120 - bytes
    except ValueError:
        return None
    home = None if case_file is None else Path(os.path.abspath(case_file)).parent  # noqa: PTH100 - links are not followed
    if home is not None and shared.is_relative_to(home):
        shared = home
    return None if shared == Path(shared.anchor) else shared


def summarise(tally: Tally, case: str, now: dt.datetime, axes: Iterable[Axis], listed: int | None = None) -> Summary:
    """Put a tally into words and tables; lists are cut after `listed` where that is given."""
    return Summary(
        schema_version=SCHEMA_VERSION,
        note=NOTE,
        case=case,
        folder=None if tally.folder is None else display_path(tally.folder)[0],
        now=now,
        counted_by=COUNTED_BY,
        start=tally.window.start,
        end=tally.window.end,
        sentences=make_sentences(tally, listed),
        groups={axis: group_by(tally, axis) for axis in axes},
        decisions=tuple(tally.decisions),
    )
