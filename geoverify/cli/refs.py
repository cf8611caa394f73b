"""`geoverify refs`: the reference photographs of a register's sites, and the index that footage is matched with."""

from __future__ import annotations

import datetime as dt
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geoverify.cli.completion import complete_case, complete_register, complete_site
from geoverify.cli.console import make_console, make_table
from geoverify.cli.reference_index import find_lag
from geoverify.cli.registers import fetch_with_references, url_of
from geoverify.cli.remark_lines import SHOWN_OF_A_KIND, count_levels, describe_remarks, exit_on_errors, format_remarks
from geoverify.errors import NothingReadableError, UsageError
from geoverify.text import count_of, escape_controls

if TYPE_CHECKING:
    from geoverify.register.references import Reference

SCHEMA_VERSION = "1.0"
SHOWN_DIGEST_CHARS = 16

app = typer.Typer(
    name="refs",
    help="Reference photographs of sites: add, list, check, remove, build the index of them.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

OwnSitesOption = Annotated[
    str, typer.Option("--sites", metavar="FILE", help="The register whose references these are: a file of yours.")
]
AnySitesOption = Annotated[
    str,
    typer.Option(
        "--sites",
        metavar="FILE",
        help="The register, its URL, or the name of a shipped one.",
        show_default=False,
        autocompletion=complete_register,
        callback=fetch_with_references,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]


def add(
    code: Annotated[str, typer.Argument(help="The site's code.", show_default=False, autocompletion=complete_site)],
    photos: Annotated[list[Path], typer.Argument(metavar="PHOTO…", help="Photographs that show it.", show_default=False)],
    sites: OwnSitesOption,
    part: Annotated[str, typer.Option(help="The named part that they show, as the register names it.", show_default=False)] = "",
    position: Annotated[str | None, typer.Option(metavar="LAT,LON", help="Where the camera stood.", show_default=False)] = None,
    heading_deg: Annotated[
        float | None, typer.Option("--heading", metavar="DEG", help="Where it looked, clockwise from true north.")
    ] = None,
    taken: Annotated[str, typer.Option(metavar="DATE", help="When: YYYY, YYYY-MM or YYYY-MM-DD.", show_default=False)] = "",
    by: Annotated[str, typer.Option(help="Who took them.", show_default=False)] = "",
    source: Annotated[str, typer.Option(help="Where they were found.", show_default=False)] = "",
    licence: Annotated[str, typer.Option(help="Under which terms they may be used.", show_default=False)] = "",
    at_s: Annotated[
        float | None, typer.Option("--at", metavar="SECONDS", help="Of a video, take the frame of this second.", min=0.0)
    ] = None,
    case_file: Annotated[
        Path | None,
        typer.Option(
            "--from-case",
            metavar="CASE",
            help="The files are footage that was accepted in this case (case decide).",
            autocompletion=complete_case,
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Keep photographs as references of a site, with who took them, when, and where they are from.

    The files are copied under their digests into a folder beside the register; the originals stay as they are.

    Example:

      geoverify refs add DM01 gate.jpg --sites mine.geojson --part "East gate" --by "A. Writer" --source https://example.org/1
      geoverify refs add DM01 clip.mp4 --at 12.5 --from-case my.gvcase --sites mine.geojson
    """
    from geoverify.batch import discover_files
    from geoverify.references.acceptance import find_accepted
    from geoverify.references.intake import add_references, check_place
    from geoverify.register.load import load_register
    from geoverify.register.references import Reference, resolve_own_register
    from geoverify.settings import Settings

    path = resolve_own_register(sites)
    check_place(load_register(path), code, part)
    lat_deg, lon_deg = _parse_position(position)
    template = Reference(
        site_code=code,
        digest="",
        media_type="",
        width_px=0,
        height_px=0,
        part=part,
        lat_deg=lat_deg,
        lon_deg=lon_deg,
        heading_deg=_check_heading(heading_deg),
        taken=_check_date(taken),
        by=by,
        source=source,
        licence=licence,
        added=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    )
    files = discover_files(photos)
    accepted = None if case_file is None else find_accepted(case_file, code, files)
    results = add_references(path, files, template, at_s, Settings(), accepted)
    added = [result.reference for result in results if result.reference is not None]
    if as_json:
        rows = [
            {"path": str(result.path), "digest": result.reference and result.reference.digest, "message": result.message}
            for result in results
        ]
        _print_json({"added_count": len(added), "photos": rows})
    else:
        for result in results:
            if result.message:
                typer.echo(f"{escape_controls(str(result.path))}: {escape_controls(result.message)}", err=True)
        typer.echo(f"{count_of(len(added), 'reference')} of {code} added; geoverify refs build makes them ready for matching")
    if not added:
        raise NothingReadableError("no reference was added; see what is said of each photo")


def list_references(sites: AnySitesOption, as_json: JsonOption = False) -> None:
    """List the references of a register, one line each, and whether the index is up to date.

    Example:

      geoverify refs list --sites mine.geojson
    """
    import msgspec

    from geoverify.register.load import resolve_register
    from geoverify.register.references import find_references, load_references

    path = resolve_register(sites)
    references = load_references(path)
    lag = find_lag(path, references)
    if as_json:
        states = {"index": find_references(path) is not None, "index_is_current": not lag}
        _print_json({**states, "references": msgspec.to_builtins(list(references))})
        return
    console = make_console()
    columns = ("site", "part", "digest", "size", "taken", "by", "from")
    console.print(make_table(columns, [_row(reference) for reference in references], console.width))
    console.print()
    built = f"{lag}: geoverify refs build" if lag else "the index is up to date"
    console.print(f"{count_of(len(references), 'reference')} of {_count_sites(references)}; {built}", soft_wrap=True)


def check(
    sites: AnySitesOption,
    as_json: JsonOption = False,
    show_all: Annotated[bool, typer.Option("--all", help=f"Print more than {SHOWN_OF_A_KIND} remarks of a kind.")] = False,
    jobs: Annotated[int, typer.Option("--jobs", min=1, max=64, help="Worker processes.")] = 1,
) -> None:
    """Say which references are blurred, tiny, covered, featureless, doubled, or match those of another site.

    Example:

      geoverify refs check --sites mine.geojson
    """
    from geoverify.references.checks import check_references
    from geoverify.register.load import load_register, resolve_register
    from geoverify.register.references import load_references
    from geoverify.settings import Settings

    path = resolve_register(sites)
    remarks = check_references(path, load_register(path), Settings(), jobs)
    count = len(load_references(path))
    if as_json:
        _print_json({"path": url_of(str(path)), "reference_count": count, **describe_remarks(remarks)})
    else:
        for line in format_remarks(remarks, show_all):
            typer.echo(line)
        typer.echo(f"{escape_controls(url_of(sites))}: {count_of(count, 'reference')}, {count_levels(remarks)}")
    exit_on_errors(remarks)


def remove(
    digests: Annotated[list[str], typer.Argument(metavar="DIGEST…", help="Beginnings of digests, 8 characters and more.")],
    sites: OwnSitesOption,
    code: Annotated[
        str | None, typer.Option("--site", metavar="CODE", help="Only as references of this site.", autocompletion=complete_site)
    ] = None,
) -> None:
    """Take references out; a photo's file goes with the last record that names it.

    Example:

      geoverify refs remove 3f2a9c10 --sites mine.geojson
    """
    from geoverify.references.intake import remove_references
    from geoverify.register.references import resolve_own_register

    gone = remove_references(resolve_own_register(sites), [digest.lower() for digest in digests], code)
    typer.echo(f"{count_of(len(gone), 'reference')} removed; geoverify refs build brings the index up to date")


def build(
    sites: OwnSitesOption,
    afresh: Annotated[bool, typer.Option("--afresh", help="Look at every photo again, not only at new ones.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Make the index that footage is matched with; `geoverify match --sites` then uses it by itself.

    Example:

      geoverify refs build --sites mine.geojson
    """
    from geoverify.media import open_media
    from geoverify.references.building import build_references
    from geoverify.register.references import resolve_own_register
    from geoverify.settings import Settings

    built = build_references(resolve_own_register(sites), Settings(), afresh=afresh)
    with open_media(built.path) as (index, _):
        digest = index.digest.hex if index.digest else ""
        size = index.size_bytes
    if as_json:
        counts = {"photo_count": built.photo_count, "site_count": built.site_count, "new_count": built.new_count}
        _print_json({"path": str(built.path), "sha256": digest, "size_bytes": size, **counts})
        return
    typer.echo(
        f"{escape_controls(str(built.path))}: {count_of(built.photo_count, 'photo')} of {count_of(built.site_count, 'site')} "
        f"({built.new_count} looked at anew), {size} bytes, sha256 {digest}"
    )


app.command("add")(add)
app.command("list")(list_references)
app.command("check")(check)
app.command("remove")(remove)
app.command("build")(build)


def _parse_position(text: str | None) -> tuple[float | None, float | None]:
    if text is None:
        return None, None
    try:
        lat_deg, lon_deg = (float(part) for part in text.split(","))
    except ValueError:
        lat_deg = lon_deg = math.nan
    if not (-90.0 <= lat_deg <= 90.0 and -180.0 <= lon_deg <= 180.0):
        raise UsageError(
            f"--position {escape_controls(text)}: write latitude and longitude in degrees, such as 10.60912,103.52977"
        )
    return lat_deg, lon_deg


def _check_heading(heading_deg: float | None) -> float | None:
    if heading_deg is not None and not 0.0 <= heading_deg <= 360.0:
        raise UsageError(f"--heading {heading_deg:g}: give degrees from 0 to 360, clockwise from true north")
    return None if heading_deg is None else heading_deg % 360.0


def _check_date(text: str) -> str:
    from geoverify.register.dates import parse_span

    try:
        if text:
            parse_span(text)
    except ValueError as error:
        raise UsageError(f"--taken {escape_controls(str(error))}") from error
    return text


def _row(reference: Reference) -> tuple[str, ...]:
    derived = reference.derived_from
    where = reference.source or "-"
    if derived is not None:
        at = "" if derived.time_s is None else f" at {derived.time_s:g} s"
        where += f" ({derived.kind}{at} of {derived.digest[:SHOWN_DIGEST_CHARS]}…)"
    size = f"{reference.width_px}×{reference.height_px}"
    digest = f"{reference.digest[:SHOWN_DIGEST_CHARS]}…"
    return reference.site_code, reference.part or "-", digest, size, reference.taken or "-", reference.by or "-", where


def _count_sites(references: tuple[Reference, ...]) -> str:
    return count_of(len({reference.site_code for reference in references}), "site")


def _print_json(content: dict[str, Any]) -> None:
    typer.echo(json.dumps({"schema_version": SCHEMA_VERSION, **content}, indent=2, ensure_ascii=True))
