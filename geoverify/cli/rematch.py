"""`geoverify rematch`: which verdicts of a case change with another edition of the register, and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Annotated

import typer

from geoverify.cli.case import CaseArgument
from geoverify.cli.json_file import write_json
from geoverify.cli.outputs import STDOUT, list_inputs
from geoverify.errors import UsageError
from geoverify.text import escape_controls

if TYPE_CHECKING:
    from geoverify.case.store import Case
    from geoverify.rematch import Rematch

SCHEMA_VERSION = "1.0"


def rematch(
    case_file: CaseArgument,
    sites: Annotated[
        list[str], typer.Option("--sites", help="The other edition: a register; may be repeated.", show_default=False)
    ],
    json_file: Annotated[
        str | None, typer.Option("--json", metavar="FILE", help="Write the changes as JSON; - for stdout and nothing else there.")
    ] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Keep the new reports in the case; the custody log says so.")] = False,
) -> None:
    """Weigh a case anew on another edition of the register, without its media, and say which verdicts change and why.

    Without --apply nothing in the case changes.

    Example:

      geoverify rematch my.gvcase --sites 2026.geojson --json changes.json
    """
    from geoverify.case.store import look_at_case, open_case
    from geoverify.register.load import resolve_register
    from geoverify.rematch import rematch as weigh_anew

    if not case_file.is_file():
        raise UsageError(f"{escape_controls(str(case_file))}: no such case; give the file that was named with match --case")
    registers = [resolve_register(name) for name in sites]
    opened: AbstractContextManager[Case] = open_case(case_file) if apply else look_at_case(case_file)
    with opened as case:
        found = weigh_anew(case, registers, dt.datetime.now(dt.UTC), applies=apply)
    if json_file is not None:
        content = {"schema_version": SCHEMA_VERSION, "applied": apply, "rematch": found}
        write_json(content, json_file, [*list_inputs([case_file]), *registers])
    if json_file != STDOUT:
        for line in _describe(found, apply):
            typer.echo(escape_controls(line))


def _describe(found: Rematch, applied: bool) -> Iterator[str]:
    from geoverify.rematch import name_verdict

    for change in found.changes:
        old, new = (
            name_verdict(change.old_verdict, change.old_site_codes),
            name_verdict(change.new_verdict, change.new_site_codes),
        )
        yield f"{change.path}: {old} → {new}"
        for reason in change.reasons:
            yield f"  {reason}"
    count = len(found.changes)
    unread = f", {found.unread_count} have to be read again first" if found.unread_count else ""
    kept = "; the new reports are in the case" if applied else "; nothing in the case was changed (--apply keeps the new reports)"
    yield f"{count} of {found.file_count} verdicts change{unread}{kept}"
