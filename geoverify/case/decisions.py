"""What analysts decided about the files of a case: entries of the custody log, apart from every score of the tool."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from geoverify.case.custody import Kind
from geoverify.case.store import Case, key_of
from geoverify.errors import UsageError
from geoverify.media import display_path
from geoverify.results import Call
from geoverify.text import escape_controls

_INITIALS = re.compile(r"[^\W\d_][\w.\-]{0,15}", re.UNICODE)
MAX_WORDS = 4000


class Likelihood(StrEnum):
    """Words for how likely an analyst takes it to be, with their percentages (ICD 203, 2015, D.6.e.2.a)."""

    ALMOST_NO_CHANCE = "almost no chance (1-5 %)"
    VERY_UNLIKELY = "very unlikely (5-20 %)"
    UNLIKELY = "unlikely (20-45 %)"
    EVEN = "roughly even chance (45-55 %)"
    LIKELY = "likely (55-80 %)"
    VERY_LIKELY = "very likely (80-95 %)"
    ALMOST_CERTAIN = "almost certain (95-99 %)"


class Confidence(StrEnum):
    """How sound an analyst takes the ground of the judgement to be (ICD 203, 2015, D.6.e.2.b)."""

    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"


class View(Struct, frozen=True, kw_only=True):
    """Where an analyst says the camera stood and which way it looked, clockwise from true north."""

    lat_deg: float
    lon_deg: float
    heading_deg: float


class Decision(Struct, frozen=True, kw_only=True):
    """One judgement as the log holds it; `judgement` are the analyst's own words."""

    number: int
    at: str
    path_hex: str
    sha256: str | None
    by: str
    judgement: str = ""
    site: str | None = None
    call: Call | None = None
    likelihood: Likelihood | None = None
    confidence: Confidence | None = None
    view: View | None = None

    @property
    def path(self) -> Path:
        """The file that it was about, as it was called then."""
        return Path(os.fsdecode(bytes.fromhex(self.path_hex)))

    @property
    def subject(self) -> str:
        """What it is about: the bytes wherever they lie, or the path where there were none."""
        return self.sha256 or self.path_hex


def decide(
    case: Case,
    path: Path,
    by: str,
    judgement: str = "",
    *,
    site: str | None = None,
    call: Call | None = None,
    likelihood: Likelihood | None = None,
    confidence: Confidence | None = None,
    view: View | None = None,
) -> None:
    """Add a judgement to the custody log; raises `UsageError` for a file that the case lacks or initials that are none."""
    check_initials(by)
    if len(judgement) > MAX_WORDS:
        raise UsageError(f"a judgement has at most {MAX_WORDS} characters, this one has {len(judgement)}")
    row = case.find_file(path)
    if row is None:
        raise UsageError(f"{escape_controls(display_path(path)[0])}: not in this case; `geoverify case files` lists what is")
    body: dict[str, Any] = {
        "path_hex": key_of(path).hex(),
        "sha256": row.digest.hex if row.digest else None,
        "judgement": judgement,
        "by": by,
        "site": site,
    }
    more = {"call": call, "likelihood": likelihood, "confidence": confidence, "view": view}
    body |= {name: msgspec.to_builtins(value) for name, value in more.items() if value is not None}
    case.log(Kind.DECIDED, body)


def check_initials(by: str) -> None:
    """Raise `UsageError` for what cannot stand for a person."""
    if not _INITIALS.fullmatch(by):
        raise UsageError(
            f"{escape_controls(by)!r}: initials begin with a letter and have at most 16 letters, digits, dots or dashes"
        )


def read_decisions(case: Case) -> Iterator[Decision]:
    """Yield every judgement of a case in the order in which they were made, those that later ones supersede too."""
    # The kind stands in the query as text: only so is its own index used, however long the log is.
    query = "SELECT number, at, body FROM custody WHERE kind = 'decided' ORDER BY number"
    for number, at, body in case.connection.execute(query):
        yield msgspec.convert({"number": number, "at": at, **json.loads(body)}, Decision)


def group_standing(decisions: Iterable[Decision]) -> Mapping[str, tuple[Decision, ...]]:
    """The judgements that stand of each subject: the last of each analyst, in the order in which they were made."""
    last: dict[str, dict[str, Decision]] = {}
    for decision in decisions:
        by_analyst = last.setdefault(decision.subject, {})
        by_analyst.pop(decision.by.casefold(), None)
        by_analyst[decision.by.casefold()] = decision
    return {subject: tuple(by_analyst.values()) for subject, by_analyst in last.items()}


def do_disagree(standing: Iterable[Decision]) -> bool:
    """Whether analysts came to different ends; who asks for another reviewer, or cannot tell, contradicts nobody."""
    ends = {(decision.call, decision.site) for decision in standing if decision.call in (Call.CONSISTENT, Call.NOT_THIS_SITE)}
    consistent = {site for call, site in ends if call is Call.CONSISTENT}
    return len(consistent) > 1 or any(call is Call.NOT_THIS_SITE and site in consistent for call, site in ends)
