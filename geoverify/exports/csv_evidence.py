"""CSV with one row an evidence item (columns: docs/exports.md)."""

from __future__ import annotations

from typing import BinaryIO

from geoverify.exports._evidence import COLUMNS, evidence_rows
from geoverify.exports._table import CsvSink
from geoverify.interfaces import NO_BACKGROUND, Background, Sink
from geoverify.results import Report


class CsvEvidenceExporter:
    """One row an evidence item: what was weighed, how strongly, from which bytes."""

    name = "csv-evidence"
    suffixes = (".evidence.csv",)
    is_text = True
    omits = frozenset(Report.__struct_fields__) - {"evidence", "location", "registers", "versions", "sharing"}

    def start(self, out: BinaryIO, _background: Background = NO_BACKGROUND, /) -> Sink:
        """Write the header row."""
        return CsvSink(out, COLUMNS, evidence_rows)


EXPORTER = CsvEvidenceExporter()
