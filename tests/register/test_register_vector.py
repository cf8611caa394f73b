import io
import sqlite3
import zipfile
from pathlib import Path
from typing import Any

import geopandas
import pytest
import shapely

from geoverify.errors import RegisterError
from geoverify.register.importing.importer import Imported, ImportOptions, import_register
from geoverify.register.remarks import Level

PLACE = shapely.Point(104.17, 11.0777)
YARD = shapely.Polygon([(104.17, 11.07), (104.172, 11.07), (104.172, 11.072), (104.17, 11.072)])


def run(path: Path, **options: Any) -> Imported:
    return import_register(path, ImportOptions(**options), "2026-02-03")


def frame(*shapes: Any, epsg: int | None = 4326, **columns: Any) -> geopandas.GeoDataFrame:
    data: dict[str, Any] = {"code": [f"A{i}" for i in range(len(shapes))], **columns}
    made = geopandas.GeoDataFrame(data, geometry=list(shapes), crs=4326)
    return made if epsg == 4326 else made.to_crs(epsg)


def shapes_of(imported: Imported) -> list[Any]:
    return [shapely.geometry.shape(feature["geometry"]) for feature in imported.document["features"]]


@pytest.mark.parametrize("epsg", [4326, 32648, 3857])
def test_geopackage_in_any_system(epsg: int, tmp_path: Path) -> None:
    frame(PLACE, YARD, epsg=epsg, status=["closed", None], floors=[3, None]).to_file(tmp_path / "a.gpkg", layer="pins")
    imported = run(tmp_path / "a.gpkg")
    first, second = shapes_of(imported)
    assert first.distance(PLACE) < 1e-6
    assert second.hausdorff_distance(YARD) < 1e-6
    assert second.exterior.is_ccw
    records = [feature["properties"] for feature in imported.document["features"]]
    assert records[0]["status_history"] == [{"status": "closed"}]
    assert records[0]["attributes"] == {"floors": 3.0}
    assert "attributes" not in records[1]
    assert any("reprojected" in note for note in imported.notes) == (epsg != 4326)
    assert Level.ERROR not in {remark.level for remark in imported.remarks}
    assert list(tmp_path.iterdir()) == [tmp_path / "a.gpkg"]


def test_layers_of_a_geopackage(tmp_path: Path) -> None:
    frame(PLACE).to_file(tmp_path / "a.gpkg", layer="one")
    frame(YARD, code=["B"]).to_file(tmp_path / "a.gpkg", layer="two", mode="a")
    records = [feature["properties"] for feature in run(tmp_path / "a.gpkg").document["features"]]
    assert [(record["code"], record["attributes"]["layer"]) for record in records] == [("A0", "one"), ("B", "two")]
    assert [feature["properties"]["code"] for feature in run(tmp_path / "a.gpkg", layer="two").document["features"]] == ["B"]
    with pytest.raises(RegisterError, match="it has: one, two"):
        run(tmp_path / "a.gpkg", layer="three")


def test_shapefiles_beside_and_zipped(tmp_path: Path) -> None:
    folder = tmp_path / "shp"
    folder.mkdir()
    frame(YARD, epsg=32648, name=["ទីធ្លា"]).to_file(folder / "Pins.shp", encoding="utf-8")
    imported = run(folder / "Pins.shp")
    assert imported.document["features"][0]["properties"]["names"][0]["text"] == "ទីធ្លា"
    assert shapes_of(imported)[0].hausdorff_distance(YARD) < 1e-6
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for path in folder.iterdir():
            file.write(path, f"export/{path.name}")
    (tmp_path / "pins.zip").write_bytes(archive.getvalue())
    assert run(tmp_path / "pins.zip").document["features"] == imported.document["features"]


def test_a_shapefile_without_a_system(tmp_path: Path) -> None:
    frame(YARD, epsg=32648).to_file(tmp_path / "a.shp")
    (tmp_path / "a.prj").unlink()
    with pytest.raises(RegisterError, match="--crs EPSG"):
        run(tmp_path / "a.shp")
    assert shapes_of(run(tmp_path / "a.shp", epsg=32648))[0].hausdorff_distance(YARD) < 1e-6
    frame(YARD).to_file(tmp_path / "b.shp")
    (tmp_path / "b.prj").unlink()
    assert any("taken as WGS 84" in note for note in run(tmp_path / "b.shp").notes)


def test_a_shapefile_without_its_neighbours(tmp_path: Path) -> None:
    frame(YARD).to_file(tmp_path / "a.shp")
    (tmp_path / "a.dbf").unlink()
    with pytest.raises(RegisterError, match=r"\.dbf missing"):
        run(tmp_path / "a.shp")


def test_a_geopackage_that_opens_other_files_is_refused(tmp_path: Path) -> None:
    frame(PLACE).to_file(tmp_path / "a.gpkg", layer="pins")
    database = sqlite3.connect(tmp_path / "a.gpkg")
    database.execute("PRAGMA writable_schema = 1")
    sql = "CREATE VIRTUAL TABLE secret USING VirtualOGR('/etc/hostname')"
    database.execute("INSERT INTO sqlite_master VALUES ('table', 'secret', 'secret', 0, ?)", (sql,))
    database.commit()
    database.close()
    with pytest.raises(RegisterError, match="virtual table"):
        run(tmp_path / "a.gpkg")


def test_views_are_not_run(tmp_path: Path) -> None:
    frame(PLACE).to_file(tmp_path / "a.gpkg", layer="pins")
    database = sqlite3.connect(tmp_path / "a.gpkg")
    database.execute("CREATE VIEW endless AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n")
    database.execute("INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES ('endless', 'features', 'endless')")
    database.commit()
    database.close()
    assert len(run(tmp_path / "a.gpkg").document["features"]) == 1


@pytest.mark.parametrize("cut", [17, 100, 4096, 20_000, 60_000])
def test_damaged_geopackages(cut: int, tmp_path: Path) -> None:
    frame(PLACE).to_file(tmp_path / "a.gpkg", layer="pins")
    (tmp_path / "b.gpkg").write_bytes((tmp_path / "a.gpkg").read_bytes()[:cut])
    with pytest.raises(RegisterError):
        run(tmp_path / "b.gpkg")


def test_damaged_shapefiles(tmp_path: Path) -> None:
    frame(PLACE, YARD.centroid).to_file(tmp_path / "a.shp")
    whole = (tmp_path / "a.shp").read_bytes()
    for cut in range(4, len(whole), 7):
        (tmp_path / "a.shp").write_bytes(whole[:cut])
        try:
            run(tmp_path / "a.shp")
        except RegisterError:
            continue
