"""`geoverify match`: files and folders in, one row a file out."""

from __future__ import annotations

import datetime as dt
import math
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geoverify.cli.console import make_console
from geoverify.cli.outputs import STDOUT, Outputs
from geoverify.cli.summary import Tally
from geoverify.errors import NothingReadableError, StoppedError, UsageError
from geoverify.results import Report, VerdictKind
from geoverify.text import escape_controls

if TYPE_CHECKING:
    from geoverify.case.store import Case
    from geoverify.casework import Plan, Step
    from geoverify.worker import Job


class ExtraDigest(StrEnum):
    """Digests that the custody log can hold beside SHA-256."""

    SHA3_512 = "sha3-512"
    BLAKE2B = "blake2b"


EXAMPLES = """
\b
Examples:
  geoverify match footage/                        every file in a folder, against the shipped register
  geoverify match clip.mp4 --explain              one file's whole reasoning
  geoverify match footage/ --sites mine.geojson --csv rows.csv --json reports.json
  geoverify match footage/ --case my.gvcase       keeps what is done; run it again to go on
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
    case_file: Annotated[
        Path | None,
        typer.Option("--case", metavar="FILE", help="Keep everything in this case; a run that was stopped goes on from there."),
    ] = None,
    trust_mtime: Annotated[
        bool, typer.Option("--trust-mtime", help="With --case: take a file whose size and times are unchanged to be unchanged.")
    ] = False,
    extra_digests: Annotated[
        list[ExtraDigest] | None,
        typer.Option("--digest", help="With --case: one more digest for the custody log; may be repeated.", show_default=False),
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", min=1, max=64, help="Worker processes.")] = os.cpu_count() or 1,
) -> None:
    """Say for each file at which listed site it was shot, how surely, and why."""
    from geoverify.batch import discover_files
    from geoverify.case.custody import Kind
    from geoverify.case.store import open_case
    from geoverify.casework import Plan, log_run, read_reports
    from geoverify.cli.limits import limit_settings
    from geoverify.register.load import resolve_register
    from geoverify.register.references import find_references
    from geoverify.settings import Settings
    from geoverify.worker import Job

    settings = limit_settings(Settings(), max_size, time_limit_s, memory_limit)
    files = [file for file in discover_files(paths) if not _is_case(file, case_file)]
    if not files:
        raise NothingReadableError("no files in what was given; check the folder, or give files")
    registers = [resolve_register(name) for name in sites or ["cambodia-2025"]]
    sidecars, tracks = sidecars or [], tracks or []
    _check_options(sidecars, clock_offset_s, excel=excel, has_csv=bool(csv_file or csv_evidence_file))
    targets = {"json": json_file, "csv": csv_file, "csv-evidence": csv_evidence_file}
    inputs = [*files, *registers, *sidecars, *tracks, *([case_file] if case_file is not None else [])]
    outputs = Outputs(targets, inputs, excel=excel)
    job = Job(
        registers=[str(path) for path in registers],
        settings=settings,
        examined_at=dt.datetime.now(dt.UTC),
        sidecars=[str(path) for path in sidecars],
        tracks=[str(path) for path in tracks],
        references=[str(index) for index in map(find_references, registers) if index is not None],
        clock_offset_s=clock_offset_s,
    )
    plan = Plan(trusts_stamps=trust_mtime, extra_digests=tuple(extra_digests or ()))
    tally = Tally(explains=explain, is_quiet=json_file == STDOUT)
    with open_case(case_file) as case:
        log_run(case, Kind.RUN, job, {"command": sys.argv[1:], "files": len(files)})
        stopped = None
        try:
            steps = _run(case, files, job, jobs, plan)
        except StoppedError as interrupt:
            stopped = interrupt
        _write_reports(read_reports(case, files), outputs, tally)
        done = tally.verdicts.total()
        case.log(
            Kind.FINISHED, {"files": len(files), "reports": done, "stopped": stopped is not None, "outputs": outputs.digests}
        )
    if stopped is not None:
        kept = f"the outputs hold those {done}" if done else "older outputs are as they were"
        again = "run it again for all" if case_file is None else "run the same command again and it goes on from there"
        raise StoppedError(f"stopped after {done} of {len(files)} files; {kept}; {again}")
    if case_file is not None:
        _tell_steps(steps)
    if tally.read_count == 0:
        raise NothingReadableError(f"none of the {len(files)} files is footage that can be read; see the problem of each")
    if tally.has_any(fail_on or ()):
        raise typer.Exit(1)


match.__doc__ = f"{match.__doc__}\n{EXAMPLES}"


def _is_case(file: Path, case_file: Path | None) -> bool:
    """Whether a file is the case itself or one of those that its database keeps beside it."""
    return case_file is not None and file.parent.resolve() == case_file.parent.resolve() and file.name.startswith(case_file.name)


def _check_options(sidecars: Sequence[Path], clock_offset_s: float | None, *, excel: bool, has_csv: bool) -> None:
    for path in sidecars:
        if path.is_dir() or not os.access(path, os.R_OK):
            raise UsageError(f"{escape_controls(str(path))}: no file that can be read; check the name given to --sidecar")
    if clock_offset_s is not None and not math.isfinite(clock_offset_s):
        raise UsageError(f"--clock-offset {clock_offset_s}: not a number of seconds; give one like 25200 or -3.5")
    if excel and not has_csv:
        raise UsageError("--excel is about CSV files; give it with --csv or --csv-evidence")


def _run(case: Case, files: Sequence[Path], job: Job, jobs: int, plan: Plan) -> Counter[Step]:
    """Bring the case up to date and count what its files needed; raises `StoppedError` without a message for an interrupt."""
    from geoverify.casework import update_case

    steps: Counter[Step] = Counter()
    try:
        steps.update(_show_progress(update_case(case, files, job, jobs, plan), len(files)))
    except KeyboardInterrupt:
        raise StoppedError from None
    return steps


def _write_reports(reports: Iterable[Report], outputs: Outputs, tally: Tally) -> None:
    with outputs:
        for report in reports:
            outputs.add(report)
            tally.add(report)
        outputs.finish()
    tally.print()


def _tell_steps(steps: Counter[Step]) -> None:
    """Say what a case spared, on stderr."""
    told = ", ".join(f"{count} {step.value}" for step, count in sorted(steps.items()))
    typer.echo(f"in the case: {told}", err=True)


def _show_progress(steps: Iterable[Step], total: int) -> Iterator[Step]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("matching"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = make_console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield from progress.track(steps, total=total)
