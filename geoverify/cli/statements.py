"""`geoverify statements`: testimony beside the located footage of a case, by site and time, without anything of who spoke."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geoverify.cli.case import CaseArgument
from geoverify.cli.console import make_console, wrap_line
from geoverify.cli.placing import STDOUT, Target, write_files
from geoverify.cli.sites import SitesOption
from geoverify.errors import UsageError
from geoverify.text import escape_controls

if TYPE_CHECKING:
    from geoverify.statements.comparing import Comparison, Footage

SCHEMA_VERSION = "1.1"
NOTE = (
    "Agreement is of place and time only. Footage of another time contradicts nothing, and where there is none that says "
    "nothing: what is filmed and posted is a small part of what happens. Nothing here is a finding on who spoke."
)
# Files that the terminal lists under a heading.
LISTED = 10
EXAMPLES = """
The table has the columns id; site, place, or lat and lon; from and to, or at; and files, if some were handed in with it.
Tables with names, telephone numbers, addresses or other data of people are refused. Nothing is stored.

\b
Examples:
  geoverify statements my.gvcase --statements statements.csv
  geoverify statements my.gvcase --statements statements.csv --json agreement.json --csv agreement.csv
"""
COLUMNS = (
    *("id", "place", "sites", "from_utc", "to_utc", "zone", "agreement", "wording", "independent_footage"),
    *("agreeing", "possible", "undated", "other_times", "contradicting", "notes", "note"),
)


def statements(
    case_file: CaseArgument,
    table: Annotated[Path, typer.Option("--statements", metavar="FILE", help="A table of statements.", show_default=False)],
    sites: SitesOption = None,
    json_file: Annotated[
        str | None, typer.Option("--json", metavar="FILE", help="Write all of it; - for stdout and nothing else there.")
    ] = None,
    csv_file: Annotated[str | None, typer.Option("--csv", metavar="FILE", help="Write one row a statement.")] = None,
) -> None:
    """Say which statements agree with which located footage, by site and time; reads the case only, and stores nothing."""
    from geoverify.case.store import look_at_case
    from geoverify.claims.places import Atlas
    from geoverify.cli.case_reading import find_case_registers, find_copies
    from geoverify.cli.tables import encode_csv, encode_json
    from geoverify.media import display_path
    from geoverify.settings import Settings
    from geoverify.statements.comparing import Comparer
    from geoverify.statements.reading import read_statements
    from geoverify.tally.summary import tally_case

    with look_at_case(case_file) as case:
        register = find_case_registers(case, sites).load()
        if register is None:
            raise UsageError(
                f"{escape_controls(str(case_file))}: the register that it was matched against is not there; give --sites"
            )
        atlas = Atlas(register, Settings())
        stated, told = read_statements(table, atlas)
        tally = tally_case(case, sites=register.sites, doubles=find_copies(case, None), beside=case_file)
    for line in told:
        typer.echo(escape_controls(line), err=True)
    comparer = Comparer(tally, atlas)
    made = [comparer.compare(statement) for statement in stated]
    folder = None if tally.folder is None else display_path(tally.folder)[0]
    contents = {}
    if json_file is not None:
        whole = {"schema_version": SCHEMA_VERSION, "note": NOTE, "folder": folder, "statements": made}
        contents[Target("json", json_file, "--json")] = encode_json(whole)
    if csv_file is not None:
        contents[Target("csv", csv_file, "--csv")] = encode_csv(COLUMNS, map(_row, made))
    write_files(contents, case_files=[case_file], inputs=[table])
    if json_file != STDOUT:
        _print(made, folder)


statements.__doc__ = f"{statements.__doc__}\n{EXAMPLES}"


def _print(made: Sequence[Comparison], folder: str | None) -> None:
    width = make_console().width
    for item in made:
        for line in _describe(item):
            typer.echo(wrap_line(line, width))
    if folder is not None:
        typer.echo(wrap_line(f"paths are from {folder}", width))
    typer.echo(wrap_line(NOTE, width))


def _describe(item: Comparison) -> Iterator[str]:
    said = [*([f"at {item.place.text}"] if item.place else []), *([f"on {item.span.text}"] if item.span else [])]
    yield f"{item.id}, {' '.join(said)}: {item.wording}"
    for title, found in _parts(item):
        for footage in found[:LISTED]:
            yield f"    {title}: {footage.file}: {footage.text}"
        if len(found) > LISTED:
            yield f"    {title}: … and {len(found) - LISTED} more files; --json and --csv list all"
    for note in item.notes:
        yield f"    note: {note}"


def _parts(item: Comparison) -> Iterator[tuple[str, Sequence[Footage]]]:
    yield "contradicts", item.contradicting
    yield "agrees", item.agreeing
    yield "may agree", item.possible
    yield "tells no time", item.undated
    yield "of another time", item.other_times


def _row(item: Comparison) -> Sequence[str | int]:
    place, span = item.place, item.span
    listed = (item.agreeing, item.possible, item.undated, item.other_times, item.contradicting)
    return (
        item.id,
        place.text if place else "",
        " / ".join(place.site_codes) if place else "",
        span.start.isoformat() if span and span.start else "",
        span.end.isoformat() if span and span.end else "",
        span.zone_words if span else "",
        item.agreement.value,
        item.wording,
        item.agreeing_count,
        *("; ".join(f"{footage.file}: {footage.text}" for footage in found) for found in listed),
        "; ".join(item.notes),
        NOTE,
    )
