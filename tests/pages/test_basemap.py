"""A raster of one's own behind the map: the right tiles come in, and nothing that is no picture."""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Mapping
from pathlib import Path

import pytest
from builders.scenes import site

from geoverify import geo
from geoverify.errors import UsageError
from geoverify.pages import basemap
from geoverify.pages.basemap import read_basemap

PNG, JPEG, SVG = b"\x89PNG\r\n\x1a\n tile", b"\xff\xd8\xff tile", b"<svg onload='alert(1)'/>"
SITE = site("A")
LAT_DEG, LON_DEG = geo.centre(SITE.footprint)


def write_tiles(path: Path, tiles: Mapping[tuple[int, int, int], bytes]) -> Path:
    """An MBTiles file of tiles by zoom, column and row from the north."""
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE tiles (zoom_level INTEGER, tile_column INTEGER, tile_row INTEGER, tile_data BLOB)")
    rows = [(zoom, column, 2**zoom - 1 - row, data) for (zoom, column, row), data in tiles.items()]
    connection.executemany("INSERT INTO tiles VALUES (?, ?, ?, ?)", rows)
    connection.commit()
    connection.close()
    return path


def here(zoom: int) -> tuple[int, int, int]:
    return (zoom, *geo.tile_at(LAT_DEG, LON_DEG, zoom))


def test_tiles_are_those_of_web_maps() -> None:
    assert geo.tile_at(0.0, 0.0, 1) == (1, 1) and geo.tile_at(51.5, -0.1, 0) == (0, 0)
    # the OpenStreetMap wiki's worked example of slippy map tile names: 35.6590699, 139.7006793 at zoom 18.
    assert geo.tile_at(35.6590699, 139.7006793, 18) == (232798, 103246)
    assert geo.tile_at(89.9, 180.0, 3) == (0, 0) and geo.tile_at(-89.9, 179.999, 3) == (7, 7)


def test_tiles_around_a_site_come_in_and_others_do_not(tmp_path: Path) -> None:
    far = (14, here(14)[1] + 500, here(14)[2])
    path = write_tiles(tmp_path / "a.mbtiles", {here(2): JPEG, here(14): PNG, far: PNG, here(16): SVG})
    found = read_basemap(path, [SITE])
    names = ["/".join(map(str, here(zoom))) for zoom in (2, 14)]
    assert list(found.tiles) == names and found.max_zoom == 14 and found.left_out == 0
    assert found.tiles[names[1]] == f"data:image/png;base64,{base64.b64encode(PNG).decode()}"


def test_the_page_stays_small_and_says_what_found_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(basemap, "MAX_BYTES", 2 * len(PNG))
    path = write_tiles(tmp_path / "a.mbtiles", {here(zoom): PNG for zoom in (10, 12, 14)})
    found = read_basemap(path, [SITE])
    assert (found.max_zoom, len(found.tiles), found.left_out) == (12, 2, 1)


@pytest.mark.parametrize("kind", ["absent", "no database", "no tiles", "elsewhere"])
def test_what_is_no_basemap_of_the_sites_is_refused(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "a.mbtiles"
    if kind == "no database":
        path.write_bytes(b"II*\0 a GeoTIFF")
    elif kind == "no tiles":
        sqlite3.connect(path).execute("CREATE TABLE other (x)").connection.close()
    elif kind == "elsewhere":
        write_tiles(path, {(14, 1, 1): PNG})
    with pytest.raises(UsageError, match=r"a\.mbtiles"):
        read_basemap(path, [SITE])
