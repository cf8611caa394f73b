"""Reports to bytes: every module here with an `EXPORTER` is a format, found by a sorted walk."""

from __future__ import annotations

from functools import cache

from geoverify.errors import UsageError
from geoverify.interfaces import Exporter, load_family
from geoverify.text import escape_controls


@cache
def all_exporters() -> dict[str, Exporter]:
    """Every exporter by its name."""
    return {exporter.name: exporter for exporter in load_family(__name__, "EXPORTER")}


def find_exporter(file: str, fallback: str | None = None) -> str:
    """The name of the exporter that a file's suffix stands for, the longest first, else `fallback`.

    Raises `UsageError` where the suffix stands for none and there is no fallback.
    """
    endings = {suffix: exporter.name for exporter in all_exporters().values() for suffix in exporter.suffixes}
    for suffix in sorted(endings, key=len, reverse=True):
        if file.lower().endswith(suffix):
            return endings[suffix]
    if fallback is None:
        known = ", ".join(sorted(endings))
        raise UsageError(f"{escape_controls(file)}: its suffix names no format; give --format, or one of {known}")
    return fallback
