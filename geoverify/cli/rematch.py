"""`geoverify rematch`: which verdicts of a case change with another edition of the register, and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Annotated

import typer

from geoverify.cli.case import CaseArgument, refuse_missing
from geoverify.cli.completion import complete_register
from geoverify.cli.placing import STDOUT, Target, check_targets, write_files
from geoverify.cli.registers import fetch_registers, url_of
from geoverify.cli.tables import encode_json
from geoverify.text import count_of, escape_controls

if TYPE_CHECKING:
    from geoverify.case.store import Case
    from geoverify.rematch import Rematch

SCHEMA_VERSION = "1.0"


def rematch(
    case_file: CaseArgument,
    sites: Annotated[
        list[str],
        typer.Option(
            "--sites",
            help="The other edition: a register, or its URL; may be repeated.",
            show_default=False,
            autocompletion=complete_register,
            callback=fetch_registers,
        ),
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

    refuse_missing(case_file)
    registers = [resolve_register(name) for name in sites]
    targets = [] if json_file is None else [Target("json", json_file, "--json")]
    check_targets(targets, case_files=[case_file], inputs=registers)
    opened: AbstractContextManager[Case] = open_case(case_file) if apply else look_at_case(case_file)
    with opened as case:
        called = {str(path): url_of(str(path)) for path in registers}
        found = weigh_anew(case, registers, dt.datetime.now(dt.UTC), applies=apply, called=called)
    for note in found.register_notes:
        typer.echo(escape_controls(note), err=True)
    content = {"schema_version": SCHEMA_VERSION, "applied": apply, "rematch": found}
    write_files({target: encode_json(content) for target in targets}, case_files=[case_file], inputs=registers)
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
    yield f"{count} of {count_of(found.file_count, 'verdict')} change{'s' if count == 1 else ''}{unread}{kept}"
