"""`geoverify sites`: what the registers of reference sites hold, whether they can be used, and how to make one."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geoverify.cli.completion import complete_register, complete_site
from geoverify.cli.console import make_console, make_table
from geoverify.cli.registers import fetch_registers, fetch_with_references, url_of
from geoverify.cli.remark_lines import SHOWN_OF_A_KIND, count_levels, describe_remarks, exit_on_errors, format_remarks
from geoverify.cli.sites_diff import diff_sites
from geoverify.errors import UsageError
from geoverify.text import count_of, escape_controls

if TYPE_CHECKING:
    from geoverify.places import Intervention, ReferenceSite, Register, StatusPeriod

SCHEMA_VERSION = "1.0"

app = typer.Typer(
    name="sites",
    help="Registers of reference sites: list, show, check, import, diff.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _name_registers(fetch: Callable[..., Any]) -> Any:
    return typer.Option(
        "--sites",
        help="A register (GeoJSON), its URL, or the name of a shipped one; may be repeated.",
        show_default=False,
        autocompletion=complete_register,
        callback=fetch,
    )


SitesOption = Annotated[list[str] | None, _name_registers(fetch_registers)]
# For commands that look at reference photographs, too.
ReferencedSitesOption = Annotated[list[str] | None, _name_registers(fetch_with_references)]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]


def list_sites(sites: SitesOption = None, as_json: JsonOption = False) -> None:
    """List every site of a register, one line each.

    Example:

      geoverify sites list --sites demo --sites mine.geojson
    """
    register = _load(sites)
    if as_json:
        from geoverify.register.sites import describe_site

        return _print_json(
            {"registers": _describe_registers(register), "sites": [describe_site(site) for site in register.sites]}
        )
    rows = [
        (site.code, site.name if site.names else "-", site.locality or "-", _summarise_status(site), _summarise_footprint(site))
        for site in register.sites
    ]
    console = make_console()
    console.print(make_table(("code", "name", "town", "status (since)", "footprint"), rows, console.width))
    console.print()
    for line in _describe_origins(register):
        console.print(line, soft_wrap=True)
    return None


def show_site(
    code: Annotated[
        str, typer.Argument(help="The site's code, or a former one.", show_default=False, autocompletion=complete_site)
    ],
    sites: SitesOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show everything that a register says of one site.

    Example:

      geoverify sites show DM01 --sites demo
    """
    register = _load(sites)
    found = [site for site in register.sites if site.code == code]
    found = found or [site for site in register.sites if code in site.former_codes]
    if not found:
        raise UsageError(f"{escape_controls(code)}: no site has this code; geoverify sites list shows all")
    if as_json:
        from geoverify.register.sites import describe_site

        return _print_json({"registers": _describe_registers(register), "sites": [describe_site(site) for site in found]})
    for site in found:
        for line in _describe_site(site):
            typer.echo(escape_controls(line))
    return None


def check_register(
    file: Annotated[
        str,
        typer.Argument(
            help="A register (GeoJSON), its URL, or the name of a shipped one.", show_default=False, callback=fetch_registers
        ),
    ],
    as_json: JsonOption = False,
    show_all: Annotated[bool, typer.Option("--all", help=f"Print more than {SHOWN_OF_A_KIND} remarks of a kind.")] = False,
) -> None:
    """Say what is wrong or doubtful in a register, where, and how to put it right; exit with 2 on errors.

    Example:

      geoverify sites check mine.geojson
    """
    from geoverify.register.checks import check_document
    from geoverify.register.document import read_document
    from geoverify.register.load import resolve_register

    document = read_document(resolve_register(file))
    remarks = check_document(document)
    if as_json:
        members: dict[str, Any] = {"path": url_of(document.path), "title": document.file.title, "edition": document.file.edition}
        members |= {"sha256": document.digest.hex, "site_count": len(document.file.features)}
        _print_json({**members, **describe_remarks(remarks)})
    else:
        for line in format_remarks(remarks, show_all):
            typer.echo(line)
        typer.echo(f"{escape_controls(url_of(file))}: {count_of(len(document.file.features), 'site')}, {count_levels(remarks)}")
    exit_on_errors(remarks)


def import_sites(
    file: Annotated[
        Path, typer.Argument(help="GeoJSON, KML, KMZ, GeoPackage, Shapefile (or a zip of it) or CSV.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("-o", "--output", help="Where to write the register.", show_default=False)],
    columns: Annotated[
        list[str] | None, typer.Option("--map", metavar="MEMBER=COLUMN,…", help="Which column is what.", show_default=False)
    ] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Repair what can be repaired, and say what was done.")] = False,
    layer: Annotated[str | None, typer.Option("--layer", help="Only this layer or folder.", show_default=False)] = None,
    crs: Annotated[
        str | None, typer.Option("--crs", metavar="EPSG:N", help="The coordinate system, if the file states none.")
    ] = None,
    title: Annotated[str, typer.Option(help="The register's title.", show_default="the file's")] = "",
    edition: Annotated[str, typer.Option(help="Its edition.", show_default="today")] = "",
    licence: Annotated[str, typer.Option(help="Under which terms its content may be used.", show_default=False)] = "",
    compiled_by: Annotated[str, typer.Option(help="Who made it.", show_default=False)] = "",
    source: Annotated[str, typer.Option(help="The source of every record that names none.", show_default=False)] = "",
    region: Annotated[
        str | None, typer.Option(metavar="W,S,E,N", help="The region of interest as a box in degrees.", show_default=False)
    ] = None,
    time_zone: Annotated[str, typer.Option(help="The IANA time zone of the sites.", show_default=False)] = "",
    boundary_error_m: Annotated[
        float | None,
        typer.Option(min=0.1, help="How far off a footprint may be.", show_default="300 for points, 40 for outlines"),
    ] = None,
    sensitivity: Annotated[str, typer.Option(help="Who may see the records: public, restricted, confidential.")] = "restricted",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the output if it exists.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Make a register of somebody else's file, and check it; exit with 2 if it has errors that are left to you.

    Columns are known by their usual names; --map names the others. What no member takes is kept under attributes.

    Example:

      geoverify sites import pins.csv -o mine.geojson --map code=id,status=site_status --source "…" --fix
    """
    from geoverify.register.importing.columns import parse_map
    from geoverify.register.importing.importer import ImportOptions, import_register
    from geoverify.register.writing import write_register

    members = {"title": title, "edition": edition, "licence": licence, "compiled_by": compiled_by, "source": source}
    options = ImportOptions(
        columns=parse_map(columns or ()),
        layer=layer,
        epsg=_parse_crs(crs),
        members={**members, "time_zone": time_zone, "region": _parse_region(region)},
        boundary_error_m=boundary_error_m,
        sensitivity=sensitivity,
        fix=fix,
    )
    imported = import_register(file, options, dt.date.today().isoformat())
    write_register(imported.data, out, overwrite)
    count = len(imported.document["features"])
    if as_json:
        _print_json({"path": str(out), "site_count": count, "notes": imported.notes, **describe_remarks(imported.remarks)})
    else:
        for note in imported.notes:
            typer.echo(escape_controls(note), err=True)
        for line in format_remarks(imported.remarks, show_all=False):
            typer.echo(line, err=True)
        typer.echo(f"{count_of(count, 'site')} written to {escape_controls(str(out))}; {count_levels(imported.remarks)}")
    exit_on_errors(imported.remarks)


app.command("list")(list_sites)
app.command("show")(show_site)
app.command("check")(check_register)
app.command("import")(import_sites)
app.command("diff")(diff_sites)


def _load(names: Sequence[str] | None) -> Register:
    from geoverify.register.load import default_register_path, load_registers, resolve_register

    register = load_registers([resolve_register(name) for name in names] if names else [default_register_path()])
    for note in register.notes:
        typer.echo(escape_controls(note), err=True)
    return register


def _parse_crs(text: str | None) -> int | None:
    if text is None:
        return None
    number = text.upper().removeprefix("EPSG:").strip()
    if not (number.isascii() and number.isdigit() and len(number) <= 6):
        raise UsageError(f"--crs {escape_controls(text)}: write EPSG and a number, such as EPSG:32648 (UTM zone 48N)")
    return int(number)


def _parse_region(text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        west = south = east = north = float("nan")
    if not (-180.0 <= west < east <= 180.0 and -90.0 <= south < north <= 90.0):
        raise UsageError(
            f"--region {escape_controls(text)}: write WEST,SOUTH,EAST,NORTH in degrees, such as 102.2,9.8,107.8,14.8"
        )
    return {"type": "Polygon", "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]]}


def _print_json(content: dict[str, Any]) -> None:
    typer.echo(json.dumps({"schema_version": SCHEMA_VERSION, **content}, indent=2, ensure_ascii=True))


def _describe_registers(register: Register) -> list[dict[str, Any]]:
    return [
        {
            "title": info.title,
            "edition": info.edition,
            "sha256": info.digest.hex,
            "site_count": info.site_count,
            "path": url_of(info.path),
        }
        for info in register.infos
    ]


def _describe_origins(register: Register) -> Iterator[str]:
    for info in register.infos:
        count = count_of(info.site_count, "site")
        licence = f"; {info.licence}" if info.licence else ""
        yield escape_controls(f"{info.title}, edition {info.edition} ({count}{licence}; SHA-256 {info.digest.hex[:16]}…)")


def _summarise_status(site: ReferenceSite) -> str:
    current = [period for period in site.status_history if period.to_date is None] or list(site.status_history[-1:])
    return (
        ", ".join(f"{period.status} ({period.from_date.year})" if period.from_date else period.status for period in current)
        or "-"
    )


def _summarise_footprint(site: ReferenceSite) -> str:
    return f"{site.footprint_kind.value}, ±{site.boundary_error_m:g} m{', fictional' if site.fictional else ''}"


def _describe_site(site: ReferenceSite) -> Iterator[str]:
    from geoverify import geo

    lat_deg, lon_deg = geo.centre(site.footprint)
    yield f"{site.code}{' (FICTIONAL)' if site.fictional else ''}"
    yield f"  register       {site.register_title}, edition {site.register_edition}"
    for label, texts in (
        ("former codes", site.former_codes),
        ("town", (", ".join(text for text in (site.locality, site.country) if text),)),
        ("moved from", site.relocated_from),
        ("moved to", site.relocated_to),
    ):
        if any(texts):
            yield f"  {label:<14} {', '.join(texts)}"
    for name in site.names:
        kind = ", ".join(text for text in (name.kind, name.lang, name.script) if text)
        yield f"  name           {name.text} ({kind})"
    for period in site.status_history:
        yield f"  status         {period.status}{_describe_span(period)}{f': {period.source}' if period.source else ''}"
    for intervention in site.interventions:
        words = intervention.kind.replace("_", " ")
        yield f"  state          {words}{_describe_span(intervention)}{f': {intervention.source}' if intervention.source else ''}"
    yield f"  footprint      {_summarise_footprint(site)}, {site.footprint.geom_type} around {lat_deg:.5f}, {lon_deg:.5f}"
    if site.footprint.area > 0.0:
        yield f"  area           {geo.geodesic_area_m2(site.footprint):,.0f} m²"
    if site.imagery_date:
        yield f"  imagery        {site.imagery_date.isoformat()}"
    for part in site.parts:
        yield f"  part           {part.name} ({part.kind})"
    for source in site.sources:
        precision = f" (precise to {source.precision_m:g} m)" if source.precision_m else ""
        yield f"  source         {source.citation}{precision}{f' {source.url}' if source.url else ''}"
    yield f"  time zone      {site.time_zone or 'not stated'}"
    yield f"  sensitivity    {site.sensitivity}"
    if site.notes:
        yield f"  notes          {site.notes}"
    for key, text in site.attributes:
        yield f"  {key:<14} {text}"


def _describe_span(period: StatusPeriod | Intervention) -> str:
    if period.from_text and period.to_text:
        return f" {period.from_text} to {period.to_text}"
    return f" from {period.from_text}" if period.from_text else f" until {period.to_text}" if period.to_text else ""
