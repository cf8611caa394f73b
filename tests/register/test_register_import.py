import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
import shapely
from builders.register import REGION, point, register, site, square, write_register

from geoverify.errors import RegisterError, UsageError
from geoverify.register.importing.columns import parse_map
from geoverify.register.importing.coordinates import parse_angle, parse_pair
from geoverify.register.importing.importer import Imported, ImportOptions, import_register
from geoverify.register.load import load_register
from geoverify.register.remarks import Level
from geoverify.register.writing import write_register as save

KML = """<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2"><Document><name>My map</name>
<Folder><name>Compounds</name>
<Placemark><name>BA01</name><Point><coordinates>106.1698,11.0780,0</coordinates></Point></Placemark>
<Placemark><name>ទីធ្លា</name><description><![CDATA[<b>seen</b> twice]]></description>
<ExtendedData><Data name="status"><value>suspected</value></Data><Data name="floors"><value>12</value></Data></ExtendedData>
<MultiGeometry><Point><coordinates>106.17,11.07</coordinates></Point><Polygon>
<outerBoundaryIs><LinearRing><coordinates>
 106.170,11.070,0 106.170,11.072,0 106.172,11.072,0 106.172,11.070,0 106.170,11.070,0
</coordinates></LinearRing></outerBoundaryIs>
<innerBoundaryIs><LinearRing>
<coordinates>106.1705,11.0705 106.1705,11.071 106.171,11.071 106.1705,11.0705</coordinates></LinearRing>
</innerBoundaryIs></Polygon></MultiGeometry></Placemark>
<Folder><name>Doubtful</name>
<Placemark><name>C</name><ExtendedData><SchemaData><SimpleData name="id">SI99</SimpleData></SchemaData>
</ExtendedData><Point><coordinates>103.5, 10.6, 0</coordinates></Point></Placemark></Folder>
</Folder>
<Folder><name>Roads</name><Placemark><name>Road</name>
<LineString><coordinates>103.5,10.6 103.6,10.6</coordinates></LineString></Placemark>
</Folder><NetworkLink><Link><href>http://192.0.2.1/x.kml</href></Link></NetworkLink></Document></kml>"""


def run(path: Path, **options: Any) -> Imported:
    return import_register(path, ImportOptions(**options), "2026-02-03")


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def properties(imported: Imported) -> list[dict[str, Any]]:
    return [feature["properties"] for feature in imported.document["features"]]


def errors(imported: Imported) -> list[str]:
    return [remark.code for remark in imported.remarks if remark.level is Level.ERROR]


def test_the_public_table_becomes_a_register(shared: Path, tmp_path: Path) -> None:
    table = shared / "data" / "sites_public.csv"
    imported = run(
        table,
        columns=parse_map(["code=id,status=site_status,locality=city"]),
        members={"title": "Public points", "licence": "as published", "compiled_by": "a desk", "region": box(92, 9, 108, 29)},
    )
    assert {remark.level for remark in imported.remarks} == {Level.INFO}
    save(imported.data, tmp_path / "public.geojson", overwrite=False)
    loaded = load_register(tmp_path / "public.geojson")
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(loaded.sites) == 119
    for row, item in zip(rows, loaded.sites, strict=True):
        assert (item.code, item.country, item.locality) == (row["id"], row["country"], row["city"])
        assert (item.footprint.y, item.footprint.x) == (float(row["lat"]), float(row["lon"]))
        assert [period.status for period in item.status_history] == [row["site_status"]]
        assert [name.text for name in item.names] == ([row["name"].strip()] if row["name"] else [])
        assert [source.citation for source in item.sources] == [row["source"]]
        assert dict(item.attributes) == {"context_type": row["context_type"]}
        assert item.boundary_error_m == 300.0


def box(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


CSV_FORMS = [
    "id,lat,lng\nA1,11.078,106.1698\n",
    "\ufeffid;Latitude;Longitude\r\nA1;11,078;106,1698\r\n",
    "id\tLAT\tLON\nA1\t11.0780° N\tE 106.1698\n",
    "ref|y|x\n\nA1|11.078|106.1698\n||\n",
    'code,coordinates\nA1,"11.078, 106.1698"\n',
    "code,WKT\nA1,POINT (106.1698 11.078)\n",
    "code,geom\nA1,SRID=4326;POINT Z (106.1698 11.078 5)\n",
    "code,latitude,longitude\nA1,11°4'40.8\"N,106°10’11.28”E\n",
]


@pytest.mark.parametrize("text", CSV_FORMS)
def test_tables_of_many_forms(text: str, tmp_path: Path) -> None:
    imported = run(write(tmp_path, "t.csv", text))
    (feature,) = imported.document["features"]
    assert feature["properties"]["code"] == "A1"
    assert feature["geometry"]["type"] == "Point"
    assert feature["geometry"]["coordinates"] == pytest.approx([106.1698, 11.078], abs=1e-7)
    assert "attributes" not in feature["properties"]
    assert errors(imported) == []


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_encodings(encoding: str, tmp_path: Path) -> None:
    imported = run(write(tmp_path, "t.csv", "id,name,lat,lon\nA1,Café,11,106\n".encode(encoding)))
    assert properties(imported)[0]["names"] == [{"text": "Café", "kind": "official"}]
    assert any("Windows-1252" in note for note in imported.notes) == (encoding == "cp1252")


def test_outlines_as_wkt_longer_than_csv_allows(tmp_path: Path) -> None:
    wkt = shapely.to_wkt(shapely.Point(105, 10).buffer(0.01, quad_segs=4000), rounding_precision=7)
    assert len(wkt) > csv.field_size_limit()
    before = csv.field_size_limit()
    imported = run(write(tmp_path, "t.csv", f'id;geometry\nA1;"{wkt}"\n'))
    assert errors(imported) == []
    assert properties(imported)[0]["footprint_kind"] == "digitised"
    assert properties(imported)[0]["boundary_error_m"] == 40.0
    assert csv.field_size_limit() == before


def test_mapping_names_columns_and_leaves_them_out(tmp_path: Path) -> None:
    path = write(tmp_path, "t.csv", "id,name,Nord,Ost,Zustand,alt\n1,Yard,11,106,closed,Hof; Platz\n")
    columns = parse_map(["lat=Nord,lon=Ost", "status=Zustand,aliases=alt", "name="])
    (record,) = properties(run(path, columns=columns, members={"source": "field notes"}))
    assert record["status_history"] == [{"status": "closed"}]
    assert record["names"] == [{"text": "Hof", "kind": "alias"}, {"text": "Platz", "kind": "alias"}]
    assert record["attributes"] == {"name": "Yard"}
    assert record["sources"] == [{"citation": "field notes"}]


def test_mistaken_mappings_are_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the members are code"):
        parse_map(["kode=id"])
    with pytest.raises(UsageError, match="MEMBER=COLUMN"):
        parse_map(["code"])
    path = write(tmp_path, "t.csv", "id,lat,lon\n1,2,3\n")
    with pytest.raises(RegisterError, match="no such column; it has: id, lat, lon"):
        run(path, columns={"status": "state"})
    with pytest.raises(RegisterError, match="--map lat=COLUMN"):
        run(write(tmp_path, "u.csv", "id,where\n1,here\n"))


def test_a_row_without_a_place_is_kept_and_is_an_error(tmp_path: Path) -> None:
    imported = run(write(tmp_path, "t.csv", "id,lat,lon\nA1,11,106\nA2,north,106\nA3,,\n"))
    assert [feature["geometry"] is None for feature in imported.document["features"]] == [False, True, True]
    assert properties(imported)[1]["attributes"] == {"lat": "north", "lon": "106"}
    assert any("row 2: 'north' is not a coordinate" in note for note in imported.notes)
    assert errors(imported) == ["empty-geometry", "empty-geometry"]


def test_projected_columns(tmp_path: Path) -> None:
    imported = run(write(tmp_path, "t.csv", "id,easting,northing\nA1,409263.5,1224664.6\n"), epsg=32648)
    assert imported.document["features"][0]["geometry"]["coordinates"] == pytest.approx([104.1695, 11.0777], abs=1e-3)
    with pytest.raises(UsageError, match="EPSG:999999"):
        run(write(tmp_path, "t.csv", "id,x,y\nA1,1,2\n"), epsg=999999)


def test_codes_are_made_where_there_are_none(tmp_path: Path) -> None:
    imported = run(write(tmp_path, "t.csv", "name,lat,lon\nYard,11,106\nBA07,11,105\nIMP-0001,12,105\n"))
    assert [record["code"] for record in properties(imported)] == ["IMP-0002", "BA07", "IMP-0001"]
    assert [record["names"][0]["text"] for record in properties(imported) if "names" in record] == ["Yard"]
    assert any("1 records without a code" in note for note in imported.notes)


def test_kml_placemarks_folders_and_data(tmp_path: Path) -> None:
    imported = run(write(tmp_path, "m.kml", KML))
    assert imported.document["title"] == "My map"
    first, second, third, road = properties(imported)
    assert (first["code"], first["attributes"]) == ("BA01", {"layer": "Compounds"})
    assert second["names"] == [{"text": "ទីធ្លា", "kind": "official"}]
    assert second["notes"] == "<b>seen</b> twice"
    assert second["status_history"] == [{"status": "suspected"}]
    assert second["attributes"] == {"floors": "12", "layer": "Compounds"}
    assert (third["code"], third["attributes"]["layer"]) == ("SI99", "Compounds / Doubtful")
    shapes = [shapely.geometry.shape(feature["geometry"]) for feature in imported.document["features"]]
    assert [shape.geom_type for shape in shapes] == ["Point", "Polygon", "Point", "LineString"]
    assert len(shapes[1].interiors) == 1
    assert shapes[1].exterior.is_ccw
    assert (shapes[2].x, shapes[2].y) == (103.5, 10.6)
    assert errors(imported) == ["kind-and-shape"]
    assert any("1 network links were not followed" in note for note in imported.notes)
    assert road["code"].startswith("IMP-")


def test_one_folder_with_all_in_it(tmp_path: Path) -> None:
    path = write(tmp_path, "m.kml", KML)
    assert len(run(path, layer="Compounds").document["features"]) == 3
    assert [record["code"] for record in properties(run(path, layer="Compounds / Doubtful"))] == ["SI99"]
    with pytest.raises(RegisterError, match="it has: Compounds; Compounds / Doubtful; Roads"):
        run(path, layer="Compound")


@pytest.mark.parametrize(
    "text",
    [
        KML.replace(' xmlns:gx="http://www.google.com/kml/ext/2.2"', "").replace("<Folder>", '<Folder gx:x="1">', 1),
        KML.replace("http://www.opengis.net/kml/2.2", "http://earth.google.com/kml/2.1"),
        KML.replace(' xmlns="http://www.opengis.net/kml/2.2"', ""),
        "\ufeff" + KML,
    ],
)
def test_kml_as_programs_write_it(text: str, tmp_path: Path) -> None:
    assert len(run(write(tmp_path, "m.kml", text)).document["features"]) == 4


def test_kmz_and_zipped_shapefiles_by_content_not_by_name(tmp_path: Path) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("images/icon.png", b"x")
        file.writestr("doc.kml", KML)
    imported = run(write(tmp_path, "map.dat", archive.getvalue()))
    assert len(imported.document["features"]) == 4


def test_geojson_of_any_form(tmp_path: Path) -> None:
    plain = {
        "type": "FeatureCollection",
        "name": "pins",
        "features": [
            {"type": "Feature", "id": 7, "geometry": point(10, 105), "properties": {"name": "Yard", "height": 3.5, "none": None}}
        ],
    }
    imported = run(write_register(tmp_path / "p.json", plain))
    (record,) = properties(imported)
    assert imported.document["title"] == "pins"
    assert (imported.document["edition"], imported.document["date"]) == ("2026-02-03", "2026-02-03")
    assert (record["code"], record["attributes"]) == ("7", {"height": 3.5})
    assert errors(run(write_register(tmp_path / "q.json", plain["features"][0]))) == []
    assert errors(run(write_register(tmp_path / "r.json", square(10, 105)))) == []
    with pytest.raises(RegisterError, match="not GeoJSON"):
        run(write_register(tmp_path / "s.json", {"type": "Topology"}))


def test_geojson_of_2008_is_reprojected(tmp_path: Path) -> None:
    document: dict[str, Any] = {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "geometry": {"type": "Point", "coordinates": [409263.5, 1224664.6]}, "properties": {"code": "A"}}
        ],
    }
    document["crs"] = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32648"}}
    imported = run(write_register(tmp_path / "p.json", document))
    assert imported.document["features"][0]["geometry"]["coordinates"] == pytest.approx([104.1695, 11.0777], abs=1e-3)
    document["crs"]["properties"]["name"] = "urn:ogc:def:crs:OGC:1.3:CRS84"
    assert errors(run(write_register(tmp_path / "p.json", document))) == ["off-earth"]
    document["crs"]["properties"]["name"] = "+proj=longlat +nadgrids=http://192.0.2.1/x"
    with pytest.raises(RegisterError, match="coordinate system"):
        run(write_register(tmp_path / "p.json", document))


def test_a_register_comes_through_unchanged(tmp_path: Path) -> None:
    feature = site(
        former_codes=["B"],
        names=[{"text": "Yard", "kind": "brand"}],
        status_history=[{"status": "closed", "from": "2025"}],
        parts=[{"name": "Gate", "kind": "gate", "geometry": point(10, 105)}],
        interventions=[{"kind": "unknown"}],
        relocated_to=["C"],
        sensitivity="public",
        fictional=True,
        attributes={"a": [1]},
    )
    document = register(feature, notes="n")
    imported = run(write_register(tmp_path / "r.geojson", document))
    assert imported.document == document


def test_lists_come_back_from_the_text_that_gis_programs_make_of_them(tmp_path: Path) -> None:
    names = [{"text": "Yard", "kind": "alias"}]
    flat = {**site(), "properties": {"code": "A", "names": json.dumps(names), "former_codes": "B; C", "sources": "a report"}}
    (record,) = properties(run(write_register(tmp_path / "r.geojson", {"type": "FeatureCollection", "features": [flat]})))
    assert record["names"] == names
    assert record["former_codes"] == ["B", "C"]
    assert record["sources"] == [{"citation": "a report"}]


def test_stated_figures_beat_assumed_ones(tmp_path: Path) -> None:
    path = write(tmp_path, "t.csv", "id,lat,lon,uncertainty_m\nA1,11,106,25\nA2,11,105,\nA3,11,104,about\n")
    imported = run(path, boundary_error_m=150.0)
    assert [record["boundary_error_m"] for record in properties(imported)] == [25.0, 150.0, 150.0]
    assert properties(imported)[2]["attributes"] == {"uncertainty_m": "about"}
    assert "as stated on import" in imported.document["notes"]


def test_an_empty_file_is_no_register(tmp_path: Path) -> None:
    for content in ("", "id,lat,lon\n", '{"type": "FeatureCollection", "features": []}', "<kml/>"):
        with pytest.raises(RegisterError):
            run(write(tmp_path, "e", content))


@pytest.mark.parametrize(
    ("text", "hemispheres", "degrees"),
    [
        ("11.078", "NS", 11.078),
        ("-11,078", "NS", -11.078),
        ("11.078S", "NS", -11.078),
        ("W 3.5", "EW", -3.5),
        ("−3.5°", "EW", -3.5),
        ("11°30'N", "NS", 11.5),
        ("0°30'0\"S", "NS", -0.5),
        ("-0°30'", "NS", -0.5),
        ("1e3", "NS", None),
        ("nan", "NS", None),
        ("11.0780 E", "NS", None),
        ("11°61'N", "NS", None),
        ("-11 S", "NS", None),
        ("N 11 N", "NS", None),
        ("11.1.1", "NS", None),
        ("", "NS", None),
    ],
)
def test_angles_as_people_type_them(text: str, hemispheres: str, degrees: float | None) -> None:
    if degrees is None:
        with pytest.raises(ValueError, match=r"coordinate|hemisphere|minutes"):
            parse_angle(text, hemispheres)
    else:
        assert parse_angle(text, hemispheres) == pytest.approx(degrees, abs=1e-12)


def test_pairs_in_one_cell() -> None:
    assert parse_pair(" 11.078, 106.1698 ") == (11.078, 106.1698)
    assert parse_pair("11.078 N;106.1698 E") == (11.078, 106.1698)
    for text in ("11.078", "a, b", "1, 2, 3", "106 E, 11 N"):
        with pytest.raises(ValueError, match=r"coordinate|pair|hemisphere"):
            parse_pair(text)


def test_the_default_region_is_none_and_said(tmp_path: Path) -> None:
    imported = run(write(tmp_path, "t.csv", "id,lat,lon\nA1,11,106\n"))
    assert "region" not in imported.document
    assert any("no region" in remark.message for remark in imported.remarks)
    assert run(write(tmp_path, "t.csv", "id,lat,lon\nA1,11,106\n"), members={"region": REGION}).document["region"] == REGION
