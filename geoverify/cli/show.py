"""`geoverify show`: one report of a case."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geoverify.cli.case import CaseArgument
from geoverify.cli.completion import complete_case_file
from geoverify.cli.console import make_console, wrap_line
from geoverify.cli.exporting import read_judgements
from geoverify.errors import UsageError
from geoverify.text import escape_controls

if TYPE_CHECKING:
    from geoverify.results import Judgement, Report

NO_PICTURE = 1


def show(
    case_file: CaseArgument,
    file: Annotated[Path, typer.Argument(help="A file of the case.", show_default=False, autocompletion=complete_case_file)],
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON and nothing else.")] = False,
    image: Annotated[
        bool, typer.Option("--image", help="Print the path of its match picture and nothing else; exits with 1 without one.")
    ] = False,
    salt: Annotated[
        bool, typer.Option("--salt", help="Print the key that proves which full report a shared copy is from, and nothing else.")
    ] = False,
) -> None:
    """Print one report of a case with its whole reasoning, as match --explain does, and what people decided; reads only.

    \b
    Examples:
      geoverify show my.gvcase footage/clip.mp4
      geoverify show my.gvcase footage/clip.mp4 --json
    """
    from geoverify.case.pictures import list_picture_folders
    from geoverify.case.store import look_at_case
    from geoverify.media import display_path

    if as_json + image + salt > 1:
        raise UsageError("--json, --image and --salt each print one thing alone; give one of them")
    with look_at_case(case_file) as case:
        report = case.read_report(file)
        if report is None:
            raise UsageError(f"{escape_controls(display_path(file)[0])}: not in this case; `geoverify case files` lists what is")
        judgements = read_judgements(case)(file)
        secret = case.find_secret() if salt else None
        folders = list_picture_folders(case)
    if as_json:
        from geoverify.report import encode_report

        typer.echo(encode_report(report).decode())
    elif image:
        _print_picture(report, folders)
    elif salt:
        if secret is None:
            raise UsageError("no shared copy was made of this case; `geoverify export --share` makes one")
        from geoverify.sharing.sharer import Sharer

        typer.echo(Sharer((), secret).salt(report).hex())
    else:
        _print_report(report, judgements, next(iter(folders), None))


def _print_picture(report: Report, folders: tuple[Path, ...]) -> None:
    """The best picture of a match that is there."""
    from geoverify.case.pictures import find_picture

    for name in (name for item in report.evidence for name in item.pictures):
        path = find_picture(folders, name)
        if path is not None:
            typer.echo(escape_controls(str(path)))
            return
    typer.echo(f"{escape_controls(report.media.path)}: the case has no match picture of it", err=True)
    raise typer.Exit(NO_PICTURE)


def _print_report(report: Report, judgements: tuple[Judgement, ...], pictures: Path | None) -> None:
    from geoverify.cli.explanation import explain_report

    width = make_console().width
    for line in explain_report(report, pictures):
        typer.echo(wrap_line(line, width))
    if judgements:
        typer.echo("  what people decided, apart from the score")
    for item in judgements:
        about = f" of {item.site_code}" if item.site_code else ""
        said = "; ".join(part for part in (item.call, item.likelihood, item.confidence, item.words) if part)
        gone = " (superseded by a later one)" if item.is_superseded else ""
        typer.echo(wrap_line(f"    {item.at} {item.by}{about}{gone}: {said}", width))
