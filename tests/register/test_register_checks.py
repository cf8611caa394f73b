import json
from pathlib import Path
from typing import Any

import pytest
from builders.register import point, register, site, square, write_register

from geoverify.errors import RegisterError
from geoverify.register.checks import check_document
from geoverify.register.document import parse_document
from geoverify.register.load import load_register
from geoverify.register.remarks import Level, Remark

BOW_TIE = {"type": "Polygon", "coordinates": [[[105, 10], [105.01, 10.01], [105.01, 10], [105, 10.01], [105, 10]]]}
APART = {"type": "MultiPolygon", "coordinates": [square(10, lon)["coordinates"] for lon in (104.98, 105.02)]}
WIDE = {"type": "Polygon", "coordinates": [[[-179, 10], [179, 10], [179, 11], [-179, 11], [-179, 10]]]}
OPEN_RING = {"type": "Polygon", "coordinates": [[[105, 10], [105.01, 10], [105.01, 10.01]]]}


def check(document: Any) -> list[Remark]:
    return check_document(parse_document(json.dumps(document).encode(), "r.geojson"))


def codes(document: Any) -> set[str]:
    return {remark.code for remark in check(document)}


def test_a_good_register_draws_no_remark() -> None:
    assert check(register()) == []


ERRORS: list[tuple[str, dict[str, Any]]] = [
    ("file-member-missing", register(title=None)),
    ("file-member-missing", register(edition=" ")),
    ("bad-date", register(date="1 May 2025")),
    ("unknown-time-zone", register(time_zone="Asia/Nowhere")),
    ("unknown-time-zone", register(site(time_zone="../../etc/localtime"))),
    ("bad-region", register(region={"type": "Point", "coordinates": [1, 2]})),
    ("bad-region", register(region=BOW_TIE)),
    ("bad-region", register(region={"type": "Polygon", "coordinates": []})),
    ("bad-region", register(region={"type": "Polygon", "coordinates": [[[0, 0], [900, 0], [900, 1], [0, 0]]]})),
    ("unreadable-record", register("x")),
    ("unreadable-record", register(site(names="Yard"))),
    ("unreadable-record", register({**site(), "type": "Thing"})),
    ("unreadable-record", register(site(boundary_error_m="300"))),
    ("no-code", register(site(""))),
    ("no-code", register(site(code=None))),
    ("code-form", register(site("A 1 "))),
    ("code-form", register(site("A\x1b[31m"))),
    ("code-form", register(site("A" * 65))),
    ("code-form", register(site(former_codes=["\u202eA"]))),
    ("duplicate-code", register(site(), site(geometry=square(11, 105)))),
    ("empty-geometry", register({**site(), "geometry": None})),
    ("empty-geometry", register(site(geometry={"type": "Polygon", "coordinates": []}))),
    ("unreadable-geometry", register(site(geometry=OPEN_RING))),
    ("unreadable-geometry", register(site(geometry={"type": "Point", "coordinates": ["10", "105"]}))),
    ("unreadable-geometry", register(site(geometry={"type": "GeometryCollection", "geometries": []}))),
    ("unreadable-geometry", register(site(geometry={"type": "Feature", "geometry": point(10, 105)}))),
    ("invalid-ring", register(site(geometry=BOW_TIE))),
    ("invalid-ring", register(site(parts=[{"name": "Hall", "kind": "building", "geometry": BOW_TIE}]))),
    ("swapped-axes", register(site(geometry=point(105, 10)))),
    ("swapped-axes", register(site(geometry=point(105, 10)), region=None)),
    ("outside-region", register(site(geometry=point(40, 105)))),
    ("outside-region", register(site(geometry=square(15.0, 105)))),
    ("outside-region", register(site(parts=[{"name": "Gate", "kind": "gate", "geometry": point(40, 105)}]))),
    ("off-earth", register(site(geometry=point(1_176_000, 512_000)))),
    ("off-earth", register(site(geometry=point(1_176_000, 512_000)), region=None)),
    ("null-island", register(site(geometry=point(0, 0)), region=None)),
    ("kind-and-shape", register(site(footprint_kind="point"))),
    ("kind-and-shape", register(site(geometry=point(10, 105), footprint_kind="surveyed"))),
    ("kind-and-shape", register(site(geometry={"type": "LineString", "coordinates": [[105, 10], [105, 11]]}))),
    ("no-boundary-error", register(site(geometry=point(10, 105), boundary_error_m=None))),
    ("boundary-error-range", register(site(boundary_error_m=0))),
    ("boundary-error-range", register(site(boundary_error_m=60_000))),
    ("precision-range", register(site(sources=[{"citation": "x", "precision_m": -1}]))),
    ("unknown-word", register(site(status_history=[{"status": "Confirmed"}]))),
    ("unknown-word", register(site(footprint_kind="guessed"))),
    ("unknown-word", register(site(names=[{"text": "x", "kind": "nickname"}]))),
    ("unknown-word", register(site(names=[{"text": "x", "script": "Khmer"}]))),
    ("unknown-word", register(site(names=[{"text": "x", "lang": "k m"}]))),
    ("unknown-word", register(site(interventions=[{"kind": "raid"}]))),
    ("unknown-word", register(site(sensitivity="secret"))),
    ("unknown-word", register(site(parts=[{"name": "Gate", "kind": "door", "geometry": point(10, 105)}]))),
    ("empty-name", register(site(names=[{"text": " "}]))),
    ("empty-name", register(site(parts=[{"name": "", "kind": "gate", "geometry": point(10, 105)}]))),
    ("bad-date", register(site(imagery_date="2025-02-30"))),
    ("bad-date", register(site(imagery_date="2025-02"))),
    ("bad-date", register(site(status_history=[{"status": "closed", "to": "03/04/2025"}]))),
    ("bad-date", register(site(interventions=[{"kind": "unknown", "from": "0000"}]))),
    ("dates-reversed", register(site(status_history=[{"status": "closed", "from": "2025-05", "to": "2025-04"}]))),
]


@pytest.mark.parametrize(("code", "document"), ERRORS, ids=[f"{i}-{code}" for i, (code, _) in enumerate(ERRORS)])
def test_each_error_is_found_and_forbids_loading(code: str, document: dict[str, Any], tmp_path: Path) -> None:
    remarks = [remark for remark in check(document) if remark.level is Level.ERROR]
    assert code in {remark.code for remark in remarks}
    assert all(remark.record and remark.message and remark.fix for remark in remarks)
    with pytest.raises(RegisterError):
        load_register(write_register(tmp_path / "r.geojson", document))


ADVICE: list[tuple[str, Level, dict[str, Any]]] = [
    ("file-member-missing", Level.WARNING, register(licence=None)),
    ("file-member-missing", Level.WARNING, register(region=None)),
    ("no-source", Level.WARNING, register(site(sources=None))),
    ("no-source", Level.WARNING, register(site(sources=[{"citation": " "}]))),
    ("unknown-relocation", Level.WARNING, register(site(relocated_to=["B7"]))),
    ("former-code-in-use", Level.WARNING, register(site(former_codes=["B"]), site("B", square(11, 105)))),
    ("unknown-member", Level.WARNING, register(licens="CC0")),
    ("unknown-member", Level.WARNING, register(site(staus="confirmed"))),
    ("unknown-member", Level.WARNING, register(site(status_history=[{"status": "closed", "form": "2025"}]))),
    ("large-footprint", Level.WARNING, register(site(geometry=square(10, 105, 0.06)))),
    ("crosses-antimeridian", Level.WARNING, register(site(geometry=WIDE), region=None)),
    ("part-far-off", Level.WARNING, register(site(parts=[{"name": "Gate", "kind": "gate", "geometry": point(10.02, 105)}]))),
    (
        "ring-direction",
        Level.INFO,
        register(site(geometry={"type": "Polygon", "coordinates": [square(10, 105)["coordinates"][0][::-1]]})),
    ),
    ("overlap", Level.INFO, register(site(), site("B", square(10.001, 105)))),
    ("overlap", Level.INFO, register(site(), site("B", point(10, 105)))),
    ("near", Level.INFO, register(site(), site("B", square(10.0026, 105)))),
    ("discs-overlap", Level.INFO, register(site(geometry=point(10, 105)), site("B", point(10.005, 105)))),
    ("near", Level.INFO, register(site(geometry=point(10, 179.9999)), site("B", point(10, -179.9999)), region=None)),
]


@pytest.mark.parametrize(("code", "level", "document"), ADVICE, ids=[f"{i}-{item[0]}" for i, item in enumerate(ADVICE)])
def test_advice_is_given_and_forbids_nothing(code: str, level: Level, document: dict[str, Any], tmp_path: Path) -> None:
    remarks = check(document)
    assert (code, level) in {(remark.code, remark.level) for remark in remarks}
    assert Level.ERROR not in {remark.level for remark in remarks}
    assert load_register(write_register(tmp_path / "r.geojson", document)).sites


def test_one_remark_names_the_record_the_value_and_the_cure() -> None:
    (remark,) = check(register(site(), site("B7", square(11, 105), status_history=[{"status": "maybe"}])))
    assert remark.record == "record 2 (B7)"
    assert "'maybe'" in remark.message
    assert "confirmed, suspected, cleared, closed" in remark.fix


def test_neighbours_are_measured_in_metres_on_the_ellipsoid() -> None:
    # At 60° a thousandth of a degree of longitude is 55.8 m, of latitude 111.4 m.
    document = register(site(geometry=square(60, 5)), site("B", square(60, 5.003)), region=None)
    assert [remark.message for remark in check(document) if remark.code == "near"] == ["lies 56 m from B"]


def test_far_sites_are_no_neighbours() -> None:
    assert codes(register(site(), site("B", square(10.003, 105)))) == set()
    assert codes(register(site(geometry=point(10, 105)), site("B", point(10.0055, 105)))) == set()


def test_each_pair_is_reported_once() -> None:
    document = register(*(site(f"S{i}", point(10, 105 + i * 1e-4)) for i in range(5)))
    assert len(check(document)) == 10


def test_a_crowd_on_one_spot_ends_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geoverify.register.neighbours.MAX_MEASURED_PAIRS", 50)
    remarks = check(register(*(site(f"S{i}", point(10, 105)) for i in range(200))))
    assert [remark.code for remark in remarks].count("overlap") == 50
    assert remarks[-1].code == "neighbours-cut"


def test_levels_come_in_order_of_weight() -> None:
    remarks = check(
        register(site(sources=None), site("B", square(11, 105), boundary_error_m=None), site("C", square(12, 105), x=1))
    )
    levels = [list(Level).index(remark.level) for remark in remarks]
    assert levels == sorted(levels)


def test_one_bad_record_hides_no_other() -> None:
    bad = [
        document["features"][0]
        for _, document in ERRORS
        if "region" in document and any(remark.record.startswith("record 1") for remark in check(document))
    ]
    assert len(bad) > 30
    named = {remark.record.split(" (")[0] for remark in check(register(*bad)) if remark.level is Level.ERROR}
    assert named == {f"record {number}" for number in range(1, len(bad) + 1)}
