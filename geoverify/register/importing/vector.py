"""GeoPackage and Shapefile through GDAL, which is shown nothing but a private copy of a file whose signature was checked."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geoverify.errors import RegisterError
from geoverify.register.document import read_bounded
from geoverify.register.geometry import to_geojson
from geoverify.register.importing.archives import Archive
from geoverify.register.importing.table import MAX_ROWS, Row, Table
from geoverify.text import escape_controls

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

GEOPACKAGE_SIGNATURE = b"SQLite format 3\0"
# ESRI Shapefile Technical Description (1998): file code 9994, big-endian.
SHAPEFILE_SIGNATURE = b"\0\0\x27\x0a"
# Drivers that open what a file names, in other files or over the network; set before GDAL loads, where that is still ahead.
SKIPPED_DRIVERS = (
    "OGR_VRT,GDALG,HTTP,WFS,OAPIF,OGCAPI,CSW,Carto,AmigoCloud,Elasticsearch,EEDA,NGW,PLSCENES,GeoRSS,"
    "GPSBabel,SQLite,ODS,XLSX,PDS4,VICAR,OGR_PDS,GML,LVBAG,ADBC,AIVector,MiraMonVector,OpenFileGDB"
)
_SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")


def read_geopackage(data: bytes, shown: str, layer: str | None, crs: int | None) -> Table:
    """Read all feature layers of a GeoPackage (OGC 12-128r19), or the one named; raises `RegisterError`."""
    with _stage({"data.gpkg": data}) as folder:
        path = folder / "data.gpkg"
        names = _list_tables(path, shown)
        chosen = _choose_layers(names, layer, shown)
        return _join([(name, _read_layer(path, name, shown)) for name in chosen], shown, crs)


def read_shapefile(path: Path, data: bytes, shown: str, crs: int | None) -> Table:
    """Read a Shapefile with the files of the same name beside it; raises `RegisterError`."""
    parts = {".shp": data}
    for neighbour in sorted(path.parent.iterdir()):
        suffix = neighbour.suffix.lower()
        if neighbour.stem == path.stem and suffix in _SHAPEFILE_PARTS[1:]:
            parts.setdefault(suffix, read_bounded(neighbour))
    return _join([(path.stem, _read_parts(parts, shown))], shown, crs)


def read_zipped_shapefiles(data: bytes, shown: str, layer: str | None, crs: int | None) -> Table:
    """Read every Shapefile in a zip archive, or the one named; raises `RegisterError`."""
    archive = Archive(data, shown)
    groups: dict[str, dict[str, str]] = {}
    for name in archive.names():
        path = PurePosixPath(name)
        if path.suffix.lower() in _SHAPEFILE_PARTS and not path.name.startswith("."):
            groups.setdefault(str(path.with_suffix("")), {})[path.suffix.lower()] = name
    shapefiles = {PurePosixPath(stem).name: group for stem, group in groups.items() if ".shp" in group}
    if not shapefiles:
        raise RegisterError(f"{shown}: an archive without KML or a Shapefile; give the file itself")
    frames = []
    for stem in _choose_layers(list(shapefiles), layer, shown):
        parts = {suffix: archive.read(name) for suffix, name in shapefiles[stem].items()}
        frames.append((stem, _read_parts(parts, shown)))
    return _join(frames, shown, crs)


def _read_parts(parts: Mapping[str, bytes], shown: str) -> GeoDataFrame:
    if not parts[".shp"].startswith(SHAPEFILE_SIGNATURE):
        raise RegisterError(f"{shown}: the .shp file is no Shapefile; export it again")
    missing = [suffix for suffix in (".shx", ".dbf") if suffix not in parts]
    if missing:
        raise RegisterError(
            f"{shown}: {' and '.join(missing)} missing beside the .shp; give all files of the Shapefile, or a zip of them"
        )
    with _stage({f"data{suffix}": content for suffix, content in parts.items()}) as folder:
        return _read_layer(folder / "data.shp", "data", shown)


@contextmanager
def _stage(files: Mapping[str, bytes]) -> Iterator[Path]:
    # A folder of our own under names of our own: GDAL looks at neighbours, and takes hints from names.
    with tempfile.TemporaryDirectory(prefix="geoverify-") as name:
        folder = Path(name)
        for file, content in files.items():
            (folder / file).write_bytes(content)
        yield folder


def _list_tables(path: Path, shown: str) -> list[str]:
    """Feature tables of a GeoPackage; views and virtual tables run the file's own SQL and are refused."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as database:
            sql = "SELECT type, name, sql FROM sqlite_master"
            objects = database.execute(sql).fetchmany(MAX_ROWS)
            contents = database.execute("SELECT table_name FROM gpkg_contents WHERE data_type = 'features'").fetchmany(MAX_ROWS)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise RegisterError(f"{shown}: no readable GeoPackage ({error}); export it again") from error
    virtual = [name for _, name, text in objects if isinstance(text, str) and _is_dangerous(text)]
    if virtual:
        raise RegisterError(
            f"{shown}: {escape_controls(str(virtual[0]))!r} is a virtual table that can open other files; export tables only"
        )
    tables = {name for kind, name, _ in objects if kind == "table" and isinstance(name, str)}
    return [name for (name,) in contents if name in tables]


def _is_dangerous(sql: str) -> bool:
    words = sql.lower().split()
    return words[:2] == ["create", "virtual"] and not any(word.startswith("rtree") for word in words)


def _choose_layers(names: Sequence[str], wanted: str | None, shown: str) -> list[str]:
    if wanted is None:
        return list(names)
    if wanted not in names:
        listed = escape_controls(", ".join(names)) or "none"
        raise RegisterError(f"{shown}: no layer {escape_controls(wanted)!r}; it has: {listed}")
    return [wanted]


def _read_layer(path: Path, layer: str, shown: str) -> GeoDataFrame:
    _limit_libraries()
    import geopandas

    try:
        with warnings.catch_warnings():
            # What GDAL warns of (odd rings, wide numbers) is looked for again by the register's own checks.
            warnings.simplefilter("ignore")
            frame = geopandas.read_file(path, layer=layer, engine="pyogrio", max_features=MAX_ROWS + 1)
    except Exception as error:
        raise RegisterError(f"{shown}: cannot be read ({escape_controls(str(error))}); export it again") from error
    if len(frame) > MAX_ROWS:
        raise RegisterError(f"{shown}: more than {MAX_ROWS:,} features; split it")
    if not isinstance(frame, geopandas.GeoDataFrame):
        raise RegisterError(f"{shown}: the layer {escape_controls(layer)!r} has no geometry")
    return frame


def _limit_libraries() -> None:
    """Tell GDAL and PROJ, which read this when they load, to leave out what opens other files or the network."""
    own = [name for name in os.environ.get("GDAL_SKIP", "").split(",") if name]
    os.environ["GDAL_SKIP"] = ",".join(dict.fromkeys([*own, *SKIPPED_DRIVERS.split(",")]))
    os.environ["PROJ_NETWORK"] = "OFF"


def _join(frames: Sequence[tuple[str, GeoDataFrame]], shown: str, crs: int | None) -> Table:
    rows: list[Row] = []
    notes: list[str] = []
    for layer, frame in frames:
        placed, note = _to_wgs84(frame, layer, shown, crs)
        notes += [note] if note else []
        rows += _list_rows(placed, layer if len(frames) > 1 else "")
    return Table(rows=rows, notes=notes, is_wgs84=True)


def _to_wgs84(frame: GeoDataFrame, layer: str, shown: str, crs: int | None) -> tuple[GeoDataFrame, str]:
    if frame.crs is None and crs is None:
        west, south, east, north = frame.total_bounds if len(frame) else (0.0, 0.0, 0.0, 0.0)
        if not (west >= -180.0 and south >= -90.0 and east <= 180.0 and north <= 90.0):
            raise RegisterError(f"{shown}: no coordinate system is stated and these are no degrees; state it with --crs EPSG:…")
        return frame, f"{layer}: no coordinate system is stated; its degrees were taken as WGS 84"
    if frame.crs is None:
        frame = frame.set_crs(crs)
    # Grid shifts name files and hosts for PROJ to open.
    if "grids=" in frame.crs.to_wkt().lower():
        raise RegisterError(f"{shown}: its coordinate system names grid files; reproject it to WGS 84 (EPSG:4326) first")
    if frame.crs.equals("OGC:CRS84") or frame.crs.to_epsg() == 4326:
        return frame, ""
    return frame.to_crs(4326), f"{layer}: reprojected from {frame.crs.name} to WGS 84"


def _list_rows(frame: GeoDataFrame, layer: str) -> Iterator[Row]:
    columns = [name for name in frame.columns if name != frame.geometry.name]
    values = [frame[name].tolist() for name in columns]
    for index, shape in enumerate(frame.geometry.array):
        where = f"{layer} feature {index + 1}".strip()
        attributes = {
            str(name): plain
            for name, column in zip(columns, values, strict=True)
            if (plain := _to_plain(column[index])) is not None
        }
        if shape is None:
            yield Row(where=where, geometry=None, attributes=attributes, layer=layer)
        elif not np.isfinite(shapely.get_coordinates(shape)).all():
            fault = "its coordinates are no place in its coordinate system"
            yield Row(where=where, geometry=None, attributes=attributes, layer=layer, fault=fault)
        else:
            yield Row(where=where, geometry=to_geojson(shape), attributes=attributes, layer=layer)


def _to_plain(value: Any) -> Any:
    """A cell as JSON can hold it; `None` for missing values, not-a-number and binary cells."""
    if isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, (list, dict)):
        return value
    return value.isoformat() if hasattr(value, "isoformat") and value == value else None
