"""`geoverify review`: a page on this machine on which people look at what the tool found, and judge."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from geoverify.errors import MissingToolError, UsageError
from geoverify.text import escape_controls


def review(
    case_file: Annotated[Path, typer.Argument(metavar="CASE", help="A case made by match --case.", show_default=False)],
    by: Annotated[str, typer.Option("--by", help="Initials of who reviews; the page can change them.")] = "",
    sites: Annotated[
        list[str] | None,
        typer.Option("--sites", help="A register; else those that the case was matched against.", show_default=False),
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
    from geoverify.case.store import list_files, look_at_case
    from geoverify.previews.making import open_preview_maker
    from geoverify.register.load import load_registers
    from geoverify.register.references import references_folder
    from geoverify.review.desk import Desk, find_registers
    from geoverify.review.guard import make_token
    from geoverify.settings import Settings

    with look_at_case(case_file) as case:
        folders = {path.parent for path, *_ in list_files(case)}
        registers = find_registers(case, sites or [])
    if by:
        check_initials(by)
    if not folders:
        raise UsageError(f"{escape_controls(str(case_file))}: holds no files yet; run match --case first")
    photos = [folder for path in registers if (folder := references_folder(path)).is_dir()]
    folders = {folder for folder in folders if folder.is_dir()}
    register = load_registers(registers) if registers else None
    if register is None:
        typer.echo("none of the registers is where it was: no map of sites; give them with --sites", err=True)
    with (
        open_preview_maker([*folders, *photos], Settings()) as maker,
        open_server(Desk(case_file, registers, register, maker, by), make_token(), port) as (server, address),
    ):
        typer.echo(f"{address}\nthe page is there for this machine alone, until Ctrl-C; who has the address can judge", err=False)
        if opens_browser:
            typer.launch(address)
        server.run()
    typer.echo("closed; every judgement is in the custody log", err=True)
