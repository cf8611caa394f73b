"""`geoverify export`: a case written for other programs and other people."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geoverify.cli.case import CaseArgument, refuse_missing
from geoverify.cli.case_reading import find_case_registers
from geoverify.cli.exporting import (
    FilesOption,
    FormatOption,
    ShareOption,
    ThumbnailsOption,
    check_sharing,
    choose_targets,
    open_thumbnails,
    read_judgements,
)
from geoverify.cli.outputs import Outputs
from geoverify.cli.sites import SitesOption
from geoverify.errors import DamagedError, NothingReadableError, UsageError
from geoverify.text import count_of, escape_controls

if TYPE_CHECKING:
    from geoverify.results import Report


def export(
    case_file: CaseArgument,
    files: FilesOption = None,
    format_name: FormatOption = None,
    share: ShareOption = False,
    sites: SitesOption = None,
    thumbnails: ThumbnailsOption = False,
    excel: Annotated[bool, typer.Option("--excel", help="Begin CSV files with the byte order mark that Excel wants.")] = False,
) -> None:
    """Write all reports of a case: .csv .xlsx .json .jsonl .geojson .gpkg .kml .kmz .parquet .evidence.csv .jsonld.

    Every file of the case is one row in every output, with what people decided of it beside the tool's score. Each export is in
    the custody log.

    \b
    Examples:
      geoverify export my.gvcase -o rows.xlsx -o map.kmz -o places.gpkg
      geoverify export my.gvcase -o partner.geojson --share    a copy without names, raw values and exact positions
      geoverify export my.gvcase -o - --format jsonl           to another program
    """
    from geoverify.case.custody import Kind
    from geoverify.case.store import list_files, open_case
    from geoverify.interfaces import Background
    from geoverify.sharing.sharer import Sharer

    refuse_missing(case_file)
    targets = choose_targets(files or [], format_name, {})
    if not targets:
        raise UsageError("no output named; give one or more with -o FILE")
    check_sharing(targets, share=share, thumbnails=thumbnails, excel=excel)
    with open_case(case_file) as case, ExitStack() as stack:
        files_by_digest = {digest: path for path, digest, _, _ in list_files(case) if thumbnails}
        # A case can have millions of files: nothing of what follows holds all of their paths, but thumbnails do.
        outputs = Outputs(targets, case_files=[case_file], excel=excel, share=share)
        if not any(verdict for _, _, verdict, _ in list_files(case)):
            raise NothingReadableError("the case holds no report; run geoverify match with --case first")
        register = find_case_registers(case, sites).load()
        places = register.sites if register else ()
        sharer = Sharer(places, case.share_secret()) if share else None
        shown = sharer.share_sites(places) if sharer is not None else places

        def find(report: Report) -> Path:
            # The report has the path from the folder in which match was called; the case knows the whole one.
            return files_by_digest[report.media.digest.hex if report.media.digest else None]

        make = stack.enter_context(open_thumbnails(list(files_by_digest.values()), find)) if thumbnails else None
        outputs.prepare(Background(sites=shown, thumbnail_of=make), sharer)
        judgements_of = read_judgements(case)
        count = missing = damaged_count = 0
        damage: DamagedError | None = None
        with outputs:
            for path, _, _, _ in list_files(case):
                try:
                    report = case.read_report(path)
                except DamagedError as error:
                    damage, damaged_count = damage or error, damaged_count + 1
                    continue
                if report is None:
                    missing += 1
                else:
                    outputs.add(report, judgements_of(path))
                    count += 1
            outputs.finish()
        case.log(Kind.EXPORTED, {"outputs": outputs.digests, "reports": count, "shared": share})
    if missing:
        told = f"{count_of(missing, 'file is', 'files are')} to be read again and in no output"
        typer.echo(f"{told}; run `geoverify match … --case {escape_controls(str(case_file))}` first", err=True)
    if damage is not None:
        files_told = count_of(damaged_count, "report is", "reports are")
        rest = f"in no output, which hold the other {count}" if count else "nothing was written"
        raise DamagedError(f"{files_told} damaged: {rest}; {damage}") from damage
