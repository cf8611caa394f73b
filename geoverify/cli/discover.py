"""`geoverify discover`: places that no register lists, as the footage of a case shows them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geoverify.cli.case import CaseArgument
from geoverify.cli.case_reading import MAX_COMPARED, Copies
from geoverify.cli.placing import STDOUT, Target, check_targets, write_files
from geoverify.cli.tables import encode_json
from geoverify.errors import DamagedError
from geoverify.text import count_of, escape_controls

if TYPE_CHECKING:
    from geoverify.case.store import Case
    from geoverify.discovery import Cluster, Discovery, LeftOut
    from geoverify.results import Report

SCHEMA_VERSION = "1.1"
WARNING = "a cluster may be somebody's home, a shelter or a hiding place: keep it to yourself until you know what stands there"


def discover(
    case_file: CaseArgument,
    radius_m: Annotated[
        float, typer.Option("--radius-m", min=1, max=5000, help="How far apart footage of one place lies.")
    ] = 150,
    min_files: Annotated[int, typer.Option("--min-files", min=1, help="Independent footage that makes a candidate.")] = 2,
    copies: Annotated[
        Copies | None,
        typer.Option("--copies", help=f"What is one footage.  [default: alike, over {MAX_COMPARED:,} files exact]"),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write the candidates as a draft of a register.", show_default=False),
    ] = None,
    json_file: Annotated[
        str | None, typer.Option("--json", metavar="FILE", help="Write everything as JSON; - for stdout and nothing else there.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the draft if it exists.")] = False,
) -> None:
    """Find places outside every footprint at which several files were shot, by their devices' own fixes.

    Counts independent footage as `summary` does: copies count once, and so do the files of one post.
    What is found is a question, not a finding: a cluster may be somebody's home.

    Example:

      geoverify discover my.gvcase --min-files 3 -o draft.geojson
    """
    from geoverify.case.store import look_at_case
    from geoverify.cli.case_reading import find_copies
    from geoverify.discovery import discover, draft_register
    from geoverify.register.writing import format_register

    table = None if json_file is None else Target("json", json_file, "--json")
    draft = None if output is None else Target("register", str(output), "-o", replaces=overwrite)
    check_targets([target for target in (table, draft) if target is not None], case_files=[case_file])
    with look_at_case(case_file) as case:
        damage = doubles = None
        try:
            doubles = find_copies(case, copies)
        except DamagedError as error:
            # Bytes are compared without it.
            damage = error
        discovery = discover(_read_reports(case), radius_m, min_files, doubles)
    contents = {}
    if table is not None:
        contents[table] = encode_json({"schema_version": SCHEMA_VERSION, "warning": WARNING, "discovery": discovery})
    if draft is not None and discovery.clusters:
        contents[draft] = format_register(draft_register(discovery, dt.date.today()))
    write_files(contents, case_files=[case_file])
    if json_file != STDOUT:
        for line in _describe(discovery, output):
            typer.echo(escape_controls(line))
    if discovery.clusters:
        typer.echo(f"warning: {WARNING}", err=True)
    if damage is not None:
        raise DamagedError(f"looked for, but pictures were not compared, since {damage}") from damage


def _read_reports(case: Case) -> Iterator[Report]:
    from geoverify.case.store import list_files

    for path, _, _, _ in list_files(case):
        report = case.read_report(path)
        if report is not None:
            yield report


def _describe(discovery: Discovery, output: Path | None) -> Iterator[str]:
    for cluster in discovery.clusters:
        yield from _describe_cluster(cluster)
    alone = ""
    if discovery.alone_count:
        alone = (
            f"{count_of(discovery.alone_count, 'more piece', 'more pieces')} of footage outside every footprint, in no candidate"
        )
    count = len(discovery.clusters)
    pieces = f"{count_of(discovery.min_files, 'piece')} of footage or more"
    found = f"{count_of(count, 'candidate')} within {discovery.radius_m:g} m by {pieces}"
    yield "; ".join(part for part in (found, alone) if part)
    if discovery.left_out:
        yield f"left out, though located: {count_of(sum(discovery.left_out.values()), 'file')}"
        yield from (f"  {count} {_explain(why, discovery.radius_m)}" for why, count in discovery.left_out.items())
    if not discovery.compares_pictures:
        yield "copies were told by their bytes alone: a recompressed or mirrored one counts as footage of its own"
    if output is not None:
        written = f"{output}: a draft with status “candidate”; `geoverify sites check` reads it"
        yield written if discovery.clusters else f"{output}: not written, there is nothing to put in"


def _explain(why: LeftOut, radius_m: float) -> str:
    from geoverify.discovery import LeftOut

    return {
        LeftOut.NOT_BY_A_DEVICE: "not by the device's own fix",
        LeftOut.POSITIONS_DISAGREE: "with positions that disagree",
        LeftOut.CONTRADICTORY: "contradictory",
        LeftOut.LISTED_SITE: "consistent with a listed site, or ambiguous between several",
        LeftOut.ERROR_TOO_WIDE: f"with an error of more than {radius_m:g} m; a larger --radius-m takes them in",
        LeftOut.MAY_BE_LISTED: "within two radii of their error of a listed site",
    }[why]


def _describe_cluster(cluster: Cluster) -> Iterator[str]:
    nearest = "no site is listed"
    if cluster.nearest_m is not None:
        far = f"{cluster.nearest_m:.0f} m" if cluster.nearest_m < 1000.0 else f"{cluster.nearest_m / 1000.0:.1f} km"
        nearest = f"the nearest listed site is {cluster.nearest_code}, {far} away"
    pieces, days = count_of(cluster.independent_count, "independent piece"), count_of(len(cluster.days), "known day")
    yield (
        f"{cluster.code}  {cluster.lat_deg:.5f}, {cluster.lon_deg:.5f}: {pieces} of footage within {cluster.spread_m:.0f} m of "
        f"the middle, on {days}; {nearest}"
    )
    for caution in cluster.cautions:
        yield f"  caution: {caution}"
    for item in cluster.sightings:
        copies = f", and {count_of(len(item.copies), 'more file')} of the same footage or post" if item.copies else ""
        yield f"  {item.path}: ±{item.error_radius_m:.0f} m, {item.captured or 'no time'}, {item.camera or 'no camera'}{copies}"
