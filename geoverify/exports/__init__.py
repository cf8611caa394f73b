"""Reports to bytes: every module here with an `EXPORTER` is a format, found by a sorted walk."""

from __future__ import annotations

from functools import cache

from geoverify.interfaces import Exporter, load_family


@cache
def all_exporters() -> dict[str, Exporter]:
    """Every exporter by its name."""
    return {exporter.name: exporter for exporter in load_family(__name__, "EXPORTER")}
