import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from builders.register import point, register, site, square, write_register
from click.testing import Result
from typer.testing import CliRunner

from geoverify.cli.sites import app
from geoverify.errors import GeoverifyError, RegisterError, UsageError
from geoverify.register.load import load_register

runner = CliRunner()


def run(*args: str | Path) -> Result:
    return runner.invoke(app, [str(arg) for arg in args])


def fail(*args: str | Path) -> GeoverifyError:
    error = run(*args).exception
    assert isinstance(error, GeoverifyError), error
    return error


def test_list_shows_the_default_register_and_what_it_is() -> None:
    result = run("list")
    assert result.exit_code == 0
    rows = [line.split() for line in result.stdout.splitlines() if line.strip().startswith(("BA", "KA", "SI"))]
    assert [row[0] for row in rows] == ["BA01", "KA02", "SI03", "SI08", "SI15", "SI37", "SI38"]
    assert "point, ±300 m" in result.stdout
    assert "suspected (2025), confirmed (2026)" in result.stdout
    assert "Cambodia: seven publicly reported sites, edition 2025 (7 sites" in result.stdout


def test_list_merges_registers_and_says_what_it_left_out(tmp_path: Path) -> None:
    one = write_register(tmp_path / "one.geojson", register(site("A"), title="one"))
    two = write_register(tmp_path / "two.geojson", register(site("A"), site("B", square(11, 105)), title="two"))
    result = run("list", "--sites", one, "--sites", two, "--json")
    content = json.loads(result.stdout)
    assert [item["code"] for item in content["sites"]] == ["A", "B"]
    assert [item["title"] for item in content["registers"]] == ["one", "two"]
    assert "A of 'two', edition 1, left out" in result.stderr


def test_show_prints_everything_of_one_site() -> None:
    result = run("show", "DM05", "--sites", "demo")
    assert result.exit_code == 0
    for text in (
        "FICTIONAL",
        "七鸥院 (alias, zh-Hans, Hans)",
        "DX17",
        "confirmed from 2024-07-15",
        "Front gate (gate)",
        "Etc/GMT-7",
    ):
        assert text in result.stdout
    assert "DM01" not in result.stdout


def test_show_says_no_more_of_a_date_than_the_source() -> None:
    assert "suspected from 2025: " in run("show", "BA01").stdout


def test_show_finds_former_codes_and_refuses_others() -> None:
    assert run("show", "DX17", "--sites", "demo").stdout == run("show", "DM05", "--sites", "demo").stdout
    error = fail("show", "\x1b[2J")
    assert isinstance(error, UsageError)
    assert str(error) == "\\x1b[2J: no site has this code; geoverify sites list shows all"


def test_show_as_json_is_the_whole_record() -> None:
    (record,) = json.loads(run("show", "DM08", "--sites", "demo", "--json").stdout)["sites"]
    assert record["footprint"]["type"] == "Point"
    assert record["boundary_error_m"] == 250.0
    assert record["status_history"][0]["from_text"] == "2025"


def test_check_is_quiet_on_a_good_register_and_loud_on_a_bad_one(tmp_path: Path) -> None:
    good = run("check", write_register(tmp_path / "good.geojson", register()))
    assert (good.exit_code, good.stdout.count("\n")) == (0, 1)
    assert "1 site, 0 errors, 0 warnings, 0 for information" in good.stdout
    bad = run("check", write_register(tmp_path / "bad.geojson", register(site(geometry=point(105, 10)), site("B", sources=None))))
    assert bad.exit_code == 2
    assert "error    record 1 (A1): the footprint" in bad.stdout
    assert "→ write [longitude, latitude]" in bad.stdout
    assert "warning  record 2 (B): no source" in bad.stdout
    assert "1 error, 1 warning, 0 for information" in bad.stdout


def test_check_takes_a_shipped_name_and_prints_json_alone() -> None:
    result = run("check", "demo", "--json")
    content = json.loads(result.stdout)
    assert (result.exit_code, content["error_count"], content["site_count"]) == (0, 0, 8)
    assert [(remark["code"], remark["level"]) for remark in content["remarks"]] == [("near", "info")]


def test_check_counts_what_it_does_not_print(tmp_path: Path) -> None:
    features = [site(f"S{i}", square(6 + i / 10, 105), sources=None) for i in range(30)]
    path = write_register(tmp_path / "r.geojson", register(*features))
    assert run("check", path).stdout.count("[no-source]") == 20
    assert "… and 10 more of no-source" in run("check", path).stdout
    assert run("check", path, "--all").stdout.count("[no-source]") == 30


def test_check_of_something_else_is_a_usage_error(tmp_path: Path) -> None:
    path = tmp_path / "a.kml"
    path.write_text("<kml/>")
    error = fail("check", path)
    assert isinstance(error, RegisterError)
    assert (error.exit_code, "sites import" in str(error)) == (2, True)


def test_import_writes_a_register_that_can_be_used(tmp_path: Path) -> None:
    table, out = tmp_path / "pins.csv", tmp_path / "out.geojson"
    table.write_text("nr,lat,lng,state\nA1,11.078,106.1698,closed\n")
    columns = ("--map", "code=nr", "--map", "status=state")
    members = ("--title", "Pins", "--edition", "3", "--licence", "CC0", "--compiled-by", "a desk", "--source", "field notes")
    places = ("--region", "100,5,110,15", "--time-zone", "Asia/Phnom_Penh")
    result = run("import", table, "-o", out, *columns, *members, *places)
    assert result.exit_code == 0
    assert result.stdout == f"1 site written to {out}; 0 errors, 0 warnings, 0 for information\n"
    assert "boundary_error_m where the file gives none: 300 m for points" in result.stderr
    loaded = load_register(out)
    assert (loaded.infos[0].title, loaded.infos[0].edition) == ("Pins", "3")
    assert (loaded.sites[0].code, loaded.sites[0].status_history[0].status) == ("A1", "closed")
    assert (loaded.sites[0].time_zone, loaded.sites[0].sensitivity) == ("Asia/Phnom_Penh", "restricted")


def test_import_keeps_errors_for_the_user_and_fix_mends_them(tmp_path: Path) -> None:
    table = tmp_path / "pins.csv"
    table.write_text("id,lat,lng,status\nA1,106.1698,11.078,CONFIRMED\nA2,,,\n")
    result = run("import", table, "-o", tmp_path / "a.geojson", "--region", "100,5,110,15")
    assert result.exit_code == 2
    assert len(json.loads((tmp_path / "a.geojson").read_text())["features"]) == 2
    assert "swapped-axes" in result.stderr
    fixed = run("import", table, "-o", tmp_path / "b.geojson", "--region", "100,5,110,15", "--fix")
    assert fixed.exit_code == 0
    for words in ("record 1 (A1): swapped latitude and longitude", "record 2 (A2): left out"):
        assert words in fixed.stderr
    assert load_register(tmp_path / "b.geojson").sites[0].footprint.y == 11.078


def test_import_as_json_prints_json_alone(tmp_path: Path) -> None:
    table = tmp_path / "pins.csv"
    table.write_text("id,lat,lng\nA1,11,106\n")
    result = run("import", table, "-o", tmp_path / "a.geojson", "--json")
    assert json.loads(result.stdout)["site_count"] == 1
    assert result.stderr == ""


def test_import_replaces_nothing_unasked(tmp_path: Path) -> None:
    table = tmp_path / "pins.csv"
    table.write_text("id,lat,lng\nA1,11,106\n")
    for out in (table, tmp_path):
        assert "exists already" in str(fail("import", table, "-o", out))
    assert table.read_text().startswith("id,lat")
    (tmp_path / "a.geojson").write_text("old")
    assert run("import", table, "-o", tmp_path / "a.geojson", "--overwrite").exit_code == 0


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--region", "1,2,3"),
        ("--region", "9,9,1,1"),
        ("--region", "nan,0,1,1"),
        ("--crs", "WGS84"),
        ("--map", "x=y"),
        ("--crs", "+init=/etc/x"),
    ],
)
def test_mistaken_options_are_usage_errors(option: str, value: str, tmp_path: Path) -> None:
    table = tmp_path / "pins.csv"
    table.write_text("id,lat,lng\nA1,11,106\n")
    assert fail("import", table, "-o", tmp_path / "a.geojson", option, value).exit_code == 2


HOSTILE = "\x1b[31m[bold]x[/bold]\u202e\r\ny"


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    members: dict[str, Any] = {
        "names": [{"text": HOSTILE}],
        "notes": HOSTILE,
        "locality": HOSTILE,
        "sources": [{"citation": HOSTILE}],
    }
    feature = site("H1", status_history=[{"status": "closed", "source": HOSTILE}], attributes={HOSTILE: HOSTILE}, **members)
    return write_register(tmp_path / "h.geojson", register(feature, title=HOSTILE, licence=HOSTILE))


@pytest.mark.parametrize("command", ["list", "show", "check", "import"])
@pytest.mark.parametrize("as_json", [False, True])
def test_hostile_text_comes_out_escaped(command: str, as_json: bool, hostile: Path, tmp_path: Path) -> None:
    args = {
        "list": ["list", "--sites", hostile],
        "show": ["show", "H1", "--sites", hostile],
        "check": ["check", hostile],
        "import": ["import", hostile, "-o", tmp_path / "out.geojson"],
    }[command]
    result = run(*args, *(["--json"] if as_json else []))
    assert result.exit_code == 0
    for text in (result.stdout, result.stderr):
        assert not any(char in text for char in "\x1b\u202e\r")
    if command in ("list", "show") and not as_json:
        assert "[bold]x[/bold]" in result.stdout


def test_hostile_remarks_come_out_escaped(tmp_path: Path) -> None:
    path = write_register(tmp_path / "h.geojson", register(site("A\x1b[2J", status_history=[{"status": HOSTILE}])))
    for result in (run("check", path), run("check", path, "--json")):
        assert result.exit_code == 2
        assert not any(char in result.stdout for char in "\x1b\u202e\r")
    assert "\x1b" not in str(fail("list", "--sites", path))


@pytest.mark.parametrize("command", ["list", "show", "check", "import"])
def test_every_command_has_help_with_an_example(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert "Example:" in result.stdout
    assert f"geoverify sites {command}" in result.stdout


def test_the_command_of_the_documentation_imports_the_public_table(shared: Path, tmp_path: Path) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "register.md").read_text(encoding="utf-8")
    (block,) = [text for text in page.split("\n\n") if "sites import sites_public.csv" in text]
    words = shlex.split(block.replace("\\\n", " "))
    assert words[:2] == ["geoverify", "sites"]
    here = {"sites_public.csv": str(shared / "data" / "sites_public.csv"), "public.geojson": str(tmp_path / "public.geojson")}
    result = run(*(here.get(word, word) for word in words[2:]))
    assert (result.exit_code, result.stdout.split(";")[1]) == (0, " 0 errors, 0 warnings, 70 for information\n")
    checked = run("check", tmp_path / "public.geojson")
    assert checked.exit_code == 0
