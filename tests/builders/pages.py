"""Cases as pages, of reports that the real reasoning made over built observations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import msgspec

from builders.reports import EXAMINED_AT, report_of
from builders.scenes import captured, fix, gate, looking, offset, put_online, said, site
from geoverify.case.decisions import Decision
from geoverify.pages.logbook import Acquisition, Logbook
from geoverify.pages.outlines import Outlines
from geoverify.pages.writing import Case, Source
from geoverify.results import Call, Report, VerdictKind

KHMER, THAI, CHINESE, ARABIC = "ប៉ូលីសនៅមុខក្លោងទ្វារ", "ตำรวจอยู่หน้าประตู", "警察在大门口", "الشرطة عند البوابة"
# Each sets `window.pwned` or raises a dialog where it is taken for more than text.
ATTACKS = (
    "<img src=x onerror=alert(1)><script>window.pwned=1</script>",
    "</script><script>window.pwned=2</script><!--",
    '"><svg onload=alert(2)>',
    "javascript:alert(3)//{{7*7}}${7*7}{% raw %}",
    "a\u2028window.pwned=3\u2029b\u202egpj",
)
CASE = Case(name="test.gvcase", title="A test", made_at=EXAMINED_AT)
SITE = site("A", parts=(gate("North gate", offset(10.6, 103.5, 0.0, 75.0)),))
PATH = Path("/footage/clip.jpg")


def make_reports() -> list[Report]:
    """A file of each kind that a page shows differently."""
    day = dt.datetime(2025, 10, 3, 15, 52, 8)
    return [
        report_of(fix(0, -80), *looking(0.0), captured(day, 420), path="footage/a/near.jpg"),
        report_of(*(said(text) for text in (KHMER, THAI, CHINESE, ARABIC)), path="footage/a/words.jpg"),
        report_of(
            fix(0, 60_000), captured(day + dt.timedelta(days=2)), put_online("Telegram", "River Watch"), path="footage/b/far.jpg"
        ),
        report_of(path="footage/b/nothing.jpg"),
    ]


def hostile_reports() -> list[Report]:
    """Files whose name, words, maker and problems are attacks."""
    return [
        msgspec.structs.replace(
            report_of(fix(0, 0), said(attack), path=f"footage/{attack}.jpg"),
            next_steps=(attack,),
        )
        for attack in ATTACKS
    ]


def make_source(reports: Sequence[Report], **fields: object) -> Source:
    """Where a page of these reports comes from: their register, a log in which each came in, one judgement."""
    paths = [Path("/") / report.media.path for report in reports]
    digest = {"sha256": "ab" * 32}
    at = EXAMINED_AT
    acquired = {
        bytes(path).hex(): Acquisition(number=2, at=at, digests=digest, modified_at=at, source_url=None) for path in paths
    }
    book = Logbook(
        acquired=acquired, command=("match", "footage", "--sites", "x y.geojson"), head_number=9, head_digest="cd" * 32
    )
    values: dict[str, object] = {
        "paths": paths,
        "reports": reports,
        "outlines": Outlines(sites={"A": SITE}, missing=()),
        "book": book,
    }
    return Source(**values | fields)  # type: ignore[arg-type]


def judge(source: Source, *decisions: tuple[str, str, Call, str]) -> None:
    """Enter judgements: by whom, in which words, to which end, on which site; every built report has the same digest."""
    for by, words, call, code in decisions:
        decision = Decision(
            number=3 + sum(map(len, source.book.decided.values())),
            at=EXAMINED_AT.isoformat(),
            path_hex=bytes(source.paths[0]).hex(),
            sha256="ab" * 32,
            by=by,
            judgement=words,
            site=code,
            call=call,
        )
        source.book.decided.setdefault(decision.subject, []).append(decision)


def many_reports(count: int) -> list[Report]:
    """So many different files around one site, made fast from a few: names, places, days and verdicts vary."""
    base = [*make_reports(), report_of(fix(10, 10), *looking(90.0))]
    made = []
    for number in range(count):
        report = base[number % len(base)]
        place = report.location
        if place is not None:
            lat_deg, lon_deg = offset(place.lat_deg, place.lon_deg, number % 97 * 5.0, number % 89 * 5.0)
            place = msgspec.structs.replace(place, lat_deg=lat_deg, lon_deg=lon_deg)
        media = msgspec.structs.replace(
            report.media,
            path=f"footage/batch {number // 500}/IMG_{number:05d}.jpg",
            digest=msgspec.structs.replace(report.media.digest, hex=f"{number * 2654435761 % 2**64:016x}" * 4),
        )
        made.append(msgspec.structs.replace(report, media=media, location=place))
    return made


def kinds_of(reports: Sequence[Report]) -> list[VerdictKind]:
    """Their verdicts, in order."""
    return [report.verdict.kind for report in reports]
