"""What the shell offers when somebody presses Tab: cases, formats, site codes and the files of a case."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import typer

from geoverify.text import escape_controls

CASE_SUFFIX = ".gvcase"
MAX_OFFERED = 200


def complete_case(incomplete: str) -> Iterator[str]:
    """Cases and folders that begin so."""
    folder, _, start = incomplete.rpartition(os.sep)
    try:
        entries = sorted(os.scandir(folder or (os.sep if incomplete.startswith(os.sep) else ".")), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        prefix = f"{folder}{os.sep}" if incomplete.count(os.sep) else ""
        if entry.name.startswith(start) and not entry.name.startswith(".") and _is_plain(entry.name):
            if entry.is_dir():
                yield f"{prefix}{entry.name}{os.sep}"
            elif entry.name.endswith(CASE_SUFFIX):
                yield f"{prefix}{entry.name}"


def complete_format(incomplete: str) -> Iterator[str]:
    """Names of formats."""
    from geoverify.exports import all_exporters

    return (name for name in sorted(all_exporters()) if name.startswith(incomplete))


def complete_register(incomplete: str) -> Iterator[str]:
    """Names of shipped registers; the shell itself offers files."""
    from geoverify.register.load import list_shipped

    return (name for name in list_shipped() if name.startswith(incomplete))


def complete_site(ctx: typer.Context, incomplete: str) -> Iterator[tuple[str, str]]:
    """Codes of the registers that the command line names so far, else of those of its case, each with the site's name."""
    from geoverify.errors import GeoverifyError
    from geoverify.register.load import load_registers

    try:
        sites = load_registers(_find_registers(ctx)).sites
    except (GeoverifyError, OSError):
        return
    for site in sites:
        if site.code.lower().startswith(incomplete.lower()) and _is_plain(site.code):
            yield site.code, escape_controls(site.name)


def _find_registers(ctx: typer.Context) -> Sequence[Path]:
    from geoverify.case.store import list_registers, look_at_case
    from geoverify.register.load import default_register_path, resolve_register
    from geoverify.register.lookup import find_editions

    given, case_file = ctx.params.get("sites"), ctx.params.get("case_file")
    if given:
        return [resolve_register(name) for name in ([given] if isinstance(given, str) else given)]
    if case_file is None:
        return [default_register_path()]
    with look_at_case(Path(case_file), takes_older=False) as case:
        return find_editions(list_registers(case)).paths


def complete_case_file(ctx: typer.Context, incomplete: str) -> Iterator[str]:
    """Files of the case that the command line names."""
    from geoverify.case.store import list_files, look_at_case
    from geoverify.errors import GeoverifyError
    from geoverify.media import display_path

    case_file = ctx.params.get("case_file")
    if case_file is None:
        return
    here = Path.cwd()
    count = 0
    try:
        with look_at_case(Path(case_file), takes_older=False) as case:
            for path, _, _, _ in list_files(case):
                is_whole = os.path.isabs(incomplete) or not path.is_relative_to(here)  # noqa: PTH117
                shown, path_hex = display_path(path) if is_whole else (os.fspath(path.relative_to(here)), None)
                # What is shown of other bytes than UTF-8 names no file.
                if path_hex is None and shown.startswith(incomplete) and _is_plain(shown):
                    yield shown
                    count += 1
                    if count == MAX_OFFERED:
                        return
    except (GeoverifyError, OSError):
        return


def _is_plain(text: str) -> bool:
    """Whether a shell's line can hold a text as it is: names of hostile files are not offered."""
    return escape_controls(text) == text
