"""Checks of what a register says in words: codes, vocabularies, dates, figures, sources."""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from collections.abc import Iterator, Sequence
from functools import lru_cache

from geoverify.register import document as form
from geoverify.register.dates import parse_span
from geoverify.register.document import FileRecord, NameRecord, SiteRecord
from geoverify.register.records import Record
from geoverify.register.remarks import Remark, make_error, make_warning
from geoverify.text import escape_controls

MAX_CODE_CHARS = 64
# Larger than any compound and than any honest uncertainty of one: beyond it a point says nothing about a place.
MAX_BOUNDARY_ERROR_M = 50_000.0
_WHOLE_DAY = "YYYY-MM-DD"


def check_file(file: FileRecord) -> Iterator[Remark]:
    """Yield what is missing or wrong among the file's own members."""
    for member, why in (("title", "reports name it"), ("edition", "reports name it, and editions differ")):
        if not getattr(file, member).strip():
            yield make_error("file-member-missing", "file", f"no {member}; {why}", f'add "{member}": "…" beside "features"')
    for member in ("licence", "compiled_by", "date"):
        if not getattr(file, member).strip():
            message = f"no {member}; who relies on this register cannot tell where it is from"
            yield make_warning("file-member-missing", "file", message, f'add "{member}": "…" beside "features"')
    if file.region is None:
        message = "no region of interest; the whole land area of the Earth is taken for it"
        yield make_warning("file-member-missing", "file", message, 'add "region": a coarse GeoJSON Polygon around the sites')
    if not file.features:
        yield make_error("no-sites", "file", "the register has no sites", "add at least one feature")
    yield from _check_date("file", "date", file.date)
    yield from _check_zone("file", file.time_zone)


def check_words(record: Record) -> Iterator[Remark]:
    """Yield the errors in one record's codes, words, dates and figures."""
    site, label = record.site, record.label
    yield from _check_codes(label, site)
    yield from _check_vocabulary(label, site)
    yield from _check_figures(label, site)
    # Most records state few of these, and a large register has a hundred thousand: what is not there is not even asked for.
    if site.imagery_date:
        yield from _check_date(label, "imagery_date", site.imagery_date, _WHOLE_DAY)
    for period in site.status_history:
        if not _is_period(period.from_, period.to):
            yield from _check_period(label, period.from_, period.to)
    for intervention in site.interventions:
        if not _is_period(intervention.from_, intervention.to):
            yield from _check_period(label, intervention.from_, intervention.to)
    if site.time_zone:
        yield from _check_zone(label, site.time_zone)


def check_duplicate(record: Record, first_labels: dict[str, str]) -> Iterator[Remark]:
    """Yield an error if an earlier record has this code; `first_labels` remembers the records so far by code."""
    code = record.site.code
    if code and first_labels.setdefault(code, record.label) is not record.label:
        message = f"the code {code!r} is that of {first_labels[code]} already"
        yield make_error("duplicate-code", record.label, message, "give each site its own code, or merge the two records")


def advise_words(records: Sequence[Record]) -> Iterator[Remark]:
    """Yield warnings: no source, references to codes that the register does not have, former codes in use."""
    codes = {record.site.code for record in records}
    known = codes.union(*(record.site.former_codes for record in records))
    for record in records:
        site, label = record.site, record.label
        if not any(source.citation.strip() for source in site.sources):
            message = "no source; nobody can check why this place is listed"
            yield make_warning("no-source", label, message, 'add "sources": [{"citation": "…"}]')
        for member in ("relocated_from", "relocated_to"):
            for code in getattr(site, member):
                if code not in known:
                    message = f"{member} names {code!r}, which is no code of this register"
                    yield make_warning("unknown-relocation", label, message, "correct the code, or list that site too")
        for code in site.former_codes:
            if code in codes:
                message = f"the former code {code!r} is another site's code now"
                yield make_warning(
                    "former-code-in-use", label, message, "make sure that reports of older editions mean this site"
                )


def _check_codes(label: str, site: SiteRecord) -> Iterator[Remark]:
    if not site.code:
        yield make_error("no-code", label, "no code", 'add "code": a short name that stays with the site')
    for code in (site.code, *site.former_codes, *site.relocated_from, *site.relocated_to):
        if code != code.strip() or len(code) > MAX_CODE_CHARS or escape_controls(code) != code:
            message = f"the code {code!r} has outer spaces, invisible characters or over {MAX_CODE_CHARS} characters"
            yield make_error("code-form", label, message, "write the code in plain letters, digits, dots and dashes")


def _check_vocabulary(label: str, site: SiteRecord) -> Iterator[Remark]:
    if site.footprint_kind not in form.FOOTPRINT_KINDS:
        yield _unknown_word(label, "footprint_kind", site.footprint_kind, form.FOOTPRINT_KINDS)
    if site.sensitivity not in form.SENSITIVITIES:
        yield _unknown_word(label, "sensitivity", site.sensitivity, form.SENSITIVITIES)
    for period in site.status_history:
        if period.status not in form.STATUSES:
            yield _unknown_word(label, "status", period.status, form.STATUSES)
    for part in site.parts:
        if not part.name.strip():
            yield make_error("empty-name", label, "a part without a name", "name it, if only by its kind: Gate, Block 1")
        if part.kind not in form.PART_KINDS:
            yield _unknown_word(label, "kind of a part", part.kind, form.PART_KINDS)
    for intervention in site.interventions:
        if intervention.kind not in form.INTERVENTION_KINDS:
            yield _unknown_word(label, "kind of an intervention", intervention.kind, form.INTERVENTION_KINDS)
    for name in site.names:
        yield from _check_name(label, name)


def _check_name(label: str, name: NameRecord) -> Iterator[Remark]:
    if not name.text.strip():
        yield make_error("empty-name", label, "a name without text", "write the name or remove the entry")
    if name.kind not in form.NAME_KINDS:
        yield _unknown_word(label, "kind of a name", name.kind, form.NAME_KINDS)
    if name.script and not _is_script(name.script):
        fix = "write four letters of ISO 15924, such as Khmr, Hans, Thai or Latn"
        yield make_error("unknown-word", label, f"script {name.script!r}", fix)
    if name.lang and not _is_language(name.lang):
        yield make_error("unknown-word", label, f"language {name.lang!r}", "write a BCP 47 tag, such as km, zh-Hans or vi")


def _unknown_word(label: str, what: str, word: str, allowed: Sequence[str]) -> Remark:
    return make_error("unknown-word", label, f"unknown {what} {word!r}", f"use one of: {', '.join(allowed)}")


@lru_cache(maxsize=4096)
def _is_script(code: str) -> bool:
    return re.fullmatch(r"[A-Z][a-z]{3}", code, re.ASCII) is not None


@lru_cache(maxsize=4096)
def _is_language(tag: str) -> bool:
    return re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,8}", tag, re.ASCII) is not None


def _check_figures(label: str, site: SiteRecord) -> Iterator[Remark]:
    error_m = site.boundary_error_m
    if error_m is None:
        message = "no boundary_error_m; without it nobody knows how far off the footprint may be"
        fix = 'add "boundary_error_m": metres; for a point, the radius within which the whole site lies'
        yield make_error("no-boundary-error", label, message, fix)
    elif not 0.0 < error_m <= MAX_BOUNDARY_ERROR_M:
        message = f"boundary_error_m is {error_m:g}, not over 0 and up to {MAX_BOUNDARY_ERROR_M:g}"
        yield make_error("boundary-error-range", label, message, "state the uncertainty of the outline in metres")
    for source in site.sources:
        if source.precision_m is not None and not source.precision_m > 0.0:
            message = f"precision_m of a source is {source.precision_m:g}"
            yield make_error("precision-range", label, message, "state it in metres, over 0, or leave it out")


@lru_cache(maxsize=4096)
def _is_period(from_text: str, to_text: str) -> bool:
    return not any(_check_period("", from_text, to_text))


def _check_period(label: str, from_text: str, to_text: str) -> Iterator[Remark]:
    yield from _check_date(label, "from", from_text)
    yield from _check_date(label, "to", to_text)
    if not (from_text and to_text):
        return
    begin, end = _parse_span(from_text), _parse_span(to_text)
    if begin and end and begin[0] > end[1]:
        yield make_error(
            "dates-reversed", label, f"{from_text} to {to_text} ends before it begins", "swap or correct from and to"
        )


def _check_date(label: str, member: str, text: str, form_text: str = "YYYY, YYYY-MM or YYYY-MM-DD") -> Iterator[Remark]:
    if text:
        span = _parse_span(text)
        if span is None or (form_text == _WHOLE_DAY and span[0] != span[1]):
            yield make_error("bad-date", label, f"{member} is {text!r}", f"write it as {form_text}")


def _parse_span(text: str) -> tuple[dt.date, dt.date] | None:
    try:
        return parse_span(text)
    except ValueError:
        return None


def _check_zone(label: str, name: str) -> Iterator[Remark]:
    if name and not _is_zone(name):
        fix = "write a name of the IANA time zone database, such as Asia/Phnom_Penh"
        yield make_error("unknown-time-zone", label, f"time_zone is {name!r}", fix)


@lru_cache(maxsize=4096)
def _is_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return False
    return True
