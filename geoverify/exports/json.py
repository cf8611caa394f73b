"""JSON: one object with every report in full (docs/report.schema.json)."""

from __future__ import annotations

from typing import BinaryIO

import msgspec

from geoverify.interfaces import Sink
from geoverify.report import CAVEAT, SCHEMA_VERSION, encode_report
from geoverify.results import Report


class JsonExporter:
    """`{"schema_version": …, "caveat": …, "reports": […]}`."""

    name = "json"

    def start(self, out: BinaryIO) -> Sink:
        """Write what comes before the first report."""
        return _JsonSink(out)


EXPORTER = JsonExporter()


class _JsonSink:
    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._separator = b""
        head = msgspec.json.encode({"schema_version": SCHEMA_VERSION, "caveat": CAVEAT})
        out.write(head[:-1] + b',"reports":[')

    def add(self, report: Report) -> None:
        self._out.write(self._separator + b"\n" + encode_report(report))
        self._separator = b","

    def finish(self) -> None:
        self._out.write(b"\n]}\n")
