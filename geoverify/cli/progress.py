"""How far a run is: a bar on a terminal, now and then a line where there is none, nothing in a pipe."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import typer

from geoverify.cli.console import make_console
from geoverify.text import count_of

if TYPE_CHECKING:
    from geoverify.casework import Finished

# Between two lines of --plain: a screen reader reads each of them out.
PLAIN_INTERVAL_S = 30.0


def show_progress(finished: Iterable[Finished], total: int, *, plain: bool) -> Iterator[Finished]:
    """Pass on what is finished, and tell on stderr how much that is, how fast it goes, for how long still, and what it found."""
    console = make_console(stderr=True)
    if plain:
        yield from _tell_lines(finished, total)
    elif console.is_terminal:
        yield from _draw_bar(finished, total)
    else:
        yield from finished


def describe_pace(done: int, total: int, seconds: float, verdicts: Counter[str]) -> str:
    """One line in words."""
    rate = done / seconds if seconds > 0 else 0.0
    left = f", about {_describe_time((total - done) / rate)} left" if rate > 0 else ""
    return f"{done} of {count_of(total, 'file')}, {rate:.1f} a second{left}: {count_verdicts(verdicts)}"


def count_verdicts(verdicts: Counter[str]) -> str:
    """How many files have each verdict so far, the most frequent first."""
    return ", ".join(f"{count} {verdict}" for verdict, count in verdicts.most_common()) or "none yet"


def _describe_time(seconds: float) -> str:
    if seconds < 90.0:
        return f"{seconds:.0f} s"
    return f"{seconds / 60.0:.0f} min" if seconds < 5400.0 else f"{seconds / 3600.0:.1f} h"


def _tell_lines(finished: Iterable[Finished], total: int) -> Iterator[Finished]:
    verdicts: Counter[str] = Counter()
    started = told = time.monotonic()
    for item in finished:
        verdicts[item.verdict] += 1
        yield item
        now = time.monotonic()
        if now - told >= PLAIN_INTERVAL_S:
            told = now
            typer.echo(describe_pace(verdicts.total(), total, now - started, verdicts), err=True)


def _draw_bar(finished: Iterable[Finished], total: int) -> Iterator[Finished]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("matching"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[verdicts]}"),
    )
    verdicts: Counter[str] = Counter()
    started = time.monotonic()
    with Progress(*columns, console=make_console(stderr=True), transient=True) as progress:
        task = progress.add_task("matching", total=total, rate="", verdicts="")
        for item in finished:
            verdicts[item.verdict] += 1
            yield item
            seconds = time.monotonic() - started
            rate = f"{verdicts.total() / seconds:.1f} files/s" if seconds > 0 else ""
            progress.update(task, advance=1, rate=rate, verdicts=count_verdicts(verdicts))
