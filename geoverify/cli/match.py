"""`geoverify match`: files and folders in, one row a file out."""

from __future__ import annotations

import datetime as dt
import math
import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from geoverify.cli.console import make_console
from geoverify.cli.outputs import STDOUT, Outputs
from geoverify.cli.summary import Tally
from geoverify.errors import NothingReadableError, StoppedError, UsageError
from geoverify.results import Report, VerdictKind
from geoverify.text import escape_controls

EXAMPLES = """
\b
Examples:
  geoverify match footage/                        every file in a folder, against the shipped register
  geoverify match clip.mp4 --explain              one file's whole reasoning
  geoverify match footage/ --sites mine.geojson --csv rows.csv --json reports.json
"""


def match(
    paths: Annotated[list[Path], typer.Argument(help="Files, and folders that are searched in full.", show_default=False)],
    sites: Annotated[
        list[str] | None,
        typer.Option("--sites", help="A register (GeoJSON), or the name of a shipped one; may be repeated.", show_default=False),
    ] = None,
    sidecars: Annotated[
        list[Path] | None,
        typer.Option("--sidecar", metavar="FILE", help="A table or export that describes the files; may be repeated."),
    ] = None,
    tracks: Annotated[
        list[Path] | None,
        typer.Option("--track", metavar="FILE", help="A GPX, KML, NMEA or CSV log of who filmed; may be repeated."),
    ] = None,
    clock_offset_s: Annotated[
        float | None,
        typer.Option("--clock-offset", metavar="SECONDS", help="How far the camera's clock is ahead of UTC, for --track."),
    ] = None,
    json_file: Annotated[
        str | None,
        typer.Option("--json", metavar="FILE", help="Write every report in full; - for stdout and nothing else there."),
    ] = None,
    csv_file: Annotated[str | None, typer.Option("--csv", metavar="FILE", help="Write one row a file.")] = None,
    csv_evidence_file: Annotated[
        str | None, typer.Option("--csv-evidence", metavar="FILE", help="Write one row an evidence item.")
    ] = None,
    excel: Annotated[bool, typer.Option("--excel", help="Begin CSV files with the byte order mark that Excel wants.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Print each file's full reasoning instead of the table.")] = False,
    fail_on: Annotated[
        list[VerdictKind] | None,
        typer.Option(
            "--fail-on",
            help="Exit with 1 if any file has this verdict; files that are no footage do not count; may be repeated.",
            show_default=False,
        ),
    ] = None,
    max_size: Annotated[
        str | None,
        typer.Option("--max-size", metavar="SIZE", help="Larger files are a row and are not read.  [default: 16G]"),
    ] = None,
    time_limit_s: Annotated[
        float | None,
        typer.Option("--time-limit", metavar="SECONDS", help="CPU time for one file; then it is a row.  [default: 60]"),
    ] = None,
    memory_limit: Annotated[
        str | None,
        typer.Option("--memory-limit", metavar="SIZE", help="Address space of a worker, on Linux.  [default: 4G]"),
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", min=1, max=64, help="Worker processes.")] = os.cpu_count() or 1,
) -> None:
    """Say for each file at which listed site it was shot, how surely, and why."""
    from geoverify.batch import discover_files, verify_batch
    from geoverify.cli.limits import limit_settings
    from geoverify.register.load import resolve_register
    from geoverify.settings import Settings
    from geoverify.worker import Job

    settings = limit_settings(Settings(), max_size, time_limit_s, memory_limit)
    files = discover_files(paths)
    if not files:
        raise NothingReadableError("no files in what was given; check the folder, or give files")
    registers = [resolve_register(name) for name in sites or ["cambodia-2025"]]
    sidecars, tracks = sidecars or [], tracks or []
    _check_options(sidecars, clock_offset_s, excel=excel, has_csv=bool(csv_file or csv_evidence_file))
    targets = {"json": json_file, "csv": csv_file, "csv-evidence": csv_evidence_file}
    outputs = Outputs(targets, [*files, *registers, *sidecars, *tracks], excel=excel)
    job = Job(
        registers=[str(path) for path in registers],
        settings=settings,
        examined_at=dt.datetime.now(dt.UTC),
        sidecars=[str(path) for path in sidecars],
        tracks=[str(path) for path in tracks],
        clock_offset_s=clock_offset_s,
    )
    tally = Tally(explains=explain, is_quiet=json_file == STDOUT)
    _write_reports(verify_batch(files, job, jobs), len(files), outputs, tally)
    if tally.read_count == 0:
        raise NothingReadableError(f"none of the {len(files)} files is footage that can be read; see the problem of each")
    if tally.has_any(fail_on or ()):
        raise typer.Exit(1)


match.__doc__ = f"{match.__doc__}\n{EXAMPLES}"


def _check_options(sidecars: Sequence[Path], clock_offset_s: float | None, *, excel: bool, has_csv: bool) -> None:
    for path in sidecars:
        if path.is_dir() or not os.access(path, os.R_OK):
            raise UsageError(f"{escape_controls(str(path))}: no file that can be read; check the name given to --sidecar")
    if clock_offset_s is not None and not math.isfinite(clock_offset_s):
        raise UsageError(f"--clock-offset {clock_offset_s}: not a number of seconds; give one like 25200 or -3.5")
    if excel and not has_csv:
        raise UsageError("--excel is about CSV files; give it with --csv or --csv-evidence")


def _write_reports(reports: Iterator[Report], total: int, outputs: Outputs, tally: Tally) -> None:
    """Write and count the reports of all files; an interrupt ends that early and keeps what is done."""
    stopped = False
    with outputs:
        try:
            # The bar begins with the first report: before that a register or track log may be refused.
            for report in _show_progress(chain([next(reports)], reports), total):
                outputs.add(report)
                tally.add(report)
        except KeyboardInterrupt:
            stopped = True
        outputs.finish()
    tally.print()
    if stopped:
        done = tally.verdicts.total()
        kept = f"the outputs hold those {done}" if done else "older outputs are as they were"
        raise StoppedError(f"stopped after {done} of {total} files; {kept}; run it again for all")


def _show_progress(reports: Iterable[Report], total: int) -> Iterator[Report]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("matching"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = make_console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield from progress.track(reports, total=total)
