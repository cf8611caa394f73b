"""Limits of one file as options: sizes as people write them, and the settings that they change."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from geoverify.errors import UsageError
from geoverify.text import escape_controls

if TYPE_CHECKING:
    from geoverify.settings import Settings

_SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,6})?)\s*(?:([KMGT])(?:I?B)?|B)?", re.IGNORECASE | re.ASCII)
_STEPS = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}
# The libraries alone reserve most of that.
MIN_MEMORY_BYTES = 1 << 30


def limit_settings(
    settings: Settings,
    max_size: str | None,
    time_limit_s: float | None,
    memory_limit: str | None,
    frame_count: int | None = None,
) -> Settings:
    """The settings with the limits that were given; raises `UsageError` for what is none."""
    changes: dict[str, float] = {}
    if frame_count is not None:
        changes["match_frame_count"] = frame_count
    if max_size is not None:
        changes["max_file_bytes"] = parse_size("--max-size", max_size)
    if time_limit_s is not None:
        if not 1.0 <= time_limit_s <= 86_400.0:
            raise UsageError(f"--time-limit {time_limit_s:g}: not between a second and a day; give seconds, like 120")
        changes["file_time_limit_s"] = time_limit_s
    if memory_limit is not None:
        changes["worker_memory_bytes"] = parse_size("--memory-limit", memory_limit)
        if changes["worker_memory_bytes"] < MIN_MEMORY_BYTES:
            raise UsageError(f"--memory-limit {memory_limit}: a worker does not start with less than 1G; give more")
    return msgspec.structs.replace(settings, **changes)


def parse_size(option: str, text: str) -> int:
    """A size in bytes, from digits and K, M, G or T in powers of 1,024; raises `UsageError`."""
    match = _SIZE.fullmatch(text.strip())
    size = int(float(match[1]) * (1 << _STEPS[(match[2] or "").upper()])) if match else 0
    if size <= 0:
        raise UsageError(f"{option} {escape_controls(text)}: not a size; give bytes, or a number with K, M, G or T, like 16G")
    return size
