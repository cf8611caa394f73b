"""Reports to versioned JSON and back, and the words that go with every report."""

from __future__ import annotations

from typing import Any

import msgspec

from geoverify.errors import UsageError
from geoverify.results import Direction, Evidence, Report
from geoverify.text import escape_json

SCHEMA_VERSION = "1.0"
CAVEAT = (
    "A score is the tool's reading of this evidence under the printed assumptions. It is not a finding of fact: a person must "
    "check it against the picture, the source and the place before anything is published."
)


def encode_report(report: Report) -> bytes:
    """A report as one line of UTF-8 JSON (docs/report.schema.json) that is safe to print."""
    return escape_json(msgspec.json.encode(report))


def decode_report(data: bytes) -> Report:
    """Read a report back; raises `UsageError` for another schema version or anything that is not a report."""
    try:
        version = msgspec.json.decode(data, type=_Versioned).schema_version
        if version.split(".")[0] != SCHEMA_VERSION.split(".")[0]:
            raise UsageError(f"report of schema {version}, this version reads {SCHEMA_VERSION}; run match again on the file")
        return msgspec.json.decode(data, type=Report)
    except msgspec.MsgspecError as error:
        raise UsageError(f"not a geoverify report: {error}; give a file written by match --json") from error


def report_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a report, made from the types themselves."""
    schema = msgspec.json.schema(Report)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "geoverify match report",
        "description": f"Schema version {SCHEMA_VERSION}. {CAVEAT}",
        **schema,
    }


def strongest_evidence(report: Report) -> list[Evidence]:
    """What speaks for or against the best site, strongest first."""
    if not report.scores:
        return []
    best = report.scores[0].site_code
    about = [item for item in report.evidence if item.site_code == best and item.finding is not Direction.NEUTRAL]
    about.sort(key=lambda item: (-abs(item.log10_lr), item.channel))
    return about


class _Versioned(msgspec.Struct):
    schema_version: str
