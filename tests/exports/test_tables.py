import csv
import io

import pytest
from builders.reports import hostile_report, report_of
from builders.scenes import fix, looking

from geoverify.exports import all_exporters
from geoverify.exports._table import neutralise


def rows(name, *reports):
    out = io.BytesIO()
    sink = all_exporters()[name].start(out)
    for report in reports:
        sink.add(report)
    sink.finish()
    return list(csv.DictReader(io.StringIO(out.getvalue().decode("utf-8"), newline="")))


@pytest.mark.parametrize("cell", ["=cmd|' /C calc'!A0", "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1", "  =1", "=\x1b[31m"])
def test_formulas_are_neutralised(cell):
    shown = neutralise(cell)
    assert isinstance(shown, str)
    assert shown.startswith("'")
    assert shown.isprintable()


@pytest.mark.parametrize("cell", ["plain", "a=b", "10.6", ""])
def test_other_text_is_left_alone(cell):
    assert neutralise(cell) == cell


def test_numbers_stay_numbers():
    assert neutralise(-11.5) == -11.5


def test_one_row_a_file_with_verdict_position_and_register():
    (row,) = rows("csv", report_of(fix(0, 0)))
    assert row["verdict"] == "consistent"
    assert row["site"] == "A"
    assert int(row["score"]) >= 95
    assert float(row["lat_deg"]) == pytest.approx(10.6)
    assert row["precision"] == "exact"
    assert row["error_basis"] == "stated by the source"
    assert "edition 1 (sha256 " in row["registers"]
    assert "not a finding of fact" in row["caveat"]


def test_a_file_that_says_nothing_has_empty_cells_not_zeros():
    (row,) = rows("csv", report_of())
    assert row["verdict"] == "inconclusive"
    assert row["lat_deg"] == row["lon_deg"] == row["score"] == row["error_radius_m"] == ""


def test_southern_and_western_positions_are_plain_numbers():
    (row,) = rows("csv", report_of(fix(0, 0, at=(-33.4, -70.6))))
    assert float(row["lat_deg"]) == pytest.approx(-33.4)
    assert float(row["lon_deg"]) == pytest.approx(-70.6)


def test_one_row_an_evidence_item_with_its_source():
    report = report_of(fix(0, 120), *looking(180))
    found = rows("csv-evidence", report)
    assert len(found) == len(report.evidence) >= 2
    assert {row["channel"] for row in found} == {"position", "heading"}
    assert all("written by device" in row["sources"] for row in found)


@pytest.mark.parametrize("name", ["csv", "csv-evidence"])
def test_hostile_names_and_values_stay_in_their_cell(name):
    for row in rows(name, hostile_report()):
        for cell in row.values():
            assert cell.isprintable()
            assert not cell.startswith(("=", "+", "@"))
