"""GeoParquet 1.1 (OGC): the table of files with its fixes as points, a row group at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec
import shapely

from geoverify import geo
from geoverify.errors import MissingToolError
from geoverify.exports._rows import COLUMNS, TABLE_OMITS, Cell, shown_cells
from geoverify.interfaces import NO_BACKGROUND, Background, Sink
from geoverify.report import CAVEAT, SCHEMA_VERSION
from geoverify.results import Judgement, Report

if TYPE_CHECKING:
    import pyarrow as pa

GROUP_ROWS = 4000
# Without a "crs" member the coordinates are OGC:CRS84, longitude first (GeoParquet 1.1, "crs").
_GEO = {
    "version": "1.1.0",
    "primary_column": "geometry",
    "columns": {"geometry": {"encoding": "WKB", "geometry_types": ["Point"]}},
}


class GeoParquetExporter:
    """One row a file, its geometry null where the file has no position."""

    name = "geoparquet"
    suffixes = (".parquet", ".geoparquet")
    is_text = False
    omits = TABLE_OMITS

    def start(self, out: BinaryIO, _background: Background = NO_BACKGROUND, /) -> Sink:
        """Write the file's head; raises `MissingToolError` without pyarrow."""
        return _GeoParquetSink(out)


EXPORTER = GeoParquetExporter()


class _GeoParquetSink:
    def __init__(self, out: BinaryIO) -> None:
        try:
            import pyarrow as pa
            import pyarrow.parquet as pq
        except ImportError as error:
            raise MissingToolError(
                "GeoParquet needs pyarrow, which is not installed; python -m pip install 'geoverify[parquet]'"
            ) from error
        types: dict[type, pa.DataType] = {str: pa.string(), int: pa.int64(), float: pa.float64()}
        fields = [pa.field(column.name, types[column.kind]) for column in COLUMNS]
        about = {"geo": msgspec.json.encode(_GEO), "caveat": CAVEAT.encode(), "schema_version": SCHEMA_VERSION.encode()}
        self._schema = pa.schema([*fields, pa.field("geometry", pa.binary())], metadata=about)
        self._writer = pq.ParquetWriter(out, self._schema, compression="zstd")
        self._rows: list[dict[str, Cell | bytes]] = []

    def add(self, report: Report, judgements: Sequence[Judgement] = ()) -> None:
        row: dict[str, Any] = {name: None if cell == "" else cell for name, cell in shown_cells(report, judgements).items()}
        place = report.location
        row["geometry"] = shapely.to_wkb(geo.point(place.lat_deg, geo.wrap_lon_deg(place.lon_deg))) if place else None
        self._rows.append(row)
        if len(self._rows) >= GROUP_ROWS:
            self._write()

    def finish(self) -> None:
        self._write()
        self._writer.close()

    def close(self) -> None:
        self._writer.close()

    def _write(self) -> None:
        import pyarrow as pa

        self._writer.write_table(pa.Table.from_pylist(self._rows, schema=self._schema))
        self._rows = []
