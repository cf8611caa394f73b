"""`geoverify summary`: the sentences that can be said of a case, each with its count and the files behind it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from geoverify.cli.case import CaseArgument
from geoverify.cli.case_reading import MAX_COMPARED, Copies
from geoverify.cli.console import make_console, make_table, wrap_line
from geoverify.cli.placing import STDOUT, Target, write_files
from geoverify.cli.sites import SitesOption
from geoverify.errors import DamagedError, MalformedError, UsageError
from geoverify.tally.axes import Axis
from geoverify.text import escape_controls

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from geoverify.places import Register
    from geoverify.tally.counting import Tally
    from geoverify.tally.summary import Summary
    from geoverify.tally.windows import Window

EXAMPLES = """
Times without an offset are those of the register's zone, where all its sites share one.

\b
Examples:
  geoverify summary my.gvcase
  geoverify summary my.gvcase --last 36h --by source --by day
  geoverify summary my.gvcase --from 2026-01-15 --to 2026-01-17 --json summary.json --csv files.csv
"""
# Files that the terminal lists under a sentence.
LISTED = 10
COLUMNS = (
    *("file", "sha256", "counted_as", "verdict", "sites", "copy_of", "same_witness_as"),
    *("filmed", "posted", "day", "site_status", "source", "analyst_judgements"),
)


def summary(
    case_file: CaseArgument,
    last: Annotated[
        str | None, typer.Option("--last", metavar="LENGTH", help="Only so far back: 36h, 7d, 2w.", show_default=False)
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="Only from this time or day on.", show_default=False)
    ] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Only to this time or day.", show_default=False)] = None,
    now: Annotated[
        str | None, typer.Option("--now", metavar="TIME", help="What --last counts back from.  [default: the present]")
    ] = None,
    by: Annotated[
        list[Axis] | None, typer.Option("--by", help="Counts side by side; may be repeated.", show_default=False)
    ] = None,
    copies: Annotated[
        Copies | None,
        typer.Option("--copies", help=f"What is one footage.  [default: alike, over {MAX_COMPARED:,} files exact]"),
    ] = None,
    sites: SitesOption = None,
    json_file: Annotated[
        str | None, typer.Option("--json", metavar="FILE", help="Write all of it; - for stdout and nothing else there.")
    ] = None,
    csv_file: Annotated[str | None, typer.Option("--csv", metavar="FILE", help="Write one row a file.")] = None,
) -> None:
    """Say what a case holds, in sentences with their counts and the files behind them; counts independent footage."""
    from geoverify.case.store import look_at_case
    from geoverify.cli.case_reading import find_case_registers, find_copies
    from geoverify.cli.tables import encode_csv, encode_json
    from geoverify.tally.summary import summarise, tally_case

    with look_at_case(case_file) as case:
        needs_register = sites or start or end or now or Axis.STATUS in (by or ())
        register = find_case_registers(case, sites).load() if needs_register else None
        present, window = _read_window(last, start, end, now, register)
        damage = doubles = None
        try:
            doubles = find_copies(case, copies)
        except DamagedError as error:
            # The counts do not need it.
            damage = error
        tally = tally_case(
            case,
            window=window,
            sites=register.sites if register else (),
            doubles=doubles,
            beside=case_file,
            is_detailed=bool(by or csv_file),
        )
    made = summarise(tally, str(case_file), present, by or (), None if json_file else LISTED)
    contents = {}
    if json_file is not None:
        contents[Target("json", json_file, "--json")] = encode_json(made)
    if csv_file is not None:
        contents[Target("csv", csv_file, "--csv")] = encode_csv(COLUMNS, _rows(tally))
    write_files(contents, case_files=[case_file])
    if json_file != STDOUT:
        _print(made)
    if damage is not None:
        raise DamagedError(f"counted, but pictures were not compared, since {damage}") from damage


summary.__doc__ = f"{summary.__doc__}\n{EXAMPLES}"


def _read_window(
    last: str | None, start: str | None, end: str | None, now: str | None, register: Register | None
) -> tuple[dt.datetime, Window]:
    from geoverify.tally.windows import Window, parse_length

    zone = _shared_zone(register)
    present = dt.datetime.now(dt.UTC) if now is None else _read_time("--now", now, zone)[0]
    if last is not None:
        if start is not None or end is not None:
            raise UsageError("--last, and --from or --to: give one or the other")
        length = parse_length(last)
        if length is None:
            raise UsageError(f"--last {escape_controls(last)}: no length of time; give one like 36h, 90min, 7d or 2w")
        try:
            return present, Window(start=present - length, end=present)
        except OverflowError as error:
            raise UsageError(f"--last {escape_controls(last)}: longer than the calendar; give a shorter one") from error
    window = Window(
        start=None if start is None else _read_time("--from", start, zone)[0],
        end=None if end is None else _read_time("--to", end, zone)[1],
    )
    if window.start and window.end and window.end < window.start:
        raise UsageError("--to comes before --from; swap them")
    return present, window


def _shared_zone(register: Register | None) -> ZoneInfo | None:
    from geoverify.claims.spans import find_zone

    names = {site.time_zone for site in register.sites} if register else set()
    return find_zone(names.pop()) if len(names) == 1 else None


def _read_time(option: str, text: str, zone: ZoneInfo | None) -> tuple[dt.datetime, dt.datetime]:
    from geoverify.claims.spans import ZoneBasis, bound, parse_stated

    try:
        stated = parse_stated(text)
        span = bound(stated, stated, zone)
    except MalformedError as error:
        raise UsageError(f"{option}: {error}; write it as 2026-01-17 09:00+07:00, or a day as 2026-01-17") from error
    if span.zone_basis is ZoneBasis.UNKNOWN or span.start is None or span.end is None:
        raise UsageError(f"{option} {escape_controls(text)}: in which zone? add the offset, as in 2026-01-17 00:00+07:00")
    if span.zone is None or zone is None:
        return span.start, span.end
    return span.start.astimezone(zone), span.end.astimezone(zone)


def _print(made: Summary) -> None:
    console = make_console()
    for sentence in made.sentences:
        typer.echo(wrap_line(sentence.text, console.width))
        if sentence.key == "site" and len(made.sentences) > LISTED:
            continue
        for file in sentence.files[:LISTED]:
            note = f" ({sentence.notes[file]})" if file in sentence.notes else ""
            typer.echo(f"    {escape_controls(file + note)}")
        if sentence.file_count > LISTED:
            typer.echo(f"    … and {sentence.file_count - LISTED} more; --json and --csv list all")
    for axis, groups in made.groups.items():
        names = ("located", "ambiguous", "inconclusive", "inconsistent", "contradictory")
        rows = [
            (
                item.name,
                str(item.files),
                str(item.footage),
                *(str(getattr(item, name)) for name in names),
                ", ".join(item.site_codes),
            )
            for item in groups
        ]
        console.print()
        console.print(make_table((f"by {axis.value}", "files", "footage", *names, "sites"), rows, console.width))
    for decision in made.decisions:
        about = f" of {decision.site}" if decision.site else ""
        call = f"{decision.call.value.replace('_', ' ')}: " if decision.call else ""
        line = f"judged by {decision.by} on {decision.at[:10]}{about}: {call}{decision.judgement} ({decision.path.name})"
        typer.echo(wrap_line(line, console.width))
    if made.folder is not None:
        typer.echo(wrap_line(f"paths are from {made.folder}", console.width))
    typer.echo(wrap_line(made.note, console.width))


def _rows(tally: Tally) -> Iterator[Sequence[str]]:
    from geoverify.case.facts import detailed
    from geoverify.tally.grouping import name_day, name_status

    judged: dict[str, list[str]] = {}
    for decision in tally.decisions:
        judged.setdefault(decision.subject, []).append(f"{decision.by}: {decision.call or ''} {decision.judgement}".strip())
    for at, row in enumerate(map(detailed, tally.rows)):
        copy, witness = tally.footage[at], tally.witness[at]
        yield (
            tally.show(row),
            row.digest or "",
            tally.verdicts[witness].value,
            row.verdict,
            " / ".join(row.site_codes.split("\n")) if row.site_codes else "",
            tally.show(tally.rows[copy]) if copy != at else "",
            tally.show(tally.rows[witness]) if witness != at else "",
            row.filmed_shown or "",
            row.posted_shown or "",
            name_day(row),
            name_status(row, tally) if tally.sites else "",
            row.source or "",
            "; ".join(judged.get(row.subject, ())),
        )
    apart = (("possible", tally.possible), ("undated", tally.undated), ("no footage", tally.no_footage))
    for why, rest in apart:
        for left_out in rest:
            told = (tally.show(left_out), detailed(left_out).digest or "", f"not counted: {why}", left_out.verdict)
            yield (*told, *([""] * (len(COLUMNS) - len(told))))
