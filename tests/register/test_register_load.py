import datetime as dt
import hashlib
import json
import os
from pathlib import Path

import pytest
from builders.register import point, register, site, square, write_register

from geoverify.errors import RegisterError
from geoverify.places import FootprintKind
from geoverify.register.load import default_register_path, load_register, load_registers, resolve_register

FULL = site(
    "BA01",
    former_codes=["B1"],
    names=[{"text": "ទីធ្លា", "lang": "km", "script": "Khmr", "kind": "alias"}, {"text": "Yard"}],
    country="Nowhere",
    locality="Bavet",
    status_history=[{"status": "suspected", "from": "2024", "to": "2024-02", "source": "edition 1"}],
    imagery_date="2024-12-31",
    parts=[{"name": "Gate", "kind": "gate", "geometry": point(10.0, 105.0)}],
    interventions=[{"kind": "intervention_abuse_ended", "from": "2025-03-07"}],
    relocated_from=["X"],
    relocated_to=["Y"],
    sources=[{"citation": "report", "url": "https://example.org/", "precision_m": 11}],
    sensitivity="public",
    fictional=True,
    notes="a note",
    attributes={"context": "urban", "floors": 12, "tags": ["a"]},
)


def test_every_member_reaches_the_site(tmp_path: Path) -> None:
    path = write_register(tmp_path / "r.geojson", register(FULL, time_zone="Asia/Phnom_Penh"))
    (loaded,) = load_register(path).sites
    assert (loaded.code, loaded.former_codes, loaded.name) == ("BA01", ("B1",), "Yard")
    assert (loaded.names[0].lang, loaded.names[0].script, loaded.names[0].kind) == ("km", "Khmr", "alias")
    assert (loaded.country, loaded.locality) == ("Nowhere", "Bavet")
    (period,) = loaded.status_history
    assert (period.from_date, period.to_date) == (dt.date(2024, 1, 1), dt.date(2024, 2, 29))
    assert (period.from_text, period.to_text, period.source) == ("2024", "2024-02", "edition 1")
    assert loaded.footprint_kind is FootprintKind.DIGITISED
    assert loaded.boundary_error_m == 10.0
    assert loaded.imagery_date == dt.date(2024, 12, 31)
    assert [(part.name, part.kind, part.geometry.geom_type) for part in loaded.parts] == [("Gate", "gate", "Point")]
    (intervention,) = loaded.interventions
    assert (intervention.kind, intervention.from_date, intervention.to_date) == (
        "intervention_abuse_ended",
        dt.date(2025, 3, 7),
        None,
    )
    assert (loaded.relocated_from, loaded.relocated_to) == (("X",), ("Y",))
    assert (loaded.sources[0].citation, loaded.sources[0].precision_m) == ("report", 11.0)
    assert (loaded.time_zone, loaded.sensitivity, loaded.fictional, loaded.notes) == ("Asia/Phnom_Penh", "public", True, "a note")
    assert dict(loaded.attributes) == {"context": "urban", "floors": "12", "tags": '["a"]'}
    assert (loaded.register_title, loaded.register_edition) == ("Test register", "1")


def test_absent_members_stay_absent(tmp_path: Path) -> None:
    (loaded,) = load_register(write_register(tmp_path / "r.geojson", register())).sites
    assert (loaded.time_zone, loaded.imagery_date, loaded.status_history, loaded.name) == (None, None, (), "A1")
    assert loaded.sensitivity == "restricted"


def test_a_sites_own_zone_beats_the_files(tmp_path: Path) -> None:
    document = register(site(time_zone="Asia/Yangon"), time_zone="Asia/Phnom_Penh")
    assert load_register(write_register(tmp_path / "r.geojson", document)).sites[0].time_zone == "Asia/Yangon"


def test_the_digest_is_that_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "r.geojson"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(register()).encode())
    (info,) = load_register(path).infos
    assert info.digest.hex == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (info.title, info.site_count, info.licence, info.path) == ("Test register", 1, "CC0", str(path))


def test_altitudes_are_dropped(tmp_path: Path) -> None:
    document = register(site(geometry={"type": "Point", "coordinates": [105.0, 10.0, 7.5]}))
    assert not load_register(write_register(tmp_path / "r.geojson", document)).sites[0].footprint.has_z


def test_batches_meet_without_seams(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geoverify.register.records.BATCH_RECORDS", 3)
    parts = [{"name": "Gate", "kind": "gate", "geometry": point(10.0, 105.0)}]
    features = [site(f"S{i}", square(10.0 + i / 100, 105.0), parts=parts if i % 2 else None) for i in range(8)]
    sites = load_register(write_register(tmp_path / "r.geojson", register(*features))).sites
    assert [item.code for item in sites] == [f"S{i}" for i in range(8)]
    assert [len(item.parts) for item in sites] == [i % 2 for i in range(8)]
    assert [round(item.footprint.centroid.y, 6) for item in sites] == [round(10.0 + i / 100, 6) for i in range(8)]


def test_a_duplicate_in_a_later_batch_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geoverify.register.records.BATCH_RECORDS", 1)
    path = write_register(tmp_path / "r.geojson", register(site("A"), site("B"), site("A")))
    with pytest.raises(RegisterError, match=r"record 3 \(A\): the code 'A' is that of record 1 \(A\)"):
        load_register(path)


def test_errors_name_file_record_and_cure(tmp_path: Path) -> None:
    path = write_register(
        tmp_path / "r.geojson", register(site(boundary_error_m=None), site("B", status_history=[{"status": "?"}]))
    )
    with pytest.raises(RegisterError) as caught:
        load_register(path)
    message = str(caught.value)
    assert str(path) in message
    assert "2 errors" in message
    assert "record 1 (A1): no boundary_error_m" in message
    assert f"geoverify sites check {path}" in message
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not a GeoJSON register"),
        (b"<kml/>", "geoverify sites import"),
        (b"{", "not a register"),
        (b'{"type": "Feature"}', "FeatureCollection"),
        (b'{"type": "FeatureCollection", "title": 7}', "title"),
        (b'{"type": "FeatureCollection", "features": {}}', "features"),
    ],
)
def test_other_files_are_refused_in_words(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "r.geojson"
    path.write_bytes(content)
    with pytest.raises(RegisterError, match=words):
        load_register(path)


def test_a_plain_geojson_is_no_register(tmp_path: Path) -> None:
    path = write_register(tmp_path / "r.geojson", {"type": "FeatureCollection", "features": [site()]})
    with pytest.raises(RegisterError, match="no title"):
        load_register(path)


def test_missing_files_and_folders_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.geojson", tmp_path):
        with pytest.raises(RegisterError):
            load_register(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_named_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(RegisterError, match="not a regular file"):
        load_register(tmp_path / "pipe")


def test_registers_go_by_name_and_by_path(tmp_path: Path) -> None:
    assert resolve_register("demo").name == "demo.geojson"
    assert resolve_register("cambodia-2025") == default_register_path()
    path = write_register(tmp_path / "r.geojson", register())
    assert resolve_register(path) == path
    assert resolve_register(str(path)) == path
    for name in ("nowhere", "a\0b", "../demo", ""):
        with pytest.raises(RegisterError, match="cambodia-2025, demo"):
            resolve_register(name)


def test_no_register_is_a_usage_error() -> None:
    with pytest.raises(RegisterError, match="--sites"):
        load_registers([])
