"""`geoverify report`: a case as a page that people read."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geoverify.cli.case import CaseArgument
from geoverify.cli.sites import SitesOption
from geoverify.errors import NothingReadableError, UsageError
from geoverify.text import escape_controls

if TYPE_CHECKING:
    from geoverify.pages.sections import Picture
    from geoverify.results import Report

PAGE_SUFFIXES = (".html", ".htm")
# With more files than this, pictures are put into the page only where they are asked for.
MAX_PICTURED_FILES = 200
PICTURE_COUNT, PICTURE_SIDE_PX = 3, 480
# What the counts, tables and lists of the page do not tell by themselves.
SENTENCE_KEYS = frozenset({"overview", "copies", "same_post", "window", "outside", "possible", "undated"})


def write_report(
    case_file: CaseArgument,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE.html|DIR", help="One file, or a new folder with a page a file.")
    ],
    sites: SitesOption = None,
    language: Annotated[str, typer.Option("--lang", help="The language of the page: en or fr.")] = "en",
    title: Annotated[str, typer.Option("--title", help="The page's title.", show_default="by the language")] = "",
    pictures: Annotated[
        bool | None,
        typer.Option(
            "--pictures/--no-pictures",
            help="Put small frames of the footage in, where it is at hand.",
            show_default=f"up to {MAX_PICTURED_FILES} files",
        ),
    ] = None,
    tiles: Annotated[
        str | None,
        typer.Option(
            "--tiles", metavar="URL", help="Load map tiles from this https address ({z}/{x}/{y}) when the page is opened."
        ),
    ] = None,
    basemap: Annotated[
        Path | None,
        typer.Option("--basemap", metavar="FILE", help="Put the tiles of this MBTiles file around the sites behind the map."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file if it exists.")] = False,
) -> None:
    """Write a case as a page to read, print and pass on: counts, map, and for each file the evidence for and against.

    The page loads nothing from outside and works without a network. Outlines come from the registers that the files were matched
    with; give your own with --sites.

    Example:

      geoverify report my.gvcase -o report.html --sites mine.geojson
    """
    from geoverify.case.custody import Kind, read_entries
    from geoverify.case.decisions import read_decisions
    from geoverify.case.pictures import find_picture, list_picture_folders
    from geoverify.case.store import list_files, open_case
    from geoverify.casework import read_reports
    from geoverify.cli.case_reading import find_copies
    from geoverify.pages.basemap import read_basemap
    from geoverify.pages.catalogue import load_catalogue
    from geoverify.pages.logbook import read_logbook
    from geoverify.pages.outlines import find_outlines
    from geoverify.pages.writing import Case, Source, render_page, write_folder
    from geoverify.register.load import resolve_register
    from geoverify.tally.sentences import make_sentences
    from geoverify.tally.summary import tally_case

    words = load_catalogue(language)
    _check_tiles(tiles)
    if str(output) == "-":
        raise UsageError("-o -: a page is a file or a folder; name one")
    if not case_file.is_file():
        raise UsageError(f"{escape_controls(str(case_file))}: no such case; give the file that was named with match --case")
    with open_case(case_file) as case:
        paths = [path for path, _, verdict, _ in list_files(case) if verdict]
        if not paths:
            raise NothingReadableError(f"{escape_controls(str(case_file))}: no file has a report yet; run match --case first")
        _check_output(output, [case_file, *paths], overwrite=overwrite)
        infos = {info.digest: info for report in read_reports(case, paths) for info in report.registers}
        outlines = find_outlines(list(infos.values()), [resolve_register(name) for name in sites or []])
        sentences = make_sentences(tally_case(case, sites=outlines.sites.values(), doubles=find_copies(case, None)), listed=0)
        wants_pictures = len(paths) <= MAX_PICTURED_FILES if pictures is None else pictures
        about = Case(
            name=case_file.name,
            title=title or words.text("title"),
            made_at=dt.datetime.now(dt.UTC),
            tiles=tiles,
            sentences=tuple(item.text for item in sentences if item.key in SENTENCE_KEYS),
            basemap=None if basemap is None else read_basemap(basemap, outlines.sites.values()),
        )
        folders = list_picture_folders(case)

        def read_picture(name: str) -> bytes | None:
            path = find_picture(folders, name)
            return path.read_bytes() if path is not None else None

        with _open_pictures(paths if wants_pictures else []) as take_pictures:
            source = Source(
                paths=paths,
                reports=read_reports(case, paths),
                outlines=outlines,
                book=read_logbook(read_entries(case.connection), read_decisions(case)),
                take_pictures=take_pictures,
                find_picture=read_picture if wants_pictures else None,
            )
            if output.suffix.lower() in PAGE_SUFFIXES:
                size = _write_page(output, render_page(about, source, words))
            else:
                size = write_folder(about, source, words, output)
        case.log(Kind.EXPORTED, {"report": output.name, "files": len(paths), "language": language, "pictures": wants_pictures})
    if about.basemap is not None and about.basemap.left_out:
        typer.echo(f"{about.basemap.left_out} tiles of the basemap found no room in the page", err=True)
    if tiles is not None:
        typer.echo(
            f"who runs {escape_controls(about.tiles_host or '')} will see which places a reader of this page looks at", err=True
        )
    typer.echo(f"{escape_controls(str(output))}: {len(paths)} files, {size / 1e6:.1f} MB")


def _check_tiles(tiles: str | None) -> None:
    from urllib.parse import urlsplit

    if tiles is None:
        return
    parts = urlsplit(tiles)
    is_plain = all(char.isalnum() or char in "-.:" for char in parts.netloc)
    if parts.scheme != "https" or not parts.netloc or not is_plain or "{z}" not in tiles:
        raise UsageError(f"--tiles {escape_controls(tiles)}: give an https address with {{z}}, {{x}} and {{y}} in it")


def _check_output(output: Path, inputs: Sequence[Path], *, overwrite: bool) -> None:
    shown = escape_controls(str(output))
    if os.path.realpath(output) in {os.path.realpath(path) for path in inputs}:
        raise UsageError(f"{shown}: is the case or footage and would be lost; write to another file")
    if output.suffix.lower() in PAGE_SUFFIXES and output.exists() and not (overwrite and output.is_file()):
        raise UsageError(f"{shown}: is there already; name another file, or give --overwrite")


def _write_page(output: Path, text: str) -> int:
    """Write the page beside its place first, so that an older one is replaced only by a whole new one."""
    data = text.encode("utf-8")
    part = output.with_name(f"{output.name}.part")
    try:
        # What a report tells is as sensitive as the case: only its owner may read a new one.
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
        part.replace(output)
    except OSError as error:
        raise UsageError(f"{escape_controls(str(output))}: cannot be written ({error.strerror}); choose another file") from error
    return len(data)


@contextmanager
def _open_pictures(paths: Sequence[Path]) -> Iterator[Callable[[Path, Report], tuple[Picture, ...]] | None]:
    """What makes small pictures of footage that is still what the report is about, behind the walls."""
    from geoverify.pages.sections import Picture
    from geoverify.previews.making import open_preview_maker
    from geoverify.previews.worker import NoPreview
    from geoverify.settings import Settings

    present = [path for path in paths if path.is_file()]
    if not present:
        yield None
        return
    with open_preview_maker(sorted({path.parent for path in present}), Settings()) as maker:

        def take(path: Path, report: Report) -> tuple[Picture, ...]:
            if report.media.digest is None or not path.is_file():
                return ()
            answer = maker.make(path, count=PICTURE_COUNT, side_px=PICTURE_SIDE_PX)
            if isinstance(answer, NoPreview) or answer.digest != report.media.digest.hex:
                return ()
            return tuple(
                Picture(time_s=item.time_s, width_px=item.width_px, height_px=item.height_px, jpeg=item.jpeg)
                for item in answer.pictures
            )

        yield take
