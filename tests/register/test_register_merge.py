from pathlib import Path
from typing import Any

import shapely
from builders.register import point, register, site, square, write_register

from geoverify.register.load import load_registers


def write(folder: Path, name: str, *features: Any, **members: Any) -> Path:
    return write_register(folder / f"{name}.geojson", register(*features, **{"title": name, **members}))


def test_sites_keep_their_register(tmp_path: Path) -> None:
    merged = load_registers([write(tmp_path, "one", site("A")), write(tmp_path, "two", site("B", square(11, 105)), edition="9")])
    assert [(item.code, item.register_title, item.register_edition) for item in merged.sites] == [
        ("A", "one", "1"),
        ("B", "two", "9"),
    ]
    assert [info.title for info in merged.infos] == ["one", "two"]
    assert merged.notes == ()


def test_the_same_file_twice_counts_once(tmp_path: Path) -> None:
    path = write(tmp_path, "one", site("A"))
    copy = tmp_path / "copy.geojson"
    copy.write_bytes(path.read_bytes())
    merged = load_registers([path, copy, path])
    assert [item.code for item in merged.sites] == ["A"]
    assert [info.path for info in merged.infos] == [str(path)]


def test_of_two_editions_the_first_named_counts(tmp_path: Path) -> None:
    old = write_register(tmp_path / "2025.geojson", register(site("A"), site("GONE", square(12, 105)), edition="2025"))
    new = write_register(
        tmp_path / "2026.geojson", register(site("A", square(14, 105)), site("NEW", square(13, 105)), edition="2026")
    )
    merged = load_registers([new, old])
    assert [(item.code, item.register_edition) for item in merged.sites] == [("A", "2026"), ("NEW", "2026"), ("GONE", "2025")]
    (note,) = merged.notes
    assert "A of 'Test register', edition 2025, left out" in note
    reverse = load_registers([old, new])
    assert {item.code: item.register_edition for item in reverse.sites}["A"] == "2025"


def test_a_shared_code_nearby_is_one_place(tmp_path: Path) -> None:
    merged = load_registers(
        [write(tmp_path, "one", site("A", point(10, 105))), write(tmp_path, "two", site("A", point(10.01, 105)))]
    )
    assert [item.register_title for item in merged.sites] == ["one"]
    assert len(merged.notes) == 1


def test_a_shared_code_far_away_is_two_places(tmp_path: Path) -> None:
    one = write(tmp_path, "one", site("A", point(10, 105)), site("B", point(11, 105), relocated_to=["A"]))
    two = write(tmp_path, "two", site("A", point(10.03, 105)))
    merged = load_registers([one, two])
    assert [item.code for item in merged.sites] == ["A@one", "B", "A@two"]
    assert merged.sites[1].relocated_to == ("A@one",)
    assert "far apart" in merged.notes[0]


def test_files_of_one_name_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    one, two = (
        write(tmp_path, "r", site("A", point(10, 105))),
        write(tmp_path / "x", "r", site("A", point(14, 105)), title="other"),
    )
    assert [item.code for item in load_registers([one, two]).sites] == ["A@r#1", "A@r#2"]


def test_a_former_code_nearby_is_the_same_place(tmp_path: Path) -> None:
    old = write(tmp_path, "old", site("A", point(10, 105)))
    new = write(tmp_path, "new", site("B", point(10.001, 105), former_codes=["A"]))
    assert [item.code for item in load_registers([new, old]).sites] == ["B"]
    assert [item.code for item in load_registers([old, new]).sites] == ["A"]


def test_a_former_code_that_was_given_to_another_place_is_not(tmp_path: Path) -> None:
    old = write(tmp_path, "old", site("A", point(10, 105)))
    new = write(tmp_path, "new", site("B", point(14, 105), former_codes=["A"]))
    assert [item.code for item in load_registers([new, old]).sites] == ["B", "A"]


def test_codes_are_unique_for_any_mixture(tmp_path: Path) -> None:
    paths = [
        write(tmp_path, f"r{k}", *(site(f"S{i}", point(6 + (i * k) % 9, 101 + i), former_codes=[f"S{i + 1}"]) for i in range(6)))
        for k in range(4)
    ]
    codes = [item.code for item in load_registers(paths).sites]
    assert len(set(codes)) == len(codes)


def test_the_region_is_the_union_of_those_stated(tmp_path: Path) -> None:
    def box(west: float, east: float) -> dict[str, Any]:
        return {"type": "Polygon", "coordinates": [[[west, 5], [east, 5], [east, 15], [west, 15], [west, 5]]]}

    one, two, three = (
        write(tmp_path, "one", site("A", point(10, 101)), region=box(100, 102)),
        write(tmp_path, "two", site("B", point(10, 107)), region=box(106, 108)),
        write(tmp_path, "three", site("C", point(10, 104)), region=None),
    )
    merged = load_registers([one, two, three]).region
    assert merged is not None
    assert shapely.area(merged) == 40.0
    assert load_registers([three, write(tmp_path, "four", site("D", point(11, 104)), region=None)]).region is None
