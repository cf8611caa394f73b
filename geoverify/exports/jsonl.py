"""JSON Lines: one report a line, each with the caveat and what people decided of the file beside its members."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

import msgspec

from geoverify.interfaces import NO_BACKGROUND, Background, Sink
from geoverify.report import CAVEAT, encode_report
from geoverify.results import Judgement, Report
from geoverify.text import escape_json


class JsonLinesExporter:
    """A line is the object of a report (docs/report.schema.json) with two more members, `caveat` and `judgements`."""

    name = "jsonl"
    suffixes = (".jsonl", ".ndjson")
    is_text = True
    omits: frozenset[str] = frozenset()

    def start(self, out: BinaryIO, _background: Background = NO_BACKGROUND, /) -> Sink:
        """Nothing comes before the first report."""
        return _JsonLinesSink(out)


EXPORTER = JsonLinesExporter()


class _JsonLinesSink:
    def __init__(self, out: BinaryIO) -> None:
        self._out = out

    def add(self, report: Report, judgements: Sequence[Judgement] = ()) -> None:
        more = escape_json(msgspec.json.encode({"caveat": CAVEAT, "judgements": judgements}))
        self._out.write(encode_report(report)[:-1] + b"," + more[1:] + b"\n")

    def finish(self) -> None:
        """Every line is whole by itself."""

    def close(self) -> None:
        """It holds nothing."""
