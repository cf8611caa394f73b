"""Which located footage a statement agrees with, by site and time; footage of another time contradicts nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

import msgspec
from msgspec import Struct

from geoverify import geo
from geoverify.case.facts import FactRow, detailed
from geoverify.claims.place import AGREE_RADII
from geoverify.claims.places import Atlas, Place
from geoverify.claims.spans import Span
from geoverify.media import display_path
from geoverify.model import Clock
from geoverify.results import VerdictKind
from geoverify.settings import Settings
from geoverify.statements.reading import Statement
from geoverify.tally.counting import Tally
from geoverify.tally.recordings import Recordings

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Agreement(StrEnum):
    """How a statement stands beside the footage; none of these is a finding on who spoke."""

    AGREES = "agrees"
    MAY_AGREE = "may_agree"
    NO_FOOTAGE_OF_TIME = "no_footage_of_that_time"
    NO_FOOTAGE_OF_PLACE = "no_footage_of_that_place"
    CONTRADICTED = "contradicted"


class Footage(Struct, frozen=True, kw_only=True):
    """One file beside a statement: where it is located, when it was filmed and by which clock, and what that means here."""

    file: str
    sha256: str | None
    site_codes: tuple[str, ...]
    filmed: str | None
    clock: str | None
    posted: str | None
    text: str


class Comparison(Struct, frozen=True, kw_only=True):
    """A statement beside the footage of its place; the counts are of independent footage, the lists of files.

    `contradicting` are files that were named with the statement and are located or dated otherwise.
    """

    id: str
    place: Place | None
    span: Span | None
    agreement: Agreement
    wording: str
    agreeing_count: int
    agreeing: tuple[Footage, ...] = ()
    possible: tuple[Footage, ...] = ()
    undated: tuple[Footage, ...] = ()
    other_times: tuple[Footage, ...] = ()
    contradicting: tuple[Footage, ...] = ()
    notes: tuple[str, ...] = ()


class Timing(StrEnum):
    """How a file's time stands to a statement's."""

    INSIDE = "inside"
    POSSIBLE = "possible"
    OUTSIDE = "outside"
    UNDATED = "undated"


class Comparer:
    """Compares statements with the footage of one tally."""

    def __init__(self, tally: Tally, atlas: Atlas) -> None:
        self._tally, self._atlas, self._recordings = tally, atlas, Recordings(tally)
        self._rows = [detailed(row) for row in tally.rows]
        self._by_site: dict[str, list[int]] = {}
        self._placed: list[int] = []
        for at, row in enumerate(self._rows):
            for code in row.site_codes.split("\n") if row.verdict in _NAMING else ():
                self._by_site.setdefault(code, []).append(at)
            if row.lat_deg is not None and row.verdict != VerdictKind.CONTRADICTORY:
                self._placed.append(at)

    def compare(self, statement: Statement) -> Comparison:
        """Hold one statement against the footage of its place."""
        parts: dict[Timing, list[tuple[int, str]]] = {timing: [] for timing in Timing}
        for at in self._find_near(statement.place) if statement.place is not None else self._find_all_placed():
            timing, words = self._judge_recording(at, statement.span)
            if timing is Timing.INSIDE and self._rows[at].verdict == VerdictKind.AMBIGUOUS:
                timing, words = Timing.POSSIBLE, f"{words}; ambiguous between {self._name_sites(at)}"
            if self._is_contradictory(at):
                words = f"{words}; {self._tell_conflict(at)}"
                timing = Timing.POSSIBLE if timing is Timing.INSIDE else timing
            parts[timing].append((at, words))
        contradicting = list(self._find_contradicting(statement))
        roots = {self._tally.witness[at] for at, _ in parts[Timing.INSIDE]}
        agreement = _sum_up(parts, is_contradicted=bool(contradicting))
        return Comparison(
            id=statement.id,
            place=statement.place,
            span=statement.span,
            agreement=agreement,
            wording=_word(agreement, len(roots), parts, has_time=statement.span is not None),
            agreeing_count=len(roots),
            agreeing=self._show(parts[Timing.INSIDE]),
            possible=self._show(parts[Timing.POSSIBLE]),
            undated=self._show(parts[Timing.UNDATED]),
            other_times=self._show(parts[Timing.OUTSIDE]),
            contradicting=self._show(contradicting),
            notes=tuple(self._note(statement)),
        )

    def _find_near(self, place: Place) -> list[int]:
        found = {at for code in place.site_codes for at in self._by_site.get(code, ())}
        if place.position is not None:
            claimed = place.position
            for at in self._placed:
                row = self._rows[at]
                if row.lat_deg is None or row.lon_deg is None or abs(row.lat_deg - claimed.lat_deg) > 1.0:
                    continue
                apart_m, _ = geo.measure(row.lat_deg, row.lon_deg, claimed.lat_deg, claimed.lon_deg)
                if apart_m <= AGREE_RADII * ((row.error_radius_m or 0.0) ** 2 + place.error_m**2) ** 0.5:
                    found.add(at)
        return sorted(found)

    def _find_all_placed(self) -> list[int]:
        return sorted({at for numbers in self._by_site.values() for at in numbers})

    def _find_contradicting(self, statement: Statement) -> Iterator[tuple[int, str]]:
        for at, row in enumerate(self._rows) if statement.files else ():
            if not _is_named(row, statement.files):
                continue
            codes = statement.place.site_codes if statement.place else ()
            is_elsewhere = row.verdict == VerdictKind.INCONSISTENT
            if (
                codes
                and not self._is_contradictory(at)
                and (is_elsewhere or (row.verdict in _NAMING and not set(row.site_codes.split("\n")) & set(codes)))
            ):
                where = "elsewhere than at any listed site" if is_elsewhere else f"at {self._name_sites(at)}"
                yield at, f"named with the statement, and located {where}"
            timing, words = self._judge_recording(at, statement.span)
            if timing is Timing.OUTSIDE:
                yield at, f"named with the statement, and {words}"

    def _is_contradictory(self, at: int) -> bool:
        return self._tally.verdicts[self._tally.witness[at]] is VerdictKind.CONTRADICTORY

    def _tell_conflict(self, at: int) -> str:
        others = ", ".join(self._tally.show(self._rows[other]) for other in self._recordings.located_otherwise(at))
        return (
            f"copies of this footage are located elsewhere: {others}"
            if others
            else "a copy, or a file of its post, is contradictory"
        )

    def _judge_recording(self, at: int, span: Span | None) -> tuple[Timing, str]:
        """When a file was filmed, by its own clocks and those of its copies; a copy's mere name is left aside."""
        copies = self._recordings.copies_of(at)
        if not copies:
            return judge_timing(self._rows[at], span)
        posts = (self._rows[number].posted_to for number in (at, *copies))
        online_by = min((posted for posted in posts if posted is not None), default=None)
        told = [judge_timing(_doubt_clock(self._rows[at], online_by), span)]
        for other in copies:
            row = _doubt_clock(self._rows[other], online_by)
            if row.filmed_clock == Clock.FILENAME:
                row = msgspec.structs.replace(row, filmed_from=None, filmed_to=None)
            timing, words = judge_timing(row, span)
            if timing is not Timing.UNDATED:
                told.append((timing, f"{self._tally.show(self._rows[other])}, a copy of this footage: {words}"))
        found = dict(reversed(told))
        if Timing.INSIDE in found and Timing.OUTSIDE in found:
            return Timing.POSSIBLE, f"{found[Timing.INSIDE]}; {found[Timing.OUTSIDE]}"
        return next((timing, found[timing]) for timing in _BY_CERTAINTY if timing in found)

    def _note(self, statement: Statement) -> Iterator[str]:
        if statement.place is not None and statement.place.note:
            yield statement.place.note
        if statement.span is not None:
            yield f"the stated time is {statement.span.text}, {statement.span.zone_words}"
        known = [name for name in statement.files if any(_is_named(row, (name,)) for row in self._rows)]
        if len(known) < len(statement.files):
            yield f"{len(statement.files) - len(known)} of the files named with it are not in the case"

    def _name_sites(self, at: int) -> str:
        return " / ".join(self._rows[at].site_codes.split("\n"))

    def _show(self, found: Iterable[tuple[int, str]]) -> tuple[Footage, ...]:
        return tuple(_describe(self._rows[at], self._tally.show(self._rows[at]), words) for at, words in found)


# Which of the times that the files of one recording tell is taken for all of them.
_BY_CERTAINTY = (Timing.OUTSIDE, Timing.INSIDE, Timing.POSSIBLE, Timing.UNDATED)
_NAMING = frozenset((VerdictKind.CONSISTENT.value, VerdictKind.AMBIGUOUS.value))


def _doubt_clock(row: FactRow, online_by: int | None) -> FactRow:
    """The row without a time of filming by a clock that must be wrong, since the recording was posted before."""
    if online_by is None or row.filmed_from is None or row.filmed_from <= online_by + Settings().clock_disagreement_s:
        return row
    return msgspec.structs.replace(row, filmed_from=None, filmed_to=None, is_disputed=1)


def judge_timing(row: FactRow, span: Span | None) -> tuple[Timing, str]:
    """Whether footage was filmed in a stated time: for certain, possibly (and why), or not; unknown stays unknown."""
    if span is None:
        return Timing.INSIDE, "no time is stated"
    start = None if span.start is None else (span.start - _EPOCH).total_seconds()
    end = None if span.end is None else (span.end - _EPOCH).total_seconds()
    if row.filmed_from is None or row.filmed_to is None:
        if row.posted_to is not None and start is not None and row.posted_to < start:
            return Timing.OUTSIDE, f"posted {row.posted_shown}, before the stated time, and so filmed before it"
        posted = f", posted {row.posted_shown}" if row.posted_shown else ""
        return (
            Timing.UNDATED,
            f"filmed at an unknown time{posted}{'; its clocks contradict each other' if row.is_disputed else ''}",
        )
    filmed = f"filmed {row.filmed_shown} by the {row.filmed_clock} clock"
    if (start is not None and row.filmed_to < start) or (end is not None and row.filmed_from > end):
        return Timing.OUTSIDE, f"{filmed}, at another time"
    if row.filmed_clock == Clock.FILENAME:
        return Timing.POSSIBLE, f"{filmed}, which is only its name and could be changed by anybody"
    if (start is None or start <= row.filmed_from) and (end is None or row.filmed_to <= end):
        return Timing.INSIDE, filmed
    return Timing.POSSIBLE, f"{filmed}: within the stated time or not, by up to {_width(row)}"


def _width(row: FactRow) -> str:
    seconds = (row.filmed_to or 0) - (row.filmed_from or 0)
    return f"{seconds / 3600:.0f} h of its own uncertainty" if seconds else "the uncertainty of the stated time"


def _is_named(row: FactRow, names: Sequence[str]) -> bool:
    path = display_path(row.file)[0]
    return any(name in (row.digest, row.file.name, path) or path.endswith(f"/{name}") for name in names)


def _sum_up(parts: dict[Timing, list[tuple[int, str]]], *, is_contradicted: bool) -> Agreement:
    if is_contradicted:
        return Agreement.CONTRADICTED
    if parts[Timing.INSIDE]:
        return Agreement.AGREES
    if parts[Timing.POSSIBLE] or parts[Timing.UNDATED]:
        return Agreement.MAY_AGREE
    return Agreement.NO_FOOTAGE_OF_TIME if parts[Timing.OUTSIDE] else Agreement.NO_FOOTAGE_OF_PLACE


def _word(agreement: Agreement, count: int, parts: dict[Timing, list[tuple[int, str]]], *, has_time: bool) -> str:
    if agreement is Agreement.CONTRADICTED:
        return "footage that was named with it is located or dated otherwise"
    if agreement is Agreement.AGREES:
        what = "that place and time" if has_time else "that place; no time is stated"
        return f"agrees with {count} independent {'piece' if count == 1 else 'pieces'} of footage of {what}"
    if agreement is Agreement.MAY_AGREE:
        possible, undated = len(parts[Timing.POSSIBLE]), len(parts[Timing.UNDATED])
        return f"may agree: files of that place that may be of that time: {possible}; that tell no time: {undated}"
    if agreement is Agreement.NO_FOOTAGE_OF_TIME:
        others = len(parts[Timing.OUTSIDE])
        return f"no footage of that time; files of the place at other times: {others}, which contradict nothing"
    return "no footage of that place, which says nothing for or against it"


def _describe(row: FactRow, file: str, text: str) -> Footage:
    return Footage(
        file=file,
        sha256=row.digest,
        site_codes=tuple(row.site_codes.split("\n")) if row.site_codes else (),
        filmed=row.filmed_shown,
        clock=row.filmed_clock,
        posted=row.posted_shown,
        text=text,
    )
