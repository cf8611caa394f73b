"""`geoverify claim`: what somebody says of a file's place and time, held against what the file shows."""

from __future__ import annotations

import datetime as dt
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geoverify.claims.standings import Standing
from geoverify.cli.completion import complete_case, complete_site
from geoverify.cli.console import make_console, wrap_line
from geoverify.cli.placing import STDOUT, Target, write_files
from geoverify.cli.sites import ReferencedSitesOption
from geoverify.errors import NothingReadableError, UsageError
from geoverify.text import escape_controls

if TYPE_CHECKING:
    from geoverify.case.store import Case
    from geoverify.claims.judgements import Assessment, Claim, Judgement
    from geoverify.claims.places import Atlas
    from geoverify.claims.recording import Recording
    from geoverify.claims.stating import StatedClaim
    from geoverify.remote.catalogue import Catalogue
    from geoverify.results import Report
    from geoverify.settings import Settings
    from geoverify.tally.counting import Tally
    from geoverify.tally.recordings import Recordings

EXAMPLES = """
A time without an offset is taken as the site's civil time, where the register gives its zone.

\b
Examples:
  geoverify claim clip.mp4 --site BA01 --at "2026-01-17 09:00+07:00"
  geoverify claim clip.mp4 --place "11.0852, 106.1712" --from 2026-01-16 --to 2026-01-17
  geoverify claim --claims claims.csv --case my.gvcase --csv standing.csv
"""
COLUMNS = (
    *("file", "sha256", "claimed_place", "claimed_sites", "claimed_from_utc", "claimed_to_utc", "claimed_zone"),
    *("place", "place_wording", "place_supports", "place_contradicts", "place_missing"),
    *("time", "time_wording", "time_supports", "time_contradicts", "time_missing"),
    *("notes", "ask_next", "tool_verdict", "problem", "caveat"),
)


def claim(
    file: Annotated[str | None, typer.Argument(help="An image or video, or its URL.", show_default=False)] = None,
    site: Annotated[
        str | None, typer.Option("--site", help="The code of the site claimed.", show_default=False, autocompletion=complete_site)
    ] = None,
    place: Annotated[
        str | None, typer.Option("--place", help="A name of the register's, or coordinates.", show_default=False)
    ] = None,
    at: Annotated[str | None, typer.Option("--at", metavar="TIME", help="The time or day claimed.", show_default=False)] = None,
    start: Annotated[str | None, typer.Option("--from", metavar="TIME", help="Its beginning.", show_default=False)] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Its end.", show_default=False)] = None,
    claims_file: Annotated[
        Path | None,
        typer.Option("--claims", metavar="FILE", help="A table: file; site, place or lat and lon; at, or from and to."),
    ] = None,
    within: Annotated[
        str, typer.Option("--within", metavar="LENGTH", help="How far a time given with --at may be off.")
    ] = "30min",
    sites: ReferencedSitesOption = None,
    case_file: Annotated[
        Path | None,
        typer.Option(
            "--case",
            metavar="FILE",
            help="Take the reports from this case instead of reading the files.",
            autocompletion=complete_case,
        ),
    ] = None,
    json_file: Annotated[
        str | None, typer.Option("--json", metavar="FILE", help="Write all of it; - for stdout and nothing else there.")
    ] = None,
    csv_file: Annotated[str | None, typer.Option("--csv", metavar="FILE", help="Write one row a claim.")] = None,
    fail_on: Annotated[
        list[Standing] | None,
        typer.Option("--fail-on", help="Exit with 1 if the place or the time of any claim stands so.", show_default=False),
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", min=1, max=64, help="Worker processes.")] = os.cpu_count() or 1,
) -> None:
    """Say what supports a claim about footage, what contradicts it and what is missing, for its place and its time apart."""
    from geoverify.claims.judgements import CAVEAT, SCHEMA_VERSION
    from geoverify.cli.tables import encode_csv, encode_json
    from geoverify.tally.windows import parse_length

    file, catalogue = _find_file(file, case_file)
    stated = _state(file, claims_file, {"site": site, "place": place, "at": at, "start": start, "end": end})
    length = parse_length(within)
    if length is None:
        raise UsageError(f"--within {escape_controls(within)}: no length of time; give one like 30min or 2h")
    made = list(_assess(stated, sites, case_file, length, jobs, catalogue, is_table=claims_file is not None))
    for row, result in zip(stated, made, strict=True) if claims_file is not None else ():
        if result.problem is not None:
            typer.echo(escape_controls(f"{row.where}: {result.problem}"), err=True)
    contents = {}
    if json_file is not None:
        whole = {"schema_version": SCHEMA_VERSION, "caveat": CAVEAT, "claims": made}
        contents[Target("json", json_file, "--json")] = encode_json(whole)
    if csv_file is not None:
        contents[Target("csv", csv_file, "--csv")] = encode_csv(COLUMNS, (_row(item, CAVEAT) for item in made))
    inputs = [*(Path(item.file) for item in stated if item.file), *([claims_file] if claims_file is not None else [])]
    write_files(contents, case_files=[] if case_file is None else [case_file], inputs=inputs)
    if json_file != STDOUT:
        _print(made, CAVEAT)
    if all(item.problem is not None for item in made):
        raise NothingReadableError(f"no claim of {len(made)} could be held against a file; see the problem of each")
    if any(standing in (fail_on or ()) for item in made for standing in item.standings):
        raise typer.Exit(1)


claim.__doc__ = f"{claim.__doc__}\n{EXAMPLES}"


def _find_file(given: str | None, case_file: Path | None) -> tuple[str | None, Catalogue | None]:
    """The file as outputs name it and, for a URL, what was listed; the URLs of a table or a case are names and not opened."""
    from geoverify.cli.inputs import find_file
    from geoverify.settings import Settings
    from geoverify.urls import hide_secrets, is_remote, is_url, show_remote

    if given is None or not is_url(given):
        return given, None
    if case_file is not None:
        return hide_secrets(given), None
    path, catalogue = find_file(given, Settings())
    return show_remote(path) if is_remote(path) else str(path), catalogue


def _state(file: str | None, claims_file: Path | None, options: dict[str, str | None]) -> list[StatedClaim]:
    from geoverify.claims.stating import StatedClaim, read_claims

    is_given = any(value is not None for value in options.values())
    for name, value in options.items():
        if value is not None and not value.strip():
            option = {"start": "from", "end": "to"}.get(name, name)
            raise UsageError(f"--{option} is empty; say what is claimed, or leave it out")
    if claims_file is None:
        if file is None:
            raise UsageError("claim: give a file and what is claimed of it, or a table with --claims")
        return [StatedClaim(where="claim", file=file, **options)]
    if file is not None or is_given:
        raise UsageError("--claims has the files and what is claimed of them; give it alone")
    stated, unread = read_claims(claims_file)
    if unread:
        typer.echo(f"{escape_controls(str(claims_file))}: not read: columns {escape_controls(', '.join(unread))}", err=True)
    if not stated:
        raise UsageError(f"{escape_controls(str(claims_file))}: no claims under its columns")
    folder = claims_file.parent
    return [_locate(item, folder) for item in stated]


def _locate(stated: StatedClaim, folder: Path) -> StatedClaim:
    """Paths are seen from where the program was called or, where nothing is there, from the table's own folder."""
    import msgspec

    beside = folder / stated.file
    if stated.file and not os.path.lexists(stated.file) and os.path.lexists(beside):
        return msgspec.structs.replace(stated, file=str(beside))
    return stated


def _assess(
    stated: Sequence[StatedClaim],
    sites: Sequence[str] | None,
    case_file: Path | None,
    within: dt.timedelta,
    jobs: int,
    catalogue: Catalogue | None,
    *,
    is_table: bool,
) -> Iterator[Assessment]:
    from geoverify.claims.assessing import assess
    from geoverify.claims.judgements import Assessment
    from geoverify.claims.places import Atlas
    from geoverify.claims.recording import ALONE
    from geoverify.register.load import load_registers
    from geoverify.settings import Settings

    registers = _find_registers(sites, case_file)
    register, settings = load_registers(registers), Settings()
    atlas = Atlas(register, settings)
    read = [_read_claim(item, atlas, within, is_table=is_table) for item in stated]
    claims = [item for item, problem in read if problem is None]
    matched = {info.digest for info in register.infos}
    recordings: dict[str, Recording] = {}
    if case_file is not None:
        reports, recordings = _read_case(claims, case_file)
    else:
        reports = _read_files(claims, registers, settings, jobs, catalogue)
    for item, unread in read:
        report = reports.get(item.file) if unread is None else None
        problem = unread or _find_problem(item, report, is_case=case_file is not None)
        if report is not None and {info.digest for info in report.registers} != matched:
            problem = "the case was matched against another register or edition; run match --case with this one, or give its own"
        if report is None or problem is not None:
            yield Assessment(claim=item, problem=problem)
        else:
            yield assess(item, report, atlas, settings, recordings.get(item.file, ALONE))


def _read_claim(stated: StatedClaim, atlas: Atlas, within: dt.timedelta, *, is_table: bool) -> tuple[Claim, str | None]:
    """A claim, or in a table what is wrong with its row, which then stands for it in every output."""
    from geoverify.claims.judgements import Claim
    from geoverify.claims.stating import make_claim

    problem = stated.problem
    try:
        if problem is None:
            return make_claim(stated, atlas, within), None
    except UsageError as error:
        if not is_table:
            raise
        problem = str(error).removeprefix(f"{stated.where}: ")
    return Claim(file=stated.file, place=None, span=None), problem


def _find_problem(item: Claim, report: Report | None, *, is_case: bool) -> str | None:
    if report is None:
        return "not in this case; geoverify case files lists what is" if is_case else "no such file; check the spelling"
    if report.media.digest is None or report.media.media_type == "":
        return "; ".join(problem.message for problem in report.problems) or f"{item.file} is no footage that can be read"
    return None


def _find_registers(sites: Sequence[str] | None, case_file: Path | None) -> Sequence[Path]:
    from geoverify.case.store import look_at_case
    from geoverify.cli.case_reading import find_case_registers
    from geoverify.register.load import default_register_path, resolve_register

    if case_file is None:
        return [resolve_register(name) for name in sites] if sites else [default_register_path()]
    with look_at_case(case_file) as case:
        found = find_case_registers(case, sites).paths
    if not found:
        raise UsageError(
            f"{escape_controls(str(case_file))}: the register that it was matched against is not there; give --sites"
        )
    return found


def _read_case(claims: Iterable[Claim], case_file: Path) -> tuple[dict[str, Report], dict[str, Recording]]:
    """The reports of the files, and what else the case has of their recordings."""
    from geoverify.case.store import look_at_case
    from geoverify.cli.case_reading import find_copies
    from geoverify.tally.recordings import Recordings
    from geoverify.tally.summary import tally_case

    with look_at_case(case_file) as case:
        read = {item.file: case.read_report(Path(item.file)) for item in claims}
        reports = {file: report for file, report in read.items() if report is not None}
        if not reports:
            return {}, {}
        doubles = find_copies(case, None)
        if doubles is None:
            typer.echo("a large case: copies were looked for by their bytes alone; geoverify doubles compares pictures", err=True)
        tally = tally_case(case, doubles=doubles, beside=case_file)
        return reports, _gather_recordings(case, Recordings(tally), tally, reports)


def _gather_recordings(case: Case, recordings: Recordings, tally: Tally, files: Iterable[str]) -> dict[str, Recording]:
    from geoverify.case.store import key_of
    from geoverify.claims.recording import Copy, Recording
    from geoverify.results import VerdictKind

    numbers = {row.path: at for at, row in enumerate(tally.rows)}
    found = {}
    for file in files:
        at = numbers.get(key_of(Path(file)))
        if at is None:
            continue
        rows = [tally.rows[other] for other in recordings.copies_of(at)]
        copies = ((tally.show(row), case.read_report(row.file)) for row in rows)
        found[file] = Recording(
            copies=tuple(Copy(name=name, report=report) for name, report in copies if report is not None),
            is_contradictory=bool(rows) and recordings.standing_of(at) is VerdictKind.CONTRADICTORY,
        )
    return found


def _read_files(
    claims: Iterable[Claim], registers: Sequence[Path], settings: Settings, jobs: int, catalogue: Catalogue | None
) -> dict[str, Report]:
    """Read each file once, behind the walls and as `match` does: nothing of the claims goes with it."""
    from geoverify.batch import verify_batch
    from geoverify.register.references import digest_indexes
    from geoverify.worker import Job

    named = dict.fromkeys(item.file for item in claims)
    files = [file for file in named if os.path.lexists(file) or (catalogue is not None and Path(file) in catalogue)]
    job = Job(
        registers=[str(path) for path in registers],
        settings=settings,
        examined_at=dt.datetime.now(dt.UTC),
        references=digest_indexes(registers),
    )
    if not files:
        return {}
    return dict(zip(files, verify_batch([Path(file) for file in files], job, jobs, catalogue), strict=True))


def _print(made: Sequence[Assessment], caveat: str) -> None:
    width = make_console().width
    for item in made:
        for line in _describe(item):
            typer.echo(wrap_line(line, width))
        typer.echo()
    typer.echo(wrap_line(caveat, width))
    sys.stdout.flush()


def _describe(item: Assessment) -> Iterator[str]:
    place, span = item.claim.place, item.claim.span
    said = [*([f"at {place.text}"] if place else []), *([f"on {span.text}"] if span else [])]
    yield f"{item.claim.file or '(no file)'}: claimed {' '.join(said) or 'nothing that can be read'}"
    if item.problem is not None:
        yield f"  not compared: {item.problem}"
        return
    for judgement in (item.place, item.time):
        if judgement is not None:
            yield from _describe_judgement(judgement)
    yield f"  the file by itself: {item.tool_verdict}"


def _describe_judgement(judgement: Judgement) -> Iterator[str]:
    yield f"  {judgement.wording}"
    for title, points in (("supports", judgement.supports), ("contradicts", judgement.contradicts)):
        for point in points:
            yield f"    {title}{'' if point.decides else ' (a hint)'}: {point.source}: {point.text}"
    for title, texts in (("note", judgement.notes), ("missing", judgement.missing), ("ask next", judgement.ask_next)):
        for text in texts:
            yield f"    {title}: {text}"


def _row(item: Assessment, caveat: str) -> Sequence[str]:
    place, span = item.claim.place, item.claim.span
    judged = [part for part in (item.place, item.time) if part is not None]
    return (
        item.claim.file,
        item.sha256 or "",
        place.text if place else "",
        " / ".join(place.site_codes) if place else "",
        span.start.isoformat() if span and span.start else "",
        span.end.isoformat() if span and span.end else "",
        span.zone_words if span else "",
        *_cells(item.place),
        *_cells(item.time),
        "; ".join(note for part in judged for note in part.notes),
        "; ".join(dict.fromkeys(step for part in judged for step in part.ask_next)),
        item.tool_verdict,
        item.problem or "",
        caveat,
    )


def _cells(judgement: Judgement | None) -> Sequence[str]:
    if judgement is None:
        return ("", "", "", "", "")
    sides = (judgement.supports, judgement.contradicts)
    told = ("; ".join(f"{point.source}{'' if point.decides else ' (hint)'}: {point.text}" for point in side) for side in sides)
    return (judgement.standing.value, judgement.wording, *told, "; ".join(judgement.missing))
