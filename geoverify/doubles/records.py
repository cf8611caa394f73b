"""What a case knows of each recording that doubles are found and told by: prints, times, posts and verdicts; no media."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from geoverify.case.store import Case
from geoverify.model import CaptureTime, FramePrint, MediaFile, MediaKind, Observation, TimeMeaning, Value, Who
from geoverify.results import Verdict, VerdictKind
from geoverify.text import escape_controls

# A local time without its offset can be so far ahead of or behind UTC (IANA time zone database: −12 to +14 hours).
MAX_AHEAD, MAX_BEHIND = dt.timedelta(hours=14), dt.timedelta(hours=12)


class KnownTime(Struct, frozen=True, kw_only=True):
    """A time that a file or a file beside it states: it lies between two instants, and who could have written it."""

    earliest_utc: dt.datetime
    latest_utc: dt.datetime
    meaning: TimeMeaning
    who: Who


class FileFacts(Struct, frozen=True, kw_only=True):
    """One file of a case: when it says it was captured and posted, and its verdict; `case` names the library, None this case."""

    path: Path
    digest: str
    case: str | None
    verdict: VerdictKind
    site_codes: tuple[str, ...]
    captured: KnownTime | None
    posted: KnownTime | None


class Recording(Struct, frozen=True, kw_only=True):
    """The files of the same bytes, and the prints of their frames."""

    digest: str
    kind: MediaKind
    files: tuple[FileFacts, ...]
    prints: tuple[FramePrint, ...]


def read_recordings(case: Case, name: str | None = None) -> list[Recording]:
    """Every recording of a case in the order of the digests; `name` is that of a library's case."""
    files: dict[str, list[FileFacts]] = {}
    kinds: dict[str, MediaKind] = {}
    prints: dict[str, tuple[FramePrint, ...]] = {}
    for path, digest, report, findings in case.connection.execute(
        "SELECT path, file.digest, report, findings FROM file JOIN document USING (path) LEFT JOIN content "
        "ON content.digest = file.digest AND content.reading = file.reading WHERE report IS NOT NULL AND file.digest IS NOT NULL"
    ):
        told = msgspec.json.decode(case.unpack(report, escape_controls(os.fsdecode(path))), type=_Told)
        if told.media.kind is MediaKind.UNKNOWN:
            continue
        kinds[digest] = told.media.kind
        if digest not in prints:
            what = f"the bytes with SHA-256 {digest}"
            prints[digest] = msgspec.json.decode(case.unpack(findings, what), type=_Kept).prints if findings else ()
        files.setdefault(digest, []).append(_tell_file(Path(os.fsdecode(path)), digest, name, told))
    return [
        Recording(digest=digest, kind=kinds[digest], files=_in_order(files[digest]), prints=prints[digest])
        for digest in sorted(files)
    ]


def merge_recordings(recordings: Iterable[Recording]) -> list[Recording]:
    """Recordings of several cases, those of the same bytes as one, in the order of the digests."""
    merged: dict[str, Recording] = {}
    for item in recordings:
        known = merged.get(item.digest)
        if known is not None:
            files = _in_order([*known.files, *item.files])
            item = msgspec.structs.replace(item, files=files, prints=known.prints or item.prints)
        merged[item.digest] = item
    return [merged[digest] for digest in sorted(merged)]


class _Told(Struct):
    media: MediaFile
    verdict: Verdict
    observations: tuple[Observation[Value], ...]


class _Kept(Struct):
    prints: tuple[FramePrint, ...] = ()


def _in_order(files: list[FileFacts]) -> tuple[FileFacts, ...]:
    return tuple(sorted(files, key=lambda file: (file.case is not None, file.case or "", os.fsencode(file.path))))


def _tell_file(path: Path, digest: str, name: str | None, told: _Told) -> FileFacts:
    return FileFacts(
        path=path,
        digest=digest,
        case=name,
        verdict=told.verdict.kind,
        site_codes=told.verdict.site_codes,
        captured=_earliest(told.observations, TimeMeaning.CAPTURED),
        posted=_earliest(told.observations, TimeMeaning.POSTED),
    )


def _earliest(observations: Iterable[Observation[Value]], meaning: TimeMeaning) -> KnownTime | None:
    return min(_times(observations, meaning), key=lambda time: (time.earliest_utc, time.latest_utc, time.who.value), default=None)


def _times(observations: Iterable[Observation[Value]], meaning: TimeMeaning) -> Iterator[KnownTime]:
    for item in observations:
        value = item.value
        if not isinstance(value, CaptureTime) or value.meaning is not meaning:
            continue
        try:
            first, last = _bound(value)
        except (OverflowError, ValueError):
            # The first or last day of the calendar is no time of a recording.
            continue
        yield KnownTime(earliest_utc=first, latest_utc=last, meaning=meaning, who=item.provenance.who)


def _bound(time: CaptureTime) -> tuple[dt.datetime, dt.datetime]:
    """The instants between which a time lies; raises `ValueError` for one that states none."""
    step = dt.timedelta(seconds=time.resolution_s or 0.0)
    if time.instant_utc is not None:
        start = time.instant_utc.astimezone(dt.UTC)
        return start, start + step
    if time.local is None:
        raise ValueError("a time without an instant and without a local time")
    start = time.local.replace(tzinfo=dt.UTC)
    return start - MAX_AHEAD, start + MAX_BEHIND + step
