"""`geoverify match`: files and folders in, one row a file out."""

from __future__ import annotations

import datetime as dt
import math
import os
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geoverify.cli.completion import complete_case
from geoverify.cli.engine import (
    EngineKind,
    EngineOption,
    SchedulerOption,
    TlsCaOption,
    TlsCertOption,
    TlsKeyOption,
    check_engine,
    open_engine,
)
from geoverify.cli.exporting import (
    FilesOption,
    FormatOption,
    ShareOption,
    ThumbnailsOption,
    check_sharing,
    choose_targets,
    find_path,
    open_thumbnails,
    read_judgements,
)
from geoverify.cli.inputs import find_files, refuse_local_options
from geoverify.cli.outputs import Outputs
from geoverify.cli.picture_folder import PICTURES_SUFFIX, leave_out_pictures
from geoverify.cli.placing import STDOUT
from geoverify.cli.progress import show_progress
from geoverify.cli.reference_index import warn_of_lag
from geoverify.cli.registers import is_copy, url_of
from geoverify.cli.sites import ReferencedSitesOption
from geoverify.cli.summary import Tally
from geoverify.errors import NothingReadableError, StoppedError, UsageError
from geoverify.results import Report, VerdictKind
from geoverify.text import count_of, escape_controls
from geoverify.urls import hide_secrets

if TYPE_CHECKING:
    from geoverify.batch import Engine
    from geoverify.case.store import Case
    from geoverify.casework import Plan, Step
    from geoverify.cli.exporting import JudgementsOf
    from geoverify.remote.catalogue import Catalogue
    from geoverify.worker import Job, ModelUse


class LearnedFeatureKind(StrEnum):
    """Networks that can take a second look."""

    ALIKED = "aliked"
    DISK = "disk"


class ExtraDigest(StrEnum):
    """Digests that the custody log can hold beside SHA-256."""

    SHA3_512 = "sha3-512"
    BLAKE2B = "blake2b"


# More of them take longer than the time that a file has, and all are held in memory.
MAX_FRAMES = 96
# A network takes seconds for each picture on a processor.
NETWORK_TIME_LIMIT_S = 300.0

NAMED_OPTIONS = ("--json", "--csv", "--csv-evidence")
EXAMPLES = """
\b
Examples:
  geoverify match footage/                        every file in a folder, against the shipped register
  geoverify match clip.mp4 --explain              one file's whole reasoning
  geoverify match footage/ --sites mine.geojson --csv rows.csv --json reports.json
  geoverify match footage/ -o rows.xlsx -o map.kmz -o places.gpkg
  geoverify match footage/ --case my.gvcase       keeps what is done; run it again to go on
  geoverify match clip.mp4 --sites mine.geojson --pictures seen --explain    pictures to check a match by
  geoverify match s3://bucket/footage zip:///cases/export.zip --case my.gvcase    files elsewhere, and those in an archive
  geoverify match footage/ --case my.gvcase --engine dask --scheduler tls://10.0.0.5:8786    a Dask cluster does the work
"""


def match(
    ctx: typer.Context,
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATHS", help="Files, and folders that are searched in full, or their URLs.", show_default=False),
    ],
    sites: ReferencedSitesOption = None,
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
    output_files: FilesOption = None,
    format_name: FormatOption = None,
    share: ShareOption = False,
    thumbnails: ThumbnailsOption = False,
    excel: Annotated[bool, typer.Option("--excel", help="Begin CSV files with the byte order mark that Excel wants.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Print each file's full reasoning instead of the table.")] = False,
    plain: Annotated[
        bool, typer.Option("--plain", help="For screen readers and logs: sentences instead of the table, no drawing.")
    ] = False,
    fail_on: Annotated[
        list[VerdictKind] | None,
        typer.Option(
            "--fail-on",
            help="Exit with 1 if any file has this verdict; files that are no footage do not count; may be repeated.",
            show_default=False,
        ),
    ] = None,
    ocr: Annotated[
        bool, typer.Option("--ocr", help="Read the words in pictures, too, which takes seconds a frame; needs geoverify[ocr].")
    ] = False,
    max_size: Annotated[
        str | None,
        typer.Option("--max-size", metavar="SIZE", help="Larger files are a row and are not read.  [default: 16G]"),
    ] = None,
    time_limit_s: Annotated[
        float | None,
        typer.Option(
            "--time-limit", metavar="SECONDS", help="CPU time for one file; then it is a row.  [default: 60, with --features 300]"
        ),
    ] = None,
    memory_limit: Annotated[
        str | None,
        typer.Option("--memory-limit", metavar="SIZE", help="Address space of a worker, on Linux.  [default: 4G]"),
    ] = None,
    case_file: Annotated[
        Path | None,
        typer.Option(
            "--case",
            metavar="FILE",
            help="Keep everything in this case; a run that was stopped goes on from there.",
            autocompletion=complete_case,
        ),
    ] = None,
    trust_mtime: Annotated[
        bool, typer.Option("--trust-mtime", help="With --case: take a file whose size and times are unchanged to be unchanged.")
    ] = False,
    extra_digests: Annotated[
        list[ExtraDigest] | None,
        typer.Option("--digest", help="With --case: one more digest for the custody log; may be repeated.", show_default=False),
    ] = None,
    frame_count: Annotated[
        int | None,
        typer.Option(
            "--frames", min=1, max=MAX_FRAMES, help="Frames of a video that are compared with references.  [default: 24]"
        ),
    ] = None,
    features: Annotated[
        LearnedFeatureKind | None,
        typer.Option("--features", help="Look again with a network of yours where nothing is recognised; with --models."),
    ] = None,
    models: Annotated[
        Path | None, typer.Option("--models", metavar="DIR", help="Where its ONNX file lies; nothing is downloaded.")
    ] = None,
    pictures: Annotated[
        Path | None,
        typer.Option(
            "--pictures",
            metavar="DIR",
            help="Write evidence pictures: frame and reference side by side.  [default: with --case a folder beside it]",
        ),
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", min=1, max=64, help="Worker processes.")] = os.cpu_count() or 1,
    engine_kind: EngineOption = EngineKind.LOCAL,
    scheduler: SchedulerOption = None,
    tls_ca: TlsCaOption = None,
    tls_cert: TlsCertOption = None,
    tls_key: TlsKeyOption = None,
) -> None:
    """Say for each file at which listed site it was shot, how surely, and why."""
    from geoverify.basis import log_run
    from geoverify.case.custody import Kind
    from geoverify.case.store import key_of, open_case
    from geoverify.casework import Plan, read_reports
    from geoverify.cli.limits import limit_settings
    from geoverify.interfaces import Background
    from geoverify.register.load import DEFAULT_REGISTER, load_registers, resolve_register
    from geoverify.register.references import digest_indexes
    from geoverify.settings import Settings
    from geoverify.sharing.sharer import Sharer
    from geoverify.vision.ocr import require_ocr
    from geoverify.worker import Job

    if ocr:
        require_ocr()
    if time_limit_s is None and features is not None:
        time_limit_s = NETWORK_TIME_LIMIT_S
    settings = limit_settings(Settings(), max_size, time_limit_s, memory_limit, frame_count)
    if pictures is None and case_file is not None:
        pictures = case_file.with_suffix(PICTURES_SUFFIX)
    keys = (tls_ca, tls_cert, tls_key)
    address = check_engine(engine_kind, scheduler, keys)
    local_files, catalogue = find_files(paths, settings)
    refuse_local_options(catalogue, thumbnails=thumbnails, extra_digests=bool(extra_digests))
    files = [file for file in [*local_files, *catalogue.files] if not _is_case(file, case_file)]
    files = list(leave_out_pictures(files, pictures, case_file))
    if not files:
        raise NothingReadableError("no files in what was given; check the folder, or give files")
    registers = list(dict.fromkeys(resolve_register(name) for name in sites or [DEFAULT_REGISTER]))
    # A register from elsewhere comes with its index alone.
    warn_of_lag(path for path in registers if not is_copy(str(path)))
    sidecars, tracks = sidecars or [], tracks or []
    _check_options(sidecars, clock_offset_s)
    named = {"json": json_file, "csv": csv_file, "csv-evidence": csv_evidence_file}
    targets = choose_targets(output_files or [], format_name, named)
    check_sharing(targets, share=share, thumbnails=thumbnails, excel=excel)
    cases = [] if case_file is None else [case_file]
    outputs = Outputs(targets, case_files=cases, inputs=[*files, *registers, *sidecars, *tracks], excel=excel, share=share)
    job = Job(
        registers=[str(path) for path in registers],
        settings=settings,
        examined_at=dt.datetime.now(dt.UTC),
        sidecars=[str(path) for path in sidecars],
        tracks=[str(path) for path in tracks],
        references=digest_indexes(registers),
        wants_pictures=pictures is not None,
        model=_find_model(features, models),
        clock_offset_s=clock_offset_s,
        reads_words=ocr,
        called={str(path): url_of(str(path)) for path in registers},
    )
    plan = Plan(trusts_stamps=trust_mtime, extra_digests=tuple(extra_digests or ()), pictures=pictures)
    is_quiet = any(target.file == STDOUT for target in targets)
    tally = Tally(explains=explain, is_quiet=is_quiet, is_plain=plain, pictures=pictures)
    engine = ctx.with_resource(open_engine(address, keys, jobs, catalogue))
    with open_case(case_file) as case:
        body = {"command": [hide_secrets(text) for text in sys.argv[1:]], "files": len(files)}
        log_run(case, Kind.RUN, job, body if pictures is None else body | {"pictures_hex": key_of(pictures).hex()})
        stopped = None
        try:
            steps = _run(case, files, job, engine, plan, catalogue, plain=plain)
        except StoppedError as interrupt:
            stopped = interrupt
        with ExitStack() as stack:
            # The formats of these options show no sites, and need none.
            if share or any(target.option not in NAMED_OPTIONS for target in targets):
                sites_shown = load_registers(registers).sites
                sharer = Sharer(sites_shown, case.share_secret()) if share else None
                make = stack.enter_context(open_thumbnails(files, lambda report: find_path(report.media))) if thumbnails else None
                shown = sharer.share_sites(sites_shown) if sharer is not None else sites_shown
                outputs.prepare(Background(sites=shown, thumbnail_of=make), sharer)
            _write_reports(read_reports(case, files), outputs, tally, read_judgements(case))
        done = tally.verdicts.total()
        case.log(
            Kind.FINISHED, {"files": len(files), "reports": done, "stopped": stopped is not None, "outputs": outputs.digests}
        )
    if stopped is not None:
        kept = f"the outputs hold those {done}" if done else "older outputs are as they were"
        again = "run it again for all" if case_file is None else "run the same command again and it goes on from there"
        message = f"stopped after {done} of {count_of(len(files), 'file')}; {kept}; {again}"
        raise StoppedError(message, stopped.by)
    if case_file is not None:
        _tell_steps(steps)
    if tally.read_count == 0:
        raise NothingReadableError(f"no footage that can be read in {count_of(len(files), 'file')}; see the problem of each")
    if tally.has_any(fail_on or ()):
        raise typer.Exit(1)


match.__doc__ = f"{match.__doc__}\n{EXAMPLES}"


def _is_case(file: Path, case_file: Path | None) -> bool:
    """Whether a file is the case itself or one of those that its database keeps beside it."""
    return case_file is not None and file.parent.resolve() == case_file.parent.resolve() and file.name.startswith(case_file.name)


def _find_model(features: LearnedFeatureKind | None, models: Path | None) -> ModelUse | None:
    from geoverify.vision.learned import LearnedKind, digest_model, find_model
    from geoverify.worker import ModelUse

    if features is None and models is None:
        return None
    if features is None or models is None:
        raise UsageError("--features and --models go together: say which network, and give the folder of its ONNX file")
    path = find_model(LearnedKind(features.value), models).resolve()
    return ModelUse(kind=features.value, path=str(path), digest=digest_model(path).hex)


def _check_options(sidecars: Sequence[Path], clock_offset_s: float | None) -> None:
    for path in sidecars:
        if path.is_dir() or not os.access(path, os.R_OK):
            raise UsageError(f"{escape_controls(str(path))}: no file that can be read; check the name given to --sidecar")
    if clock_offset_s is not None and not math.isfinite(clock_offset_s):
        raise UsageError(f"--clock-offset {clock_offset_s}: not a number of seconds; give one like 25200 or -3.5")


def _run(
    case: Case, files: Sequence[Path], job: Job, engine: Engine, plan: Plan, catalogue: Catalogue, *, plain: bool
) -> Counter[Step]:
    """Bring the case up to date and count what its files needed; raises `StoppedError` without a message for an interrupt."""
    from geoverify.casework import update_case

    steps: Counter[Step] = Counter()
    finished = update_case(case, files, job, engine, plan, catalogue)
    try:
        steps.update(item.step for item in show_progress(finished, len(files), plain=plain))
    except KeyboardInterrupt as interrupt:
        raise StoppedError(by=interrupt) from interrupt
    return steps


def _write_reports(reports: Iterable[Report], outputs: Outputs, tally: Tally, judgements_of: JudgementsOf) -> None:
    with outputs:
        for report in reports:
            outputs.add(report, judgements_of(find_path(report.media)))
            tally.add(report)
        outputs.finish()
    tally.print()


def _tell_steps(steps: Counter[Step]) -> None:
    """Say what a case spared, on stderr."""
    told = ", ".join(f"{count} {step.value}" for step, count in sorted(steps.items()))
    typer.echo(f"in the case: {told}", err=True)
