"""What the terminal sees: tables and lines in which text from files can neither style, move nor hide anything."""

from __future__ import annotations

import os
import re
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from geoverify.text import escape_controls

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

# Pipes and files have no width of their own; this one keeps a row on one line.
PIPE_WIDTH = 200
COLUMN_GAP = 2
# A no-break space: what it joins stays on one line of a cell.
JOINT = "\u00a0"
_PIECES = re.compile(r"[^-_/]*[-_/]|[^-_/]+")


def make_console(*, stderr: bool = False) -> Console:
    """A console without markup, emoji codes or guessed highlights."""
    from rich.console import Console

    class PipeConsole(Console):
        def on_broken_pipe(self) -> None:
            # The library's own answer is to exit with 1, which here means a finding.
            raise BrokenPipeError

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else PIPE_WIDTH
    return PipeConsole(stderr=stderr, markup=False, emoji=False, highlight=False, soft_wrap=False, width=width)


def wrap_line(line: str, width: int) -> str:
    """Escape a line and fold it so that what follows stands deeper than its beginning."""
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    shown = escape_controls(line)
    return textwrap.fill(shown, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False) or shown


def make_table(columns: Sequence[str], rows: Iterable[Sequence[str]], width: int) -> Table:
    """A table of at most `width` characters whose cells are escaped text that folds between words and is never cut."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    shown = [[escape_controls(cell) for cell in row] for row in rows]
    widths = _fit_widths(list(zip(columns, *shown, strict=True)), width - COLUMN_GAP * (len(columns) - 1))
    # The gap is a cell's padding and the box's divider.
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, COLUMN_GAP - 1, 0, 0))
    for column, column_width in zip(columns, widths, strict=True):
        table.add_column(column.replace(JOINT, " "), overflow="fold", width=column_width)
    for row in shown:
        table.add_row(*(Text("\n".join(_fold(cell, room))) for cell, room in zip(row, widths, strict=True)))
    return table


def _fit_widths(columns: Sequence[Sequence[str]], room: int) -> list[int]:
    """Share `room` among columns of cells: as wide as their text where all fit, else at least as wide as their longest word."""
    from rich.cells import cell_len

    widest = [min(room, max(map(cell_len, cells))) for cells in columns]
    if sum(widest) <= room:
        return [max(1, width) for width in widest]
    widths = [min(room, max((cell_len(word) for cell in cells for word in cell.split(" ")), default=1)) for cells in columns]
    # Where even the words have no room together, the longest give way.
    while sum(widths) > room and max(widths) > 1:
        widths[widths.index(max(widths))] -= 1
    # Equal shares of the rest; what a column does not need of its share goes to the others.
    order = sorted(range(len(widths)), key=lambda at: widest[at] - widths[at])
    spare = max(0, room - sum(widths))
    for position, at in enumerate(order):
        share = min(widest[at] - widths[at], spare // (len(order) - position))
        widths[at] += share
        spare -= share
    return widths


def _fold(cell: str, width: int) -> Iterator[str]:
    """Yield the lines of a cell, broken between words, and within a word that is too long at its hyphens and slashes."""
    from rich.cells import cell_len

    line = ""
    for word in cell.split(" "):
        pieces = [word] if cell_len(word) <= width else _PIECES.findall(word)
        for number, piece in enumerate(pieces):
            joined = f"{line}{' ' if line and number == 0 else ''}{piece}"
            if line and cell_len(joined) > width:
                yield line.replace(JOINT, " ")
                line = piece
            else:
                line = joined
    yield line.replace(JOINT, " ")
