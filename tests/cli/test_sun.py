"""`geoverify sun`."""

import json
import sys
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from geoverify.cli import app
from geoverify.errors import UsageError

runner = CliRunner()


def run(*args: str):
    return runner.invoke(app, ["sun", *args, "--sites", "demo"])


def test_it_prints_the_sun_and_its_shadow():
    result = run("DM01", "--at", "2026-01-17 09:00+07:00")
    assert result.exit_code == 0
    assert "sun: azimuth 121.8°, elevation 31.8°" in result.stdout
    assert "shadow: towards 301.8°, 1.61 m for each metre of height" in result.stdout
    assert "times of" not in result.stdout


def test_a_measured_shadow_gives_times_and_days_back():
    result = run("DM01", "--at", "2026-01-17 12:00+07:00", "--shadow-bearing", "301.8", "--shadow-ratio", "1.61", "--json")
    answer = json.loads(result.stdout)
    assert answer["shadow_error_deg"] == 5.0
    (span,) = answer["times"]
    assert span["start"] < "2026-01-17T09:00:00+07:00" < span["end"]
    assert span["best"] == "2026-01-17T09:00:00+07:00"
    assert "2026-01-17" in {day["start"][:10] for day in answer["days"]}
    assert "2026-06-17" not in {day["start"][:10] for day in answer["days"]}


def test_with_a_shadow_a_day_alone_will_do():
    shadow = ("--shadow-bearing", "301.8", "--shadow-ratio", "1.61")
    told = run("DM01", "--at", "2026-01-17", *shadow)
    assert "best 09:00" in told.stdout
    assert "sun: azimuth" not in told.stdout
    day, time = (json.loads(run("DM01", "--at", at, *shadow, "--json").stdout) for at in ("2026-01-17", "2026-01-17 12:00+07:00"))
    assert day["at"] == "2026-01-17"
    assert [day["azimuth_deg"], day["elevation_deg"], day["shadow_ratio"]] == [None, None, None]
    assert (day["times"], day["days"]) == (time["times"], time["days"])


def test_a_time_without_an_offset_is_the_sites_own():
    assert (
        run("DM01", "--at", "2026-01-17 09:00").stdout.splitlines()[2:]
        == run("DM01", "--at", "2026-01-17T02:00:00Z").stdout.splitlines()[2:]
    )


@pytest.fixture
def summer_time(monkeypatch):
    monkeypatch.setattr(sys.modules["geoverify.cli.sun"], "_zone_of", lambda site: ZoneInfo("Europe/Berlin"))


def test_a_local_time_that_clocks_left_out_is_refused(summer_time):
    result = run("DM01", "--at", "2026-03-29 02:30")
    assert isinstance(result.exception, UsageError)
    assert "2026-03-29 02:30 was left out there" in str(result.exception)
    assert run("DM01", "--at", "2026-03-29 03:30").exit_code == 0


def test_of_a_local_time_that_came_twice_the_first_is_taken_and_told(summer_time):
    result = run("DM01", "--at", "2026-10-25 02:30")
    assert "2026-10-25 00:30:00 UTC" in result.stdout
    assert "came twice there" in result.stderr and "+0100" in result.stderr
    assert not run("DM01", "--at", "2026-10-25 03:30").stderr


def test_at_night_there_is_no_shadow():
    assert "shadow: none" in run("DM01", "--at", "2026-01-17 23:00+07:00").stdout


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("XX", "--at", "2026-01-17 09:00+07:00"), "no site has this code"),
        (("DM01", "--at", "yesterday"), "write it as"),
        (("DM01", "--at", "2026-01-17"), "write it as"),
        (("DM01", "--at", "1066-10-14 09:00+00:00"), "from 1950"),
        (("DM01", "--at", "2026-01-17 09:00+07:00", "--shadow-error", "3"), "give --shadow-bearing"),
        (("DM01", "--at", "2026-02-30", "--shadow-ratio", "1"), "2026-02-30: there is no such day"),
        (("DM01", "--at", "2026-02-30 09:00"), "no date that exists"),
        (("DM01", "--at", "2026-02-30"), "no date that exists"),
        (("DM01", "--at", ""), "no date and time"),
    ],
)
def test_errors_say_what_to_do(args, words):
    result = run(*args)
    assert isinstance(result.exception, UsageError)
    assert words in str(result.exception)
