"""`geoverify review`: a page on this machine on which people look at what the tool found, and judge."""

from __future__ import annotations

from typing import Annotated

import typer

from geoverify.cli.case import CaseArgument
from geoverify.cli.completion import complete_register
from geoverify.cli.registers import fetch_with_references
from geoverify.errors import MissingToolError, UsageError
from geoverify.text import escape_controls


def review(
    case_file: CaseArgument,
    by: Annotated[str, typer.Option("--by", help="Initials of who reviews; the page can change them.")] = "",
    sites: Annotated[
        list[str] | None,
        typer.Option(
            "--sites",
            help="A register, or its URL; else those that the case was matched against.",
            show_default=False,
            autocompletion=complete_register,
            callback=fetch_with_references,
        ),
    ] = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes any free one.")] = 0,
    opens_browser: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in the browser.")] = True,
) -> None:
    """Serve the review page of a case to this machine's browser until Ctrl-C; nothing leaves the machine.

    Example:

      geoverify review my.gvcase --by RK
    """
    try:
        from geoverify.review.server import open_server
    except ModuleNotFoundError as error:
        raise MissingToolError(f"{error.name} is missing; install it: pip install 'geoverify[review]'") from error
    from geoverify.case.decisions import check_initials
    from geoverify.case.store import list_files, look_at_case, update_case
    from geoverify.cli.case_reading import find_case_registers
    from geoverify.previews.making import open_preview_maker
    from geoverify.register.references import references_folder
    from geoverify.review.desk import Desk
    from geoverify.review.guard import make_token
    from geoverify.settings import Settings

    # Judgements will be written to it.
    update_case(case_file)
    with look_at_case(case_file) as case:
        folders = {path.parent for path, *_ in list_files(case)}
        editions = find_case_registers(case, sites)
    if by:
        check_initials(by)
    if not folders:
        raise UsageError(f"{escape_controls(str(case_file))}: holds no files yet; run match --case first")
    photos = [folder for path in editions.paths if (folder := references_folder(path)).is_dir()]
    folders = {folder for folder in folders if folder.is_dir()}
    with (
        open_preview_maker([*folders, *photos], Settings()) as maker,
        open_server(Desk(case_file, editions.paths, editions.load(), maker, by), make_token(), port) as (server, address),
    ):
        typer.echo(f"{address}\nthe page is there for this machine alone, until Ctrl-C; who has the address can judge", err=False)
        if opens_browser:
            typer.launch(address)
        server.run()
    typer.echo("closed; every judgement is in the custody log", err=True)
