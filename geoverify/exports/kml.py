"""KML for Google Earth and others, without pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

from geoverify.exports._kml import KmlWriter
from geoverify.exports._rows import TABLE_OMITS
from geoverify.interfaces import NO_BACKGROUND, Background, Sink
from geoverify.results import Judgement, Report


class KmlExporter:
    """One placemark a file, in the folder of its verdict."""

    name = "kml"
    suffixes = (".kml",)
    is_text = True
    omits = TABLE_OMITS

    def start(self, out: BinaryIO, background: Background = NO_BACKGROUND, /) -> Sink:
        """Everything is written in the end, since folders are."""
        return _KmlSink(out, background)


EXPORTER = KmlExporter()


class _KmlSink:
    def __init__(self, out: BinaryIO, background: Background) -> None:
        self._out, self._background = out, background
        self._writer = KmlWriter()

    def add(self, report: Report, judgements: Sequence[Judgement] = ()) -> None:
        self._writer.add(report, judgements)

    def finish(self) -> None:
        self._writer.write(self._out, self._background.sites)

    def close(self) -> None:
        self._writer.close()
