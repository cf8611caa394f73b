"""What holds for every exporter, found by the walk; each is read back with what its users read it with."""

import datetime as dt
import io
import re
from pathlib import Path

import msgspec
import openpyxl
import pytest
from builders.readback import GEO, ROW_A_FILE, TABLES, layers, read, text_of, write
from builders.reports import HOSTILE, hostile_report, report_of
from builders.scenes import CENTRE, fix, looking, offset, seen, site

from geoverify.exports import _kml, all_exporters, find_exporter
from geoverify.exports._rows import COLUMNS, shown_cells
from geoverify.interfaces import Background
from geoverify.model import Digest, Position, Problem, Track, TrackPoint
from geoverify.report import CAVEAT
from geoverify.results import Judgement, ReferencesInfo, Report, Sharing, VerdictKind
from geoverify.text import escape_controls

FAMILY = sorted(all_exporters())
# Two of them may differ in the times that a library writes into them.
TIMED = {"xlsx"}
DOCS = Path(__file__).resolve().parents[2] / "docs" / "exports.md"
JUDGEMENT = Judgement(
    entry=7, at="2026-01-02T03:04:05+00:00", by="RK", words="=gate <compared>", site_code="A", call="consistent"
)
TRACK = Track(
    points=tuple(
        TrackPoint(time_s=float(step), position=Position(lat_deg=10.6, lon_deg=103.5 + step * 1e-4)) for step in range(5)
    )
)


def located(number: int) -> Report:
    return report_of(fix(number, 0), *looking(30.0), seen(TRACK), path=f"footage/{number}.jpg")


@pytest.mark.parametrize("name", FAMILY)
def test_no_report_is_still_a_whole_file(name: str) -> None:
    assert read(name, write(name, [])) == []


@pytest.mark.parametrize("name", FAMILY)
def test_every_file_is_named_with_its_digest_and_the_same_input_gives_the_same_bytes(name: str) -> None:
    reports = [located(number) for number in range(5)]
    written = write(name, reports)
    assert name in TIMED or written == write(name, reports)
    text = text_of(name, written)
    for number in range(5):
        assert f"footage/{number}.jpg" in text
    assert "ab" * 32 in text


@pytest.mark.parametrize("name", FAMILY)
def test_hostile_text_cannot_reach_a_terminal_raw(name: str) -> None:
    text = text_of(name, write(name, [hostile_report()], [JUDGEMENT]))
    assert "\x1b" not in text
    assert "\u202e" not in text


@pytest.mark.parametrize("name", ROW_A_FILE)
def test_every_file_is_exactly_one_row_wherever_and_whatever_it_is(name: str) -> None:
    unread = report_of(path="broken.jpg", problems=(Problem(code="malformed", message="cut off", where="media"),))
    reports = [located(1), report_of(path="nowhere.jpg"), unread, hostile_report(), located(2), located(2)]
    files = sorted(row.file.removeprefix("'") for row in read(name, write(name, reports)))
    shown = [report.media.path if name in ("json", "jsonl") else escape_controls(report.media.path) for report in reports]
    assert files == sorted(shown)


@pytest.mark.parametrize("name", ROW_A_FILE)
def test_positions_come_back_and_files_without_one_have_none(name: str) -> None:
    rows = {row.file: row.position for row in read(name, write(name, [located(1), report_of(path="nowhere.jpg")]))}
    assert rows["nowhere.jpg"] is None
    position = rows["footage/1.jpg"]
    assert position is not None
    assert position == pytest.approx(offset(*CENTRE, 1.0, 0.0), abs=1e-6)


@pytest.mark.parametrize("name", TABLES)
def test_every_column_comes_back_with_its_type(name: str) -> None:
    report = located(3)
    (row,) = read(name, write(name, [report], [JUDGEMENT]))
    for column, (key, cell) in zip(COLUMNS, shown_cells(report, [JUDGEMENT]).items(), strict=True):
        found = row.cells.get(key)
        if cell is None or cell == "":
            assert found in (None, "") or found != found, key
        elif column.kind is str:
            # GDAL takes text that looks like a time for one.
            text = found.isoformat() if isinstance(found, dt.datetime) else str(found)
            assert text.removeprefix("'") == cell, key
        else:
            assert float(found) == pytest.approx(cell), key


@pytest.mark.parametrize("name", FAMILY)
def test_every_export_says_how_precise_by_which_register_by_which_version_and_what_a_score_is(name: str) -> None:
    report = report_of(fix(0, 0, error_m=37.5))
    text = text_of(name, write(name, [report]))
    for expected in ("37.5", "edition 1" if name not in ("json", "jsonl") else '"edition":"1"', "00" * 32, "0.1.0", CAVEAT):
        assert expected in text, expected


@pytest.mark.parametrize("name", [name for name in FAMILY if name != "csv-evidence"])
def test_what_people_decided_is_there_and_changes_no_score(name: str) -> None:
    report = located(1)
    without, with_it = (text_of(name, write(name, [report], judged)) for judged in ([], [JUDGEMENT]))
    assert "compared" not in without and "compared" in with_it and "RK" in with_it
    (plain,), (judged,) = read(name, write(name, [report])), read(name, write(name, [report], [JUDGEMENT]))
    assert plain.cells.get("score") == judged.cells.get("score")
    assert plain.cells.get("verdict") == judged.cells.get("verdict")


@pytest.mark.parametrize("name", ROW_A_FILE)
def test_a_name_that_is_not_utf8_keeps_its_bytes(name: str) -> None:
    path_hex = b"clip\xff.jpg".hex()
    report = report_of(fix(0, 0))
    report = msgspec.structs.replace(
        report, media=msgspec.structs.replace(report.media, path="clip\\xff.jpg", path_bytes_hex=path_hex)
    )
    written = write(name, [report])
    (row,) = read(name, written)
    assert row.file == "clip\\xff.jpg"
    assert name == "case-uco" or path_hex in text_of(name, written)


@pytest.mark.parametrize("lon_deg", [180.0, -180.0, 179.9999, -179.9999])
@pytest.mark.parametrize("name", GEO)
def test_nothing_runs_round_the_earth_at_the_antimeridian(name: str, lon_deg: float) -> None:
    steps = [Position(lat_deg=-17.0, lon_deg=lon) for lon in (179.9995, -179.9995)]
    track = Track(points=tuple(TrackPoint(time_s=float(at), position=position) for at, position in enumerate(steps)))
    report = report_of(fix(0, 0, error_m=200.0, at=(-17.0, lon_deg)), *looking(90.0), seen(track, reader="gpmf"), path="fiji.mp4")
    written = write(name, [report])
    (row,) = read(name, written)
    assert row.position is not None
    assert abs(abs(row.position[1]) - 180.0) < 0.001
    if name in ("gpkg", "kml"):
        found = layers(written, f".{name}")
        shapes = [shape for frame in found.values() for shape in frame.geometry if shape is not None]
        parts = [part for shape in shapes for part in getattr(shape, "geoms", [shape])]
        assert len(parts) >= 5 or name == "gpkg"
        for part in parts:
            west, _, east, _ = part.bounds
            assert -180.0 <= west <= east <= 180.0
            assert east - west < 0.1


def test_a_geopackage_has_its_four_layers() -> None:
    written = write("gpkg", [located(1), report_of(path="nowhere.jpg")], background=Background(sites=(site("A"),)))
    found = layers(written, ".gpkg")
    assert {name: len(frame) for name, frame in found.items()} == {"files": 2, "tracks": 1, "views": 1, "sites": 1}
    assert all(frame.crs.to_epsg() == 4326 for frame in found.values())
    assert found["tracks"].loc[0, "points"] == 5
    assert found["views"].loc[0, "angle_deg"] == 30.0
    assert found["sites"].loc[0, "code"] == "A"
    assert found["sites"].geometry[0].equals(site("A").footprint)


def test_kml_draws_of_very_many_sites_those_that_files_were_weighed_against(monkeypatch: pytest.MonkeyPatch) -> None:
    def look() -> tuple[list[str], bool]:
        written = write("kml", [located(1)], background=Background(sites=tuple(map(site, ("X1", "A", "X2")))))
        document = written.decode()
        return re.findall("<name>(A|X1|X2)</name>", document), "weighed against, of 3 of the register: 1<" in document

    assert look() == (["X1", "A", "X2"], False)
    monkeypatch.setattr(_kml, "MAX_SITES", 2)
    assert look() == (["A"], True)


def test_kml_has_a_folder_for_each_verdict_with_its_files_and_times() -> None:
    written = write("kml", [located(1), report_of(path="nowhere.jpg")], background=Background(sites=(site("A"),)))
    found = {re.sub(r" \(.*|: \d+", "", name): frame for name, frame in layers(written, ".kml").items()}
    assert {kind.value for kind in VerdictKind} <= found.keys()
    assert list(found["consistent"]["file"]) == ["footage/1.jpg"]
    assert list(found["inconclusive"]["file"]) == ["nowhere.jpg"]
    assert len(found["tracks"]) == len(found["view wedges"]) == len(found["sites of the register"]) == 1


def test_a_balloon_of_google_earth_shows_hostile_markup_as_text() -> None:
    evil = "<img src=x onerror=alert(1)>$[name]\"'"
    report = report_of(fix(0, 0), path=evil)
    judged = msgspec.structs.replace(JUDGEMENT, words=evil)
    found = layers(write("kml", [report], [judged]), ".kml")
    (description,) = next(frame["description"] for name, frame in found.items() if name.startswith("consistent"))
    assert "<img" not in description and "$[" not in description
    assert "&lt;img src=x onerror=alert(1)&gt;$&#91;name]" in description


def test_a_kmz_holds_the_pictures_that_it_was_given() -> None:
    reports = [located(1), located(2)]
    pictures = {"footage/1.jpg": b"\xff\xd8one"}
    with_them = Background(thumbnail_of=lambda report: pictures.get(report.media.path))
    written = write("kmz", reports, background=with_them)
    assert b"\xff\xd8one" in written
    assert text_of("kmz", written).count("files/000001.jpg") == 1
    assert "files/" not in text_of("kmz", write("kmz", reports))


def test_no_cell_of_a_workbook_is_a_formula_or_an_error() -> None:
    odd = ["=1+1", "+1", "-1", "@SUM(A1)", "#N/A", "  =1", HOSTILE, "\x00\x0b\ufffe\ud800", "x" * 40_000]
    reports = [report_of(fix(0, 0), path=name, problems=(Problem(code="x", message=name, where="y"),)) for name in odd]
    book = openpyxl.load_workbook(io.BytesIO(write("xlsx", reports, background=Background(sites=(site("=A"),)))))
    assert book.sheetnames == ["summary", "files", "evidence", "sites"]
    for sheet in book:
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref == sheet.dimensions
        for row in sheet.iter_rows(min_row=2):
            for cell in row:
                assert cell.data_type in ("s", "n"), cell.value
                assert cell.quotePrefix or not str(cell.value).startswith(("=", "+", "@", "#"))
    assert book["files"]["A2"].value == "=1+1"
    assert str(book["files"]["A10"].value).endswith("(cut)")


def changed(report: Report, field: str) -> Report:
    """The report with another value in one member; `location` and `scores` are changed where they show."""
    other = report_of(fix(40, 3, error_m=21.0), *looking(200.0))
    values = {
        "schema_version": "1.99",
        "media": msgspec.structs.replace(report.media, path="other.jpg"),
        "verdict": msgspec.structs.replace(report.verdict, wording="other words"),
        "location": other.location,
        "elsewhere_probability": 0.5,
        "problems": (Problem(code="new", message="new", where="x"),),
        "next_steps": ("do something else",),
        "registers": tuple(msgspec.structs.replace(info, edition="9") for info in report.registers),
        "settings_digest": Digest(algorithm="sha256", hex="77" * 32),
        "created_at": report.created_at + dt.timedelta(days=1),
        "sharing": Sharing(full_report=Digest(algorithm="hmac-sha256", hex="88" * 32), withheld=("much",)),
        "versions": msgspec.structs.replace(report.versions, geoverify="99.0"),
        "register_notes": ("merged",),
        "references": (ReferencesInfo(index_digest="99" * 32, photo_count=3, site_count=2),),
        "settings": report.settings | {"prior_elsewhere": 0.123},
        "evidence": tuple(msgspec.structs.replace(item, explanation="other") for item in report.evidence),
        "observations": other.observations,
        "candidates": tuple(msgspec.structs.replace(item, why="other") for item in report.candidates),
        "scores": tuple(msgspec.structs.replace(item, log10_lr=0.123) for item in report.scores),
        "absences": (),
        "origin": msgspec.structs.replace(report.origin, wording="other"),
        "sidecars": (),
    }
    return msgspec.structs.replace(report, **{field: values[field]})


@pytest.mark.parametrize("name", FAMILY)
def test_a_member_that_an_exporter_does_not_omit_shows_when_it_changes(name: str) -> None:
    report = report_of(fix(3, 0), *looking(30.0))
    shown = sorted(set(Report.__struct_fields__) - all_exporters()[name].omits - {"absences", "sidecars"})
    if name in ("gpkg", "kmz", "xlsx"):
        # What takes long to write is written once, and its rows are compared instead of the whole.
        first, *rest = read(name, write(name, [report, *(changed(report, field) for field in shown if field != "evidence")]))
        assert [row for row in rest if row.cells == first.cells] == []
        return
    before = write(name, [report])
    for field in shown:
        assert write(name, [changed(report, field)]) != before, field


@pytest.mark.parametrize("name", FAMILY)
def test_the_docs_list_what_an_exporter_omits(name: str) -> None:
    (listed,) = re.findall(rf"^\| {name} \| [^|]*\| ([^|]*) \|$", DOCS.read_text("utf-8"), re.MULTILINE)
    words = set() if listed == "nothing" else set(re.split(r", ", listed))
    assert words == set(all_exporters()[name].omits)


def test_the_docs_name_every_column() -> None:
    text = DOCS.read_text("utf-8")
    assert [column.name for column in COLUMNS if not re.search(rf"\b{column.name}\b", text)] == []


def test_suffixes_stand_for_one_format_each() -> None:
    suffixes = [suffix for exporter in all_exporters().values() for suffix in exporter.suffixes]
    assert len(suffixes) == len(set(suffixes))
    assert find_exporter("A.EVIDENCE.CSV") == "csv-evidence"
    assert find_exporter("rows.csv") == "csv"
    assert find_exporter("x.data", "json") == "json"
