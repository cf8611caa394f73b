"""A case weighed anew on another edition of the register, without its media: which verdicts change, and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from geoverify.basis import describe_basis, log_run
from geoverify.case.custody import Kind
from geoverify.case.store import Case, Need, Result, list_files
from geoverify.casework import make_result
from geoverify.media import display_path
from geoverify.model import VisualMatch
from geoverify.register.load import load_registers
from geoverify.results import Candidate, Report, VerdictKind
from geoverify.score import show_score
from geoverify.settings import Settings
from geoverify.verify import Kit, Reading, library_versions, make_kit
from geoverify.worker import Job, weigh

# A distance that changed by less does not explain a verdict.
SAME_DISTANCE_M = 1.0
# Results are kept when there are so many.
KEEP_COUNT = 64
_ARTICLE = {VerdictKind.CONSISTENT: "consistent with", VerdictKind.AMBIGUOUS: "ambiguous between"}


class Change(Struct, frozen=True, kw_only=True):
    """One file's old and new result; `reasons` say what of the register could have changed it."""

    path: str
    sha256: str | None
    old_verdict: VerdictKind
    old_site_codes: tuple[str, ...]
    old_wording: str
    new_verdict: VerdictKind
    new_site_codes: tuple[str, ...]
    new_wording: str
    reasons: tuple[str, ...]


class Rematch(Struct, frozen=True, kw_only=True):
    """What weighing a case anew comes to; `unread_count` files have no reading and keep what they have.

    `register_notes` say what merging several registers left out or renamed.
    """

    file_count: int
    unread_count: int
    changes: tuple[Change, ...]
    register_notes: tuple[str, ...] = ()


def rematch(
    case: Case, registers: Sequence[Path], examined_at: dt.datetime, *, applies: bool, called: Mapping[str, str] | None = None
) -> Rematch:
    """Weigh every reading of a case on the given registers, with the settings of its own report; `applies` keeps the result.

    `called` has, by their paths, the names under which reports know registers that are copies.
    """
    scales = _Scales(registers, examined_at, called)
    changes: list[Change] = []
    results: list[Result] = []
    count = unread = 0
    if applies:
        log_run(case, Kind.RUN, scales.job(Settings()), {"command": ["rematch"], "files": _count_files(case)})
    for path, _, _, _ in list(list_files(case)):
        count += 1
        report, encoded = case.read_report(path), case.find_reading(path)
        if report is None or encoded is None:
            unread += 1
            continue
        reading = msgspec.json.decode(encoded, type=Reading)
        settings = _settings_of(report)
        done = weigh(reading, scales.kit(settings), examined_at)
        new = msgspec.json.decode(done.report, type=Report)
        changes.extend(_compare(path, report, new, scales.heirs))
        if applies:
            results.append(make_result(_need_of(case, path, scales.job(settings)), done, {}))
            if len(results) >= KEEP_COUNT:
                case.keep(results, {})
                results = []
    if applies:
        case.keep(results, {})
        case.log(Kind.FINISHED, {"files": count, "reports": count - unread, "stopped": False, "changed_verdicts": len(changes)})
    return Rematch(file_count=count, unread_count=unread, changes=tuple(changes), register_notes=scales.notes)


def name_verdict(kind: VerdictKind, codes: Sequence[str]) -> str:
    """A verdict in a few words: consistent with A, ambiguous between A / B, inconclusive …"""
    return f"{_ARTICLE.get(kind, kind.value)} {' / '.join(codes)}".strip()


class _Scales:
    """Registers, loaded once, with a kit for each settings that the case's reports were made with."""

    def __init__(self, registers: Sequence[Path], examined_at: dt.datetime, called: Mapping[str, str] | None) -> None:
        self._paths, self._examined_at = registers, examined_at
        self._register = load_registers(registers, called)
        # By a code of today or of earlier, the code under which a place is listed now.
        self.heirs = {former: site.code for site in self._register.sites for former in site.former_codes}
        self.notes = self._register.notes
        self.heirs |= {site.code: site.code for site in self._register.sites}
        self._kits: dict[str, Kit] = {}

    def kit(self, settings: Settings) -> Kit:
        key = settings.digest().hex
        if key not in self._kits:
            self._kits[key] = make_kit(self._register, settings)
        return self._kits[key]

    def job(self, settings: Settings) -> Job:
        return Job(registers=[str(path) for path in self._paths], settings=settings, examined_at=self._examined_at)


def _settings_of(report: Report) -> Settings:
    """The settings of a report, so that only the register differs; those of today where another version wrote them."""
    try:
        return msgspec.convert(report.settings, Settings, strict=False)
    except msgspec.MsgspecError:
        return Settings()


def _count_files(case: Case) -> int:
    return sum(1 for _ in list_files(case))


def _need_of(case: Case, path: Path, job: Job) -> Need:
    row = case.find_file(path)
    # Only files with a report are weighed anew.
    assert row is not None and row.stamp is not None
    return Need(
        path=path,
        stamp=row.stamp,
        digest=row.digest,
        reading=row.reading,
        surroundings=row.surroundings,
        basis=describe_basis(job),
    )


def _compare(path: Path, old: Report, new: Report, heirs: Mapping[str, str]) -> Iterator[Change]:
    before, now = old.verdict, new.verdict
    if (before.kind, before.site_codes) == (now.kind, now.site_codes):
        return
    yield Change(
        path=display_path(path)[0],
        sha256=old.media.digest.hex if old.media.digest else None,
        old_verdict=before.kind,
        old_site_codes=before.site_codes,
        old_wording=before.wording,
        new_verdict=now.kind,
        new_site_codes=now.site_codes,
        new_wording=now.wording,
        reasons=tuple(dict.fromkeys(_explain(old, new, heirs))),
    )


def _explain(old: Report, new: Report, heirs: Mapping[str, str]) -> Iterator[str]:
    """What is different about the sites that either verdict is about, from the two reports themselves; never nothing."""
    reasons = [*_explain_sites(old, new, heirs)]
    counts = [sum(info.site_count for info in report.registers) for report in (old, new)]
    if counts[0] != counts[1]:
        reasons.append(f"{counts[1]} sites share the prior, not {counts[0]}")
    if old.settings != new.settings:
        reasons.append("the settings differ too: another version made the old report")
    if old.versions != library_versions():
        reasons.append("versions of geoverify or its libraries differ too")
    yield from reasons or ["names, region, boundary errors or time zones differ; geoverify sites diff lists them"]


def _explain_sites(old: Report, new: Report, heirs: Mapping[str, str]) -> Iterator[str]:
    before, now = ({item.site_code: item for item in report.candidates} for report in (old, new))
    codes = dict.fromkeys((*old.verdict.site_codes, *new.verdict.site_codes))
    if not codes:
        codes = dict.fromkeys(item.site_code for report in (old, new) for item in report.candidates[:1])
    origins = {heir: code for code, heir in heirs.items() if code in before and code != heir}
    for code in codes:
        heir, origin = heirs.get(code), origins.get(code, code)
        if code in before and heir is None:
            pictures = "; its reference photographs were matched under this code" if _is_seen(code, new) else ""
            yield f"{code} is not listed any more{pictures}"
            continue
        if heir is not None and heir != code:
            yield f"{code} is now listed as {heir}"
        elif origin != code:
            yield f"{code} was listed as {origin}"
        yield from _explain_site(before.get(origin), now.get(heir or code))
        scores = [_score_of(origin, old), _score_of(heir or code, new)]
        if None not in scores and scores[0] != scores[1]:
            yield f"the score of {heir or code} was {scores[0]} and is {scores[1]}"


def _is_seen(code: str, report: Report) -> bool:
    return any(isinstance(item.value, VisualMatch) and item.value.site_code == code for item in report.observations)


def _score_of(code: str, report: Report) -> int | None:
    return next((show_score(score.probability) for score in report.scores if score.site_code == code), None)


def _explain_site(old: Candidate | None, new: Candidate | None) -> Iterator[str]:
    if old is not None and new is None:
        yield f"{old.site_code} does not lie near the footage any more"
    elif new is not None and old is None:
        far = "" if new.distance_m is None else f", {_metres(new.distance_m)} from where the file says it was shot"
        yield f"{new.site_code} was not listed there before{far}"
    elif old is not None and new is not None:
        if old.footprint_kind is not new.footprint_kind:
            yield f"the footprint of {new.site_code} was {old.footprint_kind.value} and is {new.footprint_kind.value}"
        before_m, now_m = old.distance_m, new.distance_m
        if before_m is not None and now_m is not None and abs(before_m - now_m) >= SAME_DISTANCE_M:
            yield f"the footprint of {new.site_code} was {_metres(before_m)} from the footage and is {_metres(now_m)}"


def _metres(distance_m: float) -> str:
    return f"{distance_m:.0f} m" if distance_m < 1000.0 else f"{distance_m / 1000.0:.1f} km"
