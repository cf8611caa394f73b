import datetime as dt
import json
from pathlib import Path

import jsonschema
import msgspec
import pytest
from builders.reports import hostile_report, report_of
from builders.scenes import captured, fix, looking

from geoverify.errors import UsageError
from geoverify.report import decode_report, encode_report, report_schema
from geoverify.results import Report

SCHEMA_FILE = Path(__file__).resolve().parent.parent / "docs" / "report.schema.json"
REPORTS = [
    report_of(),
    report_of(fix(0, 0), captured(dt.datetime(2026, 1, 17, 9, 0), 420)),
    report_of(fix(0, 120), *looking(180)),
    hostile_report(),
]


@pytest.mark.parametrize("report", REPORTS)
def test_a_report_survives_the_round_trip(report):
    assert decode_report(encode_report(report)) == report


@pytest.mark.parametrize("report", REPORTS)
def test_a_report_fits_the_published_schema(report):
    jsonschema.validate(json.loads(encode_report(report)), json.loads(SCHEMA_FILE.read_text()))


def test_the_published_schema_is_that_of_the_types():
    assert json.loads(SCHEMA_FILE.read_text()) == json.loads(msgspec.json.encode(report_schema())), "run `make schema`"


def test_the_schema_refuses_what_is_no_report():
    broken = json.loads(encode_report(REPORTS[0]))
    broken["verdict"]["kind"] = "verified"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, json.loads(SCHEMA_FILE.read_text()))


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"schema_version":"9.0"}', b'{"schema_version":"1.0"}'])
def test_other_files_are_refused_with_a_reason(data):
    with pytest.raises(UsageError):
        decode_report(data)


def test_every_report_names_what_it_was_matched_against():
    report: Report = REPORTS[0]
    assert report.registers[0].edition == "1"
    assert report.settings["prior_elsewhere"] == 0.5
    assert report.versions.libraries["shapely"] != "not installed"
