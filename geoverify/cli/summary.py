"""What the terminal shows of a run: a row or an explanation a file, and the counts at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path, PurePath

import typer

from geoverify.cli.console import JOINT, make_console, make_table, wrap_line
from geoverify.media import display_path
from geoverify.model import MediaKind, Reason
from geoverify.results import Report, VerdictKind
from geoverify.text import count_of, escape_controls

COLUMNS = ("file", "verdict", f"best{JOINT}site", "runner-up", "evidence", "problems")
# A position is there and is worthless: that is worth a word in the table; that there is none is not.
UNUSABLE = tuple(reason for reason in Reason if reason not in (Reason.NOT_PRESENT, Reason.UNSUPPORTED))
# Problems of files that are whole and as they should be, but neither picture nor video.
NO_FOOTAGE = {"not-footage", "sidecar"}


class Tally:
    """Counts the reports of a run and shows them as it was asked to."""

    def __init__(self, *, explains: bool, is_quiet: bool, is_plain: bool = False, pictures: Path | None = None) -> None:
        self.verdicts: Counter[VerdictKind] = Counter()
        self.no_footage: Counter[VerdictKind] = Counter()
        self.read_count = 0
        self._explains = explains
        self._is_quiet = is_quiet
        self._is_plain = is_plain
        self._pictures = pictures
        self._picture_names: set[str] = set()
        self._paths: list[str] = []
        self._cells: list[tuple[str, ...]] = []
        self._last: Report | None = None

    def add(self, report: Report) -> None:
        """Count a report, and print it where explanations are wanted."""
        self.verdicts[report.verdict.kind] += 1
        self.no_footage[report.verdict.kind] += _is_no_footage(report)
        self.read_count += report.media.kind is not MediaKind.UNKNOWN
        self._last = report
        self._picture_names.update(name for item in report.evidence for name in item.pictures)
        if self._is_quiet:
            return
        if self._explains:
            _print_explanation(report, self._pictures)
        elif self._is_plain:
            typer.echo(escape_controls(_tell(report)))
        else:
            self._paths.append(report.media.path)
            self._cells.append(_summarise(report))

    def has_any(self, kinds: Sequence[VerdictKind]) -> bool:
        """Whether any footage, or any file that should be and cannot be read, has one of these verdicts."""
        return any(self.verdicts[kind] > self.no_footage[kind] for kind in kinds)

    def print(self) -> None:
        """Print the table, if there is one, and what it was made with."""
        if self._is_quiet or self._last is None:
            return
        console = make_console()
        if self._cells:
            folder, names = _split_folder(self._paths)
            if folder:
                console.print(escape_controls(f"in {folder}"), soft_wrap=True)
            rows = ((name, *cells) for name, cells in zip(names, self._cells, strict=True))
            console.print(make_table(COLUMNS, rows, console.width))
            console.print()
        total = self.verdicts.total()
        console.print(f"{count_of(total, 'file')}: {self._count()}", soft_wrap=True)
        if self._pictures is not None and self._picture_names:
            count = len(self._picture_names)
            shown = escape_controls(str(self._pictures))
            console.print(f"{count_of(count, 'evidence picture')} in {shown}", soft_wrap=True)
        for info in self._last.registers:
            title = escape_controls(f"{info.title}, edition {info.edition}")
            console.print(f"matched against {title} ({count_of(info.site_count, 'site')})", soft_wrap=True)
        console.print(
            "scores are 0-100 under stated assumptions, not findings of fact; --explain shows the reasoning", soft_wrap=True
        )

    def _count(self) -> str:
        return ", ".join(
            f"{count} {kind.value}{_describe_rest(self.no_footage[kind])}" for kind, count in sorted(self.verdicts.items())
        )


def _is_no_footage(report: Report) -> bool:
    return report.media.kind is MediaKind.UNKNOWN and any(problem.code in NO_FOOTAGE for problem in report.problems)


def _describe_rest(count: int) -> str:
    if count == 0:
        return ""
    return f" (of which {count} {'is' if count == 1 else 'are'} no footage)"


def _split_folder(paths: Sequence[str]) -> tuple[str, list[str]]:
    """The folder that all paths share, if any, and the paths from there."""
    levels = zip(*(PurePath(path).parent.parts for path in paths), strict=False)
    shared = sum(1 for _ in takewhile(lambda level: len(set(level)) == 1, levels))
    parts = [PurePath(path).parts for path in paths]
    folder = display_path(Path(*parts[0][:shared]))[0] if shared else ""
    return folder, [display_path(Path(*names[shared:]))[0] for names in parts]


def _summarise(report: Report) -> tuple[str, ...]:
    from geoverify.report import strongest_evidence
    from geoverify.score import show_score

    shown = [f"{score.site_code}{JOINT}{show_score(score.probability)}" for score in report.scores[:2]]
    # In brackets where the verdict names no site: a leading score alone must not read as a result.
    if shown and not report.verdict.site_codes:
        shown[0] = f"({shown[0]})"
    unusable = [
        f"{item.what}-{item.reason.value}" for item in report.absences if item.what == "position" and item.reason in UNUSABLE
    ]
    return (
        report.verdict.kind.value,
        shown[0] if shown else "-",
        shown[1] if len(shown) > 1 else "-",
        ", ".join(f"{item.channel}{JOINT}{item.log10_lr:+.1f}" for item in strongest_evidence(report)),
        "; ".join(dict.fromkeys([*(problem.code for problem in report.problems), *unusable])),
    )


def _tell(report: Report) -> str:
    """A report as one line of words and signs that a screen reader reads out."""
    verdict, best, second, evidence, problems = (cell.replace(JOINT, " ") for cell in _summarise(report))
    parts = [f"best site {best}" if best != "-" else "", f"runner-up {second}" if second != "-" else ""]
    parts += [f"evidence {evidence}" if evidence else "", f"problems {problems}" if problems else ""]
    return f"{report.media.path}: {'; '.join([verdict, *filter(None, parts)])}"


def _print_explanation(report: Report, pictures: Path | None) -> None:
    from geoverify.cli.explanation import explain_report

    width = make_console().width
    for line in explain_report(report, pictures):
        typer.echo(wrap_line(line, width))
    typer.echo()
