"""`geoverify case`: what a case holds, and what can be done with it as a whole."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from geoverify.cli.completion import complete_case, complete_case_file, complete_register, complete_site
from geoverify.cli.console import make_console, make_table
from geoverify.cli.registers import fetch_registers
from geoverify.errors import UsageError
from geoverify.results import Call
from geoverify.text import count_of, escape_controls

app = typer.Typer(
    name="case",
    help="Cases: what they hold, retry, decide, tidy up, hand on.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

CaseArgument = Annotated[
    Path, typer.Argument(help="A case made by match --case.", show_default=False, autocompletion=complete_case)
]


@app.command("status")
def show_status(case_file: CaseArgument) -> None:
    """Count the files of a case by verdict and problem, and say what the last runs were; reads only.

    Example:

      geoverify case status my.gvcase
    """
    from geoverify.case.custody import Kind, read_entries
    from geoverify.case.store import list_files, look_at_case

    with look_at_case(case_file) as case:
        verdicts: Counter[str] = Counter()
        problems: Counter[str] = Counter()
        digests: set[str | None] = set()
        copies = 0
        for _, digest, verdict, codes in list_files(case):
            verdicts[verdict or "to be read again"] += 1
            problems.update(set(codes.split()))
            copies += digest is not None and digest in digests
            digests.add(digest)
        entries = list(read_entries(case.connection))
    total = verdicts.total()
    told = ", ".join(f"{count} {name}" for name, count in sorted(verdicts.items())) or "none yet"
    typer.echo(f"{count_of(total, 'file')}: {told}")
    if copies:
        typer.echo(f"{count_of(copies, 'file is a copy', 'files are copies')} of others")
    for code, count in problems.most_common():
        typer.echo(f"  {count} with the problem {escape_controls(code)}")
    typer.echo(f"{count_of(len(entries), 'entry', 'entries')} in the custody log")
    for entry in entries:
        if entry.kind == Kind.FINISHED.value:
            last = entry
            stopped = ", stopped before its end" if last.body.get("stopped") else ""
            over, made = count_of(last.body["files"], "file"), count_of(last.body["reports"], "report")
            typer.echo(f"  {last.at}: a run over {over}, {made}{stopped}")


@app.command("files")
def show_files(case_file: CaseArgument) -> None:
    """List every file of a case with its verdict, its problems and the start of its digest.

    Example:

      geoverify case files my.gvcase
    """
    from geoverify.case.store import list_files, look_at_case
    from geoverify.media import display_path

    with look_at_case(case_file) as case:
        rows = [
            (
                escape_controls(display_path(path)[0]),
                verdict or "to be read again",
                codes.replace(" ", "; "),
                (digest or "-")[:12],
            )
            for path, digest, verdict, codes in list_files(case)
        ]
    console = make_console()
    console.print(make_table(("file", "verdict", "problems", "sha256"), rows, console.width))


@app.command("retry")
def retry(
    case_file: CaseArgument,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Files; else all that were given up.", show_default=False, autocompletion=complete_case_file),
    ] = None,
) -> None:
    """Have files that were given up (crash, time, memory) read again by the next match --case.

    Example:

      geoverify case retry my.gvcase
    """
    from geoverify.case.store import forget, list_files, open_case
    from geoverify.casework import GIVEN_UP

    refuse_missing(case_file)
    with open_case(case_file) as case:
        wanted = paths or [path for path, _, _, codes in list_files(case) if not GIVEN_UP.isdisjoint(codes.split())]
        count = forget(case, wanted)
    shown = escape_controls(str(case_file))
    typer.echo(f"{count_of(count, 'file')} will be read again by the next `geoverify match … --case {shown}`")


@app.command("decide")
def decide(
    case_file: CaseArgument,
    file: Annotated[Path, typer.Argument(help="A file of the case.", show_default=False, autocompletion=complete_case_file)],
    judgement: Annotated[str, typer.Option("--judgement", help="The analyst's own words, apart from the tool's score.")],
    by: Annotated[str, typer.Option("--by", help="Initials of who decides.")],
    site: Annotated[
        str | None,
        typer.Option("--site", help="The code of the site that it is about.", show_default=False, autocompletion=complete_site),
    ] = None,
    call: Annotated[Call | None, typer.Option("--call", help="What follows for that site.", show_default=False)] = None,
) -> None:
    """Put an analyst's judgement into the custody log; nothing in the log is ever changed, a later entry supersedes.

    With --call consistent frames of the footage may become references of the site (refs add --from-case).

    Example:

      geoverify case decide my.gvcase footage/clip.mp4 --judgement "gate compared" --by RK --site BA01 --call consistent
    """
    from geoverify.case import decisions
    from geoverify.case.store import open_case

    refuse_missing(case_file)
    with open_case(case_file) as case:
        decisions.decide(case, file, by, judgement, site=site, call=call)
    typer.echo("the judgement is in the custody log")


@app.command("vacuum")
def vacuum(case_file: CaseArgument) -> None:
    """Give the room of what was replaced back to the disk; nothing that the case holds is lost.

    Example:

      geoverify case vacuum my.gvcase
    """
    from geoverify.case.store import open_case

    refuse_missing(case_file)
    before = case_file.stat().st_size
    with open_case(case_file) as case:
        case.vacuum()
    typer.echo(f"{before} bytes before, {case_file.stat().st_size} after")


@app.command("export-bundle")
def export(
    case_file: CaseArgument,
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder to make.", show_default=False)],
    sites: Annotated[
        list[str] | None,
        typer.Option(
            "--sites",
            help="A register to put in, or its URL; may be repeated.",
            autocompletion=complete_register,
            callback=fetch_registers,
        ),
    ] = None,
    with_media: Annotated[bool, typer.Option("--with-media", help="Put copies of the footage in, by digest.")] = False,
) -> None:
    """Write a case as a BagIt folder: the store, reports and custody log as JSON lines, registers and, if wanted, the footage.

    Example:

      geoverify case export-bundle my.gvcase -o handover --sites mine.geojson --with-media
    """
    from geoverify.case.bundle import export_bundle
    from geoverify.case.custody import Kind
    from geoverify.case.store import open_case
    from geoverify.register.load import resolve_register

    refuse_missing(case_file)
    registers = [resolve_register(name) for name in sites or []]
    with open_case(case_file) as case:
        case.log(Kind.EXPORTED, {"bundle": output.name, "with_media": with_media})
        left_out = export_bundle(case, output, registers, with_media=with_media)
    for line in left_out:
        typer.echo(line, err=True)
    typer.echo(f"{escape_controls(str(output))}: a BagIt folder; `geoverify case import` opens it elsewhere")


@app.command("import")
def import_(
    folder: Annotated[Path, typer.Argument(help="A folder made by export-bundle.", show_default=False)],
    output: Annotated[Path, typer.Option("-o", "--output", help="The case file to make.", show_default=False)],
) -> None:
    """Check every digest of a bundle and make its case into a file that can be used here.

    Example:

      geoverify case import handover -o theirs.gvcase
    """
    from geoverify.case.bundle import import_bundle

    import_bundle(folder, output)
    typer.echo(f"{escape_controls(str(output))}: opened; `geoverify custody verify` checks its log")


def refuse_missing(case_file: Path) -> None:
    """Only match makes cases."""
    if not case_file.is_file():
        raise UsageError(f"{escape_controls(str(case_file))}: no such case; give the file that was named with match --case")
