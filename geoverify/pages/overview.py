"""The case as a whole: counts by verdict, site and day, and a compact row a file for the page's list and map."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from geoverify.facts import facts_of
from geoverify.model import MediaKind
from geoverify.pages.fixes import day_of, fix_of
from geoverify.places import RegisterInfo
from geoverify.results import Report, VerdictKind
from geoverify.score import show_score

# A time line of so many bars is still legible; with more days a bar is a month, with more months a year.
MAX_BARS = 62
VERDICTS = tuple(VerdictKind)


@dataclass(slots=True)
class SiteCount:
    """How many files' verdicts name a site, and the days of capture between which they lie."""

    code: str
    name: str = ""
    kinds: Counter[VerdictKind] = field(default_factory=Counter)
    first: dt.date | None = None
    last: dt.date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayBar:
    """One bar of the time line: what it stands for in ISO 8601 (2025, 2025-10 or 2025-10-03) and its counts by verdict."""

    label: str
    kinds: Counter[VerdictKind]


class Overview:
    """Takes the reports one by one and keeps only what the overview shows."""

    def __init__(self) -> None:
        self.verdicts: Counter[VerdictKind] = Counter()
        self.no_footage = 0
        self.undated = 0
        self.decided = 0
        self.registers: dict[str, RegisterInfo] = {}
        self.rows: list[list[Any]] = []
        self._sites: dict[str, SiteCount] = {}
        self._weighed: Counter[str] = Counter()
        self._days: Counter[tuple[dt.date, VerdictKind]] = Counter()
        self._codes: dict[str, int] = {}
        self._sources: dict[str, int] = {}
        self._writers: dict[str, int] = {}

    def add(self, report: Report, name: str, *, is_decided: bool, is_disputed: bool) -> None:
        """Count a report; `name` is what the list calls it."""
        facts = facts_of(report)
        kind, day = report.verdict.kind, day_of(facts)
        self.verdicts[kind] += 1
        self.no_footage += report.media.kind is MediaKind.UNKNOWN
        self.decided += is_decided
        self.registers |= {info.digest.hex: info for info in report.registers}
        if day is None:
            self.undated += 1
        else:
            self._days[day, kind] += 1
        names = {candidate.site_code: candidate.site_name for candidate in report.candidates}
        for code in report.verdict.site_codes:
            self._count_site(code, names.get(code, ""), kind, day)
        self._weighed.update(score.site_code for score in report.scores)
        self.rows.append(self._row(report, name, day, is_decided + is_disputed, facts.source))

    def _count_site(self, code: str, name: str, kind: VerdictKind, day: dt.date | None) -> None:
        count = self._sites.setdefault(code, SiteCount(code))
        count.name = count.name or name
        count.kinds[kind] += 1
        if day is not None:
            count.first = min(count.first or day, day)
            count.last = max(count.last or day, day)

    def _row(self, report: Report, name: str, day: dt.date | None, review: int, source: str | None) -> list[Any]:
        """The columns of `10-page.js`: the last six only where the file is located; 2 in `decided` is a dispute."""
        best = report.scores[0] if report.scores else None
        row: list[Any] = [
            name,
            VERDICTS.index(report.verdict.kind),
            [self._number(self._codes, code) for code in report.verdict.site_codes],
            self._number(self._codes, best.site_code) if best else -1,
            show_score(best.probability) if best else None,
            day.isoformat() if day else None,
            review,
            -1 if source is None else self._number(self._sources, source),
        ]
        fix = fix_of(report)
        if fix is not None:
            place = fix.location
            view = [round(fix.view.angle_deg, 1), round(fix.view.across_deg, 1)] if fix.view else None
            row += [round(place.lat_deg, 7), round(place.lon_deg, 7), place.error_radius_m, self._number(self._writers, fix.who)]
            row += [view, fix.track] if view or fix.track else []
        return row

    def _number(self, numbers: dict[str, int], text: str) -> int:
        return numbers.setdefault(text, len(numbers))

    @property
    def sites(self) -> list[SiteCount]:
        """The sites that a verdict names, most files first."""
        return sorted(self._sites.values(), key=lambda count: (-count.kinds.total(), count.code))

    @property
    def weighed_codes(self) -> list[str]:
        """The codes of the sites that files were weighed against: first those that verdicts name, each kind by its files."""
        others = sorted(self._weighed, key=lambda code: (-self._weighed[code], code))
        return list(dict.fromkeys((*(count.code for count in self.sites), *others)))

    @property
    def site_count(self) -> int:
        """How many sites the registers list together."""
        return sum(info.site_count for info in self.registers.values())

    @property
    def span(self) -> tuple[dt.date, dt.date] | None:
        """The first and the last day of capture."""
        days = [day for day, _ in self._days]
        return (min(days), max(days)) if days else None

    def bars(self) -> list[DayBar]:
        """The time line, without gaps: by day where that is short enough, else by month or year."""
        for label, step in ((_day, 1), (_month, 28), (_year, 365)):
            counts: dict[str, Counter[VerdictKind]] = {}
            span = self.span
            if span is None:
                return []
            if (span[1] - span[0]).days // step > MAX_BARS and label is not _year:
                continue
            for offset in range(0, (span[1] - span[0]).days + step, step):
                counts.setdefault(label(min(span[0] + dt.timedelta(days=offset), span[1])), Counter())
            for (day, kind), count in self._days.items():
                counts.setdefault(label(day), Counter())[kind] += count
            return [DayBar(label=name, kinds=kinds) for name, kinds in sorted(counts.items())][-MAX_BARS:]
        return []

    def describe(self) -> dict[str, Any]:
        """The rows for the page, with the sites, sources and writers that they number."""
        return {
            "verdicts": [kind.value for kind in VERDICTS],
            "sites": list(self._codes),
            "sources": list(self._sources),
            "writers": list(self._writers),
            "files": self.rows,
        }


def _day(day: dt.date) -> str:
    return day.isoformat()


def _month(day: dt.date) -> str:
    return f"{day:%Y-%m}"


def _year(day: dt.date) -> str:
    return str(day.year)
