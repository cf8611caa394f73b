"""JSON: one object with every report in full (docs/report.schema.json)."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from shutil import copyfileobj
from typing import BinaryIO

import msgspec

from geoverify.exports._judgements import encode_judgement
from geoverify.interfaces import NO_BACKGROUND, Background, Sink
from geoverify.report import CAVEAT, SCHEMA_VERSION, encode_report
from geoverify.results import Judgement, Report

# Judgements wait for the end of the reports; so many bytes of them in memory, more in a temporary file.
SPOOLED_BYTES = 1 << 20


class JsonExporter:
    """`{"schema_version": …, "caveat": …, "reports": […], "judgements": […]}`."""

    name = "json"
    suffixes = (".json",)
    is_text = True
    omits: frozenset[str] = frozenset()

    def start(self, out: BinaryIO, _background: Background = NO_BACKGROUND, /) -> Sink:
        """Write what comes before the first report."""
        return _JsonSink(out)


EXPORTER = JsonExporter()


class _JsonSink:
    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._separator = self._judgement_separator = b""
        self._judgements = tempfile.SpooledTemporaryFile(SPOOLED_BYTES)  # noqa: SIM115 - it is read in the end
        head = msgspec.json.encode({"schema_version": SCHEMA_VERSION, "caveat": CAVEAT})
        out.write(head[:-1] + b',"reports":[')

    def add(self, report: Report, judgements: Sequence[Judgement] = ()) -> None:
        self._out.write(self._separator + b"\n" + encode_report(report))
        self._separator = b","
        for judgement in judgements:
            self._judgements.write(self._judgement_separator + b"\n" + encode_judgement(report, judgement))
            self._judgement_separator = b","

    def finish(self) -> None:
        self._out.write(b'\n],"judgements":[')
        self._judgements.seek(0)
        copyfileobj(self._judgements, self._out)
        self._out.write(b"\n]}\n")

    def close(self) -> None:
        self._judgements.close()
