import csv
import datetime as dt
import gc
import io
import re
import sys

import msgspec
import pytest
from builders.reports import hostile_report, report_of
from builders.scenes import captured, fix, gps_time, looking, seen
from builders.seeded import seeded_report, sites
from openpyxl.writer.excel import ExcelWriter

from geoverify.exports import all_exporters
from geoverify.exports._table import neutralise
from geoverify.model import VideoInfo
from geoverify.results import Judgement
from geoverify.sharing.sharer import Sharer

NOON = dt.datetime(2026, 1, 17, 12, 30, 5)
MINUTE = seen(VideoInfo(duration_s=60.0, width_px=640, height_px=480))


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


# --- times ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("observations", "shown"),
    [
        ((captured(NOON),), "2026-01-17T12:30:05"),
        ((captured(NOON, 420),), "2026-01-17T12:30:05+07:00"),
        ((gps_time(NOON.replace(tzinfo=dt.UTC)),), "2026-01-17T12:30:05+00:00"),
        ((), ""),
        # Half an hour beside any zone: whoever reads the row must not date the footage either.
        ((captured(NOON, 420), gps_time(NOON.replace(tzinfo=dt.UTC) - dt.timedelta(hours=9, minutes=30))), ""),
    ],
)
def test_the_time_of_filming_is_what_its_clock_tells_and_none_where_clocks_contradict(observations, shown):
    (row,) = rows("csv", report_of(*observations))
    assert row["captured"] == shown


def test_a_report_of_another_version_is_dated_too():
    (row,) = rows("csv", msgspec.structs.replace(report_of(captured(NOON)), settings={}))
    assert row["captured"] == "2026-01-17T12:30:05"


def test_a_copy_to_pass_on_shows_a_day_as_a_day():
    (row,) = rows("csv", Sharer(sites(), b"secret").share(seeded_report()))
    assert row["captured"] == "2026-03-05"


def kml_times(*observations):
    out = io.BytesIO()
    sink = all_exporters()["kml"].start(out)
    sink.add(report_of(*observations))
    sink.finish()
    sink.close()
    return re.findall(r"<(begin|end|when)>([^<]*)<", out.getvalue().decode())


def test_earth_gets_an_instant_only_where_it_is_one():
    assert kml_times(captured(NOON, 420)) == [("when", "2026-01-17T05:30:05Z")]
    assert kml_times(captured(NOON, 420), MINUTE) == [("begin", "2026-01-17T05:30:05Z"), ("end", "2026-01-17T05:31:05Z")]
    assert kml_times(captured(NOON)) == [("begin", "2026-01-16T22:30:05Z"), ("end", "2026-01-18T00:30:05Z")]
    assert kml_times() == []


# --- judgements and figures -----------------------------------------------------------------------------------------------


def test_judgements_say_whether_they_stand_and_what_is_absent_is_empty():
    out = io.BytesIO()
    sink = all_exporters()["csv"].start(out)
    judged = {"at": "2026-01-18", "by": "RK", "words": "gate"}
    sink.add(
        report_of(fix(0, 0)), (Judgement(entry=1, is_superseded=True, **judged), Judgement(entry=2, call="cannot tell", **judged))
    )
    sink.add(report_of(), (Judgement(entry=3, **judged),))
    sink.finish()
    two, one = csv.DictReader(io.StringIO(out.getvalue().decode("utf-8"), newline=""))
    assert (two["judged_standing"], two["judged_call"]) == ("superseded; stands", "; cannot tell")
    assert (one["judged_standing"], one["judged_call"], one["judged_site"], one["judged_confidence"]) == ("stands", "", "", "")


def test_coordinates_carry_no_noise_of_floats():
    (row,) = rows("csv", report_of(fix(0, 0, at=(10.1 + 0.2, 103.1 + 0.2))))
    assert (row["lat_deg"], row["lon_deg"]) == ("10.3", "103.3")


def test_score_and_distance_say_of_which_site_they_are():
    (row,) = rows("csv", report_of(fix(0, 60_000)))
    assert (row["site"], row["score_site"]) == ("", "A")
    assert float(row["site_distance_m"]) == pytest.approx(59_900, abs=200)


def test_a_workbook_whose_saving_is_interrupted_leaves_nothing_that_complains_later(monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    out = io.BytesIO()
    sink = all_exporters()["xlsx"].start(out)
    sink.add(seeded_report())
    monkeypatch.setattr(ExcelWriter, "_write_worksheets", interrupt)
    with pytest.raises(KeyboardInterrupt):
        sink.finish()
    sink.close()
    out.close()
    complaints = []
    monkeypatch.setattr(sys, "unraisablehook", complaints.append)
    del sink
    gc.collect()
    assert complaints == []
