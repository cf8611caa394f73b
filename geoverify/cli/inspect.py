"""`geoverify inspect`: everything that one file says about place, time, direction and origin."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from geoverify.cli.console import make_console, make_table
from geoverify.cli.wording import describe_value
from geoverify.clocks import time_line, times_of
from geoverify.errors import MediaError
from geoverify.model import (
    Camera,
    CaptureTime,
    FieldOfView,
    FileNaming,
    Heading,
    MediaKind,
    Observation,
    PlaceClaim,
    Position,
    Post,
    Software,
    Track,
    Value,
)
from geoverify.results import Report
from geoverify.text import escape_controls, escape_json

if TYPE_CHECKING:
    from rich.console import Console

EXAMPLES = """
\b
Examples:
  geoverify inspect IMG_2041.HEIC
  geoverify inspect clip.mp4 --json > clip.metadata.json
  geoverify inspect s3://bucket/clip.mp4      (docs/clusters.md, "Files elsewhere")
"""
MAX_RAW_CHARS = 160
FIRST_KINDS = (Position, Track, PlaceClaim, Heading, FieldOfView, CaptureTime, Post, Camera, Software, FileNaming)


def inspect(
    file: Annotated[str, typer.Argument(help="An image or video, or its URL.", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Show each value in a file with its source, who could have written it, and its raw form."""
    from geoverify.batch import verify_batch
    from geoverify.cli.inputs import find_file
    from geoverify.register.load import default_register_path
    from geoverify.settings import Settings
    from geoverify.worker import Job

    now = dt.datetime.now(dt.UTC)
    settings = Settings()
    job = Job(registers=[str(default_register_path())], settings=settings, examined_at=now)
    path, catalogue = find_file(file, settings)
    (report,) = verify_batch([path], job, 1, catalogue)
    if as_json:
        lines = msgspec.json.format(msgspec.json.encode(_select(report)), indent=2).splitlines()
        typer.echo(b"\n".join(escape_json(line) for line in lines))
    else:
        _print_report(report)
    if report.media.digest is None:
        raise MediaError(report.problems[0].code, report.problems[0].message)


inspect.__doc__ = f"{inspect.__doc__}\n{EXAMPLES}"


def _select(report: Report) -> dict[str, Any]:
    names = ("schema_version", "media", "sidecars", "origin", "location", "observations", "absences", "problems", "versions")
    return {name: getattr(report, name) for name in names}


def _print_report(report: Report) -> None:
    console = make_console()
    media = report.media
    console.print(escape_controls(f"{media.path}: {media.media_type or 'not read'}, {media.size_bytes} bytes"), soft_wrap=True)
    if media.kind is not MediaKind.UNKNOWN:
        console.print(f"origin: {report.origin.wording}", soft_wrap=True)
    for use in report.sidecars:
        console.print(escape_controls(f"beside it: {use.path} ({use.reader}, {use.digest.hex})"), soft_wrap=True)
    if media.digest:
        console.print(f"{media.digest.algorithm} {media.digest.hex}", soft_wrap=True)
    disputed = _disputed_ids(report)
    rows = [_row(item, is_disputed=item.id in disputed) for item in sorted(report.observations, key=_order)]
    _print_table(console, ("", "value", "source", "written by", "raw"), rows)
    if disputed:
        console.print("≠ another source in or beside the file says something else; see the problems below", soft_wrap=True)
    line = time_line(times_of(report.observations))
    if len(line) > 1:
        _print_table(console, ("all times, earliest first", "what it is"), [(entry.shown, entry.what) for entry in line])
    absent = [(item.what, item.reason.value.replace("_", " "), item.detail, item.reader) for item in report.absences]
    _print_table(console, ("absent", "reason", "detail", "reader"), absent)
    _print_table(console, ("problem", "message", "where"), [(item.code, item.message, item.where) for item in report.problems])


def _print_table(console: Console, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    if rows:
        console.print()
        console.print(make_table(columns, rows, console.width))


def _disputed_ids(report: Report) -> set[str]:
    from geoverify.location import find_disagreements
    from geoverify.settings import Settings

    # With the report's own settings, these are the pairs that its problems tell of.
    found = find_disagreements(report.observations, msgspec.convert(report.settings, Settings))
    return {identifier for pair in found for identifier in (pair.first_id, pair.second_id)}


def _order(item: Observation[Value]) -> int:
    """Place, direction and time first: they are what people look for, and so stand side by side."""
    kinds = [kind for kind, value_type in enumerate(FIRST_KINDS) if isinstance(item.value, value_type)]
    return kinds[0] if kinds else len(FIRST_KINDS)


def _row(item: Observation[Value], *, is_disputed: bool) -> tuple[str, str, str, str, str]:
    source = item.provenance
    raw = source.raw if len(source.raw) <= MAX_RAW_CHARS else f"{source.raw[:MAX_RAW_CHARS]}…"
    # Spaces let a list of fields fold between their names.
    where = f"{source.reader}: {source.field.replace('+', ' + ')}" + (f" in {source.file}" if source.file else "")
    return "≠" if is_disputed else "", describe_value(item.value), where, source.who.value, raw
