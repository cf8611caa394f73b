"""The columns that every table of files has, whatever its format (docs/exports.md), and the cells of one report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from geoverify.facts import filming_of
from geoverify.report import CAVEAT, strongest_evidence
from geoverify.results import Candidate, Judgement, Report
from geoverify.score import show_score
from geoverify.text import escape_controls

Cell = str | float | int | None
# A centimetre: what floats add behind it is noise.
DEGREE_DIGITS = 7
# What no table of files holds in full: each row stands for a file, not for what was read of it.
TABLE_OMITS = frozenset(
    {
        *("sidecars", "origin", "candidates", "scores", "evidence", "observations", "absences", "register_notes", "settings"),
        *("references", "versions"),
    }
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column and the type of its cells: `str` (text, where `""` is nothing), `int` or `float` (where `None` is nothing)."""

    name: str
    kind: type[str] | type[int] | type[float] = str


COLUMNS = (
    Column("file"),
    Column("file_bytes_hex"),
    Column("sha256"),
    Column("media_type"),
    Column("size_bytes", int),
    Column("verdict"),
    Column("site"),
    Column("site_name"),
    Column("score_site"),
    Column("score", int),
    Column("runner_up"),
    Column("runner_up_score", int),
    Column("elsewhere_score", int),
    Column("margin_log10", float),
    Column("wording"),
    Column("lat_deg", float),
    Column("lon_deg", float),
    Column("error_radius_m", float),
    Column("error_basis"),
    Column("precision"),
    Column("site_distance_m", float),
    Column("nearest_part"),
    Column("captured"),
    Column("evidence"),
    Column("problems"),
    Column("next_steps"),
    Column("judgement"),
    Column("judged_call"),
    Column("judged_likelihood"),
    Column("judged_confidence"),
    Column("judged_site"),
    Column("judged_by"),
    Column("judged_at"),
    Column("judged_standing"),
    Column("registers"),
    Column("settings_sha256"),
    Column("schema_version"),
    Column("examined_at"),
    Column("geoverify"),
    Column("shared_from"),
    Column("withheld"),
    Column("caveat"),
)
NAMES = tuple(column.name for column in COLUMNS)


def cells_of(report: Report, judgements: Sequence[Judgement] = ()) -> tuple[Cell, ...]:
    """One cell for each column; text is as the report has it, for the format to escape."""
    best = report.scores[0] if report.scores else None
    second = report.scores[1] if len(report.scores) > 1 else None
    candidate = next((item for item in report.candidates if best and item.site_code == best.site_code), None)
    place = report.location
    filmed = filming_of(report)
    return (
        report.media.path,
        report.media.path_bytes_hex or "",
        report.media.digest.hex if report.media.digest else "",
        report.media.media_type,
        report.media.size_bytes,
        report.verdict.kind.value,
        " / ".join(report.verdict.site_codes),
        candidate.site_name if candidate and report.verdict.site_codes else "",
        best.site_code if best else "",
        show_score(best.probability) if best else None,
        second.site_code if second else "",
        show_score(second.probability) if second else None,
        show_score(report.elsewhere_probability),
        report.verdict.margin_log10,
        report.verdict.wording,
        round(place.lat_deg, DEGREE_DIGITS) if place else None,
        round(place.lon_deg, DEGREE_DIGITS) if place else None,
        place.error_radius_m if place else None,
        place.error_basis if place else "",
        place.precision.value if place else "",
        candidate.distance_m if candidate else None,
        _nearest_part(candidate),
        filmed.written if filmed else "",
        "; ".join(
            f"{item.channel} {item.finding.value} {item.site_code} ({item.log10_lr:+.1f})" for item in strongest_evidence(report)
        ),
        "; ".join(f"{problem.code}: {problem.message}" for problem in report.problems),
        "; ".join(report.next_steps),
        "; ".join(item.words for item in judgements),
        "; ".join(item.call or "" for item in judgements),
        "; ".join(item.likelihood or "" for item in judgements),
        "; ".join(item.confidence or "" for item in judgements),
        "; ".join(item.site_code or "" for item in judgements),
        "; ".join(item.by for item in judgements),
        "; ".join(item.at for item in judgements),
        "; ".join("superseded" if item.is_superseded else "stands" for item in judgements),
        "; ".join(f"{info.title}, edition {info.edition} (sha256 {info.digest.hex})" for info in report.registers),
        report.settings_digest.hex,
        report.schema_version,
        report.created_at.isoformat(),
        report.versions.geoverify,
        report.sharing.full_report.hex if report.sharing else "",
        "; ".join(report.sharing.withheld) if report.sharing else "",
        CAVEAT,
    )


def shown_cells(report: Report, judgements: Sequence[Judgement] = ()) -> dict[str, Cell]:
    """The cells by the names of their columns, text on one line with its control characters as visible escapes."""
    cells = cells_of(report, judgements)
    return {name: escape_controls(cell) if isinstance(cell, str) else cell for name, cell in zip(NAMES, cells, strict=True)}


def _nearest_part(candidate: Candidate | None) -> str:
    if candidate is None or not candidate.parts:
        return ""
    part = candidate.parts[0]
    return f"{part.name} ({part.kind}), {part.distance_m:.0f} m"
