"""What came of holding a claim against footage: what supports its place and its time, what contradicts them, what is missing."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from geoverify.claims.places import Place
from geoverify.claims.spans import Span
from geoverify.claims.standings import Standing

SCHEMA_VERSION = "1.0"
CAVEAT = (
    "A claim is not evidence and changed no score. “Supported” means that what the file shows agrees with the claim under the "
    "printed assumptions; it is not a finding of fact, and a person must look at the picture, the source and the place."
)


class Point(Struct, frozen=True, kw_only=True):
    """One thing that speaks for or against a claim; what only hints never decides how the claim stands."""

    source: str
    text: str
    decides: bool
    observation_ids: tuple[str, ...] = ()


class Judgement(Struct, frozen=True, kw_only=True):
    """How one part of a claim stands, with everything for and against it, what is known beside, lacking, and to be asked for."""

    standing: Standing
    wording: str
    supports: tuple[Point, ...] = ()
    contradicts: tuple[Point, ...] = ()
    notes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    ask_next: tuple[str, ...] = ()


class Claim(Struct, frozen=True, kw_only=True):
    """What somebody says of a file: a place, a time, or both."""

    file: str
    place: Place | None
    span: Span | None


class Assessment(Struct, frozen=True, kw_only=True):
    """A claim and how it stands; `tool_verdict` is the file's own, whatever is claimed; `problem`, why nothing was compared."""

    claim: Claim
    sha256: str | None = None
    tool_verdict: str = ""
    place: Judgement | None = None
    time: Judgement | None = None
    problem: str | None = None

    @property
    def standings(self) -> tuple[Standing, ...]:
        """How its parts stand."""
        return tuple(part.standing for part in (self.place, self.time) if part is not None)


def weigh_points(supports: Sequence[Point], contradicts: Sequence[Point]) -> Standing:
    """Supported or contradicted where only one side has something that decides; open where none has, or both have."""
    is_supported = any(point.decides for point in supports)
    is_contradicted = any(point.decides for point in contradicts)
    if is_supported == is_contradicted:
        return Standing.OPEN
    return Standing.SUPPORTED if is_supported else Standing.CONTRADICTED


def word_standing(what: str, standing: Standing, supports: Sequence[Point], contradicts: Sequence[Point]) -> str:
    """The standing in a sentence."""
    if standing is not Standing.OPEN:
        points = supports if standing is Standing.SUPPORTED else contradicts
        return f"{what}: {standing.value}: {next(point.text for point in points if point.decides)}"
    if any(point.decides for point in (*supports, *contradicts)):
        return f"{what}: open: strong evidence on both sides; one of the sources is wrong"
    hints = f"{len(supports)} for and {len(contradicts)} against it, none of which decides" if supports or contradicts else "none"
    return f"{what}: open: nothing in or beside the file decides it (hints: {hints})"
