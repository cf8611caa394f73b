"""`geoverify report`: a case as a page that people read."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geoverify.cli.case import CaseArgument, refuse_missing
from geoverify.cli.placing import STDOUT, Target, check_targets, write_files
from geoverify.cli.sites import SitesOption
from geoverify.errors import NothingReadableError, UsageError
from geoverify.text import count_of, escape_controls

if TYPE_CHECKING:
    from geoverify.pages.sections import Picture
    from geoverify.results import Report

# What an address can be written with (RFC 3986), and the braces of its places.
_ADDRESS = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&()*+,;=%{}]", re.ASCII)
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
    share: Annotated[
        bool, typer.Option("--share", help="Make a page fit to pass on: no names, raw values, pictures; positions as sites.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file if it exists.")] = False,
) -> None:
    """Write a case as a page to read, print and pass on: counts, map, and for each file the evidence for and against.

    The page loads nothing from outside and works without a network. Outlines come from the registers that the files were matched
    with; give your own with --sites.

    \b
    Examples:
      geoverify report my.gvcase -o report.html --sites mine.geojson
      geoverify report my.gvcase -o partner.html --share    a page without names, pictures and exact positions
    """
    from geoverify.case.custody import Kind, read_entries
    from geoverify.case.decisions import read_decisions
    from geoverify.case.pictures import find_picture, list_picture_folders
    from geoverify.case.store import list_files, open_case
    from geoverify.casework import read_reports
    from geoverify.cli.case_reading import find_case_registers, find_copies
    from geoverify.cli.shared_page import make_shared_source
    from geoverify.pages.basemap import read_basemap
    from geoverify.pages.catalogue import load_catalogue
    from geoverify.pages.logbook import read_logbook
    from geoverify.pages.outlines import Outlines
    from geoverify.pages.writing import Case, Source, render_page, write_folder
    from geoverify.sharing.sharer import Sharer
    from geoverify.tally.sentences import make_sentences
    from geoverify.tally.summary import tally_case

    if share and pictures:
        raise UsageError("--pictures: faces and places can be told from pictures; leave it out with --share")
    words = load_catalogue(language)
    _check_tiles(tiles)
    if str(output) == STDOUT:
        raise UsageError("-o -: a page is a file or a folder; name one")
    refuse_missing(case_file)
    with open_case(case_file) as case:
        paths = [path for path, _, verdict, _ in list_files(case) if verdict]
        if not paths:
            raise NothingReadableError(f"{escape_controls(str(case_file))}: no file has a report yet; run match --case first")
        target = Target("html", str(output), "-o", replaces=overwrite)
        is_page = output.suffix.lower() in PAGE_SUFFIXES
        if is_page:
            check_targets([target], case_files=[case_file])
        editions = find_case_registers(case, sites)
        register = editions.load()
        known = register.sites if register else ()
        maker = Sharer(known, case.share_secret()) if share else None
        shown = known if maker is None else maker.share_sites(known)
        outlines = Outlines(sites={site.code: site for site in shown}, missing=editions.missing)
        wants_pictures = not share and (len(paths) <= MAX_PICTURED_FILES if pictures is None else pictures)
        folders = list_picture_folders(case)

        def read_picture(name: str) -> bytes | None:
            path = find_picture(folders, name)
            return path.read_bytes() if path is not None else None

        if maker is None:
            sentences = make_sentences(tally_case(case, sites=known, doubles=find_copies(case, None)), listed=0)
            source = Source(
                paths=paths,
                reports=read_reports(case, paths),
                outlines=outlines,
                book=read_logbook(read_entries(case.connection), read_decisions(case)),
                find_picture=read_picture if wants_pictures else None,
            )
        else:
            source, sentences = make_shared_source(case, paths, maker, outlines)
        about = Case(
            name="" if share else case_file.name,
            title=title or words.text("title"),
            made_at=dt.datetime.now(dt.UTC),
            tiles=tiles,
            sentences=tuple(item.text for item in sentences if item.key in SENTENCE_KEYS),
            basemap=None if basemap is None else read_basemap(basemap, outlines.sites.values()),
            is_copy=share,
        )
        with _open_pictures(paths if wants_pictures else []) as take_pictures:
            source = replace(source, take_pictures=take_pictures)
            if is_page:
                data = render_page(about, source, words).encode("utf-8")
                write_files({target: data}, case_files=[case_file], share=share)
                size = len(data)
            else:
                size = write_folder(about, source, words, output)
        body = {"report": output.name, "files": len(paths), "language": language, "pictures": wants_pictures, "shared": share}
        case.log(Kind.EXPORTED, body)
    if about.basemap is not None and about.basemap.left_out:
        typer.echo(f"{count_of(about.basemap.left_out, 'tile')} of the basemap found no room in the page", err=True)
    if tiles is not None:
        typer.echo(
            f"who runs {escape_controls(about.tiles_host or '')} will see which places a reader of this page looks at", err=True
        )
    typer.echo(f"{escape_controls(str(output))}: {count_of(len(paths), 'file')}, {size / 1e6:.1f} MB")


def _check_tiles(tiles: str | None) -> None:
    from urllib.parse import urlsplit

    if tiles is None:
        return
    shown = f"--tiles {escape_controls(tiles)}"
    if unfit := sorted({char for char in tiles if not _ADDRESS.fullmatch(char)}):
        raise UsageError(
            f"{shown}: an address cannot hold {escape_controls(' '.join(map(repr, unfit)))}; write it as a browser does"
        )
    try:
        parts = urlsplit(tiles)
        is_plain = parts.port is None or parts.port > 0
    except ValueError as error:
        raise UsageError(
            f"{shown}: no address ({error}); give one like https://tiles.example.org/{{z}}/{{x}}/{{y}}.png"
        ) from error
    is_plain = is_plain and all(char.isalnum() or char in "-.:" for char in parts.netloc)
    has_all = all(place in tiles for place in ("{z}", "{x}", "{y}"))
    if parts.scheme != "https" or not parts.netloc or not is_plain or not has_all:
        raise UsageError(f"{shown}: give an https address with {{z}}, {{x}} and {{y}} in it")


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
