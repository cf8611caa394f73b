"""Runs an analysis again and says whether it comes out the same, and if not, what is different that could explain it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from geoverify.batch import discover_files, verify_batch
from geoverify.errors import MediaError, UsageError
from geoverify.media import open_media
from geoverify.register.references import digest_indexes
from geoverify.report import decode_report
from geoverify.results import Report
from geoverify.settings import Settings
from geoverify.text import escape_controls
from geoverify.vision import lettering
from geoverify.vision.ocr import require_ocr
from geoverify.worker import Job

# What a copy of the same bytes may say otherwise: its own name and times.
_OF_COPY = frozenset({"filename", "filesystem"})


def load_reports(path: Path) -> list[Report]:
    """The reports of a file written by match --json, or one report alone; raises `UsageError` for anything else."""
    shown = escape_controls(str(path))
    try:
        data = path.read_bytes()
        parts = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
        listed = msgspec.json.decode(parts["reports"], type=list[msgspec.Raw]) if "reports" in parts else [msgspec.Raw(data)]
    except OSError as error:
        raise UsageError(f"{shown}: cannot be read ({error.strerror}); check the name") from error
    except msgspec.MsgspecError as error:
        raise UsageError(f"{shown}: no geoverify reports ({error}); give a file written by match --json") from error
    return [decode_report(bytes(item)) for item in listed]


def find_medium(report: Report, folder: Path) -> Path | None:
    """The file that a report is about, under a folder: with as much of its old path as fits."""
    media = report.media
    path = Path(os.fsdecode(bytes.fromhex(media.path_bytes_hex)) if media.path_bytes_hex else media.path)
    parts = [part for part in path.parts if part not in ("..", path.anchor)]
    places = (folder.joinpath(*parts[start:]) for start in range(len(parts)))
    return next((place for place in places if os.path.lexists(place)), None)


def find_bytes(report: Report, folder: Path) -> Path | None:
    """The first file under a folder that has the bytes that a report is about, whatever it is called."""
    media = report.media
    for path in discover_files([folder]) if media.digest is not None else ():
        try:
            if path.lstat().st_size == media.size_bytes:
                with open_media(path) as (found, _):
                    if found.digest == media.digest:
                        return path
        except (MediaError, OSError):
            continue
    return None


def reproduce(report: Report, medium: Path, registers: Sequence[Path]) -> Report:
    """Analyse a file as a report says that it was analysed: with its settings, at its time, on the given registers."""
    try:
        settings = msgspec.convert(report.settings, Settings, strict=False)
    except msgspec.MsgspecError as error:
        raise UsageError(
            f"the report's settings are not those of this version ({error}); use the version that it names"
        ) from error
    readers = {item.provenance.reader for item in report.observations} | {item.reader for item in report.absences}
    reads_words = lettering.NAME in readers
    if reads_words:
        require_ocr()
    job = Job(
        registers=[str(path) for path in registers],
        settings=settings,
        examined_at=report.created_at,
        reads_words=reads_words,
        references=digest_indexes(registers),
    )
    (again,) = verify_batch([medium], job, jobs=1)
    return again


def compare_copy(copy: Report, new: Report) -> Iterator[str]:
    """Yield a line for each difference in what a copy to pass on still says in full: the verdict and its sites."""
    before, now = (_name(item.verdict.kind.value, item.verdict.site_codes) for item in (copy, new))
    if before != now:
        yield f"verdict: {before} in the copy, {now} now"
        yield from _find_causes(msgspec.structs.replace(copy, sidecars=new.sidecars), new)


def explain_differences(old: Report, new: Report) -> Iterator[str]:
    """Yield a line for each part that came out otherwise, and then for each thing that could be why; nothing for the same."""
    differences = [*_compare_conclusions(old, new), *_compare_readings(old, new)]
    yield from differences
    if differences:
        causes = list(_find_causes(old, new))
        yield from causes or [
            "no cause was found: version, register, settings and bytes are the same; look at what lies beside it"
        ]


def _compare_conclusions(old: Report, new: Report) -> Iterator[str]:
    if _name(old.verdict.kind.value, old.verdict.site_codes) != _name(new.verdict.kind.value, new.verdict.site_codes):
        before, now = (_name(item.verdict.kind.value, item.verdict.site_codes) for item in (old, new))
        yield f"verdict: {before} in the report, {now} now"
    for part in ("scores", "evidence", "candidates"):
        if getattr(old, part) != getattr(new, part):
            yield f"{part}: differ"


def _compare_readings(old: Report, new: Report) -> Iterator[str]:
    before, now = _readings(old), _readings(new)
    for key in sorted(before.keys() | now.keys()):
        if before.get(key) != now.get(key):
            yield f"observations: {escape_controls(': '.join(key))} differs"
    codes = [sorted(problem.code for problem in item.problems) for item in (old, new)]
    if codes[0] != codes[1]:
        yield f"problems: {', '.join(codes[0]) or 'none'} in the report, {', '.join(codes[1]) or 'none'} now"


def _readings(report: Report) -> dict[tuple[str, str], list[Any]]:
    found: dict[tuple[str, str], list[Any]] = {}
    for item in report.observations:
        if item.provenance.reader not in _OF_COPY:
            found.setdefault((item.provenance.reader, item.provenance.field), []).append(item.value)
    return found


def _find_causes(old: Report, new: Report) -> Iterator[str]:
    if old.media.digest != new.media.digest:
        yield "because: the file has other bytes than the one in the report"
    if old.versions != new.versions:
        before, now = (_name_versions(item) for item in (old, new))
        names = [name for name in sorted(before | now) if before.get(name) != now.get(name)]
        changed = (f"{name} {before.get(name)} → {now.get(name)}" for name in names)
        yield f"because: other versions ({', '.join(changed)})"
    if [info.digest for info in old.registers] != [info.digest for info in new.registers]:
        yield "because: another register or edition"
    if old.references != new.references:
        yield "because: other reference photographs, or another index of them"
    if old.settings_digest != new.settings_digest:
        yield "because: other settings"
    if [(use.path, use.digest) for use in old.sidecars] != [(use.path, use.digest) for use in new.sidecars]:
        yield "because: other files lie beside it"


def _name_versions(report: Report) -> dict[str, str]:
    versions = report.versions
    return {"geoverify": versions.geoverify, **versions.libraries, **versions.models}


def _name(kind: str, codes: Sequence[str]) -> str:
    return f"{kind} {' / '.join(codes)}".strip()
