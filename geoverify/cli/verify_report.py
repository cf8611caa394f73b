"""`geoverify verify-report`: an analysis run again, and any difference explained."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geoverify.cli.sites import ReferencedSitesOption
from geoverify.errors import NothingReadableError, UsageError
from geoverify.text import escape_controls

if TYPE_CHECKING:
    from geoverify.results import Report

COPY_NOTE = (
    "these are copies to pass on, which leave out most of their reports: only which footage it is and the verdict with its sites "
    "could be checked; what a copy was made from is proved by geoverify show CASE FILE --json and --salt (docs/exports.md)"
)


def verify_report(
    report_file: Annotated[Path, typer.Argument(metavar="REPORT.json", help="Written by match --json.", show_default=False)],
    media: Annotated[Path, typer.Option("--media", metavar="DIR", help="Where the footage is.", show_default=False)],
    sites: ReferencedSitesOption = None,
) -> None:
    """Run the analysis of a report again and say what comes out otherwise, and why: version, register, settings or file.

    Of a copy to pass on, whose footage is found by its digest, only the verdict is compared. Exits with 1 where anything
    differs. Registers are found by their digest, shipped or where they lay; else give them with --sites.

    Example:

      geoverify verify-report reports.json --media footage/ --sites mine.geojson
    """
    from geoverify.reproduction import compare_copy, explain_differences, find_bytes, find_medium, load_reports, reproduce

    reports = load_reports(report_file)
    missing = same = 0
    for report in reports:
        is_copy = report.sharing is not None
        shown = escape_controls(report.media.path)
        medium = find_bytes(report, media) if is_copy else find_medium(report, media)
        if medium is None:
            missing += 1
            typer.echo(f"{shown}: missing under {escape_controls(str(media))}")
            continue
        again = reproduce(report, medium, _find_registers(report, sites))
        lines = list(compare_copy(report, again) if is_copy else explain_differences(report, again))
        same += not lines
        same_words, other_words = ("the verdict is the same", "another verdict") if is_copy else ("the same", "differs")
        typer.echo(f"{shown}: {other_words if lines else same_words}")
        for line in lines:
            typer.echo(f"  {line}")
    if any(report.sharing is not None for report in reports):
        typer.echo(COPY_NOTE, err=True)
    if missing == len(reports):
        raise NothingReadableError("no file of the report is there; check --media")
    if same < len(reports):
        raise typer.Exit(1)


def _find_registers(report: Report, sites: Sequence[str] | None) -> Sequence[Path]:
    from geoverify.register.load import resolve_register
    from geoverify.register.lookup import find_editions

    if sites:
        # Another edition is welcome here: what comes out otherwise is the question.
        return [resolve_register(name) for name in sites]
    editions = find_editions(report.registers)
    if editions.missing:
        names = ", ".join(escape_controls(info.title) for info in editions.missing)
        raise UsageError(f"{names}: no register of that edition is there; give the one that was used with --sites")
    return editions.paths
