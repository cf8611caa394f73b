"""CSV with one row an evidence item (columns: docs/exports.md)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO

from geoverify.exports._table import Cell, CsvSink
from geoverify.interfaces import Sink
from geoverify.results import Report

COLUMNS = (
    "file",
    "sha256",
    "site",
    "channel",
    "finding",
    "log10_lr",
    "min_log10_lr",
    "max_log10_lr",
    "basis",
    "dependence_group",
    "explanation",
    "sources",
    "raw",
)


class CsvEvidenceExporter:
    """One row an evidence item: what was weighed, how strongly, from which bytes."""

    name = "csv-evidence"

    def start(self, out: BinaryIO) -> Sink:
        """Write the header row."""
        return CsvSink(out, COLUMNS, _rows)


EXPORTER = CsvEvidenceExporter()


def _rows(report: Report) -> Iterator[Sequence[Cell]]:
    observations = {item.id: item for item in report.observations}
    for item in report.evidence:
        sources = [observations[identifier].provenance for identifier in item.observation_ids]
        yield (
            report.media.path,
            report.media.digest.hex if report.media.digest else "",
            item.site_code,
            item.channel,
            item.finding.value,
            item.log10_lr,
            item.min_log10_lr,
            item.max_log10_lr,
            item.basis.value,
            item.dependence_group,
            item.explanation,
            "; ".join(f"{source.reader}:{source.field} (written by {source.who.value})" for source in sources),
            "; ".join(source.raw for source in sources),
        )
