"""GeoPackage (OGC 12-128): the layers files, tracks, views and sites, written in batches."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from shutil import copyfileobj
from typing import TYPE_CHECKING, Any, BinaryIO

import shapely
from shapely.geometry.base import BaseGeometry

from geoverify import geo
from geoverify.exports._rows import COLUMNS, TABLE_OMITS, Cell, Column, shown_cells
from geoverify.exports._shapes import tracks_of, wedges_of
from geoverify.exports._sites import SITE_COLUMNS, site_cells
from geoverify.interfaces import NO_BACKGROUND, Background, Sink
from geoverify.report import CAVEAT
from geoverify.results import Judgement, Report

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Rows of a layer that are written at once: each time GDAL opens the file anew.
BATCH_ROWS = 4000
CRS = "EPSG:4326"
# A file's layers are known by these beside its own row.
_OF_FILE = (Column("file"), Column("sha256"))
_TRACK_COLUMNS = (*_OF_FILE, Column("reader"), Column("points", int), Column("from_s", float), Column("to_s", float))
_VIEW_COLUMNS = (*_OF_FILE, Column("angle_deg", float), Column("north"), Column("width_deg", float), Column("width_basis"))


class GeoPackageExporter:
    """One row a file in the layer `files`, without a geometry where it has no position."""

    name = "gpkg"
    suffixes = (".gpkg",)
    is_text = False
    omits = TABLE_OMITS

    def start(self, out: BinaryIO, background: Background = NO_BACKGROUND, /) -> Sink:
        """Begin a database in a folder of its own, since SQLite needs a file."""
        return _GeoPackageSink(out, background)


EXPORTER = GeoPackageExporter()


class _GeoPackageSink:
    def __init__(self, out: BinaryIO, background: Background) -> None:
        self._out = out
        self._folder = tempfile.TemporaryDirectory(prefix="geoverify-")
        self._path = Path(self._folder.name, "export.gpkg")
        self._files = _Layer(self._path, "files", "Point", COLUMNS)
        self._tracks = _Layer(self._path, "tracks", "MultiLineString", _TRACK_COLUMNS)
        self._views = _Layer(self._path, "views", "MultiPolygon", _VIEW_COLUMNS)
        self._sites = _Layer(self._path, "sites", "Unknown", SITE_COLUMNS)
        self._background = background

    def add(self, report: Report, judgements: Sequence[Judgement] = ()) -> None:
        cells = shown_cells(report, judgements)
        place = report.location
        point = geo.point(place.lat_deg, geo.wrap_lon_deg(place.lon_deg)) if place is not None else None
        self._files.add(point, tuple(cells.values()))
        of_file = (cells["file"], cells["sha256"])
        for track in tracks_of(report):
            self._tracks.add(track.shape, (*of_file, track.reader, track.point_count, track.from_s, track.to_s))
        for wedge in wedges_of(report):
            basis = "assumed" if wedge.is_width_assumed else "stated"
            self._views.add(wedge.shape, (*of_file, wedge.angle_deg, wedge.north, wedge.width_deg, basis))

    def finish(self) -> None:
        for site in self._background.sites:
            self._sites.add(site.footprint, site_cells(site))
        for layer in (self._files, self._tracks, self._views, self._sites):
            layer.write()
        with self._path.open("rb") as file:
            copyfileobj(file, self._out)

    def close(self) -> None:
        self._folder.cleanup()


class _Layer:
    """One layer: rows wait until there are enough to be written."""

    def __init__(self, path: Path, name: str, geometry_type: str, columns: Sequence[Column]) -> None:
        self._path, self._name, self._geometry_type, self._columns = path, name, geometry_type, columns
        self._shapes: list[BaseGeometry | None] = []
        self._rows: list[Sequence[Cell]] = []
        self._is_begun = False

    def add(self, shape: BaseGeometry | None, row: Sequence[Cell]) -> None:
        """Add a row."""
        self._shapes.append(shape)
        self._rows.append(row)
        if len(self._rows) >= BATCH_ROWS:
            self.write()

    def write(self) -> None:
        """Write what waits; a layer without rows is there all the same."""
        import numpy as np
        import pyogrio
        from pyogrio.raw import write

        # GDAL's own clock would make two equal exports differ.
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "1970-01-01T00:00:00Z", "OGR_GPKG_FOREIGN_KEY_CHECK": "NO"})
        shapes = np.array(self._shapes, dtype=object) if self._shapes else np.empty(0, dtype=object)
        columns = list(zip(*self._rows, strict=True)) or [() for _ in self._columns]
        filled = [_fill(column, cells) for column, cells in zip(self._columns, columns, strict=True)]
        write(
            str(self._path),
            geometry=shapely.to_wkb(shapes),
            field_data=[values for values, _ in filled],
            field_mask=[mask for _, mask in filled],
            fields=[column.name for column in self._columns],
            layer=self._name,
            driver="GPKG",
            geometry_type=self._geometry_type,
            crs=CRS,
            promote_to_multi=self._geometry_type.startswith("Multi"),
            append=self._is_begun,
            layer_metadata=None if self._is_begun else {"CAVEAT": CAVEAT},
        )
        self._is_begun = True
        self._shapes, self._rows = [], []


def _fill(column: Column, cells: Sequence[Cell]) -> tuple[NDArray[Any], NDArray[Any]]:
    """The values of a column as an array of its type, and which of them are absent."""
    import numpy as np

    absent = np.array([cell is None or cell == "" for cell in cells], dtype=bool)
    if column.kind is str:
        return np.array([None if cell == "" else cell for cell in cells], dtype=object), absent
    return np.array([0 if cell is None else cell for cell in cells], dtype="int64" if column.kind is int else "float64"), absent
