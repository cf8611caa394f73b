"""A raster of one's own behind the page's map: the tiles around the sites, taken out of an MBTiles file into the page."""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geoverify import geo
from geoverify.errors import UsageError
from geoverify.places import ReferenceSite
from geoverify.text import escape_controls

# How far around a site's middle tiles are taken, and how many bytes of them at most, coarse ones first.
AROUND_M = 1500.0
MAX_BYTES = 12_000_000
MAX_ZOOM = 20
# By their first bytes, since a browser would run what stands in an SVG.
_TYPES = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"RIFF", "image/webp"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Basemap:
    """Tiles as data addresses by `zoom/column/row` (rows from the north), the deepest zoom, and how many found no room."""

    tiles: dict[str, str]
    max_zoom: int
    left_out: int

    def describe(self) -> dict[str, Any]:
        """The tiles for the page's map."""
        return {"tiles": self.tiles, "max_zoom": self.max_zoom}


def read_basemap(path: Path, sites: Iterable[ReferenceSite]) -> Basemap:
    """Take the tiles around some sites out of an MBTiles file (MBTiles 1.3); raises `UsageError` where there are none."""
    shown = escape_controls(str(path))
    if not path.is_file():
        raise UsageError(f"{shown}: no such file; give an MBTiles file with --basemap")
    middles = [geo.centre(site.footprint) for site in sites]
    tiles: dict[str, str] = {}
    size = left_out = 0
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        try:
            zooms = [int(row[0]) for row in connection.execute("SELECT DISTINCT zoom_level FROM tiles ORDER BY zoom_level")]
            for zoom in (zoom for zoom in zooms if 0 <= zoom <= MAX_ZOOM):
                for column, row in sorted(set(_tiles_around(middles, zoom))):
                    data = _read_tile(connection, zoom, column, row)
                    media_type = next((kind for magic, kind in _TYPES if data.startswith(magic)), None)
                    if media_type is None:
                        continue
                    if size + len(data) > MAX_BYTES:
                        left_out += 1
                        continue
                    size += len(data)
                    tiles[f"{zoom}/{column}/{row}"] = f"data:{media_type};base64,{base64.b64encode(data).decode()}"
        finally:
            connection.close()
    except sqlite3.Error as error:
        cure = "give MBTiles, made of a GeoTIFF by: gdal_translate -of MBTILES in.tif out.mbtiles; gdaladdo out.mbtiles"
        raise UsageError(f"{shown}: no MBTiles file ({error}); {cure}") from error
    if not tiles:
        raise UsageError(
            f"{shown}: has no PNG, JPEG or WebP tile within {AROUND_M / 1000:g} km of a site; give one of that region"
        )
    return Basemap(tiles=tiles, max_zoom=max(int(name.split("/")[0]) for name in tiles), left_out=left_out)


def _tiles_around(middles: Iterable[tuple[float, float]], zoom: int) -> Iterator[tuple[int, int]]:
    for lat_deg, lon_deg in middles:
        for west_deg, south_deg, east_deg, north_deg in geo.bounds_around(lat_deg, lon_deg, AROUND_M):
            first, top = geo.tile_at(north_deg, west_deg, zoom)
            last, bottom = geo.tile_at(south_deg, east_deg, zoom)
            yield from ((column, row) for column in range(first, last + 1) for row in range(top, bottom + 1))


def _read_tile(connection: sqlite3.Connection, zoom: int, column: int, row: int) -> bytes:
    """A tile's bytes, none where there is no tile; MBTiles counts its rows from the south."""
    query = "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?"
    found = connection.execute(query, (zoom, column, 2**zoom - 1 - row)).fetchone()
    return bytes(found[0]) if found and isinstance(found[0], bytes) else b""
