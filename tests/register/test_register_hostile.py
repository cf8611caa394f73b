import io
import json
import os
import random
import struct
import subprocess
import sys
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import geopandas
import pytest
from builders.register import point, register, site, square, write_register

from geoverify.errors import RegisterError
from geoverify.register.checks import check_document
from geoverify.register.document import parse_document
from geoverify.register.fixes import fix_document
from geoverify.register.importing.importer import Imported, ImportOptions, import_register
from geoverify.register.load import load_register
from geoverify.register.remarks import Level
from geoverify.register.writing import format_register
from geoverify.register.writing import write_register as save

PLACEMARK = "<Placemark><name>A1</name><Point><coordinates>105,10</coordinates></Point></Placemark>"
VRT = """<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{source}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"""
LAUGHS = '<!DOCTYPE k [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'


def run(path: Path, **options: Any) -> Imported:
    return import_register(path, ImportOptions(**options), "2026-02-03")


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def zip_of(members: dict[str, bytes]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return archive.getvalue()


@pytest.mark.parametrize("name", ["a.kml", "a.gpkg", "a.shp", "a.vrt", "a.csv", "a.geojson"])
def test_a_virtual_dataset_opens_nothing(name: str, tmp_path: Path) -> None:
    secret = write_register(tmp_path / "secret.geojson", register(site("SECRET")))
    for source in (str(secret), "/vsicurl/http://192.0.2.1/x.geojson"):
        path = write(tmp_path, "x-" + name, VRT.format(source=source))
        with pytest.raises(RegisterError, match="XML, but not KML"):
            run(path)


@pytest.mark.parametrize("own", ["", "GML", "KML,GPX"])
def test_drivers_that_open_what_a_file_names_are_not_there_after_gdal_loads(own: str, tmp_path: Path) -> None:
    code = """
import os, sys
from pathlib import Path
from geoverify.register.importing.importer import ImportOptions, import_register
import_register(Path(sys.argv[1]), ImportOptions(), "2026-02-03")
import pyogrio
print(os.environ["PROJ_NETWORK"], *pyogrio.list_drivers(), sep="\\n")
"""
    frame = geopandas.GeoDataFrame({"code": ["A1"]}, geometry=geopandas.points_from_xy([105.0], [10.0]), crs=4326)
    frame.to_file(tmp_path / "a.gpkg", layer="sites", driver="GPKG")
    environment = {**os.environ, "GDAL_SKIP": own, "PROJ_NETWORK": "ON"}
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a.gpkg")], env=environment, capture_output=True, text=True, check=True
    )
    network, *drivers = done.stdout.splitlines()
    assert network == "OFF"
    assert {"GPKG", "ESRI Shapefile"} <= {*drivers}
    assert {*drivers}.isdisjoint({"OGR_VRT", "GDALG", "HTTP", "WFS", "OAPIF", "CSW", "Carto", "GeoRSS", *own.split(",")})


@pytest.mark.parametrize(
    "name", ["/vsicurl/http://192.0.2.1/x.kml", "http://192.0.2.1/x.kml", "/vsizip//etc/x.zip", "PG:host=192.0.2.1"]
)
def test_paths_of_virtual_file_systems_are_only_names(name: str) -> None:
    with pytest.raises(RegisterError, match="cannot be read"):
        run(Path(name))


@pytest.mark.parametrize(
    "text",
    [
        LAUGHS + f"<kml><Document><name>&b;</name>{PLACEMARK}</Document></kml>",
        f'<!DOCTYPE k [<!ENTITY x SYSTEM "file:///etc/hostname">]><kml><Document><name>&x;</name>{PLACEMARK}</Document></kml>',
        f'<!DOCTYPE kml SYSTEM "http://192.0.2.1/kml.dtd"><kml>{PLACEMARK}</kml>',
    ],
)
def test_entities_and_document_types_are_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(RegisterError, match="do not trust it"):
        run(write(tmp_path, "a.kml", text))


@pytest.mark.parametrize(
    "text", ["<kml>", "<kml></kmz>", "<kml>\0</kml>", "<kml>" + "<Folder>" * 10, '<?xml version="1.0" encoding="no"?><kml/>']
)
def test_damaged_kml(text: str, tmp_path: Path) -> None:
    with pytest.raises(RegisterError):
        run(write(tmp_path, "a.kml", text))


def test_deep_kml_does_not_overflow(tmp_path: Path) -> None:
    for tag in ("Folder", "MultiGeometry", "Placemark", "x"):
        deep = f"<{tag}>" * 50_000 + PLACEMARK + f"</{tag}>" * 50_000
        try:
            imported = run(write(tmp_path, "a.kml", f"<kml><Document>{deep}</Document></kml>"))
        except RegisterError:
            continue
        assert len(imported.document["features"]) == 1


@pytest.mark.parametrize(
    "coordinates", ["nan,1", "inf,1", "1e999,1", "1", "a,b", ",", "105,10,x 1", "1_0,2", "0x10,2", "105;10", "10,١٢ 1,"]
)
def test_coordinates_that_are_no_numbers_make_no_place(coordinates: str, tmp_path: Path) -> None:
    text = (
        f"<kml><Placemark><name>A1</name><LineString><coordinates>{coordinates} 3,4</coordinates></LineString></Placemark></kml>"
    )
    imported = run(write(tmp_path, "a.kml", text))
    assert {remark.level for remark in imported.remarks} >= {Level.ERROR}
    format_register(imported.document)


@pytest.mark.parametrize("name", ["../../evil.kml", "/etc/evil.kml", "..\\evil.kml", "a/../../b.kml", "C:\\evil.kml"])
def test_archives_that_reach_outside_are_refused(name: str, tmp_path: Path) -> None:
    path = write(tmp_path, "a.kmz", zip_of({"doc.kml": f"<kml>{PLACEMARK}</kml>".encode(), name: b"x"}))
    with pytest.raises(RegisterError, match="outside itself"):
        run(path)
    assert list(tmp_path.iterdir()) == [path]


def test_bombs_are_refused_before_they_are_unpacked(tmp_path: Path) -> None:
    path = write(tmp_path, "a.kmz", zip_of({"doc.kml": b"<kml>" + bytes(50 << 20)}))
    with pytest.raises(RegisterError, match="fill the memory"):
        run(path)


def test_bombs_that_lie_about_their_size_are_refused(tmp_path: Path) -> None:
    data = bytearray(zip_of({"doc.kml": b"<kml>" + bytes(50 << 20)}))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.index(signature) + offset
        data[at : at + 4] = struct.pack("<I", 1000)
    with pytest.raises(RegisterError):
        run(write(tmp_path, "a.kmz", bytes(data)))


def test_an_archive_of_many_files_is_refused(tmp_path: Path) -> None:
    many = zip_of({"doc.kml": b"<kml/>"}) + b"PK\x01\x02" * 20_000
    with pytest.raises(RegisterError, match="more than 10,000 files"):
        run(write(tmp_path, "a.kmz", many))


def test_archives_in_archives_are_not_opened(tmp_path: Path) -> None:
    inner = zip_of({"doc.kml": f"<kml>{PLACEMARK}</kml>".encode()})
    with pytest.raises(RegisterError, match="without KML"):
        run(write(tmp_path, "a.zip", zip_of({"inner.kmz": inner})))


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        b"\0" * 100,
        b"just words",
        b"a,b\n" + b'"' * 1000,
        b'id,wkt\n1,"GEOMETRYCOLLECTION(' + b"GEOMETRYCOLLECTION(" * 100_000 + b'"',
        b"id,wkt\n1,POINT(nan nan)\n",
        b"id,wkt\n1,POINT EMPTY\n",
        b"id,lat,lon\n1,inf,nan\n",
        b"id,lat,lon\n1,1e400,2\n",
        b"id,lat,lon\n" + b"x," * 5000 + b"\n",
        ("," * 2000 + "\n1,2").encode(),
        b"{" * 100_000,
        b'{"type":"FeatureCollection","features":' + b"[" * 100_000,
        b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"a":' + b"[" * 500 + b"]" * 500 + b"}}]}",
        b'{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Point","coordinates":'
        + b"[" * 500
        + b"]" * 500
        + b"}}]}",
        b'{"type":"FeatureCollection","features":[null,1,"x",[],{"properties":[],"geometry":[]}]}',
        b'{"type":"FeatureCollection","title":{"a":1},"region":7,"features":[{"geometry":{"type":["x"],"coordinates":{}}}]}',
        b'{"type":"FeatureCollection","features":[{"properties":{"code":1e400}}]}',
        b"SQLite format 3\0" + b"\xff" * 5000,
        b"\0\0\x27\x0a" + b"\xff" * 200,
        b"PK\x03\x04" + b"\xff" * 200,
    ],
    ids=range(21),
)
@pytest.mark.parametrize("fix", [False, True])
def test_odd_files_are_refused_or_marked(content: bytes, fix: bool, tmp_path: Path) -> None:
    try:
        imported = run(write(tmp_path, "a.dat", content), fix=fix)
    except RegisterError as error:
        assert "a.dat" in str(error)
    else:
        assert Level.ERROR in {remark.level for remark in imported.remarks}


def _seeds() -> list[bytes]:
    document = register(
        site(
            names=[{"text": "ទីធ្លា", "lang": "km", "script": "Khmr"}],
            status_history=[{"status": "closed", "from": "2024", "to": "2025-03"}],
            parts=[{"name": "Gate", "kind": "gate", "geometry": point(10, 105)}],
        ),
        site("B", {"type": "MultiPolygon", "coordinates": [square(11, 105)["coordinates"]]}),
    )
    kml = f"<kml><Document><Folder><name>F</name>{PLACEMARK}</Folder></Document></kml>".encode()
    return [json.dumps(document).encode(), kml, "id;lat;lon;name\nA1;10,5;105,1;Café\n".encode(), zip_of({"doc.kml": kml})]


def use(path: Path) -> None:
    """Load and import a file in every way; only `RegisterError` may come out."""
    with suppress(RegisterError):
        load_register(path)
    with suppress(RegisterError):
        run(path)
    with suppress(RegisterError):
        run(path, fix=True)


@pytest.mark.parametrize("seed", range(4))
def test_mutated_files_raise_nothing_else(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    whole = _seeds()[seed]
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(rng.randint(1, 6)):
            at = rng.randrange(len(data))
            if rng.random() < 0.5:
                data[at] = rng.choice(b'\0"[]{},:-<>&;1eE\xff' + bytes([rng.randrange(256)]))
            else:
                del data[at : at + rng.randint(1, 20)]
            if not data:
                break
        path = write(tmp_path, "m.dat", bytes(data))
        use(path)


@pytest.mark.parametrize("seed", range(4))
def test_cut_files_raise_nothing_else(seed: int, tmp_path: Path) -> None:
    whole = _seeds()[seed]
    for cut in range(0, len(whole), 3):
        path = write(tmp_path, "m.dat", whole[:cut])
        use(path)


def _scramble(rng: random.Random, value: Any) -> Any:
    """A value of JSON with one place of it replaced."""
    if rng.random() < 0.15 or not isinstance(value, (dict, list)) or not value:
        return rng.choice([None, True, -1, 1e300, "", "x", "\x1b[2J", [], {}, [[]], [None], {"a": 1}, "2025-13", 0, [[[[1]]]]])
    if isinstance(value, dict):
        key = rng.choice(list(value))
        return {**value, key: _scramble(rng, value[key])}
    at = rng.randrange(len(value))
    return [*value[:at], _scramble(rng, value[at]), *value[at + 1 :]]


def test_scrambled_records_load_exactly_where_no_error_is_found(tmp_path: Path) -> None:
    rng = random.Random(7)
    whole = json.loads(_seeds()[0])
    loaded = 0
    for _ in range(600):
        data = json.dumps(_scramble(rng, whole)).encode()
        path = write(tmp_path, "m.geojson", data)
        try:
            has_errors = any(remark.level is Level.ERROR for remark in check_document(parse_document(data, "m")))
        except RegisterError:
            has_errors = True
        try:
            load_register(path)
            loaded += 1
            assert not has_errors, data
        except RegisterError:
            assert has_errors, data
        if isinstance(json.loads(data), dict):
            try:
                run(path, fix=True)
            except RegisterError:
                continue
    assert loaded > 20


def test_fixing_never_adds_an_error() -> None:
    rng = random.Random(8)
    whole = json.loads(_seeds()[0])
    for _ in range(300):
        document = {**whole, "features": [_scramble(rng, whole["features"][0]), whole["features"][1]]}
        if not all(isinstance(feature, dict) and isinstance(feature.get("properties"), dict) for feature in document["features"]):
            continue
        before = count_errors(document)
        fixed, _ = fix_document({**document, "features": [{"geometry": None, **feature} for feature in document["features"]]})
        if fixed["features"]:
            assert count_errors(fixed) <= before


def count_errors(document: Any) -> int:
    return sum(remark.level is Level.ERROR for remark in check_document(parse_document(format_register(document), "r")))


def test_writing_never_replaces_unasked_and_leaves_no_rest(tmp_path: Path) -> None:
    path = tmp_path / "out.geojson"
    first, second = format_register(register()), format_register(register(site("B")))
    save(first, path, overwrite=False)
    with pytest.raises(RegisterError, match="exists already"):
        save(second, path, overwrite=False)
    save(second, path, overwrite=True)
    assert load_register(path).sites[0].code == "B"
    with pytest.raises(RegisterError, match="cannot be written"):
        save(first, tmp_path / "none" / "out.geojson", overwrite=False)
    with pytest.raises(RegisterError, match="cannot be written"):
        save(first, tmp_path / "a\0b", overwrite=True)
    assert [item.name for item in tmp_path.iterdir()] == ["out.geojson"]


def test_no_register_is_made_of_what_is_no_number() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        format_register(register(site(geometry=point(float("nan"), 1))))


def test_a_link_is_not_written_through(tmp_path: Path) -> None:
    target = write(tmp_path, "target.txt", "precious")
    link = tmp_path / "out.geojson"
    try:
        link.symlink_to(target)
    except OSError:
        pytest.skip("no symbolic links on this system")
    with pytest.raises(RegisterError, match="exists already"):
        save(b"{}", link, overwrite=False)
    save(b"{}", link, overwrite=True)
    assert target.read_text() == "precious"


def test_file_names_that_are_not_text_become_text(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/caf\xe9\x1b.csv"
    try:
        Path(os.fsdecode(name)).write_text("id,lat,lon\nA1,11,106\n")
    except OSError:
        pytest.skip("this file system has no such names")
    imported = run(Path(os.fsdecode(name)))
    assert imported.document["title"] == "caf\\xe9\\x1b"


@pytest.mark.parametrize("where", ["footprint", "part", "attribute"])
def test_a_number_that_no_computer_holds_is_told_and_never_a_crash(where: str) -> None:
    part = {"name": "Gate", "kind": "gate", "geometry": point(10.0, 105.0)}
    text = json.dumps(register(site(geometry=point(10.0, 105.25), parts=[part], attributes={"note": 1.5})))
    old = {"footprint": "105.25", "part": "105.0,", "attribute": "1.5"}[where]
    assert old in text
    remarks = check_document(parse_document(text.replace(old, "1e400" + old[len(old.rstrip(",")) :]).encode(), "register"))
    assert any(remark.code == "unreadable-geometry" for remark in remarks) is (where != "attribute")
