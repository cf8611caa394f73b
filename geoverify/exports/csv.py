"""CSV with one row a file (columns: docs/exports.md)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO

from geoverify.exports._table import Cell, CsvSink
from geoverify.interfaces import Sink
from geoverify.model import CaptureTime, TimeMeaning
from geoverify.report import CAVEAT, strongest_evidence
from geoverify.results import Candidate, Report
from geoverify.score import show_score

COLUMNS = (
    "file",
    "sha256",
    "media_type",
    "size_bytes",
    "verdict",
    "site",
    "site_name",
    "score",
    "runner_up",
    "runner_up_score",
    "elsewhere_score",
    "margin_log10",
    "wording",
    "lat_deg",
    "lon_deg",
    "error_radius_m",
    "error_basis",
    "precision",
    "site_distance_m",
    "nearest_part",
    "captured",
    "evidence",
    "problems",
    "next_steps",
    "registers",
    "settings_sha256",
    "geoverify",
    "caveat",
)


class CsvExporter:
    """One row a file, for spreadsheets and scripts."""

    name = "csv"

    def start(self, out: BinaryIO) -> Sink:
        """Write the header row."""
        return CsvSink(out, COLUMNS, _rows)


EXPORTER = CsvExporter()


def _rows(report: Report) -> Iterator[Sequence[Cell]]:
    best = report.scores[0] if report.scores else None
    second = report.scores[1] if len(report.scores) > 1 else None
    candidate = next((item for item in report.candidates if best and item.site_code == best.site_code), None)
    place = report.location
    yield (
        report.media.path,
        report.media.digest.hex if report.media.digest else "",
        report.media.media_type,
        report.media.size_bytes,
        report.verdict.kind.value,
        " / ".join(report.verdict.site_codes),
        candidate.site_name if candidate and report.verdict.site_codes else "",
        show_score(best.probability) if best else None,
        second.site_code if second else "",
        show_score(second.probability) if second else None,
        show_score(report.elsewhere_probability),
        report.verdict.margin_log10,
        report.verdict.wording,
        place.lat_deg if place else None,
        place.lon_deg if place else None,
        place.error_radius_m if place else None,
        place.error_basis if place else "",
        place.precision.value if place else "",
        candidate.distance_m if candidate else None,
        _nearest_part(candidate),
        _captured(report),
        "; ".join(
            f"{item.channel} {item.finding.value} {item.site_code} ({item.log10_lr:+.1f})" for item in strongest_evidence(report)
        ),
        "; ".join(f"{problem.code}: {problem.message}" for problem in report.problems),
        "; ".join(report.next_steps),
        "; ".join(f"{info.title}, edition {info.edition} (sha256 {info.digest.hex})" for info in report.registers),
        report.settings_digest.hex,
        report.versions.geoverify,
        CAVEAT,
    )


def _nearest_part(candidate: Candidate | None) -> str:
    if candidate is None or not candidate.parts:
        return ""
    part = candidate.parts[0]
    return f"{part.name} ({part.kind}), {part.distance_m:.0f} m"


def _captured(report: Report) -> str:
    for item in report.observations:
        time = item.value
        if isinstance(time, CaptureTime) and time.meaning is TimeMeaning.CAPTURED:
            when = time.instant_utc or time.local
            if when is not None:
                return when.isoformat()
    return ""
