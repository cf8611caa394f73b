"""Rows of cells that no spreadsheet program will run as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from typing import BinaryIO

from geoverify.exports._rows import Cell
from geoverify.results import Judgement, Report
from geoverify.text import escape_controls

# What spreadsheet programs take as the start of a formula or as a way to reach the next cell (OWASP, "CSV injection").
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def neutralise(cell: Cell) -> Cell:
    """Return a text cell on one line that begins with no formula sign; numbers pass as they are."""
    if not isinstance(cell, str):
        return cell
    is_formula = cell.startswith(FORMULA_STARTS) or cell.lstrip().startswith(FORMULA_STARTS)
    return f"'{escape_controls(cell)}" if is_formula else escape_controls(cell)


RowsOf = Callable[[Report, Sequence[Judgement]], Iterable[Sequence[Cell]]]


class CsvSink:
    """Writes RFC 4180 rows in UTF-8 as reports come."""

    def __init__(self, out: BinaryIO, columns: Sequence[str], rows_of: RowsOf) -> None:
        self._out = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=True)
        self._writer = csv.writer(self._out)
        self._rows_of = rows_of
        self._writer.writerow(columns)

    def add(self, report: Report, judgements: Sequence[Judgement] = ()) -> None:
        """Write a report's rows."""
        for row in self._rows_of(report, judgements):
            self._writer.writerow([neutralise(cell) for cell in row])

    def finish(self) -> None:
        """Leave the stream open for its owner to close."""
        self._out.detach()

    def close(self) -> None:
        """The stream is its owner's."""
