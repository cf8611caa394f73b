"""GeoParquet 1.1 (OGC): the table of files with its fixes as points, a row group at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, BinaryIO

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
        self._rows: list[tuple[Cell, ...]] = []
        self._places: list[tuple[float, float] | None] = []

    def add(self, report: Report, judgements: Sequence[Judgement] = ()) -> None:
        self._rows.append(tuple(None if cell == "" else cell for cell in shown_cells(report, judgements).values()))
        place = report.location
        self._places.append((place.lat_deg, geo.wrap_lon_deg(place.lon_deg)) if place else None)
        if len(self._rows) >= GROUP_ROWS:
            self._write()

    def finish(self) -> None:
        self._write()
        self._writer.close()

    def close(self) -> None:
        self._writer.close()

    def _write(self) -> None:
        import pyarrow as pa

        placed = [place for place in self._places if place is not None]
        encoded = iter(shapely.to_wkb(geo.points([lat_deg for lat_deg, _ in placed], [lon_deg for _, lon_deg in placed])))
        geometries = [next(encoded) if place is not None else None for place in self._places]
        columns = (*([row[at] for row in self._rows] for at in range(len(COLUMNS))), geometries)
        arrays = [pa.array(column, field.type) for column, field in zip(columns, self._schema, strict=True)]
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema))
        self._rows, self._places = [], []
