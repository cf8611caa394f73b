"""What holds for every exporter, found by the walk."""

import io

import pytest
from builders.reports import hostile_report, report_of
from builders.scenes import fix

from geoverify.exports import all_exporters

FAMILY = sorted(all_exporters())


def export(name, reports):
    out = io.BytesIO()
    sink = all_exporters()[name].start(out)
    for report in reports:
        sink.add(report)
    sink.finish()
    return out.getvalue()


@pytest.mark.parametrize("name", FAMILY)
def test_no_report_is_still_a_whole_file(name):
    assert export(name, []).decode("utf-8")


@pytest.mark.parametrize("name", FAMILY)
def test_every_file_is_named_with_its_digest_and_the_same_input_gives_the_same_bytes(name):
    reports = [report_of(fix(0, 0), path=f"footage/{number}.jpg") for number in range(5)]
    written = export(name, reports)
    assert written == export(name, reports)
    for number in range(5):
        assert f"footage/{number}.jpg".encode() in written
    assert b"ab" * 32 in written


@pytest.mark.parametrize("name", FAMILY)
def test_hostile_text_cannot_reach_a_terminal_raw(name):
    written = export(name, [hostile_report()])
    assert b"\x1b" not in written
    assert "\u202e" not in written.decode("utf-8")
