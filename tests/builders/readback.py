"""Exports read back with what their users read them with: geopandas, openpyxl, json, csv."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import ZipFile, is_zipfile

import geopandas
import openpyxl
import pyogrio

from geoverify.exports import all_exporters
from geoverify.interfaces import NO_BACKGROUND, Background
from geoverify.results import Judgement, Report

GEO = ("geojson", "geoparquet", "gpkg", "kml", "kmz")
TABLES = ("csv", "geojson", "geoparquet", "gpkg", "kml", "kmz", "xlsx")
# One row a file: all formats but the one whose rows are pieces of evidence.
ROW_A_FILE = tuple(name for name in sorted(all_exporters()) if name != "csv-evidence")


class Row(NamedTuple):
    """A file as an export has it: its name, its position if any (latitude first), its cells or members."""

    file: str
    position: tuple[float, float] | None
    cells: dict[str, Any]


def write(
    name: str, reports: Iterable[Report], judgements: Sequence[Judgement] = (), background: Background = NO_BACKGROUND
) -> bytes:
    """An export as bytes."""
    out = io.BytesIO()
    sink = all_exporters()[name].start(out, background)
    try:
        for report in reports:
            sink.add(report, judgements)
        sink.finish()
        return out.getvalue()
    finally:
        sink.close()


def read(name: str, data: bytes) -> list[Row]:
    """The files of an export."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"x{all_exporters()[name].suffixes[0]}")
        path.write_bytes(data)
        return list(_READERS.get(name, _read_geo)(path))


def text_of(name: str, data: bytes) -> str:
    """Everything that stands in an export, unpacked, for tests that look for a word."""
    if name == "geoparquet":
        import pyarrow.parquet as pq

        table = pq.read_table(io.BytesIO(data))
        return f"{table.to_pylist()} {table.schema.metadata}"
    if name == "gpkg":
        return "\n".join(_dump(data))
    if is_zipfile(io.BytesIO(data)):
        with ZipFile(io.BytesIO(data)) as archive:
            return "\n".join(archive.read(member).decode("utf-8", "replace") for member in archive.namelist())
    return data.decode("utf-8", "replace")


def _dump(data: bytes) -> Iterator[str]:
    """Every text and number of a database; its bytes hold numbers and keys that only look like text."""
    connection = sqlite3.connect(":memory:")
    connection.deserialize(data)
    try:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            if not table.startswith(("rtree", "sqlite")):
                for row in connection.execute(f'SELECT * FROM "{table}"'):
                    yield from (str(cell) for cell in row if not isinstance(cell, bytes))
    finally:
        connection.close()


def layers(data: bytes, suffix: str) -> dict[str, geopandas.GeoDataFrame]:
    """The layers of a GeoPackage or KML by their names."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"x{suffix}")
        path.write_bytes(data)
        return {name: geopandas.read_file(path, layer=name) for name, _ in pyogrio.list_layers(path)}


def _read_csv(path: Path) -> Iterator[Row]:
    for cells in csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8"), newline="")):
        lat = cells.get("lat_deg")
        yield Row(cells["file"], (float(lat), float(cells["lon_deg"])) if lat else None, cells)


def _read_json(path: Path) -> Iterator[Row]:
    document = json.loads(path.read_bytes())
    for report in document["reports"]:
        yield _row_of_report(report, document)


def _read_lines(path: Path) -> Iterator[Row]:
    for line in path.read_text("utf-8").splitlines():
        yield _row_of_report(json.loads(line), {})


def _row_of_report(report: dict[str, Any], more: dict[str, Any]) -> Row:
    place = report["location"]
    return Row(report["media"]["path"], (place["lat_deg"], place["lon_deg"]) if place else None, report | more)


def _read_xlsx(path: Path) -> Iterator[Row]:
    sheet = openpyxl.load_workbook(path)["files"]
    header, *rows = sheet.iter_rows(values_only=True)
    for values in rows:
        cells = dict(zip(header, values, strict=True))
        located = cells["lat_deg"] is not None
        yield Row(cells["file"], (cells["lat_deg"], cells["lon_deg"]) if located else None, cells)


def _read_geo(path: Path) -> Iterator[Row]:
    if path.suffix == ".parquet":
        frames = [geopandas.read_parquet(path)]
    elif path.suffix == ".geojson":
        frames = [geopandas.read_file(path)]
    else:
        names = [name for name, _ in pyogrio.list_layers(path) if name == "files" or "(verdict)" in name]
        frames = [geopandas.read_file(path, layer=name) for name in names]
    for frame in frames:
        for cells in frame.to_dict("records"):
            shape = cells.pop("geometry", None)
            point = shape.geoms[0] if shape is not None and shape.geom_type == "GeometryCollection" else shape
            is_empty = point is None or point.is_empty
            yield Row(cells["file"], None if is_empty else (point.y, point.x), cells)


def _read_case(path: Path) -> Iterator[Row]:
    graph = json.loads(path.read_bytes())["@graph"]
    nodes = {node["@id"]: node for node in graph}
    for node in graph:
        if node["@type"] != "case-investigation:InvestigativeAction":
            continue
        file = nodes[node["uco-action:object"][0]["@id"]]
        results = [nodes[item["@id"]] for item in node["uco-action:result"]]
        places = [item for item in results if item["@type"] == "uco-location:Location"]
        position = None
        if places:
            facet = places[0]["uco-core:hasFacet"][0]
            position = tuple(float(facet[f"uco-location:{axis}"]["@value"]) for axis in ("latitude", "longitude"))
        yield Row(file["uco-core:hasFacet"][0]["uco-observable:filePath"], position, {"graph": graph})


_READERS = {
    "csv": _read_csv,
    "csv-evidence": _read_csv,
    "json": _read_json,
    "jsonl": _read_lines,
    "xlsx": _read_xlsx,
    "case-uco": _read_case,
}
