"""Which files of a case most need a person, in that order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

import msgspec
from msgspec import Struct

from geoverify.case.decisions import Decision, do_disagree
from geoverify.case.store import Case, key_of
from geoverify.results import Call, Score, Verdict, VerdictKind
from geoverify.score import show_score

# A site this likely is worth a look, though nothing names it.
WORTH_A_LOOK = 0.3


class Need(StrEnum):
    """Why a file waits for a person, the most pressing first."""

    DISAGREEMENT = "reviewers disagree"
    SECOND_REVIEWER = "a second reviewer is asked for"
    AMBIGUOUS = "ambiguous"
    CONTRADICTORY = "contradictory"
    HIGH_SCORE = "names a site, and nobody has looked"
    POSSIBLE = "a site is possible"
    OTHER = "nobody has looked"
    DONE = "reviewed"


class QueuedFile(Struct, frozen=True, kw_only=True):
    """One subject of review: a file and its copies; `score` is the tool's for its best site, 0 to 100."""

    key: str
    name: str
    verdict: VerdictKind
    site: str | None
    score: int | None
    need: Need
    reviewers: tuple[str, ...]
    copies: int


class _Gist(Struct, frozen=True, kw_only=True):
    """What the queue needs of a report; the rest is not decoded."""

    verdict: Verdict
    scores: tuple[Score, ...] = ()


def name_key(path: Path) -> str:
    """The short name of a file in addresses: nothing of its path shows."""
    return sha256(key_of(path)).hexdigest()[:24]


def list_queue(case: Case, paths: Iterable[Path], standing: Mapping[str, Sequence[Decision]]) -> list[QueuedFile]:
    """Return every file with a report once, its copies counted, those that most need a person first."""
    found: dict[str, tuple[Path, _Gist]] = {}
    copies: dict[str, int] = {}
    for path in paths:
        encoded, known = case.read_encoded(path), case.find_file(path)
        if encoded is None or known is None:
            continue
        subject = known.digest.hex if known.digest else key_of(path).hex()
        copies[subject] = copies.get(subject, -1) + 1
        if subject not in found:
            found[subject] = (path, msgspec.json.decode(encoded, type=_Gist))
    files = [_queue(path, gist, copies[subject], standing.get(subject, ())) for subject, (path, gist) in found.items()]
    order = list(Need)
    return sorted(files, key=lambda file: (order.index(file.need), -(file.score or 0), file.name))


def _queue(path: Path, gist: _Gist, copies: int, standing: Sequence[Decision]) -> QueuedFile:
    best = max(gist.scores, key=lambda score: score.probability, default=None)
    return QueuedFile(
        key=name_key(path),
        name=path.name.encode("utf-8", "backslashreplace").decode(),
        verdict=gist.verdict.kind,
        site=None if best is None else best.site_code,
        score=None if best is None else show_score(best.probability),
        need=_judge_need(gist.verdict.kind, best, standing),
        reviewers=tuple(decision.by for decision in standing),
        copies=copies,
    )


def _judge_need(kind: VerdictKind, best: Score | None, standing: Sequence[Decision]) -> Need:
    if do_disagree(standing):
        return Need.DISAGREEMENT
    if standing:
        asked = any(decision.call is Call.SECOND_REVIEWER for decision in standing)
        return Need.SECOND_REVIEWER if asked and len(standing) < 2 else Need.DONE
    if kind is VerdictKind.AMBIGUOUS:
        return Need.AMBIGUOUS
    if kind is VerdictKind.CONTRADICTORY:
        return Need.CONTRADICTORY
    if kind is VerdictKind.CONSISTENT:
        return Need.HIGH_SCORE
    return Need.POSSIBLE if best is not None and best.probability >= WORTH_A_LOOK else Need.OTHER
