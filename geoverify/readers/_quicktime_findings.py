"""What the parts of the QuickTime reader share: its name, its findings, and how keys are called."""

from __future__ import annotations

import math

from geoverify.containers.quicktime_meta import Tag
from geoverify.model import Absent, Observation, Problem, Provenance, Reason, Value, Who

NAME = "quicktime"
# Metadata keys are names in reverse domain order; QuickTime's own are listed in QTFF, "QuickTime metadata keys".
APPLE, ANDROID = "com.apple.quicktime.", "com.android."


def problem(code: str, message: str) -> Problem:
    """A problem of this reader."""
    return Problem(code=code, message=message, where=f"readers.{NAME}")


def absent(what: str, reason: Reason, detail: str) -> Absent:
    """A value that this reader looked for in vain."""
    return Absent(what=what, reason=reason, detail=detail, reader=NAME)


def observe(value: Value, field: str, raw: str, who: Who) -> Observation[Value]:
    """A value with its provenance."""
    return Observation(value=value, provenance=Provenance(reader=NAME, field=field, raw=raw, who=who))


def to_number(tag: Tag | None) -> float | None:
    """A tag's value as a finite number, where it is one."""
    if tag is None:
        return None
    try:
        value = float(tag.value)
    except (ValueError, OverflowError):
        return None
    return value if math.isfinite(value) else None
