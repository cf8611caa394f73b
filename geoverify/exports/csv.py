"""CSV with one row a file (columns: docs/exports.md)."""

from __future__ import annotations

from typing import BinaryIO

from geoverify.exports._rows import NAMES, TABLE_OMITS, cells_of
from geoverify.exports._table import CsvSink
from geoverify.interfaces import NO_BACKGROUND, Background, Sink


class CsvExporter:
    """One row a file, for spreadsheets and scripts."""

    name = "csv"
    suffixes = (".csv",)
    is_text = True
    omits = TABLE_OMITS

    def start(self, out: BinaryIO, _background: Background = NO_BACKGROUND, /) -> Sink:
        """Write the header row."""
        return CsvSink(out, NAMES, lambda report, judgements: [cells_of(report, judgements)])


EXPORTER = CsvExporter()
