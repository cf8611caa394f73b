"""GeoJSON (RFC 7946): one feature a file, without a geometry where the file has no position."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

import msgspec

from geoverify import geo
from geoverify.exports._rows import TABLE_OMITS, shown_cells
from geoverify.interfaces import NO_BACKGROUND, Background, Sink
from geoverify.report import CAVEAT, SCHEMA_VERSION
from geoverify.results import Judgement, Report
from geoverify.text import escape_json


class GeoJsonExporter:
    """The columns of the table of files as properties, and the best fix as a point."""

    name = "geojson"
    suffixes = (".geojson",)
    is_text = True
    omits = TABLE_OMITS

    def start(self, out: BinaryIO, _background: Background = NO_BACKGROUND, /) -> Sink:
        """Write what comes before the first feature."""
        return _GeoJsonSink(out)


EXPORTER = GeoJsonExporter()


class _GeoJsonSink:
    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._separator = b""
        head = {"type": "FeatureCollection", "schema_version": SCHEMA_VERSION, "caveat": CAVEAT}
        out.write(msgspec.json.encode(head)[:-1] + b',"features":[')

    def add(self, report: Report, judgements: Sequence[Judgement] = ()) -> None:
        # The same text in every feature: nearly all programs drop members of the collection.
        properties = {name: cell if cell != "" else None for name, cell in shown_cells(report, judgements).items()}
        place = report.location
        geometry = None
        if place is not None:
            geometry = {"type": "Point", "coordinates": [geo.wrap_lon_deg(place.lon_deg), place.lat_deg]}
        feature = {"type": "Feature", "geometry": geometry, "properties": properties}
        self._out.write(self._separator + b"\n" + escape_json(msgspec.json.encode(feature)))
        self._separator = b","

    def finish(self) -> None:
        self._out.write(b"\n]}\n")

    def close(self) -> None:
        """It holds nothing."""
