"""The columns of tables of evidence, and the rows of one report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from geoverify.exports._rows import NAMES, Cell, cells_of
from geoverify.results import Judgement, Report

# What every output says of its rows.
_FRAME = ("error_radius_m", "registers", "geoverify", "shared_from", "caveat")
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
    *_FRAME,
)


def evidence_rows(report: Report, _judgements: Sequence[Judgement] = ()) -> Iterator[Sequence[Cell]]:
    """Yield one row for each piece of evidence: what was weighed, how strongly, from which bytes."""
    observations = {item.id: item for item in report.observations}
    told = dict(zip(NAMES, cells_of(report), strict=True))
    frame = tuple(told[name] for name in _FRAME)
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
            *frame,
        )
