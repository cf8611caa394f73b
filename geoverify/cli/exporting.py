"""What `match` and `export` share: the options that name outputs, and what goes into them beside the reports."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geoverify.cli.completion import complete_format
from geoverify.cli.placing import STDOUT, Target
from geoverify.errors import UsageError
from geoverify.text import escape_controls

if TYPE_CHECKING:
    from geoverify.case.store import Case
    from geoverify.model import MediaFile
    from geoverify.results import Judgement, Report

    JudgementsOf = Callable[[Path], tuple[Judgement, ...]]

THUMBNAIL_SIDE_PX = 320

FilesOption = Annotated[
    list[str] | None,
    typer.Option("-o", "--output", metavar="FILE", help="Write a file in the format of its suffix; may be repeated."),
]
FormatOption = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="NAME",
        help="The format of each -o whose suffix names none.",
        autocompletion=complete_format,
        show_default=False,
    ),
]
ShareOption = Annotated[
    bool, typer.Option("--share", help="Make copies fit to pass on: no names, no raw values, positions only as sites.")
]
ThumbnailsOption = Annotated[bool, typer.Option("--thumbnails", help="Put a small picture of each file into KMZ outputs.")]


def choose_targets(files: Sequence[str], format_name: str | None, named: Mapping[str, str | None]) -> list[Target]:
    """The outputs of a run: those of -o by their suffixes, and those of options that are `named` for their format.

    Raises `UsageError` for a suffix or a name that stands for no format.
    """
    targets = [Target(exporter, file, f"--{exporter}") for exporter, file in named.items() if file is not None]
    if not files:
        return targets
    from geoverify.exports import all_exporters, find_exporter

    if format_name is not None and format_name not in all_exporters():
        known = ", ".join(sorted(all_exporters()))
        raise UsageError(f"--format {escape_controls(format_name)}: no such format; there are {known}")
    for file in files:
        if file == STDOUT and format_name is None:
            raise UsageError(f"-o {STDOUT}: say in which format with --format, as in --format jsonl")
        targets.append(Target(find_exporter(file, format_name), file, "-o"))
    return targets


def check_sharing(targets: Sequence[Target], *, share: bool, thumbnails: bool, excel: bool) -> None:
    """Refuse options that cannot be meant; raises `UsageError`."""
    if share and not targets:
        raise UsageError("--share is about outputs; name one with -o FILE")
    if share and thumbnails:
        raise UsageError("--thumbnails: faces and places can be told from small pictures too; leave it out with --share")
    if thumbnails and not any(target.format == "kmz" for target in targets):
        raise UsageError("--thumbnails is about KMZ files; give it with -o FILE.kmz")
    if excel and not any(target.format.startswith("csv") for target in targets):
        raise UsageError("--excel is about CSV files; give it with --csv, --csv-evidence or -o FILE.csv")


def read_judgements(case: Case) -> JudgementsOf:
    """What people decided of each file of a case and of its copies, in the order in which they did."""
    from geoverify.case.decisions import Decision, group_standing, read_decisions
    from geoverify.case.store import key_of
    from geoverify.results import Judgement

    found: dict[str, list[Decision]] = {}
    for decision in read_decisions(case):
        found.setdefault(decision.subject, []).append(decision)
    standing = {item.number for items in group_standing(chain(*found.values())).values() for item in items}

    def convert(item: Decision) -> Judgement:
        return Judgement(
            entry=item.number,
            at=item.at,
            by=item.by,
            words=item.judgement,
            is_superseded=item.number not in standing,
            site_code=item.site,
            call=item.call,
            likelihood=item.likelihood,
            confidence=item.confidence,
            view_lat_deg=item.view.lat_deg if item.view else None,
            view_lon_deg=item.view.lon_deg if item.view else None,
            view_heading_deg=item.view.heading_deg if item.view else None,
        )

    def find(path: Path) -> tuple[Judgement, ...]:
        if not found:
            return ()
        row = case.find_file(path)
        subject = row.digest.hex if row is not None and row.digest is not None else key_of(path).hex()
        return tuple(map(convert, found.get(subject, ())))

    return find


def find_path(media: MediaFile) -> Path:
    """A file by the exact bytes of its name."""
    return Path(os.fsdecode(bytes.fromhex(media.path_bytes_hex)) if media.path_bytes_hex else media.path)


@contextmanager
def open_thumbnails(files: Sequence[Path], find: Callable[[Report], Path]) -> Iterator[Callable[[Report], bytes | None]]:
    """Small pictures of footage, decoded by guarded workers; only of bytes that are those of the report.

    `find` says where a report's file is now; the workers may read the folders of `files` and no other.
    """
    from geoverify.previews.making import open_preview_maker
    from geoverify.previews.worker import Previews
    from geoverify.settings import Settings

    with open_preview_maker([path.parent for path in files], Settings()) as maker:

        def make(report: Report) -> bytes | None:
            digest = report.media.digest
            answer = maker.make(find(report), count=1, side_px=THUMBNAIL_SIDE_PX)
            is_same = isinstance(answer, Previews) and digest is not None and answer.digest == digest.hex
            return answer.pictures[0].jpeg if isinstance(answer, Previews) and is_same and answer.pictures else None

        yield make
