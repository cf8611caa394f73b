"""`geoverify verify-report`: an analysis run again, and any difference explained."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geoverify.cli.sites import SitesOption
from geoverify.errors import NothingReadableError, UsageError
from geoverify.text import escape_controls

if TYPE_CHECKING:
    from geoverify.results import Report


def verify_report(
    report_file: Annotated[Path, typer.Argument(metavar="REPORT.json", help="Written by match --json.", show_default=False)],
    media: Annotated[Path, typer.Option("--media", metavar="DIR", help="Where the footage is.", show_default=False)],
    sites: SitesOption = None,
) -> None:
    """Run the analysis of a report again and say what comes out otherwise, and why: version, register, settings or file.

    Exits with 1 where anything does. Shipped registers are found by their digest; give your own with --sites.

    Example:

      geoverify verify-report reports.json --media footage/ --sites mine.geojson
    """
    from geoverify.reproduction import explain_differences, find_medium, load_reports, reproduce

    reports = load_reports(report_file)
    missing = same = 0
    for report in reports:
        shown = escape_controls(report.media.path)
        medium = find_medium(report, media)
        if medium is None:
            missing += 1
            typer.echo(f"{shown}: missing under {escape_controls(str(media))}")
            continue
        lines = list(explain_differences(report, reproduce(report, medium, _find_registers(report, sites))))
        same += not lines
        typer.echo(f"{shown}: {'the same' if not lines else 'differs'}")
        for line in lines:
            typer.echo(f"  {line}")
    if missing == len(reports):
        raise NothingReadableError(f"none of the {len(reports)} files of the report is there; check --media")
    if same < len(reports):
        raise typer.Exit(1)


def _find_registers(report: Report, sites: Sequence[str] | None) -> list[Path]:
    from geoverify.register.load import list_shipped, load_registers, resolve_register

    if sites:
        return [resolve_register(name) for name in sites]
    shipped = {load_registers([path]).infos[0].digest: path for path in map(resolve_register, list_shipped())}
    unknown = [info.title for info in report.registers if info.digest not in shipped]
    if unknown:
        names = ", ".join(map(escape_controls, unknown))
        raise UsageError(f"{names}: no shipped register of that edition; give the one that was used with --sites")
    return [shipped[info.digest] for info in report.registers]
