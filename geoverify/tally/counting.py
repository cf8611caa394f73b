"""The counts of a case: witnesses by verdict, sites, copies, and what lies outside the time that was asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from geoverify.case.decisions import Decision
from geoverify.case.facts import FactRow, make_row
from geoverify.facts import facts_of
from geoverify.media import display_path
from geoverify.places import ReferenceSite
from geoverify.results import Report, VerdictKind
from geoverify.tally.windows import Membership, Window
from geoverify.tally.witnesses import group_copies, group_witnesses, judge_witnesses


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What was counted: the files inside the window, the footage and the witness that each belongs to, and the rest.

    `footage` and `witness` hold, for each file, the number of the first file of its group; `verdicts` is by witness. Files that
    are no footage are apart in `no_footage`, and those of which nobody can say whether they lie in the window in `possible` and
    `undated`.
    """

    rows: Sequence[FactRow]
    footage: Sequence[int]
    witness: Sequence[int]
    verdicts: Mapping[int, VerdictKind]
    compares_pictures: bool
    window: Window
    no_footage: Sequence[FactRow] = ()
    possible: Sequence[FactRow] = ()
    undated: Sequence[FactRow] = ()
    outside_count: int = 0
    unread_count: int = 0
    decisions: Sequence[Decision] = ()
    sites: Mapping[str, ReferenceSite] = field(default_factory=dict)

    def files_by_verdict(self) -> dict[VerdictKind, list[int]]:
        """The numbers of the files by what their witness is counted as."""
        found: dict[VerdictKind, list[int]] = {kind: [] for kind in VerdictKind}
        for at, root in enumerate(self.witness):
            found[self.verdicts[root]].append(at)
        return found

    def witnesses_by_verdict(self) -> Counter[VerdictKind]:
        """How many witnesses are counted as what."""
        return Counter(self.verdicts.values())

    def files_by_site(self) -> dict[str, list[int]]:
        """The files that are consistent with one site, by its code; what is ambiguous or contradicted adds no site."""
        found: dict[str, list[int]] = {}
        for at, row in enumerate(self.rows):
            if row.verdict == VerdictKind.CONSISTENT and self.verdicts[self.witness[at]] is VerdictKind.CONSISTENT:
                found.setdefault(row.site_codes, []).append(at)
        return dict(sorted(found.items()))

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
) -> Tally:
    """Count files; `sites` are those of the register, for their status.

    `doubles` are groups of digests that are the same footage, `None` where nobody compared more than bytes. `unread_count` is how
    many more files there are without a report at present, `outside_count` how many outside the window are not among the rows.
    """
    window = window or Window()
    kept: list[FactRow] = []
    apart: dict[Membership, list[FactRow]] = {Membership.POSSIBLE: [], Membership.UNDATED: []}
    no_footage: list[FactRow] = []
    outside = outside_count
    is_open = window.is_open
    for row in rows:
        if not row.is_footage:
            no_footage.append(row)
            continue
        if is_open:
            kept.append(row)
            continue
        place = window.place(row)
        if place is Membership.INSIDE:
            kept.append(row)
        elif place is Membership.OUTSIDE:
            outside += 1
        else:
            apart[place].append(row)
    footage = group_copies(kept, doubles or ())
    witness = group_witnesses(kept, footage)
    return Tally(
        rows=kept,
        footage=footage,
        witness=witness,
        verdicts=judge_witnesses(kept, footage, witness),
        compares_pictures=doubles is not None,
        window=window,
        no_footage=no_footage,
        possible=apart[Membership.POSSIBLE],
        undated=apart[Membership.UNDATED],
        outside_count=outside,
        unread_count=unread_count,
        decisions=tuple(decisions),
        sites={site.code: site for site in sites},
    )


def rows_of_reports(reports: Iterable[Report]) -> Iterator[FactRow]:
    """The rows of reports that are not in a case, by the paths that the reports show."""
    for report in reports:
        digest = report.media.digest.hex if report.media.digest else None
        path = report.media.path_bytes_hex
        key = bytes.fromhex(path) if path else report.media.path.encode("utf-8", "surrogateescape")
        yield make_row(key, digest, facts_of(report))


def show_file(row: FactRow) -> str:
    """A file's path as it may be shown."""
    return display_path(row.file)[0]
