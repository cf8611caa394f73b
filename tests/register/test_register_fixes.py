import itertools
import json
import random
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from builders.register import point, register, site, square, write_register

from geoverify.register.fixes import fix_document
from geoverify.register.importing.importer import Imported, ImportOptions, import_register
from geoverify.register.remarks import Level

BOW_TIE = {"type": "Polygon", "coordinates": [[[105, 10], [105.01, 10.01], [105.01, 10], [105, 10.01], [105, 10]]]}


def run(folder: Path, document: Any) -> Imported:
    return import_register(write_register(folder / "r.geojson", document), ImportOptions(fix=True), "2026-02-03")


def levels(imported: Imported) -> set[Level]:
    return {remark.level for remark in imported.remarks}


def shape(imported: Imported, index: int = 0) -> Any:
    return shapely.geometry.shape(imported.document["features"][index]["geometry"])


def test_nothing_is_done_to_a_good_register() -> None:
    document = register(site(), site("B", point(11, 105), status_history=[{"status": "closed", "from": "2025"}]))
    assert fix_document(document) == (document, [])


def test_the_original_is_not_touched() -> None:
    document = register(site(geometry=BOW_TIE, status_history=[{"status": "CLOSED"}]))
    before = json.dumps(document)
    fix_document(document)
    assert json.dumps(document) == before


@pytest.mark.parametrize(
    ("feature", "words"),
    [
        (site(geometry=BOW_TIE), "redrew a ring (Self-intersection"),
        (site(geometry={"type": "Polygon", "coordinates": [[[105, 10], [105.01, 10], [105.01, 10.01]]]}), "closed the ring"),
        (site(geometry=point(105, 10)), "swapped latitude and longitude"),
        (
            site(geometry={"type": "LineString", "coordinates": square(10, 105)["coordinates"][0]}),
            "closed the ring of a LineString",
        ),
        (site(status_history=[{"status": " Confirmed"}]), "wrote the status ' Confirmed' as 'confirmed'"),
        (site(status_history=[{"status": "dodgy"}]), "moved the unknown status 'dodgy' to the attributes"),
        (site(status_history=[{"status": "closed", "from": "2025/3/7"}]), "wrote the date '2025/3/7' as 2025-03-07"),
        (site(status_history=[{"status": "closed", "to": "03/04/2025"}]), "moved the date '03/04/2025' (to) to the attributes"),
        (site(imagery_date="last year"), "moved the date 'last year' (imagery_date)"),
        (site(sensitivity="Public"), "wrote sensitivity 'Public' as 'public'"),
    ],
)
def test_each_repair_is_said_and_leaves_no_error(feature: Any, words: str, tmp_path: Path) -> None:
    imported = run(tmp_path, register(feature))
    assert any(note.startswith("record 1 (A1): ") and words in note for note in imported.notes), imported.notes
    assert Level.ERROR not in levels(imported)


def test_what_was_moved_is_kept(tmp_path: Path) -> None:
    feature = site(status_history=[{"status": "dodgy"}, {"status": "closed", "from": "spring"}])
    (fixed,) = run(tmp_path, register(feature)).document["features"]
    assert fixed["properties"]["attributes"] == {"status as given": "dodgy", "from as given": "spring"}
    assert fixed["properties"]["status_history"] == [{"status": "closed"}]


def test_a_redrawn_ring_covers_what_was_drawn(tmp_path: Path) -> None:
    made = shape(run(tmp_path, register(site(geometry=BOW_TIE))))
    assert made.is_valid
    assert made.geom_type == "MultiPolygon"
    assert made.area == pytest.approx(0.01 * 0.01 / 2)


def test_axes_are_swapped_only_where_that_alone_helps(tmp_path: Path) -> None:
    assert shape(run(tmp_path, register(site(geometry=square(105, 10))))).centroid.y == pytest.approx(10)
    stays = run(tmp_path, register(site(geometry=point(40, 105))))
    assert (shape(stays).y, levels(stays)) == (40, {Level.ERROR})
    # Both ways round lie on the Earth, and no region tells which is meant.
    undecided = run(tmp_path, register(site(geometry=point(50, 10)), region=None))
    assert shape(undecided).y == 50


def test_a_ring_with_too_many_corners_is_left_to_a_person(tmp_path: Path) -> None:
    corners = BOW_TIE["coordinates"][0]
    dense = np.concatenate([np.linspace(a, b, 2000, endpoint=False) for a, b in itertools.pairwise(corners)]).tolist()
    ring = {"type": "Polygon", "coordinates": [[*dense, dense[0]]]}
    imported = run(tmp_path, register(site(geometry=ring)))
    assert [remark.code for remark in imported.remarks if remark.level is Level.ERROR] == ["invalid-ring"]


def test_a_scribble_is_left_to_a_person_at_once() -> None:
    rng = random.Random(1)
    scribble = [[105 + rng.random() / 100, 10 + rng.random() / 100] for _ in range(1500)]
    line = [[105 + rng.random() / 100, 10] for _ in range(3000)]
    for corners in (scribble, line):
        document = register(site(geometry={"type": "Polygon", "coordinates": [[*corners, corners[0]]]}))
        started = time.monotonic()
        _, done = fix_document(document)
        assert done == []
        assert time.monotonic() - started < 5.0


def test_codes_become_unique_and_copies_go(tmp_path: Path) -> None:
    features = [site("A"), site("A"), site("A", square(11, 105)), site("A-2", square(12, 105)), site("A", square(13, 105))]
    imported = run(tmp_path, register(*features))
    records = [feature["properties"] for feature in imported.document["features"]]
    assert [record["code"] for record in records] == ["A", "A-3", "A-2", "A-4"]
    assert records[1]["attributes"] == {"code as given": "A"}
    assert sum("exact copy" in note for note in imported.notes) == 1
    assert Level.ERROR not in levels(imported)


def test_records_without_a_place_are_left_out_aloud(tmp_path: Path) -> None:
    imported = run(tmp_path, register({**site("NO"), "geometry": None}, site()))
    assert [feature["properties"]["code"] for feature in imported.document["features"]] == ["A1"]
    assert "record 1 (NO): left out, it has no place" in imported.notes


@pytest.mark.parametrize(
    "history", ["x", [1], {"status": "closed"}, [{"status": ["closed"]}], [{"status": None, "from": 5}], [[]], [None]]
)
def test_odd_types_break_nothing(history: Any) -> None:
    fix_document(register(site(status_history=history, footprint_kind=3, sensitivity=None, imagery_date=[])))


@pytest.mark.parametrize("geometry", [{}, {"type": "Polygon"}, {"type": "Polygon", "coordinates": [1, [2], [[3]]]}, {"type": 5}])
def test_odd_geometries_break_nothing(geometry: Any) -> None:
    fix_document(register(site(geometry=geometry)))


def test_fixing_twice_does_nothing_more(tmp_path: Path) -> None:
    document = register(
        site("A", BOW_TIE), site("A", point(105, 10)), site("B", square(12, 105), status_history=[{"status": "?"}])
    )
    once, _ = fix_document(document)
    again, done = fix_document(once)
    assert (again, done) == (once, [])
