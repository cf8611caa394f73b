"""The counts of a case: witnesses by verdict, sites, copies, and what lies outside the time that was asked for."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from geoverify.case.decisions import Decision
from geoverify.case.facts import FactGist, FactRow, GistTable, Told, find_paths, make_row, read_copies, read_gists, tabulate
from geoverify.case.store import Case
from geoverify.facts import facts_of
from geoverify.media import display_path
from geoverify.places import ReferenceSite
from geoverify.results import Report, VerdictKind
from geoverify.tally.windows import Membership, Window
from geoverify.tally.witnesses import find_conflicts, group_copies, group_known_copies, group_witnesses, judge_witnesses


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What was counted: the files inside the window, the footage and the witness that each belongs to, and the rest.

    `footage` and `witness` hold, for each file, the number of the first file of its group; `verdicts` is by witness;
    `conflicts` is the footage whose copies contradict each other. Files that are no footage are apart in `no_footage`, and those
    of which nobody can say whether they lie in the window in `possible` and `undated`. `table` has the rows in columns,
    `subjects` what decisions are about, by the numbers of the files. Paths are shown from `folder` on.
    """

    rows: Sequence[FactGist]
    table: GistTable
    footage: Sequence[int]
    witness: Sequence[int]
    conflicts: frozenset[int]
    verdicts: Mapping[int, VerdictKind]
    compares_pictures: bool
    window: Window
    no_footage: Sequence[FactGist] = ()
    possible: Sequence[FactGist] = ()
    undated: Sequence[FactGist] = ()
    outside_count: int = 0
    unread_count: int = 0
    decisions: Sequence[Decision] = ()
    subjects: Mapping[int, str] = field(default_factory=dict)
    sites: Mapping[str, ReferenceSite] = field(default_factory=dict)
    folder: Path | None = None

    def show(self, row: FactGist) -> str:
        """A file's path as it may be shown, from the tally's folder on."""
        path = display_path(row.file)[0]
        return path if self.folder is None else path.removeprefix(display_path(self.folder)[0] + os.sep)

    def describe(self, at: int) -> str:
        """What has to be said of a file in a list: whose copy it is, which post it shares, what it is counted as in spite of."""
        first, root, row = self.footage[at], self.witness[at], self.rows[at]
        parts = [f"a copy of {self.show(self.rows[first])}"] if first != at else []
        if first == at and root != at:
            parts.append(f"of one post with {self.show(self.rows[root])}")
        if row.verdict != self.verdicts[root]:
            parts.append(f"by itself {' '.join([row.verdict, *row.site_codes.split()])}")
        return "; ".join(parts)

    def files_by_verdict(self) -> dict[VerdictKind, list[int]]:
        """The numbers of the files by what their witness is counted as."""
        # Members of an enumeration are compared by identity: as keys they are hashed in Python, a million times.
        kinds = [self.verdicts[root] for root in self.witness]
        return {kind: [at for at, counted in enumerate(kinds) if counted is kind] for kind in VerdictKind}

    def witnesses_by_verdict(self) -> Counter[VerdictKind]:
        """How many witnesses are counted as what."""
        kinds = list(self.verdicts.values())
        return Counter({kind: kinds.count(kind) for kind in VerdictKind})

    def files_by_site(self) -> dict[str, list[int]]:
        """The files that are consistent with one site, by its code; what is ambiguous or contradicted adds no site."""
        found: dict[str, list[int]] = {}
        codes = {kind: told[1] for kind, told in enumerate(self.table.told) if told[0] == VerdictKind.CONSISTENT.value}
        for at, kind in enumerate(self.table.kinds):
            if kind in codes and self.verdicts[self.witness[at]] is VerdictKind.CONSISTENT:
                found.setdefault(codes[kind], []).append(at)
        return dict(sorted(found.items()))

    def told_of(self, numbers: Iterable[int]) -> list[Told]:
        """The different things that are told of some files."""
        kinds = self.table.kinds
        return [self.table.told[kind] for kind in sorted({kinds[at] for at in numbers})]

    def copies(self) -> list[int]:
        """The numbers of the files that are copies of an earlier one."""
        return [at for at, first in enumerate(self.footage) if first != at]

    def companions(self) -> list[int]:
        """The numbers of the files that are no copy and hang on the same post as an earlier one."""
        return [at for at, first in enumerate(self.footage) if first == at and self.witness[at] != at]


def count_rows(
    rows: Iterable[FactRow],
    *,
    window: Window | None = None,
    doubles: Iterable[Sequence[str]] | None = None,
    decisions: Iterable[Decision] = (),
    sites: Iterable[ReferenceSite] = (),
    unread_count: int = 0,
    outside_count: int = 0,
    folder: Path | None = None,
) -> Tally:
    """Count files; `sites` are those of the register, for their status. Paths are shown from `folder` on.

    `doubles` are groups of digests that are the same footage, `None` where nobody compared more than bytes. `unread_count` is how
    many more files there are without a report at present, `outside_count` how many outside the window are not among the rows.
    """
    window = window or Window()
    kept: list[FactRow] = []
    apart: dict[Membership, list[FactGist]] = {Membership.POSSIBLE: [], Membership.UNDATED: []}
    no_footage: list[FactGist] = []
    outside = outside_count
    for row in rows:
        place = Membership.INSIDE if window.is_open else window.place(row)
        if not row.is_footage:
            no_footage.append(row)
        elif place is Membership.INSIDE:
            kept.append(row)
        elif place is Membership.OUTSIDE:
            outside += 1
        else:
            apart[place].append(row)
    decided = tuple(decisions)
    subjects = {decision.subject for decision in decided}
    table, footage = tabulate(kept), group_copies([row.digest for row in kept], doubles or ())
    witness, conflicts = group_witnesses(table.posts, footage), find_conflicts(table, footage)
    return Tally(
        rows=kept,
        table=table,
        footage=footage,
        witness=witness,
        conflicts=conflicts,
        verdicts=judge_witnesses(table, conflicts, witness),
        compares_pictures=doubles is not None,
        window=window,
        no_footage=no_footage,
        possible=apart[Membership.POSSIBLE],
        undated=apart[Membership.UNDATED],
        outside_count=outside,
        unread_count=unread_count,
        decisions=decided,
        subjects={at: row.subject for at, row in enumerate(kept) if row.subject in subjects} if subjects else {},
        sites={site.code: site for site in sites},
        folder=folder,
    )


def count_gists(
    case: Case, *, compares_pictures: bool, decisions: Iterable[Decision], file_count: int, folder: Path | None
) -> Tally:
    """Count all files of a case, without a look at their times, sources and digests; copies are those of their bytes.

    `file_count` is how many files the case knows, also without a report.
    """
    table, no_footage = read_gists(case.connection)
    groups: dict[str, list[int]] = {}
    for digest, path in read_copies(case.connection):
        at = table.find(path)
        if at is not None:
            groups.setdefault(digest, []).append(at)
    footage = group_known_copies(len(table), groups.values())
    witness, conflicts = group_witnesses(table.posts, footage), find_conflicts(table, footage)
    decided = tuple(decisions)
    judged = {
        at: subject
        for subject in {decision.subject for decision in decided}
        for path in find_paths(case.connection, subject)
        if (at := table.find(path)) is not None
    }
    return Tally(
        rows=table,
        table=table,
        footage=footage,
        witness=witness,
        conflicts=conflicts,
        verdicts=judge_witnesses(table, conflicts, witness),
        compares_pictures=compares_pictures,
        window=Window(),
        no_footage=no_footage,
        unread_count=file_count - len(table) - len(no_footage),
        decisions=decided,
        subjects=dict(sorted(judged.items())),
        folder=folder,
    )


def rows_of_reports(reports: Iterable[Report]) -> Iterator[FactRow]:
    """The rows of reports that are not in a case, by the paths that the reports show."""
    for report in reports:
        digest = report.media.digest.hex if report.media.digest else None
        path = report.media.path_bytes_hex
        key = bytes.fromhex(path) if path else report.media.path.encode("utf-8", "surrogateescape")
        yield make_row(key, digest, facts_of(report))
