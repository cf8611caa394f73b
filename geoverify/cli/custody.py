"""`geoverify custody`: whether a case and its footage are still what they were."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from geoverify.cli.case import CaseArgument
from geoverify.errors import UsageError
from geoverify.text import count_of, escape_controls

app = typer.Typer(
    name="custody",
    help="The custody log: verify it and the footage that it names.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback()
def describe() -> None:
    """The custody log of a case: what came in, was run, concluded, decided and handed on."""


@app.command("verify")
def verify(
    case_file: CaseArgument,
    media: Annotated[
        Path | None, typer.Option("--media", metavar="DIR", help="Where the footage is now, if it was moved.", show_default=False)
    ] = None,
    timestamp_file: Annotated[
        Path | None,
        typer.Option(
            "--timestamp-file",
            metavar="FILE",
            help="Write the list of digests, for a time-stamping service of your choice.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Digest the footage again and walk the chain of the log; one line for each thing that is missing, changed or broken.

    Exits with 1 where there is any. No service is asked; the file of --timestamp-file can be given to one.

    Example:

      geoverify custody verify my.gvcase --media footage/ --timestamp-file digests.txt
    """
    from geoverify.case.checking import find_changes, list_digests
    from geoverify.case.store import look_at_case

    with look_at_case(case_file) as case:
        findings = 0
        for line in find_changes(case, media):
            typer.echo(escape_controls(line))
            findings += 1
        if timestamp_file is not None:
            try:
                with timestamp_file.open("x", encoding="utf-8") as out:
                    out.writelines(f"{line}\n" for line in list_digests(case))
            except OSError as error:
                shown = escape_controls(str(timestamp_file))
                raise UsageError(f"{shown}: cannot be written ({error.strerror}); name a file that is not there yet") from error
    if findings:
        told = "not all of the case and its footage was found to be what it was; keep a copy and find out why"
        typer.echo(f"{count_of(findings, 'finding')}: {told}", err=True)
        raise typer.Exit(1)
    typer.echo("the log is whole, and the footage and what is stored of it are what they were")
