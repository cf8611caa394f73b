"""Two editions of a register compared."""

import json

import pytest
from builders.register import point, register, site, square, write_register
from builders.scenes import register as scene_register
from builders.scenes import site as scene_site
from typer.testing import CliRunner

from geoverify.cli import app
from geoverify.register.editions import ChangeKind, compare_registers
from geoverify.register.load import load_register


def compare(tmp_path, old, new):
    paths = [write_register(tmp_path / f"{name}.geojson", document) for name, document in (("old", old), ("new", new))]
    return compare_registers(*map(load_register, paths))


def kinds(changes):
    return [change.kind for change in changes]


def named(*texts):
    return [{"text": text} for text in texts]


def test_an_edition_compared_with_itself_has_no_changes(tmp_path):
    same = register(site("A1", names=named("One")), site("B2", point(10.1, 105.1)))
    assert compare(tmp_path, same, same) == []


def test_a_site_that_moved_says_how_far_and_where(tmp_path):
    (change,) = compare(tmp_path, register(site("A1", square(10, 105))), register(site("A1", square(10, 105.001))))
    assert change.kind is ChangeKind.MOVED
    assert change.moved_m == pytest.approx(109.6, abs=0.2)
    assert "110 m to the east, more than what both editions leave open (20 m)" in change.wording
    (change,) = compare(tmp_path, register(site("A1", point(10, 105))), register(site("A1", point(10.001, 105))))
    assert "111 m to the north, within" in change.wording


def test_a_move_across_the_antimeridian_is_short(tmp_path):
    (change,) = compare(
        tmp_path,
        register(site("A1", point(-17, 179.9995)), region=None),
        register(site("A1", point(-17, -179.9995)), region=None),
    )
    assert change.moved_m == pytest.approx(106.5, abs=0.5)


def test_names_status_footprint_and_error(tmp_path):
    old = site("A1", names=named("One", "Two"), status_history=[{"status": "suspected", "from": "2024"}])
    new = site("A1", names=named("One", "Three"), status_history=[{"status": "closed", "from": "2025-03"}], boundary_error_m=5)
    changes = {change.kind: change.wording for change in compare(tmp_path, register(old), register(new))}
    assert changes[ChangeKind.RENAMED] == "A1 is no longer called Two; now called Three"
    assert changes[ChangeKind.STATUS] == "A1 was suspected from 2024 and is closed from 2025-03"
    assert changes[ChangeKind.BOUNDARY_ERROR] == "A1 was known to 10 m and is to 5 m"
    (change,) = compare(tmp_path, register(site("A1", point(10, 105))), register(site("A1", square(10, 105))))
    assert change.wording == "A1 was a point known to 300 m and is an outline digitised to 10 m"


def test_sites_appear_vanish_and_change_their_code(tmp_path):
    old = register(site("A1", square(10, 105)), site("B2", square(10.2, 105)), site("C3", square(10.4, 105)))
    new = register(
        site("A9", square(10, 105), former_codes=["A1"]), site("D4", square(10.8, 105)), site("C9", square(10.4, 105.0001))
    )
    changes = compare(tmp_path, old, new)
    assert kinds(changes) == [
        *(ChangeKind.RECODED, ChangeKind.VANISHED, ChangeKind.RECODED, ChangeKind.MOVED, ChangeKind.APPEARED),
    ]
    assert changes[0].wording == "A1 is now A9"
    assert "by its place alone" in changes[2].wording
    assert {change.kind for change in compare(tmp_path, new, old)} >= {ChangeKind.RECODED, ChangeKind.APPEARED}


def test_merged_and_split(tmp_path):
    two = register(site("A1", square(10, 105)), site("B2", square(10, 105.003)))
    one = register(site("A1", square(10, 105, 0.003), former_codes=["B2"]))
    (merged,) = compare(tmp_path, two, one)
    assert (merged.kind, merged.old_codes, merged.new_codes) == (ChangeKind.MERGED, ("A1", "B2"), ("A1",))
    (split,) = compare(tmp_path, one, two)
    assert (split.kind, split.old_codes, split.new_codes) == (ChangeKind.SPLIT, ("A1",), ("A1", "B2"))


def test_another_region_is_told(tmp_path):
    (change,) = compare(tmp_path, register(site()), register(site(), region=None))
    assert change.kind is ChangeKind.REGION


def test_the_command_prints_and_writes(tmp_path):
    old = write_register(tmp_path / "old.geojson", register(site("A1")))
    hostile = site("A1", names=named("x\x1b[2J\u202egpj"))
    new = write_register(tmp_path / "new.geojson", register(hostile, edition="2"))
    out = tmp_path / "changes.json"
    result = CliRunner().invoke(app, ["sites", "diff", str(old), str(new), "--json", str(out)])
    assert result.exit_code == 0, result.output
    assert "\x1b" not in result.output and "\u202e" not in result.output
    assert "1 (1 site) → 2 (1 site): 1 renamed" in result.output
    content = json.loads(out.read_text("utf-8"))
    assert [change["kind"] for change in content["changes"]] == ["renamed"]
    printed = CliRunner().invoke(app, ["sites", "diff", str(old), str(new), "--json", "-"])
    assert json.loads(printed.stdout) == content
    refused = CliRunner().invoke(app, ["sites", "diff", str(old), str(new), "--json", str(old)])
    assert refused.exit_code != 0 and "would be lost" in str(refused.exception)


def test_large_editions_are_compared_in_proportion_to_their_sites():
    looked_up = 0

    class Code(str):
        def __hash__(self):
            nonlocal looked_up
            looked_up += 1
            return super().__hash__()

    def compare_so_many(count):
        nonlocal looked_up
        looked_up = 0
        editions = (scene_register(*(scene_site(Code(f"S{number}")) for number in range(count))) for _ in range(2))
        assert compare_registers(*editions) == []
        return looked_up

    assert compare_so_many(100) < 2.5 * compare_so_many(50)
