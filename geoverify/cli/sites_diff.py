"""`geoverify sites diff`: what changed between two editions of a register."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any

import typer

from geoverify.cli.placing import STDOUT, Target, write_files
from geoverify.cli.registers import fetch_registers, url_of
from geoverify.cli.tables import encode_json
from geoverify.text import count_of, escape_controls

SCHEMA_VERSION = "1.0"


def diff_sites(
    old: Annotated[
        str,
        typer.Argument(
            help="The earlier edition: a register, its URL, or a shipped one's name.",
            show_default=False,
            callback=fetch_registers,
        ),
    ],
    new: Annotated[str, typer.Argument(help="The later edition.", show_default=False, callback=fetch_registers)],
    json_file: Annotated[
        str | None, typer.Option("--json", metavar="FILE", help="Write the changes as JSON; - for stdout and nothing else there.")
    ] = None,
) -> None:
    """Say what moved, was renamed, changed its status or footprint, appeared, vanished, was merged or split.

    Example:

      geoverify sites diff 2025.geojson 2026.geojson --json changes.json
    """
    from geoverify.places import Register
    from geoverify.register.editions import compare_registers
    from geoverify.register.load import load_register, resolve_register

    paths = [resolve_register(name) for name in (old, new)]
    registers = [load_register(path) for path in paths]
    changes = compare_registers(*registers)
    counts = Counter(change.kind.value for change in changes)

    def describe(register: Register) -> dict[str, Any]:
        (info,) = register.infos
        members = {"title": info.title, "edition": info.edition, "sha256": info.digest.hex}
        return {**members, "site_count": info.site_count, "path": url_of(info.path)}

    if json_file is not None:
        content = {"schema_version": SCHEMA_VERSION, "old": describe(registers[0]), "new": describe(registers[1])}
        target = Target("json", json_file, "--json")
        write_files({target: encode_json({**content, "changes": changes})}, case_files=[], inputs=paths)
    if json_file == STDOUT:
        return
    for change in changes:
        typer.echo(f"{change.kind.value.replace('_', ' '):<15} {escape_controls(change.wording)}")
    told = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in sorted(counts.items()))
    editions = " → ".join(f"{register.infos[0].edition} ({count_of(len(register.sites), 'site')})" for register in registers)
    typer.echo(f"{escape_controls(editions)}: {told or 'no differences'}")
