"""Footage that an analyst has accepted as showing a site: what of it may become a reference, and what that rests on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from geoverify.case.decisions import do_disagree, group_standing, read_decisions
from geoverify.case.store import look_at_case
from geoverify.errors import UsageError
from geoverify.model import VisualMatch
from geoverify.register.references import Derivation
from geoverify.results import Call, Report
from geoverify.text import escape_controls

DERIVED_KIND = "accepted footage"


def find_accepted(case_file: Path, code: str, paths: Sequence[Path]) -> dict[Path, Derivation]:
    """How references taken from files of a case are derived; raises `UsageError` for a file that nobody accepted for the site.

    Of several judgements of one analyst the last one stands; where analysts disagree, nothing is accepted.
    """
    accepted: dict[Path, Derivation] = {}
    with look_at_case(case_file) as case:
        standing = group_standing(read_decisions(case))
        for path in paths:
            shown = escape_controls(str(path))
            row = case.find_file(path)
            if row is None or row.digest is None:
                raise UsageError(f"{shown}: not in this case; `geoverify case files` lists what is")
            decisions = standing.get(row.digest.hex, ())
            if do_disagree(decisions):
                raise UsageError(f"{shown}: analysts disagree about what it shows; settle that first (geoverify review)")
            if not any(decision.call is Call.CONSISTENT and decision.site == code for decision in decisions):
                site = escape_controls(code)
                command = (
                    f"geoverify case decide {escape_controls(str(case_file))} {shown} --site {site} --call {Call.CONSISTENT}"
                )
                raise UsageError(f"{shown}: nobody has accepted it as showing {site}; look at it, then {command}")
            report = case.read_report(path)
            first = "" if report is None else _find_first(report, code)
            accepted[path] = Derivation(digest=row.digest.hex, kind=DERIVED_KIND, first="" if first == row.digest.hex else first)
    return accepted


def _find_first(report: Report, code: str) -> str:
    """What footage was recognised by: a reference taken from it is no witness beside that one. Empty where nothing matched."""
    matches = [item.value for item in report.observations if isinstance(item.value, VisualMatch) and item.value.site_code == code]
    return max(matches, key=lambda match: match.strength).origin_digest if matches else ""
